"""Pictures of a U-curve: train and test error against a model's power, and the curves of a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from experiments.models import Run
from lessons.activities.experiment.pictures.base import (
    ClassFinds,
    ClassRuns,
    PictureType,
    SharedRun,
    WallFinds,
    result_of,
)
from lessons.activities.experiment.pictures.charts.class_curve import (
    ClassCurve,
    GuessedCurve,
    class_curve_chart,
    guessed_curve_chart,
)
from lessons.activities.experiment.pictures.charts.u_curve import UCurveChart, u_curve_chart
from lessons.activities.measures import Picture, Truth
from lessons.activities.predict.schema import Item

OF_A_CLASS = "polynomial"  # the model whose runs a class puts side by side
FIGURES = ("result__complexities", "result__test__median")


@dataclass(frozen=True)
class UCurvePicture(Picture):
    chart: UCurveChart


@dataclass(frozen=True)
class CurveFinds(ClassFinds):
    chart: ClassCurve


@dataclass(frozen=True)
class CurveOnWall(WallFinds):
    chart: GuessedCurve | None = None


class UCurveType(PictureType):
    kind = "u_curve"
    template = "activities/experiment/pictures/u_curve.html"
    tells = frozenset({"best"})

    def draw(self, run: Run, beside: Run | None) -> UCurvePicture:
        return self._drawn(run, None)

    def draw_at_question(self, item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> UCurvePicture:
        if item.measures != "best":
            raise self._silent(item)
        return self._drawn(run, guess)

    def _drawn(self, run: Run, guess: Fraction | None) -> UCurvePicture:
        said = float(guess) if guess is not None else None
        chart = u_curve_chart(result_of(run), noise=run.params["noise"], guess=said)
        return UCurvePicture(self.template, run, chart)

    def truth(self, item: Item, run: Run, beside: Run | None) -> Truth:
        if item.measures != "best":
            return super().truth(item, run, beside)
        return Truth(number=Fraction(result_of(run)["best"]))

    def class_finds(self, runs: ClassRuns) -> CurveFinds | None:
        """The curves of the same noise and size."""
        found = self._comparable(runs)
        if not found:
            return None
        own = next((i for i, run in enumerate(found) if run.is_mine), None)
        n_asked = sum(run.n_asked for run in found)
        chart = class_curve_chart(_curves(found), own, runs.params["noise"], runs.params["n_train"], n_asked=n_asked)
        return CurveFinds("activities/experiment/pictures/u_curve/class.html", len(found), n_asked, chart)

    def class_finds_at_question(self, runs: ClassRuns, item: Item, guesses: Mapping[str, int]) -> CurveOnWall | None:
        """The same for the wall, over the guesses on its own axis."""
        found = self._comparable(runs) if item.measures == "best" else []
        if not found:
            return None
        chart = guessed_curve_chart(_curves(found), runs.params["noise"], guesses)
        return CurveOnWall(
            "activities/experiment/pictures/u_curve/wall.html",
            len(found),
            sum(run.n_asked for run in found),
            outcome=chart.outcome,
            has_guesses=True,
            chart=chart,
        )

    def _comparable(self, runs: ClassRuns) -> list[SharedRun]:
        if runs.params.get("model") != OF_A_CLASS or "best" not in runs.seen:
            return []
        return runs.results(FIGURES, **{name: runs.params[name] for name in ("noise", "n_train")})


def _curves(found: Sequence[SharedRun]) -> list[tuple[Sequence[int], Sequence[float]]]:
    powers, errors = FIGURES
    return [(run.figures[powers], run.figures[errors]) for run in found]
