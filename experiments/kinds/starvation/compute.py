"""Starvation of a digit: most of its images are taken from a model, each digit is measured, and some are given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from experiments.kinds._starving import compute as starving
from experiments.kinds._starving.compute import Evaluation, ModelName
from experiments.maths import Report, silent
from experiments.maths.threads import one_core

Fix = Literal["none", "restore", "reweight"]


@dataclass(frozen=True)
class Starvation:
    """Evaluations of a starvation's models on their test halves.

    Attributes
    ----------
    n_full : how many of the digit's images a training half has
    evaluations : one for each repeat; the first one's model is the one that is shown
    baseline : the first repeat's test half, read by a model from which nothing was taken away
    """

    digit: int
    kept: int
    model: str
    fix: str
    restored: int
    n_full: int
    evaluations: tuple[Evaluation, ...]
    baseline: Evaluation

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data; standard deviations are those of the repeats themselves (ddof = 0)."""
        shown = self.evaluations[0]
        return {
            "model": self.model,
            "digit": self.digit,
            "kept": self.kept,
            "fix": self.fix,
            "restored": self.restored,
            "n_train_digit": self.n_full,
            "n_test": len(shown.test),
            "n_test_digit": int(np.sum(shown.truth == self.digit)),
            "accuracy": starving.figure([evaluation.accuracy for evaluation in self.evaluations]),
            "recall": starving.figures([evaluation.recall for evaluation in self.evaluations]),
            "precision": starving.figures([evaluation.precision for evaluation in self.evaluations]),
            "absorbed": starving.absorbed(self.evaluations, self.digit),
            "shown": shown.as_json(),
            "baseline": self.baseline.as_json(),
        }


@one_core()
def starvation(
    *,
    digit: int = 8,
    kept: int = 5,
    model: ModelName = "svc",
    fix: Fix = "none",
    restored: int = 0,
    n_repeats: int = 20,
    seed: int = 0,
    report: Report = silent,
) -> Starvation:
    """Take most of a digit's images away from a model, train it, and measure each digit by itself.

    Parameters
    ----------
    digit : the one that is starved
    kept : how many of its training images stay
    model : ``SVC(C=10)``, logistic regression, or three nearest neighbours
    fix : ``restore`` gives `restored` more of its images back; ``reweight`` lets the kept ones weigh as much together
        as all of them would
    n_repeats : how often, each time with another split and another choice of kept images
    seed : repeat r halves the images by ``train_test_split(…, random_state=1000 * seed + r)``, and keeps the first of
        ``default_rng(1000 * seed + r).permutation`` of the digit's training images: who is given back joins them
    report : told how many repeats are done, before the first and after each

    Returns
    -------
    Starvation

    Raises
    ------
    ValueError
        If there are fewer images than are to be kept, or no example that could weigh more, or a model for which
        examples have no weight.

    Examples
    --------
    >>> found = starvation(n_repeats=2, seed=3)
    >>> bool(found.evaluations[0].recall[8] < found.baseline.recall[8])
    True
    """
    _check_fix(fix, model, kept, restored)
    in_all = kept + restored
    evaluations = []
    report(0, n_repeats, f"training with {in_all} examples of {digit}")
    for r, random_state in enumerate(starving.random_states(seed, n_repeats)):
        halves, own = starving.halves_of(digit, random_state)
        weight = len(own) / kept if fix == "reweight" else None
        evaluations.append(
            starving.evaluate(model, starving.starved(halves, own, digit, in_all), halves.test, digit, weight)
        )
        if r == 0:
            n_full, baseline = len(own), starving.evaluate(model, halves.train, halves.test, digit)
        report(r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: trained with {in_all} examples of {digit}")
    return Starvation(digit, kept, model, fix, restored, n_full, tuple(evaluations), baseline)


def _check_fix(fix: Fix, model: ModelName, kept: int, restored: int) -> None:
    if restored and fix != "restore":
        raise ValueError(f"restored: {restored} examples cannot be given back where the fix is {fix!r}")
    if fix == "reweight" and model == "knn":
        raise ValueError("fix: nearest neighbours only count heads, so there is no weight to turn up")
    if fix == "reweight" and kept == 0:
        raise ValueError("fix: where no example is kept there is none to give more weight to")
