"""Log-in cards: for each student a new password that is shown once, and a code that lets them in once without it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.models import CODE_LETTERS, LoginCard, Token, User
from classroom.refusals import NotFound


@dataclass(frozen=True)
class Card:
    """What is printed for one person."""

    user: User
    password: str
    key: str


def new_password() -> str:
    """Make a password that can be read aloud: three groups of four letters and digits."""
    letters = [secrets.choice(CODE_LETTERS.lower()) for __ in range(12)]
    return "-".join("".join(letters[i : i + 4]) for i in (0, 4, 8))


def make(users: Iterable[User]) -> list[Card]:
    """Give each of some people a new password and a code; what they had before ends, log-ins and tokens too. Whoever
    was given another password meanwhile keeps that: it may be on a card that somebody else prints at this moment.

    Passwords are hashed first, outside of the transaction.
    """
    made = [Card(user, new_password(), secrets.token_urlsafe(16)) for user in users]
    before = {card.user.pk: card.user.password for card in made}
    for card in made:
        card.user.set_password(card.password)
    expires_at = timezone.now() + timedelta(days=settings.CARD_DAYS)
    with transaction.atomic():
        now = User.objects.select_for_update().filter(pk__in=before).order_by("pk").values_list("pk", "password")
        unchanged = {pk for pk, password in now if password == before[pk]}
        made = [card for card in made if card.user.pk in unchanged]
        people = [card.user for card in made]
        User.objects.bulk_update(people, ["password"], batch_size=500)
        _forget_all(people)
        LoginCard.objects.bulk_create(
            [LoginCard(user=card.user, digest=_digest(card.key), expires_at=expires_at) for card in made]
        )
    return made


def owner(key: str) -> User:
    """Find whose card a code stands on.

    Raises
    ------
    NotFound
        If it was used or has expired, its owner has a new password, or there is none: the four look alike.
    """
    return _found(key).user


def use(key: str) -> User:
    """Use up the code of a card, and give its owner. Of two presses one gets in.

    Raises
    ------
    NotFound
        As `owner` does.
    """
    card = _found(key)
    if not LoginCard.objects.filter(pk=card.pk, digest=card.digest).delete()[0]:
        raise _says_gone()
    return card.user


def forget(user: User) -> None:
    """End the card of somebody who has a new password."""
    LoginCard.objects.filter(user=user).delete()


def _forget_all(people: Sequence[User]) -> None:
    for model in (Token, LoginCard):
        model.objects.filter(user__in=people).delete()


def _found(key: str) -> LoginCard:
    alive = LoginCard.objects.filter(expires_at__gt=timezone.now(), user__is_active=True).select_related("user")
    card = alive.filter(digest=_digest(key)).first()
    if card is None:
        raise _says_gone()
    return card


def _says_gone() -> NotFound:
    return NotFound(
        _("The code on this card has been used or has expired. Log in with the username and password on it.")
    )


def _digest(key: str) -> str:
    # A key is random: nobody can try them out.
    return hashlib.sha256(key.encode()).hexdigest()
