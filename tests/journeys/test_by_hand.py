"""The worksheet in the hands of students: by thumb, by keyboard, by ear, without wifi, on a shared device."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Desk, log_in, lose_replies
from tests.journeys.steps import PHONE, SHEET, STEP_1, STEP_2, NewStudent, banner, check, fill
from tests.running import wait_for

pytestmark = pytest.mark.journey


def test_a_phone_has_a_key_for_the_minus_and_check_stays_in_reach(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("thea"), viewport=PHONE, has_touch=True, is_mobile=True)
    student.goto(SHEET)
    for name, typed in STEP_1.items():
        cell, key = student.locator(f"[name={name}]"), student.locator(f"[data-sign={name}]")
        cell.tap()
        cell.fill(typed.removeprefix("-"))
        size = key.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 44
        if typed.startswith("-"):
            key.tap()
            expect(cell).to_be_focused()
            expect(cell).to_have_value(f"−{typed.removeprefix('-')}")
        assert cell.get_attribute("inputmode") == "decimal"
    expect(student.locator("[data-mirror=mean]")).to_have_text("−14.925")
    student.locator("[name=error_1]").scroll_into_view_if_needed()
    expect(student.get_by_role("button", name="Check")).to_be_in_viewport()
    desk.look(student, "by_hand_phone_typed")

    student.get_by_role("button", name="Check").tap()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    student.locator("[data-sign=w]").tap()
    student.locator("[data-sign=w]").tap()
    expect(student.locator("[name=w]")).to_have_value("")


def test_the_keyboard_alone_goes_through_all_three_steps(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("kai"))
    student.goto(SHEET)
    student.locator("[name=error_1]").focus()
    for typed in STEP_1.values():
        student.keyboard.type(typed)
        student.keyboard.press("Enter")
    student.keyboard.press("Enter")
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_focused()

    tab_to(student, "error_4")
    student.keyboard.type("-4.8148")
    tab_to(student, "mean")
    student.keyboard.type("-9.3278")
    tab_to(student, "w")
    student.keyboard.type("1.2127")
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_focused()
    tab_to(student, "w")
    student.keyboard.type("1.5042")
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")

    expect(student.get_by_role("heading", name="All steps taken")).to_be_focused()
    expect(student.get_by_text("That is why w climbed.")).to_be_visible()


def tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"the tab key never came to {name}")


def test_the_sheet_can_be_heard(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("hera"))
    student.goto(SHEET)
    cell = student.get_by_role("textbox", name="row 2, x = 2, error = prediction minus y", exact=True)
    expect(cell).to_have_attribute("name", "error_2")
    expect(student.get_by_role("textbox", name="row 3, x = 3, error times x", exact=True)).to_be_visible()
    expect(student.get_by_role("textbox", name="new w", exact=True)).to_be_visible()
    expect(student.get_by_role("group", name=re.compile("loss = half the mean squared error"))).to_be_visible()
    expect(student.get_by_role("img", name="x = 2, y = 3.9")).to_be_visible()

    fill(student, STEP_1 | {"error_2": "3.9"})
    check(student)

    expect(cell).to_be_focused()
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_have_accessible_description("Not yet. The digits are right; a minus has got lost on the way.")
    expect(student.locator("#spoken")).to_have_text("1 cell is not right yet; look where the arrow points.")


def test_the_live_line_says_what_the_cell_at_hand_asks_for(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("liv"))
    student.goto(SHEET)
    expect(student.locator("[data-here]")).to_have_text("Row 1: 0 × 1 − 2.1 = ?")

    student.locator("[name=product_3]").focus()

    expect(student.locator("[data-here]")).to_have_text("Row 3: its error × 3 = ?")
    student.get_by_text("Hint", exact=True).click()
    expect(student.get_by_text("New w: 0 − 0.05 × gradient = ?")).to_be_visible()


def test_what_is_typed_survives_a_reload(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("rolf"))
    student.goto(SHEET)
    fill(student, {"error_1": "-2.1", "mean": "-1"})

    student.reload()

    expect(student.locator("[name=error_1]")).to_have_value("-2.1")
    expect(student.locator("[name=mean]")).to_have_value("-1")
    expect(student.locator("[data-mirror=mean]")).to_have_text("-1")


@pytest.mark.usefixtures("without_wifi")
def test_an_answer_sent_without_wifi_survives_a_reload_and_arrives_once(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    student = desk.open(new_student("wim"))
    student.goto(SHEET)
    fill(student, STEP_1)
    student.context.set_offline(True)
    check(student)
    expect(banner(student)).to_contain_text("Kept on this device, and sent as soon as the network is back: step 1.")
    assert stored("wim") == []

    student.context.set_offline(False)
    student.reload()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(banner(student)).to_be_hidden()
    student.reload()
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    assert stored("wim") == ["1:0.7463"]


@pytest.mark.usefixtures("without_wifi")
def test_an_answer_whose_reply_was_lost_is_stored_once(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    student = desk.open(new_student("rea"))
    student.goto(SHEET)
    fill(student, STEP_1)
    find_again = lose_replies(student, "**/check/")
    check(student)
    expect(banner(student)).to_contain_text("step 1")

    find_again()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    assert stored("rea") == ["1:0.7463"]


@pytest.mark.usefixtures("without_wifi")
def test_a_correction_follows_the_answer_that_it_corrects(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    student = desk.open(new_student("cora"))
    student.goto(SHEET)
    fill(student, STEP_1 | {"w": "9"})
    student.route("**/check/", lambda route: route.abort())
    check(student)
    expect(banner(student)).to_contain_text("step 1")

    student.locator("#w").fill("0.7463")
    student.unroute("**/check/")
    check(student)

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(banner(student)).to_be_hidden()
    assert stored("cora") == ["1:9", "1:0.7463"]


@pytest.mark.usefixtures("without_wifi")
@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<html><h1>Welcome to the school wifi</h1></html>"},
        {"status": 404, "body": "<p data-refusal>There is no such class among yours.</p>"},
        {"status": 401, "body": "<p data-refusal>You are logged out.</p>"},
        {"status": 503, "body": ""},
    ],
    ids=["a wifi log-in page", "a log-in of another class", "a log-out", "an overload"],
)
def test_only_the_sheet_itself_acknowledges_an_answer(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]], answer: dict[str, Any]
) -> None:
    student = desk.open(new_student(f"only{answer['status']}"))
    student.goto(SHEET)
    fill(student, STEP_1)
    student.route("**/check/", lambda route: route.fulfill(content_type="text/html", **answer))

    check(student)

    said = {401: "You are logged out.", 404: "no such class"}.get(answer["status"], "Kept on this device")
    expect(banner(student)).to_contain_text(said)
    expect(student.locator("[name=w]")).to_have_value("0.7463")
    student.unroute("**/check/")
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(banner(student)).to_be_hidden()
    assert stored(f"only{answer['status']}") == ["1:0.7463"]


@pytest.mark.usefixtures("without_wifi")
def test_steps_typed_without_wifi_wait_their_turn_and_go_out_in_order(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    student = desk.open(new_student("quin"))
    student.goto(SHEET)
    fill(student, STEP_1)
    student.context.set_offline(True)
    check(student)
    second = student.locator("form[data-later-step='2']")
    for name, typed in STEP_2.items():
        second.locator(f"[name={name}]").fill(typed)
    second.get_by_role("button", name="Keep and go on").click()
    third = student.locator("form[data-later-step='3']")
    third.locator("[name=w]").fill("1.5042")
    third.get_by_role("button", name="Keep and go on").click()
    expect(banner(student)).to_contain_text("step 1, step 2, step 3")
    desk.look(student, "by_hand_queue")

    student.context.set_offline(False)

    expect(student.get_by_role("heading", name="All steps taken")).to_be_visible()
    assert stored("quin") == ["1:0.7463", "2:1.2127", "3:1.5042"]


@pytest.mark.usefixtures("without_wifi")
def test_without_wifi_the_next_step_has_the_cells_of_the_sheet(desk: Desk, new_student: NewStudent) -> None:
    """Two of its three values are negative, and the keypad of a phone has no minus."""
    student = desk.open(new_student("rike"), viewport=PHONE)
    student.goto(SHEET)
    fill(student, STEP_1)
    student.context.set_offline(True)
    check(student)
    second = student.locator("form[data-later-step='2']")

    for name, typed in STEP_2.items():
        cell = second.locator(".cell", has=student.locator(f"[name={name}]"))
        expect(cell.locator("input")).to_have_attribute("inputmode", "decimal")
        cell.locator("input").focus()
        cell.locator("input").fill(typed.lstrip("-"))
        if typed.startswith("-"):
            cell.locator("[data-sign]").click()
            expect(cell.locator("input")).to_have_value(typed.replace("-", "−"))
            expect(cell.locator("input")).to_be_focused()
        student.keyboard.press("Enter")

    expect(second.get_by_role("button", name="Keep and go on")).to_be_focused()
    ids = "[...document.querySelectorAll('[id]')].map(({ id }) => id)"
    assert student.evaluate(f"new Set({ids}).size === {ids}.length")
    desk.look(student, "by_hand_later_390")


@pytest.mark.usefixtures("without_wifi")
def test_a_step_that_is_not_accepted_holds_the_later_ones_back_and_loses_none(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    student = desk.open(new_student("holda"))
    student.goto(SHEET)
    fill(student, STEP_1 | {"w": "9"})
    student.context.set_offline(True)
    check(student)
    second = student.locator("form[data-later-step='2']")
    for name, typed in STEP_2.items():
        second.locator(f"[name={name}]").fill(typed)
    second.get_by_role("button", name="Keep and go on").click()

    student.context.set_offline(False)
    expect(student.locator("[name=w][aria-invalid=true]")).to_be_visible()
    assert stored("holda") == ["1:9"]
    student.locator("[name=w]").fill("0.7463")
    check(student)

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(student.locator("[name=error_4]")).to_have_value("-4.8148")
    expect(student.locator("[name=w]")).to_have_value("1.2127")


@pytest.mark.usefixtures("without_wifi")
def test_on_a_shared_device_nothing_stays_of_whoever_has_logged_out(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    first, second = new_student("anna"), new_student("bela")
    page = desk.open(first)
    page.goto(SHEET)
    fill(page, STEP_1)
    page.route("**/check/", lambda route: route.abort())
    check(page)
    expect(banner(page)).to_contain_text("step 1")
    page.locator(".person__name").click()
    page.get_by_role("button", name="Log out").click()
    expect(banner(page)).to_contain_text("Not sent yet: step 1. Logging out deletes it from this device.")
    assert page.evaluate("Object.keys(localStorage).length") > 1
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: SHEET not in url)
    page.unroute("**/check/")
    assert page.evaluate("Object.keys(localStorage).filter(key => key !== 'downhill:day')") == []

    log_in(page, second)
    page.goto(SHEET)
    expect(page.get_by_role("heading", name="Step 1 of 3")).to_be_visible()
    expect(page.locator("[name=w]")).to_have_value("")
    expect(banner(page)).to_be_hidden()
    page.wait_for_load_state("networkidle")
    assert (stored(first), stored(second)) == ([], [])
    page.context.clear_cookies()
    log_in(page, first)

    page.goto(SHEET)
    expect(page.locator("[name=w]")).to_have_value("")
    assert (stored(first), stored(second)) == ([], [])


@pytest.mark.usefixtures("without_wifi")
def test_what_waits_of_a_log_in_that_has_run_out_is_seen_by_nobody_else_and_sent_at_the_next_one(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    first, second = new_student("abba"), new_student("bibi")
    page = desk.open(first)
    page.goto(SHEET)
    fill(page, STEP_1)
    page.route("**/check/", lambda route: route.abort())
    check(page)
    expect(banner(page)).to_contain_text("step 1")
    page.context.clear_cookies()
    page.unroute("**/check/")

    log_in(page, second)
    page.goto(SHEET)
    expect(page.locator("[name=w]")).to_have_value("")
    expect(banner(page)).to_be_hidden()
    page.wait_for_load_state("networkidle")
    assert (stored(first), stored(second)) == ([], [])
    page.context.clear_cookies()
    log_in(page, first)

    page.goto(SHEET)
    expect(page.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    assert (stored(first), stored(second)) == (["1:0.7463"], [])


@pytest.mark.usefixtures("without_wifi")
def test_a_tab_whose_answer_another_tab_has_sent_shows_how_things_stand(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    username = new_student("tabea")
    page = desk.open(username)
    page.goto(SHEET)
    fill(page, STEP_1)
    page.context.clear_cookies(name="sessionid")
    check(page)
    expect(banner(page)).to_contain_text("You are logged out.")
    page.route("**/check/", lambda route: route.abort())  # it does not send by itself, as minutes later it would not

    log_in(page.context.new_page(), username)

    expect(page.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(banner(page)).to_be_hidden()
    assert stored("tabea") == ["1:0.7463"]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('downhill:draft:'))") == []


@pytest.mark.usefixtures("without_wifi")
def test_a_tab_of_another_student_on_the_same_device_posts_nothing_in_the_newcomers_name(
    desk: Desk, new_student: NewStudent, stored: Callable[[str], list[str]]
) -> None:
    first, second = new_student("cleo"), new_student("dora")
    page = desk.open(first)
    page.goto(SHEET)
    fill(page, STEP_1)
    page.context.clear_cookies()
    other_tab = page.context.new_page()
    log_in(other_tab, second)

    check(page)

    expect(banner(page)).to_be_visible()
    expect(page.locator("[name=w]")).to_have_value("0.7463")
    expect(banner(page)).to_contain_text("Somebody else has logged in on this device since.")
    assert (stored(first), stored(second)) == ([], [])


def test_the_ball_and_the_line_move_when_a_step_is_accepted_and_the_run_walks_on(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("bea"))
    student.goto(SHEET)
    ball = student.locator("[data-ball] circle")
    before = float(ball.get_attribute("cx") or 0)
    fill(student, STEP_1)
    check(student)
    expect(student.locator("[data-ball] text")).to_have_text("w₁ = 0.7463")
    wait_for(lambda: float(ball.get_attribute("cx") or 0) > before, "the ball rolls")
    fill(student, STEP_2)
    check(student)
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_visible()
    fill(student, {"w": "1.5042"})
    check(student)
    expect(student.get_by_text("After 22 steps w settles at 1.9899.")).to_be_visible()

    student.emulate_media(reduced_motion="reduce")
    student.get_by_role("button", name="Let it run").click()

    expect(student.locator("[data-run-now]")).to_have_text("step 22: w = 1.9899")
    expect(student.locator("#spoken")).to_have_text("After 22 steps w settles at 1.9899.")
    desk.look(student, "by_hand_done")


def test_after_three_checks_the_line_is_worked_out_and_one_may_go_on_and_mend_later(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("mena"))
    student.goto(SHEET)
    fill(student, STEP_1)
    for w in ("5", "6", "2.985"):
        student.locator("[name=w]").fill(w)
        check(student)
        expect(student.locator("[name=w]")).to_have_value(w)
        expect(student.locator("[name=w]")).to_be_focused()
    expect(student.get_by_text("0 − 0.05 × (−14.925) = 0.7463")).to_be_visible()
    desk.look(student, "by_hand_worked_line")

    student.get_by_role("button", name="Go on with my value").click()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(student.get_by_text("your own value, still to mend")).to_be_visible()
    fill(student, {"error_4": "4.14", "mean": "7.4625", "w": "2.6119"})
    check(student)
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_visible()
    fill(student, {"w": "2.3787"})
    check(student)
    expect(student.get_by_text("Yours: 2.985 · 2.6119 · 2.3787")).to_be_visible()
    student.get_by_role("link", name="Mend step 1").click()
    student.locator("[name=w]").fill("0.7463")
    check(student)
    expect(student.get_by_text("Yours: 0.7463 · 1.2127 · 1.5042")).to_be_visible()


def test_points_of_ones_own_are_worked_on_the_same_sheet(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("otto"))
    student.goto(SHEET)
    student.get_by_role("link", name="Four points of your own").click()
    expect(student.get_by_text("Nobody else in your class has these four points")).to_be_visible()
    ys = [float(y) for y in student.locator("td[data-name=y]").all_text_contents()]

    fill(student, {f"error_{i}": f"{-y:g}" for i, y in enumerate(ys, start=1)})
    check(student)

    expect(student.locator(".cell--right")).to_have_count(4)
    expect(student.get_by_text("Four points of your own")).to_be_visible()
    desk.look(student, "own_data")
