"""After class, as an instructor meets it on a phone: who missed it, what to print, and what was explained aloud."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk
from tests.journeys.steps import LOOKS

pytestmark = pytest.mark.journey


def test_after_class_an_instructor_looks_back_hears_and_prints_on_a_phone(
    desk: Desk, new_led_class: Callable[..., str]
) -> None:
    new_led_class("afterwards", "albrecht", "adelheid", "anton")
    desk.clerk("end_class", "albrecht")
    desk.clerk("step_through", "adelheid")
    page = desk.open("albrecht", has_touch=True, **LOOKS["phone_dark"])
    page.goto("/c/afterwards/class/")
    page.locator(".class__ways a[href*='/class/after/']").click()

    expect(page.get_by_role("heading", name="The first five minutes next time")).to_be_visible()
    desk.look_in_every_way(page, "after_class")
    page.get_by_role("link", name="What everyone did").click()
    sheets = page.locator(".did--sheet")
    expect(sheets).to_have_count(1)
    expect(sheets.get_by_role("heading", name="Adelheid")).to_be_visible()
    desk.look_in_every_way(page, "what_everyone_did")
    page.emulate_media(media="print")
    assert [sheets.first.bounding_box()["y"] < 40, page.locator(".did__desk").is_visible()] == [True, False]

    page.emulate_media(media="screen")
    page.goto("/c/afterwards/class/?show=all")
    page.get_by_role("link", name="Adelheid", exact=True).click()
    heard = page.get_by_role("button", name="Explained aloud ✓").first
    box = heard.bounding_box()
    assert box["height"] >= 44
    expect(heard).to_be_in_viewport()
    heard.tap()
    expect(page.get_by_text("✓ explained aloud")).to_be_visible()
    page.get_by_role("link", name="What they did, to print").click()
    expect(page.get_by_role("row", name="Step 3 w = 1.5042")).to_be_visible()


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_each_sheet_of_the_print_pack_is_one_page(desk: Desk, paper: str) -> None:
    page = desk.open("instructor")
    page.goto(f"/print/demo/?paper={paper}")

    printed = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == page.locator(".sheet").count()
