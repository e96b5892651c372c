"""Where somebody is logged in. For each log-in a row says whose and on what kind of device, not from which address."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from allauth.account import signals as of_allauth
from allauth.usersessions import signals as of_sessions
from allauth.usersessions.models import UserSession
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.models import User

# allauth's table wants an address. This one is nobody's.
NO_ADDRESS = "::"
# By what a browser says of itself, the first that fits: most say that they are others as well.
BROWSERS = (
    ("Edge", r"Edg(A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"(Firefox|FxiOS)/"),
    ("Chrome", r"(Chrome|Chromium|CriOS)/"),
    ("Safari", r"Safari/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Chromebook", r"CrOS"),
    ("Mac", r"Macintosh"),
    ("Linux", r"Linux"),
)


def device_in_words(user_agent: str) -> str:
    """Say what kind of browser and computer sent a request, such as “Firefox, Windows”."""
    found = (next((name for name, sign in kinds if re.search(sign, user_agent)), "") for kinds in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))


def of(user: User) -> list[UserSession]:
    """The log-ins of a person that still hold, the newest first; those that ended are forgotten."""
    held: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(held, key=lambda each: (each.created_at, each.pk), reverse=True)


def by_person(people: Collection[int], rows: QuerySet[Session]) -> dict[int, list[str]]:
    """Whose each session is, by its key: that is written in it and nowhere else, so all of these rows are read."""
    wanted = {str(pk): pk for pk in people}
    found: dict[int, list[str]] = {pk: [] for pk in people}
    read = SessionStore().decode
    for key, data in rows.values_list("session_key", "session_data").iterator(2000):
        if (whose := wanted.get(str(read(data).get(auth.SESSION_KEY)))) is not None:
            found[whose].append(key)
    return found


def end_all(user: User, *, but: str | None = None) -> None:
    """Log somebody out everywhere, except in one session. Those that are older than the list are not on it."""
    listed = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    unlisted = Session.objects.filter(expire_date__gt=timezone.now()).exclude(
        session_key__in=UserSession.objects.values("session_key")
    )
    theirs = {*listed, *by_person([user.pk], unlisted)[user.pk]} - {but}
    Session.objects.filter(session_key__in=theirs).delete()
    UserSession.objects.filter(session_key__in=theirs).delete()


def rows_without() -> QuerySet[UserSession]:
    """The rows of the list whose session is no more."""
    found: QuerySet[UserSession] = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return found


def listen() -> None:
    """Keep the list. allauth's own receivers would keep the address, and look through all other sessions of a person
    at each log-in.
    """
    of_allauth.user_logged_in.disconnect(of_sessions.on_user_logged_in)
    of_allauth.user_logged_in.connect(_note, dispatch_uid="classroom.sessions")
    for changed in (of_allauth.password_set, of_allauth.password_changed):
        changed.disconnect(of_sessions.on_password_changed)
        changed.connect(_note, dispatch_uid="classroom.sessions")


def note_here(request: HttpRequest, user: User) -> None:
    """Put a log-in on the list that is on none, being older than it."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        _note(request, user)


def _note(request: HttpRequest, user: User, **more: Any) -> None:
    if not request.session.session_key:
        request.session.save()  # who logs in where somebody else was has a new one
    described = device_in_words(request.headers.get("User-Agent", "")) or _("An unknown browser")
    row = UserSession(session_key=request.session.session_key, user=user, ip=NO_ADDRESS, user_agent=described)
    UserSession.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["session_key"], update_fields=["user", "user_agent"]
    )
