"""The admin site and the API of a Downhill that runs: asked for anything over HTTP, as a superuser, nothing breaks.

Nothing is undone here: what one request has changed, the next one meets.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import IS_LONG, NASTY, Found, drawn, fields
from tests.fuzz.test_contract import hold_to_description, places_of
from tests.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.services]

_CSRF = "c" * 32
# Statuses that a page of the admin site may have, whatever was asked.
NAMED = {200, 302, 400, 403, 404, 405, 409, 413}
_MAKE = """
import json
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from classroom import tokens
from classroom.models import Cohort, Membership, User
from lessons.activities.experiment.runs import ask_by_kind
from tests.conventions import matrix
from tests.factories import MembershipFactory
from tests.fuzz import admin_site

world = matrix.build_world()
Cohort.objects.filter(slug="ours").update(lessons=["data-rules-everything", "sampler"])
student = Membership.objects.select_related("cohort", "user").get(pk=world.names["student"])
run = ask_by_kind(student, kind="u_curve", params={}, seed=0, activity="")
boss = User.objects.get(pk=world.clients["admin"].session["_auth_user_id"])
MembershipFactory(user=boss, cohort=student.cohort)
desks = {
    model._meta.label: {
        "there": list(admin_site.pages_of(model)),
        "nowhere": list(admin_site.pages_of_none(model)),
        "names": admin_site.names_of(model),
        "actions": [str(each) for each in desk.actions],
        "keys": [str(key) for key in model._default_manager.values_list("pk", flat=True)[:3]],
    }
    for model, desk in admin.site._registry.items()
}
print("MADE" + json.dumps({
    "session": world.clients["admin"].cookies["sessionid"].value,
    "tokens": {"admin": tokens.make(boss), "student": tokens.make(student.user)},
    "token": world.names["token"],
    "run": str(run.pk),
    "desks": desks,
}))
"""


@dataclass(frozen=True)
class Reply:
    status_code: int


class Browser:
    """A superuser's browser, on one connection."""

    def __init__(self, url: str, session: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={_CSRF}", "X-CSRFToken": _CSRF}

    def ask(self, method: str, path: str, sent: list[tuple[str, Any]]) -> Reply:
        encoded = urlencode(sent)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        request = (
            (path, encoded, self.headers | form) if method == "POST" else (f"{path}?{encoded}", None, self.headers)
        )
        try:
            status = self._send(method, *request)
        except (ConnectionError, http.client.BadStatusLine):
            # The server closed a connection that it had answered on; any browser sends once more on a new one.
            self.connection.close()
            status = self._send(method, *request)
        return Reply(status)

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("fuzz") / "var", "--no-worker") as downhill:
        yield downhill


@pytest.fixture(scope="module")
def made(running: Running) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(running.ask(_MAKE).split("MADE")[1])
    return found


def test_no_page_of_a_running_admin_site_breaks(running: Running, made: dict[str, Any]) -> None:
    browser, found = Browser(running.url, made["session"]), Found()

    def look(method: str, path: str, sent: list[tuple[str, Any]]) -> None:
        found.note(browser.ask(method, path, sent), f"{method} {path[:60]}", sent)

    def walk(addresses: list[str], names: list[str], most: int) -> None:
        @drawn(2, most=most)  # the first is the simplest: nothing is sent
        @given(data=st.data())
        def walked(data: st.DataObject) -> None:
            for path in addresses:
                for method in ("GET", "POST"):
                    look(method, path, data.draw(fields(names, {})))

        walked()

    for desk in made["desks"].values():
        walk(desk["there"], desk["names"], 12)
        walk(desk["nowhere"] if IS_LONG else desk["nowhere"][:3], desk["names"], 1)
        nasty = NASTY if IS_LONG else NASTY[::6]
        for name in ("q", "class", "person"):
            for value in nasty:
                look("GET", desk["there"][0], [(name, value)])
        for action in desk["actions"]:
            for chosen in (desk["keys"], desk["keys"][:2], *([value] for value in nasty)):
                look("POST", desk["there"][0], [("action", action), *(("_selected_action", key) for key in chosen)])

    # Still logged in, or all of this would have been asked of the log-in.
    assert browser.ask("GET", "/admin/", []).status_code == 200
    assert found.statuses[200] > found.statuses.total() / 10
    if IS_LONG:
        assert found.statuses.total() >= 2000
    assert set(found.statuses) <= NAMED | set(range(500, 600)), found.statuses
    if found.faults:
        print(running.log[-5000:])
    found.hold("admin over HTTP")


@pytest.mark.parametrize("role", ["admin", "student"])
def test_every_answer_of_a_running_api_is_one_that_its_description_names(
    running: Running, made: dict[str, Any], role: str
) -> None:
    schema = schemathesis.openapi.from_url(f"{running.url}/api/schema/?format=json")
    headers = {"Accept-Encoding": "identity", "Authorization": f"Token {made['tokens'][role]}"}

    faults, statuses = hold_to_description(schema, places_of(made["run"], made["token"]), headers)

    print(f"{role} over HTTP: {statuses.total()} calls, {dict(sorted(statuses.items()))}")
    assert not faults, "\n\n".join(faults)
    assert statuses[200]
