"""What the tests of an experiment's page share."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.kinds._starving import compute as starving

train = starving.evaluate
trained: dict[tuple[Any, ...], starving.Evaluation] = {}


@pytest.fixture(autouse=True)
def _each_model_is_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation follows from its images (tests/experiments/kinds hold that): the next test is given the last's."""

    def evaluate(model: starving.ModelName, learned: Any, test: Any, *given: Any) -> starving.Evaluation:
        what = (model, learned.tobytes(), test.tobytes(), *given)
        if what not in trained:
            trained[what] = train(model, learned, test, *given)
        return trained[what]

    monkeypatch.setattr(starving, "evaluate", evaluate)
