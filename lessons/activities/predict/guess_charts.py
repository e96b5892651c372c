"""Drawings for guesses that are numbers, and bars that stand for counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.predict.bins import Bins
from lessons.activities.predict.schema import Bars, Figure, Item, Number, Reveal
from lessons.drawing.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis
from lessons.drawing.bars import BarChart, BarRow, count_bar, share_of
from lessons.maths import values

MAX_BINS = 11
LETTER = 8.3  # pixels, at the size that narrow columns get


@dataclass(frozen=True)
class NumberLine:
    """A guess on its scale, and what it was, where that is known."""

    summary: str
    x_axis: Axis
    guess: float
    guess_label: str
    right: float | None
    right_label: str
    # Beside the guess, where its line would run through the label.
    right_x: float
    right_anchor: str
    box: str = f"0 0 {WIDTH} 96"


@dataclass(frozen=True)
class LowestPointChart:
    """Axes with nothing on them but the guess, a line at `at`: what the curve looks like is not given away."""

    summary: str
    x_axis: Axis
    x_name: str
    y_name: str
    at: float
    is_set: bool
    top: int = TOP
    bottom: int = BOTTOM
    box: str = f"0 0 {WIDTH} {HEIGHT}"


def group_bars(bars: Bars) -> BarChart:
    """The figures of a case, group by group."""
    rows = tuple(
        BarRow(bar.text, _with_unit(bar.value, bars.unit), share_of(bar.value, bars.max), is_harmed=bar.harmed)
        for bar in bars.values
    )
    # Bars that end before 100 % say where.
    is_all = bars.unit == "%" and bars.max == 100
    ends = _("A full bar is %(most)s.") % {"most": _with_unit(bars.max, bars.unit)}
    name = bars.name if is_all else f"{bars.name.rstrip('.')}. {ends}"
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


@dataclass(frozen=True)
class CaseFigures:
    """The two figures of a case: the one that looked well, and those of the groups behind it; where they are from."""

    figure: str
    text: str
    bars: BarChart | None
    source: str


def case_figures(reveal: Reveal) -> CaseFigures | None:
    """A case's figures for the wall; none, where it has neither."""
    if reveal.headline is None and reveal.bars is None:
        return None
    headline = reveal.headline or Figure(text=reveal.text)
    short = next((source.short for source in reveal.sources if source.short), "")
    return CaseFigures(headline.figure or "", headline.text, group_bars(reveal.bars) if reveal.bars else None, short)


def room_bars(
    item: Item, tally: Mapping[str, int], *, right: frozenset[str], number: Fraction | None = None, mine: str = ""
) -> BarChart:
    """How a class answered: a bar for each outcome, or for each stretch of the scale.

    `right` and `number` mark what was right, where that may be shown.
    """
    total = sum(tally.values())
    if item.number is None:
        counted = [(choice.text, tally.get(choice.key, 0), choice.key) for choice in item.choices]
        rows = tuple(count_bar(text, n, total, is_right=key in right, is_mine=key == mine) for text, n, key in counted)
    else:
        rows = tuple(_binned(item.number, tally, number, mine))
    name = _("How %(n)d in the class answered") % {"n": total}
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


def number_line(number: Number, guess: Fraction, right: Fraction | None) -> NumberLine:
    """Draw a guess on its scale, and over it what was right, if that is known."""
    x_axis = Axis.over(float(number.min), float(number.max), LEFT, RIGHT)
    shown = show_number(number, guess)
    summary = _("You said %(guess)s.") % {"guess": shown}
    if right is not None:
        summary = _("You said %(guess)s; it is %(right)s.") % {"guess": shown, "right": show_number(number, right)}
    at, x = x_axis.at(float(guess)), None if right is None else x_axis.at(float(right))
    label = "" if right is None else show_number(number, right)
    beside = x is not None and abs(x - at) < LETTER * len(label)
    side = 1 if x is None or x >= at else -1
    return NumberLine(
        summary=summary,
        x_axis=x_axis,
        guess=at,
        guess_label=shown,
        right=x,
        right_label=label,
        right_x=round((x or 0.0) + (8 * side if beside else 0), 2),
        right_anchor=("start" if side > 0 else "end") if beside else "middle",
    )


def lowest_point(number: Number, guess: Fraction | None = None) -> LowestPointChart:
    """Draw the axes, and a line to be dragged to the place of the lowest point; before it is touched, in the middle."""
    on = number.lowest_point
    if on is None:
        raise ValueError("this number is on no chart")
    x_axis = Axis.over(float(number.min), float(number.max), LEFT, RIGHT)
    if guess is None:
        summary = _("Empty axes: drag the line to where you expect the lowest point.")
    else:
        summary = _("You put the lowest point at %(guess)s.") % {"guess": show_number(number, guess)}
    return LowestPointChart(
        summary=summary,
        x_axis=x_axis,
        x_name=on.x,
        y_name=on.y,
        at=x_axis.at(float(guess if guess is not None else (number.min + number.max) / 2)),
        is_set=guess is not None,
    )


def show_number(number: Number, value: Fraction) -> str:
    return _with_unit(value, number.unit)


def _with_unit(value: Fraction, unit: str) -> str:
    # A number and its unit stay on one line.
    return f"{values.show(value, 2)}\u00a0{unit}" if unit else values.show(value, 2)


def show_stretch(number: Number, low: Fraction, high: Fraction) -> str:
    """A stretch of the scale in words."""
    return show_number(number, low) if low == high else f"{values.show(low, 2)} – {show_number(number, high)}"


def _binned(number: Number, tally: Mapping[str, int], right: Fraction | None, mine: str) -> Sequence[BarRow]:
    bins = Bins.of(number, MAX_BINS)
    counts = bins.count(tally)
    own = bins.at(mine) if mine else None
    right_bin = bins.at(right) if right is not None else None
    total = sum(counts)
    return [
        count_bar(show_stretch(number, *bins.ends(i)), n, total, is_right=i == right_bin, is_mine=i == own)
        for i, n in enumerate(counts)
    ]
