"""A look at all that is stored: every column of every table, and what is written inside sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.contrib.sessions.backends.db import SessionStore
from django.db import connection


def places(wanted: Iterable[str]) -> set[tuple[str, str, str]]:
    """Where any of these words is written: table, column and word. A number is found where it is a whole number."""
    words = {word: re.compile(rf"\b{word}\b" if word.isdigit() else re.escape(word), re.IGNORECASE) for word in wanted}
    return {
        (table, column, word)
        for table, column, text in _all()
        for word, pattern in words.items()
        if pattern.search(text)
    }


def _all() -> Iterator[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - the database's own names
            columns = [each[0] for each in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    text = str(SessionStore().decode(value)) if column == "session_data" else str(value)
                    yield table, column, text
