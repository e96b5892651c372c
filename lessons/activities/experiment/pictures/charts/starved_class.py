"""A class's runs of a starved digit, for the wall: recall over different runs, one model's images, who takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from django.utils.translation import gettext as _

from lessons.activities.experiment.pictures.charts.images import SIDE, Image
from lessons.activities.experiment.pictures.charts.misclassified import MisclassifiedImages
from lessons.activities.experiment.pictures.charts.recall import N_DIGITS, DigitBar, bars_of
from lessons.activities.experiment.pictures.charts.takers import in_percent, judge, over_repeats
from lessons.activities.measures import DIGITS, SPREAD, Result
from lessons.activities.predict.schema import Choice
from lessons.drawing.axes import BOTTOM, TOP, WIDTH, Axis
from lessons.drawing.bars import share_of

STAMP = 3.2  # pixels of an image that its stamp is high, with what it keeps free
APART = 1.2  # the same between two images


@dataclass(frozen=True)
class ClassRecall:
    """Recall per digit, the mean of different runs; the starved digit rises last."""

    name: str
    summary: str
    bars: tuple[DigitBar, ...]
    y_axis: Axis
    box: str = f"0 0 {WIDTH} {BOTTOM + 24}"


@dataclass(frozen=True)
class Placed:
    """One image in its place, and when it and its stamp appear; `stamp` is empty where none is told."""

    image: Image
    x: float
    y: float
    begins: float
    stamp: str
    stamp_begins: float


@dataclass(frozen=True)
class ImageWall:
    """All misread images in one drawing, in rows that fill the room they have."""

    n: int
    title: str
    summary: str
    images: tuple[Placed, ...]
    box: str
    middle: float = SIDE / 2
    under: float = SIDE + STAMP - 0.7


@dataclass(frozen=True)
class TakerRow:
    """One answer: how many in the class gave it, and what share of the misread images is behind it."""

    text: str
    n: int | None
    n_share: float
    found: str
    found_share: float
    is_right: bool


@dataclass(frozen=True)
class ClassTakers:
    """Guesses beside what came out over all models of the different runs. `n_said` is 0 if there are too few."""

    n_said: int
    n_models: int
    rows: tuple[TakerRow, ...]
    right: frozenset[str]

    @property
    def outcome(self) -> str:
        return " · ".join(row.text for row in self.rows if row.is_right)


def class_recall(now: Sequence[Mapping[str, float]], before: Sequence[Mapping[str, float]], digit: int) -> ClassRecall:
    """Draw the mean recall of each digit over different runs, beside what it was with nothing taken away."""
    means, baseline = (
        {str(each): fmean(run[str(each)] for run in runs) for each in range(N_DIGITS)} for runs in (now, before)
    )
    y_axis = Axis(0.0, 100.0, BOTTOM, TOP)
    bars = bars_of(means, baseline, y_axis, digit=digit)
    name = _("Recall per digit: of 100 real ones, how many were found")
    return ClassRecall(name, "; ".join(bar.says for bar in bars), bars, y_axis)


def image_wall(found: MisclassifiedImages, *, shape: float) -> ImageWall:
    """Place every image; `shape` is the width of the room that they have, divided by its height."""
    cell_x, cell_y = SIDE + APART, SIDE + APART + (STAMP if found.is_stamped else 0.0)
    n = max(found.n, 1)

    def size(columns: int) -> float:
        """How large images in so many columns can be."""
        return min(shape / (columns * cell_x - APART), 1 / (math.ceil(n / columns) * cell_y - APART))

    columns = max(range(1, n + 1), key=size)
    placed = tuple(
        Placed(
            image=beat.image,
            x=round((i % columns) * cell_x, 2),
            y=round((i // columns) * cell_y, 2),
            begins=beat.begins,
            stamp="" if beat.image.said is None else str(beat.image.said),
            stamp_begins=beat.stamp_begins,
        )
        for i, beat in enumerate(found.images)
    )
    width, height = columns * cell_x - APART, math.ceil(n / columns) * cell_y - APART
    return ImageWall(
        found.n, found.title, found.summary, placed, f"-0.1 -0.1 {round(width + 0.2, 2)} {round(height + 0.2, 2)}"
    )


def class_takers(
    runs: Sequence[Result], digit: int, choices: Sequence[Choice], guesses: Mapping[str, int]
) -> ClassTakers:
    """Put the guesses of a class beside the shares over all models of its different runs."""
    each = [over_repeats(run, digit) for run in runs]
    shares = {said: fmean(of[said] for of, __ in each) for said in each[0][0]}
    n_images = sum(n for __, n in each)
    right = judge(shares, n_images, {choice.key for choice in choices})
    most_said = max(guesses.values(), default=0)
    rows = []
    for choice in choices:
        share = shares.get(DIGITS.index(choice.key), 0.0) if choice.key in DIGITS else None
        n = guesses.get(choice.key, 0)
        rows.append(
            TakerRow(
                text=_spread_in_short(choice),
                n=n if guesses else None,
                n_share=share_of(n, most_said),
                found="" if share is None else in_percent(share),
                found_share=0.0 if share is None else round(100 * share / max(*shares.values(), 0.01), 1),
                is_right=choice.key in right,
            )
        )
    n_models = sum(len(run["recall"][str(digit)]["values"]) for run in runs)
    return ClassTakers(sum(guesses.values()), n_models, tuple(rows), right)


def _spread_in_short(choice: Choice) -> str:
    """The text of a choice; that of none alone is a sentence, and there is no room for one."""
    return _("no single one") if choice.key == SPREAD else choice.text
