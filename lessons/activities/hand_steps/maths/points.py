"""Points of one's own: drawn from a seed, so that they are the same each time and another person's are others."""

from __future__ import annotations

import random
from fractions import Fraction


def draw_points(
    seed: str,
    *,
    n_points: int,
    x_range: tuple[int, int],
    slope_range: tuple[Fraction, Fraction],
    noise: Fraction,
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Draw points scattered around a line through the origin.

    Parameters
    ----------
    x_range : the least and the largest x, whole numbers; no x comes twice
    slope_range : between which the slope lies, in tenths
    noise : how far a point may lie above or below the line, in tenths

    Returns
    -------
    x, y : tuples of Fraction, n_points each, x rising; y has one decimal

    Examples
    --------
    >>> settings = dict(n_points=2, x_range=(1, 4), slope_range=(Fraction(2), Fraction(2)), noise=Fraction(0))
    >>> x, y = draw_points("a seed", **settings)
    >>> y == tuple(2 * value for value in x)
    True
    """
    rng = random.Random(seed)  # noqa: S311 - an exercise, not a secret
    x = sorted(rng.sample(range(x_range[0], x_range[1] + 1), n_points))
    slope = Fraction(rng.randint(round(10 * slope_range[0]), round(10 * slope_range[1])), 10)
    most = round(10 * noise)
    y = [slope * value + Fraction(rng.randint(-most, most), 10) for value in x]
    return tuple(map(Fraction, x)), tuple(y)
