"""Many at once: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import json
import uuid
from collections import Counter

import pytest

from tests import crowd, pupils
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]


def test_two_hundred_parallel_posts_of_one_id_store_one_row(downhill: Running) -> None:
    token = pupils.enrol(downhill, "echo", 1)[0]
    request = pupils.submission(token, 1, pupils.STEPS[0], client_id=str(uuid.uuid4()))

    outcome = crowd.send(downhill.url, [[request] * 5] * 40)

    assert Counter(answer.status for answer in outcome.answers) == {201: 1, 200: 199}
    assert len({json.dumps(json.loads(answer.body), sort_keys=True) for answer in outcome.answers}) == 1
    assert pupils.count(downhill, "echo") == (1, 0)


def test_forty_students_in_parallel_lose_nothing(downhill: Running) -> None:
    tokens = pupils.enrol(downhill, "pupil", 40)
    lanes = [[pupils.submission(token, i, answer) for i, answer in enumerate(pupils.STEPS, 1)] for token in tokens]

    outcome = crowd.send(downhill.url, lanes)

    print(f"\n40 students × 3 steps on {'PostgreSQL' if downhill.server else 'SQLite'}: {outcome}")
    assert Counter(answer.status for answer in outcome.answers) == {201: 120}
    assert pupils.count(downhill, "pupil") == (120, 40)
