"""What a tap brings anew is before one's eyes and has the focus, on a phone as on a laptop, and nothing else moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import BusyWorker, Clerk, Desk
from tests.journeys.steps import (
    A_RUN,
    BADGE,
    BIAS,
    CASES,
    FIX,
    MISSION,
    RATES,
    SHEET,
    STEP_1,
    STEP_2,
    U_CURVE,
    WHY,
    Advanced,
    fill,
    let_pass,
    pick,
    trial,
    wait_until_drawn,
    wait_until_still,
)
from tests.journeys.test_badge import fill_check
from tests.running import wait_for

pytestmark = pytest.mark.journey
SIZES = {
    "short_phone": {"width": 390, "height": 664},
    "phone": {"width": 390, "height": 844},
    "laptop": {"width": 1366, "height": 640},
}
LOWEST = 0.6  # of the screen
ABOVE = 0.1  # of it, at the least, goes on showing what was looked at, wherever a page moves
# How far down a page was when an answer came, and whether nothing had the focus once it was there.
NOTES = """
  document.addEventListener("htmx:beforeSwap", () => { window.wasAt = scrollY });
  document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
    window.lostFocus ||= document.activeElement === document.body;
  }));
"""
# The block that has the focus, where it is, and what covers the screen's upper edge.
WHERE = """() => {
  const active = document.activeElement, block = active?.closest("[data-block]");
  const header = document.querySelector(".top")?.getBoundingClientRect().bottom ?? 0;
  const tops = [...document.querySelectorAll("[data-sticks=top]")].map((each) => each.getBoundingClientRect());
  const stuck = tops.filter(({ top }) => top <= 0).map(({ bottom }) => bottom);
  return block && {
    block: block.dataset.block, top: block.getBoundingClientRect().top, roof: Math.max(0, header, ...stuck),
    writes: active.matches("input, textarea, select"), height: innerHeight,
    isMoved: Math.abs(scrollY - (window.wasAt ?? scrollY)) > 1,
  };
}"""
# How far down a page is, and what has the focus.
LOOKS_AT = """() => {
  const { activeElement: at } = document;
  return { y: Math.round(scrollY), at: `${at.tagName} ${at.id} ${at.closest("[data-block]")?.dataset.block}` };
}"""


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return SIZES[request.param]


@pytest.fixture
def student(desk: Desk, size: dict[str, int], advanced: Advanced) -> Callable[..., Page]:
    """Open a page of a new student who has done what the clerk knows to do."""

    return lambda *verbs: _open(desk, advanced("mia", *verbs), size)


@pytest.fixture
def students(desk: Desk, advanced: Advanced) -> Callable[..., list[Page]]:
    """Open such a page in each size: what they ask for together is computed once."""

    def open_pages(*verbs: str) -> list[Page]:
        names = {name: advanced(f"mia_{name}", *verbs) for name in SIZES}
        return [_open(desk, names[name], size) for name, size in SIZES.items()]

    return open_pages


def _open(desk: Desk, username: str, size: dict[str, int]) -> Page:
    page = desk.open(username, viewport=size, reduced_motion="reduce")
    page.add_init_script(NOTES)
    return page


def arrives(page: Page, act: Callable[[], object], block: str, *, timeout: int = 20) -> None:
    """What `act` brings anew is a block whose key begins with `block`: in view, with the focus, and no input.

    If the page moved for that, what was looked at goes on above it.
    """
    act()
    wait_for(
        lambda: ((page.evaluate(WHERE) or {}).get("block") or "").startswith(block),
        f"the focus at {block}",
        seconds=timeout,
    )
    wait_until_still(page)
    at = page.evaluate(WHERE)
    assert not at["writes"], f"{block}: the focus is in a field"
    assert at["roof"] <= at["top"] <= LOWEST * at["height"], f"{block} is at {at['top']:.0f} of {at['height']}"
    seen = at["top"] - at["roof"]
    assert not at["isMoved"] or seen >= ABOVE * at["height"], f"{block}: {seen:.0f} px are left above it"


def stays(page: Page, act: Callable[[], object]) -> None:
    """An answer that brings nothing new moves neither the page nor the focus, not for a moment either."""
    before = page.evaluate(LOOKS_AT)
    page.evaluate("window.lostFocus = false")
    act()
    let_pass(page, 200)  # what came has settled by then
    assert page.evaluate(LOOKS_AT) == before
    assert not page.evaluate("window.lostFocus")


def is_answered(page: Page, address: str, act: Callable[[], object] = lambda: None) -> None:
    """The next answer from an address has come."""
    with page.expect_response(f"**/{address}/**"):
        act()


def comes_farther(page: Page) -> Callable[[], None]:
    """A run that is on its way tells of another of its steps."""
    says = page.locator(".under-way__says")
    told = says.inner_text()
    return lambda: expect(says).not_to_have_text(told)


def tap(page: Page, name: str) -> Callable[[], None]:
    return lambda: page.get_by_role("button", name=re.compile(f"^{name}$")).click()


def test_a_question_is_sealed_seen_and_kept(student: Callable[..., Page]) -> None:
    page = student("step_through")
    page.goto(RATES)
    # Too early: said in the page's own words where it is missing, and nothing is sent or lost.
    page.locator("[name=confidence][value=sure]").check()
    tap(page, "Seal it")()
    expect(page.get_by_text("Choose an answer first.")).to_be_in_viewport()
    expect(page.locator("[name=choice]").first).to_be_focused()
    expect(page.locator("[name=confidence][value=sure]")).to_be_checked()
    pick(page, "settles")
    expect(page.get_by_text("Choose an answer first.")).to_be_hidden()
    arrives(page, tap(page, "Seal it"), "rates.half-a.sealed")
    wait_until_drawn(page)
    expect(page.locator(".verdict__line")).to_be_in_viewport(ratio=1)
    page.locator(".next a").click()
    arrives(page, lambda: None, "rates.half-b")  # another page, at its card
    page.goto(f"{RATES}?item=half-c")
    pick(page, "explodes", "think_so")
    arrives(page, tap(page, "Seal it"), "rates.half-c.sealed")
    arrives(page, tap(page, "bounces for ?ever"), "rates.half-c.verdict")
    page.locator("[name=idea]").first.check()
    arrives(page, tap(page, "Save"), "rates.half-c.kept")
    page.get_by_role("link", name="One more, on your own").click()
    arrives(page, lambda: None, "rates.half-edge")
    pick(page, "parted", "guess")
    arrives(page, tap(page, "Seal it"), "rates.half-edge.sealed")


def test_a_run_starts_and_ends_and_what_it_shows_is_explained(
    student: Callable[..., Page], busy_worker: BusyWorker
) -> None:
    page = student()
    page.goto(U_CURVE)
    page.locator("#choice").fill("6")
    page.locator("[name=confidence][value=guess]").check()
    arrives(page, tap(page, "Seal it"), "u-curve-guess.lowest.sealed")
    with busy_worker():  # or it may be done before anybody has looked
        arrives(page, tap(page, "Start the run"), "run.")
    arrives(page, lambda: None, "u-curve-guess.lowest.reveal", timeout=A_RUN // 1000)
    expect(page.locator(".verdict__line")).to_be_in_viewport(ratio=1)
    page.locator("#u-curve-explain-text").fill(WHY)
    arrives(page, tap(page, "Send"), "u-curve-explain.waits")


def test_the_repair_shows_what_came_of_it(students: Callable[..., list[Page]], busy_worker: BusyWorker) -> None:
    pages = students("starve", "look_at_the_harm")
    for page in pages:
        page.goto(BIAS)
    with busy_worker():  # or it may be done before the last of them has looked
        for page in pages:
            arrives(page, trial(page, FIX).get_by_role("button", name="Start the run").click, "run.")
    for page in pages:
        expect(trial(page, FIX)).to_have_attribute("data-state", "done", timeout=A_RUN)
        arrives(page, lambda: None, "run.")
        expect(trial(page, FIX).locator("[data-block$=done]")).to_be_in_viewport()


def test_a_sheet_is_checked_mended_solved_and_accepted(student: Callable[..., Page]) -> None:
    page = student()
    page.goto(SHEET)
    turned = {name: typed.lstrip("-") for name, typed in STEP_1.items()} | {"w": "-0.7463"}
    fill(page, turned)
    arrives(page, tap(page, "Check"), "by-hand.1.says.1.error_1")
    cell = page.locator("#error_1")
    # The cell that it is about stays in view above it.
    assert page.evaluate(WHERE)["roof"] <= cell.evaluate("(cell) => cell.getBoundingClientRect().top")
    # The same once more says nothing else. By the keyboard: a mouse would scroll to the button.
    page.locator("#check").focus()
    stays(page, lambda: is_answered(page, "check", lambda: page.keyboard.press("Enter")))
    for tries, w in enumerate(("5", "6", "7"), start=2):
        fill(page, STEP_1 | {"w": w})
        arrives(page, tap(page, "Check"), f"by-hand.1.says.{tries}.w")
    arrives(page, tap(page, "Show the solution for this line"), "by-hand.1.solution.w")
    fill(page, {"w": ""})
    arrives(page, tap(page, "Check"), "by-hand.1.empty")
    fill(page, {"w": "0.7463"})
    arrives(page, tap(page, "Check"), "by-hand.done.1")
    for tries, w in enumerate(("5", "6", "7"), start=1):
        fill(page, STEP_2 | {"w": w})
        arrives(page, tap(page, "Check"), f"by-hand.2.says.{tries}.w")
    arrives(page, tap(page, "Continue with my value"), "by-hand.done.2")


def test_a_case_is_answered(student: Callable[..., Page]) -> None:
    page = student()
    page.goto(CASES)
    page.locator(".shelf__title a").first.click()
    arrives(page, lambda: None, "cases.")
    for name in ("choice", "second", "confidence"):
        page.locator(f"[name={name}]").first.evaluate("radio => radio.click()")
    arrives(page, tap(page, "Seal it"), "cases.text-detectors.sealed")


def test_a_run_goes_on_and_its_tipping_point_comes_where_it_was_asked_for(students: Callable[..., list[Page]]) -> None:
    pages = students()
    for page in pages:
        page.goto(MISSION)
        page.get_by_label("Your guess, before you start").fill("with 12 of them")
        trial(page, "stretch").get_by_label("seed").fill("20")
    for page in pages:
        arrives(page, tap(page, "Start the run"), "run.")
        stays(page, comes_farther(page))
    for page in pages:
        expect(trial(page, "stretch")).to_have_attribute("data-state", "done", timeout=A_RUN)
        arrives(page, lambda: None, "run.")
        expect(trial(page, "stretch").locator("[data-block$=done]")).to_be_in_viewport()
        guesses = page.get_by_label("Your guess: Tipping point")
        expect(guesses).to_have_count(2)  # beside the result, and above the conclusion
        for guess in guesses.all():
            expect(guess).to_have_value("with 12 of them")


def test_a_source_check_and_a_corpus_are_kept(student: Callable[..., Page], tmp_path: Path) -> None:
    page = student()
    page.goto(MISSION)
    form = page.locator("#source-check form")
    form.locator("#supplied").select_option("mnist")
    fill_check(form, who_2="A museum", where_2="Catalogue of 2019, page 12", independent="yes", stamp="reject")
    arrives(page, lambda: form.get_by_role("button", name=re.compile("^Send")).click(), "source-check.waits")
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("word " * 6000)
    page.locator("[data-file]").set_input_files(corpus)
    arrives(page, lambda: page.get_by_role("button", name=re.compile("figures")).click(), "corpus-check.kept")


def test_a_badge_comes_while_its_page_is_open(
    student: Callable[..., Page], clerk: Clerk, own: Callable[[str], str]
) -> None:
    page = student("almost_there")
    page.goto(BADGE)
    page.evaluate("scrollTo(0, 150)")
    stays(page, lambda: is_answered(page, "since"))
    arrives(page, lambda: clerk("approve", own("mia")), "badge.earned")
