"""The cells of a worksheet in words: their names, what to work out in each, and how it is worked out."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _

from lessons.activities.hand_steps.maths import grading
from lessons.activities.hand_steps.maths.misconceptions import Position
from lessons.maths import values
from lessons.maths.descent import Problem


def loss_name(problem: Problem) -> str:
    return _("half the mean squared error") if problem.rule == "half" else _("the mean squared error")


def operand(value: Fraction) -> str:
    return f"({values.show(value)})" if value < 0 else values.show(value)


def cell_name(cell: str) -> str:
    """A cell in words: “error of row 2”."""
    kind, _underscore, row = cell.partition("_")
    return {
        "error": _("error of row %(row)s"),
        "product": _("error × x of row %(row)s"),
        "mean": _("average"),
        "gradient": _("gradient"),
        "w": _("new w"),
    }[kind] % {"row": row}


def cell_label(cell: str, at: Position) -> str:
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


def line(cell: str, at: Position) -> str:
    """What to work out in a cell, with the numbers that stand in the sheet: “Row 1: 0.7463 × 1 − 2.1 = ?”"""
    kind, _underscore, row = cell.partition("_")
    x, y = (at.problem.x[int(row) - 1], at.problem.y[int(row) - 1]) if row else (Fraction(0), Fraction(0))
    numbers = {
        "row": row,
        "x": operand(x),
        "y": operand(y),
        "w": operand(at.w),
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


def worked_line(at: Position, cell: str) -> str:
    """How one cell is worked out, to the number: “0.7463 × 2 − 3.9 = −2.4075”."""
    if not cell:
        return ""
    exact = grading.exact_cells(at.problem, at.w)
    kind, _underscore, row = cell.partition("_")
    shown = {name: operand(value) for name, value in exact.items()}
    n_points = len(at.problem.x)
    rate, result = values.show(at.rate, 6), values.show(exact[cell])
    if kind == "error":
        x, y = at.problem.x[int(row) - 1], at.problem.y[int(row) - 1]
        return f"{operand(at.w)} × {operand(x)} − {operand(y)} = {result}"
    if kind == "product":
        return f"{shown[f'error_{row}']} × {operand(at.problem.x[int(row) - 1])} = {result}"
    if kind == "mean":
        terms = " + ".join(shown[f"product_{i}"] for i in range(1, n_points + 1))
        return f"({terms}) ÷ {n_points} = {result}"
    if kind == "gradient":
        return f"2 × {shown['mean']} = {result}"
    return f"{operand(at.w)} − {rate} × {shown['gradient']} = {result}"
