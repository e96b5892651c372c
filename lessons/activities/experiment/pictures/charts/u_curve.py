"""The U-curve: train and test error against a model's power, over the guess.

Scales depend on the noise and never on the draw, so that two runs can be compared. What lies outside leaves through the
frame, and keeps its true number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from lessons.activities.experiment.pictures.charts.fit import Fit, fit_of
from lessons.activities.experiment.pictures.charts.powers import (
    Places,
    at_power,
    linear_top,
    name_of_power,
    short,
)
from lessons.activities.measures import Result
from lessons.drawing.axes import BOTTOM, HEIGHT, TOP, WIDTH, Axis, in_digits, path_of
from lessons.drawing.frame import Frame, Point
from lessons.drawing.marks import Leg, Mark, Powers

Scale = Callable[[float], float]
LOWEST_POWER, HIGHEST_POWER = -3, 4
LABEL_HALF = 40  # half the pixels of the label at the lowest point, with what it keeps free
NOTHING = -400.0  # the power of an error of 0, which no scale of powers has: below whatever a double can hold


@dataclass(frozen=True)
class Curve:
    """One error in one drawing: its line in pieces, its dots, and the stretch from quartile to quartile.

    `beyond` says how high the line is at its end, if that is outside the drawing.
    """

    look: str
    name: str
    legs: tuple[Leg, ...]
    marks: tuple[Mark, ...]
    band: str
    beyond: str


@dataclass(frozen=True)
class CurveDrawing:
    """`key` is ``linear`` or ``log``; `guess` is where the member had put the lowest point."""

    key: str
    title: str
    x_name: str
    x_axis: Places
    y_axis: Axis
    curves: tuple[Curve, ...]
    guess: float | None
    lowest: Point
    lowest_label: str
    lowest_below: int
    # Beside the guess, where its line would run through the label.
    lowest_right: int
    lowest_anchor: str
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class UCurveChart:
    """`rows` are (power, train, test, stretch of the test error)."""

    summary: str
    drawings: tuple[CurveDrawing, ...]
    rows: tuple[tuple[str, str, str, str], ...]
    power_name: str
    guess_says: str
    fit: Fit | None


def u_curve_chart(result: Result, *, noise: float, guess: float | None = None) -> UCurveChart:
    """Draw a sweep over the guess of where its lowest point is; `noise` sets the linear scale."""
    powers = tuple(result["complexities"])
    places = Places(powers)
    name = name_of_power(result)
    train, test = result["train"]["median"], result["test"]["median"]
    is_share = result["error"] == "share wrong"
    linear = Axis(0.0, 1.0 if is_share else linear_top(noise), BOTTOM, TOP)
    log = Powers(LOWEST_POWER, 0 if is_share else HIGHEST_POWER, BOTTOM, TOP)
    return UCurveChart(
        summary=_summary(result, noise),
        drawings=(
            _drawing("linear", result, places, linear, name, guess, float),
            _drawing("log", result, places, log, name, guess, _log10),
        ),
        rows=tuple(
            (str(power), short(own), short(new), f"{short(low)} – {short(high)}")
            for power, own, new, low, high in zip(
                powers, train, test, result["test"]["q25"], result["test"]["q75"], strict=True
            )
        ),
        power_name=name,
        guess_says=_("Your guess: lowest at %(n)s.") % {"n": in_digits(guess)} if guess is not None else "",
        fit=fit_of(result),
    )


def _summary(result: Result, noise: float) -> str:
    """What the two curves do, and what is unlike about the points that they are measured on."""
    model, powers = result["model"], result["complexities"]
    train, test = result["train"]["median"], result["test"]["median"]
    says = _("The train error goes from %(first)s to %(last)s.") % {
        "first": short(train[0]),
        "last": short(train[-1]),
    }
    lowest = {"lowest": short(min(test)), "at": at_power(model, result["best"]), "end": at_power(model, powers[-1])}
    if result["best"] == powers[-1]:
        says += " " + _("The test error falls to %(lowest)s at %(at)s, the last one tried.") % lowest
    else:
        says += " " + _("The test error is lowest at %(at)s: %(lowest)s. At %(end)s it is %(last)s.") % {
            **lowest,
            "last": short(test[-1]),
        }
    if result["error"] == "share wrong" and noise:
        # Without this, errors on its own images that lie above those on new ones look like a mistake.
        says += " " + _(
            "In the training images %(share)s of 100 labels were drawn at random. The test images have none of those."
        ) % {"share": f"{100 * noise:.0f}"}
    return says


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else NOTHING


def _drawing(
    key: str, result: Result, places: Places, y_axis: Axis, name: str, guess: float | None, scale: Scale
) -> CurveDrawing:
    powers = tuple(result["complexities"])
    best = powers.index(result["best"])
    curves = tuple(
        _curve(look, told, result, places, y_axis, scale)
        for look, told in (("train", _("train error")), ("test", _("test error")))
    )
    x, guess_x = places.at(powers[best]), None if guess is None else places.at(guess)
    beside = guess_x is not None and abs(guess_x - x) < LABEL_HALF
    side = 1 if guess_x is None or x >= guess_x else -1
    title = _("share misread") if result["error"] == "share wrong" else _("error")
    if key == "log":
        title = _("%(title)s; each line = 10× more") % {"title": title}
    return CurveDrawing(
        key=key,
        title=title,
        x_name=name,
        x_axis=places,
        y_axis=y_axis,
        curves=curves,
        guess=guess_x,
        lowest=(x, y_axis.at(scale(result["test"]["median"][best]))),
        lowest_label=_("lowest: %(power)s") % {"power": powers[best]},
        # On the side where the other curve is not.
        lowest_below=-15 if result["train"]["median"][best] < result["test"]["median"][best] else 21,
        lowest_right=7 * side if beside else 0,
        lowest_anchor=("start" if side > 0 else "end") if beside else "middle",
    )


def _curve(look: str, name: str, result: Result, places: Places, y_axis: Axis, scale: Scale) -> Curve:
    powers, spread = result["complexities"], result[look]
    frame = Frame.of(places, y_axis)

    def points(which: str) -> list[Point]:
        return [
            (places.at(power), y_axis.place(scale(value))) for power, value in zip(powers, spread[which], strict=True)
        ]

    middle = points("median")
    n = len(middle)
    pieces = [frame.cut(*ends) for ends in itertools.pairwise(middle)]
    legs = tuple(Leg(*piece[0], *piece[1], begins=i / n, ends=(i + 1) / n) for i, piece in enumerate(pieces) if piece)
    marks = tuple(
        Mark(
            x=x,
            y=min(max(y, frame.top), frame.bottom),
            says=_("%(at)s: %(name)s %(error)s")
            % {"at": at_power(result["model"], power), "name": name, "error": short(value)},
            begins=i / n,
            head="" if frame.holds((x, y)) else frame.head((x, frame.top if y < frame.top else frame.bottom)),
        )
        for i, ((x, y), power, value) in enumerate(zip(middle, powers, spread["median"], strict=True))
    )
    high, low = frame.rim(points("q75")), frame.rim(points("q25"))
    band = path_of([*high, *low[::-1]]) + " Z"
    return Curve(look, name, legs, marks, band, _beyond(result, spread["median"]) if middle[-1][1] < frame.top else "")


def _beyond(result: Result, errors: Sequence[float]) -> str:
    at = at_power(result["model"], result["complexities"][-1])
    return _("%(error)s at %(at)s ↑") % {"error": short(errors[-1]), "at": at}
