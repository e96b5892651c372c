"""How much a graded, idempotent, acknowledged submission costs beside the least that stores anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import crowd, pupils
from tests.running import Running

pytestmark = pytest.mark.benchmark
ROUNDS = 15


def test_a_submission_against_a_bare_view_on_the_same_server(tmp_path: Path) -> None:
    with Running(tmp_path, DJANGO_SETTINGS_MODULE="tests.benchmarks.settings") as running:
        tokens = pupils.enrol(running, "bench", 40)
        # The first requests load what the others use.
        crowd.send(running.url, [[("POST", "/bare/", {}, ""), pupils.submission(token, 1, {})] for token in tokens])
        bare = crowd.send(running.url, [[("POST", "/bare/", {}, "")] * ROUNDS] * 40)
        wrong = [[pupils.submission(token, 1, {"w": str(n)}) for n in range(ROUNDS)] for token in tokens]
        submitted = crowd.send(running.url, wrong)

    print(f"\n{'PostgreSQL' if running.server else 'SQLite'}\nbare view:  {bare}\nsubmission: {submitted}")
    print(f"ratio of requests/s: {submitted.requests_per_second / bare.requests_per_second:.2f}")
    assert Counter(answer.status for answer in bare.answers) == {200: 40 * ROUNDS}
    assert Counter(answer.status for answer in submitted.answers) == {201: 40 * ROUNDS}
