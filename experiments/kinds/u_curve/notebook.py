"""Notebook of a U-curve: one for polynomials, and one for the models that read digits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kinds.base import Notebook

CELLS = Path(__file__).parent / "cells"
FILES = {"polynomial": "polynomial.py", "tree": "digits.py", "knn": "digits.py"}


def sources(params: Mapping[str, Any]) -> list[Path]:
    return [CELLS / FILES[params["model"]]]


NOTEBOOK = Notebook(figures=("train", "test", "best"), sources=sources)
