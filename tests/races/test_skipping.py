"""Questions that are skipped while many seal another: whoever sealed is done, on either side of it."""

from __future__ import annotations

import json
import random

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

# What a lane sends to let time go by; it asks the database nothing.
BREATH: Request = ("GET", "/favicon.ico", {}, "")
N = 24
_STANDINGS = """
import json
from lessons.models import PartProgress
rows = PartProgress.objects.filter(membership__cohort__slug="{slug}", part="rates", membership__role="student")
kept = [[row.activities["rates"].get("n_done"), row.activities["rates"].get("n_skipped"), row.state] for row in rows]
print("KEPT" + json.dumps(kept))
"""


def test_whoever_seals_while_the_others_are_skipped_is_done_with_the_part(downhill: Running) -> None:
    led = pupils.led_classes(downhill, ["skippers"], n_students=N)[0]
    chance = random.Random(7)
    crowd.send(downhill.url, [[led.act("open_vote", "half-a")]])
    lanes = [[*[BREATH] * chance.randrange(12), pupils.prediction(token, "half-a", "settles")] for token in led.tokens]
    skips = [each for item in ("half-b", "half-c", "half-d") for each in (BREATH, BREATH, led.act("skip", item))]

    outcome = crowd.send(downhill.url, [*lanes, skips])

    kept = json.loads(downhill.ask(_STANDINGS.format(slug=led.slug)).split("KEPT")[1])
    statuses = [answer.status for answer in outcome.answers]
    assert (statuses.count(201), max(statuses)) == (N, 302)
    assert kept == [[1, 3, "done"]] * N
