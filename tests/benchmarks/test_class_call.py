"""How soon a vote calls a class of 36 whose browsers are on other pages, and how many it misses.

`pytest tests/benchmarks/test_class_call.py -m benchmark -s`, on a machine that does nothing else: all 36 browsers, the
server and its worker share it. What it prints begins with how busy the machine was.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browsers import CHROMIUMS
from tests.journeys.conftest import Clerk
from tests.journeys.steps import LAPTOP, PHONE
from tests.running import Running

pytestmark = pytest.mark.benchmark
LESSON = "/c/calls36/lessons/data-rules-everything/"
SIZES = (PHONE, {"width": 390, "height": 664}, LAPTOP)
# Where they are: most on a worksheet, with something typed; nobody where a vote opens.
PAGES = ["by-hand/"] * 14 + [""] * 8 + ["what-i-did.html"] * 5 + ["badge/"] * 4 + ["mission/"] * 5
VOTES = (
    *(("rates", item) for item in ("half-a", "half-b", "half-c", "half-d")),
    ("u-curve-guess", "lowest"),
    ("bias-guess", "headline"),
    ("bias-guess", "recall"),
)
OPEN_FOR = 15.0  # seconds
# When the strip of each vote was first inside the viewport, by the clock that all of a machine share.
WATCH = """() => {
  window.calledAt = {};
  const look = () => {
    const strip = document.getElementById("class-call");
    const { top, bottom } = strip?.getBoundingClientRect() ?? {};
    if (!strip?.dataset.call.startsWith("vote/") || !(bottom > top && top >= 0 && bottom <= innerHeight)) return;
    window.calledAt[strip.dataset.call] ??= Date.now() / 1000;
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true });
}"""


def percentile(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def opened(browser: Browser, url: str, clerk: Clerk, who: str, **context: Any) -> Page:
    page = browser.new_context(base_url=url, **context).new_page()
    page.context.add_cookies([{"name": "sessionid", "value": clerk("session", who), "url": url}])
    return page


def test_a_vote_calls_36_browsers_on_other_pages(tmp_path: Path) -> None:
    # Not by a fixture: that one belongs to the journeys, and leaves an event loop behind.
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with Running(tmp_path) as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--disable-gpu", "--no-sandbox"])
        measure(browser, running, Clerk(running))


def measure(browser: Browser, downhill: Running, clerk: Clerk) -> None:
    """Open the browsers, hold the votes, and print how soon each was in view."""
    students = [f"called{i:02}" for i in range(len(PAGES))]
    clerk("led_class", "calls36", "caller", *students)
    lead = opened(browser, downhill.url, clerk, "caller", viewport=LAPTOP)
    lead.goto("/c/calls36/class/lead/")
    lead.get_by_role("button", name="Start: Gradient descent by hand").click()
    expect(lead.get_by_role("button", name="Next part: Learning-rate chaos")).to_be_visible()
    lead.evaluate("document.querySelectorAll('.led-part').forEach((each) => (each.open = true))")
    pages = []
    for i, (who, address) in enumerate(zip(students, PAGES, strict=True)):
        page = opened(browser, downhill.url, clerk, who, viewport=SIZES[i % 3])
        page.goto(LESSON + address)
        if address == "by-hand/":
            page.locator("[name=error_1]").focus()
            page.keyboard.type("-2")
        page.evaluate(WATCH)
        pages.append(page)

    took: dict[str, list[float]] = {address: [] for address in PAGES}
    n_missed, loads = 0, []
    for activity, item in VOTES:
        asked = f":has([name=activity][value='{activity}']):has([name=item][value='{item}'])"
        button = lead.locator(f".led-question__acts{asked} [name=act]").first
        pressed_at = time.time()
        button.click()
        lead.wait_for_timeout(OPEN_FOR * 1000)
        for address, page in zip(PAGES, pages, strict=True):
            seen = page.evaluate("window.calledAt")
            at = next((at for call, at in seen.items() if call.endswith(f"/{activity}/{item}/1")), None)
            if at is None:
                n_missed += 1
            else:
                took[address].append(at - pressed_at)
        loads.append(round(os.getloadavg()[0], 1))
        button.click()
        lead.wait_for_timeout(3000)

    every = [each for seconds in took.values() for each in seconds]
    print(f"\nload of the machine at each vote: {loads}, on {os.cpu_count()} cores")
    print(f"seconds until the call was in view, {len(VOTES)} votes on {len(PAGES)} pages:")
    for name, seconds in {"all": every, **took}.items():
        p50, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
        print(f"  {name or 'arc':16} n={len(seconds):3}  p50 {p50:.2f}  p95 {p95:.2f}  max {max(seconds):.2f}")
    print(f"  missed within {OPEN_FOR:.0f} s: {n_missed}")
    typists = [page for address, page in zip(PAGES, pages, strict=True) if address == "by-hand/"]
    assert {page.locator("[name=error_1]").input_value() for page in typists} == {"-2"}
    assert {page.evaluate("document.activeElement.name") for page in typists} == {"error_1"}
    assert n_missed == 0
