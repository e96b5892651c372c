"""Several who open the same page at once as the same person: one look."""

from __future__ import annotations

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


def test_many_looks_at_once_are_one(downhill: Running) -> None:
    assert downhill.ask(LOOK_AT_ONCE).strip().endswith("LOOKS 1")
