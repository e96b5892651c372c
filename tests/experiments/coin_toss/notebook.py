"""Notebook of a coin toss."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.kinds.base import Notebook

CELLS = Path(__file__).parent / "cells"


def sources(params: Mapping[str, Any]) -> list[Path]:
    return [CELLS / "tosses.py"]


NOTEBOOK = Notebook(figures=("heads",), sources=sources)
