"""The U-curve: train and test error against a model's power, over the guess; the line behind each power; the class's.

Scales depend on the noise and never on the draw, so that two runs can be compared. What lies outside is drawn at the
edge and keeps its true number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.drawing.axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, in_digits, path_of
from lessons.drawing.marks import Leg, Mark, Powers

Result = Mapping[str, Any]
Point = tuple[float, float]
Scale = Callable[[float], float]

MIDDLE_OF_TARGET = 0.45  # the error of a model with no power at all, about: what the linear scale has room for
LOWEST_POWER, HIGHEST_POWER = -3, 4
GUESS_RISE = 46  # pixels that the dotted curve of the guess rises over a quarter of the axis
FIT_REACH = 2.2  # the line is drawn from −2.2 to 2.2; a wild one leaves the picture
FIT_HEIGHT = 220


@dataclass(frozen=True)
class Places:
    """An axis with one place for each power, from little to much."""

    values: tuple[int, ...]
    start: float = LEFT + 10
    end: float = RIGHT - 6

    def at(self, value: float) -> float:
        """The pixel of a power; one between two of them lies between their places."""
        order = self.values if self.values[0] <= self.values[-1] else tuple(-v for v in self.values)
        wanted = value if self.values[0] <= self.values[-1] else -value
        below = max((i for i, each in enumerate(order) if each <= wanted), default=0)
        above = min(below + 1, len(order) - 1)
        gap = order[above] - order[below]
        share = (wanted - order[below]) / gap if gap else 0.0
        place = (below + min(max(share, 0.0), 1.0)) / max(len(order) - 1, 1)
        return round(self.start + place * (self.end - self.start), 2)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        return tuple((self.at(value), str(value)) for value in self.values)


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
    """`key` is ``linear`` or ``log``; `guess` is a path around the guess's place, `guess_x`; empty without one."""

    key: str
    title: str
    x_name: str
    x_axis: Places
    y_axis: Axis
    curves: tuple[Curve, ...]
    guess: str
    guess_x: float
    lowest: Point
    lowest_label: str
    lowest_below: int
    box: str = f"0 0 {WIDTH} {HEIGHT}"


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


@dataclass(frozen=True)
class UCurveChart:
    """`rows` are (power, train, test, stretch of the test error)."""

    summary: str
    drawings: tuple[CurveDrawing, ...]
    rows: tuple[tuple[str, str, str, str], ...]
    power_name: str
    guess_says: str
    fit: Fit | None


@dataclass(frozen=True)
class ClassCurve:
    """Everybody's test error in thin lines, the median of all in a thick one, one's own apart."""

    n: int
    name: str
    counted: str
    summary: str
    x_name: str
    x_axis: Places
    y_axis: Axis
    others: tuple[str, ...]
    mine: str
    middle: str
    lowest: Point
    rows: tuple[tuple[str, str, str], ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


def u_curve_chart(result: Result, *, noise: float, guess: float | None = None) -> UCurveChart:
    """Draw a sweep over the guess of where its lowest point is; `noise` sets the linear scale."""
    powers = tuple(result["complexities"])
    places = Places(powers)
    name = _power_name(result)
    train, test = result["train"]["median"], result["test"]["median"]
    is_share = result["error"] == "share wrong"
    linear = Axis(0.0, 1.0 if is_share else _linear_top(noise), BOTTOM, TOP)
    log = Powers(LOWEST_POWER, 0 if is_share else HIGHEST_POWER, BOTTOM, TOP)
    return UCurveChart(
        summary=_summary(result, noise),
        drawings=(
            _drawing("linear", result, places, linear, name, guess, float),
            _drawing("log", result, places, log, name, guess, _log10),
        ),
        rows=tuple(
            (str(power), _short(own), _short(new), f"{_short(low)} – {_short(high)}")
            for power, own, new, low, high in zip(
                powers, train, test, result["test"]["q25"], result["test"]["q75"], strict=True
            )
        ),
        power_name=name,
        guess_says=_("Your guess: lowest at %(n)s.") % {"n": in_digits(guess)} if guess is not None else "",
        fit=_fit(result),
    )


def class_curve(
    runs: Sequence[tuple[Sequence[int], Sequence[float]]], mine: int | None, noise: float, n_train: int
) -> ClassCurve:
    """Draw the test errors of a class's runs of the same noise and size.

    Parameters
    ----------
    runs : (powers, median test error at each) of one run after the other
    mine : which of them is the looker's own
    """
    powers = tuple(runs[mine or 0][0])
    comparable = [(i, tuple(test)) for i, (each, test) in enumerate(runs) if tuple(each) == powers]
    places, y_axis = Places(powers), Axis(0.0, _linear_top(noise), BOTTOM, TOP)
    middle = [median(values) for values in zip(*(test for __, test in comparable), strict=True)]
    lowest = min(range(len(powers)), key=lambda i: middle[i])
    bests = [powers[test.index(min(test))] for __, test in comparable]
    n = len(comparable)
    counted = [(power, bests.count(power)) for power in powers]
    return ClassCurve(
        n=n,
        name=_("The class curve"),
        counted=ngettext(
            "%(n)d run with noise %(noise)s and %(points)d points",
            "%(n)d runs with noise %(noise)s and %(points)d points",
            n,
        )
        % {"n": n, "noise": noise, "points": n_train},
        summary=_class_summary(bests, powers[lowest]),
        x_name=_("power (degree)"),
        x_axis=places,
        y_axis=y_axis,
        others=tuple(_path(places, y_axis, powers, test) for i, test in comparable if i != mine),
        mine=_path(places, y_axis, powers, runs[mine][1]) if mine is not None else "",
        middle=_path(places, y_axis, powers, middle) if n > 1 else "",
        lowest=(places.at(powers[lowest]), y_axis.at(middle[lowest])),
        rows=tuple(
            (str(power), _short(value), str(count)) for (power, count), value in zip(counted, middle, strict=True)
        ),
    )


def _class_summary(bests: Sequence[int], together: int) -> str:
    n, first, last = len(bests), min(bests), max(bests)
    if n > 1 and first == last:
        return _("%(n)d runs of the class, and every one of them is lowest at %(best)d.") % {"n": n, "best": first}
    return ngettext(
        "One run of the class so far: its lowest point is at %(best)d.",
        "%(n)d runs of the class: together they are lowest at %(best)d, one by one from %(first)d to %(last)d.",
        n,
    ) % {"n": n, "best": together, "first": first, "last": last}


def _summary(result: Result, noise: float) -> str:
    """What the two curves do, and what is unlike about the points that they are measured on."""
    model, powers = result["model"], result["complexities"]
    train, test = result["train"]["median"], result["test"]["median"]
    says = _("The error on its own points goes from %(first)s to %(last)s.") % {
        "first": _short(train[0]),
        "last": _short(train[-1]),
    }
    lowest = {"lowest": _short(min(test)), "at": _at_power(model, result["best"]), "end": _at_power(model, powers[-1])}
    if result["best"] == powers[-1]:
        says += " " + _("On new ones it falls to %(lowest)s at %(at)s, the most that was tried.") % lowest
    else:
        says += " " + _("On new ones it is lowest at %(at)s, with %(lowest)s, and %(last)s at %(end)s.") % {
            **lowest,
            "last": _short(test[-1]),
        }
    if result["error"] == "share wrong" and noise:
        # Without this, errors on its own images that lie above those on new ones look like a mistake.
        says += " " + _("Of its own images %(share)s in 100 carry a label drawn at random; the new ones do not.") % {
            "share": f"{100 * noise:.0f}"
        }
    return says


def _power_name(result: Result) -> str:
    names = {"polynomial": _("power (degree)"), "tree": _("depth of the tree")}
    return names.get(result["model"], _("k, falling: more power to the right"))


def _at_power(model: str, power: int) -> str:
    names = {"polynomial": _("power %(n)s"), "tree": _("depth %(n)s")}
    return names.get(model, _("k\u00a0=\u00a0%(n)s")) % {"n": power}


def _linear_top(noise: float) -> float:
    """Round, and the same for runs of about the same noise."""
    return math.ceil((MIDDLE_OF_TARGET + 2 * noise**2) * 5) / 5


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else float(LOWEST_POWER)


def _drawing(
    key: str, result: Result, places: Places, y_axis: Axis, name: str, guess: float | None, scale: Scale
) -> CurveDrawing:
    powers = tuple(result["complexities"])
    best = powers.index(result["best"])
    curves = tuple(
        _curve(look, told, result, places, y_axis, scale)
        for look, told in (("train", _("on its own points")), ("test", _("on new points")))
    )
    guess_x = places.at(guess) if guess is not None else 0.0
    title = _("share read wrongly") if result["error"] == "share wrong" else _("error")
    if key == "log":
        title = _("%(title)s; each line = 10× more") % {"title": title}
    return CurveDrawing(
        key=key,
        title=title,
        x_name=name,
        x_axis=places,
        y_axis=y_axis,
        curves=curves,
        guess=_guess_path(places) if guess is not None else "",
        guess_x=guess_x,
        lowest=(places.at(powers[best]), y_axis.at(scale(result["test"]["median"][best]))),
        lowest_label=_("lowest: %(power)s") % {"power": powers[best]},
        # On the side where the other curve is not.
        lowest_below=-15 if result["train"]["median"][best] < result["test"]["median"][best] else 21,
    )


def _curve(look: str, name: str, result: Result, places: Places, y_axis: Axis, scale: Scale) -> Curve:
    powers, spread = result["complexities"], result[look]
    points = [(places.at(power), scale(value)) for power, value in zip(powers, spread["median"], strict=True)]
    n = len(points)
    pieces = [_cut(*ends, y_axis) for ends in itertools.pairwise(points)]
    legs = tuple(Leg(*piece[0], *piece[1], begins=i / n, ends=(i + 1) / n) for i, piece in enumerate(pieces) if piece)
    marks = tuple(
        Mark(
            x=x,
            y=y_axis.at(y),
            says=_("%(at)s: error %(name)s %(error)s")
            % {"at": _at_power(result["model"], power), "name": name, "error": _short(value)},
            begins=i / n,
            label="" if y_axis.holds(y) or y < y_axis.low else "↑",
        )
        for i, ((x, y), power, value) in enumerate(zip(points, powers, spread["median"], strict=True))
    )
    high = [(places.at(power), y_axis.at(scale(v))) for power, v in zip(powers, spread["q75"], strict=True)]
    low = [(places.at(power), y_axis.at(scale(v))) for power, v in zip(powers, spread["q25"], strict=True)]
    band = path_of([*high, *low[::-1]]) + " Z"
    return Curve(look, name, legs, marks, band, _beyond(result, spread["median"]) if marks[-1].label else "")


def _beyond(result: Result, errors: Sequence[float]) -> str:
    at = _at_power(result["model"], result["complexities"][-1])
    return _("%(error)s at %(at)s ↑") % {"error": _short(errors[-1]), "at": at}


def _cut(a: Point, b: Point, y_axis: Axis) -> tuple[Point, Point] | None:
    """The stretch of a straight piece that is below the upper edge, in pixels; `a` and `b` are (pixel, value)."""
    if min(a[1], b[1]) > y_axis.high:
        return None

    def end(at: Point, towards: Point) -> Point:
        if at[1] <= y_axis.high:
            return at[0], y_axis.at(at[1])
        share = (y_axis.high - at[1]) / (towards[1] - at[1])
        return round(at[0] + share * (towards[0] - at[0]), 2), y_axis.at(y_axis.high)

    return end(a, b), end(b, a)


def _path(places: Places, y_axis: Axis, powers: Sequence[int], errors: Sequence[float]) -> str:
    """A line that ends where it leaves the drawing, and goes on where it comes back."""
    points = [(places.at(power), error) for power, error in zip(powers, errors, strict=True)]
    lines: list[list[Point]] = []
    for ends in itertools.pairwise(points):
        piece = _cut(*ends, y_axis)
        if piece and lines and lines[-1][-1] == piece[0]:
            lines[-1].append(piece[1])
        elif piece:
            lines.append(list(piece))
    return " ".join(path_of(line) for line in lines)


def _guess_path(places: Places) -> str:
    """The dotted curve whose lowest point was dragged, drawn around 0."""
    quarter = (places.end - places.start) / 4
    width = round(places.end - places.start)
    points = [(float(dx), -GUESS_RISE * (dx / quarter) ** 2) for dx in range(-width, width + 1, 9)]
    return path_of([(x, round(y, 1)) for x, y in points if y > TOP - BOTTOM + 24])


def _fit(result: Result) -> Fit | None:
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
            says=_("%(at)s: error on its own points %(train)s, on new ones %(test)s")
            % {"at": _at_power(result["model"], power), "train": _short(train), "test": _short(test)},
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


def _short(value: float) -> str:
    """An error in as many digits as can be compared."""
    if value >= 1000:
        return in_digits(round(value))
    return in_digits(round(value, 1 if value >= 10 else 2 if value >= 0.1 else 3))
