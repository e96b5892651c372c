"""Picture of blame: which digits take the starved one's images, before its examples were taken away and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from experiments.models import Run
from lessons.activities.experiment.pictures.base import PictureType, result_of
from lessons.activities.measures import Picture, Result
from lessons.drawing.bars import BarChart, BarRow


@dataclass(frozen=True)
class BlameChart:
    summary: str
    absorbed: BarChart
    before: BarChart


@dataclass(frozen=True)
class BlamePicture(Picture):
    chart: BlameChart


class BlameType(PictureType):
    kind = "blame"
    template = "activities/experiment/pictures/blame.html"

    def draw(self, run: Run, beside: Run | None) -> BlamePicture:
        return BlamePicture(self.template, run, blame_chart(result_of(run)))


def blame_chart(result: Result) -> BlameChart:
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
    return BlameChart(
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
