"""Picture of a tipping point: recall and accuracy against the number of examples kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from experiments.models import Run
from lessons.activities.experiment.pictures.base import PictureType, result_of
from lessons.activities.experiment.pictures.charts.recall import of_100
from lessons.activities.measures import Picture, Result
from lessons.drawing.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, path_of


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


@dataclass(frozen=True)
class TippingChart:
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
class TippingPointPicture(Picture):
    chart: TippingChart


class TippingPointType(PictureType):
    kind = "tipping_point"
    template = "activities/experiment/pictures/tipping_point.html"

    def draw(self, run: Run, beside: Run | None) -> TippingPointPicture:
        return TippingPointPicture(self.template, run, tipping_chart(result_of(run)))


def tipping_chart(result: Result) -> TippingChart:
    """Draw recall and accuracy against the number of examples kept."""
    kept = tuple(result["kept"])
    x_axis, y_axis = _Kept(kept), Axis(0.0, 100.0, BOTTOM, TOP)
    recall, spread = result["recall"]["mean"], result["recall"]["sd"]
    accuracy = result["accuracy"]["mean"]
    points = _line(kept, recall, x_axis, y_axis)
    return TippingChart(
        summary=_tipping_says(result["digit"], kept, recall),
        x_axis=x_axis,
        y_axis=y_axis,
        recall=path_of(points),
        recall_band=_band(kept, result["recall"], x_axis, y_axis),
        recall_name=_("recall for %(digit)d, of 100") % {"digit": result["digit"]},
        accuracy=path_of(_line(kept, accuracy, x_axis, y_axis)),
        accuracy_band=_band(kept, result["accuracy"], x_axis, y_axis),
        dots=tuple(
            (x, y, _("%(kept)d kept: recall %(recall)s of 100") % {"kept": k, "recall": of_100(value)})
            for (x, y), k, value in zip(points, kept, recall, strict=True)
        ),
        rows=tuple(
            (str(k), f"{of_100(value)} ± {of_100(s)}", f"{100 * a:.1f} %")
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
    # By the numbers that are written at the dots.
    told = [int(of_100(value)) for value in recall]
    half, most = (next((k for k, n in zip(kept, told, strict=True) if n >= least), None) for least in (50, 90))
    if half is None:
        return _("No number here is enough to recognise half of the real %(digit)ds.") % {"digit": digit}
    if most is None:
        return _(
            "From %(half)d examples on, half of the real %(digit)ds are recognised. No number is enough for 90 of 100."
        ) % {"digit": digit, "half": half}
    return _("From %(half)d examples on, half of the real %(digit)ds are recognised. From %(most)d on, 90 of 100.") % {
        "digit": digit,
        "half": half,
        "most": most,
    }
