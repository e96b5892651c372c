"""What becomes of a digit that a model has hardly seen: starve it, measure, give some back, see who took its images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # it ships no types
from sklearn.neighbors import KNeighborsClassifier  # type: ignore[import-untyped]  # likewise
from sklearn.svm import SVC  # type: ignore[import-untyped]  # likewise

from experiments.maths import Report, digits, silent
from experiments.maths.digits import BRIGHTEST, N_DIGITS, Floats, Halves, Ints
from experiments.maths.threads import one_core

ModelName = Literal["svc", "logistic", "knn"]
Fix = Literal["none", "restore", "reweight"]

SEEDS_APART = 1000  # repeat r of seed s is drawn with 1000·s + r
MAX_REPEATS = 200


@dataclass(frozen=True)
class Reading:
    """How one model read its test half.

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
        """Of the images of each digit, the share that is called so, shape (10,)."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def precision(self) -> Floats:
        """Of the images that are called each digit, the share that are; nan where none is called so, shape (10,)."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=0))

    def taken_by(self, digit: int) -> Ints:
        """How many of a digit's images each other digit took, shape (10,)."""
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


@dataclass(frozen=True)
class Starvation:
    """How the models of a starvation read their test halves.

    Attributes
    ----------
    n_full : how many of the digit's images a training half has
    readings : one for each repeat; the first one's model is the one that is shown
    baseline : the first repeat's test half, read by a model from which nothing was taken away
    """

    digit: int
    kept: int
    model: str
    fix: str
    restored: int
    n_full: int
    readings: tuple[Reading, ...]
    baseline: Reading

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data; standard deviations are those of the repeats themselves (ddof = 0)."""
        shown = self.readings[0]
        return {
            "model": self.model,
            "digit": self.digit,
            "kept": self.kept,
            "fix": self.fix,
            "restored": self.restored,
            "n_train_digit": self.n_full,
            "n_test": len(shown.test),
            "n_test_digit": int(np.sum(shown.truth == self.digit)),
            "accuracy": _figure([reading.accuracy for reading in self.readings]),
            "recall": _figures([reading.recall for reading in self.readings]),
            "precision": _figures([reading.precision for reading in self.readings]),
            "absorbed": absorbed(self.readings, self.digit),
            "shown": shown.as_json(),
            "baseline": self.baseline.as_json(),
        }


@dataclass(frozen=True)
class TippingPoint:
    """Accuracy and recall against examples kept.

    Attributes
    ----------
    kept : numbers of examples, shape (n_kept,)
    readings : for each repeat one reading at each of them, shape (n_repeats, n_kept)
    """

    digit: int
    model: str
    kept: tuple[int, ...]
    readings: tuple[tuple[Reading, ...], ...]

    @property
    def accuracy(self) -> Floats:
        return np.array([[reading.accuracy for reading in repeat] for repeat in self.readings])

    @property
    def recall(self) -> Floats:
        """Recall of the starved digit, shape (n_repeats, n_kept)."""
        return np.array([[reading.recall[self.digit] for reading in repeat] for repeat in self.readings])

    def as_json(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "model": self.model,
            "kept": list(self.kept),
            "n_test": len(self.readings[0][0].test),
            "accuracy": _mean_and_sd(self.accuracy),
            "recall": _mean_and_sd(self.recall),
        }


@dataclass(frozen=True)
class Blame:
    """Who took a starved digit's images, and who takes those that are misread with nothing taken away."""

    digit: int
    kept: int
    model: str
    readings: tuple[Reading, ...]
    before: tuple[Reading, ...]

    def as_json(self) -> dict[str, Any]:
        misread = [int(reading.taken_by(self.digit).sum()) for reading in self.readings]
        return {
            "digit": self.digit,
            "kept": self.kept,
            "model": self.model,
            "absorbed": absorbed(self.readings, self.digit),
            "before": absorbed(self.before, self.digit),
            "n_misread": {"mean": float(np.mean(misread)), "sd": float(np.std(misread))},
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
    >>> bool(found.readings[0].recall[8] < found.baseline.recall[8])
    True
    """
    _check_fix(fix, model, kept, restored)
    in_all = kept + restored
    readings = []
    report(0, n_repeats, f"training with {in_all} examples of {digit}")
    for r, random_state in enumerate(_random_states(seed, n_repeats)):
        halves, own = _halves(digit, random_state)
        weight = len(own) / kept if fix == "reweight" else None
        readings.append(_read(model, _starved(halves, own, digit, in_all), halves.test, digit, weight))
        if r == 0:
            n_full, baseline = len(own), _read(model, halves.train, halves.test, digit)
        report(r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: trained with {in_all} examples of {digit}")
    return Starvation(digit, kept, model, fix, restored, n_full, tuple(readings), baseline)


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
    readings, before = [], []
    report(0, n_repeats, f"training with {kept} examples of {digit}, and with all")
    for r, random_state in enumerate(_random_states(seed, n_repeats)):
        halves, own = _halves(digit, random_state)
        readings.append(_read(model, _starved(halves, own, digit, kept), halves.test, digit))
        before.append(_read(model, halves.train, halves.test, digit))
        report(
            r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: trained with {kept} examples of {digit}, and with all"
        )
    return Blame(digit, kept, model, tuple(readings), tuple(before))


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
    readings = []
    span = f"{min(kept)} to {max(kept)} examples of {digit}"
    report(0, n_repeats, f"training with {span}")
    for r, random_state in enumerate(_random_states(seed, n_repeats)):
        halves, own = _halves(digit, random_state)
        readings.append(tuple(_sweep(model, halves, own, kept, digit)))
        report(r + 1, n_repeats, f"repeat {r + 1} of {n_repeats}: {len(kept)} models trained with {span}")
    return TippingPoint(digit, model, tuple(kept), tuple(readings))


def absorbed(readings: Sequence[Reading], digit: int) -> dict[str, float]:
    """Of a digit's misread images, all repeats together, the share that each digit took; 0 where none was misread."""
    taken = np.sum([reading.taken_by(digit) for reading in readings], axis=0)
    return {str(other): float(n / max(taken.sum(), 1)) for other, n in enumerate(taken)}


def _check_fix(fix: Fix, model: ModelName, kept: int, restored: int) -> None:
    if restored and fix != "restore":
        raise ValueError(f"restored: {restored} examples cannot be given back where the fix is {fix!r}")
    if fix == "reweight" and model == "knn":
        raise ValueError("fix: nearest neighbours only count heads, so there is no weight to turn up")
    if fix == "reweight" and kept == 0:
        raise ValueError("fix: where no example is kept there is none to give more weight to")


def _random_states(seed: int, n_repeats: int) -> range:
    if not 1 <= n_repeats <= MAX_REPEATS:
        raise ValueError(f"n_repeats: from 1 to {MAX_REPEATS}, not {n_repeats}")
    return range(SEEDS_APART * seed, SEEDS_APART * seed + n_repeats)


def _halves(digit: int, random_state: int) -> tuple[Halves, Ints]:
    """The halves, and the digit's training images in the order in which they are kept."""
    halves = digits.split(random_state)
    own = halves.train[digits.images()[1][halves.train] == digit]
    return halves, np.random.default_rng(random_state).permutation(own)


def _starved(halves: Halves, own: Ints, digit: int, kept: int) -> Ints:
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


def _read(model: ModelName, learned: Ints, test: Ints, digit: int, weight: float | None = None) -> Reading:
    pixels, labels = digits.images()
    given = {} if weight is None else {"sample_weight": np.where(labels[learned] == digit, weight, 1.0)}
    reader = _model(model).fit(pixels[learned], labels[learned], **given)
    return Reading(test, reader.predict(pixels[test]))


def _sweep(model: ModelName, halves: Halves, own: Ints, kept: Sequence[int], digit: int) -> Iterator[Reading]:
    trainings = [_starved(halves, own, digit, n) for n in kept]
    if model != "svc":
        yield from (_read(model, learned, halves.test, digit) for learned in trainings)
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
        yield Reading(halves.test, reader.predict(kernel.take(to_test[:, :n])))


def _kernel(learned: Floats) -> Floats:
    """What SVC's kernel makes of each squared distance, counted in 256ths, that two images can have."""
    gamma = 1.0 / (learned.shape[1] * learned.var())  # gamma="scale"
    values: Floats = np.exp(-gamma * np.arange(learned.shape[1] * BRIGHTEST**2 + 1) / BRIGHTEST**2)
    return values


def _share(part: Ints, whole: Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole, dtype=np.float64)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _by_digit(values: Floats) -> dict[str, float | None]:
    return {str(digit): _number(value) for digit, value in enumerate(values)}


def _figure(values: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation over the repeats (of those that have a value), and each of them."""
    known = [value for value in values if not np.isnan(value)]
    return {
        "mean": float(np.mean(known)) if known else None,
        "sd": float(np.std(known)) if known else None,
        "values": [_number(value) for value in values],
    }


def _mean_and_sd(values: Floats) -> dict[str, list[float]]:
    return {"mean": values.mean(axis=0).tolist(), "sd": values.std(axis=0).tolist()}


def _figures(rows: Sequence[Floats]) -> dict[str, dict[str, Any]]:
    return {str(digit): _figure([float(row[digit]) for row in rows]) for digit in range(N_DIGITS)}
