"""The run of a learning rate as jumps in the valley of the loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.predict.maths import rates
from lessons.activities.predict.rate_drawing import LETTER, Drawing, Labels, Trace, legs_of
from lessons.activities.predict.rate_runs import Trajectory
from lessons.drawing.axes import BOTTOM, LEFT, RIGHT, SUBSCRIPTS, TOP, Axis, as_float, in_digits, in_full, path_of
from lessons.drawing.marks import Leg, Mark
from lessons.maths import losses

REACH = 2.1  # times as far from the best w as the start is
DRAWN_STEPS = 12
SAME_PLACE = 4  # pixels
VALLEY_TOP = TOP + 16  # room under the title for the names of what lies outside


def valley(trajectories: Sequence[Trajectory], guess: Fraction | None, summary: str) -> Drawing:
    """Draw each step as a jump from one place of the loss curve to another."""
    problem, start, lowest = trajectories[0].problem, trajectories[0].start, trajectories[0].best
    best, floor = as_float(lowest), as_float(losses.loss(problem, lowest))
    reach = REACH * abs(as_float(start - lowest)) or 1.0
    climb = as_float(rates.curvature(problem)) / 2 * reach * reach
    x_axis = Axis.over(best - reach, best + reach, LEFT, RIGHT)
    # The room below the floor is for the labels there.
    y_axis = Axis.over(floor - 0.17 * climb, floor + climb, BOTTOM, VALLEY_TOP)

    def place(away: Fraction) -> tuple[float, float]:
        t = as_float(away) / reach
        return x_axis.at(best + t * reach), y_axis.at(floor + min(t * t, 1.0) * climb)

    paths = [[place(trajectory.w(k) - lowest) for k in range(DRAWN_STEPS + 1)] for trajectory in trajectories]
    n_seen = max((k for path in paths for k in range(1, DRAWN_STEPS + 1) if _moves(path, k)), default=1)
    traces = [
        Trace(trajectory.look, _legs(path, n_seen), _valley_marks(trajectory, path, x_axis, n_seen))
        for trajectory, path in zip(trajectories, paths, strict=True)
    ]
    shares = [i / 30 - 1 for i in range(61)]
    curve = [(x_axis.at(best + t * reach), y_axis.at(floor + t * t * climb)) for t in shares]
    title = _("loss = half the mean squared error") if problem.rule == "half" else _("loss = the mean squared error")
    return Drawing(
        key="valley",
        title=title,
        summary=summary,
        x_name="w",
        x_axis=x_axis,
        y_axis=y_axis,
        curve=path_of(curve),
        guess="" if guess is None else path_of([place(guess**k * (start - lowest)) for k in range(DRAWN_STEPS + 1)]),
        traces=_labelled(traces, curve, title),
    )


def _moves(path: Sequence[tuple[float, float]], k: int) -> bool:
    return math.dist(path[k - 1], path[k]) > 0.5


def _legs(path: Sequence[tuple[float, float]], n_seen: int) -> tuple[Leg, ...]:
    return tuple(
        Leg(*path[k - 1], *path[k], _when(k - 1, n_seen), _when(k, n_seen))
        for k in range(1, n_seen + 1)
        if _moves(path, k)
    )


def _when(k: int, n: int) -> float:
    """When a step begins: the first ones, which tell the story, take longer than the later ones."""
    return round(math.pow(min(k / n, 1.0), 0.7), 3)


def _valley_marks(
    trajectory: Trajectory, path: Sequence[tuple[float, float]], x_axis: Axis, n_seen: int
) -> tuple[Mark, ...]:
    """Put a dot at each step, one dot for steps that fall into one place."""
    places: list[list[int]] = []
    for k in range(DRAWN_STEPS + 1):
        at = next((steps for steps in places if math.dist(path[steps[0]], path[k]) < SAME_PLACE), None)
        if at is None:
            places.append([k])
        else:
            at.append(k)
    if trajectory.look == "second":
        places = [[k for k in steps if k] for steps in places if steps != [0]]
    return tuple(
        Mark(
            *path[steps[0]],
            says=trajectory.named(_said(trajectory, steps, x_axis)),
            begins=_when(steps[0], n_seen),
            label=_name(trajectory, _named_step(trajectory, steps), x_axis),
            is_focusable=number < trajectory.n_focusable,
        )
        for number, steps in enumerate(places)
    )


def _named_step(trajectory: Trajectory, steps: Sequence[int]) -> int:
    """Of the steps in one place, the one that is named: the last where w comes to rest, else the first."""
    return steps[-1] if steps[-1] == DRAWN_STEPS and 0 < abs(trajectory.rho) < 1 else steps[0]


def _said(trajectory: Trajectory, steps: Sequence[int], x_axis: Axis) -> str:
    names = [_name(trajectory, k, x_axis) for k in steps]
    if len(steps) == 1:
        return _("%(label)s, loss %(loss)s") % {"label": names[0], "loss": in_digits(trajectory.loss(steps[0]))}
    return f"{names[0]}, {names[1]}" if len(steps) == 2 else f"{names[0]} … {names[-1]}"


def _name(trajectory: Trajectory, k: int, x_axis: Axis) -> str:
    w = trajectory.w(k)
    number = "".join(SUBSCRIPTS[int(digit)] for digit in str(k))
    arrow = "" if x_axis.holds(as_float(w)) else (" →" if w > trajectory.best else " ←")
    return f"w{number} = {in_full(w)}{arrow}"


def _labelled(traces: Sequence[Trace], curve: Sequence[tuple[float, float]], title: str) -> tuple[Trace, ...]:
    """Label the start, the first step, the last place and those at the edge, where there is room."""
    dots = [(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for trace in traces for mark in trace.marks]
    page = Labels([(LEFT, 0, LEFT + LETTER * len(title), 18), *dots], [*legs_of(traces), *itertools.pairwise(curve)])
    marks = [list(trace.marks) for trace in traces]
    for those in marks:
        outside = [j for j, mark in enumerate(those) if mark.label[-1] in "←→"]
        wanted = dict.fromkeys([0, len(those) - 1, 1, *outside])
        for j in wanted:
            if 0 <= j < len(those):
                those[j] = page.write(those[j], _beside_valley(those[j]))
        those[:] = [mark if j in wanted else replace(mark, label="") for j, mark in enumerate(those)]
    return tuple(replace(trace, marks=tuple(those)) for trace, those in zip(traces, marks, strict=True))


def _beside_valley(mark: Mark) -> list[tuple[float, float, str]]:
    """Where a label may stand: outside the valley, under its floor, inside, or above where a wall ends."""
    from_middle = mark.x - (LEFT + RIGHT) / 2
    side = 1 if from_middle > 0 else -1
    out, inwards = ("start", "end") if side > 0 else ("end", "start")
    if abs(from_middle) < 25:
        return [(mark.x, mark.y + 20, "middle"), *((mark.x + right * side, mark.y + 20, out) for right in (4, 20, 36))]
    above = [(mark.x - 4 * side, mark.y - 8, inwards)] if mark.y < VALLEY_TOP + 1 else []
    outside = [(mark.x + right * side, mark.y + down, out) for right, down in ((11, 13), (22, 10), (6, 22))]
    return [*above, *outside, *((mark.x - 12 * side, mark.y + down, inwards) for down in (-5, 6, 14, 24, 36))]
