"""New passwords for the demo's people: for whoever has lost those that were printed once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from classroom.models import Cohort
from downhill import demo


class Command(BaseCommand):
    help = "Give the people of the demo class new passwords and print them. Their log-ins elsewhere end."

    def handle(self, *args: Any, **options: Any) -> None:
        # Without the demo class, `admin` is somebody real.
        if not Cohort.objects.filter(slug="demo").exists():
            raise CommandError(_("There is no demo class here. Nothing was changed."))
        for username, password in demo.renew_all().items():
            self.stdout.write(f"  {username:<12}{password}")
