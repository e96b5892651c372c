"""Confusion matrix: who was taken for whom, with the images behind each mistake."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.images import Image, images_of
from lessons.activities.experiment.pictures.charts.takers import commonest_here
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
                behind.append(Behind(key, name, images_of(shown, truth, said)))
        rows.append(ConfusionRow(truth, tuple(cells), is_starved=truth == digit))
    return Confusion(commonest_here(shown, digit), tuple(rows), tuple(behind))


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
