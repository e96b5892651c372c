"""Tokens: what notebooks log in with. A person sees theirs and forgets them; of a key only its digest is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import DateTimeField, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.models import Token, User
from classroom.prepared import Select, Slot
from classroom.refusals import NotFound, Refusal

MOST = 10  # of one person
USE_GRAIN = timedelta(hours=1)
_WITH_KEY: Select[Token] = Select(
    lambda: Token.objects.select_related("user").filter(
        digest=Slot("digest"), last_used_at__gt=Slot("since", DateTimeField()), user__is_active=True
    )
)


def make(user: User, name: str = "", *, is_strong: bool = False) -> str:
    """Make a token for somebody whose password was right, and give its key, which is said once and never again.

    Of more than ten the one that was not used for longest goes.

    Parameters
    ----------
    is_strong : they had passed a second step as well

    Raises
    ------
    Refusal
        If they were given another password a moment ago.
    """
    key = secrets.token_hex(20)
    with transaction.atomic():
        # Whoever stores a new password takes the same row, and ends the tokens after it.
        if not User.objects.select_for_update().filter(pk=user.pk, password=user.password).exists():
            raise says_wrong()
        Token.objects.create(user=user, name=name, digest=_digest(key), is_strong=is_strong)
        kept = list(of(user).values_list("pk", flat=True)[:MOST])
        Token.objects.filter(user=user).exclude(pk__in=kept).delete()
    return key


def says_wrong() -> Refusal:
    return Refusal(_("This username and password do not match."))


def of(user: User | AnonymousUser) -> QuerySet[Token]:
    """The tokens of a person that still work, the one used last first."""
    return _alive().filter(user_id=user.pk or 0).order_by("-last_used_at", "-pk")


def with_key(key: str) -> Token | None:
    """Find the token of a key, with its person, in one query."""
    return _WITH_KEY.first(digest=_digest(key), since=_oldest())


def note_use(token: Token) -> None:
    """Remember that a token is in use, at most once an hour."""
    now = timezone.now()
    if now - token.last_used_at > USE_GRAIN:
        Token.objects.filter(pk=token.pk, last_used_at__lt=now).update(last_used_at=now)


def forget(user: User | AnonymousUser, pk: int) -> None:
    """End one token of somebody.

    Raises
    ------
    NotFound
        If they have no such token.
    """
    if not Token.objects.filter(user_id=user.pk or 0, pk=pk).delete()[0]:
        raise NotFound(_("You have no such token."))


def forget_all(user: User | AnonymousUser) -> None:
    Token.objects.filter(user_id=user.pk or 0).delete()


def forget_weak(user: User | AnonymousUser) -> None:
    """End the tokens that were made without a second step."""
    Token.objects.filter(user_id=user.pk or 0, is_strong=False).delete()


def _alive() -> QuerySet[Token]:
    return Token.objects.filter(last_used_at__gt=_oldest())


def _oldest() -> datetime:
    """When a token that still works was used at the earliest."""
    return timezone.now() - timedelta(days=settings.TOKEN_DAYS)


def _digest(key: str) -> str:
    # A key is random: nobody can try them out, and each request asks for one.
    return hashlib.sha256(key.encode()).hexdigest()
