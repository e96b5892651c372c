"""An evening that leads itself: a class that was never there, played to its end within minutes, to be looked at.

Synthetic students move as in every rehearsal, a synthetic instructor leads them (`rehearsal.leader`). Nobody waits for
the clock: whoever is next on that evening moves next, and `rehearsal.clock` dates what they did. While the worker
computes anything for anybody, the evening stands still: a visitor's own run comes first.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

import classroom.services
from classroom.models import Cohort, Membership, Pace, Rehearsal, Role, User
from experiments.models import ACTIVE, Run
from lessons.authoring.loader import LoadedLesson
from lessons.selectors import lessons_of
from rehearsal import clock, leader, services, students, turns
from rehearsal.players import player_of
from rehearsal.players.base import Turn

N_STUDENTS, SEED = 24, 5
BEGINS_AT, LASTS = 18, timedelta(hours=3)  # o'clock in the time zone of the class; at most
# By number: who never comes, who gives up when stuck, who comes how many seconds late, who goes after how many.
ABSENT, GIVES_UP = (9, 20), (21,)
LATE, LEAVES = {16: 2700.0}, {6: 4200.0}
SOON = 900.0  # seconds
LEADS = "Robin"
TURN = 0.7  # seconds of work, then others have the worker


def begin(owner: User, own: Cohort, *, slug: str, name: str, n_students: int = N_STUDENTS) -> Rehearsal:
    """Make a class like `own` that was led yesterday evening, for its owner to look at. What is due is played later."""
    zone = own.zone
    day = timezone.localdate(timezone=zone) - timedelta(days=1)
    began = datetime(day.year, day.month, day.day, BEGINS_AT, tzinfo=zone).astimezone(UTC)
    with transaction.atomic():
        cohort = classroom.services.open_cohort(
            slug=slug,
            name=name,
            lessons=own.lessons,
            gradient_rule=own.gradient_rule,
            time_zone=own.time_zone,
            pace=Pace.LED,
        )
        classroom.services.enrol(owner, cohort, Role.INSTRUCTOR)
        leads = _person(cohort, "instructor", LEADS, Role.INSTRUCTOR)
        players = {}
        for index in range(n_students):
            student = _person(cohort, str(index + 1), services.NAMES[index], Role.STUDENT)
            arrives = LATE.get(index, students.draw(SEED, index).arrives)
            if index not in ABSENT:
                players[str(student.pk)] = {"index": index, "n": 0, "next": began.timestamp() + arrives}
        rehearsal = Rehearsal.objects.create(
            cohort=cohort,
            seed=SEED,
            speed=1,
            began_at=began,
            players=players,
            evening={"leads": leads.pk, "act": 0, "since": began.timestamp(), "next": began.timestamp(), "says": None},
        )
        clock.settle(cohort, [(timezone.now(), began)])
    return rehearsal


def _person(cohort: Cohort, end: str, name: str, role: Role) -> Membership:
    user = User.objects.create_user(f"{cohort.slug}-{end}", display_name=name, is_synthetic=True)
    return classroom.services.enrol(user, cohort, role)


def play_due(rehearsal_id: int) -> int | None:
    """Play on at a rehearsal; give the number of moves, or None if somebody else plays it or it is over."""
    live = Rehearsal.objects.filter(pk=rehearsal_id, ended_at=None)
    rehearsal = live.select_related("cohort__version").first()
    if rehearsal is None or rehearsal.evening is None:
        return services.play_due(rehearsal_id)
    now = timezone.now()
    if not live.filter(claimed_until__lte=now).update(claimed_until=now + services.LEASE):
        return None
    rehearsal.refresh_from_db()  # what was played before it was ours
    if rehearsal.cohort.archived or not lessons_of(rehearsal.cohort):
        services.end(rehearsal)  # archived, or its lesson is no longer in the catalogue
        return None
    evening = Evening(rehearsal)
    try:
        n = evening.play()
    except IntegrityError:
        return None  # the class is being deleted meanwhile
    ended_at = evening.at if evening.is_over else None
    after = timezone.now() + services.BREATH
    live.update(players=rehearsal.players, evening=rehearsal.evening, claimed_until=after, ended_at=ended_at)
    return n


class Evening:
    """One turn at an evening: what is next, in the order of that evening."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal, self.cohort = rehearsal, rehearsal.cohort
        self.state: dict[str, Any] = rehearsal.evening or {}
        self.is_over = False
        self.members = {
            membership.pk: membership
            for membership in Membership.objects.filter(cohort=self.cohort, user__is_synthetic=True).select_related(
                "user"
            )
        }
        for membership in self.members.values():
            membership.cohort = self.cohort
        self.lesson: LoadedLesson = lessons_of(self.cohort)[0]
        self.leader = self.members[self.state["leads"]]
        self.script = leader.script(self.leader, self.lesson)

    @property
    def at(self) -> datetime:
        """What time it is there."""
        return datetime.fromtimestamp(self.state["next"], UTC)

    def play(self) -> int:
        """Let everybody move who is next, within a second or so, as long as the worker has nothing else to do."""
        began, moves, is_news = time.monotonic(), [], False
        while not is_news and time.monotonic() - began < TURN and not _is_computing():
            due = [(row["next"], pk) for pk, row in self.rehearsal.players.items() if row["next"]]
            at, pk = min(due, default=(self.state["next"], ""))
            with transaction.atomic():
                if pk and at < self.state["next"]:
                    moves.append((timezone.now(), datetime.fromtimestamp(at, UTC)))
                    self._move(pk, self.rehearsal.players[pk], at)
                else:
                    moves.append((timezone.now(), self.at))
                    is_news = self._lead(self.state["next"])
        if moves:
            clock.settle(self.cohort, moves)
        return len(moves)

    def _lead(self, at: float) -> bool:
        """Let the instructor look, and do what comes next; tell whether anything is new to the class."""
        if self.state["act"] >= len(self.script) or self.at - self.rehearsal.began_at > LASTS:
            leader.finish(self.leader, self.lesson)
            Cohort.objects.filter(pk=self.cohort.pk).update(ended_at=self.at)
            self.is_over = True
            return True
        place, waited = self.script[self.state["act"]], at - self.state["since"]
        seen = leader.look(self.leader, self.lesson, place, waited=waited, n_here=self._n_here(at))
        is_news = seen.is_news or seen.is_over
        if is_news:
            self._wake(at)
        self.state["says"] = list(seen.says) if seen.says and not seen.is_over else None
        self.state["next"] = at + seen.takes
        if seen.is_over:
            self.state["act"] += 1
            self.state["since"] = self.state["next"]
        return is_news

    def _n_here(self, at: float) -> int:
        """How many follow: who has gone home does not, nor anyone who comes much later."""
        rows = [row for row in self.rehearsal.players.values() if row["next"] is not None]
        return sum(bool(row["n"]) or row["next"] < at + SOON for row in rows)

    def _move(self, pk: str, row: dict[str, Any], at: float) -> None:
        membership = self.members[int(pk)]
        who = students.draw(self.rehearsal.seed, row["index"])
        at_page = turns.At.read(row.get("page", ""))
        did = self._told(membership, who, row["n"]) or turns.move(
            membership, self.lesson, who, self.rehearsal.seed, row["n"], at_page
        )
        row["n"] += 1
        if did is not None:
            row["page"] = str(did.at)
        goes_at = self.rehearsal.began_at.timestamp() + LEAVES.get(row["index"], 2 * LASTS.total_seconds())
        has_had_enough = did is not None and did.what == "stuck" and row["index"] in GIVES_UP
        if at >= goes_at or has_had_enough:
            row["next"] = None
        elif did is None or not did.what:
            row["next"] = 0  # until the instructor does something
        else:
            row["next"] = at + did.takes

    def _told(self, membership: Membership, who: students.Student, n: int) -> turns.Move | None:
        """Run what the instructor has asked the room for."""
        says = self.state["says"]
        place = self.lesson.find_activity(says[0]) if says else None
        if place is None:
            return None
        rng = random.Random(f"{self.rehearsal.seed}/{who.index}/{n}")  # noqa: S311 - a class that can be played again
        part, activity = place
        did = player_of(activity).told(Turn(membership, self.lesson, who, rng), part, activity, says[1])
        return turns.Move(did, turns.TAKES[did] * who.pace, turns.At(part.key)) if did else None

    def _wake(self, at: float) -> None:
        """Let those look again who waited for somebody else."""
        for row in self.rehearsal.players.values():
            if row["next"] == 0:
                pace = students.draw(self.rehearsal.seed, row["index"]).pace
                rng = random.Random(f"{self.rehearsal.seed}/{row['index']}/{row['n']}/wakes")  # noqa: S311 - as above
                row["next"] = at + pace * rng.uniform(4, 30)


def _is_computing() -> bool:
    return Run.objects.filter(state__in=[state.value for state in ACTIVE]).exists()
