"""Bars of recall, digit by digit. The starved digit's is hatched as well as coloured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lessons.activities.measures import Result
from lessons.drawing.axes import BOTTOM, TOP, WIDTH, Axis, path_of

N_DIGITS = 10
SLOT = WIDTH / N_DIGITS  # pixels for one bar
HATCH = 8  # pixels from one line of a hatching to the next
LETTERS = 20  # pixels that a number above a bar is high, with what it keeps free
OTHERS_RISE, LAST_RISES = 0.66, 0.82  # shares of the drawing's time: until when the others, from when the starved one


@dataclass(frozen=True)
class DigitBar:
    """The recall of one digit: its bar, and where it was with nothing taken away. Only the starved has a `hatch`."""

    digit: int
    x: float
    y: float
    width: float
    height: float
    label: str
    label_y: float
    baseline_y: float
    hatch: str
    is_starved: bool
    says: str
    # When it rises, as shares of the time that the drawing takes: one after the other, the starved one last.
    begins: float
    ends: float

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)

    @property
    def slot(self) -> tuple[float, float]:
        """From where to where a line across the bar goes."""
        return round(self.x - 0.08 * SLOT, 2), round(self.x + self.width + 0.08 * SLOT, 2)


@dataclass(frozen=True)
class RecallChart:
    """`predicted` is where the member's own guess lies on the starved digit's bar, None without one."""

    name: str
    summary: str
    bars: tuple[DigitBar, ...]
    y_axis: Axis
    predicted: float | None
    predicted_label: str
    rows: tuple[tuple[str, str, str], ...]
    box: str = f"0 0 {WIDTH} {BOTTOM + 24}"


def recall_chart(shown: Result, baseline: Result, *, digit: int, predicted: float | None = None) -> RecallChart:
    """Draw the recall of each digit, the starved one apart, beside what it was with nothing taken away."""
    y_axis = Axis(0.0, 100.0, BOTTOM, TOP)
    guess = y_axis.at(predicted) if predicted is not None else None
    bars = bars_of(shown["recall"], baseline["recall"], y_axis, digit=digit, guess=guess)
    n_read, n_all = _read_of(shown, digit)
    n_before, __ = _read_of(baseline, digit)
    summary = _(
        "Of %(all)d real %(digit)ds this model recognises %(read)d. With all its %(digit)ds it recognises %(before)d."
    ) % {"all": n_all, "digit": digit, "read": n_read, "before": n_before}
    return RecallChart(
        name=_("Recall per digit, %%: of the real %(digit)ds in the test, how many were called %(digit)d?")
        % {"digit": digit},
        summary=summary,
        bars=bars,
        y_axis=y_axis,
        predicted=guess,
        predicted_label=f"{predicted:.0f}" if predicted is not None else "",
        rows=tuple((str(bar.digit), _whole(shown, bar.digit), _whole(baseline, bar.digit)) for bar in bars),
    )


def bars_of(
    now: Mapping[str, float], before: Mapping[str, float], y_axis: Axis, *, digit: int, guess: float | None = None
) -> tuple[DigitBar, ...]:
    """A bar for each digit, the starved one apart; `guess` is the pixel of a line across that."""
    return tuple(_digit_bar(each, now[str(each)], before[str(each)], y_axis, digit, guess) for each in range(N_DIGITS))


def of_100(share: float) -> str:
    """How many of a hundred, as a recall is told."""
    return f"{100 * share:.0f}"


def _digit_bar(digit: int, recall: float, before: float, y_axis: Axis, starved: int, guess: float | None) -> DigitBar:
    is_starved = digit == starved
    x, width = round((digit + 0.15) * SLOT, 2), round(0.7 * SLOT, 2)
    y, baseline_y = y_axis.at(100 * recall), y_axis.at(100 * before)
    lines = [baseline_y, guess] if is_starved and guess is not None else [baseline_y]
    place = digit - (digit > starved)
    rises = OTHERS_RISE / (N_DIGITS - 1)
    return DigitBar(
        digit=digit,
        x=x,
        y=y,
        width=width,
        height=round(BOTTOM - y, 2),
        label=of_100(recall),
        label_y=_above(y, lines),
        baseline_y=baseline_y,
        hatch=_hatch(x, y, width, BOTTOM - y) if is_starved else "",
        is_starved=is_starved,
        says=_("%(digit)d: %(recall)s of 100 recognised, %(before)s with nothing taken away")
        % {"digit": digit, "recall": of_100(recall), "before": of_100(before)},
        begins=LAST_RISES if is_starved else round(place * rises, 3),
        ends=1.0 if is_starved else round((place + 1) * rises, 3),
    )


def _above(y: float, lines: Sequence[float]) -> float:
    """The height on which a number stands: its bar's, or that of the lines above it that would go through it."""
    for line in sorted(lines, reverse=True):
        if y - LETTERS < line < y:
            y = line
    return y


def _hatch(x: float, y: float, width: float, height: float) -> str:
    """Lines from bottom left to top right, cut at the sides of a box."""
    lines = []
    for start in range(HATCH, math.ceil(width + height), HATCH):
        # The line x′ + y′ = start, measured from the top left corner.
        left, right = max(0.0, start - height), min(width, start)
        if left < right:
            ends = [(round(x + at, 2), round(y + start - at, 2)) for at in (left, right)]
            lines.append(path_of(ends))
    return " ".join(lines)


def _read_of(reading: Result, digit: int) -> tuple[int, int]:
    row = reading["confusion"][digit]
    return row[digit], sum(row)


def _whole(reading: Result, digit: int) -> str:
    n, total = _read_of(reading, digit)
    return _("%(n)d of %(all)d") % {"n": n, "all": total}
