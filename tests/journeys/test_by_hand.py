"""The worksheet in the hands of students: by thumb, by keyboard, by ear, without wifi, on a shared device."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from lessons.maths.spelling import plainly
from tests.journeys.conftest import Desk, log_in, lose_replies
from tests.journeys.steps import (
    LAPTOP,
    PHONE,
    SHEET,
    STEP_1,
    STEP_2,
    NewStudent,
    banner,
    check,
    fill,
    let_pass,
    wait_until_still,
)
from tests.running import wait_for

pytestmark = pytest.mark.journey

# What the bars of a browser leave of a phone.
SMALL_PHONE = {"width": 390, "height": 664}


# How far the key, as it is drawn, stands from what is written before it in its row.
BESIDE = """() => {
  const key = document.querySelector("[data-sign]"), written = document.createRange();
  const inset = parseFloat(getComputedStyle(key, "::before").insetInlineStart) || 0;
  const rights = [...key.closest("tr").querySelectorAll("td:not(:has(input)), th")].map((each) => {
    written.selectNodeContents(each);
    return written.getBoundingClientRect().right;
  });
  return key.getBoundingClientRect().left + inset - Math.max(...rights);
}"""


def test_one_key_for_the_minus_stands_at_the_cell_at_hand(desk: Desk, new_student: NewStudent) -> None:
    student = on_a_phone(desk, new_student("thea"))
    student.goto(SHEET)
    key = student.locator("[data-sign]")
    # Before anything has the focus it is at the first open cell, and takes the focus there.
    key.tap()
    expect(student.locator("[name=error_1]")).to_be_focused()
    expect(student.locator("[name=error_1]")).to_have_value("−")
    key.tap()
    for name, typed in STEP_1.items():
        cell = student.locator(f"[name={name}]")
        cell.tap()
        cell.fill(typed.removeprefix("-"))
        expect(key).to_have_count(1)
        assert min(box(key)["width"], box(key)["height"]) >= 44
        assert student.evaluate(BESIDE) >= 4
        assert cell.evaluate("(cell) => cell.parentElement.contains(document.querySelector('[data-sign]'))")
        if typed.startswith("-"):
            key.tap()
            expect(cell).to_be_focused()
            expect(cell).to_have_value(f"−{typed.removeprefix('-')}")
        # Nothing of the number is under the key or the mark.
        assert cell.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")
        assert cell.get_attribute("inputmode") == "decimal"
    desk.look(student, "by_hand_phone_typed")

    student.get_by_role("button", name="Check").tap()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()


def on_a_phone(desk: Desk, username: str, viewport: dict[str, int] = PHONE) -> Page:
    return desk.open(username, viewport=viewport, has_touch=True, is_mobile=True)


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return {**found, "bottom": found["y"] + found["height"]}


def test_all_four_rows_and_check_are_on_one_screen_of_a_phone(desk: Desk, new_student: NewStudent) -> None:
    student = on_a_phone(desk, new_student("rhea"), SMALL_PHONE)
    student.goto(SHEET)

    top = student.locator("[data-here]").evaluate("(line) => line.getBoundingClientRect().top")
    student.evaluate("(top) => scrollTo(0, top - 100)", top)

    bar = box(student.locator(".bar"))
    assert bar["bottom"] <= SMALL_PHONE["height"]
    for i in range(1, 5):
        for name in (f"error_{i}", f"product_{i}"):
            assert box(student.locator(f"#{name}"))["bottom"] <= bar["y"]
    assert student.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]


@pytest.mark.parametrize(("width", "letters"), [(390, "200%"), (320, "100%")])
def test_the_sheet_fits_with_letters_twice_as_large_and_on_the_smallest_phone(
    desk: Desk, new_student: NewStudent, width: int, letters: str
) -> None:
    student = on_a_phone(desk, new_student("gros"), {"width": width, "height": 664})
    student.goto(SHEET)
    student.evaluate("(size) => { document.documentElement.style.fontSize = size }", letters)
    fill(student, STEP_1)
    assert student.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("error_4", "product_4", "mean", "w"):
        cell = student.locator(f"#{name}")
        cell.focus()
        # The ± key beside it leaves the number its room.
        assert cell.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")
        assert box(student.locator("[data-sign]"))["x"] >= 0


def test_the_line_of_the_cell_at_hand_stays_above_the_sheet(desk: Desk, new_student: NewStudent) -> None:
    student = on_a_phone(desk, new_student("nele"), SMALL_PHONE)
    student.goto(SHEET)
    student.locator("[name=error_1]").focus()
    for name in STEP_1:
        expect(student.locator(f"[name={name}]")).to_be_focused()
        now, cell = box(student.locator(".here-now")), box(student.locator(f"#{name}"))
        assert now["y"] >= 0
        assert now["bottom"] <= cell["y"]
        assert cell["bottom"] <= box(student.locator(".bar"))["y"]
        student.keyboard.press("Enter")
    expect(student.get_by_role("button", name="Check")).to_be_focused()
    # What stands below the sheet it does not cover.
    student.locator(".worksheet__notes").evaluate("(notes) => notes.scrollIntoView()")
    assert box(student.locator(".here-now"))["bottom"] <= box(student.locator(".worksheet__notes"))["y"]


# What each of these numbers has become by the key for the minus.
BY_THE_KEY = """(signs) => {
  const cell = document.querySelector("[name=error_1]");
  return signs.map((sign) => {
    cell.value = `${sign}3.9`;
    document.querySelector("[data-sign]").click();
    return cell.value;
  });
}"""


def test_the_key_for_the_minus_turns_whatever_sign_the_server_reads(desk: Desk, new_student: NewStudent) -> None:
    read = {sign: plainly(f"{sign}3.9") for sign in map(chr, range(0x20000))}
    minuses, pluses = ([sign for sign, plain in read.items() if plain == each] for each in ("-3.9", "+3.9"))
    student = on_a_phone(desk, new_student("vera"))
    student.goto(SHEET)
    expect(student.locator("[data-sign]")).to_be_visible()

    flipped = [dict(zip(signs, student.evaluate(BY_THE_KEY, signs), strict=True)) for signs in (minuses, pluses)]

    assert flipped == [dict.fromkeys(minuses, "3.9"), dict.fromkeys(pluses, "−3.9")]
    assert len(minuses) > 30


ALL_TURNED = {name: typed.lstrip("-") for name, typed in STEP_1.items()} | {"w": "-0.7463"}


def test_a_minus_lost_in_every_row_has_one_sentence_and_one_key(desk: Desk, new_student: NewStudent) -> None:
    student = on_a_phone(desk, new_student("mina"), SMALL_PHONE)
    student.goto(SHEET)
    fill(student, ALL_TURNED)
    student.locator("[data-check]").tap()

    says = student.locator(".says")
    expect(says).to_have_count(1)
    expect(says).to_contain_text("You lost the minus: 0 − 2.1 = −2.1. Same in rows 2 to 4.")
    expect(student.locator("[aria-invalid]")).to_have_count(4)
    expect(student.get_by_role("img", name="Follows from your error in row 2.")).to_have_text("↑")
    assert "Not yet" not in student.locator(".worksheet").inner_text()
    desk.look(student, "by_hand_one_slip")
    wait_until_still(student)
    # The first wrong cell and its sentence, both between the line above and the bar below.
    cell, sentence, bar = (box(student.locator(each)) for each in ("#error_1", ".says", ".bar"))
    assert box(student.locator(".here-now"))["bottom"] <= cell["y"]
    assert sentence["bottom"] <= bar["y"]

    # A hint covers neither, and stands at its cell.
    student.get_by_text("Hint", exact=True).tap()
    wait_until_still(student)
    is_clear(student, "#error_1", ".hint__says", ".says")
    assert box(student.locator(".hint__says"))["y"] == pytest.approx(box(student.locator("#error_1"))["bottom"], abs=20)
    desk.look(student, "by_hand_hint")
    student.locator("#error_3").tap()
    expect(student.locator(".hint__says")).to_have_text(
        "The row has w·x: 0. Take away 6.2. Below zero? Then write the minus."
    )
    is_clear(student, "#error_1", "#error_3", ".hint__says", ".says")

    student.get_by_role("button", name="± Flip all four").tap()

    for name, typed in STEP_1.items():
        expect(student.locator(f"#{name}")).to_have_value(typed.replace("-", "−"))
    expect(says).to_be_hidden()
    expect(student.locator("#spoken")).to_have_text("Flipped. Check again.")
    # Nothing is to be worked out any more.
    expect(student.locator("[data-here]")).to_have_text("Flipped. Check again.")
    expect(student.locator("[data-mirror=mean]")).to_have_text("−14.925")
    expect(student.get_by_role("heading", name="Step 1 of 3")).to_be_visible()
    student.locator("[data-check]").tap()
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()


def is_clear(page: Page, *shown: str) -> None:
    """Each is in view, one below the other, and nothing that sticks covers any of them."""
    edges = [box(page.locator(".here-now"))["bottom"]]
    for each in shown:
        found = box(page.locator(each))
        edges += [found["y"], found["bottom"]]
    edges.append(box(page.locator(".bar"))["y"])
    assert edges == sorted(edges), f"something is covered: {dict(zip(('now', *shown, 'bar'), edges, strict=False))}"


def test_flipping_a_later_step_mirrors_the_new_w_at_the_old_one(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("mira"))
    student.goto(SHEET)
    fill(student, STEP_1)
    check(student)
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    # As the server reads them, in the digits and with the signs of any keyboard.
    fill(student, {"error_4": "\uff0b4.8148", "mean": "9.3278", "w": "٠٫٢٧٩٩"})
    check(student)
    student.get_by_role("button", name="± Flip it").click()
    expect(student.locator("[name=error_4]")).to_have_value("−4.8148")
    expect(student.locator("[name=w]")).to_have_value("1.2127")
    check(student)
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_visible()


def test_editing_a_cell_takes_its_verdict_away(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("edda"))
    student.goto(SHEET)
    fill(student, STEP_1 | {"error_2": "3.9", "mean": "-59.7"})
    check(student)
    expect(student.locator(".says")).to_have_count(2)

    student.locator("#error_2").fill("-3.9")

    expect(student.locator("#error_2-says")).to_be_hidden()
    expect(student.locator("#error_2")).not_to_have_attribute("aria-invalid", "true")
    expect(student.locator(".cell:has(#error_2)").locator(".cell__mark")).to_have_text("")
    expect(student.locator("#mean-says")).to_be_visible()
    expect(student.locator("#mean")).to_have_attribute("aria-invalid", "true")
    student.reload()
    # What was typed since is still there, and has no verdict either.
    expect(student.locator("#error_2")).to_have_value("-3.9")
    expect(student.locator("#error_2-says")).to_be_hidden()


def test_the_calculator_puts_its_result_into_the_cell_at_hand(desk: Desk, new_student: NewStudent) -> None:
    student = on_a_phone(desk, new_student("cara"), SMALL_PHONE)
    student.goto(SHEET)
    student.locator("[name=error_3]").tap()
    student.get_by_role("button", name="Calculator").tap()
    # A phone shows no keypad over it, and both are in view: the keys and the cell.
    expect(student.locator("[name=error_3]")).to_have_attribute("inputmode", "none")
    panel = student.get_by_role("region", name="Calculator")
    assert box(panel)["bottom"] <= SMALL_PHONE["height"]
    assert box(student.locator("#error_3"))["bottom"] <= box(panel)["y"]

    for key in "0×3−6.2=":
        panel.get_by_role("button", name=key, exact=True).tap()
    expect(panel.locator("[data-calc-result]")).to_have_text("= −6.2")
    desk.look(student, "by_hand_calculator")
    panel.get_by_role("button", name="Use").tap()

    # It has done its work, and Check is there again.
    expect(student.locator("[name=error_3]")).to_have_value("−6.2")
    expect(panel).to_be_hidden()
    expect(student.get_by_role("button", name="Check")).to_be_in_viewport()
    is_clear(student, "#error_3")
    student.get_by_text("Hint", exact=True).tap()
    wait_until_still(student)
    is_clear(student, "#error_3", ".hint__says")
    before = box(student.locator("#error_4"))
    student.locator("#error_4").tap()
    is_clear(student, "#error_4", ".hint__says")
    assert box(student.locator("#error_4"))["y"] == pytest.approx(before["y"], abs=1)
    student.locator("#error_3").tap()
    student.get_by_role("button", name="Calculator").tap()
    panel.get_by_role("button", name="×", exact=True).tap()
    panel.get_by_role("button", name="3", exact=True).tap()
    panel.get_by_role("button", name="=", exact=True).tap()
    expect(panel.locator("[data-calc-result]")).to_have_text("= −18.6")
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()
    expect(student.locator("[name=error_3]")).to_have_attribute("inputmode", "decimal")


SUMS = {
    "0.7463 × 4 − 7.8": "= −4.8148",
    "0,7463*4-7,8": "= −4,8148",
    "-2.1+-7.8-18.6-31.2": "= −59.7",
    "(−2.1 + (−7.8)) ÷ 4": "= −2.475",
    "0 - 0.05 * -14.925": "= 0.74625",
    "2×(1+2": "= 6",
    "8/2/2": "= 2",
    "1-2-3": "= −4",
    "1/3": "= 0.333333",
    "0.1+0.2": "= 0.3",
    "2×": "Something is missing here.",
    "1/0": "Something is missing here.",
    "2 3": "Something is missing here.",
    "alert(1)": "Something is missing here.",
    "1.2.3": "Something is missing here.",
}


def test_the_calculator_reads_what_people_type_and_refuses_the_rest(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("suse"))
    student.goto(SHEET)
    student.get_by_role("button", name="Calculator").click()
    expect(student.locator("[data-calc-line]")).to_be_focused()
    for typed, result in SUMS.items():
        student.locator("[data-calc-line]").fill(typed)
        expect(student.locator("[data-calc-result]")).to_have_text("")
        student.keyboard.press("Enter")
        expect(student.locator("[data-calc-result]")).to_have_text(result)
    # Enter works out and never checks; by keyboard alone the result comes into the sheet.
    student.locator("[data-calc-line]").fill("0 × 1 − 2,1")
    student.keyboard.press("Enter")
    student.get_by_role("button", name="Use").press("Enter")
    expect(student.locator("[name=error_1]")).to_have_value("−2,1")
    expect(student.locator("#spoken")).to_have_text("Put into: row 1, x = 1, error = prediction minus y")
    expect(student.get_by_role("button", name="Calculator")).to_be_focused()
    student.keyboard.press("Enter")
    student.keyboard.press("Escape")
    expect(student.get_by_role("button", name="Calculator")).to_be_focused()
    expect(student.locator("#saved")).to_be_empty()


def test_without_javascript_nothing_is_offered_that_needs_it_and_a_solution_can_be_asked_for(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("jens"), java_script_enabled=False)
    student.goto(SHEET)
    for name in ("Calculator", "±"):
        expect(student.get_by_role("button", name=name)).to_have_count(0)
    for mean in ("1", "2"):
        fill(student, STEP_1 | {"mean": mean})
        check(student)
        expect(student.get_by_text("you can see the solution for your average.")).to_be_visible()
    fill(student, {"mean": "3"})
    # Enter is Check here, and never the button that shows a solution.
    student.locator("[name=mean]").press("Enter")
    ask = student.get_by_role("button", name="Show the solution for this line")
    expect(ask).to_be_visible()
    student.locator("[name=mean]").press("Enter")
    expect(student.get_by_text("÷ 4 = −14.925")).to_have_count(0)

    ask.click()

    expect(student.get_by_text("((−2.1) + (−7.8) + (−18.6) + (−31.2)) ÷ 4 = −14.925")).to_be_visible()
    expect(student.locator("[name=mean]")).to_have_value("3")
    student.get_by_text("Hint", exact=True).click()
    expect(student.get_by_text("Add the 4 products. Keep each minus. Then divide by 4.")).to_be_visible()


# Each frame from now on: how far down the page is, and where the first circle of the ball is.
RECORDS = """() => {
  window.frames_seen = [];
  const note = () => {
    const ball = document.querySelector("[data-ball] circle:not([hidden])");
    window.frames_seen.push([Math.round(scrollY), ball && Number(ball.getAttribute("cx"))]);
    requestAnimationFrame(note);
  };
  note();
}"""


# Whether the page has come to rest since now.
AT_REST = """() => {
  window.has_arrived = false;
  document.addEventListener("arrived", () => { window.has_arrived = true; }, { once: true });
}"""


def rolls_at_rest(page: Page, act: Callable[[], None]) -> None:
    """What `act` brings is scrolled to first, and the ball rolls only then, from where it was."""
    page.evaluate(RECORDS)
    act()
    before = page.evaluate("window.frames_seen[0]")

    def rolled() -> list[list[float]]:
        seen = page.evaluate("window.frames_seen")
        first = next((i for i, (_, x) in enumerate(seen) if x != before[1]), len(seen))
        return seen[first - 1 :] if len(seen) > first + 70 else []

    wait_for(lambda: rolled(), "the ball rolls")
    assert {y for y, _ in rolled()} != {before[0]}, "the page did not move"
    assert len({y for y, _ in rolled()}) == 1, "it rolls while the page is moving"
    assert len({x for _, x in rolled()}) > 5, "it is not seen to roll"


def test_on_a_phone_the_ball_rolls_with_what_was_found_and_the_next_sheet_comes_after(
    desk: Desk, new_student: NewStudent
) -> None:
    student = on_a_phone(desk, new_student("bo"), SMALL_PHONE)
    student.goto(SHEET)
    fill(student, STEP_1)
    rolls_at_rest(student, student.locator("[data-check]").tap)
    card = student.locator("[data-block='by-hand.done.1.0.7463']")
    expect(card).to_contain_text("w climbed from 0 to 0.7463. You did not choose the way: the gradient did.")
    expect(student.locator("[data-loss-chart]:visible")).to_have_count(1)
    assert box(card)["bottom"] <= box(student.get_by_role("heading", name="Step 2 of 3"))["y"]
    assert box(card)["height"] < SMALL_PHONE["height"] * 0.75
    desk.look(student, "by_hand_step_accepted")

    fill(student, {"w": "9"})
    student.locator("#error_4").evaluate("(cell) => cell.scrollIntoView({ block: 'center' })")
    before = box(student.locator("#error_4"))
    student.locator("[data-check]").tap()

    # Folded once the next step is under way, and still there; the sheet below it stays, with what it lacks.
    expect(card.locator("> details")).not_to_have_attribute("open", "")
    expect(student.locator("#error_4-says")).to_be_focused()
    wait_until_still(student)
    is_clear(student, "#error_4", ".says >> nth=0")
    # The line above it is one shorter than that for w.
    assert box(student.locator("#error_4"))["y"] == pytest.approx(before["y"], abs=25)
    # From the error on to what is asked for next.
    student.locator("#error_4").press("Enter")
    expect(student.locator("#mean")).to_be_focused()
    student.locator("#product_3").press("Enter")
    expect(student.locator("#product_4")).to_be_focused()
    card.locator("> details > summary").tap()
    expect(card.get_by_text("the gradient did.")).to_be_visible()

    for typed, head in ((STEP_2, "Step 3 of 3"), ({"w": "1.5042"}, "All steps done")):
        fill(student, typed)
        student.evaluate(AT_REST)
        student.locator("[data-check]").tap()
        expect(student.get_by_role("heading", name=head)).to_be_visible()
        wait_for(lambda: student.evaluate("window.has_arrived"), "the page at rest")
    # The last ball too is seen whole, above the way on.
    assert box(student.locator("[data-loss-chart] svg"))["bottom"] <= box(student.locator(".next"))["y"]
    desk.look(student, "by_hand_done_phone")


def test_the_picture_of_a_value_far_off_keeps_its_slope_while_it_moves(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("far"))
    student.goto(SHEET)
    fill(student, STEP_1)
    for w in ("9", "8", "10"):
        student.locator("[name=w]").fill(w)
        check(student)
        expect(student.locator("[name=w][aria-invalid=true]")).to_have_value(w)
    student.evaluate(RECORDS)
    student.get_by_role("button", name="Continue with my value").click()
    line = student.locator("[data-line-of-w]")

    # From (46, 196) straight to the frame's upper edge at y = 26, for as long as it is there.
    wait_for(lambda: abs(float(line.get_attribute("y2") or 0) - 26) < 0.5, "the line turns")
    let_pass(student, 1200)
    assert float(line.get_attribute("x2") or 0) == pytest.approx(x_at_top(student, 10), abs=1)
    expect(student.locator(".part__side .ball__out")).to_be_visible()
    # It rolled to the frame, and is an arrow there.
    assert len({x for _, x in student.evaluate("window.frames_seen") if x}) > 3


def x_at_top(page: Page, slope: float) -> float:
    """Where the line w·x leaves the drawing of the data at its upper edge."""
    chart = page.locator("[data-data-chart]")
    low, high, start, end = map(float, (chart.get_attribute("data-x-axis") or "").split())
    top = float((chart.get_attribute("data-y-axis") or "").split()[1])
    return start + (top / slope - low) / (high - low) * (end - start)


def test_the_keyboard_alone_goes_through_all_three_steps(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("kai"))
    student.goto(SHEET)
    student.locator("[name=error_1]").focus()
    for typed in STEP_1.values():
        student.keyboard.type(typed)
        student.keyboard.press("Enter")
    student.keyboard.press("Enter")
    expect(taken(student, "step 1: w = 0.7463")).to_be_focused()

    tab_to(student, "error_4")
    student.keyboard.type("-4.8148")
    tab_to(student, "mean")
    student.keyboard.type("-9.3278")
    tab_to(student, "w")
    student.keyboard.type("1.2127")
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")
    expect(taken(student, "step 2: w = 1.2127")).to_be_focused()
    tab_to(student, "w")
    student.keyboard.type("1.5042")
    student.keyboard.press("Tab")
    student.keyboard.press("Enter")

    expect(taken(student, "step 3: w = 1.5042")).to_be_focused()
    expect(student.get_by_role("heading", name="All steps done")).to_be_visible()
    expect(student.get_by_text("Nobody told w to climb.")).to_be_visible()


def taken(page: Page, text: str) -> Locator:
    return page.locator(".taken summary[data-block-head]", has_text=text)


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

    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_have_accessible_description("You lost the minus: 0 − 3.9 = −3.9.")
    expect(student.get_by_role("textbox", name="row 2, x = 2, error times x")).to_have_attribute("name", "product_2")


def test_the_live_line_says_what_the_cell_at_hand_asks_for(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("liv"))
    student.goto(SHEET)
    expect(student.locator("[data-here]")).to_have_text("Row 1: 0 × 1 − 2.1 = ?")

    student.locator("[name=product_3]").focus()

    expect(student.locator("[data-here]")).to_have_text("Row 3: its error × 3 = ?")
    student.get_by_text("Hint", exact=True).click()
    expect(student.get_by_text("Multiply your error in row 3 by 3. Keep the sign of the error.")).to_be_visible()


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
    expect(banner(student)).to_contain_text("Saved on this device, to be sent when the network is back: step 1.")
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

    said = {401: "You are logged out.", 404: "no such class"}.get(answer["status"], "Saved on this device")
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
    second.get_by_role("button", name="Save and continue").click()
    third = student.locator("form[data-later-step='3']")
    third.locator("[name=w]").fill("1.5042")
    third.get_by_role("button", name="Save and continue").click()
    expect(banner(student)).to_contain_text("step 1, step 2, step 3")
    desk.look(student, "by_hand_queue")

    student.context.set_offline(False)

    expect(student.get_by_role("heading", name="All steps done")).to_be_visible()
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

    expect(second.get_by_role("button", name="Save and continue")).to_be_focused()
    ids = "[...document.querySelectorAll('[id]')].map(({ id }) => id)"
    assert student.evaluate(f"new Set({ids}).size === {ids}.length")
    desk.look(student, "by_hand_later_390")


@pytest.mark.usefixtures("without_wifi")
def test_whoever_types_when_the_network_comes_back_types_on(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("tippi"), viewport=PHONE)
    student.goto(SHEET)
    fill(student, STEP_1)
    student.context.set_offline(True)
    check(student)
    student.locator("form[data-later-step='2'] [name=mean]").press_sequentially("1.2")

    student.context.set_offline(False)
    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(banner(student)).to_be_hidden()
    wait_until_still(student)
    student.keyboard.type("5")

    expect(student.locator("form[data-worksheet] [name=mean]")).to_have_value("1.25")


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
    second.get_by_role("button", name="Save and continue").click()

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
    expect(banner(page)).to_contain_text("Somebody else has logged in on this device.")
    assert (stored(first), stored(second)) == ([], [])


def test_the_ball_and_the_line_move_when_a_step_is_accepted_and_the_run_walks_on(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("bea"))
    student.goto(SHEET)
    ball = student.locator("[data-ball] circle").last  # the one beside the sheet, on a laptop
    before = float(ball.get_attribute("cx") or 0)
    fill(student, STEP_1)
    check(student)
    expect(student.locator(".part__side [data-ball] text")).to_have_text("w₁ = 0.7463")
    wait_for(lambda: float(ball.get_attribute("cx") or 0) > before, "the ball rolls")
    fill(student, STEP_2)
    check(student)
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_visible()
    fill(student, {"w": "1.5042"})
    check(student)
    end = "After 22 steps w is at 1.9899. Another step moves it by less than 0.0001."
    expect(student.get_by_role("heading", name="All steps done")).to_be_visible()
    expect(student.locator("[data-run-end]")).to_be_hidden()
    assert "1.9899" not in student.locator("main").inner_text()

    student.emulate_media(reduced_motion="reduce")
    student.get_by_role("button", name="Let it run").click()

    expect(student.locator("[data-run-now]")).to_have_text("step 22: w = 1.9899")
    expect(student.locator("[data-run-end]")).to_have_text(end)
    expect(student.locator("#spoken")).to_have_text(end)
    # It runs where one sees it.
    expect(student.locator("[data-ball] circle")).to_be_in_viewport(ratio=1)
    desk.look(student, "by_hand_done")


def test_after_three_checks_a_solution_may_be_asked_for_and_one_may_go_on_and_mend_later(
    desk: Desk, new_student: NewStudent
) -> None:
    student = desk.open(new_student("mena"))
    student.goto(SHEET)
    fill(student, STEP_1)
    for w in ("5", "6", "2.985"):
        student.locator("[name=w]").fill(w)
        check(student)
        expect(student.locator("[name=w][aria-invalid=true]")).to_have_value(w)
    expect(student.get_by_text("0 − 0.05 × (−14.925) = 0.7463")).to_have_count(0)
    student.get_by_role("button", name="Show the solution for this line").click()
    solution = student.get_by_text("0 − 0.05 × (−14.925) = 0.7463")
    expect(solution).to_be_visible()
    desk.look(student, "by_hand_solution")
    student.locator("[name=w]").fill("2.98")
    expect(solution).to_be_visible()
    student.locator("[name=w]").fill("2.985")

    student.get_by_role("button", name="Continue with my value").click()

    expect(student.get_by_role("heading", name="Step 2 of 3")).to_be_visible()
    expect(student.get_by_text("Your own value. You can still fix this step.")).to_be_visible()
    student.set_viewport_size(SMALL_PHONE)
    student.get_by_role("link", name="Fix it").locator("visible=true").click()
    # At its sheet, above the bar, and back again.
    expect(student.get_by_role("heading", name="Step 1, again")).to_be_focused()
    for each in ("#by-hand-head", "#error_1"):
        assert box(student.locator(".bar"))["y"] > box(student.locator(each))["bottom"]
        assert box(student.locator(each))["y"] >= 0
    desk.look(student, "by_hand_fix_it")
    student.get_by_role("link", name="Leave this step as it is").click()
    expect(student.get_by_role("link", name="Fix it: step 1")).to_be_hidden()
    desk.look(student, "by_hand_to_fix")
    student.set_viewport_size(LAPTOP)
    fill(student, {"error_4": "4.14", "mean": "7.4625", "w": "2.6119"})
    check(student)
    expect(student.get_by_role("heading", name="Step 3 of 3")).to_be_visible()
    fill(student, {"w": "2.3787"})
    check(student)
    expect(student.get_by_role("row", name="Yours 2.985 2.6119 2.3787")).to_be_visible()
    expect(student.get_by_text("The notebook prints")).to_have_count(0)
    expect(student.get_by_role("button", name="Let it run")).to_have_count(0)
    student.get_by_role("link", name="Fix step 1").click()
    student.locator("[name=w]").fill("0.7463")
    check(student)
    expect(student.get_by_role("row", name="Yours 0.7463 1.2127 1.5042")).to_be_visible()
    expect(student.get_by_text("The notebook prints")).to_be_visible()


def test_points_of_ones_own_are_worked_on_the_same_sheet(desk: Desk, new_student: NewStudent) -> None:
    student = desk.open(new_student("otto"))
    student.goto(f"{SHEET}?activity=own-data")
    expect(student.get_by_text("Nobody else in your class has these four points")).to_be_visible()
    ys = [float(y) for y in student.locator("td[data-name=y]").all_text_contents()]

    fill(student, {f"error_{i}": f"{-y:g}" for i, y in enumerate(ys, start=1)})
    check(student)

    expect(student.locator(".cell--right")).to_have_count(4)
    expect(student.get_by_text("Four points of your own")).to_be_visible()
    desk.look(student, "own_data")
