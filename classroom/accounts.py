"""How allauth and axes see our people."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any, NoReturn

import segno
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import devices, signs
from classroom.addresses import client_address
from classroom.models import User
from classroom.refusals import Conflict, Forbidden

# While a second step is asked for, the mark of the password that came before it.
CAME_WITH = "second_step_came_with"


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up without a class: accounts are made on the join page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Try a log-in; one that is refused for a reason of its own reads it in the form."""
        try:
            known = User.objects.known_as(credentials.pop("username", ""))
            return super().authenticate(request, username=known, **credentials)
        except Forbidden as refused:
            raise ValidationError(str(refused.detail), code="refused") from refused

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Ask nobody for what they gave a moment ago: the second step of those who have one; the password of those who
        are led from the log-in to set one up.
        """
        request = context.request
        if get_mfa_adapter().is_mfa_enabled(request.user):
            counts = ["mfa"]
        else:
            counts = ["password"] if settings.SECOND_FACTOR else []
        records = get_authentication_records(request, request.user)
        given = [record["at"] for record in records if record["method"] in counts]
        return not given or time.time() - given[-1] > app_settings.REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Whoever has a second step confirms with it, and not with a password alone."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [each for each in found if each["id"] != "reauthenticate"] or found

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse | None:
        """Note what somebody's password is while they are asked for a second step: a new one ends that."""
        request.session[CAME_WITH] = user.get_session_auth_hash()
        answer: HttpResponse | None = super().pre_login(request, user, **more)
        return answer

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        request.session.pop(CAME_WITH, None)
        answer: HttpResponse = super().post_login(request, user, **more)
        return devices.remember(answer, request, user.get_username())

    def respond_user_inactive(self, request: HttpRequest, user: User) -> NoReturn:
        raise Forbidden(_("Your account has been switched off. Ask your instructor about it."))


class SecondStepAdapter(DefaultMFAAdapter):
    """How allauth speaks of a second step here, and keeps its secrets: a copy of the database opens nothing."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right. Each works once, and for half a minute."),
    }

    def encrypt(self, text: str) -> str:
        return _locks().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _locks().decrypt(encrypted_text).decode()
        except InvalidToken as error:
            raise Conflict(
                _("Your second step was set up with a key that this server has no more. Ask an admin to take it away.")
            ) from error

    def build_totp_svg(self, url: str) -> str:
        return segno.make(url, error="m").svg_inline(omitsize=True, dark="#1c2733", light="#fffef9", border=3)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return _("Passkey")


def _locks() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"classroom.accounts " + force_bytes(secret)).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def note_log_in(request: HttpRequest, user: User, **more: Any) -> None:
    """A receiver in the place of Django's own: remember when somebody logged in, unless they were erased just now."""
    user.last_login = timezone.now()
    if not User.objects.filter(pk=user.pk, is_active=True).update(last_login=user.last_login):
        request.session.flush()
        raise Forbidden(_("This account was just erased."))


def username_of_attempt(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """Say whose log-in this is, so that wrong passwords are counted a person and not a classroom."""
    typed = (credentials or {}).get("username") or request.POST.get("login")
    return signs.fold(str(typed).strip()) if typed else None
