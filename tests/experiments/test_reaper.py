"""What was left behind is found: workers that are gone, messages that were lost, runs that end their worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from classroom.models import Membership
from downhill.celery import app
from experiments import reaper, runner, services, tasks
from experiments.models import Run, RunState
from experiments.services import Requested
from tests.experiments.conftest import Queue

pytestmark = pytest.mark.services

Ask = Callable[..., Requested]
GIVEN_UP = "The worker stopped 3 times during this run, so we gave up. Start it again, or ask for less."


@pytest.fixture
def run(student: Membership, ask: Ask) -> Run:
    return ask(student).request.run


def stands(run: Run, **fields: Any) -> None:
    Run.objects.filter(pk=run.pk).update(**fields)


def ago(seconds: float) -> Any:
    return Now() - timedelta(seconds=seconds)


def now(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def message(run: Run) -> tuple[str, str]:
    return ("experiments.execute_run", str(run.pk))


# --- a worker that is gone ------------------------------------------------------------------------


def test_a_run_whose_worker_is_gone_waits_again_and_a_worker_is_told(run: Run, queue: Queue) -> None:
    runner.claim()
    stands(run, published_at=Now(), n_published=4, done=7, total=20, text="repeat 7 of 20")
    stands(run, heartbeat_at=ago(settings.RUN_STALE_AFTER + 1))

    tasks.reap()

    found = now(run)
    assert (found.state, found.attempt, found.done, found.text) == (RunState.QUEUED, 1, 0, "")
    assert found.n_published == 1
    assert queue.taken() == [message(run)]
    runner.execute_next()
    assert (now(run).state, now(run).attempt) == (RunState.DONE, 2)


def test_a_worker_that_still_gives_signs_of_life_keeps_its_run(run: Run, queue: Queue) -> None:
    runner.claim()
    stands(run, heartbeat_at=ago(settings.RUN_STALE_AFTER - 2))

    reaper.reap()

    assert (now(run).state, queue.taken()) == (RunState.RUNNING, [])


@pytest.mark.parametrize("attempt", [1, 3])
@pytest.mark.parametrize("news", [{"heartbeat_at": Now()}, {"attempt": 4}, {"state": RunState.DONE, "result": {}}])
def test_a_sign_of_life_that_comes_while_it_looks_is_enough(
    run: Run, queue: Queue, attempt: int, news: dict[str, Any]
) -> None:
    stands(run, state=RunState.RUNNING, attempt=attempt, heartbeat_at=ago(60))
    seen = []

    def live_after_the_look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if not seen:
            seen.append(sql)
            stands(run, **news)
        return answer

    with connection.execute_wrapper(live_after_the_look):
        reaper.reap()

    assert now(run).state == news.get("state", RunState.RUNNING)
    assert queue.taken() == []


def test_a_run_that_ends_its_worker_three_times_is_given_up(run: Run, ended: list[tuple[Any, str]]) -> None:
    for _attempt in range(3):
        assert now(run).state == RunState.QUEUED
        runner.claim()
        stands(run, heartbeat_at=ago(60))
        reaper.reap()

    assert (now(run).state, now(run).failure, now(run).attempt) == (RunState.FAILED, GIVEN_UP, 3)
    assert now(run).finished_at
    assert ended == [(run.pk, "failed")]
    assert runner.claim() is None


def test_what_was_given_up_can_be_asked_for_again(run: Run, student: Membership, ask: Ask) -> None:
    stands(run, state=RunState.RUNNING, attempt=3, heartbeat_at=ago(60))
    reaper.reap()

    asked = ask(student)

    assert asked.is_new_run
    runner.execute_next()
    assert now(asked.request.run).state == RunState.DONE


def test_a_run_that_nobody_wants_does_not_outlive_its_worker(
    run: Run, student: Membership, queue: Queue, ended: list[tuple[Any, str]]
) -> None:
    runner.claim()
    services.withdraw(student, run.pk)
    stands(run, heartbeat_at=ago(60))

    reaper.reap()

    assert now(run).state == RunState.CANCELLED
    assert ended == [(run.pk, "cancelled")]
    assert queue.taken() == []


def test_a_worker_that_was_only_slow_finds_its_run_gone(run: Run) -> None:
    slow = runner.claim()
    assert slow
    stands(run, heartbeat_at=ago(60))
    reaper.reap()

    runner.execute(slow)

    assert (now(run).state, now(run).result) == (RunState.QUEUED, None)


# --- a message that was lost ----------------------------------------------------------------------


@pytest.mark.parametrize(("told", "wait"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (40, 60)])
def test_workers_are_told_again_ever_more_slowly(run: Run, queue: Queue, told: int, wait: int) -> None:
    stands(run, n_published=told, published_at=ago(wait - 1))
    reaper.reap()
    assert queue.taken() == []

    stands(run, published_at=ago(wait + 1))
    reaper.reap()
    assert queue.taken() == [message(run)]
    assert now(run).n_published == told + 1

    reaper.reap()
    assert queue.taken() == []


def test_workers_are_told_of_a_run_of_which_they_never_heard(run: Run, queue: Queue) -> None:
    reaper.reap()

    assert queue.taken() == [message(run)]
    assert (timezone.now() - now(run).published_at).total_seconds() < 60


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED, RunState.CANCELLED])
def test_what_has_ended_is_left_alone(run: Run, queue: Queue, state: RunState) -> None:
    stands(run, state=state, result={"kept": "as it is"}, failure="It broke.", heartbeat_at=ago(3600))
    before = now(run).__dict__

    reaper.reap()

    assert {**now(run).__dict__, "_state": 0} == {**before, "_state": 0}
    assert queue.taken() == []


def test_one_look_tells_of_a_hundred_runs_at_most_the_oldest_first(db: None, queue: Queue) -> None:
    runs = [
        Run(kind="blame", params={}, seed=n, fingerprint=str(n), queued_at=timezone.now() + timedelta(seconds=n))
        for n in range(reaper.AT_ONCE + 5)
    ]
    Run.objects.bulk_create(runs)

    reaper.reap()
    assert queue.taken() == [message(run) for run in runs[: reaper.AT_ONCE]]

    reaper.reap()
    assert queue.taken() == [message(run) for run in runs[reaper.AT_ONCE :]]


# --- a broker that is away ------------------------------------------------------------------------


def test_without_a_broker_a_look_does_what_the_database_can(
    run: Run, student: Membership, ask: Ask, queue: Queue
) -> None:
    other = ask(student, seed=1).request.run
    stands(run, state=RunState.RUNNING, attempt=1, heartbeat_at=ago(60))
    queue.is_away()

    reaper.reap()

    assert [(now(each).state, now(each).published_at) for each in (run, other)] == [(RunState.QUEUED, None)] * 2


# --- who looks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["experiments.reap", "rehearsal.take_up"])
def test_the_beat_asks_for_a_look_that_expires_before_the_next(db: None, task: str) -> None:
    app.loader.import_default_modules()  # as a worker does when it starts
    (entry,) = (each for each in app.conf.beat_schedule.values() if each["task"] == task)

    assert task in app.tasks
    assert entry["schedule"] == entry["options"]["expires"] == settings.RUN_REAP_EVERY < settings.RUN_STALE_AFTER
