"""What a worker does with a run: takes it, computes it, says how far it is, stores how it ended, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from numpy.testing import assert_allclose

from classroom.models import Membership
from experiments import events, registry, runner, services, tasks, turns
from experiments.kinds.starvation.compute import starvation
from experiments.maths import digits
from experiments.models import Run, RunState
from experiments.services import Requested
from tests.experiments.conftest import Doing, Queue, Report

pytestmark = pytest.mark.services

Ask = Callable[..., Requested]
MakeUp = Callable[[Doing], Run]


def now(run: Run) -> Run:
    return Run.objects.get(pk=run.pk)


def age(run: Run, seconds: float) -> None:
    """Let a run's last sign of life lie so long ago."""
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - timedelta(seconds=seconds))


@contextmanager
def rows_as_written(run: Run) -> Iterator[list[Run]]:
    """Collect how the run's row stands after each change of it."""
    seen: list[Run] = []

    def execute_and_look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if re.match(r'UPDATE "experiments_run"', sql):
            seen.append(now(run))
        return done

    with connection.execute_wrapper(execute_and_look):
        yield seen


# --- a run that goes well -------------------------------------------------------------------------


def test_a_run_is_done_with_the_result_of_its_function_and_how_to_come_by_it(student: Membership, ask: Ask) -> None:
    run = ask(student, seed=3).request.run

    tasks.execute_run(str(run.pk))

    done = now(run)
    plain = starvation(n_repeats=2, seed=3).as_json()
    assert (done.state, done.attempt, done.done, done.total) == (RunState.DONE, 1, 2, 2)
    assert done.result["shown"]["confusion"] == plain["shown"]["confusion"]
    assert_allclose(done.result["recall"]["8"]["values"], plain["recall"]["8"]["values"], rtol=0, atol=1e-9)
    assert done.queued_at <= done.started_at <= done.heartbeat_at <= done.finished_at
    assert done.provenance.keys() == {"data", "seed", "code", "versions", "attempt", "seconds"}
    assert done.provenance["data"] == digits.data_hash()
    assert (done.provenance["seed"], done.provenance["code"]) == (3, "starvation 1")
    assert done.provenance["versions"].items() >= registry.versions().items()


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("u_curve", {"n_repeats": 20}),
        ("u_curve", {"model": "tree", "n_repeats": 1}),
        ("u_curve", {"model": "knn", "n_repeats": 1}),
        ("starvation", {"kept": 0, "n_repeats": 1}),
        ("tipping_point", {"kept": [0, 5], "n_repeats": 1}),
        ("blame", {"n_repeats": 1}),
    ],
)
def test_every_kind_of_run_is_done(student: Membership, queue: Queue, kind: str, params: dict[str, Any]) -> None:
    run = services.request_run(student, kind=kind, params=params, seed=1).request.run

    runner.execute_next()

    done = now(run)
    assert (done.state, done.failure) == (RunState.DONE, "")
    assert done.result["model"] == run.params["model"]


def test_progress_begins_at_once_and_only_goes_forward(
    student: Membership, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    run = ask(student, n_repeats=4).request.run

    with rows_as_written(run) as rows:
        runner.execute_next()

    assert [(row.state, row.done, row.total) for row in rows] == [
        ("running", 0, 0),
        *(("running", done, 4) for done in range(5)),
        ("done", 4, 4),
    ]
    assert [row.text for row in rows[:3]] == [
        "getting ready",
        "training with 5 examples of 8",
        "repeat 1 of 4: trained with 5 examples of 8",
    ]
    beats = [row.heartbeat_at for row in rows]
    assert beats == sorted(beats)


def test_a_thousand_words_of_progress_are_a_few_writes(make_up: MakeUp) -> None:
    def does(report: Report) -> dict[str, Any]:
        for done in range(1001):
            report(done, 1000, f"counted to {done}")
        return {}

    run = make_up(does)

    with rows_as_written(run) as rows:
        runner.execute_next()

    assert len(rows) < 10
    assert (rows[-1].state, rows[-1].done, rows[-1].total, rows[-1].text) == ("done", 1000, 1000, "counted to 1000")


def test_a_text_that_is_too_long_is_cut(make_up: MakeUp) -> None:
    run = make_up(lambda report: report(0, 1, "x" * 500) or {})

    runner.execute_next()

    assert now(run).text == "x" * 200


# --- taking a run ---------------------------------------------------------------------------------


def test_who_has_waited_longest_comes_first(student: Membership, ask: Ask) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(3)]
    Run.objects.filter(pk=runs[2].pk).update(queued_at=Now() - timedelta(minutes=1))
    Run.objects.filter(pk=runs[0].pk).update(queued_at=Now() - timedelta(seconds=30))

    assert [run.pk for run in iter(runner.claim, None)] == [runs[2].pk, runs[0].pk, runs[1].pk]


def test_a_message_too_many_does_nothing(db: None) -> None:
    tasks.execute_run("no matter which")

    assert not Run.objects.exists()


@pytest.mark.parametrize("state", [RunState.DONE, RunState.FAILED, RunState.CANCELLED])
def test_a_run_that_has_ended_is_never_taken_again(student: Membership, ask: Ask, state: RunState) -> None:
    run = ask(student).request.run
    Run.objects.filter(pk=run.pk).update(state=state, result={}, failure="It broke.")
    age(run, 3600)

    assert runner.claim() is None


def test_a_run_is_taken_over_once_its_worker_has_been_silent_for_too_long(student: Membership, ask: Ask) -> None:
    run = ask(student).request.run
    runner.claim()

    age(run, settings.RUN_STALE_AFTER - 2)
    assert runner.claim() is None

    age(run, settings.RUN_STALE_AFTER + 1)
    taken = runner.claim()
    assert taken
    assert (taken.pk, taken.attempt) == (run.pk, 2)


def test_a_run_is_tried_three_times_at_most(student: Membership, ask: Ask) -> None:
    run = ask(student).request.run

    for attempt in range(1, turns.MAX_ATTEMPTS + 1):
        taken = runner.claim()
        assert taken
        assert taken.attempt == attempt
        age(run, 3600)

    assert runner.claim() is None


# --- a claim that was lost ------------------------------------------------------------------------


BY_ANOTHER = {
    # Another worker has taken the run over, and is at it, or was done with it sooner.
    RunState.RUNNING: {"attempt": 2, "done": 5, "total": 9},
    RunState.DONE: {"attempt": 2, "done": 5, "total": 5, "result": {"by": "another"}},
}


def taken_over(run: Run, state: RunState) -> dict[str, Any]:
    """Let another worker have a run; give how it stands then."""
    Run.objects.filter(pk=run.pk).update(state=state, **BY_ANOTHER[state])
    return stands(run)


def stands(run: Run) -> dict[str, Any]:
    return {name: value for name, value in now(run).__dict__.items() if name != "_state"}


@pytest.mark.parametrize("state", BY_ANOTHER)
def test_a_worker_that_lost_its_run_stops_and_changes_nothing(
    make_up: MakeUp, monkeypatch: pytest.MonkeyPatch, ended: list[tuple[Any, str]], state: RunState
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    reached = []

    def does(report: Report) -> dict[str, Any]:
        report(0, 2, "mine")
        reached.append(taken_over(run, state))
        report(1, 2, "mine still")
        reached.append({"too": "far"})
        return {"by": "me"}

    run = make_up(does)

    runner.execute_next()

    assert reached == [stands(run)]
    assert ended == []


@pytest.mark.parametrize("state", BY_ANOTHER)
@pytest.mark.parametrize("error", [None, RuntimeError("too late")])
def test_an_end_that_comes_late_changes_nothing(
    make_up: MakeUp, error: Exception | None, ended: list[tuple[Any, str]], state: RunState
) -> None:
    reached = []

    def does(report: Report) -> dict[str, Any]:
        reached.append(taken_over(run, state))
        if error:
            raise error
        return {"by": "me"}

    run = make_up(does)

    runner.execute_next()

    assert reached == [stands(run)]
    assert ended == []


def test_a_run_that_was_queued_again_is_not_its_old_workers(make_up: MakeUp) -> None:
    def does(report: Report) -> dict[str, Any]:
        Run.objects.filter(pk=run.pk).update(state=RunState.QUEUED)
        return {}

    run = make_up(does)

    runner.execute_next()

    assert (now(run).state, now(run).result) == (RunState.QUEUED, None)


# --- cancelling -----------------------------------------------------------------------------------


def test_a_run_that_nobody_wants_any_more_stops_at_its_next_word(
    make_up: MakeUp, student: Membership, monkeypatch: pytest.MonkeyPatch, ended: list[tuple[Any, str]]
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    said = []

    def does(report: Report) -> dict[str, Any]:
        for done in range(6):
            report(done, 5, "counting")
            said.append(done)
            if done == 2:
                services.withdraw(student, run.pk)
        return {}

    run = make_up(does)
    run.requests.create(membership=student)

    runner.execute_next()

    found = now(run)
    assert said == [0, 1, 2]
    assert (found.state, found.done, found.result) == (RunState.CANCELLED, 2, None)
    assert found.finished_at
    assert ended == [(run.pk, "cancelled")]


def test_a_run_that_somebody_wants_again_in_time_goes_on(
    make_up: MakeUp, student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)

    def does(report: Report) -> dict[str, Any]:
        report(0, 2, "counting")
        services.withdraw(student, run.pk)
        assert now(run).cancel_requested
        services.request_run(student, kind=run.kind, params={}, seed=run.seed)
        report(1, 2, "counting")
        return {}

    run = make_up(does)
    Run.objects.filter(pk=run.pk).update(fingerprint=registry.fingerprint(run.kind, {}, run.seed))
    run.requests.create(membership=student)

    runner.execute_next()

    assert (now(run).state, now(run).cancel_requested) == (RunState.DONE, False)


def test_a_run_that_is_wanted_again_at_the_very_last_moment_goes_on(
    make_up: MakeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    undone = []

    def undo_after_the_write(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith('UPDATE "experiments_run"') and not undone:
            undone.append(sql)
            Run.objects.filter(pk=run.pk).update(cancel_requested=False)
        return answer

    def does(report: Report) -> dict[str, Any]:
        Run.objects.filter(pk=run.pk).update(cancel_requested=True)
        with connection.execute_wrapper(undo_after_the_write):
            report(1, 2, "counting")
        return {}

    run = make_up(does)

    runner.execute_next()

    assert (now(run).state, len(undone)) == (RunState.DONE, 1)


# --- a run that goes wrong ------------------------------------------------------------------------

NOTED = "Something went wrong inside this run. We have a record of it. Start it again, or change a setting."


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (RuntimeError("secret of the house"), NOTED),
        (ValueError(), NOTED),
        (ValueError("n_train: more than there is."), "This run cannot be computed. n_train: more than there is."),
        (MemoryError(), "This run needed more memory than the worker has. Ask for fewer repeats or fewer values."),
        (
            SoftTimeLimitExceeded(),
            "This run took longer than 100 seconds and was stopped. Ask for fewer repeats or fewer values.",
        ),
    ],
)
def test_a_run_that_breaks_is_failed_with_a_sentence(
    make_up: MakeUp, error: Exception, failure: str, ended: list[tuple[Any, str]]
) -> None:
    def does(report: Report) -> dict[str, Any]:
        report(1, 4, "on the way")
        raise error

    run = make_up(does)

    runner.execute_next()

    found = now(run)
    assert (found.state, found.failure, found.result) == (RunState.FAILED, failure, None)
    assert found.provenance == {"error": type(error).__name__}
    assert (found.done, found.total) == (1, 4)
    assert ended == [(run.pk, "failed")]


@pytest.mark.parametrize(
    ("fields", "failure"),
    [
        ({"kind": "lottery"}, NOTED),
        ({"params": {"no": "such"}}, NOTED),
        (
            {"params": {"kept": 5000, "n_repeats": 1}},
            "This run cannot be computed. "
            "kept: from 0 to 87 examples of 8, which is all a training half has, not 5000.",
        ),
    ],
)
def test_a_run_that_should_not_be_there_is_failed_and_the_next_is_done(
    student: Membership, ask: Ask, fields: dict[str, Any], failure: str
) -> None:
    poisoned, sound = ask(student, seed=1).request.run, ask(student, seed=2).request.run
    Run.objects.filter(pk=poisoned.pk).update(queued_at=Now() - timedelta(minutes=1), **fields)

    runner.execute_next()
    runner.execute_next()

    assert (now(poisoned).state, now(poisoned).failure) == (RunState.FAILED, failure)
    assert now(sound).state == RunState.DONE


@pytest.mark.django_db(transaction=True)
def test_a_result_that_is_no_json_is_a_failure(make_up: MakeUp) -> None:
    run = make_up(lambda report: {"recall": float("nan")})

    runner.execute_next()

    assert (now(run).state, now(run).failure) == (RunState.FAILED, NOTED)


def test_what_listeners_do_wrong_is_not_the_runs(make_up: MakeUp, ended: list[tuple[Any, str]]) -> None:
    def stumble(sender: object, run: Run, **more: Any) -> None:
        raise RuntimeError("a listener's own")

    run = make_up(lambda report: {})
    events.run_ended.connect(stumble)
    try:
        runner.execute_next()
    finally:
        events.run_ended.disconnect(stumble)

    assert now(run).state == RunState.DONE
    assert ended == [(run.pk, "done")]


# --- a database that goes away --------------------------------------------------------------------


def hang_up() -> None:
    """End this process's own connection from the server's side."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        other.close()


@pytest.mark.skipif('"DATABASE_URL" not in __import__("os").environ', reason="needs PostgreSQL: make test-services")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_lost_connection_costs_a_word_of_progress_and_no_run(
    make_up: MakeUp, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    monkeypatch.setattr(runner, "PATIENCE", (0, 0))

    def does(report: Report) -> dict[str, Any]:
        for done in range(4):
            if done == at:
                hang_up()
            report(done, 3, "counting")
        if at == 3:
            hang_up()
        return {"counted": 3}

    run = make_up(does)

    runner.execute_next()

    found = now(run)
    assert (found.state, found.attempt, found.result) == (RunState.DONE, 1, {"counted": 3})
