"""`manage.py purge`: what has been kept for long enough. It is shown, and with --yes it goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.refusals import Refusal
from privacy import erasure, retention

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Show what has been kept for long enough, and why; with --yes delete it. Safe beside a running class."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="delete it")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        now, began = timezone.now(), time.monotonic()
        self.failed: list[str] = []
        due = retention.due_classes(now)
        sessions = retention.sessions_of_all(due) if yes else {}
        self.stdout.write(_("Classes whose time is over: %(n)d") % {"n": len(due)})
        for each in due:
            self._class(each, sessions, yes=yes)
        with self._going_on(_("people who came back with a backup")):
            n = retention.erase_again(sessions) if yes else erasure.came_back().count()
            self.stdout.write(_("People erased before, and back with a backup: %(n)d") % {"n": n})
        for dead in retention.DEAD:
            with self._going_on(dead.name):
                n = retention.delete_dead(dead, now) if yes else dead.rows(now).count()
                self.stdout.write(_("%(what)s: %(n)d (%(why)s)") % {"what": dead.name, "n": n, "why": dead.why})
        if not yes:
            self.stdout.write(_("Nothing was deleted. With --yes it is."))
        if self.failed:
            raise CommandError(_("Failed, and tried again next time: %(what)s") % {"what": ", ".join(self.failed)})
        if yes:
            self.stdout.write(_("Done in %(seconds).1f s.") % {"seconds": time.monotonic() - began})

    def _class(self, due: retention.Due, sessions: dict[int, list[str]], *, yes: bool) -> None:
        words = {
            "class": due.cohort,
            "address": due.cohort.slug,
            "last": f"{due.last_activity:%F}",
            "days": due.cohort.keep_for,
        }
        self.stdout.write("  " + _("%(class)s (%(address)s): last activity %(last)s, kept for %(days)d days") % words)
        if not yes:
            return
        with self._going_on(due.cohort.slug):
            try:
                says = _("Deleted. %(n)d people erased.") % {"n": retention.delete_class(due, sessions)}
            except Refusal as refusal:
                says = str(refusal.detail)
            self.stdout.write("    " + says)

    @contextmanager
    def _going_on(self, what: Any) -> Iterator[None]:
        """Let what fails keep nothing else from its end: a night that stops at the same class deletes nothing more."""
        try:
            yield
        except Exception as error:
            logger.exception("A purge failed.")
            self.failed.append(str(what))
            self.stderr.write("    " + _("Failed (%(why)s). The log says more.") % {"why": type(error).__name__})
