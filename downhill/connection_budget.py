"""The budget of connections: how many web servers and workers open, and how many PostgreSQL takes."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

BESIDE = 3  # a dump, a migration, and somebody who looks


def needed(*, webs: int, workers: int) -> int:
    return webs * settings.WEB_CONNECTIONS + workers * settings.WORKER_PROCESSES + BESIDE


def most() -> int:
    """How many PostgreSQL takes, less those that are its superuser's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(setting::int * CASE name WHEN 'max_connections' THEN 1 ELSE -1 END) FROM pg_settings "
            "WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')"
        )
        return int(cursor.fetchone()[0])
