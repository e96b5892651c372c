"""Secrets that a laptop keeps in files which only their owner can read. Plain Python: the settings need it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept(path: Path, make: Callable[[], str]) -> str:
    """Read a secret, which is made if there is none."""
    if not path.exists():
        with _drafted(path, make()) as draft:
            # Another process may make one at the same moment: the first stays.
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
    return path.read_text(encoding="ascii")


def replace(path: Path, secret: str) -> None:
    with _drafted(path, secret) as draft:
        draft.replace(path)


@contextmanager
def _drafted(path: Path, secret: str) -> Iterator[Path]:
    """Write it elsewhere first: another process that starts now must not read half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secret)
        yield draft
    except OSError as error:
        raise ImproperlyConfigured(
            f"Downhill cannot write to {path.parent} ({error.strerror}). Set VAR_DIR to a folder it can write to."
        ) from error
