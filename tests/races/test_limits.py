"""Many who are counted at once: each of them counts."""

from __future__ import annotations

import pytest

from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

COUNT_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from classroom.limits import Counter
from classroom.models import Tally
from classroom.refusals import TooMany

def count(_n):
    try:
        Counter({"tries at once": 5}).count()
    except TooMany:
        return False
    finally:
        connection.close()
    return True

with ThreadPoolExecutor(4) as threads:
    passed = list(threads.map(count, range(12)))
print("PASSED", passed.count(True), "OF", Tally.objects.get(key="tries at once").number)
"""


def test_several_at_once_are_counted_one_by_one(downhill: Running) -> None:
    assert downhill.ask(COUNT_AT_ONCE).strip() == "PASSED 5 OF 12"
