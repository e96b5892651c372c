"""The worksheet's page: one step with whatever was typed into it last, and the drawings beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any
from zlib import crc32

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from classroom.models import GradientRule
from lessons.activities.hand_steps import charts
from lessons.activities.hand_steps.grade import CHECKS_BEFORE_SOLUTION, StepsMemory, chain_of
from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.chain import Chain
from lessons.activities.hand_steps.maths.misconceptions import Position, position
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.hand_steps.words import cell_label, cell_name, hint, kind_of, line, loss_name, row_of, solution
from lessons.maths import descent, values
from lessons.maths.descent import Problem
from lessons.standings import Standing

LETS_RUN = 40
MOST_NAMED = 3  # cells that are still empty


@dataclass(frozen=True)
class Flip:
    """Flip of every sign that was lost in one way: by one key, and what follows from them goes along.

    `cells` change their sign; a `new_w` that follows is as far on the other side of the old one.
    """

    label: str
    cells: str
    new_w: str = ""


@dataclass(frozen=True)
class Says:
    """What is said once, at the first of the cells that have it in common."""

    cell: str
    text: str
    state: str
    where: str = ""
    flip: Flip | None = None
    solution: str = ""
    offers_solution: bool = False


@dataclass(frozen=True)
class Cell:
    """One field of the worksheet as the page shows it.

    `line` is what to work out in it, `hint` the next thought. `says_at` names the cell at which its slip is said. It is
    sent by its name, or `sent_as` another where a cell of that name is on the page already.
    """

    name: str
    label: str
    line: str
    hint: str = ""
    typed: str = ""
    state: str = ""
    follows: str = ""
    says: Says | None = None
    says_at: str = ""
    is_asked: bool = True
    is_here: bool = False
    sent_as: str = ""

    @property
    def field(self) -> str:
        return self.sent_as or (self.name if self.is_asked else f"scratch_{self.name}")

    @property
    def is_open(self) -> bool:
        return self.is_asked and self.state not in ("right", "rounded")

    @property
    def is_wrong(self) -> bool:
        """Tell whether it is wrong by itself, and not because of a cell above."""
        return self.state == "not_yet" and not self.follows


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
    """A step that stands: the value it gave, and the notebook's. It is open until the next one is checked.

    It is at hand while its sheet is under it, to be mended.
    """

    number: int
    w: str
    notebook: str
    is_rounded: bool
    is_carried: bool
    joy: str
    is_open: bool
    is_at_hand: bool


@dataclass(frozen=True)
class LaterStep:
    """A step to come, for whoever has to go on without a connection: what to write down."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Worksheet:
    """One step's worksheet with whatever was typed into it last.

    From step `to_mend` on the values differ from the notebook's. Step `to_fix` is that one, or the first to have been
    left with a cell that is not right.
    """

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
    to_fix: int | None
    all_taken: bool
    is_mending: bool
    can_go_on: bool
    tries: int
    solution_in: int
    solution_of: str
    here: Cell
    was_checked: bool
    later: tuple[LaterStep, ...]
    # What the drawings show: the values of w so far, and the slope as the student wrote it.
    problem: Problem
    path: tuple[Fraction, ...]
    slope: str
    descent: charts.Descent | None

    @property
    def cells(self) -> list[Cell]:
        return [cell for row in self.rows for cell in (row.error, row.product)] + [self.mean, self.gradient, self.new_w]

    @property
    def says_of_rows(self) -> list[Says]:
        """What is said of the rows; each says where, if there is more than one."""
        said = [cell.says for row in self.rows for cell in (row.error, row.product) if cell.says]
        if len(said) < 2:
            return said
        # Which cells are empty it says by itself.
        return [says if says.state == "empty" else replace(says, where=capfirst(cell_name(says.cell))) for says in said]

    @property
    def follows(self) -> bool:
        return any(cell.follows for cell in self.cells)

    @property
    def n_empty(self) -> int:
        return sum(cell.state == "empty" for cell in self.cells)

    # Drawn only where the page does not show them already.
    @cached_property
    def loss_chart(self) -> charts.LossChart:
        return charts.loss_chart(self.problem, self.path, slope=self.slope)

    @cached_property
    def data_chart(self) -> charts.DataChart:
        return charts.data_chart(self.problem, self.path[-1])

    @property
    def is_help_open(self) -> bool:
        """Tell whether the page begins with how a step works."""
        return self.step == 1 and not self.was_checked and not self.is_mending

    @property
    def is_worked_at(self) -> bool:
        """Tell whether the sheet is there, with the drawings beside it."""
        return self.is_mending or not self.all_taken

    @cached_property
    def drawn(self) -> str:
        """Name of what the drawings show."""
        return f"charts-{crc32(repr((self.problem, self.path, self.slope)).encode()):x}"

    @cached_property
    def ahead(self) -> str:
        """Name of the sheets to come. A page that has them has those of every later step."""
        return f"ahead-{self.rule}"

    @property
    def pieces(self) -> tuple[str, ...]:
        """Names of what an answer need not bring again, while the page shows it."""
        if not self.is_worked_at:
            return ()
        found = ((self.drawn, True), (self.ahead, self.later), ("help", not self.is_help_open))
        return tuple(name for name, is_there in found if is_there)


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
    at = position(problem, chain.path[:step])
    answer, reply = last
    verdicts = reply.get("cells", {})
    cells = _cells(at, grading.cell_names(problem, activity.steps[step - 1].ask), answer, reply)
    cells = _with_says(at, cells, answer, reply, standing.memory, step)
    tries = standing.tries_at.get(step, 0)
    all_taken = n_taken == n_steps
    own = next((cell for cell in cells.values() if cell.is_wrong), None)
    is_offered = any(cell.says and (cell.says.offers_solution or cell.says.solution) for cell in cells.values())
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
        taken=_taken(chain, at_hand=step if is_mending else 0, is_fresh=is_over or not (is_mending or verdicts)),
        to_mend=chain.to_mend,
        to_fix=chain.to_mend or min(chain.carried, default=None),
        all_taken=all_taken,
        is_mending=is_mending,
        can_go_on=tries >= CHECKS_BEFORE_SOLUTION and not is_mending,
        tries=tries,
        solution_in=CHECKS_BEFORE_SOLUTION - standing.memory.wrong_checks(step, own.name) if own else 0,
        solution_of=cell_name(own.name) if own and not is_offered else "",
        here=next((cell for cell in cells.values() if cell.is_here), cells["w"]),
        was_checked=bool(verdicts),
        later=tuple(_later(activity, problem, number) for number in range(step + 1, n_steps + 1)),
        problem=problem,
        path=shown,
        slope=slope,
        # It walks through the notebook's values: nothing to show to whoever has them to find still.
        descent=charts.descent_of(problem, activity.start, LETS_RUN) if is_over and not chain.to_mend else None,
    )


def _slope(problem: Problem, cells: Mapping[str, Cell]) -> str:
    """The slope that the tangent is labelled with: the student's own number, once it is right."""
    own = cells["gradient" if problem.rule == "full" else "mean"]
    # Its sign as it is printed everywhere else.
    return own.typed.replace("-", "−") if own.state in ("right", "rounded") else ""


def _cells(
    at: Position, asked: tuple[str, ...], answer: Mapping[str, Any], reply: Mapping[str, Any]
) -> dict[str, Cell]:
    """Give every cell of the sheet by name, in the order in which they are worked out."""
    scratch, verdicts = answer.get("scratch", {}), reply.get("cells", {})
    exact = at.exact
    right = {name for name in exact if verdicts.get(name, {}).get("state") in ("right", "rounded")}
    found = {}
    for name in exact:
        verdict = verdicts.get(name, {})
        # A cell that was asked for as a separating question is graded too, though the step goes on without it.
        is_asked = name in asked or name in verdicts or name == reply.get("ask")
        typed = answer.get(name, "") if is_asked else scratch.get(name, "")
        found[name] = Cell(
            name=name,
            label=cell_label(name, at),
            line=line(name, at),
            hint=hint(name, at, right),
            typed=typed or (scratch.get(name, "") if is_asked else ""),
            state=verdict.get("state", ""),
            follows=verdict.get("feedback", "") if verdict.get("follows") else "",
            is_asked=is_asked,
        )
    first = next((cell for cell in found.values() if cell.is_open and not cell.follows), None)
    return found | {first.name: replace(first, is_here=True)} if first else found


def _with_says(
    at: Position,
    cells: Mapping[str, Cell],
    answer: Mapping[str, Any],
    reply: Mapping[str, Any],
    memory: StepsMemory,
    step: int,
) -> dict[str, Cell]:
    """Put what is said to its first cell, and tell the others where that is."""
    verdicts = reply.get("cells", {})
    solved = memory.solved.get(step, ())
    found = dict(cells)
    for name, cell in cells.items():
        verdict = verdicts.get(name, {})
        is_solved = name in solved and cell.is_open
        if cell.follows or not (verdict.get("feedback") or is_solved):
            continue
        alike = [name, *_others_like(name, verdicts)] if cell.is_wrong else [name]
        says = Says(
            cell=name,
            text=verdict.get("feedback", ""),
            state=cell.state,
            flip=_flip(at, alike, verdict.get("slip"), cells) if cell.is_wrong else None,
            solution=solution(name, at) if is_solved else "",
            offers_solution=cell.is_wrong and not is_solved and memory.offers_solution(step, name),
        )
        for other in alike:
            found[other] = replace(found[other], says_at=name)
        found[name] = replace(found[name], says=says)
    empty = [name for name, cell in cells.items() if cell.state == "empty"]
    if empty:
        first = empty[0]
        says = found[first].says or Says(cell=first, text="", state="empty")
        found[first] = replace(found[first], says=replace(says, text=_still_empty(empty)))
        found |= {name: replace(found[name], says_at=first) for name in empty}
    return found


def _still_empty(cells: Sequence[str]) -> str:
    if len(cells) <= MOST_NAMED:
        return _("Still empty: %(cells)s.") % {"cells": ", ".join(map(cell_name, cells))}
    return _("%(n)d cells are still empty. The first: %(cell)s.") % {"n": len(cells), "cell": cell_name(cells[0])}


def _others_like(first: str, verdicts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The cells of the same kind with the same slip, of which nothing more is said."""
    same = (kind_of(first), verdicts[first].get("slip"))
    return [
        name
        for name, verdict in verdicts.items()
        if (kind_of(name), verdict.get("slip")) == same
        and row_of(name) > row_of(first)
        and verdict["state"] == "not_yet"
        and not verdict["feedback"]
    ]


def _flip(at: Position, alike: list[str], slip: str | None, cells: Mapping[str, Cell]) -> Flip | None:
    """The key that gives each of these cells its minus, if that is all they lack."""
    if slip not in ("sign", misconceptions.LOST_MINUS):
        return None
    exact = at.exact

    def turned(name: str, about: Fraction = Fraction(0)) -> Fraction | None:
        typed = grading.grade_cell(cells[name].typed, exact[name]).value
        other = None if typed is None else 2 * about - typed
        return other if other is not None and grading.fits(other, exact[name]) else None

    if any(turned(name) is None for name in alike):
        return None
    follows = [name for name, cell in cells.items() if cell.follows and name != "w" and turned(name) is not None]
    w = turned("w", at.w) if cells["w"].follows else None
    return Flip(_flips(len(alike)), " ".join([*alike, *follows]), "" if w is None else values.show(w))


def _flips(n: int) -> str:
    numerals = (_("both"), _("all three"), _("all four"), _("all five"), _("all six"))
    return _("± Flip it") if n == 1 else _("± Flip %(all)s") % {"all": numerals[n - 2]}


def _taken(chain: Chain, *, at_hand: int, is_fresh: bool) -> tuple[TakenStep, ...]:
    steps = []
    for number, own in enumerate(chain.values, start=1):
        exact = descent.step(chain.problem, chain.path[number - 1])
        is_carried = number in chain.carried
        steps.append(
            TakenStep(
                number=number,
                w=values.show(own),
                notebook=values.show(chain.notebook(number)),
                is_rounded=grading.grade_cell(str(own), exact).state == "rounded",
                is_carried=is_carried,
                joy="" if is_carried else _joy(chain, number),
                is_open=is_fresh and number == len(chain.values),
                is_at_hand=number == at_hand,
            )
        )
    return tuple(steps)


def _joy(chain: Chain, number: int) -> str:
    """One sentence about what a step has done."""
    before, after = chain.path[number - 1], chain.path[number]
    moved = {"old": values.show(before), "w": values.show(after)}
    if before == after:
        return _("w stays at %(w)s. The gradient is 0 here.") % moved
    if number == 1:
        says = (
            _("w climbed from %(old)s to %(w)s. You did not choose the way: the gradient did.")
            if after > before
            else _("w went down from %(old)s to %(w)s. You did not choose the way: the gradient did.")
        )
        return says % moved
    earlier = chain.path[number - 2]
    is_flatter = abs(descent.gradient(chain.problem, before)) < abs(descent.gradient(chain.problem, earlier))
    if is_flatter and abs(after - before) < abs(before - earlier):
        return _("From %(old)s to %(w)s: a shorter step, because the gradient shrank.") % moved
    return _("From %(old)s to %(w)s.") % moved


def _later(activity: HandSteps, problem: Problem, number: int) -> LaterStep:
    asked = grading.cell_names(problem, activity.steps[number - 1].ask)
    # Under a name of their own: the sheet at hand has the same cells on the same page.
    cells = (Cell(name=f"step-{number}-{name}", label=cell_name(name), line="", sent_as=name) for name in asked)
    return LaterStep(number, tuple(cells))
