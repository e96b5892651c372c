"""A laptop that serves the room over plain http: away from localhost a browser keeps its cryptography to itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.journeys.conftest import log_in
from tests.journeys.corpora import big_file, count_and_keep
from tests.journeys.steps import SHEET, STEP_1, banner, check, fill
from tests.running import Running

pytestmark = pytest.mark.journey


@pytest.fixture
def room(
    tmp_path_factory: pytest.TempPathFactory, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[Page]:
    """A page of a browser that knows Downhill by a name of its own."""
    options = dict(browser_type_launch_args)
    options["args"] = [*options["args"], "--host-resolver-rules=MAP classroom.test 127.0.0.1"]
    var = tmp_path_factory.mktemp("room") / "var"
    with Running(var, "--no-worker", ALLOWED_HOSTS="classroom.test,127.0.0.1") as running:
        browser = browser_type.launch(**options)
        page = browser.new_page(base_url=running.url.replace("127.0.0.1", "classroom.test"))
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        log_in(page, "student", running.fresh_passwords["student"])
        yield page
        browser.close()
    assert errors == []


def test_without_a_secure_context_the_sheet_and_a_large_corpus_do_as_ever(room: Page, tmp_path: Path) -> None:
    """There is no random UUID, no lock between tabs and no digest there, and no need of them."""
    room.goto(SHEET)
    missing = "[isSecureContext, typeof crypto.randomUUID, typeof crypto.subtle]"
    assert room.evaluate(missing) == [False, "undefined", "undefined"]
    fill(room, STEP_1 | {"w": "9"})
    room.route("**/check/", lambda route: route.abort())
    check(room)
    expect(banner(room)).to_contain_text("step 1")
    room.unroute("**/check/")
    room.locator("#w").fill("0.7463")
    check(room)
    expect(room.get_by_role("heading", name="Step 2 of 3")).to_be_visible()

    count_and_keep(room, *big_file(tmp_path, 20))
