"""The wall in a browser: readable from the back row in every state, drawn once, honest when nothing is heard."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Clerk, Desk
from tests.journeys.steps import LOST, WALL
from tests.running import Running

pytestmark = pytest.mark.journey
SENTENCE, LABEL = 40, 24  # pixels on a wall of 1080
SIZES = (WALL, {"width": 1366, "height": 768}, {"width": 1366, "height": 640}, {"width": 480, "height": 270})
ASKED = (
    "rates/half-d",
    "bias-guess/ship",
    "bias-guess/absorber",
    "bias-guess/louder",
    "cases/a-level-grades",
    "cases/care-programme",
    "cases/speech-recognition",
)
REVEALED = (
    "rates/half-a",
    "rates/half-b",
    "rates/half-c",
    "u-curve-guess/lowest",
    "bias-guess/headline",
    "bias-guess/recall",
    "cases/text-detectors",
    "cases/reoffending-scores",
    "cases/childcare-benefits",
)

# States that have each kind of picture once.
LOOKED_AT = {
    "first",
    "bias-guess_ship",
    "bias-guess_absorber",
    "rates_half-c",
    "u-curve-guess_lowest",
    "bias-guess_recall",
    "cases_text-detectors",
    "stamped",
}
# What is too small, outside, under something else or cut off, by the words it is about.
FAULTS = """([sentence, label]) => {
  const found = [], scale = innerHeight / 1080 * Math.min(1, innerWidth / innerHeight / (16 / 9));
  const rect = (query) => document.querySelector(query)?.getBoundingClientRect();
  const [head, says, foot] = [".wall__head", ".wall__says", ".wall__foot"].map(rect);
  for (const box of document.querySelectorAll(".wall__body, .wall__evidence, html")) {
    const isTooLong = box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
    if (isTooLong) found.push(`${box.className} scrolls`);
  }
  const walker = document.createTreeWalker(document.getElementById("question"), NodeFilter.SHOW_TEXT);
  let n = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(".quiet-name, title, desc")) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const { left, right, top, bottom, width } = range.getBoundingClientRect();
    if (!width) continue;
    n += 1;
    const drawn = element instanceof SVGElement ? element.getScreenCTM().a : 1;
    const size = drawn * parseFloat(getComputedStyle(element).fontSize);
    const caption = "figcaption:not(.rate__key, .chart__name, .votes__name)";
    const isSentence = element.closest(".wall__body") && element.closest(`p, li, ${caption}`);
    if (size < scale * (isSentence ? sentence : label) - 0.5) found.push(`${Math.round(size / scale)}: ${text}`);
    if (left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1) found.push(`outside: ${text}`);
    if (element.closest(".wall__body") && bottom > foot.top + 3) found.push(`under the foot: ${text}`);
    const isOver = () => top < head.bottom - 3 || (says && bottom > says.top + 4);
    if (element.closest(".wall__evidence") && isOver()) found.push(`over: ${text}`);
  }
  return n > 5 ? found : ["nothing is there"];
}"""
# As the page is for a title of more than 34 letters.
LENGTHEN = """() => {
  const title = document.querySelector("h1");
  (title.querySelector("b") ?? title).textContent += ", and what a title says that takes two lines of the wall";
  title.classList.add("wall__title--long");
}"""
LEGS = "document.querySelectorAll('.rate__trace .rate__leg:not([hidden])').length"


def faults(wall: Page) -> list[str]:
    found: list[str] = wall.evaluate(FAULTS, [SENTENCE, LABEL])
    return found


def test_the_wall_is_readable_from_the_back_row_in_every_state(desk: Desk, clerk: Clerk) -> None:
    clerk("evening", "backrow", "rex")
    wall = desk.open("rex", viewport=WALL, color_scheme="dark", reduced_motion="reduce")
    found: dict[str, list[str]] = {}

    def look_at(place: str, name: str) -> None:
        wall.goto(f"/present/backrow/?question={place}" if place else "/present/backrow/")
        for size in SIZES:
            wall.set_viewport_size(size)  # type: ignore[arg-type]  # a size
            found[f"{name} {size['width']} × {size['height']}"] = faults(wall)
        wall.set_viewport_size(WALL)  # type: ignore[arg-type]  # a size
        if name in LOOKED_AT:
            desk.look(wall, f"wall_{name}")
        if place:
            wall.evaluate(LENGTHEN)
            found[f"{name} under a title of two lines"] = faults(wall)

    clerk("show_first_page", "backrow")
    look_at("", "first")
    for place in (*ASKED, *REVEALED):
        look_at(place, place.replace("/", "_"))
    wall.goto("/present/backrow/?question=bias-guess/absorber")
    images = wall.locator(".image-wall")
    expect(images).to_be_visible()
    assert images.evaluate("each => each.querySelectorAll('text').length") == 0
    assert images.evaluate("each => each.getBoundingClientRect().height") > WALL["height"] / 3
    clerk("open_at_once", "backrow", "bias-guess", "absorber")
    look_at("bias-guess/absorber", "stamped")
    wall.reload()
    expect(wall.locator(".image-wall text")).not_to_have_count(0)
    expect(wall.locator(".wall-matrix")).to_be_visible()

    assert {state: each for state, each in found.items() if each} == {}


def test_a_run_draws_itself_once_whatever_comes_meanwhile(desk: Desk, clerk: Clerk) -> None:
    clerk("evening", "drawn", "dorothea", "8")
    wall = desk.open("dorothea", viewport=WALL)
    wall.goto("/present/drawn/?question=rates/half-c")
    outcome = wall.locator(".wall__answer")
    expect(wall.locator("[data-drawn=not-yet]")).to_have_count(1)
    assert outcome.evaluate("each => getComputedStyle(each).visibility") == "hidden"

    seen = []
    while wall.locator("[data-drawn=not-yet]").count():
        clerk("touch", "drawn")  # the next question is answered with the page
        seen.append(wall.evaluate(LEGS))
    expect(outcome).to_be_visible()
    for _ in range(2):
        clerk("touch", "drawn")
        with wall.expect_response(lambda response: "/since/" in response.url and response.status == 200):
            pass
        seen.append(wall.evaluate(LEGS))

    assert seen == sorted(seen)
    assert seen[-1] == 10
    expect(wall.locator("[data-drawn=not-yet]")).to_have_count(0)
    expect(wall.locator(".votes__row--right")).to_contain_text("✓ bounces forever")


def processes_of(root: int) -> list[int]:
    """A process and all below it."""
    said = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in said.splitlines())}
    found = [root]
    for each in found:
        found += [pid for pid, parent in parents.items() if parent == each]
    return found


@contextmanager
def frozen(downhill: Running) -> Iterator[None]:
    """The server neither answers nor refuses."""
    processes = processes_of(downhill.process.pid)
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes[::-1]:
            os.kill(pid, signal.SIGCONT)


def test_every_page_of_who_leads_says_since_when_nothing_was_heard(desk: Desk, clerk: Clerk, downhill: Running) -> None:
    clerk("led_class", "silent", "sid")
    leads = (
        "/present/silent/",
        "/present/silent/?remote=1",
        "/c/silent/class/lead/",
        "/c/silent/class/",
        "/c/silent/class/ready/",
    )
    pages: list[Any] = [desk.open("sid", viewport=WALL), *(desk.open("sid") for _ in leads[1:])]
    for page, address in zip(pages, leads, strict=True):
        page.goto(address)
        with page.expect_response("**/{since,grid}/**"):
            pass
        expect(page.locator("#silent")).to_be_hidden()

    with frozen(downhill):
        for page in pages:
            expect(page.locator("#silent")).to_be_visible(timeout=13_000)
            expect(page.locator("#banner")).to_be_hidden()

    for page in pages:
        expect(page.locator("#silent")).to_be_hidden()
    assert "Not connected since " in pages[0].locator("#silent").text_content()
    # The browser's own words for a question that was given up.
    desk.complaints[:] = [each for each in desk.complaints if not each.startswith((*LOST, "htmx:timeout"))]
