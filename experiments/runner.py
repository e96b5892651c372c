"""Runner, on a worker: claim a run, compute it, tell how far it is, store what came of it.

A long run gives way: at its words of progress the worker carries out what is short and waits, errands and runs, and
then goes on.

Every write after the claim holds only while the claim does: a worker that was taken for dead, and is not, finds its
run gone on without it and stops. A database that is away for a moment costs a run nothing but a word of progress.
"""

from __future__ import annotations

import logging
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from experiments import errands, events, registry, turns
from experiments.models import Run, RunState

logger = logging.getLogger(__name__)

BETWEEN_WRITES = 0.2  # seconds from one word of progress to the next
# Seconds to wait for a database that is away when a run ends; in all less than what a process has after its time limit.
PATIENCE = (0.5, 1, 2, 4, 8)


class Lost(Exception):
    """The run is no longer this worker's: somebody took it over, or took it back."""


def execute_next() -> Run | None:
    """Carry out the run whose turn it is; nothing, if none waits."""
    run = claim()
    if run is not None:
        execute(run)
    return run


def claim(next_run: Callable[[], uuid.UUID | None] = turns.next_run) -> Run | None:
    """Take the run whose turn it is, by compare-and-set: of several workers one gets it."""
    while (run_id := next_run()) is not None:
        taken = (
            turns.waiting()
            .filter(pk=run_id)
            .update(
                state=RunState.RUNNING,
                attempt=F("attempt") + 1,
                started_at=Now(),
                heartbeat_at=Now(),
                done=0,
                total=0,
                text=_("getting ready"),
            )
        )
        if taken:
            return Run.objects.get(pk=run_id)
    return None


def execute(run: Run, inside: _Progress | None = None) -> None:
    """Compute a claimed run and store how it ended; one that another gave way to is carried out inside that one."""
    progress = _Progress(run, inside)
    try:
        compute = registry.find(run.kind).load_compute()
        result = compute(**run.params, seed=run.seed, report=progress.report).as_json()
        seconds = round(progress.own_seconds, 2)
        _end(run, state=RunState.DONE, result=result, done=F("total"), provenance=_provenance(run, seconds))
    except Lost:
        return
    except (OperationalError, InterfaceError):
        # Not the run's fault. Its heartbeat stops here, and the reaper has it taken up again.
        logger.exception("the end of run %s could not be stored", run.pk)
    except Exception as error:
        if inside is not None and isinstance(error, SoftTimeLimitExceeded):
            # The time that is up is the other's. This one waits again.
            _claimed(run).update(state=RunState.QUEUED, attempt=F("attempt") - 1)
            raise
        logger.exception("run %s failed", run.pk)
        _end(run, state=RunState.FAILED, failure=_why(error), provenance={"error": type(error).__name__})


def _why(error: Exception) -> str:
    """What is said of a run that failed, to whoever asked for it."""
    if isinstance(error, SoftTimeLimitExceeded):
        says = _("This run took longer than %(n)d seconds and was stopped. Ask for fewer repeats or fewer values.")
        return says % {"n": settings.CELERY_TASK_SOFT_TIME_LIMIT}
    if isinstance(error, MemoryError):
        return _("This run needed more memory than the worker has. Ask for fewer repeats or fewer values.")
    if isinstance(error, ValueError) and str(error):
        return _("This run cannot be computed. %(why)s.") % {"why": str(error)[:200].rstrip(".")}
    return _("Something went wrong inside this run. We have a record of it. Start it again, or change a setting.")


ERRANDS, SHORT_RUNS = "errands", "short runs"


class _Progress:
    """Tells how far a run is, at once at first and then a few times a second; the heartbeat goes along.

    In the same breath a long run gives way to errands and to short runs: to each for as long as it has had itself in
    all, and at most a quarter of the time that it may take.
    """

    def __init__(self, run: Run, inside: _Progress | None) -> None:
        self.run = run
        self.inside = inside
        self.told_at = 0.0
        self.began = time.monotonic()
        self.given_away = {ERRANDS: 0.0, SHORT_RUNS: 0.0}

    @property
    def own_seconds(self) -> float:
        return time.monotonic() - self.began - sum(self.given_away.values())

    def report(self, done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if self.told_at and now - self.told_at < BETWEEN_WRITES and done < total:
            return
        told = {"done": done, "total": total, "text": text[:200], "heartbeat_at": Now()}
        try:
            if not _claimed(self.run).filter(cancel_requested=False).update(**told):
                _stop_if_asked(self.run)
            if self.inside is not None:
                _claimed(self.inside.run).update(heartbeat_at=Now())
            elif self.run.expected_seconds > turns.SHORT:
                self._give_way()
        except (OperationalError, InterfaceError) as error:
            logger.warning("run %s goes on without a database (%s)", self.run.pk, error)
            connection.close()
        # It computes as long before it stands still again, however long that was.
        self.told_at = time.monotonic()

    def _give_way(self) -> None:
        """Carry out errands, and what is short and waits."""
        if self._may_give(ERRANDS):
            with self._standing_still(ERRANDS):
                errands.run_all()
        while self._may_give(SHORT_RUNS):
            short = claim(turns.next_short_run)
            if short is None:
                return
            with self._standing_still(SHORT_RUNS):
                execute(short, inside=self)

    def _may_give(self, to: str) -> bool:
        return self.given_away[to] < min(self.own_seconds + turns.SHORT, settings.CELERY_TASK_SOFT_TIME_LIMIT / 4)

    @contextmanager
    def _standing_still(self, to: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.given_away[to] += time.monotonic() - began


def _stop_if_asked(run: Run) -> None:
    """Nothing was written: it was taken back, or is another worker's. Somebody may want it again by now."""
    stopped = _claimed(run).filter(cancel_requested=True).update(state=RunState.CANCELLED, finished_at=Now())
    if stopped:
        announce(run)
    if stopped or not _claimed(run).exists():
        raise Lost


def _claimed(run: Run) -> QuerySet[Run]:
    return Run.objects.filter(pk=run.pk, attempt=run.attempt, state=RunState.RUNNING)


def _end(run: Run, **fields: Any) -> None:
    if _patiently(lambda: _claimed(run).update(finished_at=Now(), **fields)):
        announce(run)


def _patiently(write: Callable[[], int]) -> int:
    """Write to the database, and wait for it if it is away."""
    for wait in PATIENCE:
        try:
            return write()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(wait)
    return write()


def announce(run: Run) -> None:
    """Tell whoever stands above that a run has ended; what goes wrong there is logged, and is not the run's."""
    events.run_ended.send_robust(Run, run=Run.objects.get(pk=run.pk))


def _provenance(run: Run, seconds: float) -> dict[str, Any]:
    """How to come by the same numbers again: the data, the seed, and what computed them."""
    digits = import_module("experiments.maths.digits")
    return {
        "data": digits.data_hash(),
        "seed": run.seed,
        "code": f"{run.kind} {registry.find(run.kind).version}",
        "versions": {"python": platform.python_version(), **registry.versions()},
        "attempt": run.attempt,
        "seconds": seconds,
    }
