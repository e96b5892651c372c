"""An author with the guide in hand: the lesson that it makes is given to a class that runs, and a student works it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests import guide
from tests.journeys.conftest import Clerk, Desk, log_in
from tests.journeys.steps import check, fill, press_seal, start, wait_for_run
from tests.running import PROJECT, Running, wait_for

pytestmark = pytest.mark.journey

ICE = "/c/demo/lessons/ice-cream/"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def downhill(home: Path, tmp_path: Path) -> Iterator[Running]:
    """A Downhill that knows where its author's lessons are to be; nothing is there yet."""
    with Running(tmp_path / "var", LESSONS_FOLDERS=str(home / "my_lessons"), WEB_WORKERS="2") as running:
        yield running


@pytest.fixture
def desk(browser: Browser, downhill: Running) -> Iterator[Desk]:
    desk = Desk(browser, downhill.url, Clerk(downhill))
    yield desk
    for context in browser.contexts:
        context.close()
    assert desk.complaints == []


def type_in(home: Path, command: str) -> str:
    """Type a command of the guide, as an author does who sits at Downhill's own folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "HOME": str(home), "PATH": path, "VAR_DIR": str(home / "var")}
    done = subprocess.run(
        ["bash", "-c", command], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lesson_of_the_guide_is_made_checked_given_and_worked_through(
    desk: Desk, downhill: Running, home: Path
) -> None:
    teacher, student = desk.open(), desk.open()
    log_in(teacher, "instructor")
    log_in(student, "student")
    teacher.goto("/c/demo/class/settings/")
    expect(teacher.get_by_label("What a scoop costs")).to_have_count(0)

    # The author types what the guide says.
    make, ask = guide.commands()
    type_in(home, make)
    [folder] = (home / "my_lessons").iterdir()
    guide.write(folder)
    assert type_in(home, ask).startswith("ice-cream: 2 parts, 30 core minutes, ok\n")

    # It is there, and nothing was restarted.
    def is_given() -> bool:
        teacher.goto("/c/demo/class/settings/")
        if teacher.get_by_label("What a scoop costs").count() == 0:
            return False
        teacher.get_by_label("What a scoop costs").check()
        with teacher.expect_navigation():
            teacher.get_by_role("main").get_by_role("button", name="Save", exact=True).click()
        student.goto("/c/demo/")
        return student.get_by_role("link", name="What a scoop costs").count() > 0

    wait_for(is_given, "the lesson in the class", seconds=20)
    student.get_by_role("link", name="What a scoop costs").click()
    expect(student.get_by_text("Nobody tells you the price of a scoop.")).to_be_visible()
    student.goto(f"{ICE}receipts/")
    student.get_by_role("button", name="I have read it").click()
    expect(student.get_by_text("✓ Done.")).to_be_visible()
    student.locator("[name=choice][value=up]").check()
    student.locator("[name=confidence]").first.check()
    press_seal(student)
    expect(student.get_by_text("Minus a negative goes up.")).to_be_visible()
    fill(student, {"error_1": "-2", "error_2": "-3.5", "error_3": "-9"})
    fill(student, {"product_1": "-2", "product_2": "-7", "product_3": "-45", "mean": "-18", "w": "0.36"})
    check(student)
    expect(student.get_by_role("heading", name="Step 2 of 2")).to_be_visible()
    fill(student, {"mean": "-14.4", "w": "0.648"})
    check(student)
    expect(student.get_by_text("it settles at 1.80")).to_be_visible()

    student.goto(f"{ICE}fairness/")
    start(student, "starve")
    wait_for_run(student, "starve")
    student.locator(".explain textarea").fill("It is right for most digits, and fails nearly every three.")
    student.get_by_role("button", name="Send").click()
    expect(student.get_by_text("Your instructor will read it.")).to_be_visible()

    # The author changes a word while the student is there, then breaks the file: nobody loses anything.
    shop = folder / "shop.md"
    shop.write_text(shop.read_text(encoding="utf-8").replace("The shop has no", "The corner shop has no"), "utf-8")

    def is_changed() -> bool:
        student.goto(f"{ICE}receipts/")
        return student.get_by_text("The corner shop has no price list").count() > 0

    wait_for(is_changed, "the changed text", seconds=10)
    expect(student.get_by_text("✓ Done.")).to_be_visible()
    (folder / "lesson.yaml").write_text("slug: ice-cream\ntitle: Ice: cream\n", encoding="utf-8")

    def is_told() -> bool:
        teacher.goto("/c/demo/class/settings/")
        return teacher.get_by_text("is in use as it was before its last change").count() > 0

    wait_for(is_told, "what is wrong, in the settings of the class", seconds=10)
    expect(teacher.get_by_text("lesson.yaml:2: is not YAML: a text with a colon and a space in it")).to_be_visible()
    student.goto(f"{ICE}receipts/")
    expect(student.get_by_text("The corner shop has no price list")).to_be_visible()
