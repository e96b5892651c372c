"""Access log: each request has an id, is counted, and may have a line. The database is asked for nothing."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from downhill import metrics
from downhill.log_context import now_at, path_of, view_of

HEADER = "X-Request-ID"
# What a proxy or a program may call its request; anything else gets an id of ours.
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger("downhill.access")


class AccessLogMiddleware:
    """Names each request, counts it, and writes a line about it where ACCESS_LOG is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if ID.fullmatch(given) else uuid.uuid4().hex
        token = now_at.set((request, name))
        try:
            response = self.get_response(request)
            response[HEADER] = name
            seconds = time.perf_counter() - began
            metrics.count(view_of(request), response.status_code, seconds)
            if logger.isEnabledFor(logging.INFO):
                _write(request, response.status_code, round(seconds * 1000, 1))
        finally:
            now_at.reset(token)
        return response


def _write(request: HttpRequest, status: int, ms: float) -> None:
    facts = {"method": request.method, "path": path_of(request), "status": status, "ms": ms}
    logger.info("%s %s %d %.1f ms", *facts.values(), extra=facts)
