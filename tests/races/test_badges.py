"""Thirty last criteria at once, and two instructors at one text."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running, wait_for

pytestmark = [pytest.mark.race, pytest.mark.services]

# All but the last step, and all else that the badge asks for.
_ALMOST = """
import json, uuid
from django.test import Client
from classroom import services
from classroom.models import Cohort, Membership, Role, User
from lessons import catalogue, progress, selectors
from lessons import services as lesson_services
from tests.pupils import keep, measure, write
from tests.pupils import STEPS
lesson = catalogue.get("data-rules-everything")
cohort = Cohort.objects.get(slug="demo")
for student in Membership.objects.filter(user__username__startswith="last").select_related("cohort", "user"):
    for step, answer in enumerate(STEPS[:2], start=1):
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
    measure(student, lesson)
    write(student, lesson)
    keep(student, lesson, "u-curve-explain", {"text": "Because.", "aloud": True})
slow = Membership.objects.select_related("cohort", "user").get(user__username="slow0")
text = write(slow, lesson).pk
sessions = []
for name in ("left", "right"):
    user = User.objects.create_user(name, display_name=name.title())
    services.enrol(user, cohort, Role.INSTRUCTOR)
    browser = Client()
    browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    sessions.append(browser.cookies["sessionid"].value)
print("READY" + json.dumps([text, sessions]))
"""
_AWARDED = """
import json
from badges.models import Award
from lessons.models import Review, Submission
waits = []
for award in Award.objects.select_related("membership"):
    last = Submission.objects.filter(membership=award.membership, step=3).order_by("received_at").first()
    waits.append((award.issued_at - last.received_at).total_seconds())
print("AWARDS" + json.dumps([Award.objects.values("membership").distinct().count(), waits, Review.objects.count()]))
"""
_CSRF = "c" * 32


def awarded(downhill: Running) -> Any:
    return json.loads(downhill.ask(_AWARDED).split("AWARDS")[1])


def decision(session: str, text: int, act: str) -> Request:
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={_CSRF}",
        "X-CSRFToken": _CSRF,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode({"submission": text, "act": act, "comment": f"By {act}."})
    return ("POST", "/c/demo/class/reviews/", headers, body)


def test_thirty_last_criteria_at_once_bring_thirty_badges_and_one_text_is_decided_once(downhill: Running) -> None:
    tokens = pupils.enrol(downhill, "last", 30)
    pupils.enrol(downhill, "slow", 1)
    text, sessions = json.loads(downhill.ask(_ALMOST).split("READY")[1])
    # Each last step twice, by two devices at once.
    steps = [[pupils.submission(token, 3, pupils.STEPS[2])] for token in tokens for __ in range(2)]
    racing = [[decision(sessions[0], text, "approved")], [decision(sessions[1], text, "returned")]] * 3

    outcome = crowd.send(downhill.url, steps + racing)

    assert Counter(answer.status for answer in outcome.answers) == {201: 60, 302: 1, 409: 5}
    winner = next(answer for answer in outcome.answers if answer.status == 302)
    told = [answer.body for answer in outcome.answers if answer.status == 409]
    left_won = outcome.answers.index(winner) % 2 == 0
    assert all(f"{'Left' if left_won else 'Right'} was faster." in body for body in told)
    # Not lost with the decision that came too late.
    assert sum(f"Your comment was: “By {'returned' if left_won else 'approved'}.”" in body for body in told) == 3
    found: list[Any] = []
    wait_for(lambda: found.append(awarded(downhill)) or len(found[-1][1]) >= 30, "the badges", seconds=60)
    n_awarded, waits, n_reviews = found[-1]
    print(f"\n30 last criteria at once, twice each: awarded after {max(waits):.2f} s at most; {outcome}")
    assert (n_awarded, len(waits)) == (30, 30)
    assert max(waits) <= 20  # a worker awards them, one after the other, beside all that is asked of this machine
    assert n_reviews == 1
