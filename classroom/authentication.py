"""Authentication of the API by a token, and whether all steps of a log-in were passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated

from classroom import second_factor, tokens
from classroom.models import Token, User
from classroom.refusals import Forbidden

if TYPE_CHECKING:  # these ask REST framework's settings, which ask for this module
    from rest_framework.request import Request
    from rest_framework.views import APIView


class TokenAuthentication(authentication.TokenAuthentication):
    """REST framework's, with our tokens: token and person are one query."""

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        token = tokens.with_key(key)
        if token is None:
            raise AuthenticationFailed(_("This token does not work. Log in again for a new one."))
        tokens.note_use(token)
        return token.user, token


class HasPassedAllSteps(IsAuthenticated):
    """Whoever is logged in, instructors and admins with the second step that is asked of them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        if isinstance(request.auth, Token):
            if not request.auth.is_strong and second_factor.must_have(request.user):
                raise Forbidden(_("This token was made without a second step. Make a new one under My notebooks."))
        else:
            second_factor.require(request._request)
        return True
