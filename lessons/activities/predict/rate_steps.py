"""The run of a learning rate as w, step by step: the language in which it is guessed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _

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
from lessons.drawing.axes import BOTTOM, LEFT, RIGHT, TOP, Axis, as_float, in_full
from lessons.drawing.frame import Frame, Point
from lessons.drawing.marks import Mark

LATER = 50  # the step that is drawn once more, behind a break: whether w crawls is decided there
LAST_X, LATER_X = RIGHT - 74, RIGHT - 16


@dataclass(frozen=True)
class StepAxis(Axis):
    """An axis of the first steps, then a break, then one later step."""

    def place(self, value: float) -> float:
        if value > STEPS:
            return LATER_X
        return round(self.start + value / STEPS * (LAST_X - self.start), 2)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        drawn = ((self.place(k), str(k)) for k in range(0, STEPS + 1, 2))
        return (*drawn, ((LAST_X + LATER_X) / 2, "…"), (LATER_X, str(LATER)))


def steps(trajectories: Sequence[Trajectory], guess: Fraction | None) -> Drawing:
    """Draw w after each of the first steps, and after a much later one."""
    start, lowest = trajectories[0].start, trajectories[0].best
    best, reach = as_float(lowest), REACH * abs(as_float(start - lowest)) or 1.0
    x_axis = StepAxis(0, LATER, LEFT, RIGHT)
    y_axis = Axis.over(best - reach, best + reach, BOTTOM, TOP)
    frame = Frame.of(x_axis, y_axis)

    def place(k: int, w: Fraction) -> Point:
        return x_axis.place(k), y_axis.place(as_float(w))

    traces = []
    for trajectory in trajectories:
        path = [place(k, trajectory.w(k)) for k in range(STEPS + 1)]
        later = place(LATER, trajectory.w(LATER))
        traces.append(Trace(trajectory.look, legs(path, frame), _marks(trajectory, path, later, frame)))
    dotted = [] if guess is None else [place(k, lowest + guess**k * (start - lowest)) for k in range(STEPS + 1)]
    target, name = y_axis.at(best), _("best w")
    return Drawing(
        key="steps",
        title="w",
        summary=" ".join(trajectory.named(_said(trajectory)) for trajectory in trajectories),
        x_name=_("step"),
        x_axis=x_axis,
        y_axis=y_axis,
        curve="",
        guess=frame.path(dotted),
        traces=_labelled(traces, dotted, (RIGHT - LETTER * len(name), target - 19, RIGHT, target)),
        target=target,
        target_name=name,
    )


def _said(trajectory: Trajectory) -> str:
    """What is drawn, in numbers and without a judgement."""
    shown = ", ".join(in_full(trajectory.w(k)) for k in range(STEPS + 1))
    return _("w after steps 0 to %(n)d: %(shown)s. After step %(later)d: %(w)s. Best: %(best)s.") % {
        "n": STEPS,
        "shown": shown,
        "later": LATER,
        "w": in_full(trajectory.w(LATER)),
        "best": in_full(trajectory.best),
    }


def _marks(trajectory: Trajectory, path: Sequence[Point], later: Point, frame: Frame) -> tuple[Mark, ...]:
    """A dot for each step inside, an arrow where the line to one outside leaves."""
    marks = []
    for k, point in enumerate(path):
        out = exit_of(path, k, frame)
        if frame.holds(point) and (k or trajectory.look == "first"):
            marks.append(Mark(*point, _mark_says(trajectory, k), when(k), label=in_full(trajectory.w(k))))
        elif out is not None:
            says = _mark_says(trajectory, k, is_outside=True)
            marks.append(Mark(*out, says, when(k), label=in_full(trajectory.w(k)), head=frame.head(out)))
    is_outside = not frame.holds(later)
    edge = later[0], min(max(later[1], frame.top), frame.bottom)
    marks.append(
        Mark(
            *edge,
            _mark_says(trajectory, LATER, is_outside=is_outside),
            1,
            label=in_full(trajectory.w(LATER)),
            head=frame.head(edge) if is_outside else "",
        )
    )
    n = trajectory.n_focusable
    # The first dots can be reached and the last, which says how it ends.
    return tuple(replace(mark, is_focusable=i < n - 1 or i == len(marks) - 1) for i, mark in enumerate(marks))


def _mark_says(trajectory: Trajectory, k: int, *, is_outside: bool = False) -> str:
    text = _("step %(k)d: w = %(w)s, outside the drawing") if is_outside else _("step %(k)d: w = %(w)s")
    return trajectory.named(text % {"k": k, "w": in_full(trajectory.w(k))})


def _labelled(
    traces: Sequence[Trace], guess: Sequence[Point], name: tuple[float, float, float, float]
) -> tuple[Trace, ...]:
    """Label the first step, the first two that are outside and the last, where there is room."""
    dots = [(mark.x - 5, mark.y - 5, mark.x + 5, mark.y + 5) for trace in traces for mark in trace.marks]
    # Where w leaps across the drawing there is no place without a line.
    page = Labels([name, *dots, (LEFT, 0, LEFT + 2 * LETTER, 18)], [*legs_of(traces), *itertools.pairwise(guess)], 4)
    marks = [list(trace.marks) for trace in traces]
    for those in marks:
        outside = [i for i, mark in enumerate(those) if mark.head][:2]
        wanted = {next((i for i, mark in enumerate(those) if mark.begins), 0), *outside, len(those) - 1}
        those[:] = [
            page.write(mark, _beside(mark)) if i in wanted else replace(mark, label="") for i, mark in enumerate(those)
        ]
    return tuple(replace(trace, marks=tuple(those)) for trace, those in zip(traces, marks, strict=True))


def _beside(mark: Mark) -> list[tuple[float, float, str]]:
    """Where a label may stand: above its dot, below it or beside it; at an arrow, where there is no axis."""
    sides = ((0, "middle"), (8, "start"), (-8, "end"))
    is_high = mark.y < (TOP + BOTTOM) / 2
    heights = ((-6, 14, 28) if is_high else (-4, -18)) if mark.head else (-9, 19, 4) if is_high else (19, -9, 4)
    return [(mark.x + dx, mark.y + dy, anchor) for dy in heights for dx, anchor in sides]
