"""Passwords: how they are hashed, and what a new one ends."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.translation import gettext as _

from classroom import cards, tokens
from classroom.models import User


class Argon2id(Argon2PasswordHasher):
    """Argon2id at the cheapest of the settings that OWASP calls equally strong (Password Storage Cheat Sheet, 2025).

    A class logs in at once, on two cores beside everybody's work.
    """

    time_cost = 5
    memory_cost = 7168  # KiB
    parallelism = 1


class EndsTokens:
    """A validator that refuses no password. It hears of each new one, whoever set it, and ends the tokens and the
    log-in card made before.

    A hash that is only worked out again, at a log-in, is no new password.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        pass

    def get_help_text(self) -> str:
        return _("Your notebooks will have to log in again.")

    def password_changed(self, password: str, user: User) -> None:
        tokens.forget_all(user)
        cards.forget(user)
