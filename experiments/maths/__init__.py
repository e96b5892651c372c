"""Experiments as plain functions of their parameters and a seed. No Django below this line."""

from collections.abc import Callable

# Called with (units done, units in all, what is being computed now); whatever it raises ends the computation.
Report = Callable[[int, int, str], None]

# How many images of each digit, 0 to 9, every training half has, for those who must not load scikit-learn to know it.
TRAINING_IMAGES = (89, 91, 89, 91, 90, 91, 90, 90, 87, 90)


def silent(done: int, total: int, text: str) -> None:
    """Tell nobody."""
