"""What an instructor does at the front of the room: parts, votes and reveals, each act in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom import events
from classroom.models import Cohort, Membership, Pace
from classroom.refusals import Conflict, NotFound, Refusal
from lessons import selectors
from lessons.authoring.base import AnyActivity, Votable
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import (
    ClassEnded,
    HandsCounted,
    PartFreed,
    PartOpened,
    RevealOpened,
    RevealTakenBack,
    VoteClosed,
    VoteOpened,
)
from lessons.models import PartOpening, RevealOpening, Stage, Vote

TIME_TO_TAKE_BACK = timedelta(seconds=3)
# Between these shares of right answers a talk with the neighbour and a second vote teach most.
LEAST_RIGHT, MOST_RIGHT = 0.3, 0.7
MOST_HANDS = 400


def lead_class(membership: Membership) -> None:
    """From now on nothing opens to the students of this class unless its instructor opens it."""
    with transaction.atomic():
        classroom.services.lead_class(membership.cohort)
        Stage.objects.filter(cohort=membership.cohort).update(number=F("number") + 1)
        classroom.services.touch(membership.cohort)


def end_class(membership: Membership) -> None:
    """End the led session: open votes close, and everyone goes on alone, latecomers and absentees included."""
    with transaction.atomic():
        classroom.services.end_class(membership.cohort)
        stages = Stage.objects.select_for_update().filter(cohort=membership.cohort).order_by("pk")
        for stage in stages:
            _close(stage.votes.all(), membership)
            Stage.objects.filter(pk=stage.pk).update(number=F("number") + 1)
        events.record(ClassEnded(), membership)
        classroom.services.touch(membership.cohort)


def open_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Open the lesson up to this part, itself included."""
    part = selectors.part_of(lesson, key)
    _on_stage(membership, lesson, lambda stage: _open_up_to(stage, membership, lesson, part))


def close_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Take back the opening of this part and of those after it, with any vote in them. What was sent is kept."""
    parts = lesson.lesson.parts
    after = parts[parts.index(selectors.part_of(lesson, key)) :]

    def act(stage: Stage) -> None:
        stage.openings.filter(part__in=[part.key for part in after]).delete()
        activities = [activity.key for part in after for activity in part.activities]
        _close(stage.votes.filter(activity__in=activities), membership)

    _on_stage(membership, lesson, act)


def free_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Let everyone go on alone in this part: each reveal opens to whoever has sealed their own prediction."""
    part = selectors.part_of(lesson, key)

    def act(stage: Stage) -> None:
        _open_up_to(stage, membership, lesson, part)
        _close(stage.votes.filter(activity__in=[activity.key for activity in part.activities]), membership)
        if PartOpening.objects.filter(stage=stage, part=key, freed_at=None).update(freed_at=timezone.now()):
            events.record(PartFreed(lesson.lesson.slug, key), membership)

    _on_stage(membership, lesson, act)


def open_vote(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Open the next round of votes on a question; its part opens with it.

    Raises
    ------
    Conflict
        If a vote is open already, the question has had its rounds, or its reveal is open.
    """
    part, activity, item = find(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        if RevealOpening.objects.filter(stage=stage, activity=activity.key, item=item.key).exists():
            raise Conflict(_("What is behind this question has been opened: no vote comes after that."))
        running = stage.votes.filter(closed_at=None).first()
        if running and not _is_asked(membership, lesson, running):
            _close(stage.votes.all(), membership)  # the lesson or the rule has changed since, and nobody can answer it
        elif running:
            if (running.activity, running.item) == (activity.key, item.key):
                return  # pressed twice
            raise Conflict(_("Another vote is still open. Close it first: one question at a time."))
        rounds = stage.votes.filter(activity=activity.key, item=item.key).count()
        if rounds >= item.votes:
            raise Conflict(_("This question has had its votes."))
        _open_up_to(stage, membership, lesson, part)
        stage.votes.create(activity=activity.key, item=item.key, round=rounds + 1, by=membership)
        events.record(VoteOpened(lesson.lesson.slug, activity.key, item.key, rounds + 1), membership)

    _on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def close_vote(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Close the vote on a question. A seal that comes after is late; one that came before is in."""
    __, activity, item = find(membership, lesson, activity_key, item_key)
    votes = {"activity": activity.key, "item": item.key}
    _on_stage(
        membership,
        lesson,
        lambda stage: _close(stage.votes.filter(**votes), membership),
        wall=f"{activity.key}/{item.key}",
    )


def reveal(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Open what is behind a question, in three seconds; until then it can be taken back.

    Raises
    ------
    Conflict
        If no vote was held, or one is open.
    """
    __, activity, item = find(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        votes = list(stage.votes.filter(activity=activity.key, item=item.key))
        if not votes or any(vote.is_open for vote in votes):
            raise Conflict(_("First the vote: open it, let the class answer, and close it."))
        opens_at = timezone.now() + TIME_TO_TAKE_BACK
        __, is_new = stage.reveals.get_or_create(
            activity=activity.key, item=item.key, defaults={"opens_at": opens_at, "by": membership}
        )
        if is_new:
            events.record(RevealOpened(lesson.lesson.slug, activity.key, item.key), membership)

    _on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def take_back_reveal(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Take back a reveal that is not open yet.

    Raises
    ------
    Conflict
        If the three seconds are over: somebody may have seen it.
    """
    __, activity, item = find(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        waiting = stage.reveals.filter(activity=activity.key, item=item.key, opens_at__gt=timezone.now())
        taken_back, __ = waiting.delete()
        if taken_back:
            events.record(RevealTakenBack(lesson.lesson.slug, activity.key, item.key), membership)
        elif stage.reveals.filter(activity=activity.key, item=item.key).exists():
            raise Conflict(_("It is open already, and somebody may have seen it."))

    _on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def count_hands(
    membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str, hands: Mapping[str, Any]
) -> None:
    """Add the hands that were raised in the room to the newest vote on a question, in place of those counted before.

    Parameters
    ----------
    hands : by choice; blank for none

    Raises
    ------
    Refusal
        If the question takes no hands, no vote was held, its reveal is open, or something is no number of hands.
    """
    __, activity, item = find(membership, lesson, activity_key, item_key)
    if not takes_hands(item):
        raise Conflict(_("Hands cannot be counted for this question: it does not ask for one choice."))
    counted = _read_hands(item, hands)

    def act(stage: Stage) -> None:
        if RevealOpening.objects.filter(stage=stage, activity=activity.key, item=item.key).exists():
            raise Conflict(_("What is behind this question has been opened: no hands are counted after that."))
        vote = stage.votes.filter(activity=activity.key, item=item.key).order_by("-round").first()
        if vote is None:
            raise Conflict(_("First the vote: open it, then count hands."))
        Vote.objects.filter(pk=vote.pk).update(hands=counted)
        events.record(HandsCounted(lesson.lesson.slug, activity.key, item.key, vote.round, counted), membership)

    _on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def takes_hands(item: Votable) -> bool:
    """Tell whether the room can answer a question by raising hands: one of its choices, and nothing else."""
    return bool(item.choices) and item.second is None


def _read_hands(item: Votable, sent: Mapping[str, Any]) -> dict[str, int]:
    counted, errors = {}, {}
    for choice in item.choices:
        typed = str(sent.get(choice.key, "")).strip() or "0"
        if typed.isascii() and typed.isdigit() and int(typed[:6]) <= MOST_HANDS:
            counted[choice.key] = int(typed)
        else:
            says = _("“%(choice)s”: type a whole number from 0 to %(most)d.")
            errors[choice.key] = [says % {"choice": choice.text, "most": MOST_HANDS}]
    if errors:
        raise Refusal(" ".join(each[0] for each in errors.values()), errors=errors)
    return {key: n for key, n in counted.items() if n}


def show(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Put a question on every projector of the class, or with empty keys the page with the way in."""
    place = ""
    if activity_key or item_key:
        __, activity, item = find(membership, lesson, activity_key, item_key)
        place = f"{activity.key}/{item.key}"
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=membership.cohort_id)
        cohort.refuse_if_archived()
        Stage.objects.get_or_create(cohort=cohort, lesson=lesson.lesson.slug)
        Stage.objects.filter(cohort=cohort, lesson=lesson.lesson.slug).update(on_wall=place)
        classroom.services.touch(cohort)


def find(
    membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str
) -> tuple[Part, AnyActivity, Votable]:
    """Find a question that the whole class can be asked."""
    found = lesson.find_activity(activity_key)
    activity = selectors.as_met(membership, lesson, found[1]) if found else None
    item = activity.votable(item_key) if activity else None
    if found is None or activity is None or item is None:
        raise NotFound(_("There is no such question here."))
    return found[0], activity, item


def wants_second_vote(share: float) -> bool:
    """Tell whether a talk with the neighbour and another vote are worth their minutes."""
    return LEAST_RIGHT <= share <= MOST_RIGHT


def advice(share: float) -> str:
    """What to do after a vote, said so that it may stand on the wall: it tells no outcome."""
    if share < LEAST_RIGHT:
        return _("Give a hint first, then open it.")
    if wants_second_vote(share):
        return _("Talk to your neighbour, then vote again.")
    return _("Ready to be opened.")


def _is_asked(membership: Membership, lesson: LoadedLesson, vote: Vote) -> bool:
    """Tell whether the class still meets the question that a vote is on."""
    try:
        find(membership, lesson, vote.activity, vote.item)
    except NotFound:
        return False
    return True


def _open_up_to(stage: Stage, membership: Membership, lesson: LoadedLesson, part: Part) -> None:
    parts = lesson.lesson.parts
    for each in parts[: parts.index(part) + 1]:
        __, is_new = stage.openings.get_or_create(part=each.key, defaults={"by": membership})
        if is_new:
            events.record(PartOpened(lesson.lesson.slug, each.key), membership)


def _close(votes: QuerySet[Vote], membership: Membership) -> None:
    """Close what is open of these votes, with the time at which they were closed."""
    # A seal holds the vote's row until it is stored, so it is before this or after: the time is taken under the lock.
    for vote in votes.select_for_update().filter(closed_at=None):
        vote.closed_at = timezone.now()
        vote.save(update_fields=["closed_at"])
        events.record(VoteClosed(vote.stage.lesson, vote.activity, vote.item, vote.round), membership)


def _on_stage(membership: Membership, lesson: LoadedLesson, act: Callable[[Stage], object], *, wall: str = "") -> None:
    """Do one act under the stage's lock, put the question that it is about on the wall, and tell every page.

    Raises
    ------
    Conflict
        If nobody leads the class any more, or it is archived: the page that was pressed may be an old one.
    """
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=membership.cohort_id)
        cohort.refuse_if_archived()
        if cohort.pace != Pace.LED:
            raise Conflict(_("Nobody leads this class just now: everyone goes on alone. Lead it first."))
        Stage.objects.get_or_create(cohort=cohort, lesson=lesson.lesson.slug)
        stage = Stage.objects.select_for_update().get(cohort=cohort, lesson=lesson.lesson.slug)
        act(stage)
        shown = {"on_wall": wall} if wall else {}
        Stage.objects.filter(pk=stage.pk).update(number=F("number") + 1, **shown)
        classroom.services.touch(cohort)
