"""Authentication of the API by a token."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from classroom import tokens
from classroom.models import Token, User


class TokenAuthentication(authentication.TokenAuthentication):
    """REST framework's, with our tokens: token and person are one query."""

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        token = tokens.with_key(key)
        if token is None:
            raise AuthenticationFailed(_("This token does not work. Log in again for a new one."))
        tokens.note_use(token)
        return token.user, token
