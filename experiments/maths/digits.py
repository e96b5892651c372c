"""The handwritten digits that come with scikit-learn: 1797 images of 8×8 pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # it ships no types
from sklearn.model_selection import train_test_split  # type: ignore[import-untyped]  # likewise

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BRIGHTEST = 16
N_DIGITS = 10


@cache
def images() -> tuple[Floats, Ints]:
    """Images, pixels from 0 to 1, shape (1797, 64), and the digits that they show, shape (1797,)."""
    pixels, labels = load_digits(return_X_y=True)
    return pixels / BRIGHTEST, labels.astype(np.int64)


@cache
def data_hash() -> str:
    """SHA-256 over all pixels and labels: the data that a result was computed from."""
    pixels, labels = images()
    return hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest()


@cache
def squared_distances() -> Ints:
    """Squared distances between any two images, in 256ths, shape (1797, 1797), 26 MB.

    Pixels are whole sixteenths, so these are whole numbers from 0 to 64·256.
    """
    pixels, __ = images()
    sixteenths = pixels * BRIGHTEST  # products of floats are much faster than those of whole numbers, and as exact here
    norms = (sixteenths**2).sum(axis=1)
    distances: Floats = norms[:, None] + norms[None, :] - 2.0 * (sixteenths @ sixteenths.T)
    return distances.astype(np.int64)


@dataclass(frozen=True)
class Halves:
    """Halves of the images: those that a model learns from, and those that it is tested on."""

    train: Ints
    test: Ints


def split(random_state: int) -> Halves:
    """Halve the images so that each digit is halved too.

    Source: `sklearn.model_selection.train_test_split` with `stratify`.
    """
    __, labels = images()
    train, test = train_test_split(np.arange(len(labels)), test_size=0.5, stratify=labels, random_state=random_state)
    return Halves(train, test)
