"""Starved digits as a notebook would compute them, and each kind of run as it starts, computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from experiments.kinds.blame.compute import Blame, blame
from experiments.kinds.starvation.compute import Starvation, starvation
from experiments.kinds.tipping_point.compute import TippingPoint, tipping_point

MODELS: dict[str, Callable[[], Any]] = {
    "svc": lambda: SVC(C=10),
    "logistic": lambda: LogisticRegression(max_iter=2000),
    "knn": lambda: KNeighborsClassifier(3),
}
KEPT = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80)


@cache
def default() -> Starvation:
    return starvation()


@cache
def default_blame() -> Blame:
    return blame()


@cache
def default_tipping_point() -> TippingPoint:
    return tipping_point()


def plain(digit: int, kept: int, model: str, random_state: int, share_of_full: bool = False) -> tuple[Any, Any]:
    """What a notebook would write: the test labels, and what the model says they are."""
    pixels, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        pixels / 16, labels, test_size=0.5, stratify=labels, random_state=random_state
    )
    own = np.flatnonzero(train_y == digit)
    chosen = np.random.default_rng(random_state).permutation(own)[:kept]
    rows = np.concatenate([np.flatnonzero(train_y != digit), chosen])
    weights = np.where(train_y[rows] == digit, len(own) / kept, 1) if share_of_full else None
    given = {} if weights is None else {"sample_weight": weights}
    return test_y, MODELS[model]().fit(train_x[rows], train_y[rows], **given).predict(test_x)


def percent(value: float, n_decimals: int = 1) -> float:
    return round(100 * value, n_decimals)
