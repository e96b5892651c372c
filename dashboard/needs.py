"""Who needs help now, and why: three stated rules, each with its reason in words. Confidence is never one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import experiments.selectors
from classroom.models import Cohort, Membership, Rehearsal
from classroom.selectors import by_students
from lessons import stage
from lessons.activities.base import ClassMoment, slip_in_words, type_of
from lessons.authoring.lesson import Lesson, Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, HelpGiven, PartProgress, PartState, Prediction, Submission
from lessons.run_context import RunContext

SAME_SLIP = 3  # checked tries at one step
STILL_AFTER = timedelta(minutes=5)
# Whoever has not been seen for so long has gone, and is not waiting for help.
GONE_AFTER = timedelta(minutes=20)
UNDONE_FOR = timedelta(minutes=10)  # how long “helped” can be taken back
Reason = HelpGiven.Reason


@dataclass(frozen=True)
class Need:
    """A call for help. `occasion` tells it from the next one of its kind; `short` stands in the grid's cell."""

    student: int
    part: str
    reason: str
    occasion: str
    says: str
    short: str
    at: datetime


@dataclass(frozen=True)
class Helped:
    """A call that was answered a short while ago, and by whom."""

    student: int
    reason: str
    occasion: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Calls:
    """The calls of a class that wait, the newest first, and those answered lately."""

    open: tuple[Need, ...]
    helped: tuple[Helped, ...]


def calls(cohort: Cohort, lesson: LoadedLesson, students: Sequence[Membership]) -> Calls:
    """Find who needs help in a lesson. The number of queries does not depend on the class.

    Parameters
    ----------
    students : each with its progress rows of this lesson as `in_lesson`
    """
    given = list(HelpGiven.objects.filter(by_students(cohort), lesson=lesson.lesson.slug).select_related("by__user"))
    answered = {(each.membership_id, each.reason, each.occasion) for each in given}
    found = [
        *_same_slip(cohort, lesson, students),
        *_still(cohort, lesson, students),
        *_failed(cohort, lesson),
    ]
    waiting = [need for need in found if (need.student, need.reason, need.occasion) not in answered]
    pks = {student.pk for student in students}  # somebody may have left the class since
    lately = [each for each in given if timezone.now() - each.at < UNDONE_FOR and each.membership_id in pks]
    return Calls(
        open=tuple(sorted(waiting, key=lambda need: need.at, reverse=True)),
        helped=tuple(
            Helped(each.membership_id, each.reason, each.occasion, str(each.by.user) if each.by else "", each.at)
            for each in sorted(lately, key=lambda each: each.at, reverse=True)
        ),
    )


def _same_slip(cohort: Cohort, lesson: LoadedLesson, students: Iterable[Membership]) -> Iterable[Need]:
    """The same slip in three checked tries at a step that is still to be taken."""
    made = (
        Submission.objects.filter(
            by_students(cohort),
            lesson=lesson.lesson.slug,
            is_try=True,
            accepted=False,
        )
        .exclude(slip="")
        .values_list("membership", "activity", "step", "slip")
        .annotate(n=Count("pk"), last=Max("received_at"))
        .filter(n__gte=SAME_SLIP)
    )
    progress = {student.pk: _by_part(student) for student in students}
    for student, activity, step, slip, n, last in made:
        place = lesson.find_activity(activity)
        if place is None or student not in progress:
            continue
        row = progress[student].get(place[0].key)
        now_at = row.activities.get(activity, {}) if row else {}
        if now_at.get("state") in FINISHED or now_at.get("step", 1) != step:
            continue
        words = slip_in_words(slip)
        says = _("%(slip)s, %(n)s times, step %(step)d of “%(activity)s”") % {
            "slip": words,
            "n": n,
            "step": step,
            "activity": place[1].title,
        }
        occasion = f"{activity}/{step}/{slip}/{n // SAME_SLIP}"
        yield Need(student, place[0].key, Reason.SLIP, occasion, says, f"{words} ×{n}", last)


def _still(cohort: Cohort, lesson: LoadedLesson, students: Iterable[Membership]) -> Iterable[Need]:
    """Five minutes without a move by somebody who is here, on a part that is open, begun or due, and not waiting."""
    now, speed = timezone.now(), speed_of(cohort)
    after, room = STILL_AFTER / speed, _Room(cohort, lesson)
    for student in students:
        if student.last_active_at is None or now - student.last_active_at > GONE_AFTER:
            continue
        place = room.is_at(student)
        if place is None:
            continue
        part, last = place
        if now - last < after or not room.may_move(student, part):
            continue
        n = int((now - last).total_seconds() * speed // 60)
        says = ngettext("inactive for %(n)d minute on “%(part)s”", "inactive for %(n)d minutes on “%(part)s”", n)
        short = ngettext("inactive %(n)d min", "inactive %(n)d min", n)
        words = {"n": n, "part": part.title}
        occasion = f"{part.key}/{last:%Y%m%dT%H%M%S}"
        yield Need(student.pk, part.key, Reason.STILL, occasion, says % words, short % words, last + after)


def _failed(cohort: Cohort, lesson: LoadedLesson) -> Iterable[Need]:
    """A run that somebody had asked for has failed, and they have not asked for another."""
    for request in experiments.selectors.failed_requests(cohort, RunContext.start_of(lesson.lesson.slug)):
        context = RunContext.parse(request.context)
        place = lesson.find_activity(context.activity) if context else None
        if place is None:
            continue
        says = _("a run of “%(activity)s” failed: %(why)s") % {"activity": place[1].title, "why": request.run.failure}
        at = request.run.finished_at or request.requested_at
        yield Need(request.membership_id, place[0].key, Reason.RUN, str(request.run_id), says, _("run failed"), at)


def speed_of(cohort: Cohort) -> int:
    """How many minutes of the class pass in a minute: one, unless it is a rehearsal."""
    return Rehearsal.objects.filter(cohort=cohort).values_list("speed", flat=True).first() or 1


def _by_part(student: Membership) -> dict[str, PartProgress]:
    return {row.part: row for row in student.in_lesson}  # type: ignore[attr-defined]  # prefetched


class _Room:
    """What is open to the class now, and what of it each student can still do."""

    def __init__(self, cohort: Cohort, lesson: LoadedLesson) -> None:
        self.lesson: Lesson = lesson.lesson
        # Nobody works at a badge: it moves when something else does. What is done at home takes its time.
        self.elsewhere = {part.key for part in self.lesson.parts if part.badge or part.homework}
        self.stage = stage.read_for_room(cohort, self.lesson.slug)
        opened = [part for part in self.lesson.parts if part.key in self.stage.opened and not part.soon]
        is_here = self.stage.is_led and bool(opened) and opened[-1].key not in self.elsewhere
        self.due = opened[-1] if is_here else None
        # Whoever waits for a run of their own is not still.
        self.waiting = experiments.selectors.waiting_members(cohort)
        self.sealed: set[tuple[int, str, str, int]] = set()
        if self.stage.is_led:
            rows = Prediction.objects.filter(by_students(cohort), lesson=self.lesson.slug)
            self.sealed = set(rows.values_list("membership", "activity", "item", "round"))

    def is_at(self, student: Membership) -> tuple[Part, datetime] | None:
        """The part that a student has begun and not finished, else the one the class is at; and their last move."""
        rows = {key: row for key, row in _by_part(student).items() if key not in self.elsewhere}
        begun = [row for row in rows.values() if row.state in (PartState.WORKING, PartState.STUCK)]
        moves = [row.moved_at for row in rows.values()]
        if begun:
            key = max(begun, key=lambda row: row.moved_at).part
            part = next((part for part in self.lesson.parts if part.key == key), None)
        else:
            part = self.due if self.due and self.due.key not in rows else None
        if part is None or self.stage.is_locked(part.key):
            return None
        if self.stage.is_led:
            moves.append(self.stage.opened[part.key])
        return (part, max(moves)) if moves else None

    def may_move(self, student: Membership, part: Part) -> bool:
        """Tell whether a part has something for this student to do, or they wait for the instructor as they should."""
        if student.pk in self.waiting:
            return False
        if not self.stage.leads(part.key):
            return True
        row = _by_part(student).get(part.key)
        done = {key for key, each in row.activities.items() if each.get("state") in FINISHED} if row else set()
        core = [activity for activity in part.activities if not activity.extra and activity.key not in done]
        at = ClassMoment(self.lesson, self.stage, student.pk, self.sealed, done)
        return any(type_of(activity).may_move(activity, at) for activity in core)
