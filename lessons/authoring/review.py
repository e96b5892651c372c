"""Is it a good lesson? What the schema allows and an author should still know: faults, warnings, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import HandSteps, Lesson
from lessons.maths import descent, grading, misconceptions, values
from lessons.maths.descent import FACTOR, Problem
from lessons.maths.misconceptions import LATER, SAME_REMEDY, Standing

MAX_CORE_MINUTES = 120
N_DRAWN = 20


@dataclass
class Review:
    """What to say to the author: faults stop a lesson, warnings do not, notes are for whoever wants to know."""

    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def core_minutes(lesson: Lesson) -> int:
    """Add up the minutes that everyone in class goes through."""
    return sum(part.minutes for part in lesson.parts)


def review(loaded: LoadedLesson) -> Review:
    """Say what an author has to mend, may want to think about again, or should know."""
    found = Review()
    minutes = core_minutes(loaded.lesson)
    if minutes > MAX_CORE_MINUTES:
        found.warnings.append(f"the core takes {minutes} minutes, and a session has {MAX_CORE_MINUTES}")
    found.warnings += [f"{name} is in the folder, but nothing names it" for name in loaded.unnamed_texts]
    for part in loaded.lesson.parts:
        for activity in part.activities:
            if isinstance(activity, HandSteps):
                name = f"activity “{activity.key}”"
                # Points that are drawn for each student are looked at as some students would meet them.
                students = [activity.for_member(str(seed)) for seed in range(N_DRAWN if activity.drawn else 1)]
                faults = dict.fromkeys(fault for seen in students for fault in _passing_slips(seen))
                seen = students[0]
                found.faults += [f"{name}: {fault}" for fault in faults]
                found.warnings += [f"{name}: {warning}" for warning in _standstill(seen)]
                found.notes += [f"{name}: {note}" for note in _shared_numbers(seen)]
    return found


def _standstill(activity: HandSteps) -> Iterator[str]:
    if activity.learning_rate <= 0:
        yield f"a learning rate of {activity.learning_rate} never walks downhill"
    points = zip(activity.x, activity.y, strict=True)
    if sum(((activity.start * x - y) * x for x, y in points), Fraction(0)) == 0:
        yield "the gradient at the start is 0, so no step will move w"


def _standings(activity: HandSteps) -> dict[str, list[Standing]]:
    """For each rule, where somebody stands before each step who makes no mistake."""
    found = {}
    for rule in FACTOR:
        problem = Problem(activity.x, activity.y, activity.learning_rate, rule)
        path = descent.path(problem, activity.start, len(activity.steps))
        found[rule] = [Standing(problem, path[:step]) for step in range(1, len(path))]
    return {str(rule): standings for rule, standings in found.items()}


def _passing_slips(activity: HandSteps) -> Iterator[str]:
    """Name the slips that the sheet could never see, since they give the right w at every step."""
    for rule, standings in _standings(activity).items():
        possible = [slip for slip in misconceptions.SLIPS if len(standings) > 1 or slip.slug not in LATER]
        for slip in possible:
            given = [(slip.gives(at).get("w"), descent.step(at.problem, at.w)) for at in standings]
            if all(w is not None and grading.fits(w, right) for w, right in given):
                words = slip.slug.replace("-", " ")
                yield (
                    f"by the {rule} rule the slip “{words}” gives the right w at every step, so the sheet could not "
                    f"tell; choose another learning rate or other points (the rate is {activity.learning_rate})"
                )


def _shared_numbers(activity: HandSteps) -> Iterator[str]:
    """List the numbers that several slips give: there the sheet asks a question instead of naming one."""
    for rule, standings in _standings(activity).items():
        for step, at in enumerate(standings, start=1):
            for value, slugs in misconceptions.shared_numbers(at).items():
                if len({SAME_REMEDY.get(slug, slug) for slug in slugs}) > 1:
                    words = ", ".join(slug.replace("-", " ") for slug in slugs)
                    yield f"{rule} rule, step {step}: w = {values.show(value)} may be {words}"
