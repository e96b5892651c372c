"""Caching of answers: what is somebody's own is kept nowhere, unless its view says otherwise."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from classroom.web import wants_json


class PrivateByDefault:
    """Marks all that the API answers, and every answer to a browser that has a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if wants_json(request):
            # A token is as good as a session there, and a cache that knew one of them would mix people up.
            patch_vary_headers(answer, ("Authorization", "Cookie"))
        # By the cookie, and not by whom it belongs to: that would cost a query, and err on the wrong side.
        elif settings.SESSION_COOKIE_NAME not in {*request.COOKIES, *answer.cookies}:
            return answer
        answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer
