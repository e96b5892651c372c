"""Make a key to sign badges with; those before it stay, to verify what they signed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from badges import keys
from classroom import secret_files


class Command(BaseCommand):
    help = "Print a new BADGE_KEYS: a new key that signs, then the keys of the present BADGE_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write it to VAR_DIR, where a laptop stores its keys")

    def handle(self, *args: Any, **options: Any) -> None:
        before = keys.key_set() if settings.BADGE_KEYS or keys.kept_in().exists() else None
        word = keys.new(before)
        n_before = len(before.keys) if before else 0
        if options["write"]:
            secret_files.replace(keys.kept_in(), word)
            self.stdout.write(f"The new key is in {keys.kept_in()}. It signs when you restart Downhill.")
        else:
            self.stdout.write(f"BADGE_KEYS={word}")
        # Beside the value, which may be handed on as it is.
        if n_before:
            self.stderr.write(f"It also holds {n_before} earlier, so that what they signed stays valid.")
        else:
            self.stderr.write("It holds no earlier key. To change keys, run this where BADGE_KEYS is set.")
