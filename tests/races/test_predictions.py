"""Many seals at once, and a vote that closes among them: each is stored once, and on one side of the closing."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

# What a lane sends to let time go by; it asks the database nothing.
BREATH: Request = ("GET", "/favicon.ico", {}, "")
ITEMS = ("half-a", "half-b", "half-c", "half-d")
_SEALED = """
import json
from django.db.models import F, OuterRef, Subquery
from lessons.models import Prediction, Vote
rows = Prediction.objects.filter(membership__cohort__slug="{slug}").annotate(
    closed_at=Subquery(
        Vote.objects.filter(
            stage__cohort__slug="{slug}",
            activity=OuterRef("activity"), item=OuterRef("item"), round=OuterRef("round"),
        ).values("closed_at")
    )
)
astray = rows.filter(counts="vote", sealed_at__gt=F("closed_at")) | rows.filter(
    counts="late", sealed_at__lt=F("closed_at")
)
stored = [[str(row.client_id), row.item, row.counts] for row in rows]
print("SEALED" + json.dumps([stored, rows.filter(closed_at=None).count(), astray.count()]))
"""
_VOTES = """
import json
from lessons.models import Vote
print("VOTES" + json.dumps([[v.stage.cohort.slug, v.item] for v in Vote.objects.filter(
    stage__cohort__slug__in={slugs!r}, closed_at=None).order_by("stage__cohort__slug")]))
"""


def where(running: Running) -> str:
    return "PostgreSQL" if running.server else "SQLite"


def test_of_fifty_parallel_predictions_of_one_member_one_is_sealed_and_the_others_are_told_so(
    downhill: Running,
) -> None:
    token = pupils.enrol(downhill, "hasty", 1)[0]
    # The rule of the class has no part in this question: nothing but the member is there to wait for.
    lanes = [[pupils.prediction(token, "lowest", 7, activity="u-curve-guess")] for _ in range(50)]

    outcome = crowd.send(downhill.url, lanes)

    print(f"\n50 seals by one member on {where(downhill)}: {outcome}")
    assert Counter(answer.status for answer in outcome.answers) == {201: 1, 409: 49}
    told = [json.loads(answer.body)["detail"] for answer in outcome.answers if answer.status == 409]
    assert len(set(told)) == 1
    assert told[0].startswith("You sealed your prediction at ")
    assert told[0].endswith(". It cannot change now.")
    sealed = next(json.loads(answer.body) for answer in outcome.answers if answer.status == 201)
    assert sealed["sealed_at"][11:19] in told[0]
    assert pupils.n_predictions(downhill, "hasty") == 1


def test_every_seal_lies_on_one_side_of_the_closing_and_its_reply_says_on_which(downhill: Running) -> None:
    led = pupils.led_classes(downhill, ["voters"], n_students=40)[0]
    chance = random.Random(4)
    replies: dict[str, tuple[str, str]] = {}
    for item in ITEMS:
        opened = crowd.send(downhill.url, [[led.act("open_vote", item)]])
        lanes = [[*[BREATH] * chance.randrange(16), pupils.prediction(token, item, "settles")] for token in led.tokens]
        outcome = crowd.send(downhill.url, [*lanes, [*[BREATH] * 6, led.act("close_vote", item)]])

        assert [answer.status for answer in opened.answers] == [302]
        # The instructor's lane is the last, and a page that was posted sends its reader on.
        assert outcome.answers[-1].status == 302
        sealed = [answer for answer in outcome.answers if "sealed_at" in answer.body]
        bodies = [json.loads(answer.body) for answer in sealed]
        assert [answer.status for answer in sealed] == [201] * 40
        assert {body["why"] for body in bodies} <= {"vote", "late"}
        assert all(body["counted"] == (body["why"] == "vote") for body in bodies)
        replies |= {body["id"]: (body["item"], body["why"]) for body in bodies}
        print(f"\n40 seals and a closing on {where(downhill)}: {dict(Counter(body['why'] for body in bodies))}")

    said = downhill.ask(_SEALED.format(slug=led.slug))
    stored, n_open, n_astray = json.loads(said.split("SEALED")[1])

    kinds = Counter(why for _item, why in replies.values())
    print(f"\nin all on {where(downhill)}: {dict(kinds)}")
    assert {client_id: (item, counts) for client_id, item, counts in stored} == replies
    assert len(stored) == len(replies) == 40 * len(ITEMS)
    assert (n_open, n_astray) == (0, 0)
    assert min(kinds["vote"], kinds["late"]) >= 5


@pytest.mark.parametrize("n_leaders", [2, 7])
def test_of_the_votes_that_several_leaders_open_at_once_one_is_open(downhill: Running, n_leaders: int) -> None:
    slugs = [f"{n_leaders}-leaders-{n}" for n in range(5)]
    classes = pupils.led_classes(downhill, slugs, n_instructors=n_leaders)
    winners = []
    for led in classes:
        items = [f"half-{letter}" for letter in "abcdefg"[:n_leaders]]
        outcome = crowd.send(downhill.url, [[led.act("open_vote", item, leader=i)] for i, item in enumerate(items)])

        statuses = [answer.status for answer in outcome.answers]
        assert Counter(statuses) == {302: 1, 409: n_leaders - 1}
        refused = [answer.body for answer in outcome.answers if answer.status == 409]
        assert all("Another vote is still open. Close it first." in body for body in refused)
        winners.append(items[statuses.index(302)])

    said = downhill.ask(_VOTES.format(slugs=slugs))

    print(f"\n{n_leaders} leaders at once on {where(downhill)}: {winners}")
    assert json.loads(said.split("VOTES")[1]) == [list(pair) for pair in zip(slugs, winners, strict=True)]
