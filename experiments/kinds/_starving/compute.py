"""Evaluation of a model from which most of a digit's images were taken away, as several kinds of run do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it ships no types
from sklearn.neighbors import KNeighborsClassifier  # type: ignore[import-untyped]  # likewise
from sklearn.svm import SVC  # type: ignore[import-untyped]  # likewise

from experiments.maths import digits
from experiments.maths.digits import BRIGHTEST, N_DIGITS, Floats, Halves, Ints

ModelName = Literal["svc", "logistic", "knn"]

SEEDS_APART = 1000  # repeat r of seed s is drawn with 1000·s + r
MAX_REPEATS = 200


@dataclass(frozen=True)
class Evaluation:
    """Evaluation of one model on its test half.

    Attributes
    ----------
    test : indices of the test images, shape (n_test,)
    said : what the model called them, shape (n_test,)
    """

    test: Ints
    said: Ints

    @property
    def truth(self) -> Ints:
        return digits.images()[1][self.test]

    @property
    def confusion(self) -> Ints:
        """Counts by truth (rows) and by what was said (columns), shape (10, 10)."""
        counts: Ints = np.bincount(N_DIGITS * self.truth + self.said, minlength=N_DIGITS**2)
        return counts.reshape(N_DIGITS, N_DIGITS)

    @property
    def accuracy(self) -> float:
        return float(np.mean(self.said == self.truth))

    @property
    def recall(self) -> Floats:
        """Recall of each digit: of its images the share that is called so, shape (10,)."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def precision(self) -> Floats:
        """Precision of each digit: of the images called so the share that are, shape (10,); nan where none is."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=0))

    def taken_by(self, digit: int) -> Ints:
        """Counts of a digit's images that each other digit took, shape (10,)."""
        taken: Ints = self.confusion[digit].copy()
        taken[digit] = 0
        return taken

    def as_json(self) -> dict[str, Any]:
        pixels, __ = digits.images()
        truth = self.truth
        wrong = np.flatnonzero(self.said != truth)
        return {
            "accuracy": self.accuracy,
            "recall": _by_digit(self.recall),
            "precision": _by_digit(self.precision),
            "confusion": self.confusion.tolist(),
            "misread": [
                {
                    "index": int(self.test[i]),
                    "truth": int(truth[i]),
                    "said": int(self.said[i]),
                    "pixels": (pixels[self.test[i]] * BRIGHTEST).astype(int).tolist(),
                }
                for i in wrong
            ],
        }


def absorbed(evaluations: Sequence[Evaluation], digit: int) -> dict[str, float]:
    """Shares of a digit's misread images that each digit took, all repeats together; 0 where none was misread."""
    taken = np.sum([evaluation.taken_by(digit) for evaluation in evaluations], axis=0)
    return {str(other): float(n / max(taken.sum(), 1)) for other, n in enumerate(taken)}


def random_states(seed: int, n_repeats: int) -> range:
    if not 1 <= n_repeats <= MAX_REPEATS:
        raise ValueError(f"n_repeats: from 1 to {MAX_REPEATS}, not {n_repeats}")
    return range(SEEDS_APART * seed, SEEDS_APART * seed + n_repeats)


def halves_of(digit: int, random_state: int) -> tuple[Halves, Ints]:
    """The halves, and the digit's training images in the order in which they are kept."""
    halves = digits.split(random_state)
    own = halves.train[digits.images()[1][halves.train] == digit]
    return halves, np.random.default_rng(random_state).permutation(own)


def starved(halves: Halves, own: Ints, digit: int, kept: int) -> Ints:
    """The training images with all but `kept` of the digit's taken out."""
    if not 0 <= kept <= len(own):
        raise ValueError(
            f"kept: from 0 to {len(own)} examples of {digit}, which is all a training half has, not {kept}"
        )
    others = halves.train[digits.images()[1][halves.train] != digit]
    return np.concatenate([others, own[:kept]])


def _model(name: ModelName) -> Any:
    if name == "svc":
        return SVC(C=10)
    if name == "logistic":
        return LogisticRegression(max_iter=2000)
    return KNeighborsClassifier(n_neighbors=3)


def evaluate(model: ModelName, learned: Ints, test: Ints, digit: int, weight: float | None = None) -> Evaluation:
    pixels, labels = digits.images()
    given = {} if weight is None else {"sample_weight": np.where(labels[learned] == digit, weight, 1.0)}
    reader = _model(model).fit(pixels[learned], labels[learned], **given)
    return Evaluation(test, reader.predict(pixels[test]))


def figure(values: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation over the repeats (of those that have a value), and each of them."""
    known = [value for value in values if not np.isnan(value)]
    return {
        "mean": float(np.mean(known)) if known else None,
        "sd": float(np.std(known)) if known else None,
        "values": [_number(value) for value in values],
    }


def figures(rows: Sequence[Floats]) -> dict[str, dict[str, Any]]:
    return {str(digit): figure([float(row[digit]) for row in rows]) for digit in range(N_DIGITS)}


def _share(part: Ints, whole: Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole, dtype=np.float64)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _by_digit(values: Floats) -> dict[str, float | None]:
    return {str(digit): _number(value) for digit, value in enumerate(values)}
