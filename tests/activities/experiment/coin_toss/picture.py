"""Picture of a coin toss: the share of heads, and that of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Any

from experiments.models import Run
from lessons.activities.experiment.pictures.base import ClassRuns, PictureType, WallFinds, result_of
from lessons.activities.measures import Picture, Truth
from lessons.activities.predict.schema import Item


@dataclass(frozen=True)
class CoinTossPicture(Picture):
    heads: str
    guess: str


@dataclass(frozen=True)
class CoinTossFinds(WallFinds):
    mean: str = ""


class CoinTossType(PictureType):
    kind = "coin_toss"
    template = "activities/experiment/pictures/coin_toss.html"
    tells = frozenset({"accuracy"})

    def draw(self, run: Run, beside: Run | None) -> CoinTossPicture:
        return CoinTossPicture(self.template, run, of_100(run), "")

    def draw_at_question(self, item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> CoinTossPicture:
        return CoinTossPicture(self.template, run, of_100(run), "" if guess is None else str(guess))

    def truth(self, item: Item, run: Run, beside: Run | None) -> Truth:
        return Truth(number=Fraction(of_100(run)))

    def evidence(self, run: Run, beside: Run | None) -> dict[str, Any]:
        return {"run": str(run.pk), "heads": of_100(run)}

    def summary(self, evidence: Mapping[str, Any]) -> str:
        return f"heads: {evidence['heads']} of 100" if "heads" in evidence else ""

    def class_finds(self, runs: ClassRuns) -> CoinTossFinds | None:
        found = runs.results(("result__heads",), bias=runs.params["bias"])
        if not found or "accuracy" not in runs.seen:
            return None
        template = "activities/experiment/pictures/coin_toss/class.html"
        mean = fmean(run.figures["result__heads"] for run in found)
        n_asked = sum(run.n_asked for run in found)
        return CoinTossFinds(template, len(found), n_asked, mean=f"{100 * mean:.0f}")

    def class_finds_at_question(self, runs: ClassRuns, item: Item, guesses: Mapping[str, int]) -> CoinTossFinds | None:
        return self.class_finds(runs)


def of_100(run: Run) -> str:
    return f"{100 * result_of(run)['heads']:.0f}"
