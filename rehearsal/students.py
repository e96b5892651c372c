"""Synthetic students: what is particular to each of a class, drawn from its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

# How often each slip is met in a class, the commonest first (a guess that every new class may correct).
SLIPS = {"sum": 9, "sign": 6, "no-x": 4, "stale-start": 3, "step-only": 3, "rate-times-10": 2}
ONE_IN_STUCK = 8


@dataclass(frozen=True)
class Student:
    """What is particular to one synthetic student.

    `skill` is the chance that a try is right, `pace` how slowly they move (1 is the median), `arrives` seconds of the
    class after its beginning.
    """

    index: int
    skill: float
    pace: float
    slip: str
    gets_stuck: bool
    arrives: float


def draw(seed: int, index: int) -> Student:
    """Draw one student of a class."""
    rng = random.Random(f"{seed}/{index}")  # noqa: S311 - a class that can be played again
    return Student(
        index=index,
        skill=min(max(rng.gauss(0.62, 0.2), 0.15), 0.97),
        pace=rng.lognormvariate(0, 0.35),
        slip=rng.choices(list(SLIPS), list(SLIPS.values()))[0],
        gets_stuck=rng.randrange(ONE_IN_STUCK) == 0,
        arrives=rng.choice((20, 40, 60, 90, 120, 180, 240, 700 if index % 9 == 4 else 150)) * rng.uniform(0.5, 1.5),
    )
