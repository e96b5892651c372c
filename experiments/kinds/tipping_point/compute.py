"""Tipping point of a starved digit: accuracy and recall against the number of examples kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.svm import SVC  # type: ignore[import-untyped]  # it ships no types

from experiments.kinds._starving import compute as starving
from experiments.kinds._starving.compute import Evaluation, ModelName
from experiments.maths import Report, digits, silent
from experiments.maths.digits import BRIGHTEST, Floats, Halves, Ints
from experiments.maths.threads import one_core


@dataclass(frozen=True)
class TippingPoint:
    """Accuracy and recall against examples kept.

    Attributes
    ----------
    kept : numbers of examples, shape (n_kept,)
    evaluations : for each repeat one evaluation at each of them, shape (n_repeats, n_kept)
    """

    digit: int
    model: str
    kept: tuple[int, ...]
    evaluations: tuple[tuple[Evaluation, ...], ...]

    @property
    def accuracy(self) -> Floats:
        return np.array([[evaluation.accuracy for evaluation in repeat] for repeat in self.evaluations])

    @property
    def recall(self) -> Floats:
        """Recall of the starved digit, shape (n_repeats, n_kept)."""
        return np.array([[evaluation.recall[self.digit] for evaluation in repeat] for repeat in self.evaluations])

    def as_json(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "model": self.model,
            "kept": list(self.kept),
            "n_test": len(self.evaluations[0][0].test),
            "accuracy": _mean_and_sd(self.accuracy),
            "recall": _mean_and_sd(self.recall),
        }


@one_core()
def tipping_point(
    *,
    digit: int = 8,
    kept: Sequence[int] = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80),
    model: ModelName = "svc",
    n_repeats: int = 20,
    seed: int = 0,
    report: Report = silent,
) -> TippingPoint:
    """Measure accuracy and recall against the number of examples kept.

    Each point is what `starvation` gives with that many, the same predictions one by one. For an SVC the squared
    distances between all images are worked out once and shared by all values of `kept`: only gamma, which goes with
    the variance of what is learned from, is another each time. They are whole 256ths, so a table holds the kernel's
    values.

    Parameters
    ----------
    kept : numbers of training images that stay, from few to many; within a repeat the fewer are among the more
    digit, model, n_repeats, seed, report : as for `starvation`

    Returns
    -------
    TippingPoint

    Raises
    ------
    ValueError
        If there are fewer images than are to be kept.

    Examples
    --------
    >>> found = tipping_point(kept=[0, 20], n_repeats=2)
    >>> found.recall.shape, found.recall[:, 0].tolist()
    ((2, 2), [0.0, 0.0])
    """
    evaluations = []
    span = f"{min(kept)} to {max(kept)} examples of {digit}"
    report(0, n_repeats, f"training with {span}")
    for r, random_state in enumerate(starving.random_states(seed, n_repeats)):
        halves, own = starving.halves_of(digit, random_state)
        evaluations.append(tuple(_sweep(model, halves, own, kept, digit)))
        report(r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: {len(kept)} models trained with {span}")
    return TippingPoint(digit, model, tuple(kept), tuple(evaluations))


def _sweep(model: ModelName, halves: Halves, own: Ints, kept: Sequence[int], digit: int) -> Iterator[Evaluation]:
    trainings = [starving.starved(halves, own, digit, n) for n in kept]
    if model != "svc":
        yield from (starving.evaluate(model, learned, halves.test, digit) for learned in trainings)
        return
    pixels, labels = digits.images()
    # All of these trainings are beginnings of the longest one: its distances are gathered once.
    longest = max(trainings, key=len)
    among = digits.squared_distances().take(longest, axis=0).take(longest, axis=1)
    to_test = digits.squared_distances().take(halves.test, axis=0).take(longest, axis=1)
    for learned in trainings:
        n = len(learned)
        kernel = _kernel(pixels[learned])
        reader = SVC(C=10, kernel="precomputed").fit(kernel.take(among[:n, :n]), labels[learned])
        yield Evaluation(halves.test, reader.predict(kernel.take(to_test[:, :n])))


def _kernel(learned: Floats) -> Floats:
    """What SVC's kernel makes of each squared distance, counted in 256ths, that two images can have."""
    gamma = 1.0 / (learned.shape[1] * learned.var())  # gamma="scale"
    values: Floats = np.exp(-gamma * np.arange(learned.shape[1] * BRIGHTEST**2 + 1) / BRIGHTEST**2)
    return values


def _mean_and_sd(values: Floats) -> dict[str, list[float]]:
    return {"mean": values.mean(axis=0).tolist(), "sd": values.std(axis=0).tolist()}
