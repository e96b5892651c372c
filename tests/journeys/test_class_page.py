"""An instructor's class, as it is met in a browser: the grid, who needs help, and the room with a projector."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Clerk, Desk
from tests.journeys.steps import LAPTOP, PHONE, WALL, let_pass

pytestmark = pytest.mark.journey
BREATH = 550  # milliseconds between two presses of the space bar that are both meant
LESSON = "/lessons/data-rules-everything"
SUMS = ("2.985", "2.9851", "2.9849")


def cell(page: Page, name: str, part: str) -> Page:
    """A student's cell of the grid."""
    row = page.locator("tbody tr", has=page.get_by_role("link", name=name, exact=True))
    return row.locator(f"a[href$='part={part}']")  # type: ignore[return-value]


def fill_in(page: Page, w: str, *, mean: str = "-59.7") -> None:
    """Fill in the first sheet and check it; the page that this brings has settled then."""
    for i, (error, product) in enumerate(
        zip(("-2.1", "-3.9", "-6.2", "-7.8"), ("-2.1", "-7.8", "-18.6", "-31.2"), strict=True), start=1
    ):
        page.locator(f"[name=error_{i}]").fill(error)
        page.locator(f"[name=product_{i}]").fill(product)
    page.locator("[name=mean]").fill(mean)
    page.locator("[name=w]").fill(w)
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)


def named(page: Page, name: str, username: str) -> Locator:
    """A student in the grid: others of this name may be there, and then the username is too."""
    return page.get_by_role("link", name=re.compile(rf"^{name}( \({re.escape(username)}\))?$")).first


def too_small(page: Page) -> list[Any]:
    """What can be pressed on the page of a class and is lower than 24 pixels."""
    found: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll('.class a, .class button, .class summary')]
            .filter((each) => each.checkVisibility() && !each.closest('p, .soft'))
            .map((each) => [each.getBoundingClientRect().height, each.textContent]).filter(([high]) => high < 24)"""
    )
    return found


# Where the class is, the one button, the clock, what is coming and the run sheet: which of them has to be scrolled to.
OUT_OF_SIGHT = """() => ["#at", ".lead-class__at", "#next", "#clock", "#coming", "#sheet-head"].filter((each) => {
    const { top, bottom } = document.querySelector(each).getBoundingClientRect();
    return top < 0 || bottom > innerHeight;
  })"""


def test_the_grid_is_walked_by_keyboard_alone(desk: Desk, new_led_class: Callable[..., str]) -> None:
    new_led_class("walkers", "wanda", "ann", "bob", "cleo")
    page = desk.open("wanda")
    page.goto("/c/walkers/class/")
    table = page.get_by_role("table", name="Students and parts")
    stops = "document.querySelectorAll('[data-arrows] [tabindex=\"0\"]').length"
    focused = """() => document.activeElement.textContent.trim()
        || document.activeElement.getAttribute("href").split("part=")[1]"""

    page.get_by_text("Hide names").focus()
    page.keyboard.press("Tab")
    walked = [page.evaluate(focused)]
    for key in ("ArrowDown", "ArrowRight", "End", "ArrowLeft", "Home", "Control+End", "ArrowUp", "PageUp", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(page.evaluate(focused))

    assert page.evaluate(stops) == 1
    assert walked == [
        "Ann",
        "Bob",
        "by-hand",
        "mission",
        "badge",
        "Bob",
        "mission",
        "mission",
        "mission",
        "Mission",
    ]
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann")
    page.go_back()
    expect(table).to_be_visible()


def test_a_call_for_help_appears_in_place_and_is_answered_for_every_instructor(
    desk: Desk, clerk: Clerk, new_led_class: Callable[..., str]
) -> None:
    new_led_class("helpers", "ivo", "mia", "noa")
    lead = desk.open("ivo")
    lead.goto("/c/helpers/class/lead/")
    lead.get_by_role("button", name="Start: Gradient descent by hand").click()
    expect(lead.get_by_role("button", name="Next part: Learning-rate chaos")).to_be_visible()
    for width, height in ((1366, 640), (390, 664)):
        lead.set_viewport_size({"width": width, "height": height})
        assert lead.evaluate(OUT_OF_SIGHT) == [], (width, height)
        desk.look(lead, f"lead_{width}")
    grid, other = desk.open("ivo"), desk.open("ivo")
    grid.goto("/c/helpers/class/")
    other.goto("/c/helpers/class/")
    grid.get_by_text("Sort, filter, rows").click()
    grid.get_by_role("link", name="Noa", exact=True).focus()
    # What is changed in the page from now on, by the row in which it is.
    grid.evaluate("""() => {
        window.touched = new Set();
        const note = ({ target }) => {
          const element = target.nodeType === 1 ? target : target.parentElement;
          const row = element.closest("tr");
          window.touched.add(row ? row.querySelector(".grid__name").textContent : element.closest("[id]").id);
        };
        const all = { subtree: true, childList: true, characterData: true, attributes: true };
        new MutationObserver((seen) => seen.forEach(note)).observe(document.querySelector("tbody"), all);
    }""")
    student = desk.open("mia")
    student.goto(f"/c/helpers{LESSON}/by-hand/")

    for w in SUMS:
        fill_in(student, w)

    expect(cell(grid, "Mia", "by-hand")).to_have_text("3× forgot to average")
    call = grid.locator("[data-call]")
    expect(grid.locator(".callgroup")).to_contain_text("3 times, step 1")
    expect(grid.locator("#spoken")).to_contain_text("Mia: forgot to average")
    expect(grid.get_by_role("link", name="Noa", exact=True)).to_be_focused()
    expect(grid.get_by_text("sort by")).to_be_visible()  # what was opened stays open
    assert grid.evaluate("[...window.touched]") == ["Mia"]
    assert too_small(grid) == []
    desk.look(grid, "class_call_1366")
    call.get_by_role("button", name="Helped").click()
    expect(grid.get_by_text("helped by Ivo")).to_be_visible()
    expect(other.get_by_text("helped by Ivo")).to_be_visible()
    expect(other.locator("[data-call]")).to_have_count(0)
    other.get_by_role("button", name="undo").click()
    expect(grid.locator("[data-call]")).to_have_count(1)


# Where the grid is, to a tenth of a pixel: its first row, and the left edge of each column.
PLACES = """() => [
  document.querySelector("#students tr").getBoundingClientRect().top,
  ...[...document.querySelectorAll("#heads th")].map((each) => each.getBoundingClientRect().left),
].map((each) => Math.round(10 * each) / 10)"""
IN_SIGHT = """() => [...document.querySelectorAll("#students tr")].filter((each) => {
  const { top, bottom } = each.getBoundingClientRect();
  const box = each.closest(".grid__scroll").getBoundingClientRect();
  return top >= box.top && bottom <= Math.min(box.bottom, innerHeight) + 0.5;
}).length"""


def test_36_students_and_all_their_calls_are_seen_in_a_laptops_window_and_nothing_moves(
    desk: Desk, clerk: Clerk
) -> None:
    clerk("crowded", "crowd", "cora")
    page = desk.open("cora", viewport={"width": 1366, "height": 640})
    page.goto("/c/crowd/class/")
    places, high = page.evaluate(PLACES), page.evaluate("document.documentElement.scrollHeight")
    groups = page.locator(".callgroup")

    assert page.evaluate(IN_SIGHT) == 36
    expect(page.get_by_role("heading", name="Needs help now 17")).to_be_visible()
    expect(groups.locator("summary")).to_have_text([re.compile(r"13\s+the run failed"), re.compile(r"4\s+went the")])
    assert page.locator("#students .shape--need").count() == 17
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.look(page, "class_36_1366x640")

    groups.first.locator("summary").click()
    for name in ("Crowd01", "Crowd13"):
        link = groups.first.get_by_role("link", name=name)
        link.scroll_into_view_if_needed()
        expect(link).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollHeight") == high  # they unfold within the side
    desk.look(page, "class_36_unfolded_1366x640")

    page.get_by_role("button", name="Ask again for all 13").click()
    expect(groups).to_have_count(1)
    assert page.locator("#students .shape--need").count() == 4
    assert page.evaluate(PLACES) == places


def test_the_room_with_an_instructor_a_projector_and_a_student(desk: Desk, new_led_class: Callable[..., str]) -> None:
    new_led_class("threes", "lea", "tom", "una")
    grid, wall, student = desk.open("lea"), desk.open("lea", viewport=WALL, color_scheme="dark"), desk.open("tom")
    grid.goto("/c/threes/class/")
    expect(grid.get_by_role("link", name="Tom", exact=True)).to_be_visible()

    wall.goto("/present/threes/")
    # No phone can open the address of this Downhill: the way in says so, and tests/dashboard/test_reach.py what it says
    # where one can.
    expect(wall.get_by_text("Phones cannot open 127.0.0.1.")).to_be_in_viewport()
    expect(wall.locator("#qr")).to_have_count(0)
    desk.look(wall, "room_first_1920")
    expect(grid.get_by_text("Names are hidden: a projector shows this class.")).to_be_visible()
    expect(grid.get_by_role("link", name="Student 01", exact=True)).to_be_visible()
    assert "Tom" not in grid.locator("#class").inner_text()
    student.goto(f"/c/threes{LESSON}/rates/")
    expect(student.get_by_text("Your instructor opens this part")).to_be_visible()
    for words in ("Start: Gradient descent by hand", "Next part: Learning-rate chaos", "Next: vote on"):
        expect(wall.locator("[data-space]")).to_contain_text(words)
        wall.wait_for_timeout(BREATH)
        wall.keyboard.press(" ")
    expect(wall.get_by_role("heading", level=1)).to_have_text("Learning rate 0.1")
    expect(wall.locator(".wall__count")).to_contain_text("the vote is open")
    student.get_by_text("settles smoothly").first.click()
    student.get_by_label("sure", exact=True).evaluate("each => each.click()")
    student.get_by_role("button", name="Seal it").click()
    expect(wall.locator(".wall__count b")).to_have_text("1")
    expect(cell(grid, "Student 01", "rates")).to_contain_text("1 of 4")
    desk.look(wall, "room_vote_1920")
    desk.look(grid, "room_grid_1366")
    assert "settles smoothly" in wall.locator("#question").inner_text()
    assert wall.locator("#question :text('✓')").count() == 0
    wall.get_by_role("button", name="Close the vote").focus()
    wall.keyboard.press("ArrowRight")  # the button has the focus: nothing happens
    wall.keyboard.press(" ")
    expect(wall.get_by_role("button", name="Reveal")).to_be_visible()
    expect(wall.get_by_role("heading", level=1)).to_have_text("Learning rate 0.1")
    wall.get_by_role("button", name="Reveal").click()
    expect(wall.locator(".wall__answer")).to_contain_text("settles smoothly")
    expect(student.get_by_text("✓ As you said: settles smoothly.", exact=True)).to_be_visible()
    desk.look(student, "room_student_1366")
    wall.close()
    expect(grid.get_by_role("link", name="Tom", exact=True)).to_be_visible()


@pytest.mark.parametrize("way", ["mouse", "Enter"])
def test_a_double_press_skips_one_question(
    desk: Desk, clerk: Clerk, new_led_class: Callable[..., str], way: str
) -> None:
    slug, leader = f"twice{way.lower()}", f"ludo_{way.lower()}"
    new_led_class(slug, leader, f"tilda_{way.lower()}")
    clerk("fall_behind", slug, leader)
    page = desk.open(leader)
    page.goto(f"/c/{slug}/class/lead/")
    suggestions = page.locator("#advice button")
    first, second = suggestions.all_inner_texts()[:2]
    if way == "mouse":
        suggestions.first.dblclick()
    else:
        suggestions.first.press("Enter")
    expect(suggestions.first).to_have_text(second)
    if way == "mouse":
        suggestions.first.click()
    else:
        page.keyboard.press("Enter")

    let_pass(page, BREATH)
    expect(suggestions.first).to_have_text(second)
    assert first not in suggestions.all_inner_texts()
    # The page's own question to the server begins no moment anew: a press that is meant counts right after it.
    page.wait_for_event("requestfinished", lambda request: "/since/" in request.url)
    suggestions.first.press("Enter")
    expect(page.get_by_role("button", name=second)).to_have_count(0)


def test_every_page_of_the_instructors_looks_right(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "corridor", "wilma", "vesna", "viola", "vito")
    student = desk.open("vesna")
    student.goto(f"/c/corridor{LESSON}/by-hand/")
    fill_in(student, "2.985")
    page = desk.open("wilma", viewport=PHONE)
    page.goto("/c/corridor/class/?size=comfortable")
    assert too_small(page) == []
    page.set_viewport_size(LAPTOP)
    assert too_small(page) == []
    desk.look_in_every_way(page, "class")
    named(page, "Vesna", "vesna").click()
    page.wait_for_url("**/class/students/**")
    theirs = re.sub(r"\?.*", "", page.url)
    for name, address in {
        "student": theirs,
        "people": "/c/corridor/class/people/?names=shown&usernames=shown",
        "new_code": "/c/corridor/class/code/",
        "member": f"{theirs}member/",
        "merge": f"{theirs}merge/",
        "their_page": f"{theirs}page/data-rules-everything/by-hand/",
        "paper": f"{theirs}paper/data-rules-everything/by-hand/",
        "password": f"{theirs}password/",
        "part": "/c/corridor/class/parts/by-hand/",
        "replay": "/c/corridor/class/replay/",
        "rehearse": "/c/corridor/class/rehearse/",
        "ready": "/c/corridor/class/ready/",
        "slide": "/c/corridor/class/ready/slide/",
        "compact": "/c/corridor/class/?size=compact",
    }.items():
        page.goto(address)
        desk.look_in_every_way(page, name)


def test_a_result_from_paper_is_entered_without_a_trace_on_the_device(
    desk: Desk, new_student: Callable[[str], str], stored: Callable[[str], list[str]]
) -> None:
    username = new_student("paula")
    page = desk.open("instructor")
    page.goto("/c/demo/class/")
    named(page, "Paula", username).click()
    page.get_by_role("link", name="Enter a result from paper").click()
    page.get_by_role("link", name="Start").first.click()
    expect(page.get_by_text(f"You are entering results for Paula ({username}).")).to_be_visible()
    fill_in(page, "0.7463", mean="-14.925")

    expect(page.get_by_text("step 2", exact=False).first).to_be_visible()
    assert stored(username) == ["1:0.7463"]
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('downhill'))") == []
    page.get_by_role("link", name="Back to the timeline").click()
    expect(page.get_by_text("entered from paper by Ines Instructor")).to_be_visible()
