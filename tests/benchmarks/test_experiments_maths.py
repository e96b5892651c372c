"""How much faster the experiments are than the loops that a notebook would write, on one core, for the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.svm import SVC

from experiments.kinds.tipping_point.compute import tipping_point
from experiments.kinds.u_curve.compute import points, u_curve
from experiments.maths.threads import one_core

pytestmark = pytest.mark.benchmark

POWERS = range(1, 16)
# Up to here PolynomialFeatures keeps nine digits; further on its columns are too much alike.
WELL_CONDITIONED = 8
KEPT = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80)


@pytest.fixture(autouse=True)
def on_one_core() -> Iterator[None]:
    with one_core():
        yield


def timed(compute: Callable[[], Any]) -> tuple[Any, float]:
    began = perf_counter()
    found = compute()
    return found, perf_counter() - began


def pipelines(n_repeats: int) -> np.ndarray:
    """Train and test error, shape (n_repeats, 15, 2)."""
    errors = np.empty((n_repeats, len(POWERS), 2))
    for i in range(n_repeats):
        x, y, new_x, new_y = points(0, i, 30, 0.3)
        for j, power in enumerate(POWERS):
            model = make_pipeline(PolynomialFeatures(power), LinearRegression()).fit(x[:, None], y)
            errors[i, j, 0] = mean_squared_error(y, model.predict(x[:, None]))
            errors[i, j, 1] = mean_squared_error(new_y, model.predict(new_x[:, None]))
    return errors


def plain_sweep(n_repeats: int) -> np.ndarray:
    """What every model says of its test half, shape (n_repeats, 13, 899)."""
    pixels, labels = load_digits(return_X_y=True)
    said = []
    for r in range(n_repeats):
        train_x, test_x, train_y, __ = train_test_split(
            pixels / 16, labels, test_size=0.5, stratify=labels, random_state=r
        )
        others = np.flatnonzero(train_y != 8)
        own = np.random.default_rng(r).permutation(np.flatnonzero(train_y == 8))
        for kept in KEPT:
            rows = np.concatenate([others, own[:kept]])
            said.append(SVC(C=10).fit(train_x[rows], train_y[rows]).predict(test_x))
    return np.array(said).reshape(n_repeats, len(KEPT), -1)


def test_all_powers_of_all_draws_at_once_against_a_pipeline_each() -> None:
    # The middle of five: what takes milliseconds once is mostly how busy the machine is.
    curve, ours = sorted((timed(u_curve) for __ in range(5)), key=lambda run: run[1])[2]
    errors, theirs = timed(lambda: pipelines(200))

    print(f"\nU-curve, 200 draws × 15 powers: pipelines {theirs:.2f} s, at once {ours * 1000:.0f} ms")
    print(f"ratio: {theirs / ours:.0f}")
    assert_allclose(curve.train[:, :WELL_CONDITIONED], errors[:, :WELL_CONDITIONED, 0], rtol=1e-9)
    assert_allclose(curve.test[:, :WELL_CONDITIONED], errors[:, :WELL_CONDITIONED, 1], rtol=1e-9)
    assert theirs / ours >= 100


def test_a_tipping_point_against_the_plain_loop() -> None:
    tipping_point(kept=[5], n_repeats=1)  # loads what the others use

    found, ours = timed(tipping_point)
    said, theirs = timed(lambda: plain_sweep(20))

    print(f"\nTipping point, 13 values × 20 repeats: plain loop {theirs:.2f} s, shared distances {ours:.2f} s")
    print(f"ratio: {theirs / ours:.2f}")
    assert_array_equal([[evaluation.said for evaluation in repeat] for repeat in found.evaluations], said)
    assert theirs / ours >= 1.5
