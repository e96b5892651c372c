"""What is kept of a student, taken home and read there without Downhill."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.journeys.conftest import SHOTS, Clerk, Desk
from tests.journeys.steps import PHONE

pytestmark = pytest.mark.journey


def test_a_student_takes_what_is_kept_and_reads_it_offline(
    desk: Desk, advanced: Callable[..., str], browser: Browser, tmp_path: Path
) -> None:
    page = desk.open(advanced("nadja", "step_through", "guess_three_rates"), viewport=PHONE)
    page.goto("/accounts/data/")
    expect(page.get_by_text("Nobody in the last 90 days.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    download.value.save_as(tmp_path / download.value.suggested_filename)
    with zipfile.ZipFile(tmp_path / download.value.suggested_filename) as archive:
        archive.extractall(tmp_path / "mine")

    for theme in ("light", "dark"):
        with browser.new_context(offline=True, viewport=PHONE, color_scheme=theme) as context:
            home = context.new_page()
            failed: list[str] = []
            home.on("requestfailed", lambda request, failed=failed: failed.append(request.url))
            home.goto((tmp_path / "mine" / "index.html").as_uri())
            expect(home.get_by_role("heading", name="What Downhill keeps about")).to_be_visible()
            home.get_by_text("What you sent (").click()
            expect(home.get_by_text("Your answer").first).to_be_visible()
            closed = home.locator("details:not([open]) summary")
            while closed.count():
                closed.first.click()
            assert home.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert home.evaluate("getComputedStyle(document.body).maxInlineSize") == "704px"  # it has its own style
            assert failed == []
            assert [each["id"] for each in Axe().run(home).response["violations"]] == []
            if SHOTS.name:
                home.screenshot(path=SHOTS / f"my_file_{theme}.png", full_page=True)


def test_a_student_sees_who_looked(desk: Desk, clerk: Clerk) -> None:
    name = "Nils-A"
    clerk("small_class", "vault", "leonie-a", "nils-a")
    clerk("step_through", "nils-a")
    instructor = desk.open("leonie-a")
    instructor.goto("/c/vault/class/")
    instructor.get_by_role("link", name=name).first.click()
    expect(instructor.get_by_role("heading", name=name)).to_be_visible()

    page = desk.open("nils-a")
    page.goto("/accounts/data/")

    expect(page.get_by_text("(instructor)")).to_be_visible()
    expect(page.get_by_text("page of one student")).to_be_visible()
    desk.look_in_every_way(page, "my_data")
    page.get_by_role("heading", name="Something is wrong").scroll_into_view_if_needed()
    desk.look(page, "my_data_end")
    admin = desk.open("admin")
    admin.goto("/admin/classroom/look/")
    expect(admin.get_by_role("link", name=name).first).to_be_visible()
    admin.get_by_role("link", name=name).first.click()
    admin.get_by_role("link", name="Their data (zip)").click()
    desk.look_in_every_way(admin, "office_person_data")
    with admin.expect_download():
        admin.get_by_role("button", name="Download their data").click()
    page.reload()
    expect(page.get_by_text("(admin)")).to_be_visible()
