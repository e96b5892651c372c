"""Parameters of a coin toss."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from experiments.kinds.base import Params, Ranges


class CoinToss(Params):
    n_tosses: Annotated[int, Field(description="how often the coin is tossed")] = 100
    bias: Annotated[float, Field(description="how likely heads are")] = 0.5

    def ranges(self) -> Ranges:
        return {"n_tosses": (1, 1000), "bias": (0, 1)}

    def seconds(self) -> float:
        return 0.001
