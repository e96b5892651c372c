"""People are erased while they hand in, seal, ask for runs, join another class and log in, and while an instructor
renames and removes them, helps them and gives them passwords and badges.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from urllib.parse import urlencode

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running

pytestmark = [pytest.mark.race, pytest.mark.services]

_CSRF = "c" * 32
_MAKE = """
import json
from django.test import Client
from classroom import services, tokens
from classroom.models import Role, User
def session_of(user):
    browser = Client()
    browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return browser.cookies["sessionid"].value
cohort = services.open_cohort(slug="erasing", name="Erasing")
other = services.open_cohort(slug="beside", name="Beside")
made = []
for i in range(6):
    user = User.objects.create_user(f"to-erase-{i}", "three plain words", display_name=f"Gone {i}")
    place = services.enrol(user, cohort, Role.INSTRUCTOR if i == 5 else Role.STUDENT)
    made.append([user.pk, tokens.make(user), session_of(user), place.pk])
boss = User.objects.create_superuser("eraser", display_name="Eraser")
teacher = User.objects.create_user("teacher", "three plain words", display_name="Teacher")
services.enrol(teacher, cohort, Role.INSTRUCTOR)
print("MADE" + json.dumps([made, session_of(boss), session_of(teacher), other.join_code]))
"""
_FOUND = """
import json
from classroom.models import Membership, User
from experiments.models import Run, RunRequest
from privacy.erasure import sessions_of
from django.core.management import call_command
from lessons.models import Prediction, Submission
pks = {pks}
call_command("purge", yes=True)
left = User.objects.filter(pk__in=pks)
members = Membership.objects.filter(user__in=pks)
print("FOUND" + json.dumps({{
    "people": [each.username for each in left],
    "places": [[each.role, each.is_present] for each in members],
    "work": [model.objects.filter(membership__in=members).count() for model in (Submission, Prediction, RunRequest)],
    "sessions": len(sessions_of(pks)),
    "runs": Run.objects.filter(requests=None).count(),
}}))
"""


def press(session: str, path: str, body: dict[str, str]) -> Request:
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={_CSRF}",
        "X-CSRFToken": _CSRF,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return ("POST", path, headers, urlencode(body))


def here(request: Request) -> Request:
    """The same in the one class, since they join another one meanwhile."""
    method, path, headers, body = request
    return (method, f"{path}?cohort=erasing", headers, body)


def instructs(teacher: str, place: int) -> list[list[Request]]:
    """What an instructor presses for a student, each from a tab of its own."""
    theirs = f"/c/erasing/class/students/{place}/"
    call = {"act": "helped", "student": str(place), "reason": "tries"}
    named = [{"act": "save", "display_name": f"New {n}", "student_id": f"{place}-{n}"} for n in range(6)]
    return [
        [press(teacher, f"{theirs}member/", each) for each in named],
        [press(teacher, "/c/erasing/class/help/", call | {"occasion": f"by-hand {n}"}) for n in range(6)],
        [press(teacher, f"{theirs}password/", {})],
        [press(teacher, f"{theirs}badge/", {"act": "give", "because": "They explained it."})],
        [
            press(teacher, f"{theirs}member/", {"act": "remove"}),
            press(teacher, "/c/erasing/class/people/", {"student": str(place)}),
        ],
    ]


def test_no_row_is_left_and_nobody_meets_an_error(downhill: Running) -> None:
    people, boss, teacher, code = json.loads(downhill.ask(_MAKE).split("MADE")[1])
    lanes: list[list[Request]] = []
    for i, (__, token, session, place) in enumerate(people):
        lanes.append([here(pupils.submission(token, 1, {"w": str(n)})) for n in range(8)])
        lanes.append([here(pupils.prediction(token, f"half-{key}", "zigzags")) for key in "abcd"])
        run = {"kind": "starvation", "params": {"n_repeats": 2, "kept": 3}, "seed": 900_000 + i}
        lanes.append([here(pupils.api(token, "POST", "runs/", run))])
        lanes.append([press(session, f"/join/{code}", {"id": str(uuid.uuid4())}) for __ in range(3)])
        lanes.append([press("", "/accounts/login/", {"login": f"to-erase-{i}", "password": "three plain words"})])
        lanes += instructs(teacher, place)
    lanes.append(
        [
            press(boss, f"/admin/classroom/user/{pk}/erase/", {"username": f"to-erase-{i}"})
            for __ in range(2)
            for i, (pk, *__) in enumerate(people)
        ]
    )

    outcome = crowd.send(downhill.url, lanes)

    pks = [pk for pk, *__ in people]
    # Who was just joining when they were to be erased is erased by the next press.
    for i, pk in enumerate(pks):
        crowd.one(downhill.url, press(boss, f"/admin/classroom/user/{pk}/erase/", {"username": f"to-erase-{i}"}))
    found = json.loads(downhill.ask(_FOUND.format(pks=pks)).split("FOUND")[1])
    print(f"\nsix erased while they were at work: {Counter(each.status for each in outcome.answers)}; {outcome}")
    sent = [request[1] for lane in lanes for request in lane]
    assert [path for path, each in zip(sent, outcome.answers, strict=True) if each.status >= 500] == []
    # Of the instructor an empty place is left, and nothing in it.
    assert found == {
        "people": [f"erased-{pks[5]}"],
        "places": [["instructor", False]],
        "work": [0, 0, 0],
        "sessions": 0,
        "runs": 0,
    }
