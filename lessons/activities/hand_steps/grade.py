"""Grading one step of gradient descent: each cell, the slip behind a wrong one, the student's own chain of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import Field

from classroom.models import GradientRule
from classroom.refusals import Conflict
from lessons.activities.base import Sent, Verdict
from lessons.activities.hand_steps import slips
from lessons.activities.hand_steps.forms import hand_step_answer
from lessons.activities.hand_steps.maths import grading
from lessons.activities.hand_steps.maths.chain import Chain
from lessons.activities.hand_steps.maths.grading import CellGrade, Diagnosis
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.hand_steps.words import cell_name, line, loss_name, operand, worked_line
from lessons.forms import why_unreadable
from lessons.maths import values
from lessons.maths.descent import Problem
from lessons.standings import Memory, Standing

TRIES_BEFORE_WORKED_LINE = 3

# Farther from the start than any slip leads: nobody can go on by hand from there.
FARTHEST = 1_000_000


class StepsMemory(Memory):
    """The values of w that were taken, as exact fractions; the steps whose value is carried on though it was not right;
    and by step the slip that was made last.
    """

    values: tuple[str, ...] = ()
    carried: tuple[int, ...] = ()
    slips: dict[int, str] = Field(default_factory=dict)


def problem_of(activity: HandSteps, rule: GradientRule) -> Problem:
    return Problem(activity.x, activity.y, activity.learning_rate, "half" if rule == GradientRule.HALF else "full")


def chain_of(activity: HandSteps, rule: GradientRule, memory: StepsMemory) -> Chain:
    taken = tuple(Fraction(text) for text in memory.values)
    return Chain(problem_of(activity, rule), activity.start, taken, frozenset(memory.carried))


def grade(sent: Sent) -> Verdict:
    """Judge an answer to one step, going on from the student's own value before it.

    Raises
    ------
    Refusal
        If the step does not exist, is not open yet, or the answer cannot be read.
    """
    activity: HandSteps = sent.activity
    step, memory = sent.step, sent.standing.memory
    chain = chain_of(activity, sent.rule, memory)
    if step > len(activity.steps):
        raise Conflict(_("This worksheet has %(count)d steps.") % {"count": len(activity.steps)})
    if step > chain.next_step:
        raise Conflict(_("Step %(step)d comes first.") % {"step": chain.next_step})
    at = Position(chain.problem, chain.path[:step])
    asked = grading.cell_names(chain.problem, activity.steps[step - 1].ask)
    answer = hand_step_answer(sent.answer, grading.exact_cells(chain.problem, at.w))
    grades = grading.grade_step(chain.problem, at.w, answer.cells, asked)
    # Going on with every decimal is right too, and so are the slips that are made on that way.
    whole = Position(chain.problem, chain.unrounded[:step])
    if whole.path != at.path:
        grades = grading.kinder(grades, grading.grade_step(chain.problem, whole.w, answer.cells, asked))
    accepted = grading.is_accepted(grades, asked)
    diagnoses = _diagnoses(at, whole, grades, memory.slips.get(step - 1, ""))
    slip = _leading_slip(grades, diagnoses)
    w = grades["w"].value
    if answer.goes_on and not accepted:
        _check_may_go_on(sent.standing, step, chain, w)
    if w is not None and (accepted or answer.goes_on):
        chain = chain.with_step(step, w, is_carried=not accepted)
    return Verdict(
        answer=answer.as_data(),
        cells={name: _cell_reply(name, grades[name], diagnoses.get(name), at) for name in grades},
        accepted=accepted,
        matches_notebook=accepted and chain.matches(step, w),
        is_blank=all(values.is_blank(text) for text in answer.cells.values()),
        carried_from=values.show(at.w),
        memory=StepsMemory(
            values=tuple(str(value) for value in chain.values),
            carried=tuple(sorted(chain.carried)),
            slips={**memory.slips, step: slip} if slip else memory.slips,
        ),
        is_done=len(chain.values) == len(activity.steps) and not chain.carried,
        open_step=_open_step(chain, len(activity.steps)),
        slip=slip,
        ask=next((diagnosis.ask for diagnosis in diagnoses.values() if diagnosis.ask), ""),
        worked_line=worked_line(at, next((name for name in asked if not _is_good(grades[name])), "")),
    )


def _diagnoses(at: Position, whole: Position, grades: Mapping[str, CellGrade], last_slip: str) -> dict[str, Diagnosis]:
    found = grading.diagnose(at, grades, last_slip)
    if whole.path == at.path or all(diagnosis.candidates or diagnosis.follows_from for diagnosis in found.values()):
        return found
    other = grading.diagnose(whole, grades, last_slip)
    return {
        name: diagnosis if diagnosis.candidates or diagnosis.follows_from else other[name]
        for name, diagnosis in found.items()
    }


def _check_may_go_on(standing: Standing[StepsMemory], step: int, chain: Chain, w: Fraction | None) -> None:
    if standing.tries_at.get(step, 0) < TRIES_BEFORE_WORKED_LINE or step != chain.next_step:
        raise Conflict(_("Going on with your own value opens together with the worked line, after three checks."))
    if w is None:
        raise Conflict(_("Write the new w that you want to go on with."))
    if abs(w) > FARTHEST:
        raise Conflict(_("That w is too far away to go on with by hand."))


def _open_step(chain: Chain, n_steps: int) -> int:
    """The step to work on: the next one, or the first to mend once all are taken."""
    return chain.next_step if chain.next_step <= n_steps else min(chain.carried, default=n_steps)


def _is_good(grade: CellGrade) -> bool:
    return grade.state in ("right", "rounded")


def _leading_slip(grades: Mapping[str, CellGrade], diagnoses: Mapping[str, Diagnosis]) -> str:
    """Name the slip of the first cell that is wrong by itself, and not in consequence of another."""
    own = (diagnoses[name] for name in grades if name in diagnoses and not diagnoses[name].follows_from)
    return next((diagnosis.slip for diagnosis in own), "")


def _cell_reply(name: str, grade: CellGrade, diagnosis: Diagnosis | None, at: Position) -> dict[str, Any]:
    found = diagnosis or Diagnosis()
    return {
        "state": grade.state,
        "slip": found.slip or None,
        "candidates": list(found.candidates),
        "feedback": _feedback(name, grade, found, at),
    }


def _feedback(name: str, grade: CellGrade, found: Diagnosis, at: Position) -> str:
    """One kind sentence or two about a cell: what happened, or where to look; never just “wrong”."""
    if grade.state in ("right", "empty"):
        return ""
    if grade.state == "rounded":
        return _("Right, but rounded early. Keep four decimals until the last line.")
    if grade.reason:
        return _unreadable(grade.reason)
    if found.follows_from:
        return _("This goes with your %(cell)s. Mend that one first, then work this out again.") % {
            "cell": cell_name(found.follows_from)
        }
    if found.slip:
        return slips.sentence(found.slip, _numbers(at))
    says = slips.one_of(found.candidates) if found.candidates else line(name, at)
    if found.ask:
        says += " " + _("Write your %(cell)s into its cell and check again: that shows the place.") % {
            "cell": cell_name(found.ask)
        }
    return says


def _numbers(at: Position) -> dict[str, object]:
    is_half = at.problem.rule == "half"
    return {
        "n": len(at.problem.x),
        "rate": values.show(at.rate, 6),
        "old": operand(at.w),
        "start": operand(at.start),
        "loss": loss_name(at.problem),
        "gradient": _("the average of error × x") if is_half else _("2 × the average of error × x"),
    }


def _unreadable(reason: str) -> str:
    return f"{why_unreadable(reason)} {_('Write it like −4.815, or as a fraction like 1/3.')}"


def shown_cells(answer: Mapping[str, Any], reply: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """A stored answer for the timeline: (cell, what was typed, state)."""
    return tuple(
        (name.replace("_", " "), answer.get(name, ""), verdict["state"]) for name, verdict in reply["cells"].items()
    )


def summary(memory: StepsMemory) -> str:
    """The last value reached, for the arc."""
    taken = [Fraction(text) for text in memory.values]
    subscript = "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(len(taken)))
    return f"w{subscript} = {values.show(taken[-1])}" if taken else ""


def says_steps(taken: Sequence[str], n_helped: int) -> str:
    """The values that were reached, and at how many steps the worked line was shown, for the badge's page."""
    said = " · ".join(values.show(Fraction(text)) for text in taken)
    if not taken or not n_helped:
        return said
    note = ngettext("with the worked line at %(n)d step", "with the worked line at %(n)d steps", n_helped)
    return f"{said} ({note % {'n': n_helped}})"
