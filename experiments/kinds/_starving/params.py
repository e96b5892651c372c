"""Parameters that the kinds of run share which starve a digit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from experiments.kinds.base import Params, Ranges
from experiments.maths import TRAINING_IMAGES

# On one core, for one model that learns half of the images and reads the other half.
SECONDS = {"svc": 0.055, "logistic": 0.04, "knn": 0.01}


class Starved(Params):
    """Parameters of a model that learns to read digits, one of which it has few examples of."""

    digit: Annotated[int, Field(description="the digit that is starved")] = 8
    model: Annotated[
        Literal["svc", "logistic", "knn"],
        Field(description="svc, logistic (regression) or knn (three nearest neighbours)"),
    ] = "svc"
    n_repeats: Annotated[int, Field(description="how often, each time with another split")] = 20

    @property
    def there(self) -> int:
        """Number of examples of the digit that there are to keep."""
        return TRAINING_IMAGES[self.digit] if 0 <= self.digit <= 9 else min(TRAINING_IMAGES)

    def seconds(self) -> float:
        return SECONDS[self.model] * self.n_repeats

    def ranges(self) -> Ranges:
        return {"digit": (0, 9), "kept": (0, self.there), "n_repeats": (1, 50)}
