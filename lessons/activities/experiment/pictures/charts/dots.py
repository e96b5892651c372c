"""Dots of a class, one for each run, stacked on a fixed scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.drawing.axes import WIDTH, Axis

DOT = 9  # pixels between two dots of a stack
NAME_HALF = 122  # half the pixels of the mean in words
DOTS_TOP, DOTS_LINE, DOTS_HEIGHT = 30, 100, 132


@dataclass(frozen=True)
class ClassDot:
    x: float
    y: float
    says: str
    is_mine: bool


@dataclass(frozen=True)
class Dots:
    """One dot for each run of a class on a fixed scale in percent, stacked, and the mean of all."""

    name: str
    summary: str
    x_axis: Axis
    dots: tuple[ClassDot, ...]
    mean: float | None
    mean_label: str
    has_mine: bool
    mean_x: float
    line: float = DOTS_LINE
    box: str = f"0 0 {WIDTH} {DOTS_HEIGHT}"


def dots_chart(values: Sequence[float], *, mine: int | None, n_asked: int, low: float, high: float, name: str) -> Dots:
    """Stack one dot for each different run of the class.

    Parameters
    ----------
    values : one of each run, as the scale in percent
    mine : which of them is the looker's own
    n_asked : how many students asked for them
    """
    x_axis = Axis(low, high, 16, WIDTH - 16)
    order = sorted(range(len(values)), key=lambda i: values[i])
    n_bins = round((WIDTH - 32) / DOT)
    places = [
        min(int((x_axis.inside(value) - low) / (high - low) * n_bins), n_bins - 1)
        for value in (values[i] for i in order)
    ]
    # Where many stand in one place they overlap: a tall stack, not one that leaves the drawing.
    step = min(DOT, (DOTS_LINE - DOTS_TOP) / max(Counter(places).values()))
    heights: Counter[int] = Counter()
    placed = []
    for i, place in zip(order, places, strict=True):
        x = round(x_axis.start + (place + 0.5) * (x_axis.end - x_axis.start) / n_bins, 2)
        y = round(DOTS_LINE - 5 - heights[place] * step, 2)
        heights[place] += 1
        placed.append(ClassDot(x, y, f"{values[i]:.1f} %", i == mine))
    n, mean = len(values), fmean(values)
    told = {
        "n": n,
        "asked": n_asked,
        "first": f"{min(values):.1f}",
        "last": f"{max(values):.1f}",
        "mean": f"{mean:.1f}",
    }
    label_x = min(max(x_axis.at(mean), NAME_HALF), WIDTH - NAME_HALF)
    # One run has no mean to speak of.
    label = _("mean of %(n)d different runs: %(mean)s %%") % told if n > 1 else ""
    at = x_axis.at(mean) if n > 1 else None
    return Dots(name, _says(told), x_axis, tuple(placed), at, label, mine is not None, label_x)


def _says(told: Mapping[str, Any]) -> str:
    if told["asked"] > told["n"]:
        says = ngettext(
            "One run, started by %(asked)d: %(mean)s %%.",
            "%(n)d different runs, started by %(asked)d: from %(first)s to %(last)s %%. Their mean is %(mean)s %%.",
            told["n"],
        )
    else:
        says = ngettext(
            "One run so far: %(mean)s %%.",
            "%(n)d runs of the class, from %(first)s to %(last)s %%. Their mean is %(mean)s %%.",
            told["n"],
        )
    return says % told
