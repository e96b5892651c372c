"""What a starved model does to each digit: recall, who is taken for whom, the misread images, before and after a fix.

Counts and shares are drawn as the run gives them; a bar or a row of the starved digit is hatched as well as coloured.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.drawing.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, path_of
from lessons.drawing.bars import BarChart, BarRow

Result = Mapping[str, Any]

N_DIGITS = 10
SIDE = 8  # pixels of an image
BRIGHTEST = 16
SLOT = WIDTH / N_DIGITS  # pixels for one bar
SHADES = (0.0, 0.02, 0.05, 0.1, 0.2)  # shares of a row at which a cell gets darker
HATCH = 8  # pixels from one line of a hatching to the next
LETTERS = 20  # pixels that a number above a bar is high, with what it keeps free
DOT = 9  # pixels between two dots of a stack
NAME_HALF = 92  # half the pixels of the mean in words
DOTS_TOP, DOTS_LINE, DOTS_HEIGHT = 30, 100, 132


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


@dataclass(frozen=True)
class Image:
    """One image: its pixels as paths of one grey each (path, opacity), and what the model called it."""

    shades: tuple[tuple[str, float], ...]
    truth: int
    said: int
    name: str


@dataclass(frozen=True)
class Cell:
    """How often one digit was called another. `key` names the images behind it; empty where there are none.

    `shade` is 0 for none of the row's images, up to 5 for most of them.
    """

    said: int
    n: int
    key: str
    shade: int
    name: str
    is_right: bool


@dataclass(frozen=True)
class ConfusionRow:
    digit: int
    cells: tuple[Cell, ...]
    is_starved: bool


@dataclass(frozen=True)
class Behind:
    """The images behind one cell."""

    key: str
    title: str
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Confusion:
    summary: str
    rows: tuple[ConfusionRow, ...]
    behind: tuple[Behind, ...]


@dataclass(frozen=True)
class Wall:
    """The starved digit's images that were misread, beside those that are with nothing taken away."""

    title: str
    images: tuple[Image, ...]
    summary: str
    baseline_title: str
    baseline: tuple[Image, ...]


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


@dataclass(frozen=True)
class BeforeAfter:
    """Recall of the starved digit and accuracy, before a fix and after: two bars each."""

    summary: str
    spread: str
    recall: BarChart
    accuracy: BarChart


@dataclass(frozen=True)
class Tipping:
    """Recall and accuracy against examples kept, with one standard deviation to each side."""

    summary: str
    x_axis: _Kept
    y_axis: Axis
    recall: str
    recall_band: str
    recall_name: str
    accuracy: str
    accuracy_band: str
    dots: tuple[tuple[float, float, str], ...]
    rows: tuple[tuple[str, str, str], ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class Blame:
    summary: str
    absorbed: BarChart
    before: BarChart


def recall_chart(shown: Result, baseline: Result, *, digit: int, predicted: float | None = None) -> RecallChart:
    """Draw the recall of each digit, the starved one apart, beside what it was with nothing taken away."""
    y_axis = Axis(0.0, 100.0, BOTTOM, TOP)
    bars = tuple(
        _digit_bar(each, shown["recall"][str(each)], baseline["recall"][str(each)], y_axis, is_starved=each == digit)
        for each in range(N_DIGITS)
    )
    n_read, n_all = _read_of(shown, digit)
    n_before, __ = _read_of(baseline, digit)
    summary = _(
        "Of %(all)d real %(digit)ds the model recognises %(read)d; with all its %(digit)ds it recognises %(before)d."
    ) % {"all": n_all, "digit": digit, "read": n_read, "before": n_before}
    return RecallChart(
        name=_("Recall per digit, %%: of the real %(digit)ds in the test, how many were called %(digit)d?")
        % {"digit": digit},
        summary=summary,
        bars=bars,
        y_axis=y_axis,
        predicted=y_axis.at(predicted) if predicted is not None else None,
        predicted_label=f"{predicted:.0f}" if predicted is not None else "",
        rows=tuple((str(bar.digit), _whole(shown, bar.digit), _whole(baseline, bar.digit)) for bar in bars),
    )


def _digit_bar(digit: int, recall: float, before: float, y_axis: Axis, *, is_starved: bool) -> DigitBar:
    x, width = round((digit + 0.15) * SLOT, 2), round(0.7 * SLOT, 2)
    y, baseline_y = y_axis.at(100 * recall), y_axis.at(100 * before)
    of_100, of_100_before = f"{100 * recall:.0f}", f"{100 * before:.0f}"
    return DigitBar(
        digit=digit,
        x=x,
        y=y,
        width=width,
        height=round(BOTTOM - y, 2),
        label=of_100,
        # Above both, where the line of the baseline would go through the number.
        label_y=baseline_y if y - LETTERS < baseline_y < y else y,
        baseline_y=baseline_y,
        hatch=_hatch(x, y, width, BOTTOM - y) if is_starved else "",
        is_starved=is_starved,
        says=_("%(digit)d: %(recall)s of 100 recognised, %(before)s with nothing taken away")
        % {"digit": digit, "recall": of_100, "before": of_100_before},
    )


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


def confusion(shown: Result, digit: int) -> Confusion:
    """Lay out who was taken for whom; behind each cell off the diagonal stand its images."""
    counts = shown["confusion"]
    images = _images(shown)
    rows = []
    behind = []
    for truth, row in enumerate(counts):
        cells = []
        for said, n in enumerate(row):
            is_right = said == truth
            key = f"cell-{truth}-{said}" if n and not is_right else ""
            name = _cell_name(n, truth, said)
            cells.append(Cell(said, n, key, _shade(n, sum(row)), name, is_right))
            if key:
                own = tuple(image for image in images if (image.truth, image.said) == (truth, said))
                behind.append(Behind(key, name, own))
        rows.append(ConfusionRow(truth, tuple(cells), is_starved=truth == digit))
    others = Counter({said: n for said, n in enumerate(counts[digit]) if said != digit and n})
    return Confusion(_most_often(digit, others), tuple(rows), tuple(behind))


def _most_often(digit: int, others: Counter[int]) -> str:
    if not others:
        return _("No %(digit)d was taken for anything else.") % {"digit": digit}
    said, n = others.most_common(1)[0]
    return ngettext(
        "The misread %(digit)ds of this model: %(n)d of %(all)d was called %(said)d.",
        "The misread %(digit)ds of this model: %(n)d of %(all)d were called %(said)d.",
        n,
    ) % {"digit": digit, "n": n, "all": others.total(), "said": said}


def _cell_name(n: int, truth: int, said: int) -> str:
    if truth == said:
        return ngettext("%(n)d real %(truth)d read rightly", "%(n)d real %(truth)ds read rightly", n) % {
            "n": n,
            "truth": truth,
        }
    return ngettext("%(n)d real %(truth)d called %(said)d", "%(n)d real %(truth)ds called %(said)d", n) % {
        "n": n,
        "truth": truth,
        "said": said,
    }


def _shade(n: int, total: int) -> int:
    return next((step for step, most in enumerate(SHADES) if n <= most * total), len(SHADES))


def wall(shown: Result, baseline: Result, digit: int) -> Wall:
    """Collect every image of the starved digit that was read as something else."""
    misread = tuple(image for image in _images(shown) if image.truth == digit)
    before = tuple(image for image in _images(baseline) if image.truth == digit)
    n_all = sum(shown["confusion"][digit])
    title = ngettext(
        "The %(n)d real %(digit)d that this model read as something else",
        "The %(n)d real %(digit)ds that this model read as something else",
        len(misread),
    ) % {"n": len(misread), "digit": digit}
    if not misread:
        title = _("This model read every real %(digit)d of the test rightly") % {"digit": digit}
    return Wall(
        title=title,
        images=misread,
        summary=ngettext(
            "%(n)d of %(all)d real %(digit)ds was read as something else; with all its %(digit)ds the same model "
            "misread %(before)d of %(all)d.",
            "%(n)d of %(all)d real %(digit)ds were read as something else; with all its %(digit)ds the same model "
            "misread %(before)d of %(all)d.",
            len(misread),
        )
        % {"n": len(misread), "all": n_all, "digit": digit, "before": len(before)},
        baseline_title=_("Misread by the same model with all its %(digit)ds") % {"digit": digit},
        baseline=before,
    )


def dots(values: Sequence[float], *, mine: float | None, low: float, high: float, name: str) -> Dots:
    """Stack one dot for each run of the class; `values` and the scale are in percent."""
    x_axis = Axis(low, high, 16, WIDTH - 16)
    n_bins = round((WIDTH - 32) / DOT)
    places = [min(int((x_axis.inside(value) - low) / (high - low) * n_bins), n_bins - 1) for value in sorted(values)]
    # Where many stand in one place they overlap: a tall stack, not one that leaves the drawing.
    step = min(DOT, (DOTS_LINE - DOTS_TOP) / max(Counter(places).values()))
    heights: Counter[int] = Counter()
    placed = []
    is_mine_drawn = False
    for value, place in zip(sorted(values), places, strict=True):
        is_mine = mine is not None and not is_mine_drawn and abs(value - mine) < 1e-9
        is_mine_drawn |= is_mine
        x = round(x_axis.start + (place + 0.5) * (x_axis.end - x_axis.start) / n_bins, 2)
        y = round(DOTS_LINE - 5 - heights[place] * step, 2)
        heights[place] += 1
        placed.append(ClassDot(x, y, f"{value:.1f} %", is_mine))
    n, mean = len(values), fmean(values)
    summary = ngettext(
        "One run so far: %(mean)s %%.",
        "%(n)d runs of the class, from %(first)s to %(last)s %%; their mean is %(mean)s %%.",
        n,
    ) % {"n": n, "first": f"{min(values):.1f}", "last": f"{max(values):.1f}", "mean": f"{mean:.1f}"}
    label_x = min(max(x_axis.at(mean), NAME_HALF), WIDTH - NAME_HALF)
    # One run has no mean to speak of.
    label = _("mean of %(n)d runs: %(mean)s %%") % {"n": n, "mean": f"{mean:.1f}"} if n > 1 else ""
    return Dots(name, summary, x_axis, tuple(placed), x_axis.at(mean) if n > 1 else None, label, is_mine_drawn, label_x)


def before_after(before: Result, after: Result, digit: int) -> BeforeAfter:
    """Put what a fix changed side by side, means over the repeats with their spread."""
    recalls = [each["recall"][str(digit)] for each in (before, after)]
    accuracies = [each["accuracy"] for each in (before, after)]
    n_repeats = len(accuracies[0]["values"])
    return BeforeAfter(
        summary=f"{_recall_says(recalls, digit)} {_accuracy_says(accuracies)}",
        spread=ngettext(
            "Measured once.", "Means over %(n)d repeats; ± is their spread, one standard deviation.", n_repeats
        )
        % {"n": n_repeats},
        recall=_two_bars(_("recall for %(digit)d, of 100") % {"digit": digit}, recalls, 0, "", is_harmed=True),
        accuracy=_two_bars(_("accuracy over all digits"), accuracies, 1, "\u00a0%", is_harmed=False),
    )


def _recall_says(recalls: Sequence[Result], digit: int) -> str:
    before, after = (f"{100 * each['mean']:.0f}" for each in recalls)
    same = [a == b for a, b in zip(recalls[0]["values"], recalls[1]["values"], strict=True)]
    told = {"digit": digit, "before": before, "after": after, "same": sum(same), "all": len(same)}
    if all(same):
        return _("Nothing changed: recall for %(digit)d is %(before)s of 100 before and after, in every repeat.") % told
    if sum(same) > len(same) / 2:
        says = _(
            "Recall for %(digit)d: %(before)s of 100 before, %(after)s after; the same in %(same)d of %(all)d repeats."
        )
        return says % told
    return _("Recall for %(digit)d: %(before)s of 100 before, %(after)s after.") % told


def _accuracy_says(accuracies: Sequence[Result]) -> str:
    before, after = (_percent(each["mean"]) for each in accuracies)
    return _("Accuracy: %(before)s\u00a0%% before, %(after)s\u00a0%% after.") % {"before": before, "after": after}


def _two_bars(name: str, figures: Sequence[Result], places: int, unit: str, *, is_harmed: bool) -> BarChart:
    rows = tuple(
        BarRow(
            when,
            f"{100 * each['mean']:.{places}f}{unit} ± {100 * each['sd']:.{places}f}",
            round(100 * each["mean"], 1),
            is_harmed=is_harmed,
        )
        for when, each in zip((_("before"), _("after")), figures, strict=True)
    )
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


@dataclass(frozen=True)
class _Kept:
    """Places for the numbers of examples kept, closer together where they are many: by their square root."""

    values: tuple[int, ...]

    start: float = LEFT
    end: float = RIGHT

    def at(self, value: float) -> float:
        share = math.sqrt(value) / math.sqrt(max(self.values[-1], 1))
        return round(self.start + share * (self.end - self.start), 2)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        drawn: list[tuple[float, str]] = []
        for value in self.values:
            x = self.at(value)
            if not drawn or x - drawn[-1][0] >= 26:
                drawn.append((x, str(value)))
        return tuple(drawn)


def tipping(result: Result) -> Tipping:
    """Draw recall and accuracy against the number of examples kept."""
    kept = tuple(result["kept"])
    x_axis, y_axis = _Kept(kept), Axis(0.0, 100.0, BOTTOM, TOP)
    recall, spread = result["recall"]["mean"], result["recall"]["sd"]
    accuracy = result["accuracy"]["mean"]
    points = _line(kept, recall, x_axis, y_axis)
    return Tipping(
        summary=_tipping_says(result["digit"], kept, recall),
        x_axis=x_axis,
        y_axis=y_axis,
        recall=path_of(points),
        recall_band=_band(kept, result["recall"], x_axis, y_axis),
        recall_name=_("recall for %(digit)d, of 100") % {"digit": result["digit"]},
        accuracy=path_of(_line(kept, accuracy, x_axis, y_axis)),
        accuracy_band=_band(kept, result["accuracy"], x_axis, y_axis),
        dots=tuple(
            (x, y, _("%(kept)d kept: recall %(recall)s of 100") % {"kept": k, "recall": f"{100 * value:.0f}"})
            for (x, y), k, value in zip(points, kept, recall, strict=True)
        ),
        rows=tuple(
            (str(k), f"{100 * value:.0f} ± {100 * s:.0f}", f"{_percent(a)} %")
            for k, value, s, a in zip(kept, recall, spread, accuracy, strict=True)
        ),
    )


def _line(kept: Sequence[int], shares: Sequence[float], x_axis: _Kept, y_axis: Axis) -> list[tuple[float, float]]:
    return [(x_axis.at(k), y_axis.at(100 * share)) for k, share in zip(kept, shares, strict=True)]


def _band(kept: Sequence[int], figures: Mapping[str, Sequence[float]], x_axis: _Kept, y_axis: Axis) -> str:
    """One standard deviation to each side."""
    both = list(zip(figures["mean"], figures["sd"], strict=True))
    high = _line(kept, [mean + sd for mean, sd in both], x_axis, y_axis)
    low = _line(kept, [mean - sd for mean, sd in both], x_axis, y_axis)
    return path_of([*high, *low[::-1]]) + " Z"


def _tipping_says(digit: int, kept: Sequence[int], recall: Sequence[float]) -> str:
    half = next((k for k, value in zip(kept, recall, strict=True) if value >= 0.5), None)
    most = next((k for k, value in zip(kept, recall, strict=True) if value >= 0.9), None)
    if half is None:
        return _("With none of these numbers is half of the real %(digit)ds recognised.") % {"digit": digit}
    if most is None:
        return _(
            "Half of the real %(digit)ds are recognised from %(half)d examples on; 90 of 100 with none of these."
        ) % {
            "digit": digit,
            "half": half,
        }
    return _("Half of the real %(digit)ds are recognised from %(half)d examples on, 90 of 100 from %(most)d on.") % {
        "digit": digit,
        "half": half,
        "most": most,
    }


def blame(result: Result) -> Blame:
    """Draw which digits took the starved one's images, and which take those misread with nothing taken away."""
    digit = result["digit"]
    taken, before = (_taken(result[when], digit) for when in ("absorbed", "before"))
    most = max(taken, key=lambda each: taken[each])
    if taken[most]:
        summary = _("On average %(n)s real %(digit)ds were misread; of 100 of them %(share)s were called %(most)d.") % {
            "n": f"{result['n_misread']['mean']:.0f}",
            "digit": digit,
            "share": f"{100 * taken[most]:.0f}",
            "most": most,
        }
    else:
        summary = _("No %(digit)d was taken for anything else.") % {"digit": digit}
    return Blame(
        summary,
        _shares(_("where the misread %(digit)ds went, in %%") % {"digit": digit}, taken, most if taken[most] else None),
        _shares(_("the same with nothing taken away"), before),
    )


def _taken(shares: Mapping[str, float | None], digit: int) -> dict[int, float]:
    return {int(each): share or 0.0 for each, share in shares.items() if int(each) != digit}


def _shares(name: str, shares: Mapping[int, float], most: int | None = None) -> BarChart:
    rows = tuple(
        BarRow(str(each), f"{100 * share:.0f} %", round(100 * share, 1), is_harmed=each == most)
        for each, share in sorted(shares.items())
    )
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


def _images(reading: Result) -> tuple[Image, ...]:
    return tuple(
        Image(
            shades=_shades(each["pixels"]),
            truth=each["truth"],
            said=each["said"],
            name=_("a real %(truth)d, called %(said)d") % {"truth": each["truth"], "said": each["said"]},
        )
        for each in sorted(reading["misread"], key=lambda each: (each["truth"], each["said"], each["index"]))
    )


def _shades(pixels: Sequence[int]) -> tuple[tuple[str, float], ...]:
    """One path for all pixels of the same grey, side by side in a row drawn as one stroke."""
    paths: dict[int, list[str]] = {}
    for row in range(SIDE):
        column = 0
        while column < SIDE:
            value = pixels[row * SIDE + column]
            length = 1
            while column + length < SIDE and pixels[row * SIDE + column + length] == value:
                length += 1
            if value:
                paths.setdefault(value, []).append(f"M{column} {row}h{length}v1h-{length}z")
            column += length
    return tuple(("".join(path), value / BRIGHTEST) for value, path in sorted(paths.items()))


def _read_of(reading: Result, digit: int) -> tuple[int, int]:
    row = reading["confusion"][digit]
    return row[digit], sum(row)


def _whole(reading: Result, digit: int) -> str:
    n, total = _read_of(reading, digit)
    return _("%(n)d of %(all)d") % {"n": n, "all": total}


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
