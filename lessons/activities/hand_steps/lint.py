"""Lint of a worksheet: slips that it could never see, and numbers that several slips give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from lessons.activities.hand_steps import slips
from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.misconceptions import LATER, SAME_REMEDY, Position, Slip
from lessons.activities.hand_steps.schema import HandSteps
from lessons.authoring.lint import Findings
from lessons.maths import descent, values
from lessons.maths.descent import FACTOR, Problem, Rule

N_DRAWN = 20
RATES = ("0.05", "0.1", "0.02", "0.01", "0.03", "0.2", "0.005", "0.5")


def lint(activity: HandSteps) -> Findings:
    """Points that are drawn for each student are looked at as some students would meet them."""
    students = [activity.for_member(str(seed)) for seed in range(N_DRAWN if activity.drawn else 1)]
    seen = students[0]
    warnings = [*_standstill(seen), *_running_away(students)]
    return Findings(list(_hidden_slips(students)), warnings, list(_shared_numbers(seen)))


def _standstill(activity: HandSteps) -> Iterator[str]:
    if activity.learning_rate <= 0:
        yield f"a learning rate of {activity.learning_rate} never walks downhill"
    points = zip(activity.x, activity.y, strict=True)
    if sum(((activity.start * x - y) * x for x, y in points), Fraction(0)) == 0:
        yield "the gradient at the start is 0, so no step will move w"


def _running_away(students: Sequence[HandSteps]) -> Iterator[str]:
    """Warn of a learning rate by which every step lands farther from the best w than the one before."""
    if not any(_runs_away(each, students[0].learning_rate) for each in students):
        return
    slower = [rate for rate in map(Fraction, RATES) if not any(_runs_away(each, 2 * rate) for each in students)]
    instead = f"; {float(max(slower)):g} walks to it" if slower else ""
    yield f"a learning rate of {float(students[0].learning_rate):g} jumps past the best w, farther each time{instead}"


def _runs_away(activity: HandSteps, rate: Fraction) -> bool:
    """Tell whether that happens by one rule at least: a step multiplies the distance by 1 − rate × curvature."""
    mean = sum(x * x for x in activity.x) / Fraction(len(activity.x))
    return any(rate * factor * mean > 2 for factor in FACTOR.values())


def _standings(activity: HandSteps, rule: Rule) -> list[Position]:
    """Where somebody stands before each step who makes no mistake."""
    problem = Problem(activity.x, activity.y, activity.learning_rate, rule)
    path = descent.path(problem, activity.start, len(activity.steps))
    return [Position(problem, path[:step]) for step in range(1, len(path))]


def _hidden_slips(students: Sequence[HandSteps]) -> Iterator[str]:
    """Name the slips that the sheet could never see, since they give the right w at every step."""
    first = _standings(students[0], "half")[0]
    if descent.step(first.problem, first.w) == first.w:
        yield "w never moves; give a learning_rate above 0, another start or other points"
        return
    by_rule = {rule: hidden for rule in FACTOR if (hidden := _hidden(students, rule))}
    if not by_rule:
        return
    instead = _rate_that_works(students)
    advice = f"with a learning_rate of {float(instead):g} it would show" if instead else "choose other points"
    for rule, hidden in by_rule.items():
        words = ", or ".join(dict.fromkeys(slips.in_words(slug) for slug in hidden))
        yield f"by the {rule} rule a student who {words} gets the right w at every step; {advice}"


def _hidden(students: Sequence[HandSteps], rule: Rule) -> list[str]:
    return list(dict.fromkeys(slug for seen in students for slug in _right_at_every_step(_standings(seen, rule))))


def _rate_that_works(students: Sequence[HandSteps]) -> Fraction | None:
    """A learning rate, as people choose them, by which these points hide no slip."""
    for rate in map(Fraction, RATES):
        tried = [each.model_copy(update={"learning_rate": rate}) for each in students]
        if not any(_hidden(tried, rule) for rule in FACTOR) and not any(_runs_away(each, rate) for each in tried):
            return rate
    return None


def _right_at_every_step(standings: Sequence[Position]) -> Iterator[str]:
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


def _is_right(slip: Slip, at: Position) -> bool:
    given = slip.gives(at).get("w")
    return given is not None and grading.fits(given, descent.step(at.problem, at.w))


def _shared_numbers(activity: HandSteps) -> Iterator[str]:
    """List the numbers that several slips give: there the sheet asks a question instead of naming one."""
    for rule in FACTOR:
        for step, at in enumerate(_standings(activity, rule), start=1):
            for value, slugs in misconceptions.shared_numbers(at).items():
                if len({SAME_REMEDY.get(slug, slug) for slug in slugs}) > 1:
                    words = ", or ".join(dict.fromkeys(slips.in_words(slug) for slug in slugs))
                    yield f"{rule} rule, step {step}: w = {values.show(value)} comes from a student who {words}"
