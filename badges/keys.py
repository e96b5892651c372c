"""The keys that credentials are signed with. The first signs; all of them are served, so that old badges stay valid."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from joserfc.jwk import Key, KeySet, RSAKey

from classroom import secret_files

ALGORITHM = "RS256"
BITS = 2048


@functools.cache
def key_set() -> KeySet:
    """The keys of this Downhill: from BADGE_KEYS, else from a file under VAR_DIR that is made once.

    Raises
    ------
    ImproperlyConfigured
        If BADGE_KEYS cannot be read, or its first key cannot sign.
    """
    if settings.BADGE_KEYS:
        return read(settings.BADGE_KEYS)
    return read(secret_files.kept(kept_in(), new))


def kept_in() -> Path:
    """Where a laptop keeps its keys."""
    return Path(settings.VAR_DIR) / "badge_keys"


def signing_key() -> RSAKey:
    return key_set().keys[0]  # type: ignore[return-value]  # `read` takes RSA keys alone


def public_keys() -> dict[str, Any]:
    """The key set as everybody may see it (RFC 7517). Each is named by the address under which it is served alone."""
    return {"keys": [public_key(key) for key in key_set().keys]}


def public_key(key: Key) -> dict[str, Any]:
    """One key as everybody may see it."""
    return {**key.as_dict(private=False), "kid": address_of(key), "use": "sig", "alg": ALGORITHM}


def address_of(key: Key) -> str:
    """Where a key is served: what Open Badges 3.0 asks of a `kid`, since a verifier reads a JWK from there."""
    return f"{settings.PUBLIC_URL}/credentials/keys/{name_of(key.kid)}.json"


def name_of(kid: str | None) -> str:
    """The name of a key in its address: its thumbprint (RFC 7638)."""
    return (kid or "").rpartition("/")[2].removesuffix(".json")


def find(keys: KeySet, kid: str) -> RSAKey | None:
    """Give the key that a `kid` names, by its name alone: our address may have changed since."""
    wanted = name_of(kid)
    return next((key for key in keys.keys if isinstance(key, RSAKey) and name_of(key.kid) == wanted), None)


def read(written: str) -> KeySet:
    """Read keys as `new` makes them: a JWK set, as JSON or in base64url so that it is one plain word."""
    wrong = "BADGE_KEYS cannot be read. Set it to what `manage.py new_badge_key` prints."
    try:
        text = written.strip()
        if not text.startswith("{"):
            text = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        keys = [RSAKey.import_key(key) for key in json.loads(text)["keys"]]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ImproperlyConfigured(wrong) from error
    if not keys or not keys[0].is_private:
        raise ImproperlyConfigured(
            "BADGE_KEYS must begin with the key that signs, but the first one has no private part."
        )
    for key in keys:
        key.ensure_kid()
    return KeySet([*keys])


def new(before: KeySet | None = None) -> str:
    """Make a key, and put what is needed of those before it behind it: their public parts. Gives one plain word."""
    fresh = RSAKey.generate_key(BITS, auto_kid=True)
    old = [{**key.as_dict(private=False), "kid": key.kid} for key in (before.keys if before else ())]
    text = json.dumps({"keys": [{**fresh.as_dict(private=True), "kid": fresh.kid}, *old]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
