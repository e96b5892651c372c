"""Sealed answers: what is right, whether an answer holds, how a class answered, and what counts as done.

It works out what is right for whoever asks, and guards nothing. `docs/how/sealing.md` lists who asks, and each guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from django.db.models import Count

from classroom.models import Cohort, GradientRule, Membership, Role
from lessons.activities.base import AnyType, type_of
from lessons.activities.measures import Measured, Truth
from lessons.activities.predict import guess_charts
from lessons.activities.predict.maths import rates
from lessons.activities.predict.schema import Choice, Item, Predict
from lessons.authoring.lesson import Lesson
from lessons.drawing.bars import BarChart
from lessons.maths import values
from lessons.maths.descent import Problem
from lessons.models import Confidence, Counts, Prediction, Reconciliation
from lessons.stage import Key, Standing

LEAST_FOR_BARS = 5
Tally = list[tuple[str, str, int]]  # (choice, second, how many)


def find_item(activity: Predict, key: str) -> tuple[Item, Item | None] | None:
    """Give an item of the activity, and the item that it is the transfer question of, if it is one."""
    for item in activity.items:
        if item.key == key:
            return item, None
        if item.transfer is not None and item.transfer.key == key:
            return item.transfer, item
    return None


def problem(activity: Predict, rule: GradientRule, rate: Fraction) -> Problem:
    if activity.data is None:
        raise ValueError(f"{activity.key} has no data to run on")
    return Problem(activity.data.x, activity.data.y, rate, rule.value)  # type: ignore[arg-type]  # half or full


def truth(activity: Predict, rule: GradientRule, item: Item, told: Truth | None = None) -> Truth:
    """Say what is right: given, worked out, or `told` by a run of the member's own."""
    if item.waits:
        return told or Truth()
    if item.number is not None:
        return Truth(number=item.number.right)
    if item.right is not None:
        return Truth(frozenset({item.right}), frozenset(item.also))
    if len(item.rates) == 1 and activity.data is not None:
        run = problem(activity, rule, item.rates[0])
        return Truth(frozenset({rates.outcome(run, activity.data.start)}), frozenset(item.also))
    return Truth()


def is_right(
    activity: Predict, rule: GradientRule, item: Item, choice: str, second: str, told: Truth | None = None
) -> bool:
    """Tell whether an answer holds, credited ones included."""
    found = truth(activity, rule, item, told)
    if item.number is not None:
        guess = number_of(choice)
        return found.number is not None and guess is not None and abs(guess - found.number) <= item.number.within
    if item.second is not None and second and second not in {item.second.right, *item.second.also}:
        return False
    return found.judge(choice) != "other"


def tallies(cohort: Cohort, lesson: str, standing: Standing, key: Key | None = None) -> dict[Key, Tally]:
    """Count a class's answers by question, or to one: those of its last vote with the hands raised in it, or where none
    was held, all.

    One query, however many questions.
    """
    rows = Prediction.objects.filter(
        membership__cohort=cohort,
        membership__role=Role.STUDENT,
        lesson=lesson,
        counts__in=(Counts.VOTE, Counts.OWN_PACE),
    )
    if key:
        rows = rows.filter(activity=key[0], item=key[1])
    found: dict[Key, Tally] = {}
    fields = ("activity", "item", "round", "counts", "choice", "second")
    for activity, item, round_, counted, choice, second, n in (
        rows.order_by(*fields).values_list(*fields).annotate(n=Count("pk"))
    ):
        votes = standing.votes_on((activity, item))
        wanted = (votes[-1].round, Counts.VOTE) if votes else (1, Counts.OWN_PACE)
        if (round_, counted) == wanted:
            found.setdefault((activity, item), []).append((choice, second, n))
    for at, votes in standing.votes.items():
        if votes[-1].hands and key in (None, at):
            found.setdefault(at, []).extend((choice, "", n) for choice, n in votes[-1].hands.items())
    return found


def room(activity: Predict, rule: GradientRule, item: Item, given: Tally, *, mine: str = "") -> BarChart | None:
    """How a class answered, for after the reveal; nothing under five answers."""
    counts: dict[str, int] = {}
    for choice, _second, n in given:
        counts[choice] = counts.get(choice, 0) + n
    if sum(counts.values()) < LEAST_FOR_BARS:
        return None
    return guess_charts.room_bars(item, counts, right=truth(activity, rule, item).right, mine=mine)


def confidence_counts(counts: Mapping[str, int]) -> tuple[tuple[str, int | None], ...]:
    """How sure a class was, in words: counts of five or more, None for the others.

    What is kept back is never one count alone, nor fewer than five answers together: the number of all answers would
    tell it.
    """
    every = {name: counts.get(name, 0) for name in Confidence.values}
    kept = {name for name, n in every.items() if n < LEAST_FOR_BARS}
    while kept and kept != set(every) and (len(kept) == 1 or sum(every[name] for name in kept) < LEAST_FOR_BARS):
        kept.add(min(every.keys() - kept, key=lambda name: every[name]))
    return tuple((str(Confidence(name).label), None if name in kept else n) for name, n in every.items())


def share_right(activity: Predict, rule: GradientRule, item: Item, given: Tally) -> float | None:
    """The share of right answers; nothing under five answers, or where a run has to tell."""
    total = sum(n for _choice, _second, n in given)
    if item.waits or total < LEAST_FOR_BARS:
        return None
    held = sum(n for choice, second, n in given if is_right(activity, rule, item, choice, second))
    return held / total


def number_of(choice: str) -> Fraction | None:
    """Read a stored number; nothing, if the question had choices when it was answered."""
    try:
        return values.parse(choice)
    except values.UnreadableNumber:
        return None


def answer_text(item: Item, choice: str) -> str:
    guess = number_of(choice) if item.number else None
    return (
        text_of(item.choices, choice)
        if item.number is None or guess is None
        else guess_charts.show_number(item.number, guess)
    )


def predictions_of(membership: Membership, lesson: str, activity: str) -> dict[str, dict[int, Prediction]]:
    """A member's sealed answers, by item and round."""
    found: dict[str, dict[int, Prediction]] = {}
    for row in Prediction.objects.filter(membership=membership, lesson=lesson, activity=activity):
        found.setdefault(row.item, {})[row.round] = row
    return found


def reconciliations_of(membership: Membership, lesson: str, activity: str) -> dict[str, Reconciliation]:
    rows = Reconciliation.objects.filter(membership=membership, lesson=lesson, activity=activity)
    return {row.item: row for row in rows}


def is_reconciled(met: Reconciliation | None) -> bool:
    return met is not None and met.reconciled_at is not None


def told(membership: Membership, lesson: Lesson, activity: Predict) -> dict[str, Measured]:
    """What the member's own runs tell about the questions that wait for one, by question."""
    waiting: dict[AnyType, list[Item]] = {}
    for item in activity.every_item():
        if item.waits and (measuring := lesson.activity(item.run)):
            waiting.setdefault(type_of(measuring), []).append(item)
    return {key: each for kind, items in waiting.items() for key, each in kind.told(membership, lesson, items).items()}


def is_done(item: Item, mine: Mapping[str, Mapping[int, Any]], met: Mapping[str, Reconciliation]) -> bool:
    """Credit is for committing and, in a full cycle, for reconciling; never for being right."""
    if item.key not in mine:
        return False
    if item.cycle == "quick":
        return True
    return is_reconciled(met.get(item.key)) and (item.transfer is None or item.transfer.key in mine)


def text_of(choices: Sequence[Choice], key: str) -> str:
    return next((choice.text for choice in choices if choice.key == key), key)
