"""The U-curve, held against scikit-learn and against what a sweep of power has to look like."""

from __future__ import annotations

import doctest
import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error, zero_one_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier

from experiments.kinds.u_curve import compute
from experiments.kinds.u_curve.compute import UCurve, points, u_curve

pytestmark = pytest.mark.pure

WELL_CONDITIONED = (1, 2, 3, 4, 5, 6)
# The fewest neighbours and the deepest tree that there are: they remember every label.
DIGIT_READERS: dict[str, dict[str, Any]] = {
    "tree": {"model": "tree", "n_train": 200, "noise": 0.2, "complexities": [1, 3, 6, 20], "n_repeats": 4},
    "knn": {"model": "knn", "n_train": 200, "noise": 0.2, "complexities": [60, 9, 3, 1], "n_repeats": 4},
}

every_reader = pytest.mark.parametrize("params", DIGIT_READERS.values(), ids=DIGIT_READERS)


def fitted(power: int, x: np.ndarray, y: np.ndarray) -> Pipeline:
    """The textbook's way to fit a polynomial."""
    return make_pipeline(PolynomialFeatures(power), LinearRegression()).fit(x[:, None], y)


def medians(curve: UCurve) -> list[float]:
    found: list[float] = curve.as_json()["test"]["median"]
    return found


@pytest.mark.parametrize(("n_train", "noise", "seed"), [(30, 0.3, 0), (20, 0.6, 41), (100, 0.1, 1_000_000)])
def test_polynomials_have_the_errors_that_scikit_learn_finds(n_train: int, noise: float, seed: int) -> None:
    curve = u_curve(n_train=n_train, noise=noise, complexities=WELL_CONDITIONED, n_repeats=10, seed=seed)

    for i in range(10):
        x, y, new_x, new_y = points(seed, i, n_train, noise)
        for j, power in enumerate(WELL_CONDITIONED):
            authority = fitted(power, x, y)
            assert_allclose(curve.train[i, j], mean_squared_error(y, authority.predict(x[:, None])), rtol=1e-9)
            assert_allclose(curve.test[i, j], mean_squared_error(new_y, authority.predict(new_x[:, None])), rtol=1e-9)


def test_the_lines_of_the_first_draw_are_those_that_scikit_learn_draws() -> None:
    draw = u_curve(seed=7).draw

    assert draw is not None
    for power in WELL_CONDITIONED:
        line = fitted(power, draw.x, draw.y).predict(draw.grid[:, None])
        assert_allclose(draw.fits[power - 1], line, rtol=1e-9, atol=1e-9)


def test_the_points_lie_around_the_target_with_the_noise_that_was_asked_for() -> None:
    x, y, new_x, new_y = (
        np.concatenate(each) for each in zip(*(points(0, i, 100, 0.4) for i in range(50)), strict=True)
    )

    for where, value in ((x, y), (new_x, new_y)):
        away = value - compute.target(where)
        assert_allclose([away.mean(), away.std()], [0.0, 0.4], atol=0.02)
        assert -1 <= where.min() < -0.99
        assert 0.99 < where.max() <= 1


def test_the_target_is_neither_odd_nor_even() -> None:
    right, left = compute.target(np.array([0.8])), compute.target(np.array([-0.8]))

    assert abs(right - left) > 0.1
    assert abs(right + left) > 0.1


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_new_points_are_met_best_in_the_middle_and_worse_by_far_on_either_side(seed: int) -> None:
    curve = u_curve(seed=seed)

    lowest = min(medians(curve))
    assert curve.best in (3, 4, 5, 6)
    assert medians(curve)[0] > 3 * lowest
    assert medians(curve)[-1] > 4 * lowest
    assert medians(curve)[7:] == sorted(medians(curve)[7:])


@pytest.mark.parametrize("seed", [0, 5])
def test_more_power_never_fits_the_known_points_of_any_draw_worse(seed: int) -> None:
    train = u_curve(n_train=20, seed=seed).train

    assert np.all(np.diff(train, axis=1) <= 1e-12)


def test_what_is_left_over_at_the_best_power_is_the_noise() -> None:
    curve = u_curve(n_train=100, noise=0.5, seed=2)

    assert_allclose(min(medians(curve)), 0.5**2, rtol=0.1)


def test_a_power_does_not_depend_on_which_others_are_asked_for() -> None:
    everything, some = u_curve(n_repeats=20, seed=3), u_curve(complexities=[2, 5, 9], n_repeats=20, seed=3)

    assert_allclose(some.train, everything.train[:, [1, 4, 8]], rtol=1e-9)
    assert_allclose(some.test, everything.test[:, [1, 4, 8]], rtol=1e-9)


@pytest.mark.parametrize("params", [{"n_repeats": 12}, *DIGIT_READERS.values()], ids=["polynomial", *DIGIT_READERS])
def test_a_draw_is_the_same_however_many_there_are(params: dict[str, Any]) -> None:
    many, few = u_curve(**params, seed=9), u_curve(**{**params, "n_repeats": 2}, seed=9)

    assert_allclose(many.train[:2], few.train, rtol=1e-9)
    assert_allclose(many.test[:2], few.test, rtol=1e-9)


@pytest.mark.parametrize("params", [{"n_repeats": 12}, *DIGIT_READERS.values()], ids=["polynomial", *DIGIT_READERS])
def test_the_same_seed_gives_the_same_curve_and_another_one_another(params: dict[str, Any]) -> None:
    first, again, other = (u_curve(**params, seed=seed) for seed in (4, 4, 5))

    assert_allclose(again.test, first.test, rtol=1e-9)
    assert not np.allclose(other.test, first.test)


@every_reader
def test_models_that_remember_everything_are_right_on_what_they_learned_and_wrong_on_the_rest(
    params: dict[str, Any],
) -> None:
    curve = u_curve(**params)

    assert_array_equal(curve.train[:, -1], 0)
    assert np.all(curve.train[:, 0] > 0.2)
    assert np.all(curve.test[:, -1] > 0.15)
    assert curve.best in params["complexities"][1:3]


@every_reader
def test_digit_readers_have_the_errors_that_scikit_learn_finds(params: dict[str, Any]) -> None:
    curve = u_curve(**{**params, "noise": 0}, seed=6)

    pixels, labels = load_digits(return_X_y=True)
    for i in range(params["n_repeats"]):
        order = np.random.default_rng([6, i]).permutation(len(labels))
        train, test = order[:200], order[200:]
        for j, power in enumerate(params["complexities"]):
            authority = DecisionTreeClassifier(max_depth=power, random_state=i)
            if params["model"] == "knn":
                authority = KNeighborsClassifier(power)
            authority.fit(pixels[train] / 16, labels[train])
            errors = [zero_one_loss(labels[half], authority.predict(pixels[half] / 16)) for half in (train, test)]
            assert_allclose([curve.train[i, j], curve.test[i, j]], errors, atol=1e-9)


def test_false_labels_are_told_to_the_learner_and_never_to_the_examiner() -> None:
    curve = u_curve(model="knn", n_train=400, noise=0.5, complexities=[15, 11, 9], n_repeats=5)

    # Nine in twenty labels are false: nobody who reads well can agree with them.
    assert np.all(curve.train > 0.4)
    assert np.all(curve.test < 0.3)


@pytest.mark.parametrize("params", [{}, *DIGIT_READERS.values()], ids=["polynomial", *DIGIT_READERS])
def test_medians_and_quartiles_are_over_the_draws(params: dict[str, Any]) -> None:
    curve = u_curve(**params)
    result = curve.as_json()

    for errors, told in ((curve.train, result["train"]), (curve.test, result["test"])):
        for key, percent in (("q25", 25), ("median", 50), ("q75", 75)):
            assert_allclose(told[key], np.percentile(errors, percent, axis=0), rtol=1e-9)


def test_the_result_shows_three_lines_through_the_dots_of_one_draw() -> None:
    curve = u_curve()
    result = curve.as_json()

    draw = result["draw"]
    assert [fit["complexity"] for fit in result["example_fits"]] == [1, curve.best, 15]
    for fit in result["example_fits"]:
        assert fit["points"] == draw["points"]
        assert (fit["x"], fit["y"]) == (draw["x"], draw["fits"][str(fit["complexity"])])
    assert list(draw["fits"]) == [str(power) for power in range(1, 16)]
    assert len(draw["points"]) == 30
    assert {len(line) for line in [draw["x"], draw["target"], *draw["fits"].values()]} == {101}


@pytest.mark.parametrize("params", [{}, *DIGIT_READERS.values()], ids=["polynomial", *DIGIT_READERS])
def test_the_result_is_plain_data(params: dict[str, Any]) -> None:
    result = u_curve(**params).as_json()

    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["error"] == ("share wrong" if "model" in params else "mse")
    assert (result["draw"] is None, result["example_fits"] == []) == ("model" in params, "model" in params)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"n_train": 16}, "power 15 needs more than 16 points, and n_train is 16"),
        ({**DIGIT_READERS["knn"], "n_train": 40}, "60 neighbours cannot be asked where there are 40 examples"),
        ({**DIGIT_READERS["tree"], "n_train": 1700}, "there are 1797 digits, too few"),
    ],
)
def test_what_cannot_be_fitted_is_refused(params: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        u_curve(**params)


@pytest.mark.parametrize(
    ("params", "total"), [({}, 2), *((each, 4) for each in DIGIT_READERS.values())], ids=["polynomial", *DIGIT_READERS]
)
def test_progress_is_told_before_the_first_step_and_after_each(params: dict[str, Any], total: int) -> None:
    told: list[tuple[int, int]] = []

    u_curve(**params, report=lambda done, of, text: told.append((done, of)))

    assert told == [(done, total) for done in range(total + 1)]


@pytest.mark.parametrize("params", [{}, *DIGIT_READERS.values()], ids=["polynomial", *DIGIT_READERS])
def test_what_progress_raises_ends_the_sweep(params: dict[str, Any]) -> None:
    def stop(done: int, total: int, text: str) -> None:
        if done:
            raise InterruptedError(text)

    with pytest.raises(InterruptedError, match=r"powers 1 to 15|draw 1 of 4"):
        u_curve(**params, report=stop)


def test_the_examples_in_the_docstrings_run() -> None:
    outcome = doctest.testmod(compute)

    assert (outcome.failed, outcome.attempted > 0) == (0, True)
