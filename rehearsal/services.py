"""Rehearsals: begin one, play what is due, end it, and delete it in one act."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom.models import Cohort, Membership, Pace, Rehearsal, Role, User
from classroom.refusals import Conflict, Refusal
from experiments.models import Run
from lessons import class_call, stage
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import lessons_of
from rehearsal import students, turns

MOST_STUDENTS, MOST_SPEED, MOST_SEED = 200, 20, 2**31 - 1
LASTS = timedelta(hours=2, minutes=30)  # of the class
# Whoever plays has this long; somebody else takes over if they have not come back by then.
LEASE = timedelta(seconds=10)
BREATH = timedelta(milliseconds=400)  # between two turns, so that two who play take turns no faster than one
TURN = 1.0  # seconds; what is due beyond that is due next time
NAMES: list[str] = re.findall(
    r"\w+",
    """
Amara Aylin Ben Björn Carlos Chiara Chloé Dana Diego Elif Emeka Emma Farah Felix Fatou Gita Giulia Hanna Hiro Ines Ivan
Jamal Jana Jin Jonas Kaito Karim Kofi Lara Leila Linh Lucía Luka Mads Mei Milan Mira Moussa Nadia Nikos Noor Olga Omar
Paula Priya Rafa Rania Rosa Samir Sara Sofia Tariq Tea Tomás Uma Vera Wei Yara Yusuf Zoe
""",
)


@dataclass(frozen=True)
class Row:
    """One player, as a rehearsal keeps them. All times are seconds since 1970; no `next_at`: they have done all.

    `n` is how often they have moved, `at` the page that they are at. `call` is what the class was called to last,
    `notices_at` when they notice it, and `goes_on_at` when they would have done what they were at.
    """

    index: int
    next_at: float | None
    n: int = 0
    at: str = ""
    call: str = ""
    notices_at: float = 0.0
    goes_on_at: float = 0.0

    @classmethod
    def read(cls, kept: Mapping[str, Any] | Sequence[Any]) -> Row:
        """Read what is kept; a rehearsal that was begun by an older version has kept a list."""
        if isinstance(kept, Mapping):
            return cls(**kept)
        index, n, next_at = kept
        return cls(index, next_at, n)


def begin(membership: Membership, *, n_students: int, speed: int, seed: int, is_led: bool) -> Rehearsal:
    """Make a class beside the instructor's own, with the same lessons and rule, and synthetic students in it.

    Raises
    ------
    Refusal
        If a number is out of range, or a rehearsal of this instructor is on its way.
    """
    _refuse_out_of_range(n_students=n_students, speed=speed, seed=seed)
    mine = Rehearsal.objects.filter(cohort__memberships__user=membership.user, evening__isnull=True, ended_at=None)
    with transaction.atomic():
        Cohort.objects.select_for_update().get(pk=membership.cohort_id)  # a button that is pressed twice
        if mine.exists():
            raise Conflict(_("You already have a rehearsal running. End or delete it first."))
        own, began = membership.cohort, timezone.now()
        cohort = classroom.services.open_cohort(
            slug=f"rehearsal-{secrets.token_hex(4)}",
            name=(_("Rehearsal · %(name)s") % {"name": own.name})[:120],
            lessons=own.lessons,
            gradient_rule=own.gradient_rule,
            time_zone=own.time_zone,
            pace=Pace.LED if is_led else Pace.SELF,
            led_at=began if is_led else None,
        )
        classroom.services.enrol(membership.user, cohort, Role.INSTRUCTOR)
        moves = {}
        for index in range(n_students):
            who = students.draw(seed, index)
            user = User.objects.create_user(f"{cohort.slug}-{index + 1}", display_name=_name(index), is_synthetic=True)
            student = classroom.services.enrol(user, cohort)
            first = began + timedelta(seconds=who.arrives / speed)
            moves[str(student.pk)] = asdict(Row(index, first.timestamp()))
        return Rehearsal.objects.create(
            cohort=cohort, seed=seed, speed=speed, began_at=began, claimed_until=began, players=moves
        )


def _name(index: int) -> str:
    turn = index // len(NAMES)
    return NAMES[index % len(NAMES)] + (f" {turn + 1}" if turn else "")


def _refuse_out_of_range(*, n_students: int, speed: int, seed: int) -> None:
    limits = {"students": (n_students, 1, MOST_STUDENTS), "speed": (speed, 1, MOST_SPEED), "seed": (seed, 0, MOST_SEED)}
    says = _("Type a whole number from %(least)d to %(most)d.")
    errors = {
        name: [says % {"least": least, "most": most}]
        for name, (number, least, most) in limits.items()
        if not least <= number <= most
    }
    if errors:
        raise Refusal(" ".join(f"{name}: {each[0]}" for name, each in errors.items()), errors=errors)


def play_due(rehearsal_id: int, now: datetime | None = None) -> int | None:
    """Play what is due in a rehearsal; give the number of moves, or None if somebody else plays it or it is over."""
    now = now or timezone.now()
    live = Rehearsal.objects.filter(pk=rehearsal_id, ended_at=None)
    if not live.filter(claimed_until__lte=now).update(claimed_until=now + LEASE):
        return None
    rehearsal = Rehearsal.objects.select_related("cohort__version").filter(pk=rehearsal_id).first()
    if rehearsal is None:
        return None
    n = _play(rehearsal, now)
    is_over = not any(Row.read(kept).next_at for kept in rehearsal.players.values())
    if is_over or (now - rehearsal.began_at) * rehearsal.speed > LASTS:
        rehearsal.ended_at = now
    live.update(players=rehearsal.players, claimed_until=now + BREATH, ended_at=rehearsal.ended_at)
    return n


def _play(rehearsal: Rehearsal, now: datetime) -> int:
    """Let every player move whose turn has come, the one who has waited longest first, within a second or so."""
    began = time.monotonic()
    lesson = next(iter(lessons_of(rehearsal.cohort)), None)
    rows = {pk: Row.read(kept) for pk, kept in rehearsal.players.items()}
    if lesson is not None:
        _call(rehearsal, lesson, rows, now)
    due = [(row.next_at, pk) for pk, row in rows.items() if row.next_at and row.next_at <= now.timestamp()]
    found = {
        membership.pk: membership
        for membership in Membership.objects.present().filter(pk__in=[int(pk) for __, pk in due]).select_related("user")
    }
    n = 0
    for __, pk in sorted(due):
        if time.monotonic() - began > TURN:
            break
        membership, row = found.get(int(pk)), rows[pk]
        if membership is None or lesson is None:
            rows[pk] = replace(row, next_at=None)
            continue
        membership.cohort = rehearsal.cohort
        rows[pk] = _moved(rehearsal, lesson, membership, row, now.timestamp())
        n += 1
    rehearsal.players = {pk: asdict(row) for pk, row in rows.items()}
    return n


def _moved(rehearsal: Rehearsal, lesson: LoadedLesson, membership: Membership, row: Row, now: float) -> Row:
    """Let one player move; whoever was called away goes on with what they were at when its time has come."""
    who, at = students.draw(rehearsal.seed, row.index), turns.At.read(row.at)
    try:
        did = turns.move(membership, lesson, who, rehearsal.seed, row.n, at, notices=row.notices_at <= now)
    except IntegrityError:
        did = turns.Move("", turns.LOOKS_AGAIN, at)  # the class is being deleted meanwhile
    if did is None:
        return replace(row, n=row.n + 1, next_at=None)
    next_at = now + max(did.takes / rehearsal.speed, 0.5)
    is_back = did.what not in ("", "go")
    return replace(
        row,
        n=row.n + 1,
        at=str(did.at),
        next_at=max(next_at, row.goes_on_at) if is_back else next_at,
        goes_on_at=0.0 if is_back else row.goes_on_at,
    )


def _call(rehearsal: Rehearsal, lesson: LoadedLesson, rows: dict[str, Row], now: datetime) -> None:
    """Let those who are here notice in time that the class is called elsewhere: each after a while of their own.

    What it is called to they see on their own page, when they look.
    """
    if rehearsal.cohort.pace != Pace.LED:
        return
    leader = Membership.objects.filter(cohort=rehearsal.cohort, role=Role.INSTRUCTOR).first()
    view = stage.read_for_room(rehearsal.cohort, lesson.lesson.slug)
    place = class_call.place_of(view, leader, lesson) if leader else None
    if place is None:
        return
    brought = str(view.brought_at or "")
    call = f"{place.key} {brought}"
    for pk, row in rows.items():
        if not row.n or not row.next_at or row.call == call:
            continue
        delay = turns.notices_after(students.draw(rehearsal.seed, row.index), rehearsal.seed, place.key)
        if brought and not row.call.endswith(brought):
            delay = min(delay, turns.BROUGHT_AFTER)
        notices_at = now.timestamp() + delay / rehearsal.speed
        rows[pk] = replace(
            row,
            call=call,
            notices_at=notices_at,
            next_at=min(row.next_at, notices_at),
            goes_on_at=max(row.next_at, row.goes_on_at),
        )


def end(rehearsal: Rehearsal) -> None:
    """Let nobody move any more; the class stays to be looked at."""
    Rehearsal.objects.filter(pk=rehearsal.pk, ended_at=None).update(ended_at=timezone.now())


def delete(rehearsal: Rehearsal) -> None:
    """Delete a rehearsal with all that was done in it, its synthetic students, and the runs that nobody else wants."""
    with transaction.atomic():
        cohort = Cohort.objects.select_for_update().get(pk=rehearsal.cohort_id)
        people = list(User.objects.filter(memberships__cohort=cohort, is_synthetic=True).values_list("pk", flat=True))
        runs = list(Run.objects.filter(requests__membership__cohort=cohort).values_list("pk", flat=True).distinct())
        cohort.delete()
        User.objects.filter(pk__in=people, memberships=None).delete()
        Run.objects.filter(pk__in=runs, requests=None).delete()


def live() -> Iterable[int]:
    """The rehearsals that are on their way."""
    return Rehearsal.objects.filter(ended_at=None).values_list("pk", flat=True)
