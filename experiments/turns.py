"""Turns at the workers: which waiting run comes next, so that nobody's runs hold up everybody's.

Three things count, all of them in seconds: how long a run is expected to take, and how much whoever asked for it has
had computed in the last minutes; how long it has waited is taken off. So short runs come before long ones, people come
in turn, and nothing waits forever. These are the finish times of fair queueing (Demers, Keshav and Shenker 1989,
“Analysis and simulation of a fair queueing algorithm”).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heapify, heappop, heapreplace

from django.conf import settings
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now

from experiments.models import ACTIVE, Run, RunState

MAX_ATTEMPTS = 3
# Seconds: a run that is expected to take no longer need not wait for the end of one that takes longer.
SHORT = 2.0
# So long it is held against people that a run of theirs was computed.
REMEMBERED = timedelta(minutes=5)

# The students of a rehearsal are one: else thirty who are invented come thirty times before one who is not.
Person = tuple[str, int]


@dataclass
class Turn:
    """A run that waits, with the people who wait for it; or one begun lately, with those it is held against."""

    run: uuid.UUID
    state: str
    waits: bool
    queued_at: float
    seconds: float
    people: set[Person] = field(default_factory=set)


def waiting() -> QuerySet[Run]:
    """Runs that a worker may take: queued, or left by a worker whose heartbeat has stopped, and not tried too often."""
    return Run.objects.filter(_waits())


def stale() -> Q:
    """Runs whose worker has given no sign of life for too long."""
    return Q(state=RunState.RUNNING, heartbeat_at__lt=Now() - timedelta(seconds=settings.RUN_STALE_AFTER))


def _waits() -> Q:
    return Q(Q(state=RunState.QUEUED) | stale(), attempt__lt=MAX_ATTEMPTS)


def next_run() -> uuid.UUID | None:
    """Give the run whose turn it is. One query."""
    return next((turn.run for turn in _in_turn(_turns())), None)


def next_short_run() -> uuid.UUID | None:
    """Give the short run whose turn it is. One query; one more if there is any."""
    if not waiting().filter(expected_seconds__lte=SHORT).exists():
        return None
    return next((turn.run for turn in _in_turn(_turns()) if turn.seconds <= SHORT), None)


def places() -> dict[uuid.UUID, int]:
    """How many runs come before each that waits, those under way included. One query."""
    turns = _turns()
    n_running = sum(turn.state == RunState.RUNNING and not turn.waits for turn in turns)
    return {turn.run: place for place, turn in enumerate(_in_turn(turns), n_running)}


def _in_turn(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Take the one with the earliest finish time, again and again; each taken makes its people's others later."""
    had: Counter[Person] = Counter()  # seconds of work
    for turn in turns:
        if not turn.waits:
            had.update(dict.fromkeys(turn.people, turn.seconds))

    def finish(turn: Turn) -> float:
        # Of those who share a run, the one whose turn comes first brings it to all.
        return turn.queued_at + turn.seconds + min((had[person] for person in turn.people), default=0)

    queue = [(finish(turn), str(turn.run), turn) for turn in turns if turn.waits]
    heapify(queue)
    while queue:
        at, key, turn = queue[0]
        if (now := finish(turn)) > at:
            heapreplace(queue, (now, key, turn))
            continue
        heappop(queue)
        had.update(dict.fromkeys(turn.people, turn.seconds))
        yield turn


def _turns() -> list[Turn]:
    """The runs that count, with their people: those that wait, and those that a worker took in the last minutes."""
    runs = Run.objects.filter(Q(state__in=ACTIVE) | Q(started_at__gt=Now() - REMEMBERED))
    rows = runs.annotate(waits=Case(When(_waits(), then=Value(True)), default=Value(False))).values_list(
        "pk",
        "state",
        "waits",
        "queued_at",
        "expected_seconds",
        "started_at",
        "requests__requested_at",
        "requests__withdrawn_at",
        "requests__membership__user",
        "requests__membership__user__is_synthetic",
        "requests__membership__cohort",
    )
    turns: dict[uuid.UUID, Turn] = {}
    for pk, state, waits, queued_at, seconds, started_at, asked_at, withdrawn_at, user, is_synthetic, cohort in rows:
        turn = turns.setdefault(pk, Turn(pk, state, waits, queued_at.timestamp(), seconds))
        # Whoever joins a run under way is not charged; whoever takes their wish back has had it all the same.
        was_before = asked_at is not None and started_at is not None and asked_at <= started_at
        if user is not None and (withdrawn_at is None if waits else was_before):
            turn.people.add(("rehearsal", cohort) if is_synthetic else ("user", user))
    return list(turns.values())
