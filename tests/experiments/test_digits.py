"""The images of digits, how they are halved, and how far apart they lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics.pairwise import euclidean_distances

from experiments.maths import TRAINING_IMAGES, digits

pytestmark = pytest.mark.pure


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
