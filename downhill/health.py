"""Health: is the process alive, and can it work?"""

from __future__ import annotations

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from classroom import outages
from downhill.celery import app as celery_app


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only when the database is gone or cannot store; without broker or worker the class goes on."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": "gone"}, status=503)
    if outages.is_full():
        return JsonResponse({"database": "full"}, status=503)
    return JsonResponse({"database": "ok", **(cache.get_or_set("worker-health", _worker_health, timeout=5) or {})})


def _worker_health() -> dict[str, str]:
    try:
        answers = celery_app.control.ping(timeout=1, limit=1)
    except Exception:  # noqa: BLE001 - each transport has errors of its own, and none may break this page
        return {"broker": "degraded", "worker": "degraded"}
    return {"broker": "ok", "worker": "ok" if answers else "degraded"}
