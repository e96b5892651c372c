"""First visits of each page on a slow phone: what comes over the network, how soon it is seen, and that nothing jumps.

With `-s` the table is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lessons import catalogue
from tests.journeys.conftest import Desk

pytestmark = pytest.mark.journey

LESSON = "/c/demo/lessons/data-rules-everything/"
ROOM = "/c/demo/class/"
SMALL = {"width": 390, "height": 664}
MOST_KB = 100
MOST_REQUESTS = 10
# Twice what a busy machine took; measured alone it is under one second.
MOST_SECONDS = 6
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
WATCH = """
window.seen = { lcp: 0, cls: 0, moved: [] };
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.seen.lcp = each.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    window.seen.cls += each.value;
    for (const { node, previousRect: from, currentRect: to } of each.sources) {
      const name = [node?.nodeName, node?.id, node?.className].filter(Boolean).join(" ");
      window.seen.moved.push(`${name}: ${from.y}, ${from.height} high, to ${to.y}, ${to.height} high`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Visit:
    kb: float
    n_requests: int
    lcp: float
    cls: float
    moved: list[str]

    def __str__(self) -> str:
        return (
            f"{self.kb:6.1f} kB {self.n_requests:3} requests, LCP {self.lcp:5.0f} ms, CLS {self.cls:.4f} {self.moved}"
        )


def visit(desk: Desk, username: str, address: str) -> Visit:
    """Go there with nothing kept, over Slow 4G and with a processor that is four times slower."""
    page = desk.open(username, viewport=SMALL)
    devices = page.context.new_cdp_session(page)
    sizes: list[float] = []

    def loaded(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    devices.on("Network.loadingFinished", loaded)
    devices.send("Network.enable")
    devices.send("Network.emulateNetworkConditions", SLOW_4G)
    devices.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(WATCH)
    # What the page asks later, by itself, is no part of its first visit.
    page.route("**/since/**", lambda route: route.abort() if address not in route.request.url else route.continue_())
    page.goto(address, wait_until="load")
    page.wait_for_timeout(500)
    seen = page.evaluate("window.seen")
    page.context.close()
    return Visit(sum(sizes) / 1000, len(sizes), seen["lcp"], seen["cls"], seen["moved"])


def addresses() -> dict[str, tuple[str, str]]:
    """Every kind of page: who goes there, and where it is."""
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    parts = {part.key: ("student", f"{LESSON}{part.key}/") for part in loaded.lesson.parts}
    return {
        "log-in": ("", "/accounts/login/"),
        "arc": ("student", LESSON),
        **parts,
        "what I did": ("student", f"{LESSON}what-i-did.html"),
        "grid": ("instructor", ROOM),
        "lead": ("instructor", f"{ROOM}lead/"),
        "reviews": ("instructor", f"{ROOM}reviews/"),
        "replay": ("instructor", f"{ROOM}replay/"),
        "wall": ("instructor", "/present/demo/"),
    }


def test_every_page_is_light_comes_soon_and_stays_where_it_is(desk: Desk, advanced: Callable[..., str]) -> None:
    visits = {name: visit(desk, who, address) for name, (who, address) in addresses().items()}

    print()
    for name, seen in visits.items():
        print(f"{name:12}{seen}")
    assert {name: seen.kb for name, seen in visits.items() if seen.kb > MOST_KB} == {}
    assert {name: seen.n_requests for name, seen in visits.items() if seen.n_requests > MOST_REQUESTS} == {}
    assert {name: seen.moved for name, seen in visits.items() if seen.cls > 0} == {}
    assert {name: seen.lcp for name, seen in visits.items() if seen.lcp > MOST_SECONDS * 1000} == {}
