"""Blame for a starved digit's images, held against two starvations."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.kinds._starving import compute as starving
from experiments.kinds._starving.compute import Evaluation
from experiments.kinds.starvation.compute import starvation
from experiments.maths import TRAINING_IMAGES, digits
from tests.experiments.kinds.starved import default, default_blame, percent

pytestmark = pytest.mark.pure


@pytest.mark.slow
def test_with_all_eights_they_are_read_like_the_others() -> None:
    before = default_blame().before

    assert percent(float(np.mean([evaluation.accuracy for evaluation in before]))) == 98.8
    assert percent(float(np.mean([evaluation.recall[8] for evaluation in before]))) == 97.4


@pytest.mark.slow
def test_blame_is_two_starvations_side_by_side() -> None:
    result = default_blame().as_json()
    full = starvation(kept=TRAINING_IMAGES[8], fix="none")

    assert result["absorbed"] == default().as_json()["absorbed"]
    assert result["before"] == full.as_json()["absorbed"]
    taken = [np.sum((evaluation.truth == 8) & (evaluation.said != 8)) for evaluation in default().evaluations]
    assert result["n_misread"] == pytest.approx({"mean": np.mean(taken), "sd": np.std(taken)})


def test_where_nothing_was_misread_nobody_is_blamed() -> None:
    test = digits.split(0).test
    perfect = Evaluation(test, digits.images()[1][test])

    assert set(starving.absorbed([perfect], 8).values()) == {0.0}
