"""Skipping in a led class: what its instructor passes over, and takes up after all; each act in one transaction.

What is skipped counts as done for everybody, latecomers included. Whoever answers it has done it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from classroom import events
from classroom.models import Membership
from classroom.refusals import Conflict
from lessons import pacing, progress, selectors, voting
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import QuestionSkipped, QuestionTakenUp
from lessons.models import RevealOpening, Stage


def skip(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Pass over a question; without an item, over what is left to choose in an activity.

    Raises
    ------
    Conflict
        If its vote is open, or its answer has been revealed.
    """
    part = _part_of(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        place = {"activity": activity_key, "item": item_key}
        if RevealOpening.objects.filter(stage=stage, **place).exists():
            raise Conflict(_("The answer has been revealed. It is too late to skip this question."))
        if item_key and stage.votes.filter(**place, closed_at=None).exists():
            raise Conflict(_("The vote on this question is open. Close it first."))
        __, is_new = stage.skips.get_or_create(**place, defaults={"by": membership})
        if is_new:
            events.record(QuestionSkipped(lesson.lesson.slug, activity_key, item_key), membership)

    _act(membership, lesson, part, act)


def take_up(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> None:
    """Take up after all what was skipped: it is to be done again by those who have not done it."""
    part = _part_of(membership, lesson, activity_key, item_key)

    def act(stage: Stage) -> None:
        n, __ = stage.skips.filter(activity=activity_key, item=item_key).delete()
        if n:
            events.record(QuestionTakenUp(lesson.lesson.slug, activity_key, item_key), membership)

    _act(membership, lesson, part, act)


def _part_of(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> Part:
    if item_key:
        return voting.find(membership, lesson, activity_key, item_key)[0]
    part, activity = selectors.place_of(lesson, activity_key)
    if activity.n_to_choose < 2:
        raise selectors.NoQuestion
    return part


def _act(membership: Membership, lesson: LoadedLesson, part: Part, act: Callable[[Stage], None]) -> None:
    """Do it, and bring everybody's standing up to date. Each member is locked first, in one order: who seals at the
    same moment has read what is skipped before, or reads it after. Rows that only name a member are not held up.
    """

    def act_and_settle(stage: Stage) -> None:
        act(stage)
        everybody = Membership.objects.select_for_update(of=("self",), no_key=True).filter(cohort=membership.cohort_id)
        for member in everybody.select_related("cohort", "user").order_by("pk"):
            progress.settle_part(member, lesson, part, by=membership)

    pacing.act_on_stage(membership, lesson, act_and_settle)
