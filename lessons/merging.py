"""One person who had joined a class under two accounts: what they did in its lessons, put together under one.

Every submission is kept. What both accounts had answered counts once, as it was sealed first: the later answer stays
with the other account, as it was, and that one is in no count. A worksheet goes on where it was further, and questions
are counted again from the rows that are kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Max, Model
from django.utils import timezone

import classroom.services
from classroom import events
from classroom.models import Membership
from lessons import progress, selectors
from lessons.activities.base import type_of
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PartDone
from lessons.models import HelpGiven, PartProgress, PartState, Prediction, Reconciliation, Submission

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Sorted(Generic[M]):
    """Rows of the double: those that go over, those that change places with a later one of the account that stays
    (the double's first), and those that stay where they are, since the other account's counts.
    """

    moves: tuple[M, ...]
    swaps: tuple[tuple[M, M], ...]
    # Each after the one that counts.
    stays: tuple[tuple[M, M], ...]

    @property
    def answered_twice(self) -> tuple[tuple[M, M], ...]:
        """Rows that both accounts have: the one that counts, and the one that counts nowhere from then on."""
        return (*self.stays, *self.swaps)


@dataclass(frozen=True)
class Plan:
    """Plan of what happens to the work in lessons. It is shown before it is carried out."""

    n_submissions: int
    predictions: Sorted[Prediction]
    reconciliations: Sorted[Reconciliation]
    help_given: Sorted[HelpGiven]

    @property
    def n_moved(self) -> dict[str, int]:
        """How many rows of the double count for the account that stays."""
        found = {name: getattr(self, name) for name in ("predictions", "reconciliations", "help_given")}
        return {"submissions": self.n_submissions} | {
            name: len(each.moves) + len(each.swaps) for name, each in found.items()
        }


def plan(keep: Membership, double: Membership) -> Plan:
    """Work out what goes over, and what both have answered. Seven queries."""

    def of(model: Any) -> tuple[list[Any], list[Any]]:
        return list(model.objects.filter(membership=keep)), list(model.objects.filter(membership=double))

    return Plan(
        n_submissions=Submission.objects.filter(membership=double).count(),
        predictions=_sort(
            *of(Prediction),
            key=lambda row: (row.lesson, row.activity, row.item, row.round),
            rank=lambda row: (row.sealed_at, row.pk),
        ),
        reconciliations=_sort(
            *of(Reconciliation),
            key=lambda row: (row.lesson, row.activity, row.item),
            # What was made of a reveal comes before a look that led to nothing.
            rank=lambda row: (row.reconciled_at is None, row.reconciled_at or row.revealed_at, row.pk),
        ),
        help_given=_sort(
            *of(HelpGiven),
            key=lambda row: (row.lesson, row.reason, row.occasion),
            rank=lambda row: (row.at, row.pk),
        ),
    )


def _sort(
    mine: Iterable[M], theirs: Iterable[M], *, key: Callable[[Any], Any], rank: Callable[[Any], Any]
) -> Sorted[M]:
    """Sort the double's rows: of two that answer the same the one of the lower rank counts."""
    by_key = {key(row): row for row in mine}
    moves, swaps, stays = [], [], []
    for row in theirs:
        counterpart = by_key.get(key(row))
        if counterpart is None:
            moves.append(row)
        elif rank(row) < rank(counterpart):
            swaps.append((row, counterpart))
        else:
            stays.append((counterpart, row))
    return Sorted(tuple(moves), tuple(swaps), tuple(stays))


def carry_out(plan: Plan, keep: Membership, double: Membership, *, by: Membership | None) -> None:
    """Put the double's work under the account that stays. Both are locked by whoever asks."""
    newest = _newest_senders(keep, double)
    _rename_what_has_one_name(Submission, keep, double)
    _rename_what_has_one_name(Prediction, keep, double)
    Submission.objects.filter(membership=double).update(membership=keep)
    for model, rows in (
        (Prediction, plan.predictions),
        (Reconciliation, plan.reconciliations),
        (HelpGiven, plan.help_given),
    ):
        _exchange(model, rows, keep, double)
    for pair in plan.reconciliations.answered_twice:
        _seen_since(*pair)
    merged = set()
    for lesson in selectors.lessons_of(keep.cohort):
        for part in lesson.lesson.parts:
            _merge_part(lesson, part, keep, double, newest, by=by)
            merged.add((lesson.lesson.slug, part.key))
    # What cannot be read any more, a lesson or a part that is gone, is not counted again: it may come back.
    known = PartProgress.objects.filter(membership=keep)
    for row in PartProgress.objects.filter(membership=double):
        if (row.lesson, row.part) not in merged and not known.filter(lesson=row.lesson, part=row.part).exists():
            PartProgress.objects.filter(pk=row.pk).update(membership=keep)
    PartProgress.objects.filter(membership=double).delete()


def _seen_since(counts: Reconciliation, other: Reconciliation) -> None:
    """A reveal was first seen when either account saw it."""
    first = min(counts.revealed_at, other.revealed_at)
    Reconciliation.objects.filter(pk=counts.pk).update(revealed_at=first)


def _newest_senders(keep: Membership, double: Membership) -> Mapping[tuple[str, str], int]:
    """Which account sent something last, by lesson and activity."""
    rows = Submission.objects.filter(membership__in=(keep, double)).values_list("lesson", "activity", "membership")
    last: dict[tuple[str, str], tuple[int, int]] = {}
    for lesson, activity, member, pk in rows.annotate(last=Max("pk")):
        last[lesson, activity] = max(last.get((lesson, activity), (0, 0)), (pk, member))
    return {key: member for key, (__, member) in last.items()}


def _rename_what_has_one_name(model: Any, keep: Membership, double: Membership) -> None:
    """A device that had kept something may have sent it under both accounts, by the same name."""
    mine = model.objects.filter(membership=keep).values("client_id")
    for row in model.objects.filter(membership=double, client_id__in=mine):
        model.objects.filter(pk=row.pk).update(client_id=uuid.uuid4())


def _exchange(model: Any, rows: Sorted[Any], keep: Membership, double: Membership) -> None:
    model.objects.filter(pk__in=[row.pk for row in rows.moves]).update(membership=keep)
    for counts, later in rows.swaps:
        # Three steps: at no moment may one account have two answers to one question.
        model.objects.filter(pk=later.pk).update(membership=double, lesson="")
        model.objects.filter(pk=counts.pk).update(membership=keep)
        model.objects.filter(pk=later.pk).update(lesson=later.lesson)


def _merge_part(
    lesson: LoadedLesson,
    part: Part,
    keep: Membership,
    double: Membership,
    newest: Mapping[tuple[str, str], int],
    *,
    by: Membership | None,
) -> None:
    """Bring one part's progress up to date with what is kept."""
    slug = lesson.lesson.slug
    found = {
        row.membership_id: row
        for row in PartProgress.objects.filter(membership__in=(keep, double), lesson=slug, part=part.key)
    }
    theirs = found.get(double.pk)
    if theirs is None or part.badge is not None:
        return  # how far a badge is follows from the rest
    mine = found.get(keep.pk) or PartProgress(membership=keep, lesson=slug, part=part.key)
    was = [row for row in (mine, theirs) if row.pk]
    activities = dict(mine.activities)
    for each in part.activities:
        activity = selectors.as_met(keep, lesson, each)
        if activity != selectors.as_met(double, lesson, each):
            continue  # numbers drawn for one account alone: what is worked out with them belongs to that one
        kind = type_of(activity)
        first, second = (kind.standing_in(row.activities, each.key) for row in (mine, theirs))
        if each.key not in theirs.activities:
            continue
        pair = (second, first) if newest.get((slug, each.key)) == keep.pk else (first, second)
        together = second if each.key not in mine.activities else kind.merged(activity, *pair)
        activities[each.key] = kind.recount(keep, lesson, activity, together).as_data()
    state, states = progress.state_of(part, activities), {row.state for row in was}
    mine.slip = max(was, key=lambda row: row.moved_at).slip
    mine.activities, mine.tries = activities, progress.tries_in(part, activities)
    mine.since = min((row.since for row in was if row.state == state), default=timezone.now())
    mine.begun_at, mine.moved_at = min(row.begun_at for row in was), max(row.moved_at for row in was)
    mine.state = state
    mine.save()
    if state == PartState.DONE not in states:
        events.record(PartDone(slug, part.key), keep, by=by)
    classroom.services.touch(keep.cohort)
