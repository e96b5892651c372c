"""The admin site, as it is met in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SHOTS, Clerk, Desk, log_in
from tests.journeys.steps import PHONE

pytestmark = pytest.mark.journey
MEMBERS = "/admin/classroom/membership/"


def choose(page: Page, label: str, typed: str, found: str) -> None:
    """Choose a row of another list by typing a part of its name."""
    page.get_by_role("combobox", name=re.compile(rf"^{re.escape(label)}")).click()
    page.locator(".select2-search__field").fill(typed)
    page.get_by_role("option", name=found).click()


def test_every_page_of_the_admin_site_looks_right(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "attic", "wanda-a", "otto-a", "olga-a")
    page = desk.open("admin")
    page.goto("/admin/")
    desk.look_in_every_way(page, "office")
    for name in ("People", "Classes", "Members", "Submissions", "Awards", "Runs", "Events", "Looks", "Log entries"):
        page.get_by_role("navigation", name="Admin site").get_by_role("link", name=name).click()
        desk.look_in_every_way(page, f"office_{name.lower().replace(' ', '_')}")
    for name, address in {
        "class_added": "/admin/classroom/cohort/add/",
        "person_added": "/admin/classroom/user/add/",
        "member_added": f"{MEMBERS}add/",
        "nothing": "/admin/classroom/user/?q=nobody-at-all",
    }.items():
        page.goto(address)
        desk.look_in_every_way(page, f"office_{name}")
    for name, address in {"person": "/admin/classroom/user/", "class": "/admin/classroom/cohort/"}.items():
        page.goto(address)
        page.locator("tbody th a").first.click()
        desk.look_in_every_way(page, f"office_{name}")
        page.get_by_role("link", name="History").click()
        desk.look_in_every_way(page, f"office_{name}_history")
    page.goto("/admin/classroom/user/?q=olga-a")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Erase this person…").click()
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    desk.look_in_every_way(page, "office_erase")


def test_members_are_found_by_class_and_moved_to_another_one_on_a_phone(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "cellar", "wim-a", "oskar-a", "orla-a")
    clerk("small_class", "loft", "willa-a")
    page = desk.open("admin", viewport=PHONE)
    page.goto(MEMBERS)
    choose(page, "Class", "cell", "Cellar")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(3)

    page.get_by_role("row", name="oskar-a").get_by_role("checkbox").check()
    page.get_by_label("With the chosen ones").select_option(label="Move to another class, with all work…")
    page.get_by_role("button", name="Do it").click()
    desk.look_in_every_way(page, "office_move")
    choose(page, "To which class?", "lof", "Loft")
    page.get_by_role("button", name="Move").click()

    expect(page.get_by_text("Moved.")).to_be_in_viewport()
    expect(page.locator("tbody tr")).to_have_count(2)
    student = desk.open("oskar-a")
    student.goto("/")
    expect(student).to_have_url(re.compile("/c/loft/"))


def test_two_accounts_are_merged_and_a_third_gets_a_card_on_a_phone(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "pantry", "wencke-a", "ole-a", "ole2-a", "oda-a")
    page = desk.open("admin", viewport=PHONE)
    page.goto(MEMBERS)
    choose(page, "Class", "pant", "Pantry")
    page.get_by_role("button", name="Show", exact=True).click()

    for username in ("ole-a", "ole2-a"):
        page.get_by_role("row", name=username).get_by_role("checkbox").check()
    expect(page.get_by_role("button", name="Do it")).to_be_in_viewport()
    page.get_by_label("With the chosen ones").select_option(label="Merge two accounts of one person…")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("heading", name="Merge two accounts")).to_be_visible()
    desk.look_in_every_way(page, "office_merge")
    page.get_by_role("button", name=re.compile("^Merge ")).click()
    expect(page.get_by_text("was merged into")).to_be_in_viewport()

    for username in ("oda-a", "wencke-a"):
        page.get_by_role("row", name=username).get_by_role("checkbox").check()
    page.get_by_label("With the chosen ones").select_option(label="New passwords, on log-in cards…")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("No card for the following")).to_be_visible()
    desk.look_in_every_way(page, "office_cards_of_chosen")
    page.get_by_role("button", name="Make the cards").click()
    expect(page.locator(".login-card")).to_have_count(1)


def test_120_students_go_from_a_file_to_log_in_cards(desk: Desk, clerk: Clerk, tmp_path: Path) -> None:
    """Six presses from the admin site to the printer, and nothing to type."""
    clerk("small_class", "terrace", "tamar-a")
    table = tmp_path / "roster.csv"
    lines = [f"{n},Student {n},terrace,student" for n in range(1, 121)]
    table.write_text("\n".join(["student_id,name,class,role", *lines]), encoding="utf-8-sig")
    page = desk.open("admin")
    page.goto("/")

    page.goto("/admin/")
    page.get_by_role("navigation", name="Admin site").get_by_role("link", name="Classes").click()
    page.get_by_role("link", name="Roster").click()
    desk.look_in_every_way(page, "office_roster")
    page.get_by_label("File").set_input_files(table)
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_text("120 new people")).to_be_in_viewport()
    desk.look_in_every_way(page, "office_roster_plan")
    page.get_by_role("button", name="Change all this").click()

    expect(page.get_by_text("Done: 120 new people.")).to_be_in_viewport()
    desk.look_in_every_way(page, "office_cards")
    choose(page, "Class", "terr", "Terrace")  # other journeys have students too
    page.get_by_role("button", name="Make the cards").click()
    expect(page.locator(".login-card")).to_have_count(120)
    desk.look_in_every_way(page, "office_cards_made")
    if SHOTS.name:
        page.pdf(path=SHOTS / "office_cards_a4.pdf", format="A4", print_background=True)
        page.pdf(path=SHOTS / "office_cards_letter.pdf", format="Letter", print_background=True)
    password = page.locator(".login-card dd").nth(2).inner_text()
    username = page.locator(".login-card dd").nth(1).inner_text()
    student = desk.open("", viewport=PHONE)
    log_in(student, username, password)
    expect(student).to_have_url(re.compile("/c/terrace/"))

    page.goto("/admin/classroom/cohort/roster/")
    page.get_by_label("Or paste the table").fill("student_id,name,class\n1,Student One,terrace\n2,,nowhere\n")
    page.get_by_role("button", name="See what would change").click()
    desk.look_in_every_way(page, "office_roster_wrong")
    expect(page.get_by_text("There is no class “nowhere”.")).to_be_in_viewport()


def test_what_somebody_else_changed_meanwhile_is_said_where_it_is_seen(desk: Desk, clerk: Clerk) -> None:
    clerk("small_class", "porch", "wolf-a")
    first, second = desk.open("admin"), desk.open("admin", viewport=PHONE)
    for page in (first, second):
        page.goto("/admin/classroom/cohort/?q=porch")
        page.locator("tbody th a").first.click()
    first.get_by_label("Name", exact=True).fill("The first porch")
    first.get_by_role("button", name="Save", exact=True).click()
    first.wait_for_url("**/cohort/**")

    second.get_by_label("Name", exact=True).fill("The second porch")
    second.get_by_role("button", name="Save", exact=True).click()

    expect(second.get_by_text("Somebody else just changed this to “The first porch”.")).to_be_in_viewport()
    desk.look_in_every_way(second, "office_overtaken")
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_role("link", name="The second porch").first).to_be_visible()
