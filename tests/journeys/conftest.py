"""Browsers that look at a running Downhill, and complain."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Page

from tests.running import MANAGE, Running

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1366, "height": 768}
SHOTS = Path(os.environ.get("SCREENSHOTS", ""))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type: BrowserType) -> dict[str, Any]:
    """Playwright's own Chromium where it is installed, else the system's."""
    found = os.environ.get("CHROMIUM_PATH") or (
        browser_type.executable_path
        if Path(browser_type.executable_path).exists()
        else next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    )
    if not found:
        pytest.skip("no Chromium on this machine: apt install chromium, or playwright install chromium")
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    # Chromium refuses its sandbox to root, which is who runs CI.
    return {"executable_path": found, "args": quiet + (["--no-sandbox"] if os.geteuid() == 0 else [])}


@pytest.fixture(scope="session")
def downhill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real Downhill, web and worker, on a database of its own."""
    with Running(tmp_path_factory.mktemp("var")) as running:
        yield running


class Desk:
    """Opens browsers, logs people in, and keeps what went wrong in any of them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.complaints: list[str] = []

    def open(self, username: str = "", *, password: str = "downhill", **context: Any) -> Page:
        page = self.browser.new_context(base_url=self.url, **({"viewport": LAPTOP} | context)).new_page()
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._same_host(request.url))
        if username:
            page.goto("/accounts/login/")
            page.get_by_label("Username").fill(username)
            page.get_by_label("Password").fill(password)
            page.get_by_role("main").get_by_role("button", name="Log in").click()
            page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page

    def look(self, page: Page, name: str) -> None:
        """Axe finds nothing, the page does not scroll sideways, and a picture is kept if one is asked for."""
        report = Axe().run(page)
        assert report.violations_count == 0, f"{name}: {report.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        if SHOTS.name:
            # Hiding the caret would leave style attributes behind, which our own policy then refuses.
            page.screenshot(path=SHOTS / f"{name}.png", caret="initial")

    def _same_host(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")


@pytest.fixture
def desk(browser: Browser, downhill: Running) -> Iterator[Desk]:
    """A desk whose browsers must not have complained in the end: no error, no policy violation, no other host."""
    desk = Desk(browser, downhill.url)
    yield desk
    for context in browser.contexts:
        context.close()
    assert desk.complaints == []


# One process for all of a session's questions: starting Django takes longer than most journeys.
CLERK = """
import sys
from classroom import services
from classroom.models import Cohort, Role, User
from lessons.models import Prediction, Submission
def register(username, cohort):
    return services.register(username=username, display_name=username.title(), password="downhill", cohort=cohort)
for line in sys.stdin:
    verb, username, *others = line.split()
    if verb == "register":
        register(username, Cohort.objects.get(slug="demo"))
        print(flush=True)
    elif verb == "led_class":
        cohort = services.open_cohort(slug=username, name=username.title(), pace="led")
        leader, *students = others
        user = User.objects.create_user(leader, "downhill", display_name=leader.title())
        services.enrol(user, cohort, Role.INSTRUCTOR)
        for student in students:
            register(student, cohort)
        print(cohort.join_code, flush=True)
    elif verb == "predictions":
        sealed = Prediction.objects.filter(membership__user__username=username).order_by("id")
        print(*(f"{each.item}.{each.round}:{each.choice}:{each.counts}" for each in sealed), flush=True)
    else:
        sent = Submission.objects.filter(membership__user__username=username).order_by("id")
        print(*(f"{each.step}:{each.answer.get('w')}" for each in sent), flush=True)
"""


@pytest.fixture(scope="session")
def clerk(downhill: Running) -> Iterator[Callable[[str, str], str]]:
    """Ask the running Downhill's own database to register somebody or a class, or what it keeps of them."""
    command = [*MANAGE, "shell", "--no-imports", "-c", CLERK]
    with subprocess.Popen(
        command, env=downhill.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(verb: str, username: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            print(verb, username, file=process.stdin, flush=True)
            answer = process.stdout.readline()
            assert answer, "the clerk ended; its error stands above"
            return answer.strip()

        yield ask
        process.stdin.close()


@pytest.fixture
def new_student(clerk: Callable[[str, str], str]) -> Callable[[str], str]:
    """Make another student of the demo class; gives the username back."""

    def make(username: str) -> str:
        clerk("register", username)
        return username

    return make


@pytest.fixture
def stored(clerk: Callable[[str, str], str]) -> Callable[[str], list[str]]:
    """What the server keeps of a student: “step:w” of each submission, in order."""
    return lambda username: clerk("submissions", username).split()


@pytest.fixture
def sealed(clerk: Callable[[str, str], str]) -> Callable[[str], list[str]]:
    """What the server keeps of a student's predictions: “item.round:choice:how it counts” of each, in order."""
    return lambda username: clerk("predictions", username).split()


@pytest.fixture
def new_led_class(clerk: Callable[[str, str], str]) -> Callable[..., str]:
    """Make a class that is led: its slug, who leads it, and its students; gives the join code back."""
    return lambda slug, leader, *students: clerk("led_class", " ".join((slug, leader, *students)))
