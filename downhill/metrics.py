"""Metrics for Prometheus: requests as they are answered, and what the database knows when somebody looks.

Where PROMETHEUS_MULTIPROC_DIR names a folder, the processes of a web server write their counts there, and any of them
answers with the sum. It has to be a new folder for each start, since counts in it are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from classroom.loopback import is_loopback
from experiments.models import Run, RunState, WorkerSign

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
# Set by what stands between: then the address is not the asker's.
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")

own = CollectorRegistry()
_seconds = Histogram(
    "downhill_request_seconds", "Requests and how long they took.", ["view", "status"], buckets=BUCKETS, registry=own
)


def count(view: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    _seconds.labels(view or "-", str(status)).observe(seconds)


@require_safe
@never_cache
@vary_on_headers("Authorization")
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures, for this computer itself, or for whoever has METRICS_TOKEN."""
    if not _may_look(request):
        raise Http404
    registry = own
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    database = CollectorRegistry(auto_describe=False)
    database.register(Database())
    return HttpResponse(generate_latest(registry) + generate_latest(database), content_type=CONTENT_TYPE_LATEST)


def _may_look(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not any(name in request.META for name in FORWARDED)


class Database(Collector):
    """What the database knows: runs, the workers, its own connections; where it is away, only that."""

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            figures = [*_runs(), *_connections()]
        except DatabaseError:
            figures = []
        yield GaugeMetricFamily("downhill_database_up", "Whether the database answers.", value=bool(figures))
        yield from figures


def _runs() -> Iterator[Metric]:
    runs = GaugeMetricFamily("downhill_runs", "Runs by their kind and state.", labels=["kind", "state"])
    for kind, state, n in Run.objects.values_list("kind", "state").annotate(n=Count("pk")).order_by():
        runs.add_metric([kind, state], n)
    yield runs
    now = timezone.now()
    oldest = Run.objects.filter(state=RunState.QUEUED).aggregate(at=Min("queued_at"))["at"]
    waited = (now - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily("downhill_oldest_queued_run_seconds", "How long it has waited; 0: none.", value=waited)
    if (seen := WorkerSign.objects.values_list("seen_at", flat=True).first()) is not None:
        says = "Since any worker gave a sign of life."
        yield GaugeMetricFamily("downhill_worker_silent_seconds", says, value=(now - seen).total_seconds())


def _connections() -> Iterator[Metric]:
    if connection.vendor != "postgresql":
        return
    found = GaugeMetricFamily("downhill_database_connections", "To this database, by state.", labels=["state"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY state")
        for state, n in cursor.fetchall():
            found.add_metric([state or "-"], n)
    yield found
