"""A queue of the test's own, and kinds of run that do what no real one should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kombu import pools

from classroom.models import Membership
from downhill.celery import app
from experiments import events, registry, services
from experiments.kinds.base import Kind, Params, Ranges
from experiments.models import Run, RunState
from experiments.services import Requested

Report = Callable[[int, int, str], None]


class Queue:
    """Where messages go during a test: nowhere that a worker listens."""

    def lies_at(self, url: str, *, transport: str | None = None, **options: Any) -> None:
        app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options = url, transport, options
        pools.reset()
        app._pool = None
        app.amqp._producer_pool = None

    def is_away(self) -> None:
        # Nobody listens on the first port.
        self.lies_at("redis://127.0.0.1:1/0", max_retries=1, interval_start=0, connect_retries_timeout=1)

    def taken(self) -> list[tuple[str, str]]:
        """Empty it; give the tasks that were asked for, and what for."""
        tasks = []
        with app.connection_for_read() as connection:
            waiting = connection.SimpleQueue(app.conf.task_default_queue)
            while waiting.qsize():
                message = waiting.get(timeout=1)
                message.ack()
                tasks.append((message.headers["task"], *message.payload[0]))
        return tasks


@pytest.fixture
def queue() -> Iterator[Queue]:
    url, transport, options = app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options
    queue = Queue()
    queue.lies_at("memory://downhill-tests/")
    queue.taken()
    yield queue
    queue.lies_at(url, transport=transport, **options)


@pytest.fixture
def ask(queue: Queue) -> Callable[..., Requested]:
    """Ask for a starvation, a small one."""

    def request(membership: Membership, *, seed: int = 0, context: str = "", **params: Any) -> Requested:
        return services.request_run(
            membership, kind="starvation", params={"n_repeats": 2, **params}, seed=seed, context=context
        )

    return request


class Anything(Params):
    """What a test's own kind of run takes."""

    def ranges(self) -> Ranges:
        return {}


class Outcome:
    """What a computation hands back."""

    def __init__(self, figures: dict[str, Any]) -> None:
        self.figures = figures

    def as_json(self) -> dict[str, Any]:
        return self.figures


Doing = Callable[[Report], dict[str, Any]]
# What the kind “made up” does when a worker carries it out.
doing: list[Doing] = []


def made_up(*, seed: int, report: Report) -> Outcome:
    return Outcome(doing[-1](report))


@pytest.fixture
def make_up(db: None) -> Iterator[Callable[[Doing], Run]]:
    """Put a run into the queue whose computation is the test's own."""
    here = {"params": f"{__name__}:Anything", "compute": f"{__name__}:made_up", "notebook": ""}
    kind = Kind(name="made_up", label="made up", about="", **here)
    registry.register(kind)

    def queue_up(does: Doing) -> Run:
        doing.append(does)
        n = Run.objects.count()
        return Run.objects.create(kind=kind.name, params={}, seed=n, fingerprint=f"made up {n}")

    yield queue_up
    registry.unregister(kind.name)
    doing.clear()


@pytest.fixture
def ended() -> Iterator[list[tuple[Any, str]]]:
    """The runs whose end was announced, and how they had ended."""
    heard: list[tuple[Any, str]] = []

    def hear(sender: object, run: Run, **more: Any) -> None:
        heard.append((run.pk, RunState(run.state).value))

    events.run_ended.connect(hear)
    yield heard
    events.run_ended.disconnect(hear)
