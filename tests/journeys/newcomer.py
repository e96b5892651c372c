"""A newcomer on a phone who acts on what the screen shows, and scrolls like a thumb where it shows nothing to do.

Whoever reads along gets the count: taps, swipes and seconds, by part.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Error, Page

from tests.journeys.steps import STEP_1, STEP_2, WHY

SWIPE = 0.6  # of the screen
# What can be acted on in the viewport, from the top: open fields, unanswered choices, then buttons whose form is full.
IN_VIEW = """(answers) => {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + Math.min(box.height / 2, 40);
    if (!element.checkVisibility({ visibilityProperty: true })) return null;
    if (!box.width || y < 0 || y > innerHeight || x < 0 || x > innerWidth) return null;
    const hit = document.elementFromPoint(x, y);
    return hit && (element.contains(hit) || hit.contains(element)) ? { x, y } : null;
  };
  const found = [];
  const add = (kind, element, more = {}) => {
    const at = seen(element);
    if (at) found.push({ kind, ...at, text: element.textContent.replace(/\\s+/g, " ").trim(), ...more });
  };
  const fields = "main :is(input:not([type]), input[type=text], input[type=password], textarea)";
  for (const each of document.querySelectorAll(fields)) {
    if (each.value || each.disabled || !(each.name in answers)) continue;
    const step = each.form.dataset.step, typed = answers[each.name][step] ?? answers[each.name].any;
    if (typed) add("field", each, { name: each.name, typed });
  }
  const groups = new Set();
  for (const radio of document.querySelectorAll("main form input[type=radio]")) {
    const group = `${radio.name}`;
    if (groups.has(group) || radio.form.querySelector(`[name="${radio.name}"]:checked`)) continue;
    groups.add(group);
    const wanted = [...radio.form.querySelectorAll(`[name="${radio.name}"]`)];
    const one = wanted.find((each) => answers.choose.includes(each.value)) ?? wanted[0];
    add("choice", one.closest("label"), { name: radio.name });
  }
  for (const button of document.querySelectorAll("main button[type=submit], main a.button, main .shelf__title a")) {
    if (button.disabled || (button.form && !button.form.checkValidity())) continue;
    if (button.name === "saw") {
      const all = [...button.form.querySelectorAll("[name=saw]")];
      const right = all.find((each) => answers.choose.includes(each.value)) ?? all[0];
      if (button === right) add("choice", button, { name: "saw" });
      continue;
    }
    const sheet = button.closest("[data-worksheet]");
    const isOpen = (each) => !each.value && answers[each.name]?.[sheet.dataset.step];
    if (sheet && [...sheet.querySelectorAll("input:not([type])")].some(isOpen)) continue;
    add(button.tagName === "A" ? "link" : "button", button, { done: Boolean(button.closest(".shelf__file--done")) });
  }
  // Whoever sees a bar grow, or a drawing draw itself, waits for its end.
  const going = [...document.querySelectorAll("main :is(progress.under-way__bar, [data-drawn])")].some(seen);
  return { found, going, y: scrollY, end: scrollY + innerHeight >= document.documentElement.scrollHeight - 2 };
}"""
WANTED = re.compile(r"^(Check|Seal it|Save|Join.*|Start.*|Continue.*|Send|See it|Go to .*|.*→)$")
FIELDS: dict[str, Any] = {name: {"1": typed} for name, typed in STEP_1.items()}
FIELDS |= {
    "error_4": {"1": STEP_1["error_4"], "2": STEP_2["error_4"]},
    "mean": {"1": STEP_1["mean"], "2": STEP_2["mean"]},
    "w": {"1": STEP_1["w"], "2": STEP_2["w"], "3": "1.5042"},
    "choice": {"any": "6"},
    "text": {"any": WHY},
}
CHOOSE = ("settles", "zigzags", "bounces", "parted", "false-positive-rate", "more")


@dataclass
class Count:
    taps: int = 0
    swipes: int = 0
    seconds: float = 0


@dataclass
class Newcomer:
    page: Page
    counts: dict[str, Count] = field(default_factory=lambda: defaultdict(Count))
    trace: list[str] = field(default_factory=list)

    @property
    def part(self) -> str:
        found = re.search(r"/lessons/[^/]+/([^/?#]*)", self.page.url)
        return (found[1] if found else "") or "arc"

    def look(self) -> dict[str, Any]:
        seen = self.ask(IN_VIEW, FIELDS | {"choose": CHOOSE})
        assert seen is not None, "the page is never still"
        return dict(seen)

    def ask(self, script: str, argument: Any = None) -> Any:
        """What a script finds on the page, once it is there: a tap may have led to another."""
        for _try in range(50):
            try:
                return self.page.evaluate(script, argument)
            except Error:
                self.page.wait_for_timeout(100)
        return None

    def act(self) -> str:
        """One act on what is in view; nothing where there is nothing to do."""
        seen = self.look()
        wanted = [
            each
            for each in seen["found"]
            if each["kind"] in ("field", "choice") or (WANTED.match(each["text"]) and not each.get("done"))
        ]
        order = {"field": 0, "choice": 0, "button": 1, "link": 1}
        wanted.sort(key=lambda each: (order[each["kind"]], each["y"]))
        shelf = [each for each in seen["found"] if each["kind"] == "link" and not each["done"]]
        if not wanted and self.part == "cases" and shelf:
            wanted = shelf
        if not wanted:
            return "wait" if seen["going"] else ""
        chosen = wanted[0]
        self.tap(chosen["x"], chosen["y"])
        if chosen["kind"] == "field":
            self.page.keyboard.type(chosen["typed"])
        self.trace.append(f"{self.part}: {chosen['kind']} {chosen.get('name', chosen['text'])[:40]}")
        return str(chosen["kind"])

    def tap(self, x: float, y: float) -> None:
        self.counts[self.part].taps += 1
        self.page.touchscreen.tap(x, y)

    def swipe(self, direction: int = 1) -> None:
        self.counts[self.part].swipes += 1
        height = self.page.viewport_size["height"] if self.page.viewport_size else 664
        self.page.mouse.wheel(0, direction * SWIPE * height)
        self.page.wait_for_timeout(120)

    def settle(self) -> None:
        """A moment for the answer to come: as long as something is on its way."""
        self.page.wait_for_timeout(150)
        for _wait in range(100):
            if not self.ask("Boolean(document.querySelector('.htmx-request:not([data-poll])'))"):
                break
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)

    def play(self, until: str, *, at_most: int = 600) -> None:
        """Act until a part is reached, by its key.

        Raises
        ------
        AssertionError
            If nothing can be done on a whole page from its top to its end, twice.
        """
        direction, turns = 1, 0
        for _act in range(at_most):
            if self.part == until:
                return
            part, began = self.part, time.monotonic()
            did = self.act()
            if did == "wait":
                self.page.wait_for_timeout(500)
            elif did:
                direction, turns = 1, 0
                self.settle()
            else:
                before = self.look()
                self.swipe(direction)
                after = self.look()
                if before["y"] == after["y"]:
                    direction, turns = -direction, turns + 1
                    self.page.wait_for_timeout(300)
                assert turns < 8, f"lost at {self.page.url}: {self.trace[-5:]}"
            self.counts[part].seconds += time.monotonic() - began
        raise AssertionError(f"never came to {until}: {self.trace[-5:]}")

    def table(self) -> str:
        """The counts by part, and together."""
        return "\n".join(
            f"{part:10} {count.taps:4} taps {count.swipes:4} swipes {count.seconds:6.0f} s"
            for part, count in {**self.counts, "together": self.together}.items()
        )

    @property
    def together(self) -> Count:
        counts = self.counts.values()
        return Count(sum(c.taps for c in counts), sum(c.swipes for c in counts), sum(c.seconds for c in counts))
