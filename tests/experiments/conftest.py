"""A queue of the test's own, and kinds of run that do what no real one should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from classroom.models import Membership
from experiments import events, registry, services
from experiments.kinds.base import Kind, Params, Ranges
from experiments.models import Run, RunState
from experiments.services import Requested
from tests.queues import Queue

Report = Callable[[int, int, str], None]


@pytest.fixture
def queue() -> Iterator[Queue]:
    with Queue() as queue:
        yield queue


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

    def seconds(self) -> float:
        return 0.0


class Outcome:
    """What a computation hands back."""

    def __init__(self, figures: dict[str, Any]) -> None:
        self.figures = figures

    def as_json(self) -> dict[str, Any]:
        return self.figures


Doing = Callable[[Report], dict[str, Any]]
# What the runs of the kind “made up” do when a worker carries them out, by their seed.
doing: list[Doing] = []


def made_up(*, seed: int, report: Report) -> Outcome:
    return Outcome(doing[seed](report))


@pytest.fixture
def make_up(db: None) -> Iterator[Callable[..., Run]]:
    """Put a run into the queue whose computation is the test's own."""
    here = {"params": f"{__name__}:Anything", "compute": f"{__name__}:made_up", "notebook": ""}
    kind = Kind(name="made_up", label="made up", about="", **here)
    registry.register(kind)

    def queue_up(does: Doing, seconds: float = 0) -> Run:
        n = len(doing)
        doing.append(does)
        return Run.objects.create(
            kind=kind.name, params={}, seed=n, fingerprint=f"made up {n}", expected_seconds=seconds
        )

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
