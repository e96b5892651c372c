"""Who may see what. Views and API ask here and nowhere else.

Three answers, the same for pages and JSON: not logged in (to the log-in, or 401); a class that is not
yours or does not exist (404, so that nobody can find out which classes there are); a page of your own
class that is for its instructors (403).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from classroom import second_factor, visitors
from classroom.models import Membership, User
from classroom.prepared import Select, Slot
from classroom.refusals import Forbidden, NotFound, Refusal, Unauthenticated

SLUG = re.compile(r"[-\w]+", re.ASCII)
View = Callable[..., HttpResponse]
_IN_COHORT: Select[Membership] = Select(
    lambda: Membership.objects.select_related("cohort__version", "user").filter(
        user_id=Slot("user"), cohort__slug=Slot("slug")
    )
)
_PRESENT: Select[Membership] = Select(
    lambda: Membership.objects.present().select_related("cohort", "user").filter(user_id=Slot("user"))[:2]
)


def membership_in(user: User | AnonymousUser, cohort_slug: str) -> Membership:
    """Give this person's membership in one cohort.

    Raises
    ------
    NotFound
        If the cohort does not exist or the person is not in it; the two look alike. Who was removed is told so.
    """
    # No cohort has a slug that is none, and PostgreSQL would not even look for some of them.
    found = _IN_COHORT.first(user=user.pk or 0, slug=cohort_slug) if SLUG.fullmatch(cohort_slug) else None
    if found is None:
        raise NotFound(_("You have no such class. Check the address, or start from your home page."))
    refuse_if_removed(found)
    return found


def refuse_if_removed(membership: Membership) -> None:
    """Let nobody into a class who was removed from it, and say where the work of a double went."""
    if membership.is_present:
        return
    if membership.merged_into is None:
        raise NotFound(_("You are no longer in this class. Your work is kept. Ask your instructor."))
    says = _("Your work in this class is now in your other account, %(username)s. Log out and log in with that one.")
    raise NotFound(says % {"username": membership.merged_into.user.get_username()})


def only_membership(user: User | AnonymousUser, cohort_slug: str | None) -> Membership:
    """Give the membership that a call means: the cohort named, or the only one there is."""
    if cohort_slug:
        return membership_in(user, cohort_slug)
    found = _PRESENT(user=user.pk or 0)
    if not found:
        left = Membership.objects.filter(user_id=user.pk or 0).select_related("merged_into__user").last()
        if left is not None:
            refuse_if_removed(left)
        raise NotFound(_("You are not in a class yet. Join one with its code first."))
    if len(found) > 1:
        raise Refusal(_("You are in several classes. Name one, as in ?cohort=demo."))
    return found[0]


def require_instructor(membership: Membership) -> None:
    """Refuse anyone who does not teach this cohort, and remember that somebody who does was here."""
    if not membership.is_instructor:
        raise Forbidden(_("This page is for the instructors of your class."))
    visitors.note_instructor(membership.cohort)


def require_post(view: View) -> View:
    """Django's `require_POST`, by which an address is known to be no page."""
    guarded: View = require_POST(view)
    guarded.is_no_page = True  # type: ignore[attr-defined]
    return guarded


def _after_log_in(request: HttpRequest) -> str:
    """Where a log-in leads: the page asked for, the one from which something was sent, or home."""
    here = request.get_full_path()
    if request.method in ("GET", "HEAD"):
        return here
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        there = urlsplit(came_from)
        here = urlunsplit(("", "", there.path, there.query, ""))
    return here if _is_page(here) else reverse("home")


def _is_page(address: str) -> bool:
    try:
        found = resolve(urlsplit(address).path)
    except Resolver404:
        return False
    return not getattr(found.func, "is_no_page", False)


def to_second_step(request: HttpRequest, onward: str = "") -> HttpResponse:
    """Lead an instructor or admin who came without the second step that is asked for to it, and then back or onward."""
    if request.headers.get("HX-Request"):
        raise Forbidden(_("Confirm your second step in another tab, then continue here. What you typed stays."))
    return redirect(f"{reverse('mfa_index')}?{urlencode({'next': onward or _after_log_in(request)})}")


def member_required(view: View) -> View:
    """Give the view the visitor's membership in place of the cohort's slug, in the cohort's time zone."""

    @wraps(view)
    def guarded(request: HttpRequest, cohort: str, *args: Any, **kwargs: Any) -> HttpResponse:
        membership = visitors.find(request, cohort) if SLUG.fullmatch(cohort) else None
        if membership is not None:
            refuse_if_removed(membership)
        elif not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                # A page in use is not swapped for a log-in form: what was typed would be gone.
                raise Unauthenticated(
                    _("You are logged out. Log in again in another tab, then continue here. What you typed stays.")
                )
            return redirect_to_login(_after_log_in(request))
        else:
            membership = membership_in(request.user, cohort)
            visitors.remember(request, membership.user)
        if membership.is_instructor and second_factor.is_lacking(request):
            return to_second_step(request)
        with timezone.override(membership.cohort.zone):
            return view(request, membership, *args, **kwargs)

    return guarded


def instructor_required(view: View) -> View:
    """As `member_required`, for instructors of that cohort alone."""

    @member_required
    @wraps(view)
    def guarded(request: HttpRequest, membership: Membership, *args: Any, **kwargs: Any) -> HttpResponse:
        require_instructor(membership)
        return view(request, membership, *args, **kwargs)

    return guarded
