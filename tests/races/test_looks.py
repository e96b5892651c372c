"""Several who open the same page at once as the same person: one look."""

from __future__ import annotations

import os

import pytest

from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

LOOK_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from classroom import looks
from classroom.models import Look
from tests.factories import MembershipFactory

viewer, student = MembershipFactory(role="instructor"), MembershipFactory()

def look(_n):
    looks._written.clear()  # as if each were a process of its own
    try:
        looks.at_members(viewer.user, Look.Kind.PAGE, [student.pk])
    finally:
        connection.close()

with ThreadPoolExecutor(8) as threads:
    list(threads.map(look, range(40)))
print("LOOKS", Look.objects.filter(membership=student).count())
"""


# Somebody writes for as long as a page would wait.
LOOK_WHILE_OTHERS_WRITE = """
import sqlite3
import time
from django.conf import settings
from django.db import connection
from classroom import looks
from classroom.models import Look
from tests.factories import MembershipFactory

viewer, student = MembershipFactory(role="instructor"), MembershipFactory()
writer = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None)
writer.execute("BEGIN IMMEDIATE")
began = time.monotonic()
looks.at_members(viewer.user, Look.Kind.PAGE, [student.pk])
took = time.monotonic() - began
writer.execute("ROLLBACK")
looks.at_members(viewer.user, Look.Kind.PAGE, [student.pk])
with connection.cursor() as cursor:
    waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
print("LOST IT SOON", took < 2, "LATER", Look.objects.filter(membership=student).count(), "WAITS", waits)
"""


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="PostgreSQL locks rows")
def test_a_page_does_not_wait_for_whoever_writes(downhill: Running) -> None:
    assert downhill.ask(LOOK_WHILE_OTHERS_WRITE).strip().endswith("LOST IT SOON True LATER 1 WAITS 20000")


def test_many_looks_at_once_are_one(downhill: Running) -> None:
    assert downhill.ask(LOOK_AT_ONCE).strip().endswith("LOOKS 1")
