"""A number that is sealed for good is shown as it was read before: live, without JavaScript, and after lost wifi."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Desk
from tests.journeys.steps import BIAS, PHONE, U_CURVE, NewStudent, Sealed, banner, press_seal

pytestmark = pytest.mark.journey

SEVEN = ["7,0", "٧", "７", "७٫०", "14/2", "6 2⁄2", "\u200e7\u2069", "７．０"]


def reads(page: Page) -> Locator:
    return page.locator("#choice-reads")


def test_what_is_typed_is_read_by_the_server_and_the_slider_follows(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    student = desk.open(new_student("ria"), viewport=PHONE)
    student.goto(U_CURVE)
    field, slider = student.locator("#choice"), student.get_by_role("slider")

    for typed in SEVEN:
        field.fill("3")
        expect(reads(student)).to_have_text("")
        expect(slider).to_have_value("3")
        field.fill(typed)
        expect(reads(student)).to_have_text("Read as 7")
        expect(slider).to_have_value("7")
    desk.look_in_every_way(student, "guess_read")
    field.fill("seven")
    expect(reads(student)).to_have_text("")
    field.fill("７")
    expect(reads(student)).to_have_text("Read as 7")
    student.reload()
    expect(field).to_have_value("７")
    expect(reads(student)).to_have_text("Read as 7")
    student.locator("[name=confidence][value=sure]").check()
    press_seal(student)

    expect(student.locator(".sealed")).to_contain_text("7")
    assert sealed("ria") == ["lowest.1:7:own_pace"]


def test_a_share_says_its_percent_before_it_is_sealed(desk: Desk, new_student: NewStudent, sealed: Sealed) -> None:
    student = desk.open(new_student("roy"))
    student.goto(BIAS)
    student.locator("#choice").fill("0,5")
    expect(reads(student)).to_have_text("Read as 0.5\u00a0%")
    desk.look_in_every_way(student, "guess_read_percent")
    student.locator("#choice").fill("50 %")
    expect(reads(student)).to_have_text("Read as 50\u00a0%")
    student.locator("[name=confidence][value=guess]").check()
    press_seal(student)

    expect(student.locator(".sealed")).to_contain_text("50")
    assert sealed("roy") == ["headline.1:50:own_pace"]


def test_without_javascript_it_is_shown_and_sealed_when_sent_again(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    student = desk.open(new_student("rob"), java_script_enabled=False)
    student.goto(BIAS)
    student.locator("#choice").fill("0,5")
    student.locator("[name=confidence][value=guess]").check()
    press_seal(student)
    expect(student.get_by_text("We read that as 0.5\u00a0%. Seal it again if that is right.")).to_be_visible()
    assert sealed("rob") == []

    press_seal(student)

    expect(student.locator(".sealed")).to_contain_text("0.5\u00a0%")
    assert sealed("rob") == ["headline.1:0.5:own_pace"]
    desk.complaints = [line for line in desk.complaints if "status of 400" not in line]


@pytest.mark.usefixtures("without_wifi")
def test_what_nobody_could_read_back_without_wifi_is_asked_about_once_it_is_there(
    desk: Desk, new_student: NewStudent, sealed: Sealed
) -> None:
    student = desk.open(new_student("rex"), reduced_motion="reduce")
    student.goto(BIAS)
    student.context.set_offline(True)
    student.locator("#choice").fill("0,5")
    student.locator("[name=confidence][value=guess]").check()
    press_seal(student)
    expect(banner(student)).to_contain_text("Saved on this device")

    student.context.set_offline(False)

    says = "We read that as 0.5\u00a0%. Seal it again if that is right."
    expect(student.locator("#choice-error")).to_have_text(says)
    expect(reads(student)).to_have_text("Read as 0.5\u00a0%")
    assert sealed("rex") == []
    desk.look_in_every_way(student, "guess_asked_about")
    press_seal(student)
    expect(student.locator(".sealed")).to_contain_text("0.5\u00a0%")
    assert sealed("rex") == ["headline.1:0.5:own_pace"]
