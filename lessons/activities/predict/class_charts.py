"""Drawings of what a class said: both votes side by side, and its guesses on their scale, for after the reveal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.predict import guess_charts
from lessons.activities.predict.bins import Bins
from lessons.activities.predict.schema import Choice, Item, Number
from lessons.drawing.axes import BOTTOM, HEIGHT, TOP, WIDTH, Axis
from lessons.drawing.bars import share_of

Votes = tuple[Mapping[str, int], ...]  # how often each answer was given, one vote after the other

SIDE, ROOM = 16, 30  # pixels beside the scale, and above the highest bar for its number
MOST_BARS = 21
NUMBER = 12  # pixels that a number over a bar keeps free on each side
GAP = 0.12  # of a bin, on each of its sides


@dataclass(frozen=True)
class VoteRow:
    """One answer: how many gave it in the first vote and in the last, as numbers and in percent of the longest bar."""

    text: str
    before: int
    now: int
    before_share: float
    share: float
    is_right: bool


@dataclass(frozen=True)
class VoteChart:
    """Answers of a class. `is_twice`: there were two votes, and `before` is the first of them."""

    n: int
    is_twice: bool
    summary: str
    rows: tuple[VoteRow, ...]


@dataclass(frozen=True)
class GuessBar:
    """One stretch of the scale with the guesses in it; a first vote's bar, if there was one, lies behind."""

    x: float
    width: float
    y: float
    height: float
    before_y: float
    before_height: float
    n: int
    label_x: float
    label_y: float
    says: str


@dataclass(frozen=True)
class GuessChart:
    """Guesses of a class on their scale. `truth` is where what came out lies, `reach` from where to where it does."""

    n: int
    is_twice: bool
    summary: str
    x_axis: Axis
    bars: tuple[GuessBar, ...]
    truth: float | None = None
    truth_label: str = ""
    truth_x: float = 0.0
    reach: tuple[float, float] | None = None
    unit: str = ""
    top: float = TOP
    bottom: float = BOTTOM
    box: str = f"0 0 {WIDTH} {HEIGHT - 6}"


def vote_chart(item: Item, votes: Votes, right: Collection[str]) -> VoteChart:
    """Draw the answers of one vote or two, with what was right marked."""
    *firsts, last = votes
    first = firsts[0] if firsts else {}
    most = max([*first.values(), *last.values()], default=0)
    rows = []
    for choice in item.choices:
        before, now = first.get(choice.key, 0), last.get(choice.key, 0)
        shares = share_of(before, most), share_of(now, most)
        rows.append(VoteRow(choice.text, before, now, *shares, is_right=choice.key in right))
    told = (f"{row.text}: {row.before} → {row.now}" if firsts else f"{row.text}: {row.now}" for row in rows)
    return VoteChart(sum(last.values()), bool(firsts), "; ".join(told), tuple(rows))


def commonest(item: Item, counts: Mapping[str, int], *, besides: Collection[str]) -> Choice | None:
    """The choice with a drawing that most gave, those besides left out; none if nobody gave one."""
    drawn = [choice for choice in item.choices if choice.shrinks_by is not None and choice.key not in besides]
    most = max(drawn, key=lambda choice: counts.get(choice.key, 0), default=None)
    return most if most and counts.get(most.key) else None


def guess_chart(
    number: Number,
    votes: Votes,
    *,
    truth: float | None = None,
    label: str = "",
    reach: tuple[float, float] | None = None,
) -> GuessChart:
    """Draw the guesses of one vote or two on their scale.

    Parameters
    ----------
    truth : what came out, if that is known
    label : how that is written; as a guess is, where nothing is said
    reach : the least and the most that came out, where there was more than one run
    """
    bins = Bins.of(number, MOST_BARS)
    if bins.width > 1:
        bins = Bins.of(number, guess_charts.MAX_BINS)
    *firsts, last = (bins.count(said) for said in votes)
    before = firsts[0] if firsts else [0] * len(last)
    most = max([*last, *before, 1])
    low, high = float(number.min), float(number.max)
    # Where a bin is a value of its own, the value lies in its middle.
    half = float(number.step) / 2 if bins.is_even else 0.0
    x_axis = Axis.over(low - half, high + half, SIDE, WIDTH - SIDE)
    width = (x_axis.end - x_axis.start) / bins.n

    def height(n: int) -> float:
        return round((BOTTOM - TOP - ROOM) * n / most, 2)

    at = None if truth is None else x_axis.at(truth)
    bars = []
    for i, (then, now) in enumerate(zip(before, last, strict=True)):
        y = BOTTOM - height(now)
        label_y = min(y, BOTTOM - height(then)) - 6
        says = _("%(stretch)s: %(n)d") % {
            "stretch": guess_charts.show_stretch(number, *bins.ends(i)),
            "n": now,
        }
        x = x_axis.start + (i + GAP) * width
        bars.append(
            GuessBar(
                x=round(x, 2),
                width=round((1 - 2 * GAP) * width, 2),
                y=round(y, 2),
                height=height(now),
                before_y=round(BOTTOM - height(then), 2),
                before_height=height(then),
                n=now,
                label_x=_beside_truth(x + (0.5 - GAP) * width, at),
                label_y=round(label_y, 2),
                says=says,
            )
        )
    n = sum(last)
    if truth is not None and not label:
        label = guess_charts.show_number(number, Fraction(round(truth)))
    return GuessChart(
        n=n,
        is_twice=bool(firsts),
        summary="; ".join(bar.says for bar in bars if bar.n),
        x_axis=x_axis,
        bars=tuple(bars),
        truth=at,
        truth_label=label,
        truth_x=0.0 if at is None else _beside(at, label),
        reach=(x_axis.at(max(reach[0], low)), x_axis.at(min(reach[1], high))) if reach else None,
        unit=number.unit,
    )


def _beside_truth(x: float, truth: float | None) -> float:
    """Where the number over a bar stands: in its middle, or out of the way of the line of what came out."""
    if truth is not None and abs(x - truth) < NUMBER:
        x = truth + (NUMBER if x >= truth else -NUMBER)
    return round(x, 2)


def _beside(at: float, label: str) -> float:
    half = guess_charts.LETTER * (len(label) + 2) / 2
    return round(min(max(at, half), WIDTH - half), 2)
