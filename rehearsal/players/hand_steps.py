"""Gradient descent by hand, as a synthetic student does it."""

from __future__ import annotations

from fractions import Fraction

from lessons.activities.hand_steps.grade import chain_of
from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.authoring.lesson import Part
from lessons.maths import values
from rehearsal.players.base import Player, Turn
from rehearsal.students import Student


class HandStepsPlayer(Player[HandSteps]):
    def move(self, turn: Turn, part: Part, activity: HandSteps) -> str:
        """One try at a worksheet: right, or with this student's own slip."""
        met, standing, who = turn.as_met(activity), turn.standing(part, activity), turn.who
        step = standing.step
        chain = chain_of(met, turn.rule, standing.memory)
        at = Position(chain.problem, chain.path[:step])
        tries = standing.tries_at.get(step, 0)
        exact = grading.exact_cells(chain.problem, at.w)
        asked = grading.cell_names(chain.problem, met.steps[step - 1].ask)
        # Some slips are no slips in the first step.
        stuck_at = 2 if who.slip in misconceptions.LATER else 1 + who.index % 2
        is_stuck = who.gets_stuck and step == stuck_at and tries < 3
        is_right = not is_stuck and turn.rng.random() < who.skill + 0.2 * tries
        cells = exact if is_right else {**exact, **_slipped(who, at, tries)}
        typed = {name: values.show(cells[name]) for name in asked if name in cells}
        did = turn.submit(activity, step, typed, "first sheet" if step == 1 and not tries else "sheet")
        return "stuck" if is_stuck and tries == 2 else did


def _slipped(who: Student, at: Position, tries: int) -> dict[str, Fraction]:
    slip = next((slip for slip in misconceptions.SLIPS if slip.slug == who.slip), misconceptions.SLIPS[0])
    cells = dict(slip.gives(at))
    # The last digit differs, as it does when somebody works it out again: else it would be no new try.
    return {name: value + Fraction(tries, 5000) if name == "w" else value for name, value in cells.items()}
