"""Fits: the line of every power through the draw that it was learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lessons.activities.experiment.pictures.charts.powers import at_power, short
from lessons.activities.measures import Result
from lessons.drawing.axes import WIDTH, Axis, path_of
from lessons.drawing.frame import Point

FIT_REACH = 2.2  # the line is drawn from −2.2 to 2.2; a wild one leaves the picture
FIT_HEIGHT = 220


@dataclass(frozen=True)
class Power:
    """One power on the slider: its line through the dots, and what it gets wrong."""

    value: int
    path: str
    name: str
    says: str


@dataclass(frozen=True)
class Fit:
    """The draw that was learned from, and the line of every power through it."""

    dots: tuple[Point, ...]
    target: str
    powers: tuple[Power, ...]
    # Which of them are too simple, the sweet spot, memorised.
    named: tuple[Power, ...]
    at: Power
    box: str = f"0 0 {WIDTH} {FIT_HEIGHT}"


def fit_of(result: Result) -> Fit | None:
    draw = result.get("draw")
    if not draw:
        return None
    x_axis = Axis(-1.0, 1.0, 14, WIDTH - 14)
    y_axis = Axis(-FIT_REACH, FIT_REACH, FIT_HEIGHT - 10, 10)
    powers = tuple(
        Power(
            value=power,
            path=_wiggly(draw["x"], draw["fits"][str(power)], x_axis, y_axis),
            name="",
            says=_("%(at)s: train error %(train)s, test error %(test)s")
            % {"at": at_power(result["model"], power), "train": short(train), "test": short(test)},
        )
        for power, train, test in zip(
            result["complexities"], result["train"]["median"], result["test"]["median"], strict=True
        )
    )
    wanted = {result["complexities"][0]: _("too simple"), result["complexities"][-1]: _("memorised")}
    wanted[result["best"]] = _("sweet spot")
    named = tuple(
        Power(power.value, power.path, wanted[power.value], power.says) for power in powers if power.value in wanted
    )
    best = next(power for power in powers if power.value == result["best"])
    return Fit(
        dots=tuple((x_axis.at(x), y_axis.at(y)) for x, y in draw["points"]),
        target=path_of([(x_axis.at(x), y_axis.at(y)) for x, y in zip(draw["x"], draw["target"], strict=True)]),
        powers=powers,
        named=named,
        at=best,
    )


def _wiggly(xs: Sequence[float], ys: Sequence[float], x_axis: Axis, y_axis: Axis) -> str:
    """A line that may leave the picture and come back; far outside it makes no difference how far."""
    height = y_axis.end - y_axis.start
    far = 3 * (y_axis.high - y_axis.low)
    points = []
    for x, y in zip(xs, ys, strict=True):
        share = (min(max(y, -far), far) - y_axis.low) / (y_axis.high - y_axis.low)
        points.append((x_axis.at(x), round(y_axis.start + share * height, 1)))
    return path_of(points)
