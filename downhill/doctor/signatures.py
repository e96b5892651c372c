"""Keys: whether those of badges can be read, and whether what was signed or locked with keys still opens by them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from badges import keys
from badges.models import Award
from classroom.accounts import SecondStepAdapter
from classroom.refusals import Conflict
from downhill.doctor.finding import Finding, broken

REMEDY_LOST = gettext_lazy(
    "Put the old keys back: from .env, from VAR_DIR/badge_keys, or from a backup that was made with its keys."
)


def keys_can_be_read() -> Iterator[Finding]:
    if not _are_there():
        return  # the first badge makes some
    try:
        keys.key_set()
    except ImproperlyConfigured as error:
        yield broken(_("The keys of badges are broken. %(why)s") % {"why": error}, str(REMEDY_LOST))


def keys_fit_the_badges() -> Iterator[Finding]:
    try:
        known = keys.key_set() if _are_there() else None
    except ImproperlyConfigured:
        return  # that has been said
    tokens = Award.objects.values_list("token", flat=True).iterator(chunk_size=1000)
    unknown = sum(known is None or keys.find(known, _key_id(token)) is None for token in tokens)
    if unknown:
        says = ngettext(
            "%(n)d badge was signed with keys that are not here: nobody can verify it.",
            "%(n)d badges were signed with keys that are not here: nobody can verify them.",
            unknown,
        )
        yield broken(says % {"n": unknown}, str(REMEDY_LOST))


def second_steps_can_be_read() -> Iterator[Finding]:
    adapter, unread = SecondStepAdapter(), 0
    for data in Authenticator.objects.exclude(type="webauthn").values_list("data", flat=True).iterator():
        try:
            adapter.decrypt(data.get("secret") or data.get("seed"))
        except Conflict:
            unread += 1
    if unread:
        yield broken(
            _("Second steps were set up with another SECRET_KEY: their owners cannot log in by a code."),
            _("Put the old SECRET_KEY back, or say for each of them: manage.py take_second_step USERNAME."),
        )


def _are_there() -> bool:
    return bool(settings.BADGE_KEYS) or keys.kept_in().exists()


def _key_id(token: str) -> str:
    """The key that a credential says it was signed with."""
    head = token.partition(".")[0]
    try:
        return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])
    except (binascii.Error, ValueError, KeyError):
        return ""
