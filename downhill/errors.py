"""Errors that Django itself raises, as pages or problem documents in our words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.utils.translation import gettext as _

from classroom import web


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
    return web.refuse(request, 400, _("That did not work"), _("We could not understand that. Go back and try again."))


def server_error(request: HttpRequest) -> HttpResponse:
    detail = _("Something broke on our side. What you sent before is saved. Go back and try again in a moment.")
    return web.refuse(request, 500, _("Our mistake"), detail)
