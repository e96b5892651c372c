"""Large texts, and how a browser counts them."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.steps import MISSION

MEGABYTE = 1024 * 1024
LINE = "Nobody has to intend bias for it to be real, said the 8.\n"


def big_file(folder: Path, megabytes: int) -> tuple[Path, int]:
    """A text of that size, and how many words it has."""
    n_lines = megabytes * MEGABYTE // len(LINE)
    path = folder / "corpus.txt"
    path.write_text(LINE * n_lines, encoding="utf-8")
    return path, n_lines * len(LINE.split())


# How long the page was deaf at most, in ms, while something went on beside it.
WATCH = """() => { window.longest = 0; let last = performance.now();
  const tick = (now) => {
    window.longest = Math.max(window.longest, now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); }"""


def count_and_keep(page: Page, path: Path, n_words: int) -> None:
    page.goto(MISSION)
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    page.evaluate(WATCH)
    began = time.perf_counter()
    page.locator("[data-file]").set_input_files(path)
    expect(page.get_by_text("Counted on this device. Nothing has been sent yet.")).to_be_visible(timeout=120_000)
    took = time.perf_counter() - began
    print(
        f"{path.stat().st_size / MEGABYTE:.0f} MB counted in {took:.1f} s, secure: {page.evaluate('isSecureContext')}, "
        f"longest the page was deaf: {page.evaluate('longest'):.0f} ms, uploaded meanwhile: {sum(sent)} bytes"
    )
    assert sum(sent) == 0
    assert page.evaluate("longest") < 1000
    expect(page.locator("[data-figure=words]")).to_have_text(f"{n_words:,}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert page.locator("[name=fingerprint]").input_value() == digest
    page.get_by_role("button", name="Save these figures").click()
    expect(page.locator("#corpus-check [data-block^=corpus-check]")).to_contain_text("✓ Saved.")
    assert sum(sent) < 2000
