"""The door for students with a log-in card."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import cards, limits


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, key: str) -> HttpResponse:
    """Log in by the code of a card. A look uses nothing up, since a phone may look before its owner does."""
    if request.method == "POST":
        limits.of_visitor("log_in", request).count()
        user = cards.use(key)
        if request.user.is_authenticated and request.user != user:
            logout(request)  # or a second step of theirs would be asked for in vain
        answer: HttpResponse = perform_login(request, user, redirect_url=reverse("home"))
        return answer
    return render(request, "downhill/card.html", {"owner": cards.owner(key)})
