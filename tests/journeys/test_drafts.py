"""What is half written, on whichever form: one rule says when it comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import Desk

pytestmark = pytest.mark.journey

LESSON = "/c/demo/lessons/data-rules-everything/"
SHEET, MISSION = f"{LESSON}by-hand/", f"{LESSON}mission/"
CHOICE, NUMBER = f"{LESSON}rates/?item=half-c", f"{LESSON}u-curve/"
DRAFTS = "Object.keys(localStorage).filter(key => key.startsWith('downhill:draft:'))"
PUT = "([key, draft]) => localStorage.setItem(key, draft)"
# A source check that nothing is wrong with.
CHECKED = {
    "supplied": "mnist",
    "claim": "MNIST has 50,000 images for training and 20,000 for testing.",
    "who_1": "Yann LeCun",
    "when_1": "1998",
    "passage_1": "The training set has 60,000 examples, the test set 10,000.",
    "where_1": "https://example.org/mnist",
    "stance_1": "contradicts",
    "who_2": "A museum",
    "when_2": "2019",
    "passage_2": "MNIST consists of 60,000 training and 10,000 test images.",
    "where_2": "Catalogue of 2019, page 12",
    "stance_2": "contradicts",
    "independent": "yes",
    "stamp": "reject",
}
# The page, and what is half written there.
HALF_WRITTEN = {
    "worksheet": (SHEET, {"error_1": "-2.1", "product_1": "-2", "mean": "-1"}),
    "choice and because": (CHOICE, {"choice": "explodes", "because": "it gets larger"}),
    "number": (NUMBER, {"choice": "11", "confidence": "sure"}),
    "text": (MISSION, {"supplied": "mnist", "claim": "MNIST is large.", "stance_1": "supports", "stamp": "revise"}),
}

NewStudent = Callable[[str], str]


def type_in(page: Page, fields: dict[str, str]) -> None:
    for name, typed in fields.items():
        field = page.locator(f"[data-draft] [name={name}]")
        kind = field.first.evaluate("field => field.type")
        if kind == "radio":
            page.locator(f"[data-draft] [name={name}][value='{typed}']").evaluate(
                "radio => radio.click()"
            )  # its step may be shut
        elif kind == "select-one":
            field.select_option(typed)
        elif field.is_visible():
            field.fill(typed)
        else:  # in a step that is shut
            typing = (
                "(field, typed) => { field.value = typed; field.dispatchEvent(new Event('input', {bubbles: true})); }"
            )
            field.evaluate(typing, typed)


def press(page: Page, name: str) -> None:
    """Press a button, at the end of its steps."""
    while (step := page.locator("[data-next]:visible")).count():
        step.click()
    page.get_by_role("button", name=name, exact=True).click()


def expect_in(page: Page, fields: dict[str, str]) -> None:
    """Every field of these shows just this."""
    form = page.locator("[data-draft]", has=page.locator(f"[name={next(iter(fields))}]"))
    shown = "(form, names) => Object.fromEntries(names.map(name => [name, form.elements.namedItem(name).value]))"
    assert form.evaluate(shown, list(fields)) == fields


def test_what_is_refused_since_its_id_is_another_answers_stays_typed_and_is_sent_under_a_new_one(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("ida"))
    student.goto(SHEET)
    used = student.locator("form[data-worksheet] [name=id]").input_value()
    type_in(student, {"w": "4"})
    press(student, "Check")
    expect(student.locator(".saved time")).to_be_visible()
    type_in(student, {"w": "5"})
    student.locator("form[data-worksheet] [name=id]").evaluate("(field, id) => { field.value = id; }", used)

    press(student, "Check")

    banner = student.locator("#banner")
    expect(banner).to_contain_text("Another answer was sent from this page before, and we stored it.")
    expect_in(student, {"w": "5"})
    press(student, "Check")
    expect(banner).to_be_hidden()
    expect_in(student, {"w": "5"})
    desk.complaints.clear()  # Chromium and htmx say on its console that a request was answered 409


@pytest.mark.parametrize(("address", "typed"), HALF_WRITTEN.values(), ids=HALF_WRITTEN)
def test_a_draft_survives_a_reload(desk: Desk, new_student: NewStudent, address: str, typed: dict[str, str]) -> None:
    student = desk.open(new_student("dora"))
    student.goto(address)
    type_in(student, typed)

    student.reload()

    expect_in(student, typed)


@pytest.mark.parametrize(
    ("address", "typed", "send", "sent"),
    [
        pytest.param(
            SHEET, {"error_1": "-2.1", "mean": "-1", "w": "5"}, "Check", {"error_1": "-9", "w": "4"}, id="worksheet"
        ),
        pytest.param(
            MISSION,
            {"claim": "MNIST is large.", "stance_1": "supports", "stamp": "revise", "corrected": "It has 70,000."},
            "Send",
            CHECKED,
            id="text",
        ),
    ],
)
def test_what_came_from_elsewhere_since_stays_and_a_draft_fills_what_is_empty(
    desk: Desk, new_student: NewStudent, address: str, typed: dict[str, str], send: str, sent: dict[str, str]
) -> None:
    username = new_student("edda")
    here, elsewhere = desk.open(username), desk.open(username)
    here.goto(address)
    type_in(here, typed)
    elsewhere.goto(address)
    type_in(elsewhere, sent)
    press(elsewhere, send)
    expect(elsewhere.locator(".saved time")).to_be_visible()

    here.reload()

    expect_in(here, typed | sent)


@pytest.mark.parametrize(
    ("address", "typed", "send"),
    [
        pytest.param(SHEET, {"error_1": "-2.1", "w": "5"}, "Check", id="worksheet"),
        pytest.param(CHOICE, {"choice": "bounces", "confidence": "sure"}, "Seal it", id="choice"),
        pytest.param(NUMBER, {"choice": "11", "confidence": "sure"}, "Seal it", id="number"),
        pytest.param(MISSION, CHECKED, "Send", id="text"),
    ],
)
def test_a_draft_goes_when_the_server_has_it_all(
    desk: Desk, new_student: NewStudent, address: str, typed: dict[str, str], send: str
) -> None:
    student = desk.open(new_student("fine"))
    student.goto(address)
    type_in(student, typed)
    assert len(student.evaluate(DRAFTS)) == 1

    press(student, send)

    expect(student.locator(".saved time")).to_be_visible()
    assert student.evaluate(DRAFTS) == []


def test_what_is_typed_while_an_answer_is_on_its_way_stays(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("hanna"))
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1", "mean": "-1", "w": "5"})
    on_their_way: list[Route] = []
    student.route("**/check/", lambda route: on_their_way.append(route))
    student.get_by_role("button", name="Check").click()
    student.locator("form.htmx-request").wait_for()
    type_in(student, {"w": "4"})

    (check,) = on_their_way
    check.continue_()

    expect(student.locator(".saved time")).to_be_visible()
    expect_in(student, {"error_1": "-2.1", "mean": "-1", "w": "4"})


@pytest.mark.parametrize(("address", "typed"), HALF_WRITTEN.values(), ids=HALF_WRITTEN)
def test_a_draft_that_an_earlier_version_kept_comes_back(
    desk: Desk, new_student: NewStudent, address: str, typed: dict[str, str]
) -> None:
    """These named what was chosen or filled in alone, beside what the page had given."""
    student = desk.open(new_student("gerd"))
    student.goto(address)
    type_in(student, typed)
    (key,) = student.evaluate(DRAFTS)
    given: dict[str, Any] = {name: "own" if name == "supplied" else "" for name in typed}
    student.evaluate(PUT, [key, json.dumps({"typed": typed, "base": given, "at": 0})])

    student.reload()

    expect_in(student, typed)


def test_a_draft_outlasts_a_clock_that_was_wrong(desk: Desk, new_student: NewStudent) -> None:
    """A Chromebook whose battery was empty is months behind until it has met a network."""
    student = desk.open(new_student("ines"))
    student.clock.install(time="2026-09-01T08:00:00Z")
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1", "mean": "-1"})
    student.clock.set_system_time("2026-11-29T08:00:00Z")

    student.reload()

    expect_in(student, {"error_1": "-2.1", "mean": "-1"})
    assert len(student.evaluate(DRAFTS)) == 1


@pytest.mark.parametrize(("days", "left"), [(29, 1), (30, 0)])
def test_a_draft_goes_after_thirty_days_on_which_nobody_typed_into_it(
    desk: Desk, new_student: NewStudent, days: int, left: int
) -> None:
    student = desk.open(new_student(f"jule{days}"))
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1"})
    (key,) = student.evaluate(DRAFTS)
    draft = json.loads(student.evaluate("key => localStorage.getItem(key)", key))
    student.evaluate(PUT, [key, json.dumps(draft | {"days": days})])
    student.evaluate(PUT, ["downhill:day", "yesterday"])

    student.goto(SHEET)

    assert len(student.evaluate(DRAFTS)) == left


def log_out(page: Page) -> None:
    if not page.locator(".person__menu").is_visible():
        page.locator(".person__name").click()
    page.get_by_role("button", name="Log out").click()


def test_a_draft_goes_with_whoever_logs_out_after_a_second_press(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("kira"))
    student.goto(MISSION)
    type_in(student, {"claim": "MNIST is large."})
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1"})
    student.goto(LESSON)

    log_out(student)
    expect(student.locator("#banner")).to_contain_text("Logging out deletes it from this device.")
    expect(student.locator("#banner")).to_contain_text("step 1")
    assert len(student.evaluate(DRAFTS)) == 2
    log_out(student)

    student.wait_for_url(lambda url: "/c/demo/" not in url)
    assert student.evaluate(DRAFTS) == []


def test_a_log_out_that_does_not_get_through_takes_nothing_away(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("lars"))
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1"})
    log_out(student)
    student.route("**/logout/", lambda route: route.abort())
    log_out(student)

    student.unroute("**/logout/")
    student.goto(SHEET)

    expect_in(student, {"error_1": "-2.1"})
    desk.complaints = [line for line in desk.complaints if "ERR_FAILED" not in line]


def test_whoever_has_left_nothing_half_written_is_out_at_the_first_press(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("mona"))
    student.goto(SHEET)
    type_in(student, {"error_1": "-2.1"})
    type_in(student, {"error_1": ""})

    log_out(student)

    student.wait_for_url(lambda url: "/c/demo/" not in url)
    assert student.evaluate(DRAFTS) == []
