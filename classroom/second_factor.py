"""The second step of a log-in: who has one, who must have one, and what has passed it.

Codes, passkeys and recovery codes are allauth's. Here is what it leaves to a site: the limit on wrong codes and the
codes that were used are kept in the database, where all web processes see them.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import sessions, tokens
from classroom.limits import HOUR, Counter
from classroom.models import User
from classroom.names import validate_signs
from classroom.refusals import Forbidden, Refusal, TooMany

logger = logging.getLogger(__name__)
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
MOST_PASSKEYS = 10
LONGEST_CREDENTIAL = 20_000  # characters of JSON; that of a security key with its certificate has some 3,000


def has(user: User | AnonymousUser) -> bool:
    """Tell whether somebody logs in with a second step."""
    return bool(Authenticator.objects.filter(user_id=user.pk or 0, type__in=KINDS).exists())


def must_have(user: User | AnonymousUser) -> bool:
    """Tell whether somebody has to log in with a second step here: an admin or instructor, where it is asked for."""
    return bool(settings.SECOND_FACTOR and User.objects.staff().filter(pk=user.pk or 0).exists())


def is_offered(user: User | AnonymousUser) -> bool:
    """Tell whether a page speaks of it to somebody: students are not asked for one more thing that can be lost."""
    return User.objects.staff().filter(pk=user.pk or 0).exists() or has(user)


def passed(request: HttpRequest) -> bool:
    """Tell whether a session has passed a second step."""
    user = request.user
    return user.is_authenticated and any(
        record["method"] == "mfa" for record in get_authentication_records(request, user)
    )


def is_lacking(request: HttpRequest) -> bool:
    """Tell whether an instructor or admin has come without the second step that is asked for."""
    return settings.SECOND_FACTOR and not passed(request) and must_have(request.user)


def require(request: HttpRequest) -> None:
    """Refuse an instructor or admin who has come without the second step that is asked for."""
    if is_lacking(request):
        raise Forbidden(_("Confirm your second step on your account page first."))


def take_away(user: User) -> None:
    """Let somebody log in with their password alone, as when their phone is lost. Their log-ins end."""
    Authenticator.objects.filter(user=user).delete()
    _wrong(user).forget()
    tokens.forget_all(user)
    sessions.end_all(user)


def _note_added(request: HttpRequest, user: User, authenticator: Authenticator, **more: Any) -> None:
    """Whoever sets one up has shown that they have it. What was logged in before without it ends."""
    if authenticator.type in KINDS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        tokens.forget_weak(user)
        sessions.end_all(user, but=request.session.session_key)


def _note_removed(request: HttpRequest, user: User, authenticator: Authenticator, **more: Any) -> None:
    """What was opened with one that is no more ends, except here."""
    if authenticator.type in KINDS:
        tokens.forget_all(user)
        sessions.end_all(user, but=request.session.session_key)


def listen() -> None:
    authenticator_added.connect(_note_added, dispatch_uid="classroom.second_factor")
    authenticator_removed.connect(_note_removed, dispatch_uid="classroom.second_factor")


def _once(user: User, code: str) -> Counter:
    # However it is spelled, as allauth compares it.
    return Counter({f"second step {normalize_user_code(code)[:40]} person {user.pk}": 1}, seconds=HOUR)


def _wrong(user: User) -> Counter:
    most = settings.LIMITS["wrong_second_step"]
    says = _("Too many wrong codes. Wait an hour, or ask an admin.")
    return Counter({f"wrong_second_step person {user.pk}": most}, says, seconds=HOUR)


class _OfCode(forms.Form):
    """A form for a code, each of which works once."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        code = self.fields["code"]
        code.label = _("Code")
        code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the forms that this one stands before
        try:
            _once(self.user, code).count()
        except TooMany as used:
            raise _says_wrong() from used
        return code


class _Limited(_OfCode):
    """One that counts before it looks: those that are sent at once are as many."""

    def clean_code(self) -> str:
        wrong = _wrong(self.user)
        try:
            wrong.count()
        except TooMany as refused:
            raise ValidationError(str(refused.detail)) from refused
        code = super().clean_code()
        wrong.forget()
        return code


class CodeForm(_Limited, AuthenticateForm):
    pass


class CodeAgainForm(_Limited, ReauthenticateForm):
    pass


class FirstCodeForm(_OfCode, ActivateTOTPForm):
    pass


def _says_wrong() -> ValidationError:
    return ValidationError(str(get_adapter().error_messages["incorrect_code"]), code="incorrect_code")


class CredentialField(forms.JSONField):
    """What a browser says of a passkey, of a length that one has."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial  # what was sent is not sent again

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > LONGEST_CREDENTIAL or "\\u0000" in value):
            raise _says_wrong()
        try:
            found = super().to_python(value)
        except (RecursionError, ValueError) as error:
            raise _says_wrong() from error
        if found not in self.empty_values and not isinstance(found, dict):
            raise _says_wrong()
        return found


class _OfCredential(forms.Form):
    """A form for what a browser says of a passkey. Whatever else was sent is wrong, and no error of ours: what reads it
    raises what it likes.
    """

    credential = CredentialField()

    def full_clean(self) -> None:
        try:
            super().full_clean()
        except (DatabaseError, Refusal):
            raise
        except Exception:
            logger.warning("A credential of a passkey could not be read", exc_info=True)
            self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}
            self.add_error(None, _says_wrong())


class PasskeyLogInForm(_OfCredential, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_OfCredential, ReauthenticateWebAuthnForm):
    pass


class PasskeyForm(_OfCredential, AddWebAuthnForm):
    name = forms.CharField(
        label=gettext_lazy("Its name"),
        max_length=60,
        required=False,
        validators=[validate_signs],
        help_text=gettext_lazy("Such as “my laptop”, so that you know later which it is."),
    )

    def clean(self) -> dict[str, Any]:
        if Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN).count() >= MOST_PASSKEYS:
            raise ValidationError(_("You have ten passkeys. Remove one first."))
        found: dict[str, Any] | None = super().clean()
        return found or self.cleaned_data
