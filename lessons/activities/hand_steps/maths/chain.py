"""Chain of the steps that a student has taken, each from the value before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from lessons.activities.hand_steps.maths.grading import TOLERANCE, fits
from lessons.maths import descent
from lessons.maths.descent import Problem


@dataclass(frozen=True)
class Chain:
    """Chain of a student's own values of w.

    Parameters
    ----------
    values : w after each step taken
    carried : the steps that were not accepted, whose value the student went on with
    """

    problem: Problem
    start: Fraction
    values: tuple[Fraction, ...] = ()
    carried: frozenset[int] = frozenset()

    @property
    def path(self) -> tuple[Fraction, ...]:
        return (self.start, *self.values)

    @property
    def unrounded(self) -> tuple[Fraction, ...]:
        """Path for whoever goes on with every decimal on the calculator, and writes down four."""
        path = [self.start]
        for step, own in enumerate(self.values, start=1):
            exact = descent.step(self.problem, path[-1])
            path.append(exact if step not in self.carried and fits(own, exact) else own)
        return tuple(path)

    @property
    def next_step(self) -> int:
        return len(self.values) + 1

    @property
    def to_mend(self) -> int | None:
        """First step whose value is not the notebook's."""
        return next((step for step in range(1, self.next_step) if not self.matches(step, self.values[step - 1])), None)

    def notebook(self, step: int) -> Fraction:
        """Return what the notebook prints after `step`: the value of the exact chain from the start."""
        return descent.path(self.problem, self.start, step)[step]

    def matches(self, step: int, w: Fraction | None) -> bool:
        return w is not None and abs(w - self.notebook(step)) <= TOLERANCE

    def with_step(self, step: int, w: Fraction, *, is_carried: bool = False) -> Chain:
        """Take a step, or mend one that was taken before; the later ones are then worked out again from it.

        A step that stands is given up only for a better one.
        """
        if step == self.next_step:
            carried = self.carried | {step} if is_carried else self.carried
            return replace(self, values=(*self.values, w), carried=carried)
        if is_carried or not (step in self.carried or (self.matches(step, w) and self.to_mend == step)):
            return self
        values, carried = [*self.values[: step - 1], w], self.carried - {step}
        for later in range(step + 1, self.next_step):
            # What was never accepted stays as it is, and is the next to mend.
            kept = self.values[later - 1] if later in carried else descent.step(self.problem, values[-1])
            values.append(kept)
        return replace(self, values=tuple(values), carried=carried)
