"""Outcomes of a member's own runs: what they tell about the questions that wait for them, and how they are drawn."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import experiments.selectors
from classroom.models import Membership
from experiments.models import Run, RunState
from lessons.activities.experiment.pictures import registry
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.activities.measures import Measured, Picture
from lessons.activities.predict.schema import Item
from lessons.authoring.lesson import Lesson
from lessons.run_context import RunContext

Pair = tuple[Run, Run | None]  # a run, and the one that it is compared with


def contexts_of(lesson: str, activity: str, trial: str) -> list[str]:
    """What the runs of a trial, and those they are compared with, were asked for."""
    own = RunContext(lesson, activity, trial)
    return [str(own), str(own.beside)]


def told(membership: Membership, lesson: Lesson, questions: Iterable[Item]) -> dict[str, Measured]:
    """What the member's first finished run of each trial tells, by question. One query, or none.

    A question whose run is not done yet is not among them.
    """
    wanted = {item.key: (item, *_run_of(lesson, item)) for item in questions}
    done = done_runs(membership, lesson, {(each.key, trial.key) for __, each, trial in wanted.values()})
    found = {}
    for key, (item, experiment, trial) in wanted.items():
        pairs = done.get((experiment.key, trial.key), ())
        if pair := next((pair for pair in pairs if pair[1] or not trial.beside), None):
            pictures = registry.find(pair[0].kind)
            drawn = functools.partial(pictures.draw_at_question, item, *pair)
            found[key] = Measured(pictures.truth(item, *pair), *pair, picture=drawn)
    return found


def done_runs(
    membership: Membership, lesson: Lesson, trials: Collection[tuple[str, str]], *, with_results: bool = True
) -> dict[tuple[str, str], list[Pair]]:
    """A member's finished runs of these (experiment, trial), the first asked for first, each with its companion."""
    if not trials:
        return {}
    contexts = [context for trial in trials for context in contexts_of(lesson.slug, *trial)]
    asked = experiments.selectors.requests_of(membership, contexts, with_results=with_results)
    done = [(RunContext.parse(each.context), each.run) for each in asked if each.run.state == RunState.DONE]
    found: dict[tuple[str, str], list[Pair]] = {}
    for context, run in done:
        if context is None or context.is_beside:
            continue
        key = context.activity, context.trial
        others = [other for of, other in done if of == context.beside]
        found.setdefault(key, []).append((run, companion_of(_trial(lesson, *key), run, others)))
    return found


def companion_of(trial: Trial, run: Run, others: Iterable[Run]) -> Run | None:
    """The run that this one is compared with: the same seed, and what the trial says besides."""
    params = {**run.params, **trial.beside}
    return next((other for other in others if other.seed == run.seed and other.params == params), None)


def _run_of(lesson: Lesson, item: Item) -> tuple[Experiment, Trial]:
    experiment = experiment_of(lesson, item.run)
    if experiment is None:
        raise ValueError(f"item {item.key} waits for {item.run}, which is no experiment")
    return experiment, _trial(lesson, experiment.key, item.trial or experiment.trials[0].key)


def _trial(lesson: Lesson, experiment: str, key: str) -> Trial:
    found = experiment_of(lesson, experiment)
    trial = found.trial(key) if found else None
    if trial is None:
        raise ValueError(f"{experiment} has no trial {key}")
    return trial


def draw(run: Run, beside: Run | None) -> Picture:
    """A run by itself, or beside the one it is compared with."""
    return registry.find(run.kind).draw(run, beside)


def evidence(run: Run, beside: Run | None) -> dict[str, Any]:
    """What a run measured, short enough to stand in a member's progress."""
    return registry.find(run.kind).evidence(run, beside)


def newest_pictures(
    student: Membership, lesson: Lesson, experiment: Experiment, trials: Iterable[Trial]
) -> Iterator[Picture]:
    """The student's newest run of each of these trials, drawn."""
    done = done_runs(student, lesson, {(experiment.key, trial.key) for trial in trials})
    for runs in done.values():
        yield draw(*runs[-1])
