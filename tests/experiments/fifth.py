"""A fifth kind of run, for the time of a test: its folder beside the others', and its row in the registry."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import invalidate_caches
from pathlib import Path

from experiments import kinds, registry
from experiments.kinds.base import Kind

FOLDER = Path(__file__).parent / "coin_toss"
PACKAGE = "experiments.kinds.coin_toss"
ROW = Kind(
    name="coin_toss",
    label="coin toss",
    about="The share of heads among tosses of a coin.",
    params=f"{PACKAGE}.params:CoinToss",
    compute=f"{PACKAGE}.compute:coin_toss",
    notebook=f"{PACKAGE}.notebook:NOTEBOOK",
)


@contextmanager
def added(place: Path) -> Iterator[Path]:
    """Add the kind, with a copy of its folder in this place; give that folder, from which a test may take something."""
    folder = place / ROW.name
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    kinds.__path__.append(str(place))
    invalidate_caches()
    registry.register(ROW)
    try:
        yield folder
    finally:
        if ROW.name in registry.names():
            registry.unregister(ROW.name)
        kinds.__path__.remove(str(place))
        for module in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
            del sys.modules[module]
        vars(kinds).pop(ROW.name, None)
