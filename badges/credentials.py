"""Open Badges 3.0: an award as a signed credential, and what it takes to believe one.

The credential is a VC-JWT (RS256) whose members stand at the top level of the payload. Recipients are salted hashes of
their usernames. Whether it was revoked stands in a W3C Bitstring Status List, which is signed too.
Sources: Open Badges 3.0 (1EdTech), VC Data Model 2.0 and Bitstring Status List 1.0 (W3C).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from badges import catalogue, keys
from badges.catalogue import Badge
from badges.models import Award

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
# Of one that an instructor gave by hand, whatever was done; why is between the two.
GIVEN = {
    "title": gettext_lazy("Given by an instructor"),
    "says": gettext_lazy("An instructor of the class takes responsibility for it."),
}
LEAST_BITS = 131_072  # of a status list, so that nobody stands out in a small one
MOST_BYTES = 5 * 1024 * 1024  # of one that is unpacked
LIST_IS_GOOD_FOR = timedelta(days=1)


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check for a server: credentials cannot be signed once more when their address turns out to be wrong."""
    if urlsplit(settings.PUBLIC_URL).hostname not in ("127.0.0.1", "localhost", "::1"):
        return []
    said = f"Credentials would say forever that they can be checked at {settings.PUBLIC_URL}."
    return [Warning(said, hint="Set PUBLIC_URL.", id="badges.W001")]


class NotBelieved(Exception):
    """A credential that is not to be believed; the text says why."""


def address(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def issuer() -> dict[str, Any]:
    """Who signs."""
    return {
        "id": address("/credentials/issuer.json"),
        "type": ["Profile"],
        "name": "Downhill",
        "url": settings.PUBLIC_URL,
        "description": "A classroom for machine learning.",
    }


def achievement(badge: Badge) -> dict[str, Any]:
    """What a badge stands for."""
    lines = "\n".join(f"- {criterion.title}" for criterion in badge.criteria)
    return {
        "id": address(f"/credentials/badges/{badge.slug}.json"),
        "type": ["Achievement"],
        "achievementType": "Badge",
        "name": badge.title,
        "description": badge.description,
        "criteria": {"narrative": lines},
        "image": {"id": address(f"/static/badges/{badge.slug}.svg"), "type": "Image", "caption": badge.title},
    }


def credential(award: Award) -> dict[str, Any]:
    """An award as an Open Badges 3.0 AchievementCredential, unsigned."""
    badge = catalogue.all_badges()[award.badge]
    username = award.membership.user.get_username()
    digest = hashlib.sha256((username + award.salt).encode()).hexdigest()
    status = address("/credentials/status.jwt")
    return {
        "@context": CONTEXT,
        "id": address(f"/credentials/{award.uuid}.json"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": badge.title,
        "issuer": issuer(),
        "validFrom": _moment(award.issued_at),
        "credentialSubject": {
            "id": f"urn:uuid:{award.uuid}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": f"sha256${digest}",
                    "identityType": "userName",
                    "salt": award.salt,
                }
            ],
            "achievement": achievement(badge),
        },
        "evidence": [
            {"type": ["Evidence"], "name": str(each["title"]), "narrative": str(each["says"] or each["title"])}
            for each in [*award.evidence, *([GIVEN] if award.given_because else [])]
        ],
        "credentialStatus": {
            "id": f"{status}#{award.pk}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(award.pk),
            "statusListCredential": status,
        },
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def signed(award: Award) -> str:
    """Sign an award."""
    body = credential(award)
    claims = {
        "iss": body["issuer"]["id"],
        "jti": body["id"],
        "sub": body["credentialSubject"]["id"],
        "nbf": int(award.issued_at.timestamp()),
    }
    return sign({**body, **claims})


def signed_part(award: Award) -> dict[str, Any]:
    """The credential as it was signed, to be read."""
    body = json.loads(jws.extract_compact(award.token.encode()).payload)
    return {name: value for name, value in body.items() if name not in ("iss", "jti", "sub", "nbf")}


def status_list(revoked: Collection[int], highest: int, now: datetime) -> str:
    """Sign the list of what was revoked: one bit for each award, by its number.

    Parameters
    ----------
    revoked : numbers of the awards that were revoked
    highest : the highest number there is
    """
    bits = bytearray(max(LEAST_BITS, highest + 1) // 8 + 1)
    for number in revoked:
        bits[number // 8] |= 0x80 >> (number % 8)
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")
    url = address("/credentials/status.jwt")
    body = {
        "@context": CONTEXT[:1],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer()["id"],
        "validFrom": _moment(now),
        "validUntil": _moment(now + LIST_IS_GOOD_FOR),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }
    return sign({**body, "iss": body["issuer"], "jti": url, "sub": f"{url}#list", "nbf": int(now.timestamp())})


def sign(payload: Mapping[str, Any]) -> str:
    """Sign with the newest key. No other headers than these are allowed (Open Badges 3.0)."""
    key = keys.signing_key()
    header = {"alg": keys.ALGORITHM, "typ": "JWT", "kid": keys.address_of(key)}
    return jws.serialize_compact(header, json.dumps(payload, ensure_ascii=False), key, algorithms=[keys.ALGORITHM])


def verify(
    text: str, key_set: KeySet, *, issuer_id: str | None, status: str | None, now: datetime | None = None
) -> dict[str, Any]:
    """Give what a credential says, if it is to be believed. Nothing is fetched.

    Parameters
    ----------
    text : the signed credential, three parts with dots between
    key_set : the issuer's keys; a key that the credential itself brings along is never trusted
    issuer_id : who is expected to have signed; None if whoever holds these keys is who is expected
    status : the issuer's signed status list, or None to leave out whether it was revoked

    Raises
    ------
    NotBelieved
        With a sentence that says what is wrong with it.
    """
    now = now or datetime.now(UTC)
    body = _opened(text, key_set)
    if "OpenBadgeCredential" not in _listed(body.get("type")):
        raise NotBelieved(_("This is signed, but it is not an Open Badges credential."))
    _check_issuer(body, issuer_id)
    subject = body.get("credentialSubject")
    if not body.get("id") or body.get("jti") != body["id"] or body.get("sub") != _named(subject):
        raise NotBelieved(_("It contradicts itself: its claims name a different credential."))
    _check_dates(body, now)
    if status is not None and any(_is_set(entry, status, key_set, now) for entry in status_entries(body)):
        raise NotBelieved(_("It was genuine, but its issuer has revoked it."))
    return body


def _opened(text: str, key_set: KeySet) -> dict[str, Any]:
    """Check the signature, and give what was signed."""
    try:
        found = jws.extract_compact(text.strip().encode("ascii"))
        header = found.headers()
    except (JoseError, ValueError) as error:
        raise NotBelieved(
            _("This is not a signed credential. It should have three parts with dots between them.")
        ) from error
    if header.get("alg") != keys.ALGORITHM:
        raise NotBelieved(_("It is not signed with %(alg)s, the only method we accept.") % {"alg": keys.ALGORITHM})
    key = keys.find(key_set, str(header.get("kid", "")))
    if key is None:
        raise NotBelieved(_("It is signed with a key that its issuer does not list."))
    try:
        payload = jws.deserialize_compact(text.strip(), key, algorithms=[keys.ALGORITHM]).payload
        body = json.loads(payload)
    except (JoseError, ValueError) as error:
        raise NotBelieved(_("It was changed after it was signed: the signature does not match.")) from error
    if not isinstance(body, dict):
        raise NotBelieved(_("This is signed, but it is not an Open Badges credential."))
    return body


def _check_issuer(body: Mapping[str, Any], expected: str | None) -> None:
    named = _named(body.get("issuer"))
    expected = expected or named
    if named is None or named != expected or body.get("iss") != expected:
        said = _("It was issued by %(named)s. We expected %(expected)s.")
        raise NotBelieved(said % {"named": named or body.get("iss"), "expected": expected})


def _named(thing: Any) -> Any:
    """The id of somebody or something that stands there whole, or by its id alone."""
    return thing.get("id") if isinstance(thing, Mapping) else thing


def _check_dates(body: Mapping[str, Any], now: datetime) -> None:
    try:
        begins = datetime.fromisoformat(str(body["validFrom"]))
        ends = datetime.fromisoformat(str(body["validUntil"])) if "validUntil" in body else None
        is_early, is_late = begins > now + timedelta(minutes=1), ends is not None and ends < now
        agrees = int(body["nbf"]) == int(begins.timestamp())
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise NotBelieved(_("It has no start date.")) from error
    if not agrees:
        raise NotBelieved(_("It contradicts itself: its claims name a different time."))
    if is_early:
        raise NotBelieved(_("It is not valid yet."))
    if is_late:
        raise NotBelieved(_("It is no longer valid."))


def status_entries(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where a credential says that its revocation can be looked up: nowhere, at one place or at several."""
    entries = _listed(body.get("credentialStatus")) if body.get("credentialStatus") is not None else []
    if not all(isinstance(entry, Mapping) for entry in entries):
        raise NotBelieved(_("Its status list cannot be trusted: it does not name one."))
    return [entry for entry in entries if entry.get("statusPurpose", "revocation") == "revocation"]


def _is_set(entry: Mapping[str, Any], status: str, key_set: KeySet, now: datetime) -> bool:
    try:
        listed = _opened(status, key_set)
        _check_dates(listed, now)
        # By its path: the issuer may have moved to another address since.
        if urlsplit(str(listed.get("id"))).path != urlsplit(str(entry["statusListCredential"])).path:
            raise NotBelieved(_("it is a different list."))
        if listed["credentialSubject"]["statusPurpose"] != "revocation":
            raise NotBelieved(_("it is a list of something else."))
        bits = _unpacked(str(listed["credentialSubject"]["encodedList"]))
        number = int(entry["statusListIndex"])
        if number < 0:
            raise ValueError(number)
        return bool(bits[number // 8] & (0x80 >> (number % 8)))
    except (NotBelieved, KeyError, ValueError, TypeError, IndexError, OverflowError, zlib.error) as error:
        raise NotBelieved(_("Its status list cannot be trusted: %(why)s") % {"why": error}) from error


def _unpacked(encoded: str) -> bytes:
    packed = encoded.removeprefix("u")
    unpacker = zlib.decompressobj(wbits=31)
    return unpacker.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MOST_BYTES)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
