"""The demo class: enough to try everything, and safe to run again."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from classroom import services
from classroom.models import Cohort, Role, User

PEOPLE = [("student", "Sam Student"), ("instructor", "Ines Instructor"), ("admin", "Ada Admin")]
DEMO_PASSWORD = "downhill"  # noqa: S105 - printed for everyone who tries the demo on localhost


class Command(BaseCommand):
    help = "Make the demo class with its three log-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes-on-a-real-server", action="store_true", help="make it even with debug off")

    def handle(self, *args: Any, **options: Any) -> None:
        on_laptop = settings.DEBUG or settings.LAN
        if not on_laptop and not options["yes_on_a_real_server"]:
            raise CommandError(
                "This looks like a real server, and the demo's passwords are public. Nothing was made. "
                "Add --yes-on-a-real-server if you mean it."
            )
        with transaction.atomic():
            cohort = Cohort.objects.filter(slug="demo").first() or services.open_cohort(
                slug="demo", name="Demo class", join_code="DEMO-2026"
            )
            passwords = {username: self._person(username, name) for username, name in PEOPLE}
            services.enrol(User.objects.get(username="student"), cohort)
            services.enrol(User.objects.get(username="instructor"), cohort, Role.INSTRUCTOR)
        self.stdout.write("Demo class “demo”, join code DEMO-2026. Log in as:")
        for username, password in passwords.items():
            self.stdout.write(f"  {username:<12}{password or '(as before)'}")

    def _person(self, username: str, display_name: str) -> str:
        """Make one of the demo's people, unless they are there; give the password if it is new."""
        if User.objects.filter(username=username).exists():
            return ""
        password = secrets.token_hex(4) if settings.LAN else DEMO_PASSWORD
        is_admin = username == "admin"
        User.objects.create_user(
            username, password, display_name=display_name, is_staff=is_admin, is_superuser=is_admin
        )
        return password
