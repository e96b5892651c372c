"""Grading of typed numbers, and which slip explains a wrong one: cell by cell, from the student's own previous w."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from lessons.activities.hand_steps.maths import misconceptions
from lessons.activities.hand_steps.maths.misconceptions import Cells, Position
from lessons.maths import descent, values
from lessons.maths.descent import Problem

CellState = Literal["right", "rounded", "not_yet", "empty"]
TOLERANCE = Fraction(1, 1000)
EARLY_DECIMALS = (2, 3)
FARTHEST_ROUNDING = Fraction(1, 2 * 10 ** min(EARLY_DECIMALS))


@dataclass(frozen=True)
class CellGrade:
    """Grade of one cell; `reason` says why a number could not be read, if so."""

    state: CellState
    value: Fraction | None = None
    reason: str = ""


def exact_cells(problem: Problem, w: Fraction) -> Cells:
    """Return every cell of one step's worksheet by name, worked from the value w before the step."""
    return misconceptions.position(problem, (w,)).exact


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


@lru_cache(maxsize=4096, typed=True)  # most of a class writes the same numbers into the same sheet
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
    if typed is None or values.is_blank(typed):
        return CellGrade("empty")
    try:
        read = values.readings(typed)
    except values.UnreadableNumber as unreadable:
        return CellGrade("not_yet", reason=unreadable.reason)
    # Of 1,000 nobody is to be told that it is wrong because it was read as the other number.
    value = next((each for each in read if fits(each, exact)), read[0])
    if abs(value - exact) <= TOLERANCE:
        return CellGrade("right", value)
    return CellGrade("rounded" if fits(value, exact) else "not_yet", value)


def fits(value: Fraction, exact: Fraction) -> bool:
    """Tell whether `value` is `exact` as people write it: within ±0.001, or rounded at two or three decimals."""
    gap = abs(value - exact)
    if gap <= TOLERANCE or gap > FARTHEST_ROUNDING:
        return gap <= TOLERANCE
    return any(_is_rounding(value, exact, n_decimals) for n_decimals in EARLY_DECIMALS)


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
    filled = [name for name in exact if name in asked or not values.is_blank(answer.get(name))]
    return {name: grade_cell(answer.get(name), exact[name]) for name in filled}


def kinder(one: Mapping[str, CellGrade], other: Mapping[str, CellGrade]) -> dict[str, CellGrade]:
    """Take the better grade of each cell, where an answer may be right in two ways."""
    order = ("right", "rounded", "not_yet", "empty")
    return {name: min(one[name], other[name], key=lambda grade: order.index(grade.state)) for name in one}


def is_accepted(grades: Mapping[str, CellGrade], asked: Sequence[str]) -> bool:
    """Tell whether every asked cell is right, or right but rounded early."""
    return all(grades[name].state in ("right", "rounded") for name in asked)


@dataclass(frozen=True)
class Diagnosis:
    """Diagnosis of a cell that is not right yet.

    Parameters
    ----------
    candidates : every slip that fits, the most likely first
    slip : the one to name; empty while several fit that are mended differently
    follows_from : the cell above that is not right and from which this one was worked out rightly; else empty
    ask : the cell that would tell the candidates apart, or find the place where none fits; else empty
    """

    candidates: tuple[str, ...] = ()
    slip: str = ""
    follows_from: str = ""
    ask: str = ""


@dataclass(frozen=True)
class _Explanation:
    """A slip that gives what was typed, and how much else on the sheet it accounts for."""

    slug: str
    given: Cells
    is_consistent: bool
    n_explained: int


def diagnose(at: Position, grades: Mapping[str, CellGrade], last_slip: str = "") -> dict[str, Diagnosis]:
    """Explain every cell that is not right yet.

    Parameters
    ----------
    last_slip : the slip that the student made at the step before; if it fits here too, it is the likely one
    """
    wrong = {
        name: grade.value for name, grade in grades.items() if grade.state == "not_yet" and grade.value is not None
    }
    if not wrong:
        return {}
    exact = at.exact
    typed = {name: grade.value for name, grade in grades.items() if grade.value is not None}
    workings = misconceptions.workings(at)
    found = {}
    for name, value in wrong.items():
        if source := _source(at, name, value, typed, wrong):
            found[name] = Diagnosis(follows_from=source)
            continue
        explanations = _explanations(name, value, exact[name], workings, typed, wrong)
        found[name] = _told_apart(name, explanations, last_slip, grades, len(at.problem.x))
    return found


def _source(
    at: Position, name: str, value: Fraction, typed: Mapping[str, Fraction], wrong: Mapping[str, Fraction]
) -> str:
    """Name the wrong cell above from which this one was worked out rightly, if there is one."""
    kind, _underscore, row = name.partition("_")
    n_points = len(at.problem.x)
    products = [typed.get(f"product_{i}") for i in range(1, n_points + 1)]
    factor = descent.FACTOR[at.problem.rule]
    own: tuple[str, Fraction] | None = None
    if kind == "product" and f"error_{row}" in wrong:
        own = f"error_{row}", wrong[f"error_{row}"] * at.problem.x[int(row) - 1]
    elif kind == "mean" and None not in products:
        first = next((f"product_{i}" for i in range(1, n_points + 1) if f"product_{i}" in wrong), "")
        own = (first, sum(filter(None, products), Fraction(0)) / n_points) if first else None
    elif kind == "gradient" and "mean" in wrong:
        own = "mean", factor * wrong["mean"]
    elif kind == "w" and "gradient" in wrong:
        own = "gradient", at.w - at.rate * wrong["gradient"]
    elif kind == "w" and "mean" in wrong and "gradient" not in typed:
        own = "mean", at.w - at.rate * factor * wrong["mean"]
    return own[0] if own and fits(value, own[1]) else ""


def _explanations(
    name: str,
    value: Fraction,
    exact: Fraction,
    workings: Sequence[tuple[str, Cells]],
    typed: Mapping[str, Fraction],
    wrong: Mapping[str, Fraction],
) -> list[_Explanation]:
    """List the slips that give this number; where some go with the rest of the sheet, only the best of those."""
    fitting = [
        (slug, given) for slug, given in workings if name in given and given[name] != exact and fits(value, given[name])
    ]
    if exact < 0 and fits(value, -exact):
        fitting.append((misconceptions.LOST_MINUS, {name: -exact}))
    if misconceptions.is_digit_swap(value, exact):
        fitting.append((misconceptions.SWAPPED_DIGITS, {name: value}))
    if name != "w":
        fitting = _unlike_so_far(name, fitting)
    found = []
    # What stands further down the sheet may have been worked out in another way.
    above = {cell: number for cell, number in typed.items() if _level(cell) <= _level(name)}
    for slug, given in fitting:
        agrees = {cell: fits(number, given[cell]) for cell, number in above.items() if cell in given}
        n_explained = sum(agrees.get(cell, False) for cell in wrong)
        found.append(_Explanation(slug, given, all(agrees.values()), n_explained))
    found = [explanation for explanation in found if explanation.is_consistent] or found
    most = max((explanation.n_explained for explanation in found), default=0)
    return [explanation for explanation in found if explanation.n_explained == most]


def _unlike_so_far(name: str, fitting: Sequence[tuple[str, Cells]]) -> list[tuple[str, Cells]]:
    """Of slips that differ only further down the sheet than this cell, keep the first."""
    kept: dict[tuple[tuple[str, Fraction], ...], tuple[str, Cells]] = {}
    for slug, given in fitting:
        so_far = tuple((cell, value) for cell, value in given.items() if _level(cell) <= _level(name))
        kept.setdefault(so_far, (slug, given))
    return list(kept.values())


def _level(cell: str) -> int:
    return ("error", "product", "mean", "gradient", "w").index(cell.partition("_")[0])


def _told_apart(
    name: str, found: Sequence[_Explanation], last_slip: str, grades: Mapping[str, CellGrade], n_points: int
) -> Diagnosis:
    candidates = tuple(dict.fromkeys(explanation.slug for explanation in found))
    remedies = {misconceptions.SAME_REMEDY.get(slug, slug) for slug in candidates}
    if name != "w" and remedies == {"sign", misconceptions.LOST_MINUS}:
        # Turned around or lost on the way: above the last line a sign is put right in one way.
        return Diagnosis(candidates, "sign")
    if last_slip in candidates or len(remedies) == 1:
        return Diagnosis(candidates, last_slip if last_slip in candidates else candidates[0])
    if name != "w":
        return Diagnosis(candidates)
    probes = [cell for cell in (f"error_{n_points}", "mean") if cell not in grades or grades[cell].value is None]
    telling = [cell for cell in probes if not found or _tells_apart(cell, found)]
    return Diagnosis(candidates, ask=telling[0] if telling else "")


def _tells_apart(cell: str, found: Sequence[_Explanation]) -> bool:
    return len({explanation.given.get(cell) for explanation in found}) > 1
