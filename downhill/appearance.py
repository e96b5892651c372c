"""How pages look on a device: one cookie, read by the template, so that the first paint is right already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

COOKIE = "look"
LASTS = 400 * 24 * 3600  # no browser keeps a cookie longer
# What can be chosen, the default first. No word stands in two rows, so the cookie is the chosen words alone.
CHOICES = {
    "theme": (_("Appearance"), {"device": _("Device setting"), "paper": _("Paper"), "blackboard": _("Blackboard")}),
    "letters": (_("Font"), {"serif": _("Serif"), "sans": _("Sans")}),
    "spacing": (_("Spacing"), {"usual": _("Normal"), "wide": _("Wide")}),
}


def chosen(words: Iterable[str]) -> dict[str, str]:
    """Give the choice that these words make: of each row the word that is among them, or its default."""
    given = set(words)
    return {
        name: next((word for word in of if word in given), next(iter(of))) for name, (_label, of) in CHOICES.items()
    }


def look(request: HttpRequest) -> dict[str, Any]:
    """Give every template the look of this device, and what could be chosen instead."""
    return {"look": chosen(request.COOKIES.get(COOKIE, "").split(".")), "looks": CHOICES}


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the look on this device and go back to the page that was open."""
    words = chosen(request.POST.get(name, "") for name in CHOICES).values()
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if is_ours and back.startswith("/") else reverse("home"))
    # A script reads it: a page that the back button brings up again was made before the choice.
    answer.set_cookie(COOKIE, ".".join(words), LASTS, samesite="Lax", secure=request.is_secure(), httponly=False)
    return answer
