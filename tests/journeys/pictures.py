"""The pictures of the documentation, taken from a running Downhill: `make pictures`, no part of the test suite."""

from __future__ import annotations

import pytest
from django.conf import settings
from playwright.sync_api import Page, ViewportSize, expect

from tests.journeys.conftest import Desk
from tests.journeys.steps import (
    BADGE,
    RATES,
    SHEET,
    STEP_1,
    NewStudent,
    approve_by_keys,
    at_hand,
    check,
    do_the_experiments,
    do_the_hand_steps,
    fill,
    seal,
    see_as,
    wait_until_still,
)

pytestmark = pytest.mark.journey

DOCS = settings.BASE_DIR / "docs"
SIZE = ViewportSize(width=1366, height=820)
MOST_BYTES = 200_000
NAMES = ("worksheet", "reveal", "badge")


def take(page: Page, name: str) -> None:
    """Keep the page as it is seen now; a picture that would weigh on every reader of README is refused."""
    assert name in NAMES
    # Hiding the caret would leave style attributes behind, which our own policy then refuses.
    picture = page.screenshot(caret="initial")
    assert len(picture) < MOST_BYTES
    (DOCS / f"{name}.png").write_bytes(picture)


def test_worksheet(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("ada"), viewport=SIZE)
    student.goto(SHEET)
    fill(student, STEP_1)
    check(student)
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    fill(student, {"error_4": "-4.8148", "mean": "-37.311", "w": "2.6119"})
    check(student)
    expect(student.get_by_text("−37.311 is the sum. Divide it by 4.")).to_be_visible()

    heading = student.get_by_role("heading", name="Step 2 of 3")
    heading.evaluate("(title) => scrollTo(0, title.getBoundingClientRect().top + scrollY - 24)")
    take(student, "worksheet")


def test_reveal(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("ada"), viewport=SIZE)
    student.goto(f"{RATES}?item=half-c")
    seal(student, "zigzags", "sure")
    see_as(student, "bounces forever")
    wait_until_still(student)

    take(student, "reveal")


def test_badge(desk: Desk, new_student: NewStudent) -> None:
    student, instructor = desk.open(new_student("zora"), viewport=SIZE), desk.open("instructor")
    do_the_hand_steps(student)
    do_the_experiments(student)
    student.goto(BADGE)
    at_hand(instructor, "Zora")
    approve_by_keys(instructor)
    expect(student.get_by_role("heading", name="You are a Data Scientist.")).to_be_visible()
    wait_until_still(student)  # the ball has come to rest

    take(student, "badge")
