"""Is a typed number right? Cell by cell, exactly, from the student's own previous w."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from lessons.maths import descent, values
from lessons.maths.descent import Problem

CellState = Literal["right", "rounded", "not_yet", "empty"]
TOLERANCE = Fraction(1, 1000)
EARLY_DECIMALS = (2, 3)


@dataclass(frozen=True)
class CellGrade:
    """The verdict on one cell; `reason` says why a number could not be read, if so."""

    state: CellState
    value: Fraction | None = None
    reason: str = ""


def exact_cells(problem: Problem, w: Fraction) -> dict[str, Fraction]:
    """Return every cell of one step's worksheet by name, worked from the value w before the step."""
    cells = {f"error_{i}": error for i, error in enumerate(descent.errors(problem, w), start=1)}
    cells |= {f"product_{i}": product for i, product in enumerate(descent.products(problem, w), start=1)}
    cells["mean"] = descent.mean_product(problem, w)
    cells["gradient"] = descent.gradient(problem, w)
    cells["w"] = descent.step(problem, w)
    return cells


def cell_names(problem: Problem, ask: Sequence[str]) -> tuple[str, ...]:
    """Spell out which cells a step asks for: ``errors`` is one cell a point, ``error_last`` the last of them.

    Under the half rule the gradient is the average, so it is not asked for a second time.
    """
    n_points = len(problem.x)
    names: list[str] = []
    for word in ask:
        if word in ("errors", "products"):
            names += [f"{word.removesuffix('s')}_{i}" for i in range(1, n_points + 1)]
        elif word == "error_last":
            names.append(f"error_{n_points}")
        elif word != "gradient" or problem.rule == "full":
            names.append(word)
    return tuple(names)


def grade_cell(typed: str | int | float | None, exact: Fraction) -> CellGrade:
    """Judge one number against its exact value.

    Right within ±0.001, both ends included; ``rounded`` only if it is the exact value rounded to two or
    three decimals; otherwise not yet.

    Examples
    --------
    >>> grade_cell("0,7463", Fraction("0.74625")).state
    'right'
    >>> grade_cell("0.75", Fraction("0.74625")).state
    'rounded'
    >>> grade_cell("-0.7463", Fraction("0.74625")).state
    'not_yet'
    """
    if typed is None or is_blank(typed):
        return CellGrade("empty")
    try:
        value = values.parse(typed)
    except values.UnreadableNumber as unreadable:
        return CellGrade("not_yet", reason=unreadable.reason)
    if abs(value - exact) <= TOLERANCE:
        return CellGrade("right", value)
    if any(_is_rounding(value, exact, n_decimals) for n_decimals in EARLY_DECIMALS):
        return CellGrade("rounded", value)
    return CellGrade("not_yet", value)


def is_blank(typed: str | int | float | None) -> bool:
    """Tell whether nothing was typed; the number 0 is something."""
    return typed is None or not str(typed).strip()


def _is_rounding(value: Fraction, exact: Fraction, n_decimals: int) -> bool:
    # At an exact tie both neighbours count: schools round half up, Python rounds half to even.
    return (value * 10**n_decimals).denominator == 1 and abs(value - exact) <= Fraction(1, 2 * 10**n_decimals)


def grade_step(
    problem: Problem, w: Fraction, answer: Mapping[str, str | int | float | None], asked: Sequence[str]
) -> dict[str, CellGrade]:
    """Judge one step's cells: those asked for, and any others that were filled in.

    Parameters
    ----------
    w : Fraction, the student's own value before this step
    answer : what was typed, by cell name
    asked : the names of the cells that the step asks for
    """
    exact = exact_cells(problem, w)
    unknown = sorted(set(answer) - set(exact))
    if unknown:
        raise ValueError(f"no such cells: {unknown}")
    filled = [name for name in exact if name in asked or not is_blank(answer.get(name))]
    return {name: grade_cell(answer.get(name), exact[name]) for name in filled}


def is_accepted(grades: Mapping[str, CellGrade], asked: Sequence[str]) -> bool:
    """Tell whether every asked cell is right, or right but rounded early."""
    return all(grades[name].state in ("right", "rounded") for name in asked)
