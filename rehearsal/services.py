"""Rehearsals: begin one, play what is due, end it, and delete it in one act."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom.models import Cohort, Membership, Pace, Rehearsal, Role, User
from classroom.refusals import Conflict, Refusal
from experiments.models import Run
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


def begin(membership: Membership, *, n_students: int, speed: int, seed: int, is_led: bool) -> Rehearsal:
    """Make a class beside the instructor's own, with the same lessons and rule, and synthetic students in it.

    Raises
    ------
    Refusal
        If a number is out of range, or a rehearsal of this instructor is on its way.
    """
    _refuse_out_of_range(n_students=n_students, speed=speed, seed=seed)
    mine = Rehearsal.objects.filter(cohort__memberships__user=membership.user, ended_at=None)
    with transaction.atomic():
        Cohort.objects.select_for_update().get(pk=membership.cohort_id)  # a button that is pressed twice
        if mine.exists():
            raise Conflict(_("You already have a rehearsal running. End or delete it first."))
        own = membership.cohort
        cohort = classroom.services.open_cohort(
            slug=f"rehearsal-{secrets.token_hex(4)}",
            name=(_("Rehearsal · %(name)s") % {"name": own.name})[:120],
            lessons=own.lessons,
            gradient_rule=own.gradient_rule,
            time_zone=own.time_zone,
            pace=Pace.LED if is_led else Pace.SELF,
        )
        classroom.services.enrol(membership.user, cohort, Role.INSTRUCTOR)
        began = timezone.now()
        moves = {}
        for index in range(n_students):
            who = students.draw(seed, index)
            user = User.objects.create_user(f"{cohort.slug}-{index + 1}", display_name=_name(index), is_synthetic=True)
            student = classroom.services.enrol(user, cohort)
            first = began + timedelta(seconds=who.arrives / speed)
            moves[str(student.pk)] = [index, 0, first.timestamp()]
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
    is_over = not any(next_at for __, __n, next_at in rehearsal.players.values())
    if is_over or (now - rehearsal.began_at) * rehearsal.speed > LASTS:
        rehearsal.ended_at = now
    live.update(players=rehearsal.players, claimed_until=now + BREATH, ended_at=rehearsal.ended_at)
    return n


def _play(rehearsal: Rehearsal, now: datetime) -> int:
    """Let every player move whose turn has come, the one who has waited longest first, within a second or so."""
    began = time.monotonic()
    due = [
        (next_at, pk) for pk, (__, __n, next_at) in rehearsal.players.items() if next_at and next_at <= now.timestamp()
    ]
    lesson = next(iter(lessons_of(rehearsal.cohort)), None)
    found = {
        membership.pk: membership
        for membership in Membership.objects.present().filter(pk__in=[int(pk) for __, pk in due]).select_related("user")
    }
    n = 0
    for __, pk in sorted(due):
        if time.monotonic() - began > TURN:
            break
        membership = found.get(int(pk))
        index, moved, __at = rehearsal.players[pk]
        if membership is None or lesson is None:
            rehearsal.players[pk] = [index, moved, None]
            continue
        membership.cohort = rehearsal.cohort
        try:
            did = turns.move(membership, lesson, students.draw(rehearsal.seed, index), rehearsal.seed, moved)
        except IntegrityError:
            did = turns.Move("", turns.LOOKS_AGAIN)  # the class is being deleted meanwhile
        next_at = now.timestamp() + max(did.takes / rehearsal.speed, 0.5) if did else None
        rehearsal.players[pk] = [index, moved + 1, next_at]
        n += 1
    return n


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
