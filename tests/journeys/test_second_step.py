"""The second step of a log-in, as an instructor sets it up and uses it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Clerk, Desk, log_in
from tests.journeys.steps import PHONE
from tests.steps import code_of

pytestmark = pytest.mark.journey


def plug_in_key(page: Page) -> None:
    """Give the browser a passkey of its own, one that confirms its owner without asking."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def confirm(page: Page) -> None:
    page.get_by_label("Password").fill("downhill")
    page.get_by_role("button", name="Continue").click()


def log_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    page.wait_for_url("**/")


def test_an_app_is_set_up_on_a_phone_and_used(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "second-app", "stella-app")
    page = desk.open(viewport=PHONE)
    log_in(page, "stella-app")
    page.locator(".person__name").click()
    page.get_by_role("link", name="My account").click()
    desk.look_in_every_way(page, "account")
    page.get_by_role("link", name="Second step").click()
    desk.look_in_every_way(page, "second_step_off")
    page.get_by_role("link", name="Set it up").click()
    desk.look_in_every_way(page, "password_again")
    confirm(page)
    desk.look_in_every_way(page, "second_step_app")
    assert (page.get_by_role("link", name="Open it").get_attribute("href") or "").startswith("otpauth://totp/")
    page.get_by_text("No camera?").click()
    secret = page.locator("details code").inner_text()

    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_text("This code is not right.")).to_be_in_viewport()
    page.get_by_label("Code", exact=True).fill(code_of(secret, -1))
    page.get_by_role("button", name="Turn it on").click()
    desk.look_in_every_way(page, "second_step_codes")
    recovery = page.locator("ol code").first.inner_text()
    page.get_by_role("link", name="I have written them down").click()
    desk.look_in_every_way(page, "second_step_on")
    page.goto("/accounts/devices/")
    desk.look_in_every_way(page, "devices")
    page.goto("/accounts/notebooks/")
    page.get_by_label("Name of the notebook").fill("Colab")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_text("Copy it now")).to_be_in_viewport()
    desk.look_in_every_way(page, "notebook_key")

    log_out(page)
    log_in(page, "stella-app")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    desk.look_in_every_way(page, "second_step_log_in")
    page.get_by_label("Code", exact=True).fill(recovery)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/class/")


def test_a_passkey_is_added_and_used(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "second-key", "silas-key")
    # A passkey belongs to a name, and an address of digits has none.
    desk.url = desk.url.replace("127.0.0.1", "localhost")
    page = desk.open()
    plug_in_key(page)
    log_in(page, "silas-key")
    page.goto("/accounts/second-step/")
    page.get_by_role("link", name="Add one").click()
    confirm(page)
    desk.look_in_every_way(page, "passkey_add")
    page.get_by_label("Its name").fill("my laptop")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="I have written them down").click()
    expect(page.get_by_text("my laptop").first).to_be_visible()
    desk.look_in_every_way(page, "passkey_on")

    log_out(page)
    log_in(page, "silas-key")
    desk.look_in_every_way(page, "passkey_log_in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/class/")
    page.goto("/accounts/second-step/")
    page.get_by_role("link", name="Remove").click()
    desk.look_in_every_way(page, "passkey_remove")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("my laptop")).to_have_count(0)
    log_out(page)
    log_in(page, "silas-key")
    page.wait_for_url("**/class/")


def test_where_passkeys_cannot_work_the_page_says_so(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "second-none", "sunny-none")
    page = desk.open()
    log_in(page, "sunny-none")
    page.goto("/accounts/second-step/passkeys/add/")
    confirm(page)

    expect(page.get_by_text("Passkeys need an address that begins with https")).to_be_visible()
    expect(page.get_by_role("button", name="Add it")).to_be_disabled()
    desk.look_in_every_way(page, "passkey_lacking")
