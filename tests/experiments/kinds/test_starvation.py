"""Starved digits, held against a plain scikit-learn loop and against figures that were measured elsewhere."""

from __future__ import annotations

import doctest
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from threadpoolctl import threadpool_info, threadpool_limits

from experiments.kinds._starving import compute as module
from experiments.kinds._starving.compute import (
    Blame,
    Reading,
    Starvation,
    TippingPoint,
    blame,
    starvation,
    tipping_point,
)
from experiments.kinds.u_curve.compute import u_curve
from experiments.maths import TRAINING_IMAGES, digits
from experiments.maths.threads import one_core

pytestmark = pytest.mark.pure

MODELS: dict[str, Callable[[], Any]] = {
    "svc": lambda: SVC(C=10),
    "logistic": lambda: LogisticRegression(max_iter=2000),
    "knn": lambda: KNeighborsClassifier(3),
}
KEPT = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80)


@pytest.fixture(autouse=True)
def on_one_core() -> Iterator[None]:
    """The plain loops too: threads that fight for busy cores take twenty times as long."""
    with one_core():
        yield


@cache
def default() -> Starvation:
    return starvation()


@cache
def default_blame() -> Blame:
    return blame()


@cache
def default_tipping_point() -> TippingPoint:
    return tipping_point()


def plain(digit: int, kept: int, model: str, random_state: int, share_of_full: bool = False) -> tuple[Any, Any]:
    """What a notebook would write: the test labels, and what the model says they are."""
    pixels, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        pixels / 16, labels, test_size=0.5, stratify=labels, random_state=random_state
    )
    own = np.flatnonzero(train_y == digit)
    chosen = np.random.default_rng(random_state).permutation(own)[:kept]
    rows = np.concatenate([np.flatnonzero(train_y != digit), chosen])
    weights = np.where(train_y[rows] == digit, len(own) / kept, 1) if share_of_full else None
    given = {} if weights is None else {"sample_weight": weights}
    return test_y, MODELS[model]().fit(train_x[rows], train_y[rows], **given).predict(test_x)


def percent(value: float, n_decimals: int = 1) -> float:
    return round(100 * value, n_decimals)


def test_five_eights_are_enough_for_a_good_headline_and_for_half_of_the_eights() -> None:
    result = default().as_json()

    accuracy, recall = result["accuracy"], result["recall"]["8"]
    assert (percent(accuracy["mean"]), percent(accuracy["sd"])) == (94.3, 0.9)
    assert (percent(recall["mean"]), percent(recall["sd"], 0)) == (49.5, 9)


def test_the_other_digits_are_read_as_well_as_ever() -> None:
    recall = default().as_json()["recall"]

    assert percent(float(np.mean([recall[digit]["mean"] for digit in recall if digit != "8"])), 0) == 99


@pytest.mark.slow
def test_with_all_eights_they_are_read_like_the_others() -> None:
    before = default_blame().before

    assert percent(float(np.mean([reading.accuracy for reading in before]))) == 98.8
    assert percent(float(np.mean([reading.recall[8] for reading in before]))) == 97.4


@pytest.mark.slow
def test_recall_rises_with_the_examples_kept_as_measured() -> None:
    result = default_tipping_point().as_json()

    recall = dict(zip(KEPT, result["recall"]["mean"], strict=True))
    measured = {0: 0, 1: 0.05, 2: 0.17, 5: 0.50, 10: 0.70, 20: 0.83, 40: 0.92, 60: 0.95, 80: 0.97}
    assert {kept: recall[kept] for kept in measured} == pytest.approx(measured, abs=0.006)


@pytest.mark.slow
def test_shouting_louder_leaves_a_support_vector_machine_cold() -> None:
    louder = starvation(fix="reweight")

    same = [
        np.array_equal(one.said, other.said) for one, other in zip(louder.readings, default().readings, strict=True)
    ]
    assert sum(same) >= 19


@pytest.mark.slow
def test_shouting_louder_helps_logistic_regression_in_part() -> None:
    recall = [starvation(model="logistic", fix=fix).as_json()["recall"]["8"]["mean"] for fix in ("none", "reweight")]

    assert_allclose(recall, [0.18, 0.63], atol=0.03)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("digit", "kept", "seed"), [(8, 5, 0), (3, 0, 12), (1, 40, 1_000_000)])
def test_a_starvation_is_the_plain_loop(model: Any, digit: int, kept: int, seed: int) -> None:
    result = starvation(digit=digit, kept=kept, model=model, n_repeats=2, seed=seed).as_json()

    for r in range(2):
        truth, said = plain(digit, kept, model, 1000 * seed + r)
        recalls = recall_score(truth, said, average=None)
        precisions = precision_score(truth, said, average=None, zero_division=np.nan)
        assert_allclose(result["accuracy"]["values"][r], accuracy_score(truth, said), rtol=1e-9)
        for d in range(10):
            assert_allclose(result["recall"][str(d)]["values"][r], recalls[d], rtol=1e-9)
            expected = None if np.isnan(precisions[d]) else pytest.approx(precisions[d], rel=1e-9)
            assert result["precision"][str(d)]["values"][r] == expected
        if r == 0:
            assert result["shown"]["confusion"] == confusion_matrix(truth, said).tolist()


@pytest.mark.parametrize("model", MODELS)
def test_the_baseline_is_the_same_test_half_with_nothing_taken_away(model: Any) -> None:
    found = starvation(model=model, n_repeats=1, seed=3)

    truth, said = plain(8, 87, model, 3000)
    assert_array_equal(found.baseline.test, found.readings[0].test)
    assert found.baseline.as_json()["confusion"] == confusion_matrix(truth, said).tolist()


@pytest.mark.parametrize("model", ["svc", "logistic"])
def test_reweighting_gives_the_kept_ones_the_weight_of_a_full_class(model: Any) -> None:
    found = starvation(model=model, fix="reweight", kept=10, n_repeats=1, seed=1)

    __, said = plain(8, 10, model, 1000, share_of_full=True)
    assert_array_equal(found.readings[0].said, said)


@pytest.mark.parametrize("model", MODELS)
def test_who_is_given_back_joins_those_who_stayed(model: Any) -> None:
    given_back = starvation(kept=5, fix="restore", restored=15, model=model, n_repeats=2)
    never_taken = starvation(kept=20, model=model, n_repeats=2)

    assert all(
        np.array_equal(one.said, other.said)
        for one, other in zip(given_back.readings, never_taken.readings, strict=True)
    )


def test_giving_back_all_of_them_is_the_baseline() -> None:
    found = starvation(kept=5, fix="restore", restored=TRAINING_IMAGES[8] - 5, n_repeats=1)

    assert_array_equal(found.readings[0].said, found.baseline.said)


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"kept": 88}, "kept: from 0 to 87 examples of 8"),
        ({"kept": -1}, "kept: from 0 to 87 examples of 8"),
        ({"kept": 80, "fix": "restore", "restored": 8}, "kept: from 0 to 87 examples of 8"),
        ({"fix": "none", "restored": 8}, "restored: 8 examples cannot be given back where the fix is 'none'"),
        ({"fix": "reweight", "model": "knn"}, "nearest neighbours only count heads"),
        ({"fix": "reweight", "kept": 0}, "none to give more weight to"),
        ({"n_repeats": 0}, "n_repeats: from 1 to 200, not 0"),
        ({"n_repeats": 201}, "n_repeats: from 1 to 200, not 201"),
    ],
)
def test_what_cannot_be_starved_is_refused(params: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        starvation(**params)


@pytest.mark.parametrize("which", ["shown", "baseline"])
def test_each_row_of_the_confusion_counts_the_images_of_one_digit(which: str) -> None:
    result = default().as_json()

    rows = np.sum(result[which]["confusion"], axis=1)
    assert_array_equal(rows, np.bincount(digits.images()[1][digits.split(0).test]))
    assert (rows.sum(), rows[8]) == (result["n_test"], result["n_test_digit"])


@pytest.mark.parametrize("which", ["shown", "baseline"])
def test_the_misread_images_are_those_off_the_diagonal(which: str) -> None:
    shown = default().as_json()[which]

    off = {(i, j): n for i, row in enumerate(shown["confusion"]) for j, n in enumerate(row) if n and i != j}
    assert Counter((image["truth"], image["said"]) for image in shown["misread"]) == off


def test_a_misread_image_is_the_one_of_that_number() -> None:
    pixels, labels = load_digits(return_X_y=True)

    for image in default().as_json()["shown"]["misread"]:
        assert image["pixels"] == pixels[image["index"]].tolist()
        assert image["truth"] == labels[image["index"]]


def test_a_digit_that_is_never_said_has_no_precision() -> None:
    result = starvation(kept=0, n_repeats=2).as_json()

    assert result["shown"]["precision"]["8"] is None
    assert result["precision"]["8"] == {"mean": None, "sd": None, "values": [None, None]}
    assert result["recall"]["8"] == {"mean": 0, "sd": 0, "values": [0, 0]}


def test_those_who_absorbed_the_misread_ones_share_all_of_them() -> None:
    found = default()

    misread = Counter(
        str(said)
        for reading in found.readings
        for truth, said in zip(reading.truth, reading.said, strict=True)
        if truth == 8 and said != 8
    )
    expected = {str(digit): misread[str(digit)] / misread.total() for digit in range(10)}
    assert found.as_json()["absorbed"] == pytest.approx(expected)


@pytest.mark.slow
def test_blame_is_two_starvations_side_by_side() -> None:
    result = default_blame().as_json()
    full = starvation(kept=TRAINING_IMAGES[8], fix="none")

    assert result["absorbed"] == default().as_json()["absorbed"]
    assert result["before"] == full.as_json()["absorbed"]
    taken = [np.sum((reading.truth == 8) & (reading.said != 8)) for reading in default().readings]
    assert result["n_misread"] == pytest.approx({"mean": np.mean(taken), "sd": np.std(taken)})


def test_where_nothing_was_misread_nobody_is_blamed() -> None:
    test = digits.split(0).test
    perfect = Reading(test, digits.images()[1][test])

    assert set(module.absorbed([perfect], 8).values()) == {0.0}


@pytest.mark.slow
def test_every_prediction_of_a_tipping_point_is_that_of_the_plain_loop() -> None:
    found = default_tipping_point()

    for random_state, repeat in enumerate(found.readings):
        for kept, reading in zip(KEPT, repeat, strict=True):
            truth, said = plain(8, kept, "svc", random_state)
            assert_array_equal(reading.truth, truth)
            assert_array_equal(reading.said, said)


@pytest.mark.parametrize("model", ["logistic", "knn"])
def test_a_tipping_point_of_the_other_models_is_a_row_of_starvations(model: Any) -> None:
    result = tipping_point(digit=4, kept=[2, 20], model=model, n_repeats=2, seed=5).as_json()

    alone = [starvation(digit=4, kept=kept, model=model, n_repeats=2, seed=5).as_json() for kept in (2, 20)]
    assert result["accuracy"]["mean"] == pytest.approx([each["accuracy"]["mean"] for each in alone])
    assert result["recall"]["sd"] == pytest.approx([each["recall"]["4"]["sd"] for each in alone])


@pytest.mark.slow
def test_a_tipping_point_tells_mean_and_spread_over_the_repeats() -> None:
    result = default_tipping_point().as_json()

    at_five, alone = KEPT.index(5), default().as_json()
    assert result["kept"] == list(KEPT)
    assert result["n_test"] == alone["n_test"]
    for figure, expected in (("accuracy", alone["accuracy"]), ("recall", alone["recall"]["8"])):
        assert result[figure]["mean"][at_five] == pytest.approx(expected["mean"], rel=1e-9)
        assert result[figure]["sd"][at_five] == pytest.approx(expected["sd"], rel=1e-9)


def results() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in MODELS:
        yield f"starvation-{name}", lambda seed, name=name: starvation(model=name, n_repeats=2, seed=seed)
    yield "reweight", lambda seed: starvation(model="logistic", fix="reweight", n_repeats=2, seed=seed)
    yield "tipping_point", lambda seed: tipping_point(kept=[0, 5], n_repeats=2, seed=seed)
    yield "blame", lambda seed: blame(n_repeats=2, seed=seed)


every_result = pytest.mark.parametrize(
    "compute", [each for __, each in results()], ids=[name for name, __ in results()]
)


@every_result
def test_the_same_seed_gives_the_same_result_and_another_one_another(compute: Callable[..., Any]) -> None:
    first, again, other = (compute(seed).as_json() for seed in (4, 4, 5))

    assert again == first
    assert other != first


@every_result
def test_the_result_is_plain_data(compute: Callable[..., Any]) -> None:
    result = compute(0).as_json()

    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_a_repeat_is_the_same_however_many_there_are() -> None:
    two = starvation(n_repeats=2)

    assert_array_equal([reading.said for reading in two.readings], [each.said for each in default().readings[:2]])


@pytest.mark.parametrize("compute", [starvation, blame, lambda **given: tipping_point(kept=[0, 5], **given)])
def test_progress_is_told_before_the_first_repeat_and_after_each(compute: Callable[..., Any]) -> None:
    told: list[tuple[int, int]] = []

    compute(n_repeats=3, report=lambda done, of, text: told.append((done, of)))

    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("compute", [starvation, blame, lambda **given: tipping_point(kept=[0, 5], **given)])
def test_what_progress_raises_ends_the_computation(compute: Callable[..., Any]) -> None:
    def stop(done: int, total: int, text: str) -> None:
        if done == 1:
            raise InterruptedError(text)

    with pytest.raises(InterruptedError, match="repeat 1 of 3"):
        compute(n_repeats=3, report=stop)


@pytest.mark.parametrize("compute", [u_curve, starvation, blame, tipping_point])
def test_a_computation_keeps_to_one_core(compute: Callable[..., Any]) -> None:
    n_threads: list[int] = []

    with threadpool_limits(2):
        compute(n_repeats=1, report=lambda *told: n_threads.extend(pool["num_threads"] for pool in threadpool_info()))

    assert set(n_threads) == {1}


@pytest.mark.parametrize("kept", [1, 87])
def test_logistic_regression_comes_to_an_end(kept: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        starvation(model="logistic", kept=kept, fix="reweight", n_repeats=3)


@given(st.integers(0, 1000 * 1_000_000 + 200))
def test_every_training_half_has_as_many_of_each_digit_as_is_written_down(random_state: int) -> None:
    halves = digits.split(random_state)

    __, labels = digits.images()
    assert tuple(np.bincount(labels[halves.train])) == TRAINING_IMAGES
    assert_array_equal(np.sort(np.concatenate([halves.train, halves.test])), np.arange(len(labels)))


def test_distances_are_those_of_scikit_learn() -> None:
    pixels, __ = digits.images()

    assert_allclose(digits.squared_distances() / 256, euclidean_distances(pixels, squared=True), atol=1e-9)


def test_the_digits_are_those_that_the_known_figures_were_measured_on() -> None:
    assert digits.data_hash() == "5889d26819cf830d070975af3c711419825fa0a078137b3d80b8e7d06bd58da0"


@pytest.mark.parametrize("documented", [module, digits])
def test_the_examples_in_the_docstrings_run(documented: Any) -> None:
    assert doctest.testmod(documented).failed == 0
