"""Loss whose slope the student computes."""

from __future__ import annotations

from fractions import Fraction

from lessons.maths.descent import FACTOR, Problem, errors


def loss(problem: Problem, w: Fraction) -> Fraction:
    """Return the mean squared error at w, halved under the ``half`` rule.

    Examples
    --------
    >>> from fractions import Fraction as F
    >>> worksheet = Problem((F(1), F(2), F(3), F(4)), (F("2.1"), F("3.9"), F("6.2"), F("7.8")), F("0.05"), "half")
    >>> float(loss(worksheet, F(0)))
    14.8625
    """
    squares = sum((error**2 for error in errors(problem, w)), Fraction(0))
    return squares * FACTOR[problem.rule] / (2 * len(problem.x))
