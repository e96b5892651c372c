"""Liveness of the workers: when one of them last gave a sign, and since when there has been none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from experiments.models import Run, RunState, WorkerSign

# Workers look for what was left behind every few seconds, and tell their runs' progress in between.
SILENT_AFTER = timedelta(minutes=1)
THE_ONE = 1  # row: any worker's sign is everybody's


@dataclass(frozen=True)
class Silence:
    """No worker has given a sign of life for more than a minute. `since` is None if there has never been one."""

    since: datetime | None


def note_sign() -> None:
    """Remember, on a worker, that there is one."""
    if not WorkerSign.objects.filter(pk=THE_ONE).update(seen_at=Now()):
        WorkerSign.objects.get_or_create(pk=THE_ONE)


def silence() -> Silence | None:
    """Tell whether workers have been silent for too long. One query while they are not, else two."""
    enough = timezone.now() - SILENT_AFTER
    last = WorkerSign.objects.filter(pk=THE_ONE).values_list("seen_at", flat=True).first()
    if last is not None and last > enough:
        return None
    # Where every process is at a long run, nobody looks for what was left behind.
    beat = Run.objects.filter(state=RunState.RUNNING).aggregate(at=Max("heartbeat_at"))["at"]
    since = max(filter(None, (last, beat)), default=None)
    return None if since is not None and since > enough else Silence(since)
