"""Votes of a led class on a question: rounds, hands, the reveal, and what to do next; each act in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom import events
from classroom.models import Cohort, Membership
from classroom.refusals import Conflict, NotFound, Refusal
from lessons import pacing, selectors
from lessons.authoring.base import AnyActivity, Votable
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import HandsCounted, RevealOpened, RevealTakenBack, VoteOpened
from lessons.maths import values
from lessons.models import RevealOpening, Stage, Vote

TIME_TO_TAKE_BACK = timedelta(seconds=3)
# Between these shares of right answers a talk with the neighbour and a second vote teach most.
LEAST_RIGHT, MOST_RIGHT = 0.3, 0.7
MOST_HANDS = 400


def open_vote(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Open the next round of votes on a question; its part opens with it.

    Raises
    ------
    Conflict
        If a vote is open already, the question has had its rounds, is skipped, or its reveal is open.
    """
    part, activity, item = find(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        if RevealOpening.objects.filter(stage=stage, activity=activity.key, item=item.key).exists():
            raise Conflict(_("The answer has been revealed. It is too late for a vote."))
        if stage.skips.filter(activity=activity.key, item=item.key).exists():
            raise Conflict(_("This question is skipped. Take it up first."))
        running = stage.votes.filter(closed_at=None).first()
        if running and not _is_asked(membership, lesson, running):
            pacing.close_votes(
                stage.votes.all(), membership
            )  # the lesson or the rule has changed since, and nobody can answer it
        elif running:
            if (running.activity, running.item) == (activity.key, item.key):
                return  # pressed twice
            raise Conflict(_("Another vote is still open. Close it first."))
        rounds = stage.votes.filter(activity=activity.key, item=item.key).count()
        if rounds >= item.votes:
            raise Conflict(_("This question has no more votes."))
        pacing.open_up_to(stage, membership, lesson, part)
        pacing.let_look(stage)
        stage.votes.create(activity=activity.key, item=item.key, round=rounds + 1, by=membership)
        events.record(VoteOpened(lesson.lesson.slug, activity.key, item.key, rounds + 1), membership)

    pacing.act_on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def close_vote(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Close the vote on a question. A seal that comes after is late; one that came before is in."""
    __, activity, item = find(membership, lesson, activity_key, item_key)
    votes = {"activity": activity.key, "item": item.key}
    pacing.act_on_stage(
        membership,
        lesson,
        lambda stage: pacing.close_votes(stage.votes.filter(**votes), membership),
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
            raise Conflict(_("The vote comes first. Open it, let the class answer, then close it."))
        pacing.clear_timer(stage)
        opens_at = timezone.now() + TIME_TO_TAKE_BACK
        __, is_new = stage.reveals.get_or_create(
            activity=activity.key, item=item.key, defaults={"opens_at": opens_at, "by": membership}
        )
        if is_new:
            events.record(RevealOpened(lesson.lesson.slug, activity.key, item.key), membership)

    pacing.act_on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


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
            raise Conflict(_("The answer is already open. Somebody may have seen it."))

    pacing.act_on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


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
        raise Conflict(_("You can’t count hands here. This question does not ask for one choice."))
    counted = _read_hands(item, hands)

    def act(stage: Stage) -> None:
        if RevealOpening.objects.filter(stage=stage, activity=activity.key, item=item.key).exists():
            raise Conflict(_("The answer has been revealed. It is too late to count hands."))
        vote = stage.votes.filter(activity=activity.key, item=item.key).order_by("-round").first()
        if vote is None:
            raise Conflict(_("The vote comes first. Open it, then count hands."))
        Vote.objects.filter(pk=vote.pk).update(hands=counted)
        events.record(HandsCounted(lesson.lesson.slug, activity.key, item.key, vote.round, counted), membership)

    pacing.act_on_stage(membership, lesson, act, wall=f"{activity.key}/{item.key}")


def takes_hands(item: Votable) -> bool:
    """Tell whether the room can answer a question by raising hands: one of its choices, and nothing else."""
    return bool(item.choices) and item.second is None


def _read_hands(item: Votable, sent: Mapping[str, Any]) -> dict[str, int]:
    counted, errors = {}, {}
    for choice in item.choices:
        typed = sent.get(choice.key)
        with suppress(values.UnreadableNumber):
            n = 0 if values.is_blank(typed) else values.whole(str(typed))
            if 0 <= n <= MOST_HANDS:
                counted[choice.key] = n
        if choice.key not in counted:
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
        raise selectors.NoQuestion
    return found[0], activity, item


def wants_second_vote(share: float) -> bool:
    """Tell whether a talk with the neighbour and another vote are worth their minutes."""
    return LEAST_RIGHT <= share <= MOST_RIGHT


def advice(share: float) -> str:
    """What to do after a vote, said so that it may stand on the wall: it tells no outcome."""
    if share < LEAST_RIGHT:
        return _("Give a hint first. Then reveal the answer.")
    if wants_second_vote(share):
        return _("Talk to your neighbour. Then vote again.")
    return _("Ready to reveal.")


def _is_asked(membership: Membership, lesson: LoadedLesson, vote: Vote) -> bool:
    """Tell whether the class still meets the question that a vote is on."""
    try:
        find(membership, lesson, vote.activity, vote.item)
    except NotFound:
        return False
    return True
