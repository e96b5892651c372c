"""How allauth and axes see our people."""

from __future__ import annotations

from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from classroom import devices, signs
from classroom.addresses import client_address
from classroom.models import User
from classroom.refusals import Forbidden


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

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        answer: HttpResponse = super().post_login(request, user, **more)
        return devices.remember(answer, request, user.get_username())

    def respond_user_inactive(self, request: HttpRequest, user: User) -> NoReturn:
        raise Forbidden(_("Your account has been switched off. Ask your instructor about it."))


def username_of_attempt(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """Say whose log-in this is, so that wrong passwords are counted a person and not a classroom."""
    typed = (credentials or {}).get("username") or request.POST.get("login")
    return signs.fold(str(typed).strip()) if typed else None
