"""Visitors: who is logged in, read in one query with their membership in the class that they visit."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.db.models import DateTimeField, Q, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from classroom.models import Cohort, CohortVersion, Membership, User
from classroom.prepared import Select, Slot

MOST_REMEMBERED = 10_000
SEEN_GRAIN = timedelta(hours=1)
# Whose each session was last. Only a guess of whom to read: the session itself is read, and says whose it is.
_guessed: dict[str, int] = {}
_WITH_SESSION: Select[Membership] = Select(
    lambda: (
        Membership.objects.select_related("cohort__version", "user")
        .filter(user_id=Slot("user"), cohort__slug=Slot("slug"))
        .annotate(
            session_data=Subquery(
                Session.objects.filter(
                    session_key=Slot("session"), expire_date__gt=Slot("now", DateTimeField())
                ).values("session_data")[:1]
            )
        )
    )
)


def find(request: HttpRequest, slug: str) -> Membership | None:
    """Give a visitor's membership if they are logged in beyond doubt and in the class.

    Where anything is not as it should be, it is Django's to say who they are, and nothing has been decided here.
    """
    key = request.session.session_key or ""
    guess = None if hasattr(request, "_cached_user") else _guessed.get(key)
    if guess is None:
        return None
    found = _WITH_SESSION.first(user=guess, slug=slug, session=key, now=timezone.now())
    if found is None or not found.session_data:  # type: ignore[attr-defined]  # annotated
        return None
    kept = request.session.decode(found.session_data)  # type: ignore[attr-defined]  # likewise
    if not _stands(kept, found.user):
        return None
    request.session._session_cache, request._cached_user = kept, found.user  # type: ignore[attr-defined]  # Django's own
    request.user = found.user  # no lazy one any more, of whom the log could not say who it is
    return found


def remember(request: HttpRequest, user: User) -> None:
    """Remember whose a session is, for the next time."""
    key = request.session.session_key
    if key is not None:
        if len(_guessed) >= MOST_REMEMBERED:
            _guessed.clear()
        _guessed[key] = user.pk


def note_instructor(cohort: Cohort) -> None:
    """Remember that an instructor has looked at a class, at most once an hour. Nobody is shown as being there by it.

    Parameters
    ----------
    cohort : with its version
    """
    version, now = cohort.version, timezone.now()
    if version.seen_at is None or now - version.seen_at >= SEEN_GRAIN:
        stale = Q(seen_at=None) | Q(seen_at__lte=now - SEEN_GRAIN)
        CohortVersion.objects.filter(stale, pk=version.pk).update(seen_at=now)


def _stands(session: dict[str, str], user: User) -> bool:
    """Tell whether a session lets in this person, as `django.contrib.auth.get_user` finds out."""
    return (
        session.get(auth.SESSION_KEY) == str(user.pk)
        and session.get(auth.BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(auth.HASH_SESSION_KEY, ""), user.get_session_auth_hash())
        and user.is_active
    )
