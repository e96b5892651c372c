"""A seal that is taken back while something else would rest on it: one of the two happens, and never both."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

# What a lane sends to let time go by; it asks the database nothing.
BREATH: Request = ("GET", "/favicon.ico", {}, "")
RATES = "lessons/data-rules-everything/activities/rates/"
GUESS = "lessons/data-rules-everything/activities/u-curve-guess/"
_KEPT = """
import json
from lessons.models import Prediction, Reconciliation
who = {{"membership__user__username__startswith": "{prefix}"}}
kept = [str(each) for each in Prediction.objects.filter(**who).values_list("client_id", flat=True)]
print("KEPT" + json.dumps([sorted(kept), Reconciliation.objects.filter(**who).count()]))
"""
_AFTER_CLOSING = """
from classroom.models import LearningEvent
from lessons.models import Vote
closed_at = Vote.objects.get(stage__cohort__slug="{slug}").closed_at
taken_back = LearningEvent.objects.filter(membership__cohort__slug="{slug}", kind="prediction_taken_back")
print("AFTER", taken_back.filter(at__gt=closed_at).count())
"""


def kept(running: Running, prefix: str) -> tuple[list[str], int]:
    """The names of the seals that somebody has, and how many reveals they have seen."""
    said = running.ask(_KEPT.format(prefix=prefix))
    names, n_seen = json.loads(said.split("KEPT")[1])
    return names, n_seen


def sealed(running: Running, prefix: str, n: int, item: str, choice: object, activity: str) -> list[tuple[str, str]]:
    """Students with one seal each: their tokens, and its name."""
    pairs = [(token, str(uuid.uuid4())) for token in pupils.enrol(running, prefix, n)]
    lanes = [[pupils.prediction(token, item, choice, activity=activity, client_id=name)] for token, name in pairs]
    assert {answer.status for answer in crowd.send(running.url, lanes).answers} == {201}
    return pairs


def undo(token: str, name: str, activity: str = RATES) -> Request:
    return pupils.api(token, "DELETE", f"{activity}predictions/{name}/")


def against(running: Running, pairs: list[tuple[str, str]], act: object, activity: str) -> Counter[tuple[int, int]]:
    """Let everybody undo while they act; count what came of both."""
    chance = random.Random(7)
    lanes = []
    for token, name in pairs:
        lanes.append([*[BREATH] * chance.randrange(4), undo(token, name, activity)])
        lanes.append([*[BREATH] * chance.randrange(4), act(token)])  # type: ignore[operator]  # a function of the token
    answers = [each for each in crowd.send(running.url, lanes).answers if "favicon" not in each.body]
    told = [each.status for each in answers if each.status != 302]
    return Counter(zip(told[::2], told[1::2], strict=True))


def test_a_seal_is_taken_back_or_what_is_behind_it_is_seen(idle: Running) -> None:
    pairs = sealed(idle, "looker", 40, "half-a", "settles", "rates")

    came = against(idle, pairs, lambda token: pupils.api(token, "GET", f"{RATES}items/half-a/reveal/"), RATES)

    print(f"\nundo and look: {dict(came)}")
    assert set(came) <= {(204, 403), (409, 200)}
    names, n_seen = kept(idle, "looker")
    assert len(names) == n_seen == came[409, 200]


def test_a_seal_is_taken_back_or_a_run_is_asked_for_with_it(idle: Running) -> None:
    pairs = sealed(idle, "runner", 20, "lowest", 7, "u-curve-guess")
    wish = {"kind": "u_curve", "params": {"n_repeats": 5}, "activity": "u-curve-run"}

    def run(token: str) -> Request:
        return pupils.api(token, "POST", "runs/", {**wish, "seed": random.randrange(900)})

    came = against(idle, pairs, run, GUESS)

    print(f"\nundo and run: {dict(came)}")
    # What is refused before the lock is forbidden, and behind it too late.
    assert set(came) <= {(204, 403), (204, 409), (409, 202)}
    assert len(kept(idle, "runner")[0]) == came[409, 202]


def test_what_is_taken_back_is_not_sealed_again_by_those_who_send_it_once_more(idle: Running) -> None:
    ((token, name),) = sealed(idle, "twice", 1, "half-a", "settles", "rates")
    again = pupils.prediction(token, "half-a", "settles", client_id=name)

    outcome = crowd.send(idle.url, [[undo(token, name)] if n % 3 == 0 else [again] for n in range(30)])

    told = [answer.status for answer in outcome.answers]
    print(f"\nundo and repeat: {Counter(told)}")
    assert set(told[::3]) == {204}
    assert {status for n, status in enumerate(told) if n % 3} <= {200, 409}
    assert kept(idle, "twice") == ([], 0)


def against_the_closing(running: Running, slug: str) -> Counter[int]:
    """Let forty take back a vote while it is closed; count what they were told."""
    led = pupils.led_classes(running, [slug], n_students=40)[0]
    crowd.send(running.url, [[led.act("open_vote", "half-a")]])
    pairs = [(token, str(uuid.uuid4())) for token in led.tokens]
    crowd.send(running.url, [[pupils.prediction(token, "half-a", "settles", client_id=name)] for token, name in pairs])
    chance = random.Random(4)

    lanes = [[*[BREATH] * chance.randrange(16), undo(*pair)] for pair in pairs]
    outcome = crowd.send(running.url, [*lanes, [*[BREATH] * 6, led.act("close_vote", "half-a")]])

    told = Counter(answer.status for answer in outcome.answers[:-1] if answer.status != 302)
    print(f"\nundo and closing: {dict(told)}")
    assert set(told) <= {204, 409}
    assert len(kept(running, slug)[0]) == told[409]
    assert running.ask(_AFTER_CLOSING.format(slug=slug)).split("AFTER")[1].split() == ["0"]
    return told


def test_no_vote_is_taken_back_once_it_is_closed(idle: Running) -> None:
    tries = (against_the_closing(idle, f"second-thoughts-{letter}") for letter in "abcd")

    # On a busy machine the closing may come last of all: then nothing has raced.
    assert any(min(told[204], told[409]) >= 3 for told in tries)
