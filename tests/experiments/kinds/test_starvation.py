"""Starved digits, held against a plain scikit-learn loop and against figures that were measured elsewhere."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from experiments.kinds.starvation.compute import starvation
from experiments.maths import TRAINING_IMAGES, digits
from tests.experiments.kinds.starved import MODELS, default, percent, plain

pytestmark = pytest.mark.pure


@pytest.mark.slow
def test_five_eights_are_enough_for_a_good_headline_and_for_half_of_the_eights() -> None:
    result = default().as_json()

    accuracy, recall = result["accuracy"], result["recall"]["8"]
    assert (percent(accuracy["mean"]), percent(accuracy["sd"])) == (94.3, 0.9)
    assert (percent(recall["mean"]), percent(recall["sd"], 0)) == (49.5, 9)


def test_the_other_digits_are_read_as_well_as_ever() -> None:
    recall = default().as_json()["recall"]

    assert percent(float(np.mean([recall[digit]["mean"] for digit in recall if digit != "8"])), 0) == 99


@pytest.mark.slow
def test_shouting_louder_leaves_a_support_vector_machine_cold() -> None:
    louder = starvation(fix="reweight")

    same = [
        np.array_equal(one.said, other.said)
        for one, other in zip(louder.evaluations, default().evaluations, strict=True)
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
    assert_array_equal(found.baseline.test, found.evaluations[0].test)
    assert found.baseline.as_json()["confusion"] == confusion_matrix(truth, said).tolist()


@pytest.mark.parametrize("model", ["svc", "logistic"])
def test_reweighting_gives_the_kept_ones_the_weight_of_a_full_class(model: Any) -> None:
    found = starvation(model=model, fix="reweight", kept=10, n_repeats=1, seed=1)

    __, said = plain(8, 10, model, 1000, share_of_full=True)
    assert_array_equal(found.evaluations[0].said, said)


@pytest.mark.parametrize("model", MODELS)
def test_who_is_given_back_joins_those_who_stayed(model: Any) -> None:
    given_back = starvation(kept=5, fix="restore", restored=15, model=model, n_repeats=2)
    never_taken = starvation(kept=20, model=model, n_repeats=2)

    assert all(
        np.array_equal(one.said, other.said)
        for one, other in zip(given_back.evaluations, never_taken.evaluations, strict=True)
    )


def test_giving_back_all_of_them_is_the_baseline() -> None:
    found = starvation(kept=5, fix="restore", restored=TRAINING_IMAGES[8] - 5, n_repeats=1)

    assert_array_equal(found.evaluations[0].said, found.baseline.said)


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
        for evaluation in found.evaluations
        for truth, said in zip(evaluation.truth, evaluation.said, strict=True)
        if truth == 8 and said != 8
    )
    expected = {str(digit): misread[str(digit)] / misread.total() for digit in range(10)}
    assert found.as_json()["absorbed"] == pytest.approx(expected)


def test_a_repeat_is_the_same_however_many_there_are() -> None:
    two = starvation(n_repeats=2)

    assert_array_equal(
        [evaluation.said for evaluation in two.evaluations], [each.said for each in default().evaluations[:2]]
    )


@pytest.mark.parametrize("kept", [1, 87])
def test_logistic_regression_comes_to_an_end(kept: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        starvation(model="logistic", kept=kept, fix="reweight", n_repeats=3)
