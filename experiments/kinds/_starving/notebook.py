"""Cells that the notebooks share of kinds of run which starve a digit."""

from __future__ import annotations

from pathlib import Path

STARVING = Path(__file__).parent / "cells" / "starving.py"
