"""Grading one step of gradient descent: each cell, the slip behind a wrong one, the student's own chain of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

from classroom.models import GradientRule
from classroom.refusals import Conflict
from lessons.activities.base import Sent, Verdict
from lessons.activities.hand_steps import slips
from lessons.activities.hand_steps.forms import hand_step_answer
from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.chain import Chain
from lessons.activities.hand_steps.maths.grading import CellGrade, Diagnosis
from lessons.activities.hand_steps.maths.misconceptions import Position, position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.hand_steps.words import cell_name, formula, kind_of, numbers, row_of, rows_in_words, solution
from lessons.forms import why_unreadable
from lessons.maths import values
from lessons.maths.descent import Problem
from lessons.standings import Memory, Standing

CHECKS_BEFORE_SOLUTION = 3

# Farther from the start than any slip leads: nobody can go on by hand from there.
FARTHEST = 1_000_000


class StepsMemory(Memory):
    """The values of w that were taken, as exact fractions; the steps whose value is carried on though it was not right;
    and by step the slip that was made last, in how many checks each cell was wrong, and whose solution was shown.
    """

    values: tuple[str, ...] = ()
    carried: tuple[int, ...] = ()
    slips: dict[int, str] = Field(default_factory=dict)
    wrong: dict[int, dict[str, int]] = Field(default_factory=dict)
    solved: dict[int, tuple[str, ...]] = Field(default_factory=dict)

    def wrong_checks(self, step: int, cell: str) -> int:
        """In how many checks a cell was wrong, by itself."""
        return self.wrong.get(step, {}).get(cell, 0)

    def offers_solution(self, step: int, cell: str) -> bool:
        """Tell whether the solution of a cell may be asked for: it was wrong in three checks."""
        return self.wrong_checks(step, cell) >= CHECKS_BEFORE_SOLUTION


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
    at = position(chain.problem, chain.path[:step])
    asked = grading.cell_names(chain.problem, activity.steps[step - 1].ask)
    answer = hand_step_answer(sent.answer, at.exact)
    grades = grading.grade_step(chain.problem, at.w, answer.cells, asked)
    # Going on with every decimal is right too, and so are the slips that are made on that way.
    whole = position(chain.problem, chain.unrounded[:step])
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
    cells = _replies(grades, diagnoses, at)
    memory = _with_checks(memory, step, cells, is_check=_differs(answer.cells, sent.last, cells))
    solved = answer.solution if answer.solution and not _is_good(grades.get(answer.solution)) else ""
    if solved:
        memory = _with_solution(memory, step, solved)
    return Verdict(
        answer=answer.as_data(),
        cells=cells,
        accepted=accepted,
        matches_notebook=accepted and chain.matches(step, w),
        is_blank=all(values.is_blank(text) for text in answer.cells.values()),
        carried_from=values.show(at.w),
        memory=memory.model_copy(
            update={
                "values": tuple(str(value) for value in chain.values),
                "carried": tuple(sorted(chain.carried)),
                "slips": {**memory.slips, step: slip} if slip in misconceptions.SLUGS else memory.slips,
            }
        ),
        is_done=len(chain.values) == len(activity.steps) and not chain.carried,
        open_step=_open_step(chain, len(activity.steps)),
        slip=slip,
        ask=next((diagnosis.ask for diagnosis in diagnoses.values() if diagnosis.ask), ""),
        worked_line=solution(solved, at) if solved else "",
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
    if standing.tries_at.get(step, 0) < CHECKS_BEFORE_SOLUTION or step != chain.next_step:
        raise Conflict(_("You can continue with your own value after three checks."))
    if w is None:
        raise Conflict(_("Write the new w that you want to continue with."))
    if abs(w) > FARTHEST:
        raise Conflict(_("That w is too far away to continue by hand."))


def _open_step(chain: Chain, n_steps: int) -> int:
    """The step to work on: the next one, or the first to mend once all are taken."""
    return chain.next_step if chain.next_step <= n_steps else min(chain.carried, default=n_steps)


def _is_good(grade: CellGrade | None) -> bool:
    return grade is not None and grade.state in ("right", "rounded")


def _differs(typed: Mapping[str, str], last: Mapping[str, Any] | None, cells: Mapping[str, Any]) -> bool:
    """Tell whether this is a check of its own, and not the last one sent again."""
    return any(typed.get(name, "") != (last or {}).get(name, "") for name in cells)


def _with_checks(memory: StepsMemory, step: int, cells: Mapping[str, Any], *, is_check: bool) -> StepsMemory:
    wrong = [name for name, cell in cells.items() if cell["state"] == "not_yet" and not cell["follows"]]
    if not (is_check and wrong):
        return memory
    before = memory.wrong.get(step, {})
    counts = {**before, **{name: before.get(name, 0) + 1 for name in wrong}}
    return memory.model_copy(update={"wrong": {**memory.wrong, step: counts}})


def _with_solution(memory: StepsMemory, step: int, cell: str) -> StepsMemory:
    if not memory.offers_solution(step, cell):
        raise Conflict(_("After three wrong checks of this line, you can see its solution."))
    solved = dict.fromkeys((*memory.solved.get(step, ()), cell))
    return memory.model_copy(update={"solved": {**memory.solved, step: tuple(solved)}})


def _leading_slip(grades: Mapping[str, CellGrade], diagnoses: Mapping[str, Diagnosis]) -> str:
    """Name the slip of the first cell that is wrong by itself, and not in consequence of another.

    Where several fit it is what they have in common: a slip that is never told apart would be counted nowhere.
    """
    own = (diagnoses[name] for name in grades if name in diagnoses and not diagnoses[name].follows_from)
    return next((found.slip or misconceptions.family_of(found.candidates) for found in own), "")


def _replies(
    grades: Mapping[str, CellGrade], diagnoses: Mapping[str, Diagnosis], at: Position
) -> dict[str, dict[str, Any]]:
    """Give the reply to each cell. What is the same in several cells is said at the first of them, and once."""
    typed = {name: grade.value for name, grade in grades.items() if grade.value is not None}
    replies: dict[str, dict[str, Any]] = {}
    alike: dict[tuple[str, ...], list[str]] = {}
    first_with: dict[str, str] = {}
    for name, grade in grades.items():
        found = diagnoses.get(name, Diagnosis())
        source = found.follows_from
        if found.slip and not source:
            first = first_with.setdefault(found.slip, name)
            # The same slip further down the sheet is no second one: errors that are turned around turn the average.
            source = first if kind_of(first) != kind_of(name) else ""
        says = _("Follows from your %(cell)s.") % {"cell": cell_name(source)} if source else ""
        if not source and grade.state in ("rounded", "not_yet"):
            alike.setdefault(_same_to_say(name, grade, found), []).append(name)
        replies[name] = {
            "state": grade.state,
            "follows": bool(source),
            "slip": found.slip or None,
            "candidates": list(found.candidates),
            "feedback": says,
        }
    for names in alike.values():
        first = names[0]
        found = diagnoses.get(first, Diagnosis())
        replies[first]["feedback"] = _feedback(first, grades[first], found, names[1:], at, typed)
    return replies


def _same_to_say(name: str, grade: CellGrade, found: Diagnosis) -> tuple[str, ...]:
    if grade.state == "rounded":
        return ("rounded",)
    return (kind_of(name), grade.reason, found.slip, *([] if found.slip else found.candidates), found.ask)


def _feedback(
    name: str,
    grade: CellGrade,
    found: Diagnosis,
    others: Sequence[str],
    at: Position,
    typed: Mapping[str, Fraction],
) -> str:
    """A kind sentence or two about a cell and `others` like it: what happened, or where to look; never just “wrong”."""
    if grade.state == "rounded":
        return _("Right, but rounded early. Keep four decimals until the last line.")
    known = numbers(name, at, typed)
    rows = rows_in_words([row_of(other) for other in others]) if others else ""
    if grade.reason:
        says = _unreadable(grade.reason)
    elif found.slip:
        says = slips.sentence(found.slip, kind_of(name), known)
    elif found.candidates:
        says = slips.one_of(found.candidates, known)
    else:
        again = _("%(own)s is not it. Work out %(formula)s again.") % {**known, "formula": formula(name, at)}
        return again + (" " + _("Check %(rows)s again, too.") % {"rows": rows} if rows else "") + _asks(found)
    return says + (" " + _("Same in %(rows)s.") % {"rows": rows} if rows else "") + _asks(found)


def _asks(found: Diagnosis) -> str:
    if not found.ask:
        return ""
    cell = cell_name(found.ask)
    return " " + _("Write your %(cell)s in its cell and check again. That shows where it went wrong.") % {"cell": cell}


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


def says_steps(taken: Sequence[str]) -> str:
    """The values that were reached, for the badge's page. Who saw a solution is for the instructor to know."""
    return " · ".join(values.show(Fraction(text)) for text in taken)
