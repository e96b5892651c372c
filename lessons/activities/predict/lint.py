"""Lint of questions: outcomes that nobody can choose, more guessing than a session has time for, long reveals."""

from __future__ import annotations

from collections.abc import Iterator

from lessons.activities.predict.maths import rates
from lessons.activities.predict.schema import Item, Predict
from lessons.authoring.lesson import Lesson, Part
from lessons.authoring.lint import Findings
from lessons.maths.descent import FACTOR, Problem, Rule

MAX_FULL_CYCLES = 3
MAX_SECOND_VOTES = 2
MAX_WORDS_BEHIND = 120


def lint(activity: Predict) -> Findings:
    return Findings(faults=list(_outcomes_not_offered(activity)), warnings=list(_long_reveals(activity)))


def lint_lesson(lesson: Lesson) -> Iterator[str]:
    """Warnings about all questions of a lesson together, then about those of each part."""
    yield from _too_much_guessing(lesson)
    for part in lesson.parts:
        yield from _minutes_that_do_not_fit(part)


def _long_reveals(activity: Predict) -> Iterator[str]:
    for item in activity.every_item():
        if item.n_words_behind > MAX_WORDS_BEHIND:
            yield (
                f"item “{item.key}” shows {item.n_words_behind} words at once, and {MAX_WORDS_BEHIND} are enough; "
                "put the rest under `more`"
            )


def _core_items(activity: Predict, rule: Rule) -> list[Item]:
    """The questions that everyone in class goes through; where one may choose, those that take longest."""
    core = [item for item in activity.items_for(rule) if not item.extra]
    return sorted(core, key=lambda item: -item.minutes)[: activity.choose] if activity.choose else core


def _predicts(part: Part) -> list[Predict]:
    return [activity for activity in part.activities if isinstance(activity, Predict) and not activity.extra]


def _too_much_guessing(lesson: Lesson) -> Iterator[str]:
    for rule in FACTOR:
        items = [item for part in lesson.parts for each in _predicts(part) for item in _core_items(each, rule)]
        n_full = sum(item.cycle == "full" for item in items)
        if n_full > MAX_FULL_CYCLES:
            yield f"by the {rule} rule {n_full} questions go the full cycle; a session has time for {MAX_FULL_CYCLES}"
        n_second = sum(item.votes == 2 for item in items)
        if n_second > MAX_SECOND_VOTES:
            yield f"by the {rule} rule {n_second} questions have a second vote; {MAX_SECOND_VOTES} are enough"


def _minutes_that_do_not_fit(part: Part) -> Iterator[str]:
    for rule in FACTOR:
        minutes = sum(item.minutes for each in _predicts(part) for item in _core_items(each, rule))
        if minutes > part.minutes:
            yield f"part “{part.key}” has {part.minutes} minutes, and its questions take {minutes} by the {rule} rule"


def _outcomes_not_offered(activity: Predict) -> Iterator[str]:
    """Name the learning rates that do what nobody can choose."""
    for rule in FACTOR:
        for item in activity.items_for(rule):
            if len(item.rates) == 1 and activity.data is not None:
                run = Problem(activity.data.x, activity.data.y, item.rates[0], rule)
                outcome = rates.outcome(run, activity.data.start)
                if outcome not in {choice.key for choice in item.choices}:
                    yield f"by the {rule} rule the rate of item “{item.key}” {outcome}, and that is not offered"
