"""Bars that stand for counts or shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class BarRow:
    """One bar: `share` of the axis in percent."""

    text: str
    label: str
    share: float
    is_right: bool = False
    is_mine: bool = False
    is_harmed: bool = False


@dataclass(frozen=True)
class BarChart:
    name: str
    summary: str
    rows: tuple[BarRow, ...]


def count_bars(name: str, counted: Sequence[tuple[str, int]]) -> BarChart:
    """How often each of a few texts was chosen."""
    total = sum(n for __, n in counted)
    rows = tuple(count_bar(text, n, total) for text, n in counted)
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


def count_bar(text: str, n: int, total: int, *, is_right: bool = False, is_mine: bool = False) -> BarRow:
    """A bar for a count, labelled with it."""
    return BarRow(text, str(n), share_of(n, total), is_right=is_right, is_mine=is_mine)


def share_of(value: Fraction | int, whole: Fraction | int) -> float:
    """A share in percent; none of nothing."""
    return round(100 * float(value) / float(whole), 1) if whole else 0.0
