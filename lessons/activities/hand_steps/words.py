"""The cells of a worksheet in words: their names, what to work out in each, and how it is worked out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from django.utils.translation import gettext as _

from classroom.languages import in_each_language
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.maths import values
from lessons.maths.descent import Problem


def loss_name(problem: Problem) -> str:
    return _("half the mean squared error") if problem.rule == "half" else _("the mean squared error")


def operand(value: Fraction) -> str:
    return f"({values.show(value)})" if value < 0 else values.show(value)


def kind_of(cell: str) -> str:
    return cell.partition("_")[0]


def row_of(cell: str) -> int:
    """The row of an error or a product; 0 for what stands below the rows."""
    return int(cell.partition("_")[2] or 0)


@in_each_language
def cell_name(cell: str) -> str:
    """A cell in words: “error in row 2”."""
    return {
        "error": _("error in row %(row)s"),
        "product": _("error × x in row %(row)s"),
        "mean": _("average"),
        "gradient": _("gradient"),
        "w": _("new w"),
    }[kind_of(cell)] % {"row": row_of(cell)}


@in_each_language
def cell_label(cell: str, at: Position) -> str:
    """A cell's name for whoever hears the sheet: “row 2, x = 2, error = prediction minus y”."""
    row = row_of(cell)
    x = values.show(at.problem.x[row - 1]) if row else ""
    return {
        "error": _("row %(row)s, x = %(x)s, error = prediction minus y"),
        "product": _("row %(row)s, x = %(x)s, error times x"),
        "mean": _("average of error times x"),
        "gradient": _("gradient, two times the average"),
        "w": _("new w"),
    }[kind_of(cell)] % {"row": row, "x": x}


def rows_in_words(rows: Sequence[int]) -> str:
    """Rows as one says them: “row 3”, “rows 2 and 4”, “rows 2 to 4”."""
    if len(rows) == 1:
        return _("row %(row)d") % {"row": rows[0]}
    if len(rows) > 2 and rows[-1] - rows[0] == len(rows) - 1:
        return _("rows %(first)d to %(last)d") % {"first": rows[0], "last": rows[-1]}
    first = ", ".join(map(str, rows[:-1]))
    return _("rows %(first)s and %(last)d") % {"first": first, "last": rows[-1]}


@lru_cache(maxsize=4096)
def _given(cell: str, at: Position) -> dict[str, object]:
    """The numbers that stand in the sheet beside a cell, whoever works at it."""
    row, problem = row_of(cell), at.problem
    x, y = (problem.x[row - 1], problem.y[row - 1]) if row else (Fraction(0), Fraction(0))
    return {
        "n": len(problem.x),
        "n_less": len(problem.x) - 1,
        "rate": values.show(at.rate, 6),
        "w": operand(at.w),
        "start": operand(at.start),
        "row": row,
        "x": operand(x),
        "y": operand(y),
        "p": values.show(at.w * x),
        "is_below_zero": at.exact[cell] < 0,
    }


def numbers(cell: str, at: Position, typed: Mapping[str, Fraction]) -> dict[str, object]:
    """The numbers that a sentence about a cell may use: those given, and those that the student wrote.

    What the student has not written, such as the gradient in the last step, is a word instead.
    """
    own = typed.get(cell, Fraction(0))
    error = typed.get(f"error_{row_of(cell)}")
    is_half = at.problem.rule == "half"
    steepness = typed.get("mean" if is_half else "gradient")
    return {
        **_given(cell, at),
        "e": _("error") if error is None else operand(error),
        "g": _("gradient") if steepness is None else operand(steepness),
        "own": values.show(own),
        "own_": operand(own),
        "flipped": values.show(-own),
        "gradient": _("the average of error × x") if is_half else _("2 × the average of error × x"),
        "factor": _("no factor 2") if is_half else _("the factor 2 once"),
    }


def formula(cell: str, at: Position) -> str:
    """What is to be worked out in a cell, with the numbers that stand in the sheet: “0.7463 × 1 − 2.1”."""
    return {
        "error": _("%(w)s × %(x)s − %(y)s"),
        "product": _("its error × %(x)s"),
        "mean": _("the sum of the products ÷\u00a0%(n)d"),
        "gradient": _("2 × average"),
        "w": _("%(w)s − %(rate)s × gradient"),
    }[kind_of(cell)] % _given(cell, at)


@in_each_language
def line(cell: str, at: Position) -> str:
    """The line for a cell: “Row 1: 0.7463 × 1 − 2.1 = ?”, whose question mark stays with its number."""
    return {
        "error": _("Row %(row)s: %(formula)s\u00a0=\u00a0?"),
        "product": _("Row %(row)s: %(formula)s\u00a0=\u00a0?"),
        "mean": _("Average: %(formula)s\u00a0=\u00a0?"),
        "gradient": _("Gradient: %(formula)s\u00a0=\u00a0?"),
        "w": _("New w: %(formula)s\u00a0=\u00a0?"),
    }[kind_of(cell)] % {"row": row_of(cell), "formula": formula(cell, at)}


def hint(cell: str, at: Position, right: Collection[str]) -> str:
    """The next thought for a cell, in the order in which one does it.

    Parameters
    ----------
    right : the cells that stand right in the sheet; a hint builds on no others
    """
    needs = {"product": f"error_{row_of(cell)}", "w": "mean" if at.problem.rule == "half" else "gradient"}
    return _hint(cell, at, needs[kind_of(cell)] if needs.get(kind_of(cell)) in right else "")


@in_each_language
def _hint(cell: str, at: Position, builds_on: str) -> str:
    found = numbers(cell, at, {builds_on: at.exact[builds_on]} if builds_on else {})
    kind = kind_of(cell)
    if kind == "error":
        says = [_("The row has w·x: %(p)s."), _("Take away %(y)s."), _("Below zero? Then write the minus.")]
    elif kind == "product":
        multiply = _("Multiply %(e)s × %(x)s.") if builds_on else _("Multiply your error in row %(row)s by %(x)s.")
        says = [multiply, _("Keep the sign of the error.")]
    elif kind == "mean":
        says = [_("Add the %(n)d products."), _("Keep each minus."), _("Then divide by %(n)d.")]
    elif kind == "gradient":
        says = [_("Multiply the average by 2."), _("Keep its sign.")]
    else:
        says = [_("Multiply %(rate)s × %(g)s."), _("Then take it away from %(w)s.")]
        if not builds_on:
            says.append(_("Is it below zero? Minus a minus is plus."))
        elif at.exact[builds_on] < 0:
            says.append(_("Minus a minus is plus."))
    return " ".join(says) % found


def solution(cell: str, at: Position) -> str:
    """How one cell is worked out, to the number: “0.7463 × 2 − 3.9 = −2.4075”."""
    exact = at.exact
    kind, row = kind_of(cell), row_of(cell)
    shown = {name: operand(value) for name, value in exact.items()}
    n_points = len(at.problem.x)
    rate, result = values.show(at.rate, 6), values.show(exact[cell])
    if kind == "error":
        x, y = at.problem.x[row - 1], at.problem.y[row - 1]
        return f"{operand(at.w)} × {operand(x)} − {operand(y)} = {result}"
    if kind == "product":
        return f"{shown[f'error_{row}']} × {operand(at.problem.x[row - 1])} = {result}"
    if kind == "mean":
        terms = " + ".join(shown[f"product_{i}"] for i in range(1, n_points + 1))
        return f"({terms}) ÷ {n_points} = {result}"
    if kind == "gradient":
        return f"2 × {shown['mean']} = {result}"
    return f"{operand(at.w)} − {rate} × {shown['gradient']} = {result}"
