"""Two instructors and an admin merge a double the two ways round, and press twice, while both hand in and seal."""

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
from classroom.models import Cohort, Role, User
from lessons import catalogue
from tests import pupils
cohort = services.open_cohort(slug="doubled", name="Doubled")
lesson = catalogue.get("data-rules-everything")
accounts = []
for name in ("double-one", "double-two"):
    user = User.objects.create_user(name, display_name="Sam")
    member = services.enrol(user, cohort)
    pupils.seal(member, lesson, "rates", "half-a", "crawls")
    accounts.append([member.pk, tokens.make(user)])
sessions = []
for name in ("doubled-left", "doubled-right"):
    user = User.objects.create_user(name, display_name=name)
    services.enrol(user, cohort, Role.INSTRUCTOR)
    browser = Client()
    browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    sessions.append(browser.cookies["sessionid"].value)
browser = Client()
browser.force_login(
    User.objects.create_user("doubled-admin", display_name="Admin", is_staff=True, is_superuser=True),
    "allauth.account.auth_backends.AuthenticationBackend",
)
sessions.append(browser.cookies["sessionid"].value)
print("MADE" + json.dumps([accounts, sessions]))
"""
_FOUND = """
import json
from django.contrib.admin.models import LogEntry
from classroom.models import LearningEvent, Membership
from lessons.models import Prediction, Submission
members = Membership.objects.filter(cohort__slug="doubled", role="student")
stays = [each.pk for each in members if each.removed_at is None]
rows = {
    "stays": stays,
    "merges": [
        "entered_by" in each.facts
        for each in LearningEvent.objects.filter(kind="accounts_merged", membership__in=members)
    ],
    "logged": LogEntry.objects.filter(object_id__in=[str(each.pk) for each in members]).count(),
    "submissions": [
        [str(row.client_id), row.membership_id] for row in Submission.objects.filter(membership__in=members)
    ],
    "sealed": [[row.item, row.membership_id] for row in Prediction.objects.filter(membership__in=members)],
}
print("FOUND" + json.dumps(rows))
"""


def press(session: str, *, at: int, other: int, keep: int) -> Request:
    return _post(session, f"/c/doubled/class/students/{at}/merge/", {"other": other, "keep": keep})


def press_as_admin(session: str, *chosen: int, keep: int) -> Request:
    sent = {"action": "merge", "_selected_action": chosen, "keep": keep}
    return _post(session, "/admin/classroom/membership/", sent)


def _post(session: str, path: str, sent: dict[str, object]) -> Request:
    headers = {
        "Cookie": f"sessionid={session}; csrftoken={_CSRF}",
        "X-CSRFToken": _CSRF,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return ("POST", path, headers, urlencode(sent, doseq=True))


def test_one_account_is_left_and_nothing_that_was_taken_is_lost_or_counted_twice(downhill: Running) -> None:
    (one, two), sessions = json.loads(downhill.ask(_MAKE).split("MADE")[1])
    names = {token: [str(uuid.uuid4()) for __ in range(12)] for __, token in (one, two)}
    sheets = [
        [pupils.submission(token, 1, {"w": str(n)}, client_id) for n, client_id in enumerate(ids)]
        for token, ids in names.items()
    ]
    seals = [
        [pupils.prediction(token, item, "zigzags") for item in ("half-a", "half-b", "half-c", "half-d")]
        for token in names
    ]
    presses = [
        [press(sessions[0], at=one[0], other=two[0], keep=one[0])],
        [press(sessions[1], at=two[0], other=one[0], keep=two[0])],
        [press(sessions[0], at=one[0], other=two[0], keep=one[0])],
        [press_as_admin(sessions[2], one[0], two[0], keep=two[0])],
        [press_as_admin(sessions[2], one[0], two[0], keep=one[0])],
    ]

    outcome = crowd.send(downhill.url, [*sheets, *presses, *seals])

    n_sheets = 24
    sent, pressed = outcome.answers[:n_sheets], outcome.answers[n_sheets : n_sheets + len(presses)]
    found = json.loads(downhill.ask(_FOUND).split("FOUND")[1])
    (stays,) = found["stays"]
    print(
        f"\nmerged while 24 sheets and 8 seals came: {Counter(each.status for each in sent)}, "
        f"{[each.status for each in pressed]}; {outcome}"
    )
    (by_instructor,) = found["merges"]
    assert found["logged"] == (0 if by_instructor else 2)
    assert sorted(each.status for each in pressed)[0] == 302
    assert {each.status for each in pressed} <= {302, 409}
    assert {each.status for each in sent} <= {201, 404}
    # All that was taken is with the account that stays; what was refused is nowhere.
    ids = [client_id for each in names.values() for client_id in each]
    taken = {client_id for client_id, each in zip(ids, sent, strict=True) if each.status == 201}
    assert {client_id for client_id, __ in found["submissions"]} == taken
    assert {member for __, member in found["submissions"]} == {stays}
    counted = Counter(item for item, member in found["sealed"] if member == stays)
    assert set(counted.values()) == {1}
    assert {each.status for each in outcome.answers} <= {201, 302, 404, 409}
