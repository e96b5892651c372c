"""Lint of experiments: questions that wait for a run of a kind which does not tell what they ask for."""

from __future__ import annotations

from collections.abc import Iterator

from lessons.activities.experiment.pictures import registry
from lessons.activities.experiment.pictures.base import question_of
from lessons.activities.experiment.schema import Trial, experiment_of
from lessons.activities.predict.schema import Item, Predict
from lessons.authoring.lesson import Lesson


def lint_lesson(lesson: Lesson) -> Iterator[str]:
    for activity in lesson.activities:
        if isinstance(activity, Predict):
            for item in activity.every_item():
                trial = _trial_of(lesson, item)
                if trial is not None and not _tells(trial, item):
                    yield f"item “{item.key}” asks for {question_of(item)}, which no run of “{trial.title}” tells"


def _trial_of(lesson: Lesson, item: Item) -> Trial | None:
    experiment = experiment_of(lesson, item.run)
    return experiment.trial(item.trial or experiment.trials[0].key) if experiment else None


def _tells(trial: Trial, item: Item) -> bool:
    is_compared = bool(trial.beside) or item.measures != "change"
    return question_of(item) in registry.find(trial.kind).tells and is_compared
