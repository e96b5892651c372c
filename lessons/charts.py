"""The two drawings beside the worksheet: the loss as a valley, and the data with its line.

Everything is worked out here; the templates only draw. Axes depend on the activity and never on the step, so that
a step looks as long as it is. What lies outside is drawn at the edge and keeps its true number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.maths import descent, losses, values
from lessons.maths.descent import Problem

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 38, 388, 26, 214
SETTLED = 0.00005
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


@dataclass(frozen=True)
class Axis:
    """Maps numbers from `low` to `high` onto pixels; `start` may lie right of or below `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value, kept inside the drawing."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    @classmethod
    def over(cls, low: float, high: float, start: float, end: float) -> Axis:
        """An axis that has some length, whatever the numbers are."""
        least = 1e-6 * max(1.0, abs(low), abs(high))
        return cls(low, max(high, low + least), start, end)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """About four round numbers: (pixel, label)."""
        size = (self.high - self.low) / 4
        power = 10.0 ** math.floor(math.log10(size))
        step = next(nice * power for nice in (1, 2, 5, 10) if nice * power >= size * 0.8)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return tuple((self.at(k * step), _number(k * step)) for k in range(first, last + 1))


@dataclass(frozen=True)
class Ball:
    """A value of w on the valley: where it is drawn, and what is said about it."""

    x: float
    y: float
    label: str
    label_x: float
    label_y: float
    slope_y: float
    anchor: str
    says: str
    is_here: bool


@dataclass(frozen=True)
class LossChart:
    title: str
    summary: str
    x_axis: Axis
    y_axis: Axis
    curve: str
    trail: str
    balls: tuple[Ball, ...]
    tangent: tuple[float, float, float, float]
    slope: str
    w: float
    rows: tuple[tuple[str, str], ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    foot: float
    label: str
    data_x: float
    data_y: float


@dataclass(frozen=True)
class DataChart:
    summary: str
    x_axis: Axis
    y_axis: Axis
    dots: tuple[Dot, ...]
    line: tuple[float, float, float, float]
    w: float
    rows: tuple[tuple[str, str, str], ...]
    box: str = f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class Run:
    """Descent from the start until it settles: (step, w shown, loss shown, w)."""

    steps: tuple[tuple[int, str, str, float], ...]
    summary: str


def loss_chart(problem: Problem, path: Sequence[Fraction], *, slope: str = "") -> LossChart:
    """Draw the loss whose slope the student computes, with the ball at the last value of `path`.

    Parameters
    ----------
    path : the values of w so far, the start first
    slope : the gradient as the student wrote it; empty as long as it is theirs to find
    """
    a, b, c = _coefficients(problem)
    start, here = float(path[0]), _float(path[-1])
    best = -b / (2 * a) if a else start
    reach = max(abs(start - best), 0.5) * 1.1
    x_axis = Axis.over(best - reach, best + reach, LEFT, RIGHT)
    floor = a * best**2 + b * best + c
    rise = a * reach**2 or 1.0
    y_axis = Axis.over(
        max(0.0, floor - 0.06 * rise) if floor < 0.1 * rise else floor - 0.1 * rise, floor + rise, BOTTOM, TOP
    )

    def height(w: float) -> float:
        return a * w * w + b * w + c

    points = [x_axis.low + i * (x_axis.high - x_axis.low) / 60 for i in range(61)]
    line = _gradient(problem, path[-1])
    half = (x_axis.high - x_axis.low) * 0.16
    # The tangent is cut where it would leave the drawing.
    steep = (y_axis.high - y_axis.low) * 0.32 / abs(line) if line else half
    half = min(half, steep) if math.isfinite(steep) else half
    base = min(max(here, x_axis.low), x_axis.high)
    base_y = height(base)
    balls = tuple(
        _ball(number, w, x_axis, y_axis, _float(losses.loss(problem, w)), number == len(path) - 1)
        for number, w in enumerate(path)
    )
    name = _("half the mean squared error") if problem.rule == "half" else _("the mean squared error")
    return LossChart(
        title=_("loss = %(name)s") % {"name": name},
        summary=_("A valley whose lowest point is near w = %(best)s. The ball is at %(here)s.")
        % {"best": _number(round(best, 2)), "here": balls[-1].label},
        x_axis=x_axis,
        y_axis=y_axis,
        curve=_path([(x_axis.at(w), y_axis.at(height(w))) for w in points]),
        trail=_path([(ball.x, ball.y) for ball in balls]),
        balls=balls,
        tangent=(
            x_axis.at(base - half),
            y_axis.at(base_y - line * half),
            x_axis.at(base + half),
            y_axis.at(base_y + line * half),
        ),
        slope=_("slope %(slope)s") % {"slope": slope or "?"},
        w=base,
        rows=tuple((ball.label, _number(_float(losses.loss(problem, w)))) for ball, w in zip(balls, path, strict=True)),
    )


def data_chart(problem: Problem, w: Fraction) -> DataChart:
    """Draw the points and the line prediction = w·x, with what it misses each of them by."""
    xs, ys = [float(x) for x in problem.x], [float(y) for y in problem.y]
    x_axis = Axis.over(min(0.0, *xs), max(*xs, 0.0) * 1.12 or 1.0, LEFT, RIGHT)
    low, high = min(0.0, *ys), max(0.0, *ys)
    y_axis = Axis.over(low * 1.1, high * 1.12 if high else 1.0, BOTTOM, TOP)
    slope = _float(w)
    x_end = _last_inside(slope, x_axis, y_axis)
    dots = tuple(
        Dot(
            x=x_axis.at(x),
            y=y_axis.at(y),
            foot=y_axis.at(slope * x),
            label=_("x = %(x)s, y = %(y)s") % {"x": _number(x), "y": _number(y)},
            data_x=x,
            data_y=y,
        )
        for x, y in zip(xs, ys, strict=True)
    )
    shown = values.show(w)
    return DataChart(
        summary=_("%(n)d points and the line prediction = %(w)s · x; a dashed line from each point to it.")
        % {"n": len(dots), "w": shown},
        x_axis=x_axis,
        y_axis=y_axis,
        dots=dots,
        line=(x_axis.at(0), y_axis.at(0), x_axis.at(x_end), y_axis.at(slope * x_end)),
        w=slope,
        rows=tuple(
            (values.show(x), values.show(y), values.show(w * x)) for x, y in zip(problem.x, problem.y, strict=True)
        ),
    )


def run_chart(problem: Problem, start: Fraction, n_steps: int) -> Run:
    """Let it run: step after step from the start, until w no longer moves or `n_steps` are done."""
    a, b, c = _coefficients(problem)
    rate = float(problem.learning_rate)
    walked = [float(start)]
    while len(walked) <= n_steps and math.isfinite(walked[-1]):
        walked.append(walked[-1] - rate * (2 * a * walked[-1] + b))
        if abs(walked[-1] - walked[-2]) < SETTLED:
            break
    steps = tuple((k, _number(w), _number(a * w * w + b * w + c), w) for k, w in enumerate(walked))
    if abs(walked[-1] - walked[-2]) < SETTLED:
        summary = _("After %(n)d steps w settles at %(w)s.")
    else:
        summary = _("After %(n)d steps w is at %(w)s and still moving.")
    return Run(steps, summary % {"n": len(walked) - 1, "w": _number(walked[-1])})


def _coefficients(problem: Problem) -> tuple[float, float, float]:
    """The loss as a·w² + b·w + c, read off three of its values."""
    at_zero, at_one, at_minus_one = (losses.loss(problem, Fraction(w)) for w in (0, 1, -1))
    return float((at_one + at_minus_one) / 2 - at_zero), float((at_one - at_minus_one) / 2), float(at_zero)


def _ball(number: int, w: Fraction, x_axis: Axis, y_axis: Axis, loss: float, is_here: bool) -> Ball:
    value = _float(w)
    x, y = x_axis.at(value), y_axis.at(loss)
    name = "".join(SUBSCRIPTS[int(digit)] for digit in str(number))
    arrow = "" if x_axis.holds(value) else (" →" if value > x_axis.high else " ←")
    label = f"w{name} = {values.show(w)}{arrow}"
    is_right = x > (LEFT + RIGHT) / 2
    return Ball(
        x=x,
        y=y,
        label=label,
        label_x=round(x - 13 if is_right else x + 13, 2),
        label_y=round(max(y - 6, TOP + 22), 2),
        slope_y=round(max(y - 22, TOP + 6), 2),
        anchor="end" if is_right else "start",
        says=_("%(label)s, loss %(loss)s") % {"label": label, "loss": _number(loss)},
        is_here=is_here,
    )


def _last_inside(slope: float, x_axis: Axis, y_axis: Axis) -> float:
    """How far along x the line w·x stays inside the drawing."""
    if slope * x_axis.high > y_axis.high:
        return y_axis.high / slope
    if slope * x_axis.high < y_axis.low:
        return y_axis.low / slope
    return x_axis.high


def _gradient(problem: Problem, w: Fraction) -> float:
    return _float(descent.gradient(problem, w))


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(1e300, value)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points)


def _number(value: float) -> str:
    return values.show(Fraction(value), 4) if abs(value) < 1e9 else f"{value:.2e}".replace("-", "−")
