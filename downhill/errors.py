"""Errors that Django itself raises, as pages or problem documents in our words."""

from __future__ import annotations

import logging
import sys
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.utils.translation import gettext as _

from classroom import outages, web
from classroom.loopback import is_loopback
from classroom.refusals import TooLarge

logger = logging.getLogger(__name__)
MOST_OF_A_NAME = 80  # of a host name that somebody made up


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = _("There is nothing at this address. Check its spelling, or start from your home page.")
    return web.refuse(request, 404, _("Nothing here"), detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return web.refuse(request, 403, _("You can’t open this"), _("This page is for somebody else."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if reason == REASON_NO_CSRF_COOKIE:
        detail = _(
            "Downhill needs cookies, and your browser sent none. Allow them. Then go back, reload and send again."
        )
    else:
        detail = _("This page was open too long, or you logged in elsewhere. Go back, reload and send again.")
    return web.refuse(request, 403, _("Please send that again"), detail)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        return _wrong_host(request)
    if isinstance(exception, RequestDataTooBig):
        too_large = TooLarge(_("That is too much at once. Go back and send less. Choose a long roster as a file."))
        return web.refuse(request, too_large.status, str(too_large.title), str(too_large.detail))
    return web.refuse(request, 400, _("That did not work"), _("We could not understand that. Go back and try again."))


def server_error(request: HttpRequest) -> HttpResponse:
    error = sys.exc_info()[1]
    if isinstance(error, outages.AWAY):  # outside of a view, as where a session is kept
        outages.note(error)
        return web.unavailable(is_json=web.wants_json(request), can_retry=request.method in web.LOOKING)
    detail = _("Something broke on our side. What you sent before is saved. Go back and try again in a moment.")
    return web.refuse(request, 500, _("Our mistake"), detail)


def _wrong_host(request: HttpRequest) -> HttpResponse:
    """Say which name was asked for and what to do; a laptop says its own too, which stand in its terminal anyway."""
    asked = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
    name = asked.rpartition(":")[0] if asked.rpartition(":")[2].isdigit() else asked
    # The health check of a container asks by a loopback name, every few seconds.
    if not (is_loopback(name) and is_loopback(request.META.get("REMOTE_ADDR", ""))):
        _log_wrong_host(asked[:MOST_OF_A_NAME])
    shown = name[:MOST_OF_A_NAME]
    if settings.ROOM_URL:
        detail = _(
            "Downhill runs here, but not under the name “%(asked)s”. Open %(url)s instead. If the address of this "
            "computer has changed, stop Downhill and start it again."
        ) % {"asked": shown, "url": settings.ROOM_URL}
    elif all(is_loopback(host) for host in settings.ALLOWED_HOSTS):
        detail = _(
            "Downhill runs here, but not under the name “%(asked)s”. Only its own computer can open it, as "
            "127.0.0.1. For phones in the room, start it with: LAN=1 make run"
        ) % {"asked": shown}
    else:
        detail = _(
            "Downhill runs here, but not under the name “%(asked)s”. Open the address that you were given. If you run "
            "this server, add the name to ALLOWED_HOSTS."
        ) % {"asked": shown}
    return web.refuse(request, 400, _("Wrong address"), detail)


@lru_cache(maxsize=128)
def _log_wrong_host(asked: str) -> None:
    """Log a name once: who asks in a loop must not fill the log."""
    logger.warning("Refused the host name %r. Allowed: %s.", asked, ", ".join(settings.ALLOWED_HOSTS))
