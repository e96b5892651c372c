"""What else a worker is asked, in the middle of a long run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Task
from django.utils import timezone

from downhill.celery import app
from experiments import errands, runner
from experiments.models import Run, RunState
from tests import services
from tests.experiments.conftest import Queue, Report

pytestmark = pytest.mark.services

MakeUp = Callable[..., Run]
seen: list[int] = []


@pytest.fixture(autouse=True)
def _at_once(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)
    app.conf.task_always_eager = False
    errands.forget()
    seen.clear()
    yield
    errands.forget()


@pytest.fixture(scope="module")
def errand() -> Iterator[Task[Any, Any]]:
    """A task that takes a moment; nought breaks it."""

    @app.task(name="tests.errand")
    def run(n: int) -> None:
        seen.append(n * (n // n))

    yield run
    app.tasks.unregister("tests.errand")


def during(make_up: MakeUp, post: Callable[[], Any], *, seconds: float = 10) -> Run:
    """Carry out a run, in the middle of which somebody asks for something else."""

    def does(report: Report) -> dict[str, Any]:
        report(0, 2, "counting")
        post()
        report(1, 2, "counting")
        return {"seen": list(seen)}

    run = make_up(does, seconds=seconds)
    runner.execute_next()
    return Run.objects.get(pk=run.pk)


def test_an_errand_is_done_in_the_middle_of_a_long_run(make_up: MakeUp, errand: Task[Any, Any], queue: Queue) -> None:
    run = during(make_up, lambda: (errand.delay(1), errand.delay(2)))

    assert (run.state, run.result) == (RunState.DONE, {"seen": [1, 2]})
    assert queue.taken() == []


def test_an_errand_waits_for_the_end_of_a_short_run(make_up: MakeUp, errand: Task[Any, Any], queue: Queue) -> None:
    run = during(make_up, lambda: errand.delay(1), seconds=1)

    assert run.result == {"seen": []}
    assert queue.taken() == [("tests.errand", 1)]


def test_an_errand_that_is_not_due_yet_waits_and_holds_up_no_other(
    make_up: MakeUp, errand: Task[Any, Any], queue: Queue
) -> None:
    run = during(make_up, lambda: (errand.apply_async((3,), countdown=60), errand.delay(1)))

    assert run.result == {"seen": [1]}
    assert queue.taken() == [("tests.errand", 3)]


def test_an_errand_that_is_too_old_is_dropped(make_up: MakeUp, errand: Task[Any, Any], queue: Queue) -> None:
    before = timezone.now() - timedelta(seconds=1)

    run = during(make_up, lambda: errand.apply_async((1,), expires=before))

    assert (run.result, queue.taken()) == ({"seen": []}, [])


def test_an_errand_that_breaks_costs_the_run_nothing(make_up: MakeUp, errand: Task[Any, Any], queue: Queue) -> None:
    run = during(make_up, lambda: (errand.delay(0), errand.delay(1)))

    assert (run.state, run.result) == (RunState.DONE, {"seen": [1]})
    assert queue.taken() == []


def test_a_message_for_a_run_is_no_errand(make_up: MakeUp, queue: Queue) -> None:
    """An earlier version sent them where errands lie; within a run none is begun."""
    other = make_up(lambda report: {}, seconds=100)

    run = during(make_up, lambda: app.send_task("experiments.execute_run", args=["x"], queue="celery"), seconds=10)

    assert (run.state, Run.objects.get(pk=other.pk).state) == (RunState.DONE, RunState.QUEUED)
    assert queue.taken() == []


def test_what_is_no_task_of_ours_costs_the_run_nothing(
    make_up: MakeUp, errand: Task[Any, Any], queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    def post() -> None:
        with app.connection_for_write() as link, link.SimpleQueue("celery") as mailbox:
            mailbox.put({"hello": 1})
        app.send_task("tests.of_a_later_version")
        errand.delay(1)

    run = during(make_up, post)

    assert (run.state, run.result) == (RunState.DONE, {"seen": [1]})
    assert queue.taken() == []
    assert "tests.of_a_later_version failed" in caplog.text


def test_a_run_goes_on_while_the_broker_is_away(
    make_up: MakeUp, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    def goes_away() -> None:
        queue.is_away()
        errands.forget()

    run = during(make_up, goes_away)

    assert (run.state, run.result) == (RunState.DONE, {"seen": []})
    assert "the broker cannot be reached" in caplog.text


@services.needed
def test_a_run_goes_on_when_redis_stops_in_its_middle(
    make_up: MakeUp, queue: Queue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the way to it is open already."""
    own = services.Services(tmp_path)
    own.start_redis()
    queue.lies_at(own.environment["REDIS_URL"])
    errands.forget()

    run = during(make_up, own.stop_redis)

    assert (run.state, run.result) == (RunState.DONE, {"seen": []})
    assert "the broker cannot be reached" in caplog.text
