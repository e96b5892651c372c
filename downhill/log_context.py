"""Context of a log record: which request it is written for, whose, and where. Nobody's name, no secret, no query."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from urllib.parse import quote

from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

# Parts of an address that open something to whoever reads them.
SECRET = ("code", "key")

# The request that a thread is at, and its id.
now_at: ContextVar[tuple[HttpRequest, str] | None] = ContextVar("request", default=None)


def view_of(request: HttpRequest) -> str:
    """Name of the view that answers; nothing where there is none, as for a static file."""
    match = request.resolver_match
    return match.view_name or "" if match else ""


def path_of(request: HttpRequest) -> str:
    """Path without its query and its secrets; of what leads nowhere only the beginning, since it may be mistyped."""
    match = request.resolver_match
    if match is None:
        return quote("/".join([*request.path[:80].split("/")[:2], "*"]), safe="/*")
    path = request.path
    for name in SECRET:
        if value := match.kwargs.get(name):
            path = path.replace(str(value), "*")
    return quote(path, safe="/*")


def user_of(request: HttpRequest) -> int | None:
    """Number of whoever asks, if somebody has looked who that is; never their name."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:
        return None
    return getattr(user, "pk", None)


class OfRequest(logging.Filter):
    """Adds to a record which request it is written for."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = ""
        if (now := now_at.get()) is not None:
            request, name = now
            view, user = view_of(request), user_of(request)
            record.__dict__.update(
                request_id=name, view=view, user=user, about=f" [{name} {view or '-'} user {user or '-'}]"
            )
            if record.args and isinstance(record.args, tuple):
                # Django names the whole path of a request that it could not answer.
                record.args = tuple(path_of(request) if arg == request.path else arg for arg in record.args)
        return True
