"""What a learner can do, each act in one transaction."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import FilteredRelation, Q, QuerySet, Subquery, UUIDField
from django.utils.translation import gettext as _

import classroom.services
from classroom import events, prepared
from classroom.events import Event
from classroom.models import GradientRule, Membership
from classroom.prepared import Select, Slot
from classroom.refusals import Conflict, Refusal
from lessons import progress, selectors
from lessons.activities.base import Sent, Verdict, type_of
from lessons.authoring.base import AnyActivity
from lessons.authoring.loader import LoadedLesson
from lessons.events import StepAccepted
from lessons.models import PartProgress, PartState, Submission
from lessons.standings import Standing

STUCK_AFTER_TRIES = 3
MOST_VERSIONS = 100  # of one text


class IdTaken(Conflict):
    """Another answer is stored under this id."""

    def __init__(self) -> None:
        super().__init__(_("Another answer came with this id before, and it is stored. Send this one with a new id."))


@dataclass(frozen=True)
class Receipt:
    """What was stored, and whether it is new or had arrived before.

    `progress` is where its member stands after it, by part, so that whoever lays out the answer reads nothing again; of
    an answer that had arrived before it is not known.
    """

    submission: Submission
    is_new: bool
    progress: Mapping[str, PartProgress] | None = None


def submit(
    membership: Membership,
    lesson: LoadedLesson,
    activity_key: str,
    *,
    client_id: uuid.UUID,
    step: int,
    answer: Any,
    by: Membership | None = None,
) -> Receipt:
    """Grade an answer and keep it, together with everything that follows from it; `by` says who entered it for them.

    The same `client_id` from the same member is stored once: sent again, it gets its first receipt back.

    Raises
    ------
    IdTaken
        If something else was sent with this `client_id`: another activity, step or answer.
    Refusal
        If the activity is not there, the class is archived, or the answer cannot be graded.
    """
    sent_hash = _hash_of(lesson.lesson.slug, activity_key, step, answer)
    try:
        part, activity = selectors.find_activity(membership, lesson, activity_key)
    except Refusal:
        # It may have arrived while its part was open, and its reply got lost.
        stored = Submission.objects.filter(membership=membership, client_id=client_id).first()
        if stored is None:
            raise
        return _receipt_again(stored, sent_hash)
    kind = type_of(activity)
    with transaction.atomic():
        # The cohort's row before the member's, as everywhere: two orders could wait for each other for ever.
        rule = GradientRule(membership.cohort.gradient_rule)
        if kind.depends_on_rule and not membership.is_instructor and not membership.cohort.archived:
            rule = classroom.services.fix_gradient_rule(membership.cohort)
        progress.lock(membership)
        known = _known(membership, lesson, activity, step=step, client_id=client_id)
        if known.stored is not None:
            return _receipt_again(Submission.objects.get(pk=known.stored), sent_hash)
        membership.cohort.refuse_if_archived()
        row = known.progress.get(part.key) or progress.begun(membership, lesson, part)
        selectors.refuse_too_early(part, activity, row)
        _refuse_too_many(membership, lesson, activity)
        before = kind.standing_in(row.activities, activity.key)
        verdict = kind.grade(Sent(activity, rule, before, step, answer, known.last))
        is_try = not verdict.is_blank and _graded(known.last) != _graded(verdict.answer)
        after = _after(before, verdict, step=step, is_try=is_try)
        news: list[Event] = []
        if verdict.accepted:
            news.append(StepAccepted(lesson.lesson.slug, activity.key, step, after.tries, after.is_finished))
        news += progress.move(row, part, activity.key, after, "" if verdict.accepted else verdict.slip)
        submission = Submission(
            membership=membership,
            client_id=client_id,
            lesson=lesson.lesson.slug,
            activity=activity.key,
            step=step,
            answer=verdict.answer,
            sent_hash=sent_hash,
            reply=_reply(client_id, step, verdict, row, after),
            accepted=verdict.accepted,
            is_try=is_try,
            slip=verdict.slip,
            lesson_hash=lesson.content_hash,
            entered_by=by,
        )
        prepared.send(
            prepared.kept(row),
            prepared.kept(submission),
            *prepared.added([events.told(each, membership, by=by) for each in news]),
            classroom.services.touched(membership.cohort),
        )
    return Receipt(submission, is_new=True, progress={**known.progress, part.key: row})


@dataclass(frozen=True)
class _Known:
    """What is known of a locked member when an answer of theirs arrives: where they stand by part, the number of the
    submission that had the same id, and the newest answer to the step.
    """

    progress: Mapping[str, PartProgress]
    stored: int | None
    last: dict[str, Any] | None


def _asked() -> QuerySet[Any]:
    sent = Submission.objects.filter(membership=Slot("member"))
    at_step = sent.filter(lesson=Slot("lesson"), activity=Slot("activity"), step=Slot("step"))
    # What is asked beside the rows stands in none of them: the engine finds it out once.
    return (
        Membership.objects.filter(pk=Slot("member"))
        .annotate(row=FilteredRelation("progress", condition=Q(progress__lesson=Slot("lesson"))))
        .values_list(
            Subquery(sent.filter(client_id=Slot("client_id", UUIDField())).values("pk")[:1]),
            Subquery(at_step.order_by("-pk").values("answer")[:1]),
            *(f"row__{name}" for name in _OF_A_ROW),
        )
    )


_OF_A_ROW = [field.attname for field in PartProgress._meta.concrete_fields]
_ASKED: Select[tuple[Any, ...]] = Select(_asked)


def _known(
    membership: Membership, lesson: LoadedLesson, activity: AnyActivity, *, step: int, client_id: uuid.UUID
) -> _Known:
    """Read all of it at once, after the lock: what is read with a lock that was waited for may be older than it."""
    where = {"lesson": lesson.lesson.slug, "activity": activity.key, "step": step}
    found = _ASKED(member=membership.pk, client_id=client_id, **where)
    rows = [PartProgress.from_db(DEFAULT_DB_ALIAS, _OF_A_ROW, kept) for __, __, *kept in found if kept[0] is not None]
    for row in rows:
        row.membership = membership
    stored, last, *__ = found[0]
    return _Known({row.part: row for row in rows}, stored, last)


def _hash_of(*sent: Any) -> str:
    return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()


def _receipt_again(stored: Submission, sent_hash: str) -> Receipt:
    """Give what is stored once more; refuse something else under its id, which would be lost in silence."""
    if stored.sent_hash not in ("", sent_hash):
        raise IdTaken
    return Receipt(stored, is_new=False)


def _refuse_too_many(membership: Membership, lesson: LoadedLesson, activity: AnyActivity) -> None:
    """Every version of a text is kept and may be read: let nobody send them without end."""
    if not activity.is_read:
        return
    sent = Submission.objects.filter(membership=membership, lesson=lesson.lesson.slug, activity=activity.key)
    if sent.count() >= MOST_VERSIONS:
        says = _("You sent this %(n)d times, and we store no more versions. Talk to your instructor.")
        raise Conflict(says % {"n": MOST_VERSIONS})


def _graded(answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """An answer without its scratch work, or the wish to go on or to see a solution: none of them is a new try."""
    return {name: typed for name, typed in (answer or {}).items() if name not in ("scratch", "go_on", "solution")}


def _after(before: Standing[Any], verdict: Verdict, *, step: int, is_try: bool) -> Standing[Any]:
    """Give the activity's new standing: its state, its tries in all and by step, the help used, its memory."""
    tries_at = {**before.tries_at, step: before.tries_at.get(step, 0) + is_try}
    helped = {*before.helped, step} if verdict.worked_line else set(before.helped)
    return before.model_copy(
        update={
            "state": _state(verdict, tries_at),
            "tries": before.tries + is_try,
            "tries_at": tries_at,
            "helped": tuple(sorted(helped)),
            "step": verdict.open_step,
            "memory": verdict.memory,
        }
    )


def _state(verdict: Verdict, tries_at: Mapping[int, int]) -> PartState:
    if verdict.waits_for_review:
        return PartState.WAITING
    if verdict.is_done:
        return PartState.DONE
    is_stuck = tries_at.get(verdict.open_step, 0) >= STUCK_AFTER_TRIES
    return PartState.STUCK if is_stuck else PartState.WORKING


def _reply(
    client_id: uuid.UUID, step: int, verdict: Verdict, row: PartProgress, standing: Standing[Any]
) -> dict[str, Any]:
    return {
        "id": str(client_id),
        "step": step,
        "accepted": verdict.accepted,
        "matches_notebook": verdict.matches_notebook,
        "cells": verdict.cells,
        "ask": verdict.ask or None,
        "carried_from": verdict.carried_from,
        "worked_line": verdict.worked_line or None,
        "progress": {
            "part": {"key": row.part, "state": row.state, "tries": row.tries},
            "activity": {"state": standing.state.value, "tries": standing.tries},
        },
    }
