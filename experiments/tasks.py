"""Tasks that a worker is asked to do."""

from __future__ import annotations

import os
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_ready

from experiments import liveness, reaper, registry, runner


@shared_task(name="experiments.execute_run")
def execute_run(run_id: str = "") -> None:
    """Carry out the run whose turn it is; `run_id` is for the log. Safe to deliver twice, or once too often."""
    runner.execute_next()


@shared_task(name="experiments.reap")
def reap() -> None:
    """Take up what was left behind, and show that there is a worker. Safe to deliver twice."""
    liveness.note_sign()
    reaper.reap()


@worker_init.connect
def _load_what_runs_need(**kwargs: Any) -> None:
    """Load scikit-learn, which takes seconds, before the pool is forked: its processes share it, and start at once."""
    # One run uses one core: there are as many processes as cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for kind in registry.kinds():
        kind.load_compute()


@worker_ready.connect
def _take_up_what_was_left(**kwargs: Any) -> None:
    reap.delay()
