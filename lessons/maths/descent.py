"""Gradient descent for the model prediction = w·x, in exact fractions.

The letters are the textbook's: x and y are the data, w the one weight. Two rules are in use for the
slope of the loss, and both are right:

* ``half``: the loss is half the mean squared error, so gradient = mean(error·x)
* ``full``: the loss is the mean squared error, so gradient = 2·mean(error·x)

Every function is exact: what goes in as a `Fraction` comes out as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

Rule = Literal["half", "full"]
FACTOR: dict[Rule, int] = {"half": 1, "full": 2}


@dataclass(frozen=True)
class Problem:
    """Problem of descent: a data set, a learning rate and the rule for the slope.

    Parameters
    ----------
    x, y : tuple of Fraction, the same length n
    learning_rate : Fraction, greater than 0
    rule : {"half", "full"}
    """

    x: tuple[Fraction, ...]
    y: tuple[Fraction, ...]
    learning_rate: Fraction
    rule: Rule


def predictions(problem: Problem, w: Fraction) -> tuple[Fraction, ...]:
    """Return w·x for each point."""
    return tuple(w * x for x in problem.x)


def errors(problem: Problem, w: Fraction) -> tuple[Fraction, ...]:
    """Return prediction − y for each point."""
    return tuple(prediction - y for prediction, y in zip(predictions(problem, w), problem.y, strict=True))


def products(problem: Problem, w: Fraction) -> tuple[Fraction, ...]:
    """Return error·x for each point."""
    return tuple(error * x for error, x in zip(errors(problem, w), problem.x, strict=True))


def mean_product(problem: Problem, w: Fraction) -> Fraction:
    """Return the average of error·x."""
    return sum(products(problem, w), Fraction(0)) / len(problem.x)


def gradient(problem: Problem, w: Fraction) -> Fraction:
    """Return the slope of the loss at w under the problem's rule."""
    return FACTOR[problem.rule] * mean_product(problem, w)


@lru_cache(maxsize=1024)
def step(problem: Problem, w: Fraction) -> Fraction:
    """Return the new w: old w − learning rate × gradient.

    Examples
    --------
    >>> from fractions import Fraction as F
    >>> worksheet = Problem((F(1), F(2), F(3), F(4)), (F("2.1"), F("3.9"), F("6.2"), F("7.8")), F("0.05"), "half")
    >>> float(step(worksheet, F(0)))
    0.74625
    """
    return w - problem.learning_rate * gradient(problem, w)


def path(problem: Problem, w: Fraction, n_steps: int) -> tuple[Fraction, ...]:
    """Return w and the `n_steps` values that follow it."""
    values = [w]
    for _ in range(n_steps):
        values.append(step(problem, values[-1]))
    return tuple(values)
