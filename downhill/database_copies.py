"""Copies of the whole database, made while it is in use and put back at once: SQLite's own, or PostgreSQL's dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.utils.translation import gettext as _

# All that is there goes, in the transaction that brings the other in. Locks are waited for only so long.
EMPTY = """
SET lock_timeout = '20s';
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', name);
  END LOOP;
END $$;
"""


class Failed(Exception):
    """A copy could not be made, read or put back: in a sentence."""


def rows() -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - its own name
            (found[table],) = cursor.fetchone()
    return found


def copy(to: Path) -> dict[str, int]:
    """Write the database as it is at one moment into a file; give the rows of each table at that moment.

    Raises
    ------
    Failed
        If it cannot be written, or cannot be read again.
    """
    counted = _copy_sqlite(to) if connection.vendor == "sqlite" else _dump(to)
    check(to)
    return counted


def check(file: Path) -> None:
    """Read a copy to its end.

    Raises
    ------
    Failed
        If it is damaged.
    """
    if connection.vendor != "sqlite":
        _run("pg_restore", "--file", os.devnull, str(file))
        return
    with _opened(file) as database:
        (says,) = database.execute("PRAGMA integrity_check").fetchone()
    if says != "ok":
        raise Failed(_("The copy of the database is damaged: %(says)s.") % {"says": says})


def put_back(file: Path) -> None:
    """Put a copy in the place of all that is in the database: all of it or nothing.

    Raises
    ------
    Failed
        If it could not be. Then the database is as before.
    """
    if connection.vendor == "sqlite":
        with _opened(file) as copied, _as_failed():
            connection.ensure_connection()
            copied.backup(connection.connection)
    else:
        _undump(file)
    connection.close()


# --- SQLite -------------------------------------------------------------------------------------------


def _copy_sqlite(to: Path) -> dict[str, int]:
    with _opened(to) as target, _as_failed():
        connection.ensure_connection()
        connection.connection.backup(target)
        tables = [name for (name,) in target.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            name: target.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - its own name
            for name in sorted(tables)
            if not name.startswith("sqlite_")
        }


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with _as_failed(), closing(sqlite3.connect(file)) as database:
        yield database


@contextmanager
def _as_failed() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, DatabaseError) as error:
        raise Failed(_("The database cannot be copied: %(why)s.") % {"why": str(error).strip().rstrip(".")}) from error


# --- PostgreSQL ---------------------------------------------------------------------------------------


def _dump(to: Path) -> dict[str, int]:
    with transaction.atomic(), connection.cursor() as cursor:
        # What is counted and what is dumped are of one moment.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (moment,) = cursor.fetchone()
        counted = rows()
        options = ["--format", "custom", "--no-owner", "--no-privileges", "--snapshot", moment, "--file", str(to)]
        _run("pg_dump", *options, is_connected=True)
    return counted


def _undump(file: Path) -> None:
    script = file.with_suffix(".sql")
    # Whole before anything is dropped. The schema itself stays: some dumps bring it, and some do not.
    _run("pg_restore", "--no-owner", "--no-privileges", "--schema", "public", "--file", str(script), str(file))
    empty = file.with_suffix(".empty")
    empty.write_text(EMPTY, encoding="ascii")
    options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
    connection.close()
    _run("psql", *options, "--file", str(empty), "--file", str(script), is_connected=True)


def _run(program: str, *options: str, is_connected: bool = False) -> None:
    """Run one of PostgreSQL's programs; the password is not in its command."""
    path = shutil.which(program)
    if path is None:
        raise Failed(
            _(
                "%(program)s is not on this computer. Install PostgreSQL’s client programs, on Debian with "
                "“apt install postgresql-client”. With docker compose, “docker compose run --rm backup” saves and "
                "restores by the server’s own."
            )
            % {"program": program}
        )
    arguments, more = list(options), None
    if is_connected:
        (_psql, *arguments), more = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, arguments)
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [path, *arguments],
        env={**os.environ, **(more or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        why = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr.strip())
        raise Failed(_("%(program)s failed: %(why)s.") % {"program": program, "why": why.strip().rstrip(".")})
