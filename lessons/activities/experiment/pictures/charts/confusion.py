"""Confusion matrix: who was taken for whom, with the images behind each mistake."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.images import Image, images_of
from lessons.activities.measures import Result

SHADES = (0.0, 0.02, 0.05, 0.1, 0.2)  # shares of a row at which a cell gets darker


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


def confusion_chart(shown: Result, digit: int) -> Confusion:
    """Lay out who was taken for whom; behind each cell off the diagonal stand its images."""
    counts = shown["confusion"]
    images = images_of(shown)
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
