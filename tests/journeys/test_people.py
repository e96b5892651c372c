"""What anybody expects of a page: that a thumb can press it, that large letters fit, and that it looks as one likes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Desk
from tests.journeys.steps import BADGE, BIAS, LAPTOP, LESSON, MISSION, PHONE, RATES, SHEET, U_CURVE

pytestmark = pytest.mark.journey

Advanced = Callable[..., str]
OUTSIDE = ("/", "/join/", "/join/DEMO-2026", "/join/NONE-9999/", "/accounts/login/", "/accounts/password/forgotten/")
ACCOUNT = (
    "/accounts/",
    "/accounts/data/",
    "/accounts/devices/",
    "/accounts/second-step/",
    "/accounts/password/",
    "/accounts/notebooks/",
    "/accounts/login/",
    "/accounts/logout/",
    "/join/DEMO-2026",
    "/nowhere/",
)
CASES = f"{LESSON}cases/"
PARTS = (LESSON, SHEET, RATES, U_CURVE, BIAS, CASES, BADGE, MISSION)
BEHIND = (f"{RATES}?item=half-a", f"{RATES}?item=half-c", f"{BIAS}?item=headline")
# Of the tags that are pressed, those with less than 44 pixels either way. What counts is what a finger meets: a label,
# or a pseudo-element around a small dot. Links in a sentence are as large as its letters.
SMALL_TARGETS = """(root) => {
  const least = 43, far = 60; // a pixel may be lost between two
  const meets = (own, x, y) => own.some((each) => each.contains(document.elementFromPoint(x, y)));
  const reach = (own, x, y, dx, dy) => {
    let n = 0;
    while (n < far && meets(own, x + dx * (n + 1), y + dy * (n + 1))) n += 1;
    return n;
  };
  const text = (element) => element.textContent.replace(/\\s+/g, " ").trim();
  const isInSentence = (element) => element.matches("a") && getComputedStyle(element).display === "inline"
    && text(element.parentElement).length > text(element).length && !element.matches(".dot");
  const small = [];
  for (const element of (root ?? document).querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled || isInSentence(element)) continue;
    if (element.getBoundingClientRect().bottom + scrollY < 0) continue;
    const own = [element, ...(element.labels ?? [])];
    const boxes = own.map((each) => each.getBoundingClientRect());
    if (boxes.some(({ width, height }) => width >= least && height >= least)) continue;
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = element.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    const wide = reach(own, x, y, -1, 0) + reach(own, x, y, 1, 0) + 1;
    const high = reach(own, x, y, 0, -1) + reach(own, x, y, 0, 1) + 1;
    const says = `${element.tagName} ${text(element) || element.name}: ${wide}×${high}`;
    if (Math.min(wide, high) < least) small.push(says);
  }
  return small;
}"""
# What lies over something else in the header, or sticks out of it.
COVERED = """() => {
  const all = [...document.querySelectorAll(".top__brand, .saved, .person__name, .rail__list")];
  const boxes = all.filter((each) => each.textContent.trim()).map((each) => [each, each.getBoundingClientRect()]);
  const says = [];
  for (const [one, a] of boxes) {
    if (a.left < 0 || a.right > innerWidth + 0.5) says.push(`${one.className} is outside`);
    for (const [other, b] of boxes) {
      if (one === other || one.contains(other) || other.contains(one)) continue;
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0.5 && down > 0.5) says.push(`${one.className} and ${other.className}`);
    }
  }
  return says;
}"""


def width_of(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def test_every_page_suits_a_thumb_large_letters_and_wide_spacing(desk: Desk, advanced: Advanced) -> None:
    """For somebody outside, a newcomer, and somebody who has done most of the lesson: in one walk, for it is long."""
    visitor, newcomer = desk.open(viewport=PHONE), desk.open(advanced("nele"), viewport=PHONE)
    far = desk.open(advanced("fine", "step_through", "guess_three_rates", "sweep", "starve"), viewport=PHONE)
    walk = [(visitor, OUTSIDE), (newcomer, PARTS), (far, (*PARTS, *BEHIND, *ACCOUNT))]
    small, large, covered, spaced = {}, {}, {}, {}

    for page, address in [(page, address) for page, addresses in walk for address in addresses]:
        page.goto(address)
        small[address] = page.evaluate(SMALL_TARGETS)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        large[address] = width_of(page)
        covered[address] = page.evaluate(COVERED)
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.evaluate("Object.assign(document.documentElement.dataset, { spacing: 'wide', letters: 'sans' })")
        spaced[address] = width_of(page)
    page.goto(LESSON)
    page.locator(".person__name").click()
    menu = page.locator(".person__menu")

    assert {address: lines for address, lines in small.items() if lines} == {}
    assert {address: lines for address, lines in covered.items() if lines} == {}
    assert {address: width for address, width in large.items() if width > PHONE["width"]} == {}
    assert {address: width for address, width in spaced.items() if width > PHONE["width"]} == {}
    assert menu.evaluate(SMALL_TARGETS) == []
    desk.complaints = [line for line in desk.complaints if "status of 404" not in line]


def look_of(page: Page) -> dict[str, str]:
    look: dict[str, str] = page.evaluate(
        """() => ({
            paper: getComputedStyle(document.documentElement).backgroundColor,
            scheme: getComputedStyle(document.documentElement).colorScheme,
            letters: getComputedStyle(document.querySelector("h1")).fontFamily.split(",")[0],
            spacing: getComputedStyle(document.body).letterSpacing,
        })"""
    )
    return look


BLACKBOARD, PAPER = "rgb(23, 33, 30)", "rgb(251, 250, 245)"


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "plain"])
def test_what_is_chosen_holds_before_the_first_paint_and_outlasts_the_log_out(
    desk: Desk, advanced: Advanced, scripts: bool
) -> None:
    student = desk.open(advanced("lou"), viewport=PHONE, java_script_enabled=scripts, color_scheme="light")
    student.goto(SHEET)
    if scripts:
        assert look_of(student)["paper"] == PAPER
        student.locator("[name=error_1]").fill("-2.1")
    student.locator(".person__name").click()

    for choice in ("Blackboard", "Sans", "Wide"):
        student.get_by_label(choice).check()
    if not scripts:
        student.get_by_role("button", name="Apply").click()
        html = student.request.get(SHEET).text()
        assert 'data-theme="blackboard" data-letters="sans"\n      data-spacing="wide"' in html
        return

    chosen = {"paper": BLACKBOARD, "scheme": "dark", "letters": "Inter", "spacing": "1.28px"}
    assert look_of(student) == chosen
    expect(student.locator("[name=error_1]")).to_have_value("-2.1")  # the page stayed as it was
    desk.look(student, "menu_blackboard_390")
    student.keyboard.press("Escape")
    expect(student.locator(".person__menu")).to_be_hidden()
    expect(student.locator(".person__name")).to_be_focused()
    student.wait_for_function("document.cookie.includes('look=blackboard.sans.wide')")
    student.context.clear_cookies(name="sessionid")
    student.goto("/accounts/login/")
    assert look_of(student) == chosen


def test_the_wall_and_the_class_page_follow_the_device(desk: Desk) -> None:
    teacher = desk.open("instructor", viewport=LAPTOP, color_scheme="dark")
    teacher.context.add_cookies([{"name": "look", "value": "paper.sans.wide", "url": desk.url}])

    for address in ("/c/demo/class/", "/present/demo/"):
        teacher.goto(address)
        background = "getComputedStyle(document.documentElement).backgroundColor"
        assert teacher.evaluate(background) == PAPER, address
        desk.look(teacher, f"paper_{address.strip('/').replace('/', '_')}")


def test_a_password_can_be_shown_and_is_hidden_when_it_is_sent(desk: Desk, advanced: Advanced) -> None:
    username = advanced("pia")
    student = desk.open(viewport=PHONE)
    student.goto("/accounts/login/")
    show = student.get_by_role("button", name="Show Password")
    student.get_by_label("Username").fill(username)
    student.get_by_label("Password").fill("downhil")

    show.click()
    expect(show).to_have_attribute("aria-pressed", "true")
    expect(student.get_by_label("Password")).to_have_attribute("type", "text")
    desk.look(student, "password_shown_390")
    student.get_by_label("Password").fill("downhill")
    sent_as = "document.querySelector('form.sheet').addEventListener('submit', ({ target }) => \
        sessionStorage.setItem('sent as', target.elements.password.type))"
    student.evaluate(sent_as)
    student.get_by_label("Password").press("Enter")

    expect(student.get_by_role("heading", name="Data Rules Everything")).to_be_visible()
    assert student.evaluate("sessionStorage.getItem('sent as')") == "password"
