"""The run of a learning rate as the distance to the best w, step by step, on a scale of powers of ten."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.predict.rate_drawing import Drawing, Labels, Trace, legs_of
from lessons.activities.predict.rate_runs import Trajectory
from lessons.drawing.axes import BOTTOM, LEFT, RIGHT, TOP, Axis, as_float, in_full, in_powers, path_of
from lessons.drawing.marks import Leg, Mark, Powers

LOG_STEPS = (0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 50)
LOWEST_POWER, HIGHEST_POWER, LAST_STEP = -4, 4, 50
SMALL = 0.0001


def distances(trajectories: Sequence[Trajectory], guess: Fraction | None) -> Drawing:
    """Draw log₁₀ of the distance to the best w after each step: a straight line, because each step multiplies it."""
    x_axis = Axis(0, LAST_STEP, LEFT, RIGHT)
    y_axis = Powers(LOWEST_POWER, HIGHEST_POWER, BOTTOM, TOP)
    away, best = abs(trajectories[0].start - trajectories[0].best), in_full(trajectories[0].best)
    said = [
        _("With learning rate %(rate)s each step multiplies the distance to %(best)s by %(factor)s.")
        % {"rate": trajectory.rate, "best": best, "factor": in_full(abs(trajectory.rho))}
        for trajectory in trajectories
    ]
    lines = [_Line.of(away, trajectory.rho) for trajectory in trajectories]
    n_seen = max(1.0, *(line.last for line in lines))
    traces = [_log_trace(*each, x_axis, y_axis, n_seen) for each in zip(trajectories, lines, strict=True)]
    dotted = None if guess is None else _Line.of(away, guess)
    dots = [(x_axis.at(k), y_axis.at(dotted.power(k))) for k in (dotted.first, dotted.last)] if dotted else []
    return Drawing(
        key="log",
        title=_("|w − %(best)s|: each line is 10 times the one below") % {"best": best},
        summary=" ".join(said),
        x_name=_("step"),
        x_axis=x_axis,
        y_axis=y_axis,
        curve="",
        guess=path_of(dots) if dots else "",
        traces=_ends_labelled(traces, dots),
    )


@dataclass(frozen=True)
class _Line:
    """A run in the log drawing: log₁₀ of the distance is `start` + `each`·step, seen from step `first` to `last`."""

    start: float
    each: float
    first: float
    last: float

    @classmethod
    def of(cls, away: Fraction, rho: Fraction) -> _Line:
        if not away:
            return cls(LOWEST_POWER, 0, 0, 0)
        start = _log10(away)
        if not rho:
            return cls(start, LOWEST_POWER - start, 0, 1)
        each = _log10(abs(rho))
        edges = sorted((edge - start) / each for edge in (LOWEST_POWER, HIGHEST_POWER)) if each else [0, LAST_STEP]
        first, last = (min(max(edge, 0.0), LAST_STEP) for edge in edges)
        return cls(start, each, first, last)

    def power(self, step: float) -> float:
        return self.start + self.each * step


def _log10(value: Fraction) -> float:
    return math.log10(max(as_float(value), 1e-300))


def _log_trace(trajectory: Trajectory, line: _Line, x_axis: Axis, y_axis: Axis, n_seen: float) -> Trace:
    def place(step: float) -> tuple[float, float]:
        return x_axis.at(step), y_axis.at(line.power(step))

    def when(step: float) -> float:
        return round(step / n_seen, 3)

    steps = [k for k in LOG_STEPS if line.first <= k <= line.last]
    stops = sorted({line.first, *steps, line.last})
    legs = tuple(Leg(*place(k), *place(to), when(k), when(to)) for k, to in itertools.pairwise(stops))
    marks = [Mark(*place(k), trajectory.named(_distance_said(trajectory, k)), when(k)) for k in steps]
    label = _edge_label(trajectory, line)
    if line.last not in (*steps, LAST_STEP):
        marks.append(Mark(*place(line.last), trajectory.named(label), when(line.last)))
    if trajectory.look == "second":
        marks = [mark for mark in marks if mark.x > LEFT]
    if marks and label:
        marks[-1] = replace(marks[-1], label=trajectory.named(label))
    return Trace(trajectory.look, legs, _some_focusable(marks, trajectory.n_focusable))


def _some_focusable(marks: Sequence[Mark], n: int) -> tuple[Mark, ...]:
    """Let the first dots be reached and the last, which says how it ends."""
    return tuple(
        replace(mark, is_focusable=number < n - 1 or number == len(marks) - 1) for number, mark in enumerate(marks)
    )


def _distance_said(trajectory: Trajectory, k: int) -> str:
    away = abs(trajectory.w(k) - trajectory.best)
    value = as_float(away)
    shown = in_powers(value) if 0 < value < SMALL else in_full(away)
    return _("step %(k)s: |w − %(best)s| = %(away)s") % {"k": k, "best": in_full(trajectory.best), "away": shown}


def _edge_label(trajectory: Trajectory, line: _Line) -> str:
    if not trajectory.rho or trajectory.start == trajectory.best:
        return _("exactly 0, drawn at the floor")
    if line.last >= LAST_STEP:
        return ""
    step = {"k": math.floor(line.last) + 1}
    return _("from step %(k)s above 10⁴ ↑") % step if line.each > 0 else _("from step %(k)s below 10⁻⁴ ↓") % step


def _ends_labelled(traces: Sequence[Trace], guess: Sequence[tuple[float, float]]) -> tuple[Trace, ...]:
    """Write what happens at the edge beside the end of each line."""
    page = Labels([], [*legs_of(traces), *itertools.pairwise(guess)])
    return tuple(
        replace(trace, marks=(*trace.marks[:-1], page.write(trace.marks[-1], _beside_end(trace.marks[-1]))))
        if trace.marks
        else trace
        for trace in traces
    )


def _beside_end(mark: Mark) -> list[tuple[float, float, str]]:
    is_low = mark.y > (TOP + BOTTOM) / 2
    heights = [mark.y + (3 - 16 * lines if is_low else 16 * lines) for lines in range(1, 7)]
    return [(x, y, anchor) for y in heights for x, anchor in ((mark.x + 10, "start"), (RIGHT, "end"))]
