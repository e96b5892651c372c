"""`manage.py purge`: what has been kept for long enough. It is shown, and with --yes it goes."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import erasure, retention


class Command(BaseCommand):
    help = "Show what has been kept for long enough, and why; with --yes delete it. Safe beside a running class."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="delete it")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        now, began = timezone.now(), time.monotonic()
        self._classes(now, yes=yes)
        self._people(yes=yes)
        for dead in retention.DEAD:
            n = retention.delete_dead(dead, now) if yes else dead.rows(now).count()
            self.stdout.write(_("%(what)s: %(n)d (%(why)s)") % {"what": dead.name, "n": n, "why": dead.why})
        if yes:
            self.stdout.write(_("Done in %(seconds).1f s.") % {"seconds": time.monotonic() - began})
        else:
            self.stdout.write(_("Nothing was deleted. With --yes it is."))

    def _classes(self, now: datetime, *, yes: bool) -> None:
        due = retention.due_classes(now)
        self.stdout.write(_("Classes whose time is over: %(n)d") % {"n": len(due)})
        for each in due:
            words = {
                "class": each.cohort,
                "address": each.cohort.slug,
                "last": f"{each.last_activity:%F}",
                "days": each.cohort.keep_for,
            }
            self.stdout.write(
                "  " + _("%(class)s (%(address)s): last activity %(last)s, kept for %(days)d days") % words
            )
            if yes:
                n = retention.delete_class(each)
                says = _("Somebody came back to it. It stays.") if n is None else _("Deleted. %(n)d people erased.")
                self.stdout.write("    " + says % {"n": n or 0})

    def _people(self, *, yes: bool) -> None:
        n = retention.erase_again() if yes else erasure.came_back().count()
        self.stdout.write(_("People erased before, and back with a backup: %(n)d") % {"n": n})
