"""Confusion of a starved digit: which others its images are taken for, against those with nothing taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.kinds._starving import compute as starving
from experiments.kinds._starving.compute import Evaluation, ModelName
from experiments.maths import Report, silent
from experiments.maths.threads import one_core


@dataclass(frozen=True)
class Blame:
    """Evaluations with a starved digit, and with the same digit with nothing taken away."""

    digit: int
    kept: int
    model: str
    evaluations: tuple[Evaluation, ...]
    before: tuple[Evaluation, ...]

    def as_json(self) -> dict[str, Any]:
        misread = [int(evaluation.taken_by(self.digit).sum()) for evaluation in self.evaluations]
        return {
            "digit": self.digit,
            "kept": self.kept,
            "model": self.model,
            "absorbed": starving.absorbed(self.evaluations, self.digit),
            "before": starving.absorbed(self.before, self.digit),
            "n_misread": {"mean": float(np.mean(misread)), "sd": float(np.std(misread))},
        }


@one_core()
def blame(
    *,
    digit: int = 8,
    kept: int = 5,
    model: ModelName = "svc",
    n_repeats: int = 20,
    seed: int = 0,
    report: Report = silent,
) -> Blame:
    """Ask which digits take a starved one's images, against those that it loses with nothing taken away.

    Parameters, refusals and draws are those of `starvation`; each repeat trains one model more, on the whole half.

    Examples
    --------
    >>> found = blame(n_repeats=2).as_json()
    >>> round(sum(found["absorbed"].values()), 9), found["absorbed"]["8"]
    (1.0, 0.0)
    """
    evaluations, before = [], []
    report(0, n_repeats, f"training with {kept} examples of {digit}, and with all")
    for r, random_state in enumerate(starving.random_states(seed, n_repeats)):
        halves, own = starving.halves_of(digit, random_state)
        evaluations.append(starving.evaluate(model, starving.starved(halves, own, digit, kept), halves.test, digit))
        before.append(starving.evaluate(model, halves.train, halves.test, digit))
        report(
            r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: trained with {kept} examples of {digit}, and with all"
        )
    return Blame(digit, kept, model, tuple(evaluations), tuple(before))
