"""Who needs help now: one call a student, with its most telling cause, and grouped by it. Confidence is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from statistics import median

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom import selectors
from classroom.models import Cohort, Membership, Pace, Rehearsal
from dashboard.class_rows import ClassRows
from lessons.activities.base import ClassMoment, slip_counted_as, slip_in_words, type_of
from lessons.authoring.lesson import Part
from lessons.models import FINISHED, HelpGiven, PartState, Vote
from lessons.run_context import RunContext

SAME_SLIP = 3  # checked tries at one step
MISSED_VOTES = 3  # in a row
STILL_AFTER = timedelta(minutes=5)
# Whoever has not been seen for so long has gone, and is not waiting for help.
GONE_AFTER = timedelta(minutes=20)
UNDONE_FOR = timedelta(minutes=10)  # how long “helped” can be taken back
# If more than one in three of those here are still, it is the room; fewer than five are people.
STILL_IS_ROOM, FEWEST_IN_ROOM = 1 / 3, 5
Reason = HelpGiven.Reason


@dataclass(frozen=True)
class Need:
    """A call for help. `occasion` tells it from the next one of its kind; `short` stands in the grid's cell.

    `about` is what its group has in common: a slip, or the activity whose run failed. `since` is when it began to wait,
    `renewed` when the trouble last grew into a call of its own.
    """

    student: int
    part: str
    reason: str
    occasion: str
    says: str
    detail: str
    short: str
    since: datetime
    renewed: datetime
    about: str = ""


@dataclass(frozen=True)
class Group:
    """The calls of one cause, the longest wait first."""

    reason: str
    about: str
    says: str
    needs: tuple[Need, ...]

    @property
    def since(self) -> datetime:
        return self.needs[0].since


@dataclass(frozen=True)
class StillRoom:
    """More than a third of those here are still: it is the room, and no call of theirs."""

    n_still: int
    n_here: int
    minutes: int


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
    """The calls of a class that wait, by cause, the longest wait first; and those answered lately."""

    groups: tuple[Group, ...] = ()
    room: StillRoom | None = None
    helped: tuple[Helped, ...] = ()

    @property
    def open(self) -> tuple[Need, ...]:
        return tuple(need for group in self.groups for need in group.needs)


def calls(rows: ClassRows) -> Calls:
    """Find who needs help in a lesson. The number of queries does not depend on the class."""
    lately = [each for each in rows.help_given if timezone.now() - each.at < UNDONE_FOR]
    pks = {student.pk for student in rows.students}  # somebody may have left the class since
    helped = tuple(
        Helped(each.membership_id, each.reason, each.occasion, str(each.by.user) if each.by else "", each.at)
        for each in reversed(lately)
        if each.membership_id in pks
    )
    if is_over(rows.cohort) or rows.is_made_up:
        return Calls(helped=helped)  # nobody waits, or the times of the class are made up
    found = _Finder(rows)
    groups = _grouped(found.calls())
    return Calls(tuple(groups), found.still_room, helped)


def is_over(cohort: Cohort) -> bool:
    """Tell whether nobody waits for help any more: the class is archived, or its led session has ended."""
    return cohort.archived or (cohort.pace != Pace.LED and cohort.ended_at is not None)


def speed_of(cohort: Cohort) -> int:
    """How many minutes of the class pass in a minute: one, unless it is a rehearsal."""
    return Rehearsal.objects.filter(cohort=cohort).values_list("speed", flat=True).first() or 1


def _grouped(needs: Iterable[Need]) -> list[Group]:
    by_cause: dict[tuple[str, str], list[Need]] = {}
    for need in sorted(needs, key=lambda need: need.since):
        by_cause.setdefault((need.reason, need.about), []).append(need)
    return [Group(reason, about, _cause(reason, about), tuple(each)) for (reason, about), each in by_cause.items()]


def _cause(reason: str, about: str) -> str:
    return slip_in_words(about) if reason == Reason.SLIP else str(Reason(reason).label)


class _Finder:
    """Finds the calls of a class: what each student is called for, if they are, and whether it is the room."""

    def __init__(self, rows: ClassRows) -> None:
        self.rows, self.lesson, self.students, self.speed = rows, rows.lesson, rows.students, rows.speed
        self.now = timezone.now()
        self.places = {each.key: (part, each) for part in self.lesson.lesson.parts for each in part.activities}
        self.answered = {(each.membership_id, each.reason, each.occasion) for each in rows.help_given}
        self.last_help = {each.membership_id: each.at for each in rows.help_given}
        self.room = _Room(rows)
        self.still_room: StillRoom | None = None

    def calls(self) -> list[Need]:
        """One call a student, for the most telling of what they could be called for."""
        slips = list(self._same_slip())
        # Whoever was called for a slip is not called for the tries it was made in.
        told = {(need.student, need.part) for need in slips}
        tries = [need for need in self._many_tries() if (need.student, need.part) not in told]
        here = {student.pk: student for student in self.students if not self._is_gone(student)}
        found: dict[int, Need] = {}
        for need in (*self._failed(), *slips, *tries, *self._silent(here.values())):
            if need.student not in found and self._waits(need) and not self._has_left(need, here):
                found[need.student] = need
        # Whoever is called for something else is not still: they wait for that.
        rest = [student for student in here.values() if student.pk not in found]
        found |= {need.student: need for need in self._still(rest) if self._waits(need)}
        return [found[student.pk] for student in self.students if student.pk in found]

    def _waits(self, need: Need) -> bool:
        """Nobody has answered it: neither this call, nor the student since it came up."""
        if (need.student, need.reason, need.occasion) in self.answered:
            return False
        helped = self.last_help.get(need.student)
        return helped is None or helped < need.renewed

    def _is_gone(self, student: Membership) -> bool:
        return student.last_active_at is None or self.now - student.last_active_at > GONE_AFTER

    def _has_left(self, need: Need, here: Mapping[int, Membership]) -> bool:
        """In a led class whoever has neither looked nor done anything for long is not in the room any more."""
        return self.room.stage.is_led and need.student not in here and self.now - need.renewed > GONE_AFTER

    def _failed(self) -> Iterator[Need]:
        """A run that somebody had asked for has failed, and they have not asked for another."""
        for request in self.rows.requests[1]:
            context = RunContext.parse(request.context)
            place = self.places.get(context.activity) if context else None
            if place is None:
                continue
            part, activity = place
            words = {"activity": activity.title, "why": request.run.failure}
            says = _("a run of “%(activity)s” failed: %(why)s") % words
            at = request.run.finished_at or request.requested_at
            yield Need(
                student=request.membership_id,
                part=part.key,
                reason=Reason.RUN,
                occasion=str(request.run_id),
                says=says,
                detail=request.run.failure,
                short=_("run failed"),
                since=at,
                renewed=at,
                about=activity.key,
            )

    def _same_slip(self) -> Iterator[Need]:
        """The same slip in three checked tries at a step that is still to be taken."""
        times: dict[tuple[int, str, int, str], list[datetime]] = {}
        counted_as, in_words = cache(slip_counted_as), cache(slip_in_words)
        for each in self.rows.tries:
            if not each.accepted:
                made = (each.student, each.activity, each.step, counted_as(each.slip))
                times.setdefault(made, []).append(each.at)
        for (student, activity, step, slip), tries in times.items():
            n, place = len(tries), self.places.get(activity)
            if n < SAME_SLIP or place is None or student not in self.rows.progress:
                continue
            part, found = place
            row = self.rows.progress[student].get(part.key)
            now_at = row.activities.get(activity, {}) if row else {}
            if now_at.get("state") in FINISHED or now_at.get("step", 1) != step:
                continue
            words = {"slip": in_words(slip), "n": n, "step": step, "activity": found.title}
            yield Need(
                student=student,
                part=part.key,
                reason=Reason.SLIP,
                occasion=f"{activity}/{step}/{slip}/{n // SAME_SLIP}",
                says=_("%(slip)s, %(n)s times, step %(step)d of “%(activity)s”") % words,
                detail=_("%(n)d times, step %(step)d") % words,
                # In a narrow column the end of it is cut off.
                short=f"{n}× {words['slip']}",
                since=tries[SAME_SLIP - 1],
                renewed=tries[n // SAME_SLIP * SAME_SLIP - 1],
                about=slip,
            )

    def _many_tries(self) -> Iterator[Need]:
        """Three checked tries at a step that is still to be taken, whatever explains them."""
        for student, by_part in self.rows.progress.items():
            for row in by_part.values():
                for key, standing in row.activities.items():
                    place = self.places.get(key)
                    if standing.get("state") != PartState.STUCK or place is None:
                        continue
                    step = standing.get("step", 1)
                    n = standing.get("tries_at", {}).get(str(step), 0)
                    words = {"n": n, "step": step, "activity": place[1].title}
                    yield Need(
                        student=student,
                        part=row.part,
                        reason=Reason.TRIES,
                        occasion=f"{key}/{step}/{n // SAME_SLIP}",
                        says=_("%(n)d tries at step %(step)d of “%(activity)s”") % words,
                        detail=_("%(n)d tries, step %(step)d") % words,
                        short="",
                        since=row.since if row.state == PartState.STUCK else row.moved_at,
                        renewed=row.moved_at,
                    )

    def _silent(self, here: Iterable[Membership]) -> Iterator[Need]:
        """Three votes in a row, held since they joined, in which somebody who is here said nothing, not even late."""
        closed = [vote for votes in self.room.stage.votes.values() for vote in votes if vote.closed_at is not None]
        closed.sort(key=lambda vote: vote.closed_at or vote.opened_at)
        for student in here if self.room.stage.is_led else ():
            held = [vote for vote in closed if vote.opened_at >= student.joined_at]
            missed = [not self.room.has_sealed(student, vote) for vote in held]
            n = next((i for i, is_missed in enumerate(reversed(missed)) if not is_missed), len(missed))
            if n < MISSED_VOTES:
                continue
            row = held[-n:]
            place = self.places.get(row[-1].activity)
            if place is None:
                continue
            at = [vote.closed_at or vote.opened_at for vote in row]
            words = {"n": missed.count(False), "of": len(held)}
            says = _("voted in %(n)d of %(of)d") % words
            yield Need(
                student=student.pk,
                part=place[0].key,
                reason=Reason.VOTES,
                occasion=f"{row[0].activity}/{row[0].item}/{row[0].round}/{n // MISSED_VOTES}",
                says=says,
                detail=says,
                short=says,
                since=at[MISSED_VOTES - 1],
                renewed=at[n // MISSED_VOTES * MISSED_VOTES - 1],
            )

    def _still(self, here: Iterable[Membership]) -> Iterator[Need]:
        """Five minutes without a move by somebody who is here, on a part that is open to them, and not waiting."""
        after = STILL_AFTER / self.speed
        found: list[tuple[Membership, Part, datetime]] = []
        for student in here:
            place = self.room.is_at(student)
            if place is None:
                continue
            part, last = place
            # Whoever was helped has five minutes to go on with it, and whoever types is at work.
            last = max(last, self.last_help.get(student.pk, last), student.typed_at or last)
            if self.now - last >= after and self.room.may_move(student, part):
                found.append((student, part, last))
        self.still_room = self._still_room(found)
        if self.still_room is None:
            for student, part, last in found:
                n = self._minutes(last)
                says = ngettext(
                    "inactive for %(n)d minute on “%(part)s”", "inactive for %(n)d minutes on “%(part)s”", n
                )
                detail = _("%(n)d min on “%(part)s”")
                if self.room.came_later(part, last):
                    says = ngettext("nothing done yet, for %(n)d minute", "nothing done yet, for %(n)d minutes", n)
                    detail = _("%(n)d min, nothing done yet")
                words = {"n": n, "part": part.title}
                yield Need(
                    student=student.pk,
                    part=part.key,
                    reason=Reason.STILL,
                    occasion=f"{part.key}/{last:%Y%m%dT%H%M%S}",
                    says=says % words,
                    detail=detail % words,
                    short=_("inactive %(n)d min") % words,
                    since=last + after,
                    renewed=last + after,
                )

    def _still_room(self, found: Sequence[tuple[Membership, Part, datetime]]) -> StillRoom | None:
        n_here = sum(selectors.is_here(student) for student in self.students)
        still = [last for student, _part, last in found if selectors.is_here(student)]
        if len(still) < FEWEST_IN_ROOM or len(still) <= STILL_IS_ROOM * n_here:
            return None
        return StillRoom(len(still), n_here, int(median(self._minutes(last) for last in still)))

    def _minutes(self, last: datetime) -> int:
        return int((self.now - last).total_seconds() * self.speed // 60)


class _Room:
    """What is open to the class now, and what of it each student can still do."""

    def __init__(self, rows: ClassRows) -> None:
        self.rows, self.lesson, self.stage = rows, rows.lesson.lesson, rows.stage
        # Nobody works at a badge: it moves when something else does. What is done at home takes its time.
        self.elsewhere = {part.key for part in self.lesson.parts if part.badge or part.homework}
        opened = [part for part in self.lesson.parts if part.key in self.stage.opened and not part.soon]
        is_here = self.stage.is_led and bool(opened) and opened[-1].key not in self.elsewhere
        self.due = opened[-1] if is_here else None
        self.opened = [part for part in opened if part.key not in self.elsewhere] if self.stage.is_led else []
        # Whoever waits for a run of their own is not still.
        self.waiting, __ = rows.requests
        self.sealed = rows.sealed

    def has_sealed(self, student: Membership, vote: Vote) -> bool:
        return (student.pk, vote.activity, vote.item, vote.round) in self.sealed

    def is_at(self, student: Membership) -> tuple[Part, datetime] | None:
        """The part that a student has begun and not finished, else the one the class is at; and their last move."""
        rows = {key: row for key, row in self.rows.progress[student.pk].items() if key not in self.elsewhere}
        begun = [row for row in rows.values() if row.state in (PartState.WORKING, PartState.STUCK)]
        moves = [row.moved_at for row in rows.values()]
        if begun:
            key = max(begun, key=lambda row: row.moved_at).part
            part = next((part for part in self.lesson.parts if part.key == key), None)
        elif rows:
            part = self.due if self.due and self.due.key not in rows else None
        else:
            return self._has_done_nothing(student)
        if part is None or self.stage.is_locked(part.key):
            return None
        if self.stage.is_led:
            moves.append(self.stage.opened[part.key])
        return (part, max(moves)) if moves else None

    def _has_done_nothing(self, student: Membership) -> tuple[Part, datetime] | None:
        """Where somebody can begin who has done nothing yet: with the class, or if they are late at the first part.

        They are still since they could have begun anywhere.
        """
        parts = [part for part in self.opened if self.may_move(student, part)]
        if not parts:
            return None
        since = min(self.stage.opened[part.key] for part in parts)
        return self.due if self.due in parts else parts[0], max(since, student.joined_at)

    def came_later(self, part: Part, last: datetime) -> bool:
        """Tell whether a part was opened after somebody had begun to be still, as before their first move."""
        return self.stage.is_led and last < self.stage.opened[part.key]

    def may_move(self, student: Membership, part: Part) -> bool:
        """Tell whether a part has something for this student to do, or they wait for the instructor as they should."""
        if student.pk in self.waiting:
            return False
        if not self.stage.leads(part.key):
            return True
        row = self.rows.progress[student.pk].get(part.key)
        done = {key for key, each in row.activities.items() if each.get("state") in FINISHED} if row else set()
        core = [activity for activity in part.activities if not activity.extra and activity.key not in done]
        at = ClassMoment(self.lesson, self.stage, student.pk, self.sealed, done)
        return any(type_of(activity).may_move(activity, at) for activity in core)
