"""The worksheet: grading one step of gradient descent, and the page that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import GradientRule
from classroom.refusals import Conflict
from lessons import charts, slips
from lessons.authoring.schema import HandSteps
from lessons.forms import hand_step_answer
from lessons.maths import descent, grading, values
from lessons.maths.chain import Chain
from lessons.maths.descent import Problem
from lessons.maths.grading import CellGrade, Diagnosis
from lessons.maths.misconceptions import Standing
from lessons.verdicts import Verdict

TRIES_BEFORE_WORKED_LINE = 3
# Farther from the start than any slip leads: nobody can go on by hand from there.
FARTHEST = 1_000_000
LETS_RUN = 40


@dataclass(frozen=True)
class Cell:
    """One field of the worksheet as the page shows it; `line` is what to work out in it."""

    name: str
    label: str
    line: str
    typed: str = ""
    state: str = ""
    feedback: str = ""
    is_asked: bool = True
    is_here: bool = False

    @property
    def field(self) -> str:
        return self.name if self.is_asked else f"scratch_{self.name}"

    @property
    def is_open(self) -> bool:
        return self.is_asked and self.state not in ("right", "rounded")


@dataclass(frozen=True)
class Row:
    x: str
    y: str
    prediction: str
    error: Cell
    product: Cell

    @property
    def is_here(self) -> bool:
        return self.error.is_here or self.product.is_here


@dataclass(frozen=True)
class TakenStep:
    """A step that stands: the value it gave, and the notebook's."""

    number: int
    w: str
    notebook: str
    is_rounded: bool
    is_carried: bool


@dataclass(frozen=True)
class LaterStep:
    """A step to come, for whoever has to go on without a connection: what to write down."""

    number: int
    cells: tuple[tuple[str, str], ...]


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
    gradient: Cell
    new_w: Cell
    taken: tuple[TakenStep, ...]
    to_mend: int | None
    all_taken: bool
    is_mending: bool
    can_go_on: bool
    tries: int
    tries_needed: int
    worked_line: str
    here: str
    was_checked: bool
    later: tuple[LaterStep, ...]
    loss_chart: charts.LossChart
    data_chart: charts.DataChart
    run: charts.Run | None

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in (row.error, row.product)] + [self.mean, self.gradient, self.new_w]

    @property
    def hints(self) -> list[Cell]:
        """One line for each kind of cell that is still open, the first of its kind."""
        kinds: dict[str, Cell] = {}
        for cell in self.cells:
            if cell.is_open:
                kinds.setdefault(cell.name.partition("_")[0], cell)
        return list(kinds.values())

    @property
    def n_not_yet(self) -> int:
        return sum(cell.state == "not_yet" for cell in self.cells)

    @property
    def n_empty(self) -> int:
        return sum(cell.state == "empty" for cell in self.cells)


def problem_of(activity: HandSteps, rule: GradientRule) -> Problem:
    return Problem(activity.x, activity.y, activity.learning_rate, "half" if rule == GradientRule.HALF else "full")


def chain_of(activity: HandSteps, rule: GradientRule, memory: Mapping[str, Any]) -> Chain:
    taken = tuple(Fraction(text) for text in memory.get("values", ()))
    return Chain(problem_of(activity, rule), activity.start, taken, frozenset(memory.get("carried", ())))


def grade(activity: HandSteps, rule: GradientRule, standing: Mapping[str, Any], step: int, raw: Any) -> Verdict:
    """Judge an answer to one step, going on from the student's own value before it.

    Raises
    ------
    Refusal
        If the step does not exist, is not open yet, or the answer cannot be read.
    """
    memory = standing.get("memory", {})
    chain = chain_of(activity, rule, memory)
    if step > len(activity.steps):
        raise Conflict(_("This worksheet has %(count)d steps.") % {"count": len(activity.steps)})
    if step > chain.next_step:
        raise Conflict(_("Step %(step)d comes first.") % {"step": chain.next_step})
    at = Standing(chain.problem, chain.path[:step])
    asked = grading.cell_names(chain.problem, activity.steps[step - 1].ask)
    answer = hand_step_answer(raw, grading.exact_cells(chain.problem, at.w))
    grades = grading.grade_step(chain.problem, at.w, answer.cells, asked)
    # Going on with every decimal is right too, and so are the slips that are made on that way.
    whole = Standing(chain.problem, chain.unrounded[:step])
    if whole.path != at.path:
        grades = grading.kinder(grades, grading.grade_step(chain.problem, whole.w, answer.cells, asked))
    accepted = grading.is_accepted(grades, asked)
    made = memory.get("slips", {})
    diagnoses = _diagnoses(at, whole, grades, made.get(str(step - 1), ""))
    slip = _leading_slip(grades, diagnoses)
    w = grades["w"].value
    if answer.goes_on and not accepted:
        _check_may_go_on(standing, step, chain, w)
    if w is not None and (accepted or answer.goes_on):
        chain = chain.with_step(step, w, is_carried=not accepted)
    return Verdict(
        answer=answer.as_data(),
        cells={name: _cell_reply(name, grades[name], diagnoses.get(name), at) for name in grades},
        accepted=accepted,
        matches_notebook=accepted and chain.matches(step, w),
        is_blank=all(grading.is_blank(text) for text in answer.cells.values()),
        carried_from=values.show(at.w),
        memory={
            "values": [str(value) for value in chain.values],
            "carried": sorted(chain.carried),
            "slips": {**made, str(step): slip} if slip else made,
        },
        is_done=len(chain.values) == len(activity.steps) and not chain.carried,
        open_step=_open_step(chain, len(activity.steps)),
        slip=slip,
        ask=next((diagnosis.ask for diagnosis in diagnoses.values() if diagnosis.ask), ""),
        worked_line=_worked_line(at, next((name for name in asked if not _is_good(grades[name])), "")),
    )


def _diagnoses(at: Standing, whole: Standing, grades: Mapping[str, CellGrade], last_slip: str) -> dict[str, Diagnosis]:
    found = grading.diagnose(at, grades, last_slip)
    if whole.path == at.path or all(diagnosis.candidates or diagnosis.follows_from for diagnosis in found.values()):
        return found
    other = grading.diagnose(whole, grades, last_slip)
    return {
        name: diagnosis if diagnosis.candidates or diagnosis.follows_from else other[name]
        for name, diagnosis in found.items()
    }


def _check_may_go_on(standing: Mapping[str, Any], step: int, chain: Chain, w: Fraction | None) -> None:
    if standing.get("tries_at", {}).get(str(step), 0) < TRIES_BEFORE_WORKED_LINE or step != chain.next_step:
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


def worksheet(
    activity: HandSteps,
    rule: GradientRule,
    standing: Mapping[str, Any],
    last: tuple[Mapping[str, Any], Mapping[str, Any]],
    step: int | None = None,
) -> Worksheet:
    """Lay out the step that comes next, or one that is to be mended.

    Parameters
    ----------
    last : the answer and the reply of the newest submission to this step; empty if there is none
    step : a step that was taken before; without it the next one
    """
    chain = chain_of(activity, rule, standing.get("memory", {}))
    problem = chain.problem
    n_steps, n_taken = len(activity.steps), len(chain.values)
    is_mending = step is not None and step <= n_taken
    if step is None or not is_mending:
        step = min(chain.next_step, n_steps)
    at = Standing(problem, chain.path[:step])
    answer, reply = last
    verdicts = reply.get("cells", {})
    cells = _cells(at, grading.cell_names(problem, activity.steps[step - 1].ask), answer, reply)
    tries = standing.get("tries_at", {}).get(str(step), 0)
    all_taken = n_taken == n_steps
    is_over = all_taken and not is_mending
    slope = values.show(descent.gradient(problem, chain.path[-1])) if is_over else _slope(problem, cells)
    shown = chain.path if is_over else at.path
    return Worksheet(
        step=step,
        n_steps=n_steps,
        say=activity.steps[step - 1].say,
        w=values.show(at.w),
        learning_rate=values.show(activity.learning_rate, 6),
        n_points=len(problem.x),
        rule=rule.value,
        loss_name=_loss_name(problem),
        rows=tuple(
            Row(
                x=values.show(x),
                y=values.show(y),
                prediction=values.show(at.w * x),
                error=cells[f"error_{i}"],
                product=cells[f"product_{i}"],
            )
            for i, (x, y) in enumerate(zip(problem.x, problem.y, strict=True), start=1)
        ),
        mean=cells["mean"],
        gradient=cells["gradient"],
        new_w=cells["w"],
        taken=_taken(chain),
        to_mend=chain.to_mend,
        all_taken=all_taken,
        is_mending=is_mending,
        can_go_on=tries >= TRIES_BEFORE_WORKED_LINE and not is_mending,
        tries=tries,
        tries_needed=TRIES_BEFORE_WORKED_LINE,
        worked_line=reply.get("worked_line") or "",
        here=next((cell.line for cell in cells.values() if cell.is_here), ""),
        was_checked=bool(verdicts),
        later=tuple(_later(activity, problem, number) for number in range(step + 1, n_steps + 1)),
        loss_chart=charts.loss_chart(problem, shown, slope=slope),
        data_chart=charts.data_chart(problem, shown[-1]),
        run=charts.run_chart(problem, activity.start, LETS_RUN) if all_taken else None,
    )


def _slope(problem: Problem, cells: Mapping[str, Cell]) -> str:
    """The slope that the tangent is labelled with: the student's own number, once it is right."""
    own = cells["gradient" if problem.rule == "full" else "mean"]
    return own.typed if own.state in ("right", "rounded") else ""


def _cells(
    at: Standing, asked: tuple[str, ...], answer: Mapping[str, Any], reply: Mapping[str, Any]
) -> dict[str, Cell]:
    """Give every cell of the sheet by name, in the order in which they are worked out."""
    scratch, verdicts = answer.get("scratch", {}), reply.get("cells", {})
    found = {}
    for name in grading.exact_cells(at.problem, at.w):
        verdict = verdicts.get(name, {})
        # A cell that was asked for as a separating question is graded too, though the step goes on without it.
        is_asked = name in asked or name in verdicts or name == reply.get("ask")
        typed = answer.get(name, "") if is_asked else scratch.get(name, "")
        found[name] = Cell(
            name=name,
            label=_label(name, at),
            line=_line(name, at),
            typed=typed or (scratch.get(name, "") if is_asked else ""),
            state=verdict.get("state", ""),
            feedback=verdict.get("feedback", ""),
            is_asked=is_asked,
        )
    first = next((cell for cell in found.values() if cell.is_open), None)
    return found | {first.name: replace(first, is_here=True)} if first else found


def _taken(chain: Chain) -> tuple[TakenStep, ...]:
    steps = []
    for number, own in enumerate(chain.values, start=1):
        exact = descent.step(chain.problem, chain.path[number - 1])
        is_rounded = grading.grade_cell(str(own), exact).state == "rounded"
        theirs = values.show(chain.notebook(number))
        steps.append(TakenStep(number, values.show(own), theirs, is_rounded, number in chain.carried))
    return tuple(steps)


def _later(activity: HandSteps, problem: Problem, number: int) -> LaterStep:
    asked = grading.cell_names(problem, activity.steps[number - 1].ask)
    return LaterStep(number, tuple((name, _name(name)) for name in asked))


def summary(memory: Mapping[str, Any]) -> str:
    """The last value reached, for the arc."""
    taken = [Fraction(text) for text in memory.get("values", ())]
    subscript = "".join("₀₁₂₃₄₅₆₇₈₉"[int(digit)] for digit in str(len(taken)))
    return f"w{subscript} = {values.show(taken[-1])}" if taken else ""


def _loss_name(problem: Problem) -> str:
    return _("half the mean squared error") if problem.rule == "half" else _("the mean squared error")


def _operand(value: Fraction) -> str:
    return f"({values.show(value)})" if value < 0 else values.show(value)


def _name(cell: str) -> str:
    """A cell in words: “error of row 2”."""
    kind, _underscore, row = cell.partition("_")
    return {
        "error": _("error of row %(row)s"),
        "product": _("error × x of row %(row)s"),
        "mean": _("average"),
        "gradient": _("gradient"),
        "w": _("new w"),
    }[kind] % {"row": row}


def _label(cell: str, at: Standing) -> str:
    """A cell's name for whoever hears the sheet: “row 2, x = 2, error = prediction minus y”."""
    kind, _underscore, row = cell.partition("_")
    x = values.show(at.problem.x[int(row) - 1]) if row else ""
    return {
        "error": _("row %(row)s, x = %(x)s, error = prediction minus y"),
        "product": _("row %(row)s, x = %(x)s, error times x"),
        "mean": _("average of error times x"),
        "gradient": _("gradient, two times the average"),
        "w": _("new w"),
    }[kind] % {"row": row, "x": x}


def _line(cell: str, at: Standing) -> str:
    """What to work out in a cell, with the numbers that stand in the sheet: “Row 1: 0.7463 × 1 − 2.1 = ?”"""
    kind, _underscore, row = cell.partition("_")
    x, y = (at.problem.x[int(row) - 1], at.problem.y[int(row) - 1]) if row else (Fraction(0), Fraction(0))
    numbers = {
        "row": row,
        "x": _operand(x),
        "y": _operand(y),
        "w": _operand(at.w),
        "n": len(at.problem.x),
        "rate": values.show(at.rate, 6),
    }
    return {
        "error": _("Row %(row)s: %(w)s × %(x)s − %(y)s = ?"),
        "product": _("Row %(row)s: its error × %(x)s = ?"),
        "mean": _("The %(n)d products added, then ÷ %(n)d = ?"),
        "gradient": _("2 × average = ?"),
        "w": _("New w: %(w)s − %(rate)s × gradient = ?"),
    }[kind] % numbers


def _worked_line(at: Standing, cell: str) -> str:
    """How one cell is worked out, to the number: “0.7463 × 2 − 3.9 = −2.4075”."""
    if not cell:
        return ""
    exact = grading.exact_cells(at.problem, at.w)
    kind, _underscore, row = cell.partition("_")
    shown = {name: _operand(value) for name, value in exact.items()}
    n_points = len(at.problem.x)
    rate, result = values.show(at.rate, 6), values.show(exact[cell])
    if kind == "error":
        x, y = at.problem.x[int(row) - 1], at.problem.y[int(row) - 1]
        return f"{_operand(at.w)} × {_operand(x)} − {_operand(y)} = {result}"
    if kind == "product":
        return f"{shown[f'error_{row}']} × {_operand(at.problem.x[int(row) - 1])} = {result}"
    if kind == "mean":
        terms = " + ".join(shown[f"product_{i}"] for i in range(1, n_points + 1))
        return f"({terms}) ÷ {n_points} = {result}"
    if kind == "gradient":
        return f"2 × {shown['mean']} = {result}"
    return f"{_operand(at.w)} − {rate} × {shown['gradient']} = {result}"


def _cell_reply(name: str, grade: CellGrade, diagnosis: Diagnosis | None, at: Standing) -> dict[str, Any]:
    found = diagnosis or Diagnosis()
    return {
        "state": grade.state,
        "slip": found.slip or None,
        "candidates": list(found.candidates),
        "feedback": _feedback(name, grade, found, at),
    }


def _feedback(name: str, grade: CellGrade, found: Diagnosis, at: Standing) -> str:
    """One kind sentence or two about a cell: what happened, or where to look; never just “wrong”."""
    if grade.state in ("right", "empty"):
        return ""
    if grade.state == "rounded":
        return _("Right, but rounded early. Keep four decimals until the last line.")
    if grade.reason:
        return _unreadable(grade.reason)
    if found.follows_from:
        return _("This goes with your %(cell)s. Mend that one first, then work this out again.") % {
            "cell": _name(found.follows_from)
        }
    if found.slip:
        return slips.sentence(found.slip, _numbers(at))
    says = slips.one_of(found.candidates) if found.candidates else _line(name, at)
    if found.ask:
        says += " " + _("Write your %(cell)s into its cell and check again: that shows the place.") % {
            "cell": _name(found.ask)
        }
    return says


def _numbers(at: Standing) -> dict[str, object]:
    is_half = at.problem.rule == "half"
    return {
        "n": len(at.problem.x),
        "rate": values.show(at.rate, 6),
        "old": _operand(at.w),
        "start": _operand(at.start),
        "loss": _loss_name(at.problem),
        "gradient": _("the average of error × x") if is_half else _("2 × the average of error × x"),
    }


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
