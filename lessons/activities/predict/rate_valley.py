"""The run of a learning rate as jumps in the valley of the loss."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.predict.maths import rates
from lessons.activities.predict.rate_drawing import (
    LETTER,
    REACH,
    STEPS,
    Drawing,
    Labels,
    Trace,
    exit_of,
    legs,
    legs_of,
    when,
)
from lessons.activities.predict.rate_runs import Trajectory
from lessons.drawing.axes import BOTTOM, LEFT, RIGHT, SUBSCRIPTS, TOP, Axis, as_float, in_digits, in_full, path_of
from lessons.drawing.frame import Frame, Point
from lessons.drawing.marks import Mark
from lessons.maths import losses

SAME_PLACE = 4  # pixels
VALLEY_TOP = TOP + 16  # room under the title for the names of what lies outside
FAR = 1e6  # reaches; beyond, a line leaves in the same direction however far it goes


def valley(trajectories: Sequence[Trajectory], guess: Fraction | None) -> Drawing:
    """Draw each step as a jump from one place of the loss curve to another."""
    problem, start, lowest = trajectories[0].problem, trajectories[0].start, trajectories[0].best
    best, floor = as_float(lowest), as_float(losses.loss(problem, lowest))
    reach = REACH * abs(as_float(start - lowest)) or 1.0
    climb = as_float(rates.curvature(problem)) / 2 * reach * reach
    x_axis = Axis.over(best - reach, best + reach, LEFT, RIGHT)
    # The room below the floor is for the labels there.
    y_axis = Axis.over(floor - 0.17 * climb, floor + climb, BOTTOM, VALLEY_TOP)
    frame = Frame.of(x_axis, y_axis)

    def place(away: Fraction) -> Point:
        t = min(max(as_float(away) / reach, -FAR), FAR)
        return x_axis.place(best + t * reach), y_axis.place(floor + t * t * climb)

    traces = []
    for trajectory in trajectories:
        path = [place(trajectory.w(k) - lowest) for k in range(STEPS + 1)]
        traces.append(Trace(trajectory.look, legs(path, frame), _marks(trajectory, path, frame)))
    shares = [i / 30 - 1 for i in range(61)]
    curve = [(x_axis.at(best + t * reach), y_axis.at(floor + t * t * climb)) for t in shares]
    title = _("loss = half the mean squared error") if problem.rule == "half" else _("loss = the mean squared error")
    dotted = [] if guess is None else [place(guess**k * (start - lowest)) for k in range(STEPS + 1)]
    return Drawing(
        key="valley",
        title=title,
        summary=_("The same steps as jumps in the valley of the loss."),
        x_name="w",
        x_axis=x_axis,
        y_axis=y_axis,
        curve=path_of(curve),
        guess=frame.path(dotted),
        traces=_labelled(traces, curve, title),
    )


def _marks(trajectory: Trajectory, path: Sequence[Point], frame: Frame) -> tuple[Mark, ...]:
    """A dot for each step, one for steps that fall into one place; an arrow where the line to one outside leaves."""
    places: list[list[int]] = []
    for k, point in enumerate(path):
        if not frame.holds(point):
            if exit_of(path, k, frame):
                places.append([k])
            continue
        at = next((steps for steps in places if math.dist(path[steps[0]], point) < SAME_PLACE), None)
        if at is None:
            places.append([k])
        else:
            at.append(k)
    if trajectory.look == "second":
        places = [[k for k in steps if k] for steps in places if steps != [0]]
    marks = []
    for number, steps in enumerate(places):
        out = exit_of(path, steps[0], frame)
        mark = Mark(
            *(out or path[steps[0]]),
            says=trajectory.named(_said(trajectory, steps)),
            begins=when(steps[0]),
            label=_label(trajectory, steps),
            is_focusable=number < trajectory.n_focusable,
            head=frame.head(out) if out else "",
        )
        marks.append(mark)
    return tuple(marks)


def _label(trajectory: Trajectory, steps: Sequence[int]) -> str:
    """The name of a place: of all steps that come back to it, of the last where w comes to rest, else of the first."""
    if abs(trajectory.rho) == 1 and len(steps) > 1:
        return f"{_number(steps[0])}, {_number(steps[1])}, …"
    return _name(trajectory, steps[-1] if steps[-1] == STEPS and 0 < abs(trajectory.rho) < 1 else steps[0])


def _said(trajectory: Trajectory, steps: Sequence[int]) -> str:
    names = [_name(trajectory, k) for k in steps]
    if len(steps) == 1:
        return _("%(label)s, loss %(loss)s") % {"label": names[0], "loss": in_digits(trajectory.loss(steps[0]))}
    return f"{names[0]}, {names[1]}" if len(steps) == 2 else f"{names[0]} … {names[-1]}"


def _number(k: int) -> str:
    return "w" + "".join(SUBSCRIPTS[int(digit)] for digit in str(k))


def _name(trajectory: Trajectory, k: int) -> str:
    return f"{_number(k)} = {in_full(trajectory.w(k))}"


def _labelled(traces: Sequence[Trace], curve: Sequence[tuple[float, float]], title: str) -> tuple[Trace, ...]:
    """Label the start, the first step, the last place and those at the edge, where there is room."""
    dots = [(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for trace in traces for mark in trace.marks]
    page = Labels([(LEFT, 0, LEFT + LETTER * len(title), 18), *dots], [*legs_of(traces), *itertools.pairwise(curve)])
    marks = [list(trace.marks) for trace in traces]
    for those in marks:
        outside = [j for j, mark in enumerate(those) if mark.head]
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
    above = [(mark.x - dx * side, mark.y - 6, inwards) for dx in (4, -8, 24)] if mark.y < VALLEY_TOP + 1 else []
    outside = [(mark.x + right * side, mark.y + down, out) for right, down in ((11, 13), (22, 10), (6, 22))]
    return [*above, *outside, *((mark.x - 12 * side, mark.y + down, inwards) for down in (-5, 6, 14, 24, 36))]
