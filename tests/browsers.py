"""Chromium for tests: Playwright's own where it is installed, else the system's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType

# The first is the same engine without a desktop's windows, and thinks half as long over a journey.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def launch_args(browser_type: BrowserType) -> dict[str, Any]:
    """How to start one; skips the test if there is none."""
    found = os.environ.get("CHROMIUM_PATH") or (
        browser_type.executable_path
        if Path(browser_type.executable_path).exists()
        else next(filter(None, map(shutil.which, CHROMIUMS)), None)
    )
    if not found:
        pytest.skip("no Chromium on this machine: apt install chromium-headless-shell, or playwright install chromium")
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    # Chromium refuses its sandbox to root, which is who runs CI.
    return {"executable_path": found, "args": quiet + (["--no-sandbox"] if os.geteuid() == 0 else [])}
