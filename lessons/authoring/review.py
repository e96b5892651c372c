"""Is it a good lesson? What the schema allows and an author should still know: faults, warnings, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from lessons.authoring.loader import LoadedLesson
from lessons.authoring.schema import HandSteps, Item, Lesson, Part, Predict
from lessons.maths import descent, grading, misconceptions, rates, values
from lessons.maths.descent import FACTOR, Problem, Rule
from lessons.maths.misconceptions import LATER, SAME_REMEDY, Slip, Standing

MAX_CORE_MINUTES = 120
MAX_FULL_CYCLES = 3
MAX_SECOND_VOTES = 2
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
    found.warnings += _too_much_guessing(loaded.lesson)
    for part in loaded.lesson.parts:
        found.warnings += _minutes_that_do_not_fit(part)
        for activity in part.activities:
            if isinstance(activity, Predict):
                found.faults += [f"activity “{activity.key}”: {fault}" for fault in _outcomes_not_offered(activity)]
            if isinstance(activity, HandSteps):
                name = f"activity “{activity.key}”"
                # Points that are drawn for each student are looked at as some students would meet them.
                students = [activity.for_member(str(seed)) for seed in range(N_DRAWN if activity.drawn else 1)]
                seen = students[0]
                found.faults += [f"{name}: {fault}" for fault in _hidden_slips(students)]
                found.warnings += [f"{name}: {warning}" for warning in _standstill(seen)]
                found.notes += [f"{name}: {note}" for note in _shared_numbers(seen)]
    return found


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


def _standstill(activity: HandSteps) -> Iterator[str]:
    if activity.learning_rate <= 0:
        yield f"a learning rate of {activity.learning_rate} never walks downhill"
    points = zip(activity.x, activity.y, strict=True)
    if sum(((activity.start * x - y) * x for x, y in points), Fraction(0)) == 0:
        yield "the gradient at the start is 0, so no step will move w"


def _standings(activity: HandSteps, rule: Rule) -> list[Standing]:
    """Where somebody stands before each step who makes no mistake."""
    problem = Problem(activity.x, activity.y, activity.learning_rate, rule)
    path = descent.path(problem, activity.start, len(activity.steps))
    return [Standing(problem, path[:step]) for step in range(1, len(path))]


def _hidden_slips(students: Sequence[HandSteps]) -> Iterator[str]:
    """Name the slips that the sheet could never see, since they give the right w at every step."""
    first = _standings(students[0], "half")[0]
    if descent.step(first.problem, first.w) == first.w:
        yield "w never moves, so no step could tell a slip from the right way"
        return
    for rule in FACTOR:
        hidden = dict.fromkeys(slug for seen in students for slug in _right_at_every_step(_standings(seen, rule)))
        if hidden:
            words = " or ".join(f"“{slug.replace('-', ' ')}”" for slug in hidden)
            yield (
                f"by the {rule} rule no step could tell {words} from the right way; choose another learning rate "
                f"(it is {students[0].learning_rate}) or other points"
            )


def _right_at_every_step(standings: Sequence[Standing]) -> Iterator[str]:
    problem = standings[0].problem
    for slug, rows in _rows_by_slug().items():
        if slug in LATER and len(standings) == 1:
            continue
        # Twice the average of two products is their sum, which is no slip.
        if slug == "sum-other-rule" and len(problem.x) == FACTOR[problem.rule]:
            continue
        # A slip made in several ways shows if one of them does: any product but that of x = 0 is missed when left out.
        possible = [row for row in rows if any("w" in row.gives(at) for at in standings)]
        if possible and all(_is_right(row, at) for row in possible for at in standings):
            yield slug


def _rows_by_slug() -> dict[str, list[Slip]]:
    rows: dict[str, list[Slip]] = {}
    for slip in misconceptions.SLIPS:
        rows.setdefault(slip.slug, []).append(slip)
    return rows


def _is_right(slip: Slip, at: Standing) -> bool:
    given = slip.gives(at).get("w")
    return given is not None and grading.fits(given, descent.step(at.problem, at.w))


def _shared_numbers(activity: HandSteps) -> Iterator[str]:
    """List the numbers that several slips give: there the sheet asks a question instead of naming one."""
    for rule in FACTOR:
        for step, at in enumerate(_standings(activity, rule), start=1):
            for value, slugs in misconceptions.shared_numbers(at).items():
                if len({SAME_REMEDY.get(slug, slug) for slug in slugs}) > 1:
                    words = ", ".join(slug.replace("-", " ") for slug in slugs)
                    yield f"{rule} rule, step {step}: w = {values.show(value)} may be {words}"
