"""The guard of the public password: `downhill` opens the demo to the computer that it runs on, and to nobody else.

It asks what was typed and where from, not whose log-in it is. So it holds for every account and every door (page,
admin site, API), whoever made the database, and however the server was started.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from classroom.loopback import is_loopback
from classroom.models import User, normalise_password
from classroom.refusals import Forbidden

PUBLIC_PASSWORD = "downhill"  # noqa: S105 - printed for everyone who tries the demo on their own computer
# What a proxy adds when it hands on what came from elsewhere.
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)


class Guard:
    """An authentication backend that knows nobody. It refuses the public password from elsewhere, before any other."""

    def authenticate(self, request: HttpRequest | None, password: str | None = None, **credentials: Any) -> None:
        if _is_public(password) and (request is None or not is_from_here(request)):
            _refuse()


class NotPublic:
    """A validator of new passwords."""

    def validate(self, password: str, user: User | None = None) -> None:
        if _is_public(password):
            raise ValidationError(self.get_help_text(), code="password_public")

    def get_help_text(self) -> str:
        return _("Everyone can read this password in Downhill’s instructions. Choose another.")


def _is_public(password: str | None) -> bool:
    return normalise_password(password or "") == PUBLIC_PASSWORD


def reaches_others() -> bool:
    """Tell whether somebody means others to reach this Downhill."""
    return settings.LAN or not all(is_loopback(name) for name in settings.ALLOWED_HOSTS)


def is_from_here(request: HttpRequest) -> bool:
    """Tell whether a request was made on this very computer, and names it so.

    Host names that are not allowed have been refused already: where none but loopback names are, this is one.
    """
    is_handed_on = any(name in request.META for name in FORWARDED)
    return not reaches_others() and not is_handed_on and is_loopback(request.META.get("REMOTE_ADDR", ""))


def _refuse() -> NoReturn:
    raise Forbidden(
        _(
            "This password is public, so it works only on the computer that Downhill runs on. "
            "New ones are printed there when Downhill starts for others."
        )
    )
