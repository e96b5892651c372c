"""Pictures of a starved digit: the headline, recall by digit, who takes it, what a fix changes, and a class's dots."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from experiments.models import Run
from lessons.activities.experiment.pictures.base import (
    POLL,
    ClassFinds,
    ClassRuns,
    PictureType,
    SharedRun,
    WallFinds,
    question_of,
    result_of,
)
from lessons.activities.experiment.pictures.charts.before_after import BeforeAfter, before_after_chart, change
from lessons.activities.experiment.pictures.charts.confusion import Confusion, confusion_chart
from lessons.activities.experiment.pictures.charts.dots import Dots, dots_chart
from lessons.activities.experiment.pictures.charts.misclassified import MisclassifiedImages, misclassified_images
from lessons.activities.experiment.pictures.charts.recall import RecallChart, of_100, recall_chart
from lessons.activities.experiment.pictures.charts.starved_class import (
    ClassRecall,
    ClassTakers,
    ImageWall,
    class_recall,
    class_takers,
    image_wall,
)
from lessons.activities.experiment.pictures.charts.takers import Takers, takers, takers_chart
from lessons.activities.measures import DIGITS, Closer, Picture, Result, Truth
from lessons.activities.predict.schema import Item
from lessons.drawing.bars import BarChart, BarRow

# Points of recall that count as a change, and as much of one.
LITTLE, MUCH = 3, 15
OF_A_CLASS = "svc"  # the model whose runs a class puts side by side
LOWEST_ACCURACY = 88.0  # percent; where the scale of the dots begins
TEMPLATES = "activities/experiment/pictures/starvation"
WALL = f"{TEMPLATES}/wall"
WIDE, NARROW = 2.9, 1.25  # shapes of the room for the images, alone and beside what came of them


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


@dataclass(frozen=True)
class HeadlineOnWall(WallFinds):
    figure: str = ""


@dataclass(frozen=True)
class RecallOnWall(WallFinds):
    chart: ClassRecall | None = None


@dataclass(frozen=True)
class ImagesOnWall(WallFinds):
    """Misread images as they are, for a question whose answer is still sealed."""

    images: ImageWall | None = None


@dataclass(frozen=True)
class TakersOnWall(WallFinds):
    chart: ClassTakers | None = None
    images: ImageWall | None = None
    confusion: Confusion | None = None


@dataclass(frozen=True)
class ChangeOnWall(WallFinds):
    chart: BarChart | None = None


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

    def class_finds_at_question(self, runs: ClassRuns, item: Item, guesses: Mapping[str, int]) -> WallFinds | None:
        """The same for the wall: means over the different runs, and the images of the one that was done first.

        A decision has its headline and the sealed question of who takes them its images, unstamped, each as soon as
        the question before has told of it.
        """
        seen = runs.seen
        match question_of(item):
            case "accuracy" | "poll" if "accuracy" in seen:
                return self._headline_of(runs, is_outcome=not item.poll)
            case "recall" if "recall" in seen:
                return self._recall_of(runs)
            case "absorber" if "absorber" in seen:
                return self._takers_of(runs, item, guesses)
            case "absorber" if "recall" in seen:
                return self._unstamped(runs)
            case "change" if "change" in seen:
                return self._change_of(runs)
        return None

    def _unstamped(self, runs: ClassRuns) -> ImagesOnWall | None:
        run = runs.first(**_own(runs))
        images = image_wall(_images(run, is_stamped=False), shape=WIDE) if run else None
        return ImagesOnWall(f"{WALL}/images.html", 1, 1, is_large=True, images=images) if images else None

    def _headline_of(self, runs: ClassRuns, *, is_outcome: bool) -> HeadlineOnWall | None:
        figure = "result__shown__accuracy"
        found = runs.results((figure,), **_own(runs))
        if not found:
            return None
        told = [100 * run.figures[figure] for run in found]
        says = f"{fmean(told):.1f}\u00a0%"
        return HeadlineOnWall(
            f"{WALL}/headline.html",
            len(found),
            sum(run.n_asked for run in found),
            label=says,
            truth=fmean(told) if is_outcome else None,
            reach=_reach(told) if is_outcome else None,
            figure=says,
        )

    def _recall_of(self, runs: ClassRuns) -> RecallOnWall | None:
        digit = runs.params["digit"]
        now, before = figures = ("result__shown__recall", "result__baseline__recall")
        found = runs.results(figures, **_own(runs))
        if not found:
            return None
        told = [100 * run.figures[now][str(digit)] for run in found]
        says = _("%(n)s of 100") % {"n": of_100(fmean(told) / 100)}
        chart = class_recall([run.figures[now] for run in found], [run.figures[before] for run in found], digit)
        return RecallOnWall(
            f"{WALL}/recall.html",
            len(found),
            sum(run.n_asked for run in found),
            outcome=says,
            label=says,
            truth=fmean(told),
            reach=_reach(told),
            chart=chart,
        )

    def _takers_of(self, runs: ClassRuns, item: Item, guesses: Mapping[str, int]) -> TakersOnWall | None:
        digit = runs.params["digit"]
        absorbed, recall, confusion = figures = ("result__absorbed", "result__recall", "result__shown__confusion")
        found = runs.results(figures, **_own(runs))
        if not found:
            return None
        # How many images there are is what the question before asks for.
        first = runs.first(**_own(runs)) if "recall" in runs.seen else None
        results = [
            {
                "absorbed": run.figures[absorbed],
                "recall": run.figures[recall],
                "shown": {"confusion": run.figures[confusion]},
            }
            for run in found
        ]
        chart = class_takers(results, digit, item.choices, guesses)
        return TakersOnWall(
            f"{WALL}/takers.html",
            len(found),
            sum(run.n_asked for run in found),
            outcome=chart.outcome,
            has_guesses=True,
            chart=chart,
            images=image_wall(_images(first, is_stamped=True), shape=NARROW) if first else None,
            confusion=confusion_chart(result_of(first)["shown"], digit) if first else None,
        )

    def _change_of(self, runs: ClassRuns) -> ChangeOnWall | None:
        """Recall before a fix and after, over the different pairs of the class."""
        digit = runs.params["digit"]
        recall, seed = figures = ("result__recall", "seed")

        def by_seed(of: ClassRuns) -> dict[int, SharedRun]:
            return {run.figures[seed]: run for run in of.results(figures, digit=digit)}

        before, after = by_seed(runs.beside()), by_seed(runs)
        pairs = [
            [each.figures[recall][str(digit)]["mean"] for each in (before[key], run)]
            for key, run in after.items()
            if key in before
        ]
        if not pairs:
            return None
        was, now = (100 * fmean(each) for each in zip(*pairs, strict=True))
        gained = round(now) - round(was)
        rows = tuple(
            BarRow(when, f"{value:.0f}", round(value, 1), is_harmed=True)
            for when, value in ((_("before"), was), (_("after"), now))
        )
        name = _("Recall for %(digit)d: of 100 real ones, how many were found") % {"digit": digit}
        return ChangeOnWall(
            f"{WALL}/change.html",
            len(pairs),
            sum(run.n_asked for key, run in after.items() if key in before),
            outcome=_("%(before)d → %(after)d of 100") % {"before": round(was), "after": round(now)},
            holds=frozenset({_change(gained)}),
            chart=BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows),
        )


def _own(runs: ClassRuns) -> dict[str, Any]:
    """What the runs of a trial have in common, a program’s own included."""
    return {name: runs.params[name] for name in ("digit", "model")}


def _reach(told: list[float]) -> tuple[float, float] | None:
    return (min(told), max(told)) if len(told) > 1 else None


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
        _over_all(says, result["recall"][str(digit)], of_100, here=of_100(recall_of(run))),
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
