"""Pacing of a led class: which parts its instructor opens, lets go and closes; each act in one transaction."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom import events
from classroom.models import Cohort, Membership, Pace
from classroom.refusals import Conflict
from lessons import selectors
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import ClassEnded, PartFreed, PartOpened, VoteClosed
from lessons.models import PartOpening, Stage, Vote

# What a stage has when its instructor shows the class nothing beside the lesson.
AT_REST = {"paused_at": None, "message": "", "timer_ends_at": None, "brought_at": None}


def lead_class(membership: Membership) -> None:
    """From now on nothing opens to the students of this class unless its instructor opens it."""
    with transaction.atomic():
        classroom.services.lead_class(membership.cohort)
        Stage.objects.filter(cohort=membership.cohort).update(number=F("number") + 1)
        classroom.services.touch(membership.cohort)


def end_class(membership: Membership) -> None:
    """End the led session: everyone goes on alone, latecomers and absentees included.

    Open votes close. A pause, a message and a timer end with it.
    """
    with transaction.atomic():
        if not classroom.services.end_class(membership.cohort):
            return
        stages = Stage.objects.select_for_update().filter(cohort=membership.cohort).order_by("pk")
        for stage in stages:
            close_votes(stage.votes.all(), membership)
            Stage.objects.filter(pk=stage.pk).update(number=F("number") + 1, **AT_REST)
        events.record(ClassEnded(), membership)
        classroom.services.touch(membership.cohort)


def open_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Open the lesson up to this part, itself included."""
    part = selectors.part_of(lesson, key)
    act_on_stage(membership, lesson, lambda stage: open_up_to(stage, membership, lesson, part))


def close_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Take back the opening of this part and of those after it, with any vote in them. What was sent is kept."""
    parts = lesson.lesson.parts
    after = parts[parts.index(selectors.part_of(lesson, key)) :]

    def act(stage: Stage) -> None:
        stage.openings.filter(part__in=[part.key for part in after]).delete()
        activities = [activity.key for part in after for activity in part.activities]
        close_votes(stage.votes.filter(activity__in=activities), membership)

    act_on_stage(membership, lesson, act)


def free_part(membership: Membership, lesson: LoadedLesson, key: str) -> None:
    """Let everyone go on alone in this part: each reveal opens to whoever has sealed their own prediction."""
    part = selectors.part_of(lesson, key)

    def act(stage: Stage) -> None:
        open_up_to(stage, membership, lesson, part)
        close_votes(stage.votes.filter(activity__in=[activity.key for activity in part.activities]), membership)
        if PartOpening.objects.filter(stage=stage, part=key, freed_at=None).update(freed_at=timezone.now()):
            events.record(PartFreed(lesson.lesson.slug, key), membership)

    act_on_stage(membership, lesson, act)


def act_on_stage(
    membership: Membership,
    lesson: LoadedLesson,
    act: Callable[[Stage], object],
    *,
    wall: str = "",
    raises: str = "number",
) -> None:
    """Do one act under the stage's lock, put the question that it is about on the wall, and tell every page.

    Parameters
    ----------
    raises : the number of the stage that tells pages of it

    Raises
    ------
    Conflict
        If nobody leads the class any more, or it is archived: the page that was pressed may be an old one.
    """
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=membership.cohort_id)
        cohort.refuse_if_archived()
        if cohort.pace != Pace.LED:
            raise Conflict(_("Nobody is leading this class right now. Lead it first."))
        Stage.objects.get_or_create(cohort=cohort, lesson=lesson.lesson.slug)
        stage = Stage.objects.select_for_update().get(cohort=cohort, lesson=lesson.lesson.slug)
        act(stage)
        shown = {"on_wall": wall} if wall else {}
        Stage.objects.filter(pk=stage.pk).update(**{raises: F(raises) + 1}, **shown)
        classroom.services.touch(cohort)


def open_up_to(stage: Stage, membership: Membership, lesson: LoadedLesson, part: Part) -> None:
    """Open the parts of a lesson up to this one, those that are not open yet."""
    clear_timer(stage)
    parts = lesson.lesson.parts
    for each in parts[: parts.index(part) + 1]:
        __, is_new = stage.openings.get_or_create(part=each.key, defaults={"by": membership})
        if is_new:
            events.record(PartOpened(lesson.lesson.slug, each.key), membership)


def let_look(stage: Stage) -> None:
    """End a pause: what has just been opened is on the students' own screens."""
    Stage.objects.filter(pk=stage.pk).update(paused_at=None)


def clear_timer(stage: Stage) -> None:
    """Take away a timer that has run out: “Time is up” was not said of what is opened now."""
    Stage.objects.filter(pk=stage.pk, timer_ends_at__lte=timezone.now()).update(timer_ends_at=None)


def close_votes(votes: QuerySet[Vote], membership: Membership) -> None:
    """Close what is open of these votes, with the time at which they were closed; a timer was for them."""
    # A seal holds the vote's row until it is stored, so it is before this or after: the time is taken under the lock.
    for vote in votes.select_for_update().filter(closed_at=None):
        vote.closed_at = timezone.now()
        vote.save(update_fields=["closed_at"])
        Stage.objects.filter(pk=vote.stage_id).update(timer_ends_at=None)
        events.record(VoteClosed(vote.stage.lesson, vote.activity, vote.item, vote.round), membership)
