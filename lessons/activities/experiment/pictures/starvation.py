"""Pictures of a starved digit: the headline, recall by digit, who takes it, what a fix changes, and a class's dots."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.models import Run
from lessons.activities.experiment.pictures.base import (
    POLL,
    ClassFinds,
    ClassRuns,
    PictureType,
    question_of,
    result_of,
)
from lessons.activities.experiment.pictures.charts.before_after import BeforeAfter, before_after_chart, change
from lessons.activities.experiment.pictures.charts.confusion import Confusion, confusion_chart
from lessons.activities.experiment.pictures.charts.dots import Dots, dots_chart
from lessons.activities.experiment.pictures.charts.misclassified import MisclassifiedImages, misclassified_images
from lessons.activities.experiment.pictures.charts.recall import RecallChart, recall_chart
from lessons.activities.experiment.pictures.charts.takers import Takers, takers, takers_chart
from lessons.activities.measures import DIGITS, Closer, Picture, Result, Truth
from lessons.activities.predict.schema import Item

# Points of recall that count as a change, and as much of one.
LITTLE, MUCH = 3, 15
OF_A_CLASS = "svc"  # the model whose runs a class puts side by side
LOWEST_ACCURACY = 88.0  # percent; where the scale of the dots begins
TEMPLATES = "activities/experiment/pictures/starvation"


@dataclass(frozen=True)
class Headline:
    """The accuracy of the model shown, what it was with nothing taken away, and what it is over all repeats."""

    figure: str
    baseline: str
    over_all: str


@dataclass(frozen=True)
class Recall:
    """The recall of each digit in the model shown, and that of the starved one over all repeats."""

    chart: RecallChart
    over_all: str


@dataclass(frozen=True)
class Who:
    """Who takes the starved digit: its images with their stamps, the matrix, and the takers over all repeats."""

    images: MisclassifiedImages
    confusion: Confusion
    takers: Takers


@dataclass(frozen=True)
class HeadlinePicture(Picture):
    headline: Headline


@dataclass(frozen=True)
class RecallPicture(Picture):
    """Recall, and the images behind it; what they were called is not told yet."""

    recall: Recall
    images: MisclassifiedImages

    @property
    def closer(self) -> Closer | None:
        """The images, where there are any."""
        says = ngettext("See the %(digit)d it missed →", "See the %(n)d %(digit)ds it missed →", self.images.n)
        way = says % {"n": self.images.n, "digit": self.run.params["digit"]}
        return Closer(f"{TEMPLATES}/images.html", way) if self.images.n else None


@dataclass(frozen=True)
class TakersPicture(Picture):
    who: Who


@dataclass(frozen=True)
class StarvationPicture(Picture):
    """All that a run of its own shows."""

    headline: Headline
    recall: Recall
    who: Who


@dataclass(frozen=True)
class FixPicture(Picture):
    """A run beside the one before the fix."""

    chart: BeforeAfter


@dataclass(frozen=True)
class DotsFinds(ClassFinds):
    accuracy: Dots | None
    recall: Dots | None


class StarvationType(PictureType):
    kind = "starvation"
    template = f"{TEMPLATES}.html"
    tells = frozenset({"accuracy", "recall", "absorber", "change", POLL})

    def draw(self, run: Run, beside: Run | None) -> Picture:
        if beside is not None:
            return self._fix(run, beside)
        return StarvationPicture(self.template, run, _headline(run), _recall(run), _who(run, DIGITS))

    def draw_at_question(self, item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> Picture:
        question = question_of(item)
        template = f"{TEMPLATES}/{question}.html"
        match question:
            case "accuracy" | "poll":
                return HeadlinePicture(template, run, _headline(run))
            case "recall":
                return RecallPicture(template, run, _recall(run, guess), _images(run, is_stamped=False))
            case "absorber":
                return TakersPicture(template, run, _who(run, {choice.key for choice in item.choices}))
            case "change" if beside is not None:
                return self._fix(run, beside)
        raise self._silent(item)

    def _fix(self, run: Run, beside: Run) -> FixPicture:
        chart = before_after_chart(result_of(beside), result_of(run), run.params["digit"])
        return FixPicture(f"{TEMPLATES}/change.html", run, chart)

    def truth(self, item: Item, run: Run, beside: Run | None) -> Truth:
        result = result_of(run)
        match question_of(item):
            case "accuracy":
                return Truth(number=_percent(result["shown"]["accuracy"], 1))
            case "recall":
                return Truth(number=_percent(recall_of(run), 0))
            case "absorber":
                return Truth(*takers(result, run.params["digit"], {choice.key for choice in item.choices}))
            case "change" if beside is not None:
                return Truth(frozenset({_change(change(result_of(beside), result, run.params["digit"]))}))
        return super().truth(item, run, beside)

    def evidence(self, run: Run, beside: Run | None) -> dict[str, Any]:
        after = _figures(run)
        if beside is None:
            return {"digit": run.params["digit"], **after}
        return {"digit": run.params["digit"], "before": _figures(beside), "after": after}

    def summary(self, evidence: Mapping[str, Any]) -> str:
        told = _recalls(evidence)
        return _("recall for %(digit)s over all models: %(before)s → %(after)s of 100") % told if told else ""

    def in_words(self, evidence: Mapping[str, Any]) -> str:
        told = _recalls(evidence)
        return (
            _("recall for %(digit)s over all models: %(before)d of 100 before, %(after)d after") % told if told else ""
        )

    def class_finds(self, runs: ClassRuns) -> DotsFinds | None:
        """The accuracy and recall of the same starved digit; of fixes nothing."""
        if runs.is_compared or runs.params.get("model") != OF_A_CLASS or "accuracy" not in runs.seen:
            return None
        digit = runs.params["digit"]
        figures = ("result__shown__accuracy", "result__shown__recall")
        found = runs.results(figures, digit=digit, model=OF_A_CLASS)
        if not found:
            return None
        scales = (
            (LOWEST_ACCURACY, _("Accuracy of the first model of each run, %")),
            (0.0, _("Recall for %(digit)d of the first model of each run, of 100") % {"digit": digit}),
        )
        both = [(run.figures[figures[0]], run.figures[figures[1]][str(digit)]) for run in found]
        mine = next((i for i, run in enumerate(found) if run.is_mine), None)
        n_asked = sum(run.n_asked for run in found)
        accuracy, recall = (
            dots_chart([100 * each[which] for each in both], mine=mine, n_asked=n_asked, low=low, high=100.0, name=name)
            for which, (low, name) in enumerate(scales)
        )
        shown = recall if "recall" in runs.seen else None
        return DotsFinds(f"{TEMPLATES}/class.html", len(found), n_asked, accuracy, shown)

    def class_finds_at_question(self, finds: DotsFinds, item: Item) -> DotsFinds | None:
        match item.measures:
            case "accuracy":
                return replace(finds, recall=None)
            case "recall":
                return replace(finds, accuracy=None)
        return None


def recall_of(run: Run) -> float:
    """The recall of the starved digit in the model shown."""
    return float(result_of(run)["shown"]["recall"][str(run.params["digit"])])


def mean_recall_of(run: Run) -> float:
    """The same over all repeats."""
    return float(result_of(run)["recall"][str(run.params["digit"])]["mean"])


def _headline(run: Run) -> Headline:
    result = result_of(run)
    figure, baseline = (_in_percent(result[which]["accuracy"]) for which in ("shown", "baseline"))
    says = _("This is one model. Over %(n)d models the average is %(mean)s, from %(least)s to %(most)s.")
    return Headline(figure, baseline, _over_all(says, result["accuracy"], _in_percent))


def _recall(run: Run, guess: Fraction | None = None) -> Recall:
    result, digit = result_of(run), run.params["digit"]
    said = float(guess) if guess is not None else None
    says = _(
        "In this model it is %(here)s of 100. Over all %(n)d models: %(mean)s on average, from %(least)s to %(most)s."
    )
    return Recall(
        recall_chart(result["shown"], result["baseline"], digit=digit, predicted=said),
        _over_all(says, result["recall"][str(digit)], _of_100, here=_of_100(recall_of(run))),
    )


def _over_all(says: str, figure: Result, show: Callable[[float], str], **told: str) -> str:
    """A figure over all repeats in a sentence; nothing, if there is but one."""
    values = figure["values"]
    if len(values) == 1:
        return ""
    told |= {"mean": show(figure["mean"]), "least": show(min(values)), "most": show(max(values))}
    return says % {"n": len(values), **told}


def _who(run: Run, offered: Collection[str]) -> Who:
    result, digit = result_of(run), run.params["digit"]
    matrix = confusion_chart(result["shown"], digit)
    return Who(_images(run, is_stamped=True), matrix, takers_chart(result, digit, offered))


def _images(run: Run, *, is_stamped: bool) -> MisclassifiedImages:
    result = result_of(run)
    return misclassified_images(result["shown"], result["baseline"], run.params["digit"], is_stamped=is_stamped)


def _percent(share: float, places: int) -> Fraction:
    return Fraction(f"{100 * share:.{places}f}")


def _in_percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"


def _of_100(share: float) -> str:
    return f"{100 * share:.0f}"


def _change(gained: int) -> str:
    if gained <= -LITTLE:
        return "worse"
    if gained < LITTLE:
        return "nothing"
    return "little" if gained < MUCH else "much"


def _figures(run: Run) -> dict[str, Any]:
    return {"run": str(run.pk), "accuracy": result_of(run)["accuracy"]["mean"], "recall": mean_recall_of(run)}


def _recalls(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """What evidence tells of a fix, for a sentence; nothing, if it is of none."""
    if not {"digit", "before", "after"} <= set(evidence):
        return {}
    before, after = (round(100 * evidence[when]["recall"]) for when in ("before", "after"))
    return {"digit": evidence["digit"], "before": before, "after": after}
