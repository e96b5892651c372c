"""Slips that people make in a step of gradient descent, and what each of them would give.

One step is a chain of five lines: errors, products, their average, the gradient, the new w. A `Slip` is
the same chain with one line (or two) done differently, so that one row of the table tells what *every* cell
would hold. What a cell cannot tell, because the slip never works it out, is missing.

A slip goes on from the student's own values: at a later step the same row gives the mistake carried forward.

To name the procedure behind a wrong number is the idea of Brown and Burton (1978), Diagnostic models for procedural
bugs in basic mathematical skills, Cognitive Science 2; see also VanLehn (1990), Mind Bugs. There the systematic error
is a *bug*, and a *slip* is the careless one (here: `PEN`). We say *slip* for both: it is the word on the screen. The
table and its order are our judgement; no class has been counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

from lessons.maths import descent, losses, values
from lessons.maths.descent import FACTOR, Problem, Rule

OTHER_RULE: dict[Rule, Rule] = {"half": "full", "full": "half"}
Cells = Mapping[str, Fraction]


@dataclass(frozen=True)
class Position:
    """Position of a student before a step.

    Parameters
    ----------
    path : the student's own values of w so far, the start first
    """

    problem: Problem
    path: tuple[Fraction, ...]

    @property
    def w(self) -> Fraction:
        return self.path[-1]

    @property
    def start(self) -> Fraction:
        return self.path[0]

    @property
    def previous(self) -> Fraction:
        """Weight before the last step; at the first step the start."""
        return self.path[-2] if len(self.path) > 1 else self.start

    @property
    def rate(self) -> Fraction:
        return self.problem.learning_rate

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Rows of the sheet with their right errors."""
        return self.points_with(_error)

    @cached_property
    def products(self) -> tuple[Fraction, ...]:
        return tuple(_product(point) for point in self.points)

    @cached_property
    def exact(self) -> Cells:
        """Every cell of the step's worksheet by name, as it is done right."""
        mean = _average(self.products)
        gradient = _factor(self.problem.rule) * mean
        errors = {f"error_{i}": point.error for i, point in enumerate(self.points, start=1)}
        products = {f"product_{i}": product for i, product in enumerate(self.products, start=1)}
        return {**errors, **products, "mean": mean, "gradient": gradient, "w": _move(self, gradient)}

    @cached_property
    def _hash(self) -> int:
        return hash((self.problem, self.path))

    def __hash__(self) -> int:
        # Worked out once: that of a fraction is dear.
        return self._hash

    def points_with(self, error: Callable[[Position, Fraction, Fraction], Fraction]) -> tuple[Point, ...]:
        pairs = zip(self.problem.x, self.problem.y, strict=True)
        return tuple(Point(x, y, error(self, x, y)) for x, y in pairs)


@lru_cache(maxsize=512)
def position(problem: Problem, path: tuple[Fraction, ...]) -> Position:
    """Give the position after these values of w: the same one each time, with what was worked out from it.

    A class starts from one, and most of it goes on to the same ones.
    """
    return Position(problem, path)


@dataclass(frozen=True)
class Point:
    """Row of the sheet while it is being worked out."""

    x: Fraction
    y: Fraction
    error: Fraction


# One line of the chain each, as it is done right.
def _error(at: Position, x: Fraction, y: Fraction) -> Fraction:
    return at.w * x - y


def _product(point: Point) -> Fraction:
    return point.error * point.x


def _average(products: Sequence[Fraction]) -> Fraction:
    return _sum(products) / len(products)


def _factor(rule: Rule) -> int:
    return FACTOR[rule]


def _move(at: Position, gradient: Fraction) -> Fraction:
    return at.w - at.rate * gradient


def _sum(terms: Iterable[Fraction]) -> Fraction:
    return sum(terms, Fraction(0))


@dataclass(frozen=True)
class Slip:
    """Slip: the chain with some of its lines done differently.

    `only_w` is for slips that jump to a number: what such a student would write in the other cells is unknown.
    """

    slug: str
    error: Callable[[Position, Fraction, Fraction], Fraction] = _error
    product: Callable[[Point], Fraction] = _product
    average: Callable[[Sequence[Fraction]], Fraction] = _average
    factor: Callable[[Rule], int] = _factor
    move: Callable[[Position, Fraction], Fraction] = _move
    mean: Callable[[Position], Fraction] | None = None
    only_w: Callable[[Position], Fraction] | None = None

    def gives(self, at: Position) -> Cells:
        """Return what this slip would write into each cell, by name; nothing where it cannot be made."""
        try:
            return {"w": self.only_w(at)} if self.only_w else self._worked(at)
        except (ZeroDivisionError, IndexError):
            return {}

    def _worked(self, at: Position) -> Cells:
        # Most slips are made further down: they share the lines above.
        points = at.points if self.error is _error else at.points_with(self.error)
        is_shared = points is at.points and self.product is _product
        products = at.products if is_shared else tuple(self.product(point) for point in points)
        mean = self.mean(at) if self.mean else self.average(products)
        gradient = self.factor(at.problem.rule) * mean
        cells = {f"error_{i}": point.error for i, point in enumerate(points, start=1)}
        cells |= {f"product_{i}": product for i, product in enumerate(products, start=1)}
        return cells | {"mean": mean, "gradient": gradient, "w": self.move(at, gradient)}


def _other_factor(rule: Rule) -> int:
    return FACTOR[OTHER_RULE[rule]]


def _divided_by(n_of: Callable[[int], int]) -> Callable[[Sequence[Fraction]], Fraction]:
    return lambda products: _sum(products) / n_of(len(products))


def _mean_times_mean(at: Position) -> Fraction:
    return _average(descent.errors(at.problem, at.w)) * _average(at.problem.x)


def _without(i: int) -> Callable[[Sequence[Fraction]], Fraction]:
    """The average, still over all n, with the i-th product left out."""
    return lambda products: (_sum(products) - products[i]) / len(products)


def _point_by_point(share: Callable[[int], int]) -> Callable[[Position], Fraction]:
    """Change w after every point, by its own gradient divided by `share(n)`."""

    def walk(at: Position) -> Fraction:
        w, n_points = at.w, len(at.problem.x)
        for x, y in zip(at.problem.x, at.problem.y, strict=True):
            w -= at.rate * FACTOR[at.problem.rule] * (w * x - y) * x / share(n_points)
        return w

    return walk


def _best(at: Position) -> Fraction:
    """Return the w of least loss: Σxy / Σx²."""
    x, y = at.problem.x, at.problem.y
    return _sum(x_i * y_i for x_i, y_i in zip(x, y, strict=True)) / _sum(x_i**2 for x_i in x)


def _slope_with_intercept(at: Position) -> Fraction:
    """Return the slope of least squares when the line need not pass through the origin."""
    x, y, n = at.problem.x, at.problem.y, len(at.problem.x)
    products = _sum(x_i * y_i for x_i, y_i in zip(x, y, strict=True))
    return (n * products - _sum(x) * _sum(y)) / (n * _sum(x_i**2 for x_i in x) - _sum(x) ** 2)


# The likelier ones first, as we judge it: among those with the same remedy the first that fits gives its name, and
# where several fit that have not, they are told apart.
# Two rows may share a slug: two ways to the same misunderstanding.
SLIPS: tuple[Slip, ...] = (
    Slip("sign", move=lambda at, gradient: at.w + at.rate * gradient),
    Slip("sign", error=lambda at, x, y: y - at.w * x),
    Slip("sum", average=_sum),
    Slip("other-rule", factor=_other_factor),
    Slip("no-x", product=lambda point: point.error),
    Slip("stale-start", error=lambda at, x, y: at.start * x - y),
    Slip("stale-previous", error=lambda at, x, y: at.previous * x - y),
    Slip("from-start", move=lambda at, gradient: at.start - at.rate * gradient),
    Slip("step-only", move=lambda at, gradient: at.rate * gradient),
    Slip("rate-twice", move=lambda at, gradient: at.w - at.rate**2 * gradient),
    Slip("no-x-sum", product=lambda point: point.error, average=_sum),
    Slip("sum-other-rule", average=_sum, factor=_other_factor),
    Slip("means-multiplied", mean=_mean_times_mean),
    Slip("no-rate", move=lambda at, gradient: at.w - gradient),
    Slip("rate-times-10", move=lambda at, gradient: at.w - 10 * at.rate * gradient),
    Slip("rate-over-10", move=lambda at, gradient: at.w - at.rate / 10 * gradient),
    Slip(
        "restart",
        error=lambda at, x, y: at.start * x - y,
        move=lambda at, gradient: at.start - at.rate * gradient,
    ),
    Slip("prediction-for-error", error=lambda at, x, y: at.w * x),
    Slip("y-for-error", error=lambda at, x, y: y),
    Slip("gradient-only", move=lambda at, gradient: gradient),
    Slip("unchanged", move=lambda at, gradient: at.w),
    Slip("loss-subtracted", move=lambda at, gradient: at.w - at.rate * losses.loss(at.problem, at.w)),
    Slip("loss-added", move=lambda at, gradient: at.w + at.rate * losses.loss(at.problem, at.w)),
    Slip("times-y", product=lambda point: point.error * point.y),
    # With two or three points these would be the sum, or the row above: 0 takes them out.
    Slip("one-too-few", average=_divided_by(lambda n: n - 1 if n > 2 else 0)),
    Slip("divided-by-2", average=_divided_by(lambda n: 2 if n > 3 else 0)),
    Slip("last-point", average=lambda products: products[-1]),
    Slip("first-point", average=lambda products: products[0]),
    Slip("point-by-point", only_w=_point_by_point(lambda n: 1)),
    Slip("point-by-point-shared", only_w=_point_by_point(lambda n: n)),
    # A sheet has six points at most; a row for a point that is not there gives nothing.
    *(Slip("product-left-out", average=_without(i)) for i in range(6)),
    Slip("x-squared", product=lambda point: point.error * point.x**2),
    Slip("divided-by-x", product=lambda point: point.error / point.x),
    Slip("best-w", only_w=_best),
    Slip("guessed-w", only_w=lambda at: values.rounded(_best(at), 0)),
    Slip("slope-with-intercept", only_w=_slope_with_intercept),
)


@lru_cache(maxsize=256)  # of a wrong answer two thirds of the time went here, and a class stands at few places
def workings(at: Position) -> tuple[tuple[str, Cells], ...]:
    """Return what each slip would write on the sheet, by its slug."""
    return tuple((slip.slug, slip.gives(at)) for slip in SLIPS)


# Nobody can make these at the first step, where each of them is the right way.
LATER = frozenset({"stale-start", "stale-previous", "from-start", "restart"})
# The same thing to mend, whichever of them it was.
SAME_REMEDY = {"stale-previous": "stale-start", "no-x-sum": "no-x", "divided-by-2": "sum-other-rule"}

# Slips of the pen, known by the digits alone.
LOST_MINUS = "lost-minus"
SWAPPED_DIGITS = "swapped-digits"
PEN = (LOST_MINUS, SWAPPED_DIGITS)
SLUGS: tuple[str, ...] = (*dict.fromkeys(slip.slug for slip in SLIPS), *PEN)

# Slips that give the same number at some step, so that nobody can tell which it was: what they have in common is
# counted. From w = 0 the step taken the wrong way and the step alone are one number, whatever else is on the sheet.
WRONG_WAY = "wrong-way"
FAMILIES: Mapping[str, frozenset[str]] = {
    WRONG_WAY: frozenset({"sign", "step-only", "y-for-error"}),
    "off-by-two": frozenset({"other-rule", "divided-by-2", "sum-other-rule"}),
    "same-w": frozenset({"unchanged", "restart", "prediction-for-error"}),
}
# In a class these count with those that cannot be told from them, or differ from another row in a detail.
COUNTED_AS = {"sign": WRONG_WAY, "point-by-point-shared": "point-by-point"}


def family_of(candidates: Collection[str]) -> str:
    """Name what all slips that fit one number have in common; nothing, where they meet in it by chance.

    Examples
    --------
    >>> family_of(("sign", "step-only"))
    'wrong-way'
    >>> family_of(("one-too-few", "best-w"))
    ''
    """
    fitting = (family for family, members in FAMILIES.items() if candidates and members.issuperset(candidates))
    return next(fitting, "")


def is_digit_swap(typed: Fraction, exact: Fraction) -> bool:
    """Tell whether `typed` is `exact` with two neighbouring digits exchanged.

    Examples
    --------
    >>> is_digit_swap(Fraction("0.7643"), Fraction("0.74625"))
    True
    >>> is_digit_swap(Fraction("0.7463"), Fraction("0.74625"))
    False

    A zero before the point is nothing that one copies wrongly:

    >>> is_digit_swap(Fraction(7), Fraction("0.74625"))
    False
    """
    if (typed < 0) != (exact < 0):
        return False
    for n_decimals in range(1, 5):
        right = abs(values.rounded(exact, n_decimals)) * 10**n_decimals
        given = abs(typed) * 10**n_decimals
        if given.denominator == 1 and given != right and _is_swap(str(int(given)), str(int(right))):
            return True
    return False


def _is_swap(given: str, right: str) -> bool:
    differ = [i for i, (one, other) in enumerate(zip(given, right, strict=False)) if one != other]
    return (
        len(given) == len(right)
        and len(differ) == 2
        and differ[1] == differ[0] + 1
        and given[differ[0]] == right[differ[1]]
        and (given[differ[1]] == right[differ[0]])
    )


def shared_numbers(at: Position, cell: str = "w") -> Mapping[Fraction, tuple[str, ...]]:
    """List the values of one cell that more than one slip gives; ``right`` stands for no slip at all."""
    by_value: dict[Fraction, list[str]] = {}
    right = Slip("right").gives(at)
    is_first = len(at.path) == 1
    for slug, given in [("right", right), *((slip.slug, slip.gives(at)) for slip in SLIPS)]:
        if cell in given and not (is_first and slug in LATER):
            slugs = by_value.setdefault(given[cell], [])
            if slug not in slugs:
                slugs.append(slug)
    return {value: tuple(slugs) for value, slugs in by_value.items() if len(slugs) > 1}
