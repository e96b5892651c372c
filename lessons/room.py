"""Room: what an instructor tells a whole class beside the lesson, on every student's page; each act in one transaction.

Nothing here opens or closes anything, and nothing that a student sends is refused for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from classroom import events
from classroom.events import Event
from classroom.models import Membership
from classroom.refusals import Conflict, Refusal
from lessons import class_call, pacing, stage
from lessons.authoring.loader import LoadedLesson
from lessons.events import (
    ClassPaused,
    ClassResumed,
    EveryoneBrought,
    MessageShown,
    MessageTakenBack,
    TimerStarted,
    TimerStopped,
)
from lessons.maths import values
from lessons.models import Stage
from lessons.stage import StageView

LONGEST_MESSAGE = 140
MOST_MINUTES = 60


@dataclass(frozen=True)
class Tools:
    """Tools of whoever leads: what the class is told now."""

    is_paused: bool
    message: str
    time_left: int | None
    longest_message: int = LONGEST_MESSAGE
    most_minutes: int = MOST_MINUTES

    @property
    def clock(self) -> str:
        return "" if self.time_left is None else class_call.clock(self.time_left)


def tools(at: StageView) -> Tools:
    """Give what a class is told now."""
    return Tools(at.is_paused, at.message, class_call.seconds_left(at.timer_ends_at, at.now))


def bring(membership: Membership, lesson: LoadedLesson) -> None:
    """Bring everybody's page to where the class is, and end a pause. Pressed again, those who went away come again.

    Raises
    ------
    Conflict
        If nothing has been opened yet.
    """
    slug = lesson.lesson.slug

    def act(row: Stage) -> None:
        view = stage.read_for_room(row.cohort, slug)
        place = class_call.place_of(view, membership, lesson)
        if place is None:
            raise Conflict(_("Open a part or a vote first. Then you can bring everyone there."))
        Stage.objects.filter(pk=row.pk).update(brought_at=timezone.now(), paused_at=None)
        events.record(EveryoneBrought(slug, place.key), membership)

    pacing.act_on_stage(membership, lesson, act, raises="call_number")


def pause(membership: Membership, lesson: LoadedLesson) -> None:
    """Ask for all eyes: every student's page is dimmed until `resume`. What is on its way is taken."""
    _change(membership, lesson, ClassPaused(lesson.lesson.slug), only_if={"paused_at": None}, paused_at=timezone.now())


def resume(membership: Membership, lesson: LoadedLesson) -> None:
    """Let the students' pages go on."""
    _change(membership, lesson, ClassResumed(lesson.lesson.slug), only_if={"paused_at__isnull": False}, paused_at=None)


def say(membership: Membership, lesson: LoadedLesson, text: str) -> None:
    """Show one line to all, in place of one that was shown before.

    Raises
    ------
    Refusal
        If it is empty or too long.
    """
    line = " ".join(text.replace("\0", " ").split())
    if not line:
        raise Refusal(_("Type a message first."))
    if len(line) > LONGEST_MESSAGE:
        says = _("A message has at most %(most)d characters. This one has %(n)d.")
        raise Refusal(says % {"most": LONGEST_MESSAGE, "n": len(line)})
    _change(membership, lesson, MessageShown(lesson.lesson.slug, line), unless={"message": line}, message=line)


def unsay(membership: Membership, lesson: LoadedLesson) -> None:
    """Take the line to all back."""
    _change(membership, lesson, MessageTakenBack(lesson.lesson.slug), unless={"message": ""}, message="")


def start_timer(membership: Membership, lesson: LoadedLesson, typed: str) -> None:
    """Give the class so many minutes from now on, in place of a timer that runs.

    Raises
    ------
    Refusal
        If it is no whole number of minutes, or too many.
    """
    try:
        minutes = values.whole(typed)
    except values.UnreadableNumber:
        minutes = 0
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refusal(_("Type a whole number of minutes from 1 to %(most)d.") % {"most": MOST_MINUTES})
    ends_at = timezone.now() + timedelta(minutes=minutes)
    _change(membership, lesson, TimerStarted(lesson.lesson.slug, minutes), timer_ends_at=ends_at)


def stop_timer(membership: Membership, lesson: LoadedLesson) -> None:
    """Take the timer away."""
    has_one = {"timer_ends_at__isnull": False}
    _change(membership, lesson, TimerStopped(lesson.lesson.slug), only_if=has_one, timer_ends_at=None)


def _change(
    membership: Membership,
    lesson: LoadedLesson,
    event: Event,
    *,
    only_if: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
    **changed: Any,
) -> None:
    """Change what the class is told; pressed twice it is one act."""

    def act(row: Stage) -> None:
        found = Stage.objects.filter(pk=row.pk, **(only_if or {}))
        if (found.exclude(**unless) if unless else found).update(**changed):
            events.record(event, membership)

    pacing.act_on_stage(membership, lesson, act, raises="call_number")
