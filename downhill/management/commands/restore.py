"""`manage.py restore`: the database as a backup has it, in the place of what is there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from downhill import backups
from privacy import erasure


class Command(BaseCommand):
    help = "Put a backup in the place of all that is in the database, then migrate it. Stop Downhill before."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file that manage.py backup has made")
        parser.add_argument("--yes", action="store_true", help="even if there is something in the database already")

    def handle(self, *args: Any, path: Path, yes: bool, **options: Any) -> None:
        began = time.monotonic()
        try:
            about = backups.opened(path)
            backups.check_fit(about)
            keys = backups.other_keys(path)
            with_keys = keys is not None and backups.can_change_keys()
            erased = erasure.all_erased()
            if not backups.is_empty():
                self._save_what_is_there(yes, with_keys=with_keys)
            backups.put_back(path, about)
            if keys and with_keys:
                backups.put_back_keys(keys)
        except (backups.Failed, DatabaseError, OSError) as error:
            raise CommandError(str(error).strip().partition("\n")[0]) from error
        call_command("migrate", interactive=False, verbosity=0)
        n_back = erasure.remember(erased)
        words = {
            "rows": about.n_rows,
            "tables": len(about.rows),
            "time": f"{about.time:%Y-%m-%d %H:%M} UTC",
            "version": about.version,
            "seconds": time.monotonic() - began,
        }
        self.stdout.write(
            _(
                "Restored %(rows)d rows of %(tables)d tables, as Downhill %(version)s saved them at %(time)s, "
                "in %(seconds).1f s."
            )
            % words
        )
        if n_back:
            says = _("%(n)d people are back who had been erased. Erase them again: manage.py purge --yes")
            self.stdout.write(says % {"n": n_back})
        if with_keys:
            self.stdout.write(_("Its keys are in use as well."))
        elif keys:
            self.stdout.write(
                _("Its keys are not those of the environment, which stay. To take over the others, see: %(command)s")
                % {"command": f"unzip -p {path} {backups.KEYS}"}
            )

    def _save_what_is_there(self, yes: bool, *, with_keys: bool) -> None:
        if not yes:
            raise CommandError(
                _("There is something in this database already. With --yes it is saved, and then replaced.")
            )
        self.stdout.write(
            _("Saved what was there in %(file)s.") % {"file": backups.make(with_keys=with_keys, keeps_all=True)}
        )
