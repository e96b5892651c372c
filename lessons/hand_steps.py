"""The worksheet: grading one step of gradient descent, and the page that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import GradientRule
from classroom.refusals import Conflict
from lessons.authoring.schema import HandSteps
from lessons.forms import hand_step_answer
from lessons.maths import descent, grading, values
from lessons.maths.descent import Problem
from lessons.maths.grading import CellGrade
from lessons.verdicts import Verdict


@dataclass(frozen=True)
class Cell:
    """One field of the worksheet as the page shows it."""

    name: str
    label: str
    typed: str = ""
    state: str = ""
    feedback: str = ""
    is_asked: bool = True

    @property
    def field(self) -> str:
        return self.name if self.is_asked else f"scratch_{self.name}"


@dataclass(frozen=True)
class Row:
    x: str
    y: str
    prediction: str
    hint: str
    error: Cell
    product: Cell


@dataclass(frozen=True)
class TakenStep:
    """A step that stands: the value it gave, and the notebook's."""

    number: int
    w: str
    notebook: str
    is_rounded: bool


@dataclass(frozen=True)
class Worksheet:
    """One step's worksheet with whatever was typed into it last."""

    step: int
    n_steps: int
    say: str
    w: str
    learning_rate: str
    n_points: int
    rule: str
    loss_name: str
    rows: tuple[Row, ...]
    mean: Cell
    gradient: Cell | None
    new_w: Cell
    taken: tuple[TakenStep, ...]
    is_done: bool
    n_not_yet: int
    n_empty: int
    here: str
    was_checked: bool


def problem_of(activity: HandSteps, rule: GradientRule) -> Problem:
    return Problem(activity.x, activity.y, activity.learning_rate, "half" if rule == GradientRule.HALF else "full")


def grade(activity: HandSteps, rule: GradientRule, memory: Mapping[str, Any], step: int, raw: Any) -> Verdict:
    """Judge an answer to one step, going on from the student's own value before it.

    Raises
    ------
    Refusal
        If the step does not exist, is not open yet, or the answer cannot be read.
    """
    taken = _values(memory)
    if step > len(activity.steps):
        raise Conflict(_("This worksheet has %(count)d steps.") % {"count": len(activity.steps)})
    if step > len(taken) + 1:
        raise Conflict(_("Step %(step)d comes first.") % {"step": len(taken) + 1})
    problem = problem_of(activity, rule)
    before = ([activity.start, *taken])[step - 1]
    asked = grading.cell_names(problem, activity.steps[step - 1].ask)
    exact = grading.exact_cells(problem, before)
    answer = hand_step_answer(raw, exact)
    grades = grading.grade_step(problem, before, answer.cells, asked)
    accepted = grading.is_accepted(grades, asked)
    if accepted and step == len(taken) + 1 and grades["w"].value is not None:
        taken = [*taken, grades["w"].value]
    return Verdict(
        answer=answer.as_data(),
        cells={name: _cell_reply(name, grade, problem, before) for name, grade in grades.items()},
        accepted=accepted,
        matches_notebook=accepted and _is_notebooks(problem, activity, step, grades["w"].value),
        is_blank=all(grading.is_blank(text) for text in answer.cells.values()),
        carried_from=values.show(before),
        memory={"values": [str(value) for value in taken]},
        is_done=len(taken) == len(activity.steps),
    )


def worksheet(
    activity: HandSteps,
    rule: GradientRule,
    memory: Mapping[str, Any],
    last: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Worksheet:
    """Lay out the step that comes next.

    Parameters
    ----------
    last : the answer and the cells' verdicts of the newest submission to this step; empty if there is none
    """
    problem = problem_of(activity, rule)
    taken = _values(memory)
    is_done = len(taken) == len(activity.steps)
    step = min(len(taken) + 1, len(activity.steps))
    before = ([activity.start, *taken])[step - 1]
    asked = grading.cell_names(problem, activity.steps[step - 1].ask)
    answer, verdicts = last
    scratch = answer.get("scratch", {})

    def cell(name: str, label: str) -> Cell:
        if name not in asked:
            return Cell(name, label, scratch.get(name, ""), is_asked=False)
        verdict = verdicts.get(name, {})
        return Cell(name, label, answer.get(name, ""), verdict.get("state", ""), verdict.get("feedback", ""))

    rows = tuple(
        Row(
            x=values.show(x),
            y=values.show(y),
            prediction=values.show(before * x),
            hint=_("Row %(i)d: %(w)s × %(x)s − %(y)s = ?")
            % {"i": i, "w": _operand(before), "x": values.show(x), "y": _operand(y)},
            error=cell(f"error_{i}", _("row %(i)d, x = %(x)s, error = prediction minus y") % _named(i, x)),
            product=cell(f"product_{i}", _("row %(i)d, x = %(x)s, error times x") % _named(i, x)),
        )
        for i, (x, y) in enumerate(zip(problem.x, problem.y, strict=True), start=1)
    )
    states = [verdict.get("state") for verdict in verdicts.values()]
    # What each step would have given exactly, from the student's own value before it.
    own_exact = [descent.step(problem, w) for w in [activity.start, *taken][: len(taken)]]
    notebook = descent.path(problem, activity.start, len(taken))[1:]
    return Worksheet(
        step=step,
        n_steps=len(activity.steps),
        say=activity.steps[step - 1].say,
        w=values.show(before),
        learning_rate=values.show(activity.learning_rate, 6),
        n_points=len(problem.x),
        rule=rule.value,
        loss_name=_("half the mean squared error") if rule == GradientRule.HALF else _("the mean squared error"),
        rows=rows,
        mean=cell("mean", _("average of error times x")),
        gradient=cell("gradient", _("gradient, two times the average")) if rule == GradientRule.FULL else None,
        new_w=cell("w", _("new w")),
        taken=tuple(
            TakenStep(
                number, values.show(own), values.show(theirs), grading.grade_cell(str(own), exact).state == "rounded"
            )
            for number, (own, theirs, exact) in enumerate(zip(taken, notebook, own_exact, strict=True), start=1)
        ),
        is_done=is_done,
        n_not_yet=states.count("not_yet"),
        n_empty=states.count("empty"),
        here=next((row.hint for row in rows if row.error.is_asked and row.error.state not in ("right", "rounded")), ""),
        was_checked=bool(verdicts),
    )


def summary(memory: Mapping[str, Any]) -> str:
    """The last value reached, for the arc."""
    taken = _values(memory)
    subscript = "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(len(taken)))
    return f"w{subscript} = {values.show(taken[-1])}" if taken else ""


def _is_notebooks(problem: Problem, activity: HandSteps, step: int, w: Fraction | None) -> bool:
    """Is this what the notebook prints, up to rounding: the value of the exact chain from the start?"""
    exact = descent.path(problem, activity.start, step)[step]
    return w is not None and abs(w - exact) <= grading.TOLERANCE


def _values(memory: Mapping[str, Any]) -> list[Fraction]:
    return [Fraction(text) for text in memory.get("values", ())]


def _named(i: int, x: Fraction) -> dict[str, Any]:
    return {"i": i, "x": values.show(x)}


def _operand(value: Fraction) -> str:
    return f"({values.show(value)})" if value < 0 else values.show(value)


def _cell_reply(name: str, grade: CellGrade, problem: Problem, before: Fraction) -> dict[str, Any]:
    return {
        "state": grade.state,
        "slip": None,
        "candidates": [],
        "feedback": _feedback(name, grade, problem, before),
    }


def _feedback(name: str, grade: CellGrade, problem: Problem, before: Fraction) -> str:
    """One kind sentence about a cell: where to look, never just “wrong”."""
    if grade.state == "right":
        return ""
    if grade.state == "rounded":
        return _("Right, but rounded early. Keep four decimals until the last line.")
    if grade.state == "empty":
        return ""
    if grade.reason:
        return _unreadable(grade.reason)
    kind, _underscore, row = name.partition("_")
    if row:
        x, y = problem.x[int(row) - 1], problem.y[int(row) - 1]
        if kind == "error":
            line = f"{_operand(before)} × {values.show(x)} − {_operand(y)}"
            return _("Not yet. Row %(row)s: %(line)s = ?") % {"row": row, "line": line}
        return _("Not yet. Row %(row)s: its error × %(x)s = ?") % {"row": row, "x": values.show(x)}
    rate = values.show(problem.learning_rate, 6)
    return {
        "mean": _("Not yet. Add the %(count)d products, then divide by %(count)d.") % {"count": len(problem.x)},
        "gradient": _("Not yet. Here the gradient is two times the average."),
        "w": _("Not yet. New w = %(old)s − %(rate)s × gradient.") % {"old": _operand(before), "rate": rate},
    }[name]


def _unreadable(reason: str) -> str:
    return {
        "long": _("That is longer than any number here. Write it with four decimals."),
        "not_finite": _("That is not a number to go on with. Write one such as −4.815."),
        "unclear": _("Is that comma for decimals or for thousands? Write it with one point, such as 1234.5."),
        "letters": _("We cannot read that as a number. Write it like −4.815, or as a fraction like 1/3."),
    }[reason]


def shown_cells(answer: Mapping[str, Any], reply: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """A stored answer for the timeline: (cell, what was typed, state)."""
    return tuple(
        (name.replace("_", " "), answer.get(name, ""), verdict["state"]) for name, verdict in reply["cells"].items()
    )
