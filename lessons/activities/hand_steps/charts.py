"""The two drawings beside the worksheet: the loss as a valley, and the data with its line.

Everything is worked out here; the templates only draw. Axes depend on the activity and never on the step, so that
a step looks as long as it is. Nothing is drawn where it is not: what goes on outside leaves through the frame, with
an arrow and its true number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.languages import in_each_language
from lessons.drawing.axes import (
    BOTTOM,
    HEIGHT,
    HUGE,
    LEFT,
    RIGHT,
    SUBSCRIPTS,
    TOP,
    WIDTH,
    Axis,
    as_float,
    in_digits,
    in_full,
    path_of,
)
from lessons.drawing.frame import Frame, Point
from lessons.maths import descent, losses, values
from lessons.maths.descent import Problem

TANGENT = 62  # pixels to each side of the ball
SETTLED = 0.00005  # half of the last decimal that is shown
FAR = 1000  # times as far from the best w as the start was


@dataclass(frozen=True)
class Ball:
    """A value of w on the valley: where it is drawn, and what is said about it.

    One that lies outside has an `arrow` instead, where the way to it leaves the drawing.
    """

    x: float
    y: float
    arrow: str
    label: str
    label_x: float
    label_y: float
    slope_y: float
    anchor: str
    says: str
    is_here: bool
    is_named: bool

    def covers(self, other: Ball) -> bool:
        """Tell whether the writing at this ball would run into the other's label."""
        (left, right), (other_left, other_right) = self.sides, other.sides
        is_beside = right < other_left or other_right < left
        return not is_beside and self.slope_y - 14 < other.label_y < self.label_y + 14

    @property
    def sides(self) -> tuple[float, float]:
        """About where the label begins and ends."""
        width = 8 * len(self.label)
        left = self.label_x - {"start": 0, "middle": width / 2, "end": width}[self.anchor]
        return left, left + width


@dataclass(frozen=True)
class LossChart:
    title: str
    summary: str
    x_axis: Axis
    y_axis: Axis
    curve: str
    trail: str
    balls: tuple[Ball, ...]
    tangent: tuple[float, float, float, float] | None
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
class Descent:
    """Descent from the start until it settles: (step, w shown, loss shown, w)."""

    steps: tuple[tuple[int, str, str, float], ...]
    summary: str


@in_each_language
def loss_chart(problem: Problem, path: Sequence[Fraction], *, slope: str = "") -> LossChart:
    """Draw the loss whose slope the student computes, with the ball at the last value of `path`.

    Parameters
    ----------
    path : the values of w so far, the start first
    slope : the gradient as the student wrote it; empty as long as it is theirs to find
    """
    curvature, lowest = _valley(problem, path[0])
    best, floor = as_float(lowest), as_float(losses.loss(problem, lowest))
    reach = max(abs(as_float(path[0]) - best), 0.5) * 1.1
    climb = min(curvature * reach * reach, HUGE)
    rise = climb or 1.0
    x_axis = Axis.over(best - reach, best + reach, LEFT, RIGHT)
    y_axis = Axis.over(floor - 0.08 * rise, floor + rise, BOTTOM, TOP)
    shares = [i / 30 - 1 for i in range(61)]
    balls = _balls(problem, path, x_axis, y_axis)
    name = _("half the mean squared error") if problem.rule == "half" else _("the mean squared error")
    return LossChart(
        title=_("loss = %(name)s") % {"name": name},
        summary=_("A valley whose lowest point is near w = %(best)s. The ball is at %(here)s.")
        % {"best": in_digits(round(best, 2)), "here": balls[-1].label},
        x_axis=x_axis,
        y_axis=y_axis,
        curve=path_of([(x_axis.at(best + t * reach), y_axis.at(floor + t * t * climb)) for t in shares]),
        trail=Frame.of(x_axis, y_axis).path(_way(problem, path, x_axis, y_axis)),
        balls=balls,
        tangent=None
        if balls[-1].arrow
        else _tangent(balls[-1], as_float(descent.gradient(problem, path[-1])), x_axis, y_axis),
        slope=_("slope %(slope)s") % {"slope": slope or "?"},
        w=as_float(path[-1]),
        rows=tuple(
            (ball.label, in_digits(as_float(losses.loss(problem, w)))) for ball, w in zip(balls, path, strict=True)
        ),
    )


@in_each_language
def data_chart(problem: Problem, w: Fraction) -> DataChart:
    """Draw the points and the line prediction = w·x, with what it misses each of them by."""
    xs, ys = [as_float(x) for x in problem.x], [as_float(y) for y in problem.y]
    x_axis = Axis.over(min(0.0, *xs), max(*xs, 0.0) * 1.12 or 1.0, LEFT, RIGHT)
    low, high = min(0.0, *ys), max(0.0, *ys)
    # A little room below, so that a line that falls is seen to fall.
    y_axis = Axis.over(low * 1.1 - 0.08 * (high - low), high * 1.12 if high else 0.12 * -low or 1.0, BOTTOM, TOP)
    slope = as_float(w)
    x_first, x_last = (_inside(slope, x, y_axis) for x in (x_axis.low, x_axis.high))
    dots = tuple(
        Dot(
            x=x_axis.at(x),
            y=y_axis.at(y),
            foot=y_axis.at(slope * x),
            label=_("x = %(x)s, y = %(y)s") % {"x": in_digits(x), "y": in_digits(y)},
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
        line=(x_axis.at(x_first), y_axis.at(slope * x_first), x_axis.at(x_last), y_axis.at(slope * x_last)),
        w=slope,
        rows=tuple(
            (values.show(x), values.show(y), values.show(w * x)) for x, y in zip(problem.x, problem.y, strict=True)
        ),
    )


def descent_of(problem: Problem, start: Fraction, n_steps: int) -> Descent:
    """Descend from the start until w no longer moves, has gone too far away, or `n_steps` are done."""
    curvature, lowest = _valley(problem, start)
    best, floor = as_float(lowest), as_float(losses.loss(problem, lowest))
    shrinks_by = 1 - 2 * curvature * as_float(problem.learning_rate)
    first = as_float(start) - best
    away = [first]
    while len(away) <= n_steps and abs(away[-1]) <= FAR * abs(first):
        away.append(away[-1] * shrinks_by)
        if abs(away[-1] - away[-2]) < SETTLED:
            break
    steps = tuple((k, in_digits(best + d), in_digits(floor + curvature * d * d), best + d) for k, d in enumerate(away))
    n_taken = len(away) - 1
    return Descent(steps, _ending(away, n_taken) % {"n": n_taken, "w": steps[-1][1]})


def _ending(away: Sequence[float], n_taken: int) -> str:
    if n_taken and abs(away[-1] - away[-2]) < SETTLED:
        return ngettext(
            "After %(n)d step w is at %(w)s. Another step moves it by less than 0.0001.",
            "After %(n)d steps w is at %(w)s. Another step moves it by less than 0.0001.",
            n_taken,
        )
    if abs(away[-1]) > 1.001 * abs(away[0]):
        return ngettext(
            "The step leads away from the lowest point: w is at %(w)s.",
            "Each step lands farther away. After %(n)d steps w is at %(w)s. The run stops here.",
            n_taken,
        )
    return ngettext(
        "After %(n)d step w is at %(w)s and still moving.",
        "After %(n)d steps w is at %(w)s and still moving.",
        n_taken,
    )


def _valley(problem: Problem, start: Fraction) -> tuple[float, Fraction]:
    """Return how fast the loss rises with the square of the distance from the best w, and that w.

    Where every x is 0 the loss is level: any w is as good, and the start stands in for the best.
    """
    squares = sum((x * x for x in problem.x), Fraction(0))
    if not squares:
        return 0.0, start
    best = sum((x * y for x, y in zip(problem.x, problem.y, strict=True)), Fraction(0)) / squares
    return as_float(descent.FACTOR[problem.rule] * squares / (2 * len(problem.x))), best


def _balls(problem: Problem, path: Sequence[Fraction], x_axis: Axis, y_axis: Axis) -> tuple[Ball, ...]:
    """Place a ball for each value; the first is named too, unless its name would run into the last one's."""
    drawn = [_ball(problem, path[: number + 1], x_axis, y_axis) for number in range(len(path))]
    drawn[-1] = replace(drawn[-1], is_here=True, is_named=True)
    if len(drawn) > 1:
        drawn[0] = replace(drawn[0], is_named=not drawn[-1].covers(drawn[0]))
    return tuple(drawn)


def _ball(problem: Problem, path: Sequence[Fraction], x_axis: Axis, y_axis: Axis) -> Ball:
    number, w = len(path) - 1, path[-1]
    value, loss = as_float(w), as_float(losses.loss(problem, w))
    is_inside = x_axis.holds(value)
    x, y, arrow = x_axis.at(value), y_axis.at(loss), ""
    if not is_inside:
        frame = Frame.of(x_axis, y_axis)
        piece = frame.cut(*_way(problem, path[-2:], x_axis, y_axis))
        x, y = piece[1] if piece else (x, y)
        arrow = frame.head((x, y))
    name = "".join(SUBSCRIPTS[int(digit)] for digit in str(number))
    pointer = "" if is_inside else (" →" if value > x_axis.high else " ←")
    label = f"w{name} = {in_full(w)}{pointer}"
    from_lowest = x - (LEFT + RIGHT) / 2
    # Beside the curve, on the inside; near the lowest point there is room above the ball alone.
    side = 0 if abs(from_lowest) < 30 else int(math.copysign(1, -from_lowest))
    label_y = round(max(y - (10 if side else 15), TOP + 24), 2)
    return Ball(
        x=x,
        y=y,
        arrow=arrow,
        label=label,
        label_x=round(x + 13 * side, 2),
        label_y=label_y,
        slope_y=label_y - 17,
        anchor=("middle", "start", "end")[side],
        says=_("%(label)s, loss %(loss)s") % {"label": label, "loss": in_digits(loss)},
        is_here=False,
        is_named=False,
    )


def _way(problem: Problem, path: Sequence[Fraction], x_axis: Axis, y_axis: Axis) -> list[Point]:
    """The pixels of the values, in the drawing or outside it, and no farther out than a drawing can tell."""

    def place(axis: Axis, value: float) -> float:
        farthest = 1e9 * (axis.high - axis.low)
        return axis.place(min(max(value, axis.low - farthest), axis.high + farthest))

    return [(place(x_axis, as_float(w)), place(y_axis, as_float(losses.loss(problem, w)))) for w in path]


def _tangent(ball: Ball, slope: float, x_axis: Axis, y_axis: Axis) -> tuple[float, float, float, float]:
    """Return the line through the ball with this slope, cut, not bent, where it would leave the drawing."""
    across = (x_axis.end - x_axis.start) / (x_axis.high - x_axis.low)
    # Down the screen is up the axis.
    dy = slope * ((y_axis.end - y_axis.start) / (y_axis.high - y_axis.low)) / across
    length = math.hypot(1, dy)
    dx, dy = (1 / length, dy / length) if math.isfinite(length) else (0.0, math.copysign(1, dy))

    def reach(towards: int) -> float:
        edges: list[float] = [TANGENT]
        for at, move, low, high in ((ball.x, towards * dx, LEFT, RIGHT), (ball.y, towards * dy, TOP, BOTTOM)):
            if abs(move) > 1e-9:
                edges.append(((high if move > 0 else low) - at) / move)
        return min(edges)

    back, forth = reach(-1), reach(1)
    ends = (ball.x - back * dx, ball.y - back * dy, ball.x + forth * dx, ball.y + forth * dy)
    x1, y1, x2, y2 = (round(end, 2) for end in ends)
    return x1, y1, x2, y2


def _inside(slope: float, x: float, y_axis: Axis) -> float:
    """How far towards x the line w·x stays inside the drawing."""
    if slope * x > y_axis.high:
        return y_axis.high / slope
    if slope * x < y_axis.low:
        return y_axis.low / slope
    return x
