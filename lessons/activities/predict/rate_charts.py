"""The run that a learning rate makes, drawn twice: as w over the steps, as it was guessed, and as jumps in the valley.

Both drawings have axes that depend on the data and the start and never on the rate: axes that stretch to fit hide the
very difference that is asked about. What lies outside leaves through the frame; nothing is drawn where it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from django.utils.translation import gettext as _

from classroom.languages import in_each_language
from lessons.activities.predict.rate_drawing import REACH, STEPS, Drawing
from lessons.activities.predict.rate_runs import RateRun, Trajectory, run_of
from lessons.activities.predict.rate_steps import LATER, steps
from lessons.activities.predict.rate_valley import valley
from lessons.drawing.axes import in_digits, in_full
from lessons.drawing.frame import Frame
from lessons.maths.descent import Problem

ROW_STEPS = (*range(STEPS + 1), 20, 30, 40, LATER)

SKETCH = Frame(4, 92, 2, 46)  # in a box of 96 × 48
SKETCH_TARGET = (SKETCH.top + SKETCH.bottom) / 2  # the height of the line that w should reach
SKETCH_AWAY = (SKETCH.bottom - SKETCH_TARGET) / REACH


@dataclass(frozen=True)
class RateChart:
    """`rows` are (step, ((w, loss) for each run))."""

    steps: Drawing
    valley: Drawing
    runs: tuple[RateRun, ...]
    rows: tuple[tuple[int, tuple[tuple[str, str], ...]], ...]
    has_guess: bool
    guess_name: str

    @property
    def drawings(self) -> tuple[Drawing, Drawing]:
        return self.steps, self.valley


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
    return _chart(tuple(problems), start, guess, guess_name)


@partial(in_each_language, most=128)  # 17 kB each; with the free slider anybody may ask for any rate
def _chart(problems: tuple[Problem, ...], start: Fraction, guess: Fraction | None, guess_name: str) -> RateChart:
    is_pair = len(problems) == 2
    trajectories = [
        Trajectory(problem, start, look, is_pair) for problem, look in zip(problems, ("first", "second"), strict=False)
    ]
    runs = tuple(run_of(trajectory) for trajectory in trajectories)
    return RateChart(
        steps=steps(trajectories, guess),
        valley=valley(trajectories, guess),
        runs=runs,
        rows=tuple(
            (k, tuple((in_full(trajectory.w(k)), in_digits(trajectory.loss(k))) for trajectory in trajectories))
            for k in ROW_STEPS
        ),
        has_guess=guess is not None,
        guess_name=guess_name,
    )


def heading(chart: RateChart) -> tuple[str, str]:
    """Give the one run of a chart its name, and what it does in words that go on after it."""
    does = {
        "crawls": _("crawls"),
        "settles": _("settles smoothly"),
        "one-jump": _("gets there in one jump"),
        "zigzags": _("zigzags, then settles"),
        "bounces": _("bounces forever"),
        "explodes": _("explodes"),
    }
    (run,) = chart.runs
    return _("Rate %(rate)s") % {"rate": run.rate}, does[run.outcome]


def sketch(shrinks_by: Fraction) -> str:
    """Return the path of w against steps as a run will be drawn, small: in `SKETCH`, with the best w in its middle."""
    width = (SKETCH.end - SKETCH.start) / STEPS
    heights = (SKETCH_TARGET + SKETCH_AWAY * float(shrinks_by) ** k for k in range(STEPS + 1))
    return SKETCH.path([(round(SKETCH.start + width * k, 2), round(y, 2)) for k, y in enumerate(heights)])
