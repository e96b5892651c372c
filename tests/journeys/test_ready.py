"""Ready for tonight?, gone through by keyboard in a room: a real worker, and a phone with a browser of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from tests.journeys.conftest import log_in
from tests.journeys.steps import LAPTOP, PHONE
from tests.running import Running

pytestmark = pytest.mark.journey


@pytest.fixture
def room(
    tmp_path_factory: pytest.TempPathFactory, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> Iterator[tuple[Browser, Running]]:
    """A Downhill with a worker that is known by a name of its own, over plain http, and a browser that knows it."""
    options = dict(browser_type_launch_args)
    options["args"] = [*options["args"], "--host-resolver-rules=MAP classroom.test 127.0.0.1"]
    with Running(tmp_path_factory.mktemp("ready") / "var", ALLOWED_HOSTS="classroom.test,127.0.0.1") as running:
        browser = browser_type.launch(**options)
        yield browser, running
        browser.close()


def test_the_list_is_gone_through_by_keyboard_and_a_phone_turns_its_line_green(room: tuple[Browser, Running]) -> None:
    browser, running = room
    address = running.url.replace("127.0.0.1", "classroom.test")
    page = browser.new_page(base_url=address, viewport=LAPTOP)
    log_in(page, "instructor", running.fresh_passwords["instructor"])
    page.goto("/c/demo/class/ready/")

    page.get_by_role("button", name="Send a small run").press("Enter")
    printed = page.get_by_label("It prints")
    printed.press_sequentially("0.74")
    expect(page.locator("#worker")).to_contain_text(re.compile(r"came back after \d+\.\d seconds"), timeout=60_000)
    # The list came anew while somebody was typing into it.
    expect(printed).to_have_value("0.74")
    expect(printed).to_be_focused()
    printed.press("End")
    printed.press_sequentially("63")
    printed.press("Enter")
    expect(page.locator("#notebook")).to_contain_text("Your notebook prints 0.7463.")

    code = page.locator("#phone [role=img]").get_attribute("aria-label") or ""
    phone = browser.new_page(viewport=PHONE)
    errors: list[str] = []
    phone.on("pageerror", lambda error: errors.append(str(error)))
    phone.goto(code.removeprefix("QR code of "))
    expect(phone.get_by_text("Your list shows it.")).to_be_visible()
    assert errors == []
    told = f"Its screen is {PHONE['width']} wide and {PHONE['height']} high."
    expect(page.locator("#phone")).to_contain_text(told)
    expect(page.locator("#phone")).to_contain_text("fine")
