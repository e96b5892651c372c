"""Runs before class: a canary that shows the worker at work, and the runs that students start first.

They are asked for by the instructor and shared by whoever asks for the same later, as all runs are. Only a few wait at
a time, so that a class that is under way waits behind no more than these; each that ends brings the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

import experiments.services
from classroom.models import Membership, Role, User
from classroom.refusals import Refusal
from classroom.selectors import students_of
from experiments import registry
from experiments.models import ACTIVE, LIVE, Run, RunRequest, RunState
from lessons import catalogue
from lessons.activities.base import FirstRun, type_of
from lessons.authoring.lesson import Lesson

CANARY = "canary"
# As small as a real run can be: a worker that is awake has it in a moment.
SMALL = {"model": "polynomial", "n_train": 20, "noise": 0.3, "complexities": [1, 2, 3], "n_repeats": 1}
CANARY_LASTS = timedelta(hours=1)
CLASS_SIZE = 36
AT_ONCE = 3
PREPARED = "ready"


@dataclass(frozen=True)
class Plan:
    """What is prepared: for everybody who has joined, and for the `n_more` members who come from key `first` on."""

    lesson: str
    first: int
    n_more: int

    @classmethod
    def parse(cls, context: str) -> Plan | None:
        match context.split():
            case [word, lesson, first, n_more] if word == PREPARED:
                return cls(lesson, int(first), int(n_more))
        return None

    def __str__(self) -> str:
        return f"{PREPARED} {self.lesson} {self.first} {self.n_more}"


@dataclass(frozen=True)
class Progress:
    """How far the runs of a plan are. `is_on_its_way`: what is left comes by itself."""

    n_students: int
    n_done: int
    n_failed: int
    n_all: int
    is_on_its_way: bool


def send_canary(membership: Membership) -> None:
    """Ask for a small run that nobody can have asked for before."""
    seed = secrets.randbelow(registry.MAX_SEED)
    experiments.services.request_run(membership, kind="u_curve", params=SMALL, seed=seed, context=CANARY)


def newest_canary(membership: Membership) -> Run | None:
    """Give the canary that any of the class's instructors sent last, if that was not long ago."""
    sent = _by_instructors(membership).filter(context=CANARY, requested_at__gt=timezone.now() - CANARY_LASTS)
    newest = sent.select_related("run").defer("run__result").order_by("-requested_at").first()
    return newest.run if newest else None


def prepare(membership: Membership, lesson: Lesson) -> None:
    """Begin to compute what is not there yet, for a class of the usual size."""
    membership.cohort.refuse_if_archived()
    n_more = max(0, CLASS_SIZE - len(_students(membership)))
    plan = Plan(lesson.slug, _next_key(membership), n_more)
    if not _ask_on(membership, lesson, plan, but=()):
        # All are there. One is asked for all the same, since the newest request tells the plan.
        for run in list(_wanted(lesson, _keys(membership, plan)).values())[:1]:
            _ask(membership, run, plan)


def stop(membership: Membership) -> None:
    """Take back what is still waiting."""
    waiting = _by_instructors(membership).filter(context__startswith=f"{PREPARED} ", run__state__in=ACTIVE)
    for request in list(waiting.select_related("membership")):
        experiments.services.withdraw(request.membership, request.run_id, [request.context])


def go_on(run: Run) -> None:
    """After a run that was prepared: ask for the next. Safe to do twice."""
    prepared = run.requests.filter(context__startswith=f"{PREPARED} ", withdrawn_at=None)
    for request in prepared.select_related("membership__cohort"):
        plan = Plan.parse(request.context)
        lesson = catalogue.get(plan.lesson) if plan else None
        if plan and lesson:
            own = RunRequest.objects.filter(membership=request.membership, context=request.context)
            failed = own.filter(run__state=RunState.FAILED).values_list("run__fingerprint", flat=True)
            _ask_on(request.membership, lesson.lesson, plan, but=failed)


def progress_of(membership: Membership, lesson: Lesson) -> Progress | None:
    """Say how far the newest plan is; nothing, if none was made. Four queries."""
    asked = _by_instructors(membership).filter(context__startswith=f"{PREPARED} {lesson.slug} ")
    newest = asked.order_by("-requested_at", "-pk").values_list("context", flat=True).first()
    plan = Plan.parse(newest or "")
    if plan is None:
        return None
    keys = _keys(membership, plan)
    wanted = _wanted(lesson, keys)
    rows = asked.filter(context=newest).values_list("run__fingerprint", "run__state")
    failed = {fingerprint for fingerprint, state in rows if state == RunState.FAILED}
    there = set(Run.objects.filter(fingerprint__in=wanted, state=RunState.DONE).values_list("fingerprint", flat=True))
    return Progress(
        n_students=len(keys),
        n_done=len(there),
        n_failed=len(failed - there),
        n_all=len(wanted),
        is_on_its_way=any(state in ACTIVE for _fingerprint, state in rows),
    )


def _ask_on(membership: Membership, lesson: Lesson, plan: Plan, *, but: Iterable[str]) -> int:
    """Ask for a few of those that are neither there nor on their way; give the number that is left."""
    wanted = _wanted(lesson, _keys(membership, plan))
    known = set(Run.objects.filter(fingerprint__in=wanted, state__in=LIVE).values_list("fingerprint", flat=True))
    known |= set(but)
    left = [run for fingerprint, run in wanted.items() if fingerprint not in known]
    own = RunRequest.objects.filter(membership=membership, context=str(plan), withdrawn_at=None)
    room = AT_ONCE - own.filter(run__state__in=ACTIVE).count()
    try:
        for run in left[: max(room, 0)]:
            _ask(membership, run, plan)
    except Refusal:
        pass  # the class was archived meanwhile, or the instructor has runs of their own on their way
    return len(left)


def _ask(membership: Membership, run: FirstRun, plan: Plan) -> None:
    experiments.services.request_run(
        membership, kind=run.kind, params=dict(run.params), seed=run.seed, context=str(plan)
    )


def _wanted(lesson: Lesson, keys: Iterable[int]) -> dict[str, FirstRun]:
    """The first runs of these members, by fingerprint: member by member, in the order of the lesson."""
    core = [each for part in lesson.parts if not part.homework for each in part.activities if not each.extra]
    wanted: dict[str, FirstRun] = {}
    for key in keys:
        for activity in core:
            for run in type_of(activity).first_runs(activity, key):
                complete = registry.read(run.kind, dict(run.params), run.seed)
                wanted.setdefault(registry.fingerprint(run.kind, complete, run.seed), run)
    return wanted


def _keys(membership: Membership, plan: Plan) -> list[int]:
    return list(dict.fromkeys([*_students(membership), *range(plan.first, plan.first + plan.n_more)]))


def _students(membership: Membership) -> list[int]:
    return list(students_of(membership.cohort).order_by("pk").values_list("pk", flat=True))


class _Undone(Exception):
    """Takes back what was only tried."""


def _next_key(membership: Membership) -> int:
    """The key that the next member gets: by making one and taking it back, whichever database counts them."""
    try:
        with transaction.atomic():
            nobody = User.objects.create(username=f"nobody-{secrets.token_hex(8)}")
            tried = Membership.objects.create(user=nobody, cohort=membership.cohort).pk
            raise _Undone
    except _Undone:
        # PostgreSQL counts on, SQLite gives the same key again.
        return tried + (connection.vendor == "postgresql")


def _by_instructors(membership: Membership) -> QuerySet[RunRequest]:
    of_class = {"membership__cohort": membership.cohort, "membership__role": Role.INSTRUCTOR}
    return RunRequest.objects.filter(**of_class, withdrawn_at=None)
