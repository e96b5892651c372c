"""Is it a good lesson? Warnings for the author, about things that the schema allows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import HandSteps, Lesson

MAX_CORE_MINUTES = 120


def core_minutes(lesson: Lesson) -> int:
    """Add up the minutes that everyone in class goes through."""
    return sum(part.minutes for part in lesson.parts)


def review(loaded: LoadedLesson) -> list[str]:
    """Say what an author may want to think about again."""
    warnings = []
    minutes = core_minutes(loaded.lesson)
    if minutes > MAX_CORE_MINUTES:
        warnings.append(f"the core takes {minutes} minutes, and a session has {MAX_CORE_MINUTES}")
    warnings += [f"{name} is in the folder, but nothing names it" for name in loaded.unnamed_texts]
    for part in loaded.lesson.parts:
        for activity in part.activities:
            if isinstance(activity, HandSteps):
                warnings += [f"activity “{activity.key}”: {warning}" for warning in _review_hand_steps(activity)]
    return warnings


def _review_hand_steps(activity: HandSteps) -> Iterator[str]:
    if activity.learning_rate <= 0:
        yield f"a learning rate of {activity.learning_rate} never walks downhill"
    points = zip(activity.x, activity.y, strict=True)
    if sum(((activity.start * x - y) * x for x, y in points), Fraction(0)) == 0:
        yield "the gradient at the start is 0, so no step will move w"
