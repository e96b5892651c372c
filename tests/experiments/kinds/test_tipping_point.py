"""The tipping point of a digit, held against a plain scikit-learn loop and against starvations one by one."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.testing import assert_array_equal

from experiments.kinds.starvation.compute import starvation
from experiments.kinds.tipping_point.compute import tipping_point
from tests.experiments.kinds.starved import KEPT, default, default_tipping_point, plain

pytestmark = pytest.mark.pure


@pytest.mark.slow
def test_recall_rises_with_the_examples_kept_as_measured() -> None:
    result = default_tipping_point().as_json()

    recall = dict(zip(KEPT, result["recall"]["mean"], strict=True))
    measured = {0: 0, 1: 0.05, 2: 0.17, 5: 0.50, 10: 0.70, 20: 0.83, 40: 0.92, 60: 0.95, 80: 0.97}
    assert {kept: recall[kept] for kept in measured} == pytest.approx(measured, abs=0.006)


@pytest.mark.slow
@pytest.mark.parametrize("random_state", range(0, 20, 4))
def test_every_prediction_of_a_tipping_points_repeat_is_that_of_the_plain_loop(random_state: int) -> None:
    repeat = default_tipping_point().evaluations[random_state]

    for kept, evaluation in zip(KEPT, repeat, strict=True):
        truth, said = plain(8, kept, "svc", random_state)
        assert_array_equal(evaluation.truth, truth)
        assert_array_equal(evaluation.said, said)


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
