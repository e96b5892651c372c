"""What the runs of a whole class show together: the curve and the dots that grow with everybody's run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

import experiments.selectors
from classroom.models import Cohort
from lessons.activities.experiment.pictures import curves, digits
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.activities.predict.schema import Item
from lessons.authoring.lesson import Lesson
from lessons.run_context import RunContext

OF_DOTS = "svc"  # the model whose runs the class puts side by side
LOWEST_ACCURACY = 88.0  # percent; where the scale of the dots begins


@dataclass(frozen=True)
class ClassFinds:
    """The runs of a class in one picture; `n` of them."""

    n: int
    curve: curves.ClassCurve | None = None
    accuracy: digits.Dots | None = None
    recall: digits.Dots | None = None


def finds(
    cohort: Cohort,
    lesson: Lesson,
    experiment: Experiment,
    trial: Trial,
    *,
    params: Mapping[str, Any],
    seen: Collection[str],
    member: int = 0,
) -> ClassFinds | None:
    """Collect each student's first run of a trial: those of the same noise and size, or of the same starved digit.

    Parameters
    ----------
    params : of the run that they are put beside
    seen : what of the outcome may be shown
    member : whose run is marked
    """
    context = str(RunContext(lesson.slug, experiment.key, trial.key))
    if trial.kind == "u_curve" and params.get("model") == "polynomial" and "best" in seen:
        return _curve(cohort, context, params, member)
    if trial.kind == "starvation" and not trial.beside and params.get("model") == OF_DOTS and "accuracy" in seen:
        return _dots(cohort, context, params["digit"], seen, member)
    return None


def finds_about(cohort: Cohort, lesson: Lesson, item: Item) -> ClassFinds | None:
    """What the class's runs tell about a question, for the front of the room."""
    experiment = experiment_of(lesson, item.run)
    if experiment is None or item.measures is None:
        return None
    trial = experiment.trial(item.trial or "") or experiment.trials[0]
    found = finds(cohort, lesson, experiment, trial, params=trial.spelled_out({}), seen={item.measures, "accuracy"})
    if found is None or item.measures in ("best", "accuracy"):
        return found
    return ClassFinds(found.n, recall=found.recall) if item.measures == "recall" else None


def n_done(cohort: Cohort, lesson: Lesson, item: Item) -> int:
    """How many students have the run that a question waits for."""
    experiment = experiment_of(lesson, item.run)
    if experiment is None:
        return 0
    return n_runs(cohort, lesson, experiment, experiment.trial(item.trial or "") or experiment.trials[0])


def n_runs(cohort: Cohort, lesson: Lesson, experiment: Experiment, trial: Trial) -> int:
    """How many students have a finished run of a trial."""
    context = RunContext(lesson.slug, experiment.key, trial.key)
    return experiments.selectors.n_with_a_run(cohort, str(context))


def _curve(cohort: Cohort, context: str, params: Mapping[str, Any], member: int) -> ClassFinds | None:
    figures = ("result__complexities", "result__test__median")
    same = {name: params[name] for name in ("noise", "n_train")}
    found = experiments.selectors.class_results(cohort, context, figures, **same)
    if not found:
        return None
    runs = [(row[figures[0]], row[figures[1]]) for __, row in found]
    own = next((i for i, (each, __) in enumerate(found) if each == member), None)
    return ClassFinds(len(found), curve=curves.class_curve(runs, own, same["noise"], same["n_train"]))


def _dots(cohort: Cohort, context: str, digit: int, seen: Collection[str], member: int) -> ClassFinds | None:
    figures = ("result__shown__accuracy", "result__shown__recall")
    found = experiments.selectors.class_results(cohort, context, figures, digit=digit, model=OF_DOTS)
    if not found:
        return None
    both = {each: (row[figures[0]], row[figures[1]][str(digit)]) for each, row in found}
    scales = (
        (LOWEST_ACCURACY, _("Accuracy in every run of the class, %")),
        (0.0, _("Recall for %(digit)d in every run of the class, of 100") % {"digit": digit}),
    )
    accuracy, recall = (
        digits.dots(
            [100 * each[which] for each in both.values()],
            mine=100 * both[member][which] if member in both else None,
            low=low,
            high=100.0,
            name=name,
        )
        for which, (low, name) in enumerate(scales)
    )
    return ClassFinds(len(found), accuracy=accuracy, recall=recall if "recall" in seen else None)
