"""Train and test error against a model's complexity: polynomials, decision trees, nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.polynomial import legendre
from sklearn.neighbors import KNeighborsClassifier  # type: ignore[import-untyped]  # it ships no types
from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]  # likewise

from experiments.maths import Report, digits, silent
from experiments.maths.digits import Floats, Ints
from experiments.maths.threads import one_core

N_TEST = 200  # fresh points for each draw
GRID = np.linspace(-1.0, 1.0, 101)
ROUND = 6


@dataclass(frozen=True)
class Draw:
    """Draw of the data, and the line of every degree through it.

    Attributes
    ----------
    x, y : the points that were learned from, shape (n_train,)
    grid : where the lines are given, shape (101,)
    target : the law without noise on the grid
    fits : one line for each degree, shape (n_complexities, 101)
    """

    x: Floats
    y: Floats
    grid: Floats
    target: Floats
    fits: Floats


@dataclass(frozen=True)
class UCurve:
    """Sweep of a model's complexity.

    Attributes
    ----------
    complexities : from the simplest model to the most flexible, shape (n_complexities,)
    train, test : error of every draw at every complexity, shape (n_repeats, n_complexities): the mean squared error of
        a polynomial, the share of wrong labels of the others
    draw : the first draw with its lines; polynomials alone
    """

    model: str
    complexities: tuple[int, ...]
    train: Floats
    test: Floats
    draw: Draw | None = None

    @property
    def best(self) -> int:
        """Complexity with the lowest median test error."""
        return self.complexities[int(np.argmin(np.median(self.test, axis=0)))]

    def as_json(self) -> dict[str, Any]:
        """The medians and quartiles, and the lines, as plain data."""
        return {
            "model": self.model,
            "error": "mse" if self.model == "polynomial" else "share wrong",
            "complexities": list(self.complexities),
            "train": _spread(self.train),
            "test": _spread(self.test),
            "best": self.best,
            "example_fits": self._example_fits(),
            "draw": self._draw(),
        }

    def _example_fits(self) -> list[dict[str, Any]]:
        """Too simple, the sweet spot, memorised."""
        if self.draw is None:
            return []
        chosen = sorted({self.complexities[0], self.best, self.complexities[-1]})
        dots = _pairs(self.draw.x, self.draw.y)
        return [
            {
                "complexity": complexity,
                "x": self.draw.grid.tolist(),
                "y": self.draw.fits[self.complexities.index(complexity)].round(ROUND).tolist(),
                "points": dots,
            }
            for complexity in chosen
        ]

    def _draw(self) -> dict[str, Any] | None:
        if self.draw is None:
            return None
        fits = zip(self.complexities, self.draw.fits, strict=True)
        return {
            "points": _pairs(self.draw.x, self.draw.y),
            "x": self.draw.grid.tolist(),
            "target": self.draw.target.round(ROUND).tolist(),
            "fits": {str(complexity): line.round(ROUND).tolist() for complexity, line in fits},
        }


def target(x: Floats) -> Floats:
    """Law behind the points: neither odd nor even, so that every degree up to the best one helps.

    >>> target(np.array([0.0])).round(4).tolist()
    [0.5154]
    """
    return 0.8 * np.sin(4.0 * x + 0.7) + 0.4 * x


@one_core()
def u_curve(
    *,
    model: Literal["polynomial", "tree", "knn"] = "polynomial",
    n_train: int = 30,
    noise: float = 0.3,
    complexities: Sequence[int] = tuple(range(1, 16)),
    n_repeats: int = 200,
    seed: int = 0,
    report: Report = silent,
) -> UCurve:
    """Sweep the complexity of a model over many draws of its data.

    Parameters
    ----------
    model : polynomials learn noisy points of a curve; trees and nearest neighbours learn digits, some labels wrong
    n_train : how many examples a draw has to learn from
    noise : standard deviation of the points around the curve; for digits the share of labels that are shuffled
    complexities : degree of the polynomial, depth of the tree, or number of neighbours (falling: complexity rises)
    n_repeats : number of draws; a draw is the same however many there are
    seed : draw i uses `numpy.random.default_rng([seed, i])`
    report : told how much is done: draws of digits, but the two steps in which all polynomials are fitted at once

    Returns
    -------
    UCurve

    Raises
    ------
    ValueError
        If there are too few points for the highest degree, fewer examples than neighbours, or too few digits to leave
        some for the test.

    Examples
    --------
    >>> u_curve(n_repeats=50, seed=1).best in (4, 5, 6)
    True
    """
    swept = tuple(complexities)
    if model == "polynomial":
        return _polynomials(swept, n_train, noise, n_repeats, seed, report)
    return _digit_readers(model, swept, n_train, noise, n_repeats, seed, report)


def _polynomials(
    degrees: tuple[int, ...], n_train: int, noise: float, n_repeats: int, seed: int, report: Report
) -> UCurve:
    """Fit all degrees of all draws at once: nested least squares from one QR factorisation of each draw.

    With the columns 1, P₁(x), …, P_d(x) of Legendre's polynomials factored as QR, the fit of degree k is the projection
    on the first k + 1 columns of Q, so its predictions are running sums over Q·diag(Qᵀy). For new points the same holds
    with their own columns times R⁻¹. Raw powers would be ill-conditioned from about 12 on.
    """
    highest = max(degrees)
    if n_train <= highest + 1:
        raise ValueError(f"power {highest} needs more than {highest + 1} points, and n_train is {n_train}")
    report(0, 2, f"drawing the points, {n_repeats} times")
    x, y, new_x, new_y = (
        np.stack(each) for each in zip(*(points(seed, i, n_train, noise) for i in range(n_repeats)), strict=True)
    )
    report(1, 2, f"fitting powers {min(degrees)} to {highest} to every draw")
    q, r = np.linalg.qr(legendre.legvander(x, highest))
    known = np.swapaxes(q, 1, 2)
    weights = known @ y[..., None]
    train = _errors(known * weights, y)[:, degrees]
    test = _errors(_in_basis(new_x, r) * weights, new_y)[:, degrees]
    lines = (_in_basis(GRID[None], r[:1]) * weights[:1]).cumsum(axis=1)[0, degrees]
    report(2, 2, f"{n_repeats} draws fitted")
    return UCurve("polynomial", degrees, train, test, Draw(x[0], y[0], GRID, target(GRID), lines))


def points(seed: int, i: int, n_train: int, noise: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw i of a seed: x and y to learn from, shape (n_train,), and x and y to be tested on, shape (200,)."""
    rng = np.random.default_rng([seed, i])
    x = rng.uniform(-1.0, 1.0, n_train)
    y = target(x) + noise * rng.normal(size=n_train)
    new_x = rng.uniform(-1.0, 1.0, N_TEST)
    return x, y, new_x, target(new_x) + noise * rng.normal(size=N_TEST)


def _in_basis(x: Floats, r: Floats) -> Floats:
    """The columns of `x`, as rows, in the basis in which the training points' columns are orthonormal: (V(x) R⁻¹)ᵀ."""
    columns = legendre.legvander(x, r.shape[-1] - 1)
    return np.linalg.solve(np.swapaxes(r, 1, 2), np.swapaxes(columns, 1, 2)).astype(np.float64, copy=False)


def _errors(terms: Floats, y: Floats) -> Floats:
    """Mean squared error of every degree, shape (n_draws, n_degrees), from the terms that each adds to a prediction."""
    away = terms.cumsum(axis=1)
    away -= y[:, None, :]
    mean: Floats = np.einsum("rpn,rpn->rp", away, away) / y.shape[-1]
    return mean


def _digit_readers(
    model: str, complexities: tuple[int, ...], n_train: int, noise: float, n_repeats: int, seed: int, report: Report
) -> UCurve:
    pixels, labels = digits.images()
    if n_train + N_TEST > len(labels):
        raise ValueError(f"there are {len(labels)} digits, too few to learn from {n_train} and test on {N_TEST}")
    if model == "knn" and max(complexities) > n_train:
        raise ValueError(f"{max(complexities)} neighbours cannot be asked where there are {n_train} examples")
    train = np.empty((n_repeats, len(complexities)))
    test = np.empty_like(train)
    report(0, n_repeats, f"training {len(complexities)} models on each draw")
    for i in range(n_repeats):
        rng = np.random.default_rng([seed, i])
        order = rng.permutation(len(labels))
        learned, met = order[:n_train], order[n_train:]
        told = _shuffled_in_part(labels[learned], noise, rng)
        for j, complexity in enumerate(complexities):
            reader = _reader(model, complexity, i).fit(pixels[learned], told)
            train[i, j] = np.mean(reader.predict(pixels[learned]) != told)
            test[i, j] = np.mean(reader.predict(pixels[met]) != labels[met])
        report(i + 1, n_repeats, f"draw {i + 1} of {n_repeats}: {len(complexities)} models trained")
    return UCurve(model, complexities, train, test)


def _shuffled_in_part(labels: Ints, share: float, rng: np.random.Generator) -> Ints:
    """Replace a share of the labels by digits drawn at random."""
    told = labels.copy()
    wrong = rng.random(len(labels)) < share
    told[wrong] = rng.integers(0, digits.N_DIGITS, wrong.sum())
    return told


def _reader(model: str, complexity: int, i: int) -> Any:
    if model == "tree":
        return DecisionTreeClassifier(max_depth=complexity, random_state=i)
    return KNeighborsClassifier(n_neighbors=complexity)


def _spread(errors: Floats) -> dict[str, list[float]]:
    low, median, high = np.quantile(errors, (0.25, 0.5, 0.75), axis=0)
    return {"median": median.tolist(), "q25": low.tolist(), "q75": high.tolist()}


def _pairs(x: Floats, y: Floats) -> list[list[float]]:
    return np.stack([x, y], axis=1).round(ROUND).tolist()  # type: ignore[no-any-return]  # numpy says Any
