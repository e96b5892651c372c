"""Share of heads among tosses of a coin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.maths import Report, silent


@dataclass(frozen=True)
class Tosses:
    heads: float

    def as_json(self) -> dict[str, float]:
        return {"heads": self.heads}


def coin_toss(*, n_tosses: int = 100, bias: float = 0.5, seed: int = 0, report: Report = silent) -> Tosses:
    report(0, 1, "tossing")
    heads = np.random.default_rng(seed).random(n_tosses) < bias
    report(1, 1, "tossed")
    return Tosses(float(heads.mean()))
