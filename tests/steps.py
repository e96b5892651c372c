"""Second steps, as somebody with an authenticator app has them."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP as App
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt

from classroom.models import User


def code_of(secret: str, at: int = 0) -> str:
    """What an app shows: now, or so many half minutes from now. The one before and the one after are taken as well."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + at))


def with_app(user: User) -> str:
    """Give somebody an authenticator app and recovery codes; say the app's secret."""
    App.activate(user, secret := generate_totp_secret())
    RecoveryCodes.activate(user)
    return secret


def secret_of(user: User) -> str:
    return decrypt(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"])


def recovery_codes_of(user: User) -> list[str]:
    found: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return found
