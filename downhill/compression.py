"""Compression of pages: what is long, and shows no secret beside what somebody else could have put into it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# Shorter, it is one packet anyhow.
SHORTEST = 1000
# Their pages show a new password, an invitation, a phone's own address, or keys: the length of an answer that is not
# compressed tells nothing of what is in it.
SECRET = frozenset(
    {"invited", "dashboard:settings", "dashboard:invite", "dashboard:password", "dashboard:ready", "dashboard:phone"}
)


class Compression(GZipMiddleware):
    """Django's compression, which pads each answer at random, for pages and JSON that are worth it."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        found = request.resolver_match
        is_secret = found is not None and (found.view_name in SECRET or "admin" in found.app_names)
        # What is streamed, as the export, comes in many short pieces.
        if is_secret or not isinstance(response, HttpResponse) or len(response.content) < SHORTEST:
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed
