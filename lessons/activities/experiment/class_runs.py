"""Class runs: what the runs of everybody show together, in a picture that grows with each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import experiments.selectors
from classroom.models import Cohort
from lessons.activities.experiment.pictures import registry
from lessons.activities.experiment.pictures.base import ClassFinds, ClassRuns, WallFinds
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.activities.predict.schema import Item, guesses_before
from lessons.authoring.lesson import Lesson
from lessons.run_context import RunContext


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
    """Collect each student's first run of a trial, as far as its kind is drawn for a class.

    Parameters
    ----------
    params : of the run that they are put beside
    seen : what of the outcome may be shown
    member : whose run is marked
    """
    runs = _runs(cohort, lesson, experiment, trial, params=params, seen=seen, member=member)
    return registry.find(trial.kind).class_finds(runs)


def finds_about(
    cohort: Cohort,
    lesson: Lesson,
    item: Item,
    *,
    guesses: Mapping[str, int],
    revealed: Collection[tuple[str, str]],
) -> WallFinds | None:
    """What the class's runs tell about a question, for the front of the room.

    Of what these runs have measured it shows as much as the questions revealed have told, and no more.
    """
    experiment = experiment_of(lesson, item.run)
    if experiment is None:
        return None
    trial = experiment.trial(item.trial or "") or experiment.trials[0]
    asked = guesses_before(lesson, experiment.key, trial.key)
    told = {each.measures for activity, each in asked if each.measures and (activity.key, each.key) in revealed}
    runs = _runs(cohort, lesson, experiment, trial, params=trial.spelled_out({}), seen=told)
    return registry.find(trial.kind).class_finds_at_question(runs, item, guesses)


def _runs(
    cohort: Cohort,
    lesson: Lesson,
    experiment: Experiment,
    trial: Trial,
    *,
    params: Mapping[str, Any],
    seen: Collection[str],
    member: int = 0,
) -> ClassRuns:
    context = RunContext(lesson.slug, experiment.key, trial.key)
    return ClassRuns(cohort, context, params, seen, member, is_compared=bool(trial.beside))


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
