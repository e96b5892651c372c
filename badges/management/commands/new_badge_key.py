"""Make a key to sign badges with; those before it stay, to verify what they signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from badges import keys


class Command(BaseCommand):
    help = "Print a new BADGE_KEYS: a fresh key that signs, and the present ones behind it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="put it into VAR_DIR, where a laptop keeps its keys")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = Path(settings.VAR_DIR) / "badge_keys"
        before = keys.key_set() if settings.BADGE_KEYS or kept.exists() else None
        word = keys.new(before)
        if options["write"]:
            keys.write(kept, word, replace=True)
            self.stdout.write(f"The new key is in {kept}. Start Downhill again, and it signs.")
        else:
            self.stdout.write(f"BADGE_KEYS={word}")
