"""The way of a request into Django: it is read whole before it takes a thread, and takes one of its own lane.

Granian calls `application` on its event loop, the only place where a request waits for somebody's network: bounded in
size and time, and at the cost of no thread. A thread works on what is there, and gives its answer back whole.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from granian.rsgi import HTTPProtocol, ProtocolClosed, ProtocolError, Scope  # type: ignore[attr-defined]  # they are

from downhill.wsgi import application as django_application  # first: it sets Django up

# isort: split
from classroom import web
from downhill.doors import is_door

Answer = tuple[int, list[tuple[str, str]], bytes]

BODY_LIMIT = 1024 * 1024  # bytes; Django itself refuses less than that, in words
BODY_SECONDS = 30.0  # a text of 60 kB at 2 kB/s
LONGEST_WAIT = 10.0  # seconds for a thread; whoever asked has given up by then, or asks again
LONGEST_WAIT_AT_THE_DOOR = 30.0  # they have nothing else to do yet
MOST_WAITING = 500  # requests for the threads of one lane
PROBE_SECONDS = 5.0  # more than reaching for a server and asking for a worker take

logger = logging.getLogger(__name__)


class Lane:
    """Threads for one sort of request, and the queue before them."""

    def __init__(self, name: str, threads: int, longest_wait: float = LONGEST_WAIT) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._longest_wait = longest_wait
        self._waiting = 0

    async def answer(self, environ: dict[str, Any]) -> Answer | None:
        """Let a thread answer; None if it would take too long until one is free."""
        if self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        try:
            too_late = time.monotonic() + self._longest_wait
            return await asyncio.get_running_loop().run_in_executor(self._pool, _answer, environ, too_late)
        finally:
            self._waiting -= 1


class Application:
    """Downhill as Granian's RSGI knows an application."""

    def __init__(self) -> None:
        # What the first request would load, and what is left to say when nothing can be made any more.
        import_module(settings.ROOT_URLCONF)
        _busy(is_json=False, can_retry=True)
        self._rooms = Lane("room", settings.WEB_THREADS)
        # A herd at the door works out its passwords one by one, and takes no thread from those who are in.
        self._doors = Lane("door", 1, LONGEST_WAIT_AT_THE_DOOR)
        self._probes = Lane("probe", 1)

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        try:
            status, headers, body = await self._answer(scope, proto)
        except (ProtocolClosed, ProtocolError):
            return  # nobody is there any more
        proto.response_bytes(status, headers, body)

    async def _answer(self, scope: Scope, proto: HTTPProtocol) -> Answer:
        if scope.path == "/healthz":
            return _healthz(scope.method)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body, length = await _read(scope, proto)
        except TimeoutError:
            return _closing((408, [], b""))
        environ = _environ(scope, body, length)
        if scope.path == "/readyz":
            return await self._readyz(environ)
        lane = self._doors if is_door(scope.method, scope.path) else self._rooms
        answer = await lane.answer(environ) or _busy(
            is_json=scope.path.startswith("/api/"), can_retry=scope.method in web.LOOKING
        )
        return _closing(answer) if length > len(body) else answer

    async def _readyz(self, environ: dict[str, Any]) -> Answer:
        """Ask whether it can work, and take no answer for a no."""
        try:
            answer = await asyncio.wait_for(self._probes.answer(environ), PROBE_SECONDS)
        except TimeoutError:
            answer = None
        gone = json.dumps({"database": "gone"}).encode()
        return answer or (503, [("content-type", "application/json")], gone)


def _healthz(method: str) -> Answer:
    """The process lives, and is not about to stop."""
    if method not in ("GET", "HEAD"):
        return _closing((405, [("allow", "GET, HEAD")], b""))
    headers = [("content-type", "text/plain"), ("cache-control", "no-store")]
    return (503, headers, b"stopping") if os.path.exists(os.environ.get("WEB_STOPPING", "")) else (200, headers, b"ok")


async def _read(scope: Scope, proto: HTTPProtocol) -> tuple[bytes, int]:
    """Give a request's body and its length; of one that is too long only a length, and what is left is not read."""
    headers = scope.headers
    declared = headers.get("content-length", "")
    length = int(declared) if declared.isdecimal() else 0
    if length > BODY_LIMIT:
        return b"", length
    if not length and "transfer-encoding" not in headers:
        return b"", 0
    parts, so_far = [], 0
    async for part in proto:
        parts.append(part)
        so_far += len(part)
        if so_far > BODY_LIMIT:
            return b"", so_far
    return b"".join(parts), so_far


def _closing(answer: Answer) -> Answer:
    """Say that the connection ends with this answer: what is left of the request on it would be taken for the next."""
    status, headers, body = answer
    return status, [*headers, ("connection", "close")], body


def _environ(scope: Scope, body: bytes, length: int) -> dict[str, Any]:
    """Describe a request in WSGI's words (PEP 3333)."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": scope.server.rpartition(":")[0],
        "SERVER_PORT": scope.server.rpartition(":")[2],
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pass for the one with a hyphen, which a proxy may have set
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    environ["CONTENT_LENGTH"] = str(length)
    return environ


def _answer(environ: dict[str, Any], too_late: float) -> Answer | None:
    """Answer in a thread; None for whoever has waited for it too long."""
    if time.monotonic() > too_late:
        return None
    started: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], object]:
        started[:] = int(status[:3]), headers
        return lambda _: None

    try:
        parts = django_application(environ, start)
        try:
            body = b"".join(parts)
        finally:
            parts.close()
    except Exception:  # what streams can still break; whoever asked gets an answer
        logger.exception("%s %s broke.", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        return 500, [], b""
    status, headers = started
    return status, headers, body


@cache
def _busy(*, is_json: bool, can_retry: bool) -> Answer:
    """What everybody gets for whom there is no thread: made once, since nothing is left to make it with then."""
    answer = web.unavailable(is_json=is_json, can_retry=can_retry)
    return answer.status_code, list(answer.items()), answer.content


application = Application()
