"""Picture of blame: which digits take the starved one's images, before its examples were taken away and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from experiments.models import Run
from lessons.activities.experiment.pictures.base import PictureType, result_of
from lessons.activities.experiment.pictures.charts.takers import in_percent
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
    most = max(taken.values())
    if most:
        # As they are drawn: what looks level is named together.
        named = [str(each) for each, share in sorted(taken.items()) if in_percent(share) == in_percent(most)]
        summary = _(
            "On average %(n)s real %(digit)ds were misread. Of 100 of these, %(share)s were called %(most)s."
        ) % {
            "n": f"{result['n_misread']['mean']:.0f}",
            "digit": digit,
            "share": f"{100 * most:.0f}",
            "most": get_text_list(named, _("and, just as often,")),
        }
    else:
        summary = _("Every %(digit)d was recognised.") % {"digit": digit}
    return BlameChart(
        summary,
        _shares(_("where the misread %(digit)ds went, in %%") % {"digit": digit}, taken),
        _shares(_("the same with nothing taken away"), before),
    )


def _taken(shares: Mapping[str, float | None], digit: int) -> dict[int, float]:
    return {int(each): share or 0.0 for each, share in shares.items() if int(each) != digit}


def _shares(name: str, shares: Mapping[int, float]) -> BarChart:
    rows = tuple(BarRow(str(each), in_percent(share), round(100 * share, 1)) for each, share in sorted(shares.items()))
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)
