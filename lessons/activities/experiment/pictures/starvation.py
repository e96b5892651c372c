"""Pictures of a starved digit: the headline, recall by digit, who takes it, what a fix changes, and a class's dots."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from experiments.models import Run
from lessons.activities.experiment.pictures.base import (
    POLL,
    ClassFinds,
    ClassRuns,
    PictureType,
    question_of,
    result_of,
)
from lessons.activities.experiment.pictures.charts.before_after import BeforeAfter, before_after_chart
from lessons.activities.experiment.pictures.charts.confusion import Confusion, confusion_chart
from lessons.activities.experiment.pictures.charts.dots import Dots, dots_chart
from lessons.activities.experiment.pictures.charts.misclassified import MisclassifiedImages, misclassified_images
from lessons.activities.experiment.pictures.charts.recall import RecallChart, recall_chart
from lessons.activities.measures import DIGITS, SPREAD, Picture, Truth
from lessons.activities.predict.schema import Item

LEAST_SHARE = Fraction(1, 3)  # of the misread images, for one digit to be the one that takes them
# Points of recall that count as a change, and as much of one.
LITTLE, MUCH = 3, 15
OF_A_CLASS = "svc"  # the model whose runs a class puts side by side
LOWEST_ACCURACY = 88.0  # percent; where the scale of the dots begins
TEMPLATES = "activities/experiment/pictures/starvation"


@dataclass(frozen=True)
class HeadlinePicture(Picture):
    """The accuracy, and what it was with nothing taken away."""

    figure: str
    baseline: str


@dataclass(frozen=True)
class RecallPicture(Picture):
    recall: RecallChart


@dataclass(frozen=True)
class ConfusionPicture(Picture):
    confusion: Confusion
    misclassified: MisclassifiedImages


@dataclass(frozen=True)
class StarvationPicture(HeadlinePicture):
    """All that a run of its own shows."""

    recall: RecallChart
    confusion: Confusion
    misclassified: MisclassifiedImages


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
        return StarvationPicture(
            self.template,
            run,
            *_headline(run),
            recall=_recall(run),
            confusion=_confusion(run),
            misclassified=_misclassified(run),
        )

    def draw_at_question(self, item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> Picture:
        question = question_of(item)
        template = f"{TEMPLATES}/{question}.html"
        match question:
            case "accuracy" | "poll":
                return HeadlinePicture(template, run, *_headline(run))
            case "recall":
                return RecallPicture(template, run, _recall(run, guess))
            case "absorber":
                return ConfusionPicture(template, run, _confusion(run), _misclassified(run))
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
                return Truth(_absorbers(result["absorbed"], {choice.key for choice in item.choices}))
            case "change" if beside is not None:
                return Truth(frozenset({_change(mean_recall_of(run) - mean_recall_of(beside))}))
        return super().truth(item, run, beside)

    def evidence(self, run: Run, beside: Run | None) -> dict[str, Any]:
        after = _figures(run)
        if beside is None:
            return {"digit": run.params["digit"], **after}
        return {"digit": run.params["digit"], "before": _figures(beside), "after": after}

    def summary(self, evidence: Mapping[str, Any]) -> str:
        told = _recalls(evidence)
        return _("recall for %(digit)s: %(before)s → %(after)s of 100") % told if told else ""

    def in_words(self, evidence: Mapping[str, Any]) -> str:
        told = _recalls(evidence)
        return _("recall for %(digit)s: %(before)d of 100 before, %(after)d after") % told if told else ""

    def class_finds(self, runs: ClassRuns) -> DotsFinds | None:
        """The accuracy and recall of the same starved digit; of fixes nothing."""
        if runs.is_compared or runs.params.get("model") != OF_A_CLASS or "accuracy" not in runs.seen:
            return None
        digit = runs.params["digit"]
        figures = ("result__shown__accuracy", "result__shown__recall")
        found = runs.results(figures, digit=digit, model=OF_A_CLASS)
        if not found:
            return None
        both = {each: (row[figures[0]], row[figures[1]][str(digit)]) for each, row in found}
        scales = (
            (LOWEST_ACCURACY, _("Accuracy in every run of the class, %")),
            (0.0, _("Recall for %(digit)d in every run of the class, of 100") % {"digit": digit}),
        )
        accuracy, recall = (
            dots_chart(
                [100 * each[which] for each in both.values()],
                mine=100 * both[runs.member][which] if runs.member in both else None,
                low=low,
                high=100.0,
                name=name,
            )
            for which, (low, name) in enumerate(scales)
        )
        return DotsFinds(f"{TEMPLATES}/class.html", len(found), accuracy, recall if "recall" in runs.seen else None)

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


def _headline(run: Run) -> tuple[str, str]:
    figure, baseline = (f"{100 * result_of(run)[which]['accuracy']:.1f} %" for which in ("shown", "baseline"))
    return figure, baseline


def _recall(run: Run, guess: Fraction | None = None) -> RecallChart:
    result = result_of(run)
    said = float(guess) if guess is not None else None
    return recall_chart(result["shown"], result["baseline"], digit=run.params["digit"], predicted=said)


def _confusion(run: Run) -> Confusion:
    return confusion_chart(result_of(run)["shown"], run.params["digit"])


def _misclassified(run: Run) -> MisclassifiedImages:
    result = result_of(run)
    return misclassified_images(result["shown"], result["baseline"], run.params["digit"])


def _percent(share: float, places: int) -> Fraction:
    return Fraction(f"{100 * share:.{places}f}")


def _absorbers(absorbed: Mapping[str, float], offered: Collection[str]) -> frozenset[str]:
    """The digit that takes most of the misread images, over all repeats; none, if it takes less than a third.

    Two that take equally many are both right.
    """
    shares = {digit: round(share or 0, 9) for digit, share in absorbed.items()}
    most = max(shares.values())
    if SPREAD in offered and most < round(float(LEAST_SHARE), 9):
        return frozenset({SPREAD})
    return frozenset(DIGITS[int(digit)] for digit, share in shares.items() if share == most)


def _change(points: float) -> str:
    gained = round(100 * points, 9)
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
