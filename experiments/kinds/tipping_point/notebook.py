"""Notebook of a tipping point."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kinds._starving.notebook import STARVING
from experiments.kinds.base import Notebook

CELLS = Path(__file__).parent / "cells"


def sources(params: Mapping[str, Any]) -> list[Path]:
    return [STARVING, CELLS / "tipping_point.py"]


NOTEBOOK = Notebook(figures=("recall",), sources=sources)
