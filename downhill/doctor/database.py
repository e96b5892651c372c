"""The database: whether it answers, is as new as the code, has our time, and takes enough connections."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.models import User
from downhill import backups, connection_budget
from downhill.doctor.finding import Finding, broken, warning

CLOCK_MAY_DIFFER = 5  # seconds; at a minute pages say that workers are silent


def answers() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)" if connection.vendor == "sqlite" else "SELECT 'ok'")
            (says,) = cursor.fetchone()
    except DatabaseError as error:
        says = str(error).strip().partition("\n")[0].rstrip(".")
    if says == "ok":
        return
    if connection.vendor == "sqlite":
        yield broken(
            _("The database in %(file)s cannot be read: %(why)s.")
            % {"file": connection.settings_dict["NAME"], "why": says},
            _("Put the file and those beside it elsewhere, then restore the newest backup: manage.py restore."),
        )
    else:
        yield broken(
            _("The database cannot be reached: %(why)s.") % {"why": says},
            _("Start it, or correct DATABASE_URL. Nobody can work until then; what was sent is kept on the devices."),
        )


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    if newer := backups.unknown(".".join(name) for name in executor.loader.applied_migrations):
        yield broken(
            _("The database is of a newer Downhill than this code: it has %(name)s.") % {"name": sorted(newer)[0]},
            _("Install that version again. Or restore the backup that was made before the update."),
        )
    if n := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
        yield broken(
            ngettext(
                "The database is of an older Downhill than this code: %(n)d migration is missing.",
                "The database is of an older Downhill than this code: %(n)d migrations are missing.",
                n,
            )
            % {"n": n},
            _("Make a backup, then say “manage.py migrate”. deploy/update and manage.py up do both."),
        )


def clock() -> Iterator[Finding]:
    # Without a row there is nothing to ask for the time with, and nothing that it could be wrong for.
    theirs = User.objects.annotate(now=Now()).values_list("now", flat=True).first()
    if theirs is None:
        return
    seconds = (timezone.now() - theirs).total_seconds()
    if abs(seconds) > CLOCK_MAY_DIFFER:
        ahead = _("ahead of") if seconds > 0 else _("behind")
        yield warning(
            _("This computer’s clock is %(n)d s %(ahead)s the database’s.") % {"n": abs(seconds), "ahead": ahead},
            _("Let both set their clocks by NTP. Until then pages may say that no worker answers."),
        )


def connections() -> Iterator[Finding]:
    if connection.vendor != "postgresql":
        return
    needed, most = connection_budget.needed(webs=1, workers=1), connection_budget.most()
    if needed > most:
        yield broken(
            _("PostgreSQL takes %(most)d connections; a web server and a worker open %(needed)d.")
            % {"most": most, "needed": needed},
            _("Raise POSTGRES_MAX_CONNECTIONS, or lower WEB_WORKERS or WEB_THREADS. Then restart."),
        )
