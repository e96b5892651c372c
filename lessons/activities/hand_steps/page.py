"""The worksheet's page: one step with whatever was typed into it last, and the drawings beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from classroom.models import GradientRule
from lessons.activities.hand_steps import charts
from lessons.activities.hand_steps.grade import TRIES_BEFORE_WORKED_LINE, StepsMemory, chain_of
from lessons.activities.hand_steps.maths import grading
from lessons.activities.hand_steps.maths.chain import Chain
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.hand_steps.words import cell_label, cell_name, line, loss_name
from lessons.maths import descent, values
from lessons.maths.descent import Problem
from lessons.standings import Standing

LETS_RUN = 40


@dataclass(frozen=True)
class Cell:
    """One field of the worksheet as the page shows it; `line` is what to work out in it.

    It is sent by its name, or `sent_as` another where a cell of that name is on the page already.
    """

    name: str
    label: str
    line: str
    typed: str = ""
    state: str = ""
    feedback: str = ""
    is_asked: bool = True
    is_here: bool = False
    sent_as: str = ""

    @property
    def field(self) -> str:
        return self.sent_as or (self.name if self.is_asked else f"scratch_{self.name}")

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
    cells: tuple[Cell, ...]


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
    descent: charts.Descent | None

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


def worksheet(
    activity: HandSteps,
    rule: GradientRule,
    standing: Standing[StepsMemory],
    last: tuple[Mapping[str, Any], Mapping[str, Any]],
    step: int | None = None,
) -> Worksheet:
    """Lay out the step that comes next, or one that is to be mended.

    Parameters
    ----------
    last : the answer and the reply of the newest submission to this step; empty if there is none
    step : a step that was taken before; without it the next one
    """
    chain = chain_of(activity, rule, standing.memory)
    problem = chain.problem
    n_steps, n_taken = len(activity.steps), len(chain.values)
    is_mending = step is not None and step <= n_taken
    if step is None or not is_mending:
        step = min(chain.next_step, n_steps)
    at = Position(problem, chain.path[:step])
    answer, reply = last
    verdicts = reply.get("cells", {})
    cells = _cells(at, grading.cell_names(problem, activity.steps[step - 1].ask), answer, reply)
    tries = standing.tries_at.get(step, 0)
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
        loss_name=loss_name(problem),
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
        descent=charts.descent_of(problem, activity.start, LETS_RUN) if all_taken else None,
    )


def _slope(problem: Problem, cells: Mapping[str, Cell]) -> str:
    """The slope that the tangent is labelled with: the student's own number, once it is right."""
    own = cells["gradient" if problem.rule == "full" else "mean"]
    return own.typed if own.state in ("right", "rounded") else ""


def _cells(
    at: Position, asked: tuple[str, ...], answer: Mapping[str, Any], reply: Mapping[str, Any]
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
            label=cell_label(name, at),
            line=line(name, at),
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
    # Under a name of their own: the sheet at hand has the same cells on the same page.
    cells = (Cell(name=f"step-{number}-{name}", label=cell_name(name), line="", sent_as=name) for name in asked)
    return LaterStep(number, tuple(cells))
