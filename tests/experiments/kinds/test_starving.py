"""Kinds of run that starve a digit: what is true of all of them."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from experiments.kinds.blame import compute as blame_module
from experiments.kinds.blame.compute import blame
from experiments.kinds.starvation import compute as starvation_module
from experiments.kinds.starvation.compute import starvation
from experiments.kinds.tipping_point import compute as tipping_point_module
from experiments.kinds.tipping_point.compute import tipping_point
from experiments.kinds.u_curve.compute import u_curve
from tests.experiments.kinds.starved import MODELS

pytestmark = pytest.mark.pure


def results() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in MODELS:
        yield f"starvation-{name}", lambda seed, name=name: starvation(model=name, n_repeats=2, seed=seed)
    yield "reweight", lambda seed: starvation(model="logistic", fix="reweight", n_repeats=2, seed=seed)
    yield "tipping_point", lambda seed: tipping_point(kept=[0, 5], n_repeats=2, seed=seed)
    yield "blame", lambda seed: blame(n_repeats=2, seed=seed)


every_result = pytest.mark.parametrize(
    "compute", [each for __, each in results()], ids=[name for name, __ in results()]
)


@pytest.mark.slow
@every_result
def test_the_same_seed_gives_the_same_result_and_another_one_another(compute: Callable[..., Any]) -> None:
    first, again, other = (compute(seed).as_json() for seed in (4, 4, 5))

    assert again == first
    assert other != first


@every_result
def test_the_result_is_plain_data(compute: Callable[..., Any]) -> None:
    result = compute(0).as_json()

    assert json.loads(json.dumps(result, allow_nan=False)) == result


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


@pytest.mark.parametrize("documented", [starvation_module, tipping_point_module, blame_module])
def test_the_examples_in_the_docstrings_run(documented: Any) -> None:
    assert doctest.testmod(documented).failed == 0
