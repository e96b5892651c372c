"""How many connections web servers and workers open, and whether PostgreSQL takes them."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from downhill import rsgi


def test_a_web_process_has_as_many_threads_as_are_counted() -> None:
    application = rsgi.Application()
    lanes = [each for each in vars(application).values() if isinstance(each, rsgi.Lane)]

    assert sum(lane._pool._max_workers for lane in lanes) * settings.WEB_WORKERS == settings.WEB_CONNECTIONS


@pytest.mark.services
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: make test-services")
def test_more_connections_than_postgresql_takes_are_an_error(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()

    call_command("connections", "--webs", "1", "--workers", "2")
    said = capsys.readouterr().out
    with pytest.raises(CommandError, match="Raise POSTGRES_MAX_CONNECTIONS"):
        call_command("connections", "--webs", "0", "--workers", str(most))

    assert f"besides: {settings.WEB_CONNECTIONS + 2 + 3} connections of " in said


@pytest.mark.skipif(connection.vendor == "postgresql", reason="SQLite alone")
def test_sqlite_counts_none() -> None:
    with pytest.raises(CommandError, match="Only PostgreSQL"):
        call_command("connections")
