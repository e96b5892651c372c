"""Between Django and the pages: refusals become responses, once for HTML and once for JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from classroom import outages
from classroom.refusals import Forbidden, NotFound, Refusal, TooLarge, Unavailable

PROBLEM = "application/problem+json"
LOOKING = ("GET", "HEAD")  # methods that change nothing


def problem(status: int, title: str, detail: str, errors: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of an RFC 9457 answer."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return body | ({"errors": dict(errors)} if errors else {})


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v1/")


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether a page asks for a piece of itself."""
    return bool(request.htmx)  # type: ignore[attr-defined]  # django-htmx's middleware puts it there


def refuse(
    request: HttpRequest, status: int, title: str, detail: str, errors: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Answer with a refusal in the form in which the request was made."""
    if wants_json(request):
        return JsonResponse(problem(status, title, detail, errors), status=status, content_type=PROBLEM)
    context = {"status": status, "title": title, "detail": detail, "errors": errors or {}}
    return render(request, "refused.html", context, status=status)


def unavailable(*, is_json: bool, can_retry: bool) -> HttpResponse:
    """Answer for a service that is away: made without any. `can_retry` offers the same page once more."""
    refusal = Unavailable()
    said = problem(refusal.status, str(refusal.title), str(refusal.detail))
    answer = HttpResponse(
        json.dumps(said) if is_json else render_to_string("refused.html", said | {"can_retry": can_retry}),
        status=refusal.status,
        content_type=PROBLEM if is_json else None,
    )
    answer["Retry-After"] = str(refusal.retry_after)
    answer["Cache-Control"] = "no-store"
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django's mark: once is enough for an outage
    return answer


class RefusalMiddleware:
    """Turns a `Refusal` that a page raised into its response, and a database that is away into one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refusal):
            answer = refuse(request, exception.status, str(exception.title), str(exception.detail), exception.errors)
            for name, value in _when_again(exception).items():
                answer[name] = value
            return answer
        if isinstance(exception, outages.AWAY):
            outages.note(exception)
            return unavailable(is_json=wants_json(request), can_retry=request.method in LOOKING)
        return None


def _when_again(refusal: Refusal) -> dict[str, str]:
    return {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, whatever it says of itself: Python knows codecs that are none of text."""

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Middleware:
    """Refuses what says that it is in another encoding."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = (request.content_params or {}).get("charset") or "utf-8"
        if named.lower().replace("_", "-") in ("utf-8", "utf8"):
            return self.get_response(request)
        detail = _("Please send it as UTF-8. This says it uses another encoding.")
        return refuse(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("Wrong encoding"), detail)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any = None) -> HttpResponse:
    """Answer somebody who typed a wrong password too often."""
    detail = _("Ten wrong passwords in a row. Wait five minutes, then try again. Your work is saved.")
    answer = refuse(request, HTTPStatus.TOO_MANY_REQUESTS, _("Too many tries"), detail)
    answer["Retry-After"] = "300"
    return answer


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Django REST framework's exception handler: every error of the API is a problem document."""
    if isinstance(error, Http404):
        error = NotFound(_("There is nothing at this address."))
    elif isinstance(error, PermissionDenied):
        error = Forbidden(_("You can’t do this."))
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge(_("That is too much for one answer. Send less at once."))
    headers = {}
    if isinstance(error, Refusal):
        headers = _when_again(error)
        body = problem(error.status, str(error.title), str(error.detail), error.errors)
    elif isinstance(error, exceptions.ValidationError):
        body = problem(400, _("Some fields need another look"), _("See `errors`."), _by_field(error.detail))
    elif isinstance(error, exceptions.APIException):
        body = problem(error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail))
    else:
        return None
    set_rollback()
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response(body, status=body["status"], headers=headers, content_type=PROBLEM)


def _by_field(detail: Any) -> Mapping[str, Any]:
    return detail if isinstance(detail, dict) else {"non_field_errors": detail}
