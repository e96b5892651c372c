"""A mis-tapped seal is taken back, on a page that waits for it, and without a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Clerk, Desk
from tests.journeys.steps import LOOKS, RATES, U_CURVE, pick, press_seal
from tests.running import Running

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Downhill in which a busy machine has time enough to tap."""
    with Running(tmp_path_factory.mktemp("patient"), "--no-worker", UNDO_SECONDS="8") as running:
        yield running


@pytest.fixture
def quiet_desk(browser: Browser, patient: Running) -> Iterator[Desk]:
    desk = Desk(browser, patient.url, Clerk(patient))
    yield desk
    for context in browser.contexts:
        context.close()
    assert desk.complaints == []


def seal_half_c(page: Page) -> None:
    page.goto(f"{RATES}?item=half-c")
    pick(page, "explodes", "sure")
    page.get_by_label("Because …").fill("it gets larger")
    press_seal(page)


def expect_all_that_was_typed(page: Page) -> None:
    expect(page.locator("[name=choice][value=explodes]")).to_be_checked()
    expect(page.locator("[name=confidence][value=sure]")).to_be_checked()
    expect(page.get_by_label("Because …")).to_have_value("it gets larger")


def test_a_slip_of_the_thumb_is_taken_back_and_what_stays_sealed_is_revealed_by_itself(quiet_desk: Desk) -> None:
    clerk = quiet_desk.clerk
    clerk("register", "thumb", "Thumb")
    page = quiet_desk.open("thumb", reduced_motion="reduce", **LOOKS["phone_dark"])
    seal_half_c(page)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    expect(page.locator("#spoken")).to_have_text("Sealed. It opens in a moment.")
    expect(page.get_by_role("group", name="What did you see?")).to_have_count(0)
    box = undo.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    undo.click()

    expect(page.locator("#spoken")).to_contain_text("Undone. Nothing is sealed.")
    assert clerk("predictions", "thumb") == ""
    expect_all_that_was_typed(page)
    page.reload()
    expect_all_that_was_typed(page)

    pick(page, "bounces")
    press_seal(page)
    expect(page.get_by_role("group", name="What did you see?")).to_be_visible()
    expect(undo).to_have_count(0)
    assert clerk("predictions", "thumb") == "half-c.1:bounces:own_pace"


def test_where_something_else_has_to_come_first_the_offer_ends_by_itself(quiet_desk: Desk) -> None:
    quiet_desk.clerk("register", "curve", "Curve")
    page = quiet_desk.open("curve")
    page.goto(U_CURVE)
    page.locator("#choice").fill("7")
    page.locator("[name=confidence][value=guess]").check()
    press_seal(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    quiet_desk.look(page, "predict_undo", is_moving=True)

    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.locator("[data-predict]")).to_have_attribute("data-state", "run")


def test_a_seal_is_taken_back_without_javascript(quiet_desk: Desk) -> None:
    quiet_desk.clerk("register", "plain", "Plain")
    page = quiet_desk.open("plain", java_script_enabled=False)
    seal_half_c(page)

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undone. Nothing is sealed.")).to_be_visible()
    expect_all_that_was_typed(page)
    press_seal(page)
    expect(page.get_by_role("link", name="Show the answer")).to_be_visible()
    assert quiet_desk.clerk("predictions", "plain") == "half-c.1:explodes:own_pace"
