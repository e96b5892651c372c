"""Whether PostgreSQL takes as many connections as so many web servers and workers open."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from downhill import connection_budget


class Command(BaseCommand):
    help = "Add up the connections of so many web servers and workers; an error if PostgreSQL takes fewer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--webs", type=int, default=1)
        parser.add_argument("--workers", type=int, default=1)

    def handle(self, *args: Any, webs: int, workers: int, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(_("Only PostgreSQL counts connections."))
        needed, most = connection_budget.needed(webs=webs, workers=workers), connection_budget.most()
        words = {"webs": webs, "workers": workers, "needed": needed, "most": most, "beside": connection_budget.BESIDE}
        says = _(
            "%(webs)d web servers, %(workers)d workers and %(beside)d besides: %(needed)d connections of %(most)d."
        )
        if needed > most:
            more = _(
                "Raise POSTGRES_MAX_CONNECTIONS, then say “docker compose up -d postgres”: it starts again. Or lower "
                "WEB_WORKERS or WEB_THREADS."
            )
            raise CommandError(f"{says % words} {more}")
        self.stdout.write(says % words)
