"""What a run can tell about a question, whoever asks and whoever measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from experiments.models import Run

Result = Mapping[str, Any]  # what a run gave, as it is stored

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# What a run can tell: where the error on new data is lowest, the accuracy and the recall of the model shown (in
# percent), which digit takes the starved one's images, and what a fix changes.
Measure = Literal["best", "accuracy", "recall", "absorber", "change"]

NUMBERS_MEASURED = ("best", "accuracy", "recall")

SPREAD = "spread"  # no single digit takes them

CHANGES = ("much", "little", "nothing", "worse")

OUTCOMES_MEASURED: dict[str, frozenset[str]] = {
    **dict.fromkeys(NUMBERS_MEASURED, frozenset()),
    "absorber": frozenset({*DIGITS, SPREAD}),
    "change": frozenset(CHANGES),
}


@dataclass(frozen=True)
class Truth:
    """What is right for an item, and what is credited too; nothing, as long as a run has to tell."""

    right: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    number: Fraction | None = None

    def judge(self, choice: str) -> str:
        if choice in self.right:
            return "right"
        return "also" if choice in self.also else "other"


@dataclass(frozen=True)
class Closer:
    """Closer look at what a picture is about, on a card of its own: its template, and what the way there says."""

    template: str
    way: str


@dataclass(frozen=True)
class Picture:
    """What a run draws: by which template, and of which run. Each kind of run adds what its template shows."""

    template: str
    run: Run

    @property
    def closer(self) -> Closer | None:
        return None


@dataclass(frozen=True)
class Measured:
    """What a member's run, beside the one it is compared with, tells about one question; and how it is drawn beside
    what they had guessed.
    """

    truth: Truth
    run: Run
    beside: Run | None
    picture: Callable[[Fraction | None], Picture]
