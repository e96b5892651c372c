"""The demo class: enough to try everything, and safe to run again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from downhill import demo
from downhill.public_password import reaches_others


class Command(BaseCommand):
    help = "Make the demo class with its three log-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes-on-a-real-server", action="store_true", help="make it even where others come in")

    def handle(self, *args: Any, **options: Any) -> None:
        if reaches_others() and not (settings.LAN or options["yes_on_a_real_server"]):
            raise CommandError(
                "This looks like a real server, and a demo has no place there. Nothing was made. "
                "Add --yes-on-a-real-server if you mean it."
            )
        # Behind a proxy nobody comes from this computer itself.
        is_public = not (reaches_others() or options["yes_on_a_real_server"])
        passwords = demo.make(is_public=is_public)
        self.stdout.write("Demo class “demo”, join code DEMO-2026. Log in as:")
        for username in demo.PEOPLE:
            self.stdout.write(f"  {username:<12}{passwords.get(username, '(as before)')}")
