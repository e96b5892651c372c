"""The session's notebook, taken from the page and carried out: alone, and sending its work to a running Downhill."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.crowd import one
from tests.journeys.conftest import Desk
from tests.notebooks import kernel
from tests.running import Running

pytestmark = pytest.mark.journey

Taken = Callable[[str], dict[str, Any]]


@pytest.fixture
def taken(desk: Desk, new_student: Callable[[str], str]) -> Taken:
    def take(username: str) -> dict[str, Any]:
        page = desk.open(new_student(username))
        page.goto("/c/demo/lessons/data-rules-everything/")
        with page.expect_download() as download:
            page.get_by_role("link", name="The same work as a notebook").click()
        assert download.value.suggested_filename == "nb2.ipynb"
        cells: dict[str, Any] = json.loads(download.value.path().read_text(encoding="utf-8"))
        return cells

    return take


def test_it_runs_on_its_own_machine_and_sends_nothing(taken: Taken) -> None:
    with kernel(DOWNHILL_URL="", DOWNHILL_TOKEN="") as carry_out:
        printed = carry_out(taken("nb_reader"))

    assert "step 1: w = 0.7463\nstep 2: w = 1.2127\nstep 3: w = 1.5042\n" in printed
    assert "No address and no token: nothing was sent." in printed


def test_what_it_sends_counts_and_its_numbers_are_the_servers(
    taken: Taken, own: Callable[[str], str], stored: Callable[[str], list[str]], downhill: Running
) -> None:
    cells = taken("nb_sender")
    who = json.dumps({"username": own("nb_sender"), "password": "downhill"})
    answer = one(downhill.url, ("POST", "/api/v1/token/", {"Content-Type": "application/json"}, who))
    token = json.loads(answer.body)["token"]

    with kernel(DOWNHILL_URL=downhill.url, DOWNHILL_TOKEN=token) as carry_out:
        printed = carry_out(cells)

    assert "step 1 accepted: True" in printed
    assert "The same numbers as on the server." in printed
    assert [sent[:9] for sent in stored("nb_sender")] == ["1:0.74625"]
