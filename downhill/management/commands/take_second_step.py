"""The second step of somebody taken away: for an admin who has lost their phone, and whom nobody outranks."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from classroom import second_factor
from classroom.models import User


class Command(BaseCommand):
    help = "Let somebody log in with their password alone. They are logged out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = User.objects.filter(username=User.objects.known_as(username)).first()
        if person is None:
            raise CommandError(_("Nobody has the username %(name)s.") % {"name": username})
        if not second_factor.has(person):
            raise CommandError(_("%(name)s has no second step.") % {"name": username})
        with transaction.atomic():
            second_factor.take_away(person)
        self.stdout.write(_("%(name)s logs in with the password alone now.") % {"name": username})
