"""Is this credential genuine? Works without a network: the keys and the status list are read from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from badges import credentials, keys, selectors


class Command(BaseCommand):
    help = "Verify an Open Badges 3.0 credential (the .jwt file) offline, against the issuer's keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the credential, as downloaded from its page (.jwt)")
        parser.add_argument("--jwks", type=Path, help="the issuer's keys (/.well-known/jwks.json); default: our own")
        parser.add_argument(
            "--issuer", help="who should have signed; default: this Downhill, also under an earlier address"
        )
        parser.add_argument(
            "--status", type=Path, help="the issuer's status list (/credentials/status.jwt); default: our own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # What our own keys have signed is ours, also under an earlier address.
        is_ours = not options["jwks"]
        issuer_id = options["issuer"] or (None if is_ours else credentials.issuer()["id"])
        key_set = keys.key_set() if is_ours else _keys(_read(options["jwks"]))
        status = _read(options["status"]) if options["status"] else None
        if status is None and is_ours:
            status = _our_status()
        try:
            found = credentials.verify(_read(options["file"]), key_set, issuer_id=issuer_id, status=status)
        except credentials.NotBelieved as refused:
            raise CommandError(f"Not genuine. {refused}") from None
        self._tell(found)
        if not credentials.status_entries(found):
            self.stdout.write("It does not say where its issuer lists what is revoked, so that was not checked.")
        elif status is None:
            self.stdout.write("Not checked: whether it was revoked. Give the issuer's list with --status.")
        else:
            self.stdout.write("It was not revoked.")

    def _tell(self, found: dict[str, Any]) -> None:
        """Say what it says; others leave out what they may."""
        achievement = _thing(_thing(found.get("credentialSubject")).get("achievement"))
        self.stdout.write(
            self.style.SUCCESS("Genuine.") + f" {achievement.get('name', 'Without a name')}, {found['id']}"
        )
        issuer = _thing(found["issuer"])
        self.stdout.write(f"  issued by  {issuer.get('name', 'an issuer without a name')} ({found['iss']})")
        self.stdout.write(f"  valid from {found['validFrom']}")
        listed = found.get("evidence", ())
        for evidence in listed if isinstance(listed, list) else [listed]:
            said = [str(_thing(evidence)[name]) for name in ("name", "narrative") if _thing(evidence).get(name)]
            if said:
                self.stdout.write(f"  · {': '.join(said)}")


def _our_status() -> str:
    try:
        return credentials.status_list(*selectors.revoked(), timezone.now())
    except DatabaseError as error:
        said = "This machine has no database of what was revoked. Give the issuer's keys with --jwks."
        raise CommandError(said) from error


def _thing(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}.") from error


def _keys(text: str) -> KeySet:
    try:
        # Others may have keys of more kinds in it; credentials are signed with RSA.
        return KeySet([RSAKey.import_key(key) for key in json.loads(text)["keys"] if key.get("kty") == "RSA"])
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise CommandError("The key set cannot be read. It should be what /.well-known/jwks.json answers.") from error
