"""Asking for a run, sharing it, taking the wish back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from classroom.models import Cohort, Membership
from classroom.refusals import Conflict, NotFound, Refusal, TooMany
from experiments import runner, services
from experiments.models import Run, RunRequest, RunState
from experiments.services import Requested
from tests.experiments.conftest import Queue
from tests.factories import CohortFactory, MembershipFactory

pytestmark = pytest.mark.services

Ask = Callable[..., Requested]


@pytest.fixture
def classmate(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort)


def end(run: Run, state: RunState, **fields: Any) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, **fields)


def state_of(run: Run) -> tuple[str, bool]:
    found = Run.objects.get(pk=run.pk)
    return found.state, found.cancel_requested


# --- asking ---------------------------------------------------------------------------------------


def test_a_new_run_waits_with_all_its_parameters_and_a_worker_is_told_after_the_commit(
    student: Membership, ask: Ask, queue: Queue, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        asked = ask(student, seed=7, kept=3)
        assert queue.taken() == []

    run = Run.objects.get()
    assert asked.is_new_run
    assert (run.state, run.seed, run.attempt, run.n_published) == (RunState.QUEUED, 7, 0, 1)
    assert run.published_at >= run.queued_at
    assert run.params == {
        "digit": 8,
        "kept": 3,
        "model": "svc",
        "fix": "none",
        "restored": 0,
        "n_repeats": 2,
    }
    assert queue.taken() == [("experiments.execute_run", str(run.pk))]


def test_whoever_asks_for_the_same_shares_the_run_in_another_class_too(
    student: Membership, ask: Ask, queue: Queue, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    stranger = MembershipFactory(cohort=CohortFactory())
    first = ask(student, context="a-lesson/a-run/a-trial")

    with django_capture_on_commit_callbacks(execute=True):
        second = ask(stranger)

    assert (second.request.run, second.is_new_run) == (first.request.run, False)
    assert RunRequest.objects.count() == 2
    assert queue.taken() == []


@pytest.mark.parametrize("changes", [{"seed": 1}, {"kept": 6}, {"n_repeats": 3}])
def test_another_seed_or_parameter_is_another_run(student: Membership, ask: Ask, changes: dict[str, Any]) -> None:
    ask(student)

    assert ask(student, **changes).is_new_run
    assert Run.objects.count() == 2


def test_asking_twice_for_the_same_purpose_is_one_request(student: Membership, ask: Ask) -> None:
    first, second, elsewhere = ask(student, context="a"), ask(student, context="a"), ask(student, context="b")

    assert first.request == second.request != elsewhere.request
    assert Run.objects.count() == 1


def test_a_finished_run_is_there_at_once(student: Membership, classmate: Membership, ask: Ask) -> None:
    run = ask(classmate).request.run
    runner.execute_next()

    asked = ask(student)

    assert not asked.is_new_run
    assert asked.request.run == run
    assert asked.request.run.result["digit"] == 8


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED])
def test_what_failed_or_was_cancelled_is_run_anew(student: Membership, ask: Ask, state: RunState) -> None:
    before = ask(student).request.run
    end(before, state, failure="It broke.")

    asked = ask(student)

    assert asked.is_new_run
    assert asked.request.run.pk != before.pk
    assert state_of(before) == (state, False)


def test_a_refused_run_leaves_nothing_behind(student: Membership, ask: Ask) -> None:
    with pytest.raises(Refusal, match="kept: from 0 to 87"):
        ask(student, kept=88)

    assert not Run.objects.exists()


def test_an_archived_class_asks_for_nothing_new(student: Membership, ask: Ask) -> None:
    student.cohort.archived = True
    student.cohort.save()

    with pytest.raises(Conflict, match="This class is archived"):
        ask(student)

    assert not Run.objects.exists()


def test_who_has_left_the_class_asks_for_nothing(student: Membership, ask: Ask) -> None:
    Membership.objects.filter(pk=student.pk).delete()

    with pytest.raises(NotFound, match="no longer in this class"):
        ask(student)

    assert not Run.objects.exists()


# --- everybody's share of the workers -------------------------------------------------------------


def test_one_member_has_four_runs_on_their_way_at_most(student: Membership, classmate: Membership, ask: Ask) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(services.MAX_WAITING)]
    end(runs[0], RunState.RUNNING)

    with pytest.raises(TooMany, match=r"Only 4 of your runs can be on their way at once\. Let one finish"):
        ask(student, seed=9)

    assert Run.objects.count() == 4
    assert ask(classmate, seed=9).is_new_run
    # Joining somebody else's run, while it waits, is one more on its way too.
    with pytest.raises(TooMany):
        ask(student, seed=9)


def test_a_run_on_its_way_can_be_asked_for_again_at_any_time(student: Membership, ask: Ask) -> None:
    for seed in range(services.MAX_WAITING):
        ask(student, seed=seed)

    assert not ask(student, seed=0, context="for something else").is_new_run


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED, RunState.CANCELLED])
def test_a_run_that_has_ended_makes_room(student: Membership, ask: Ask, state: RunState) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(services.MAX_WAITING)]
    end(runs[0], state, result={}, failure="It broke.")

    assert ask(student, seed=9).is_new_run


def test_a_wish_that_was_taken_back_makes_room(student: Membership, ask: Ask) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(services.MAX_WAITING)]
    services.withdraw(student, runs[0].pk)

    assert ask(student, seed=9).is_new_run


def test_a_finished_run_is_no_load_for_anybody(student: Membership, classmate: Membership, ask: Ask) -> None:
    ready = ask(classmate, seed=9).request.run
    end(ready, RunState.DONE, result={})
    for seed in range(services.MAX_WAITING):
        ask(student, seed=seed)

    assert ask(student, seed=9).request.run == ready


# --- taking it back -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING])
def test_a_run_goes_on_as_long_as_somebody_wants_it(
    student: Membership, classmate: Membership, ask: Ask, state: RunState
) -> None:
    run = ask(student).request.run
    ask(classmate)
    end(run, state)

    services.withdraw(student, run.pk)

    assert state_of(run) == (state, False)
    assert [request.membership for request in RunRequest.objects.filter(withdrawn_at=None)] == [classmate]


def test_a_waiting_run_that_nobody_wants_is_over_at_once(
    student: Membership,
    ask: Ask,
    ended: list[tuple[Any, str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    run = ask(student, context="a").request.run
    ask(student, context="b")

    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(student, run.pk)

    assert state_of(run) == (RunState.CANCELLED, False)
    assert Run.objects.get().finished_at
    assert runner.execute_next() is None
    assert ended == [(run.pk, "cancelled")]


def test_a_running_run_that_nobody_wants_is_told_so(student: Membership, ask: Ask) -> None:
    run = ask(student).request.run
    end(run, RunState.RUNNING)

    services.withdraw(student, run.pk)

    assert state_of(run) == (RunState.RUNNING, True)


def test_who_wants_it_again_in_time_undoes_that(student: Membership, classmate: Membership, ask: Ask) -> None:
    run = ask(student).request.run
    end(run, RunState.RUNNING)
    services.withdraw(student, run.pk)

    asked = ask(classmate)

    assert (asked.request.run, asked.is_new_run) == (run, False)
    assert state_of(run) == (RunState.RUNNING, False)


def test_what_was_taken_back_is_asked_for_anew(student: Membership, ask: Ask) -> None:
    before = ask(student)
    services.withdraw(student, before.request.run.pk)

    again = ask(student)

    assert again.is_new_run
    assert again.request.pk != before.request.pk


def test_a_finished_run_stays_its_owners(student: Membership, ask: Ask) -> None:
    run = ask(student).request.run
    end(run, RunState.DONE, result={})

    assert services.withdraw(student, run.pk).state == RunState.DONE
    assert RunRequest.objects.get().withdrawn_at is None


def test_nobody_takes_back_what_somebody_else_wants(student: Membership, classmate: Membership, ask: Ask) -> None:
    run = ask(student).request.run

    with pytest.raises(NotFound, match="You have no such run"):
        services.withdraw(classmate, run.pk)

    assert state_of(run) == (RunState.QUEUED, False)


# --- a broker that is away ------------------------------------------------------------------------


def test_without_a_broker_the_run_waits_in_the_database(
    student: Membership, ask: Ask, queue: Queue, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    queue.is_away()

    with django_capture_on_commit_callbacks(execute=True):
        asked = ask(student)

    run = Run.objects.get()
    assert asked.is_new_run
    assert (run.state, run.published_at, run.n_published) == (RunState.QUEUED, None, 0)


TELL = """
import time, uuid
import django
django.setup()
from experiments import publishing
publishing.publish(uuid.uuid4())
began = time.monotonic()
print(publishing.publish(uuid.uuid4()), time.monotonic() - began)
"""


@pytest.mark.slow
def test_that_a_broker_is_away_is_noticed_within_a_second(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "downhill.settings",
        "VAR_DIR": str(tmp_path),
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", TELL], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )

    told, seconds = done.stdout.split()
    assert told == "False"
    assert float(seconds) < 1


# --- what the database holds to -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "fields"),
    [
        ("run_once_while_live", {"fingerprint": "taken"}),
        ("run_state_known", {"state": "asleep"}),
        ("run_done_has_result", {"state": "done"}),
        ("run_failed_says_why", {"state": "failed"}),
    ],
)
def test_what_must_never_be_stored_is_refused_by_the_database(db: None, broken: str, fields: dict[str, str]) -> None:
    run: dict[str, Any] = {"kind": "blame", "params": {}, "seed": 0, "fingerprint": "free"}
    Run.objects.create(**run | {"fingerprint": "taken"})

    with pytest.raises(IntegrityError, match=rf"{broken}|experiments_run\.fingerprint"), transaction.atomic():
        Run.objects.create(**run | fields)
