"""The run that a learning rate makes, drawn twice: as jumps in the valley, and as the distance to the best w.

Both drawings have axes that depend on the data and the start and never on the rate: axes that stretch to fit hide the
very difference that is asked about. What lies outside is drawn at the edge and keeps its true number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from lessons.activities.predict.rate_distances import distances
from lessons.activities.predict.rate_drawing import Drawing
from lessons.activities.predict.rate_runs import RateRun, Trajectory, run_of
from lessons.activities.predict.rate_valley import valley
from lessons.drawing.axes import in_digits, in_full, path_of
from lessons.maths.descent import Problem

ROW_STEPS = (*range(13), 20, 30, 40, 50)

SKETCH_BOX = "0 0 96 48"
SKETCH_TARGET = 24  # the height of the line that w should reach
SKETCH_AWAY, SKETCH_EDGE, SKETCH_STEPS = 10, 2, 9


@dataclass(frozen=True)
class RateChart:
    """`rows` are (step, ((w, loss) for each run))."""

    valley: Drawing
    log: Drawing
    runs: tuple[RateRun, ...]
    rows: tuple[tuple[int, tuple[tuple[str, str], ...]], ...]
    has_guess: bool
    guess_name: str

    @property
    def drawings(self) -> tuple[Drawing, Drawing]:
        return self.valley, self.log


def rate_chart(
    problems: Sequence[Problem], start: Fraction, *, guess: Fraction | None = None, guess_name: str = ""
) -> RateChart:
    """Draw what one learning rate does, or two on the same data.

    Parameters
    ----------
    problems : one or two, alike but for the learning rate
    guess : the rho of the outcome that was predicted, drawn dotted as the run it would make from the same start
    guess_name : that outcome as the page names it

    Raises
    ------
    ValueError
        If there are none or more than two problems, if their data or rules differ, or if every x is 0.
    """
    if len({(problem.x, problem.y, problem.rule) for problem in problems}) != 1 or len(problems) > 2:
        raise ValueError(f"one or two learning rates on the same data can be drawn, not {problems}")
    is_pair = len(problems) == 2
    trajectories = [
        Trajectory(problem, start, look, is_pair) for problem, look in zip(problems, ("first", "second"), strict=False)
    ]
    runs = tuple(run_of(trajectory) for trajectory in trajectories)
    return RateChart(
        valley=valley(trajectories, guess, " ".join(run.summary for run in runs)),
        log=distances(trajectories, guess),
        runs=runs,
        rows=tuple(
            (k, tuple((in_full(trajectory.w(k)), in_digits(trajectory.loss(k))) for trajectory in trajectories))
            for k in ROW_STEPS
        ),
        has_guess=guess is not None,
        guess_name=guess_name,
    )


def sketch(shrinks_by: Fraction) -> str:
    """Return the path of w against steps, in `SKETCH_BOX`, towards the line at height `SKETCH_TARGET`.

    The start is equally far from the line in every sketch. A run that leaves the box ends when it would leave it
    for the second time.
    """
    points: list[tuple[float, float]] = []
    n_outside = 0
    for k in range(SKETCH_STEPS + 1):
        y = SKETCH_TARGET + SKETCH_AWAY * float(shrinks_by) ** k
        inside = min(max(y, SKETCH_EDGE), 2 * SKETCH_TARGET - SKETCH_EDGE)
        points.append((round(4 + 88 * k / SKETCH_STEPS, 2), round(inside, 2)))
        n_outside += y != inside
        if n_outside == 2:
            break
    return path_of(points)
