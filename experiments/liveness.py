"""Liveness of the workers: when one of them last gave a sign, and since when there has been none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from experiments.models import Run, RunState, WorkerSign

# Workers look for what was left behind every few seconds, and tell their runs' progress in between.
SILENT_AFTER = timedelta(minutes=1)
THE_ONE = 1  # row: any worker's sign is everybody's


LAST_SIGN = Subquery(WorkerSign.objects.filter(pk=THE_ONE).values("seen_at"))
# Where every process is at a long run, nobody looks for what was left behind.
LAST_BEAT = Subquery(
    Run.objects.filter(state=RunState.RUNNING)
    .order_by(F("heartbeat_at").desc(nulls_last=True))
    .values("heartbeat_at")[:1]
)


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
    sign = WorkerSign.objects.filter(pk=THE_ONE).values_list("seen_at", flat=True).first()
    if silence_since(sign) is None:
        return None
    return silence_since(sign, Run.objects.filter(state=RunState.RUNNING).aggregate(at=Max("heartbeat_at"))["at"])


def silence_since(*signs: datetime | None) -> Silence | None:
    """Tell whether they have been, by the last of each kind of sign."""
    since = max(filter(None, signs), default=None)
    return None if since is not None and timezone.now() - since < SILENT_AFTER else Silence(since)
