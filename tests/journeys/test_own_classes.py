"""An instructor who copies a class, names it, and shares it, without the admin site."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk
from tests.journeys.steps import PHONE
from tests.journeys.test_people import SMALL_TARGETS

pytestmark = pytest.mark.journey


def test_a_class_is_copied_by_keyboard_shared_by_a_link_and_put_away(desk: Desk) -> None:
    page = desk.open("instructor")
    page.goto("/c/demo/class/")
    page.get_by_role("link", name="Copy this class").click()
    page.get_by_label("Name", exact=True).fill("\u200b")
    page.get_by_label("Time zone").fill("berlin")
    desk.look_in_every_way(page, "copy_class")
    page.keyboard.press("Enter")

    # What was wrong is said at its field; what was typed is still there.
    expect(page.get_by_text("This name is invisible. Use at least one letter.")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("berlin")
    desk.complaints.clear()  # Chromium says on its console that a request was answered 400
    page.get_by_label("Name", exact=True).fill("Größe 9b")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/c/grosse-9b-\w{4}/class/$"))

    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_role("button", name="Invite an instructor").click()
    link = page.get_by_label("Link for one instructor").input_value()
    page.set_viewport_size(PHONE)
    assert page.evaluate(SMALL_TARGETS) == []
    desk.look_in_every_way(page, "class_settings")

    visitor = desk.open(viewport=PHONE)
    visitor.goto(link.removeprefix(desk.url))
    desk.look(visitor, "invited_phone")
    visitor.get_by_label("Username").fill("second-instructor")
    visitor.get_by_label("Display name").fill("Noor")
    visitor.get_by_role("textbox", name="Password").fill("three plain words")
    visitor.get_by_role("button", name="Make an account and teach").click()
    expect(visitor.get_by_role("heading", name="Data Rules Everything")).to_be_visible()

    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="Noor")).to_be_visible()
    page.get_by_role("button", name="Archive this class").click()
    expect(page.get_by_role("button", name="Open it again")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_count(0)
    page.goto("/")
    expect(page.get_by_role("link", name="New class")).to_be_visible()
    desk.look_in_every_way(page, "own_classes")
