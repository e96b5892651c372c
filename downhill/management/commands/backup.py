"""`manage.py backup`: the database in one file, while everybody works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from downhill import backups


class Command(BaseCommand):
    help = "Save the database in one file, which is read again afterwards. Downhill may run meanwhile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="a file or a folder (default: VAR_DIR/backups)")
        parser.add_argument("--with-keys", action="store_true", help="SECRET_KEY and the keys of badges as well")

    def handle(self, *args: Any, path: Path | None, with_keys: bool, **options: Any) -> None:
        try:
            file = backups.make(path, with_keys=with_keys)
            about = backups.opened(file)
        except (backups.Failed, DatabaseError, OSError) as error:
            raise CommandError(
                _("No backup was made. %(why)s") % {"why": str(error).strip().partition("\n")[0]}
            ) from error
        words = {"file": file, "rows": about.n_rows, "tables": len(about.rows)}
        self.stdout.write(_("Saved %(rows)d rows of %(tables)d tables in %(file)s.") % words)
        if with_keys:
            self.stdout.write(_("The keys are in it: anyone who has the file can sign badges in your name."))
        else:
            self.stdout.write(
                _("The keys are not in it. Keep a copy of them elsewhere: %(place)s.") % {"place": place_of_keys()}
            )


def place_of_keys() -> str:
    """Where the keys are, for somebody who wants to keep them apart from backups."""
    if settings.BADGE_KEYS:
        return _("SECRET_KEY and BADGE_KEYS of the environment")
    return _("secret_key and badge_keys in %(folder)s") % {"folder": settings.VAR_DIR}
