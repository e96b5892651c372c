"""Learning rates and what they do to one weight: w crawls, settles, zigzags, bounces or explodes, and by which rule.

Near the best w the loss of prediction = w·x is a parabola, and each step multiplies the distance to its lowest point
by one number, rho = 1 − learning rate × curvature (Goh, "Why Momentum Really Works", Distill 2017, where it is
1 − αλ). Everything that a rate does follows from rho. All is exact, but for `breakdown`, which counts as a program
would: in doubles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from lessons.maths.descent import FACTOR, Problem

OUTCOMES = ("crawls", "settles", "one-jump", "zigzags", "bounces", "explodes")
CRAWLS_AFTER = 50
CRAWLS_ABOVE = Fraction(1, 20)
MOST_STEPS = 20_000
MOST_EXACT = 2_000


@dataclass(frozen=True)
class Breakdown:
    """First step (0 is the start) after which a program in doubles holds each; None beyond `MOST_STEPS`."""

    loss_infinite: int | None
    w_infinite: int | None
    w_nan: int | None


# A chart asks a hundred times, and a whole class looks at the same few rates.
@lru_cache(maxsize=256)
def curvature(problem: Problem) -> Fraction:
    """Return the second derivative of the loss: mean x² under the ``half`` rule, twice that under ``full``.

    Raises
    ------
    ValueError
        If every x is 0: the loss is level, and no w is best.

    Examples
    --------
    >>> curvature(Problem((Fraction(1), Fraction(2)), (Fraction(1), Fraction(1)), Fraction(1), "full"))
    Fraction(5, 1)
    """
    squares = sum((x * x for x in problem.x), Fraction(0))
    if not squares:
        raise ValueError(f"the loss is level where every x is 0: x = {problem.x}")
    return FACTOR[problem.rule] * squares / len(problem.x)


@lru_cache(maxsize=256)
def best(problem: Problem) -> Fraction:
    """Return the w of the lowest loss, Σxy / Σx²: the same under both rules.

    Raises
    ------
    ValueError
        If every x is 0.

    Examples
    --------
    >>> best(Problem((Fraction(1), Fraction(2)), (Fraction(3), Fraction(1)), Fraction(1), "half"))
    Fraction(1, 1)
    """
    squares = curvature(problem) * len(problem.x) / FACTOR[problem.rule]
    return sum((x * y for x, y in zip(problem.x, problem.y, strict=True)), Fraction(0)) / squares


def shrinks_by(problem: Problem) -> Fraction:
    """Return rho = 1 − learning rate × curvature, by which each step multiplies the distance to the best w.

    Parameters
    ----------
    problem : x and y of the same length n; its learning rate is in units of w² per loss, so that rho has none

    Returns
    -------
    Fraction
        Below 1. Negative where w changes sides, beyond −1 where each step ends farther away than it began.

    Notes
    -----
    Goh (2017), "Why Momentum Really Works", Distill: the factor 1 − αλ of gradient descent on a quadratic.

    Examples
    --------
    >>> x, y = (Fraction(1), Fraction(2), Fraction(3), Fraction(4)), (Fraction(2),) * 4
    >>> shrinks_by(Problem(x, y, Fraction("0.05"), "full"))
    Fraction(1, 4)
    >>> shrinks_by(Problem(x, y, Fraction(4, 15), "half"))
    Fraction(-1, 1)
    """
    return 1 - problem.learning_rate * curvature(problem)


def outcome(problem: Problem, start: Fraction) -> str:
    """Name what this learning rate does, as one of `OUTCOMES`.

    ``crawls`` means that more than a twentieth of the way is left after 50 steps. A start at the best w has
    nowhere to go: it has settled, whatever the rate.

    Examples
    --------
    >>> x, y = (Fraction(1), Fraction(2), Fraction(3), Fraction(4)), (Fraction(2),) * 4
    >>> [outcome(Problem(x, y, Fraction(rate), "half"), Fraction(0)) for rate in ("0.002", "0.1", "0.2", "0.4")]
    ['crawls', 'settles', 'zigzags', 'explodes']
    >>> [outcome(Problem(x, y, Fraction(rate), "full"), Fraction(0)) for rate in ("1/15", "2/15")]
    ['one-jump', 'bounces']
    """
    rho = shrinks_by(problem)
    if start == best(problem):
        return "settles"
    if rho < -1:
        return "explodes"
    if rho == -1:
        return "bounces"
    if rho < 0:
        return "zigzags"
    if rho == 0:
        return "one-jump"
    return "crawls" if rho**CRAWLS_AFTER > CRAWLS_ABOVE else "settles"


def w_after(problem: Problem, start: Fraction, k: int) -> Fraction:
    """Return w after k steps, at once: best + rhoᵏ·(start − best).

    Examples
    --------
    >>> worksheet = Problem((Fraction(1), Fraction(2)), (Fraction(3), Fraction(1)), Fraction("0.2"), "half")
    >>> w_after(worksheet, Fraction(0), 2)
    Fraction(3, 4)
    """
    lowest = best(problem)
    return lowest + shrinks_by(problem) ** k * (start - lowest)


def steps_to_settle(problem: Problem, start: Fraction, within: Fraction = Fraction(1, 100)) -> int | None:
    """Return the fewest steps after which w is no farther than `within` from the best w; None if it never is.

    Exact up to `MOST_EXACT` steps, and beyond that as good as logarithms in doubles are.

    Parameters
    ----------
    within : Fraction, greater than 0, in the unit of w

    Examples
    --------
    >>> x, y = (Fraction(1), Fraction(2), Fraction(3), Fraction(4)), tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
    >>> [steps_to_settle(Problem(x, y, Fraction(rate), "half"), Fraction(0)) for rate in ("0.05", "2/15", "0.4")]
    [12, 1, None]
    """
    away = abs(start - best(problem))
    rho = abs(shrinks_by(problem))
    if away <= within:
        return 0
    if rho >= 1:
        return None
    if rho == 0:
        return 1
    estimate = _log(within / away) / _log(rho)
    k = math.ceil(estimate)
    # Logarithms in doubles settle it, unless the answer stands at a whole number. Exact powers of a rate that
    # somebody typed with thirty decimals are out of reach after more steps than these.
    if estimate < MOST_EXACT and abs(estimate - round(estimate)) < 1e-9 * (1 + estimate):
        k = round(estimate)
        return k if rho**k * away <= within else k + 1
    return k


# It takes some milliseconds.
@lru_cache(maxsize=256)
def breakdown(problem: Problem, start: Fraction) -> Breakdown | None:
    """Run an exploding descent in doubles, as a program would, until its numbers break; None if it does not explode.

    Returns
    -------
    Breakdown
        The steps after which the mean squared error is Infinity, w is infinite, and w is NaN (Infinity − Infinity).

    Notes
    -----
    IEEE 754 doubles end near 1.8·10³⁰⁸. The square of the error gets there in about half the steps that w takes.
    A program that multiplies in another order (the mean before the 2) may meet the end of w a step sooner or later.

    Examples
    --------
    >>> x, y = (Fraction(1), Fraction(2), Fraction(3), Fraction(4)), tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
    >>> breakdown(Problem(x, y, Fraction(1), "full"), Fraction(0))
    Breakdown(loss_infinite=134, w_infinite=269, w_nan=270)
    """
    if outcome(problem, start) != "explodes":
        return None
    points = [(_double(x), _double(y)) for x, y in zip(problem.x, problem.y, strict=True)]
    n, rate, factor, w = len(points), _double(problem.learning_rate), FACTOR[problem.rule], _double(start)
    loss_infinite = w_infinite = None
    for k in range(MOST_STEPS + 1):
        errors = [w * x - y for x, y in points]
        if math.isnan(w):
            return Breakdown(loss_infinite, w_infinite, k)
        if w_infinite is None and math.isinf(w):
            w_infinite = k
        # Products, because a power that overflows raises in Python.
        if loss_infinite is None and math.isinf(sum(error * error for error in errors) / n):
            loss_infinite = k
        w = w - rate * (factor * sum(error * x for error, (x, _y) in zip(errors, points, strict=True)) / n)
    return Breakdown(loss_infinite, w_infinite, None)


def _log(value: Fraction) -> float:
    """Return the natural logarithm, precise near 1 and for numbers that no double holds."""
    if abs(value - 1) < Fraction(1, 2):
        return math.log1p(float(value - 1))
    return math.log(value.numerator) - math.log(value.denominator)


def _double(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
