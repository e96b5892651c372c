"""From the log-in to a graded step, seen from both sides of the classroom."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SLOWDOWN, Desk, log_in, lose_replies
from tests.journeys.steps import PHONE, SHEET, STEP_1, check, fill

pytestmark = pytest.mark.journey

WITHIN = 3000 * SLOWDOWN  # ms


def test_a_step_is_refused_mended_accepted_and_the_instructor_sees_it_within_three_seconds(
    desk: Desk, new_student: Callable[[str], str]
) -> None:
    instructor, student = desk.open(), desk.open()
    log_in(instructor, "instructor")
    username = new_student("nora")
    row = instructor.get_by_role("row", name="Nora")
    expect(row).to_be_visible(timeout=WITHIN)
    log_in(student, username)
    expect(student.get_by_role("heading", name="Data Rules Everything")).to_be_visible()
    student.get_by_role("link", name="Start Gradient descent by hand").click()

    fill(student, STEP_1 | {"w": "-0.7463"})
    check(student)
    # −0.7463 may be a step added or a step alone: nobody is accused of either.
    expect(student.get_by_text("The size is right, the sign is not: 0 − 0.05 × (−14.925).")).to_be_visible()
    expect(student.locator("[name=w]")).to_have_attribute("aria-invalid", "true")
    expect(student.locator("[name=error_2]")).to_have_value("-3.9")
    expect(student.locator("#saved")).to_have_text(re.compile(r"saved\s+✓\s+\d\d:\d\d:\d\d"))
    expect(row).to_contain_text("1 try", timeout=WITHIN)

    student.locator("[name=w]").fill("0,7463")
    started = time.monotonic()
    check(student)
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(row).to_contain_text("2 tries", timeout=WITHIN)

    print(f"\nthe instructor's grid showed the accepted step {time.monotonic() - started:.2f} s after Check")
    row.get_by_role("link", name="Nora").click()
    expect(instructor.get_by_text("accepted")).to_be_visible()


def test_three_steps_finish_the_part_and_the_closing_appears_only_then(
    desk: Desk, new_student: Callable[[str], str]
) -> None:
    student = desk.open(new_student("tariq"))
    student.goto(SHEET)
    steps = (STEP_1, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"}, {"w": "1.5042"})
    for number, cells in enumerate(steps, start=1):
        expect(student.get_by_role("heading", name=f"Step {number} of 3")).to_be_visible()
        expect(student.get_by_text("The notebook prints")).to_have_count(0)
        fill(student, cells)
        check(student)

    expect(student.get_by_role("row", name="The notebook prints 0.7463 1.2127 1.5042")).to_be_visible()
    expect(student.get_by_role("link", name="Part 2 · Learning-rate chaos →")).to_be_visible()
    student.get_by_role("link", name="All parts").click()
    expect(student.get_by_text("done · w₃ = 1.5042")).to_be_visible()


def test_enter_flows_down_the_column_and_never_checks(desk: Desk, new_student: Callable[[str], str]) -> None:
    student = desk.open(new_student("enno"))
    student.goto(SHEET)
    order = [
        "error_1",
        "error_2",
        "error_3",
        "error_4",
        "product_1",
        "product_2",
        "product_3",
        "product_4",
        "mean",
        "w",
    ]
    student.locator("[name=error_1]").focus()

    visited = []
    for _ in order:
        visited.append(student.evaluate("document.activeElement.name"))
        student.keyboard.press("Enter")

    assert visited == order
    expect(student.get_by_role("button", name="Check")).to_be_focused()
    expect(student.locator("#saved")).to_be_empty()


def test_the_worksheet_works_without_javascript(desk: Desk, new_student: Callable[[str], str]) -> None:
    student = desk.open(new_student("paul"), java_script_enabled=False)
    student.goto(SHEET)

    fill(student, STEP_1 | {"mean": "-59.7"})
    check(student)
    expect(student.get_by_text("−59.7 is the sum. Divide it by 4.")).to_be_visible()
    fill(student, {"mean": "-14.925"})
    check(student)

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()


def test_a_newcomer_joins_with_the_code_and_lands_on_the_arc(desk: Desk) -> None:
    newcomer = desk.open(viewport=PHONE)
    newcomer.goto("/")
    newcomer.get_by_label("Class code").fill("demo 2026")
    newcomer.get_by_role("button", name="Join with a code").click()

    newcomer.get_by_label("Username").fill("Mira")
    newcomer.get_by_label("Display name").fill(
        "Mira with a name so long that no column was made for it, and yet it fits"
    )
    newcomer.get_by_label("Password").fill("three words more")
    newcomer.get_by_role("button", name="Join", exact=True).click()

    expect(newcomer.get_by_role("heading", name="Data Rules Everything")).to_be_visible()
    desk.look(newcomer, "arc_long_name_390")


def test_every_page_is_accessible_and_fits(desk: Desk, new_student: Callable[[str], str]) -> None:
    student = desk.open(new_student("looker"), viewport=PHONE)
    instructor, admin, visitor = (desk.open(who) for who in ("instructor", "admin", ""))

    for name, address in {
        "welcome": "/",
        "login": "/accounts/login/",
        "join_by_code": "/join/",
        "join": "/join/DEMO-2026",
        "forgotten": "/accounts/password/forgotten/",
    }.items():
        visitor.goto(address)
        desk.look_in_every_way(visitor, name)
    for name, address in {
        "arc": "/c/demo/lessons/data-rules-everything/",
        "soon": "/c/demo/lessons/data-rules-everything/rates/",
        "password": "/accounts/password/",
        "join_known": "/join/DEMO-2026",
        "logout": "/accounts/logout/",
        "sheet": SHEET,
    }.items():
        student.goto(address)
        desk.look_in_every_way(student, name)
    fill(student, STEP_1 | {"product_4": "31.2", "w": "abc"})
    check(student)
    expect(student.locator("[name=product_4][aria-invalid=true]")).to_be_visible()
    desk.look_in_every_way(student, "sheet_not_yet")
    fill(student, STEP_1)
    check(student)
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    desk.look_in_every_way(student, "sheet_step_2")
    instructor.goto("/join/")
    desk.look_in_every_way(instructor, "classes")
    admin.goto("/admin/classroom/cohort/")
    assert admin.title().startswith("Classes")

    for page, address in ((student, "/nowhere/"), (student, "/c/demo/class/")):
        page.goto(address)
        desk.look_in_every_way(page, f"refused_{address.strip('/').replace('/', '_')}")
    desk.complaints = [line for line in desk.complaints if "status of 40" not in line]


def test_the_api_docs_work_offline_and_under_the_policy(desk: Desk) -> None:
    visitor = desk.open()

    visitor.goto("/api/docs/")

    expect(visitor.get_by_text("/api/v1/me/")).to_be_visible()


def test_a_correction_after_a_lost_reply_is_graded_and_not_taken_for_the_old_answer(
    desk: Desk, new_student: Callable[[str], str]
) -> None:
    student = desk.open(new_student("lena"))
    student.goto(SHEET)
    fill(student, STEP_1 | {"w": "9"})
    find_again = lose_replies(student, "**/check/")
    check(student)
    expect(student.get_by_role("alert")).to_contain_text("No connection.")

    find_again()
    student.locator("#w").fill("0.7463")
    check(student)

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    lost = ("Failed to load resource: net::ERR_FAILED", "htmx:afterRequest", "htmx:sendError")
    desk.complaints = [line for line in desk.complaints if not line.startswith(lost)]
