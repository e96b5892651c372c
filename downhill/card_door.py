"""The door for students with a log-in card."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import cards, devices, limits
from downhill.front_door import ALLAUTH_BACKEND


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, key: str) -> HttpResponse:
    """Log in by the code of a card. A look uses nothing up, since a phone may look before its owner does."""
    if request.method == "POST":
        limits.of_visitor("log_in", request).count()
        user = cards.use(key)
        login(request, user, backend=ALLAUTH_BACKEND)
        return devices.remember(redirect("home"), request, user.get_username())
    return render(request, "downhill/card.html", {"owner": cards.owner(key)})
