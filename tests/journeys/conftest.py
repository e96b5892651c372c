"""Browsers that look at a running Downhill, and complain."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Page, Route

from tests.journeys.steps import LAPTOP, LOST
from tests.running import MANAGE, Running

SHOTS = Path(os.environ.get("SCREENSHOTS", ""))
# How many times slower pages think: a journey that looks before an answer has come falls now, not once a month.
SLOWDOWN = float(os.environ.get("SLOWDOWN", "1"))


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
    """Opens browsers in which people are logged in, and keeps what went wrong in any of them."""

    def __init__(self, browser: Browser, url: str, clerk: Clerk) -> None:
        self.browser = browser
        self.url = url
        self.clerk = clerk
        self.complaints: list[str] = []

    def open(self, username: str = "", **context: Any) -> Page:
        page = self.browser.new_context(base_url=self.url, **({"viewport": LAPTOP} | context)).new_page()
        if SLOWDOWN > 1:
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._same_host(request.url))
        if username:
            cookie = {"name": "sessionid", "value": self.clerk("session", username), "url": self.url}
            page.context.add_cookies([cookie])
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


def log_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("downhill")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def lose_replies(page: Page, pattern: str) -> Callable[[], None]:
    """Let what is sent arrive and lose every reply to it, until the function that is given back is called.

    Not by `unroute`: one that comes in the middle of a repetition handles that one a second time.
    """
    lost = True

    def answer(route: Route) -> None:
        reply = route.fetch()
        if lost:
            route.abort()
        else:
            route.fulfill(response=reply)

    def find_again() -> None:
        nonlocal lost
        lost = False

    page.route(pattern, answer)
    return find_again


@pytest.fixture
def desk(browser: Browser, downhill: Running, clerk: Clerk) -> Iterator[Desk]:
    """A desk whose browsers must not have complained in the end: no error, no policy violation, no other host."""
    desk = Desk(browser, downhill.url, clerk)
    yield desk
    for context in browser.contexts:
        for page in context.pages:
            page.evaluate("document.readyState")  # by then all has been heard that a page had to say
    # What it says while it is being closed under a request is no complaint.
    complaints = list(desk.complaints)
    for context in browser.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def without_wifi(desk: Desk) -> Iterator[None]:
    """The browser's own words about a lost connection are no complaint."""
    yield
    for context in desk.browser.contexts:
        context.close()  # or another try would complain after this
    desk.complaints = [line for line in desk.complaints if not line.startswith(LOST)]


# One process for all of a session's questions: starting Django takes longer than most journeys.
CLERK = """
import sys
from django.test import Client
from classroom import services
from classroom.models import Cohort, Role, User
from experiments.models import RunRequest
from lessons.models import Prediction, Submission
def register(username, name, cohort):
    return services.register(username=username, display_name=name.title(), password="downhill", cohort=cohort)
for line in sys.stdin:
    verb, username, *others = line.split()
    if verb == "register":
        register(username, others[0], Cohort.objects.get(slug="demo"))
        print(flush=True)
    elif verb == "session":
        browser = Client()
        browser.force_login(User.objects.get(username=username))
        print(browser.cookies["sessionid"].value, flush=True)
    elif verb == "led_class":
        cohort = services.open_cohort(slug=username, name=username.title(), pace="led")
        leader, *students = others
        user = User.objects.create_user(leader, "downhill", display_name=leader.title())
        services.enrol(user, cohort, Role.INSTRUCTOR)
        for student in students:
            register(student, student, cohort)
        print(cohort.join_code, flush=True)
    elif verb == "predictions":
        sealed = Prediction.objects.filter(membership__user__username=username).order_by("id")
        print(*(f"{each.item}.{each.round}:{each.choice}:{each.counts}" for each in sealed), flush=True)
    elif verb == "runs":
        asked = RunRequest.objects.filter(membership__user__username=username).select_related("run").order_by("id")
        print(*(f"{each.context}:{each.run.seed}:{each.run.state}" for each in asked), flush=True)
    else:
        sent = Submission.objects.filter(membership__user__username=username).order_by("id")
        print(*(f"{each.step}:{each.answer.get('w')}" for each in sent), flush=True)
"""


class Clerk:
    """Asks the running Downhill's own database to register somebody or a class, or what it keeps of them.

    A question that fails, fails its own test alone: if the process behind it has ended, the next one gets another.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.process: subprocess.Popen[str] | None = None

    def __call__(self, verb: str, *words: str) -> str:
        if self.process is not None and (code := self.process.poll()) is not None:
            warnings.warn(f"the clerk had ended ({code}) before “{verb} {' '.join(words)}”", stacklevel=2)
            self.process = None
        if self.process is None:
            self.process = self._called()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(verb, *words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, f"the clerk ended ({self.process.wait()}); its error stands above"
        return answer.strip()

    def _called(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*MANAGE, "shell", "--no-imports", "-c", CLERK],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def dismiss(self) -> None:
        if self.process is not None:
            self.process.communicate(timeout=20)


@pytest.fixture(scope="session")
def clerk(downhill: Running) -> Iterator[Clerk]:
    clerk = Clerk(downhill.environment)
    yield clerk
    clerk.dismiss()


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The username that somebody of a name has in this journey: two journeys may each have their Nora."""
    ending = f"_{zlib.crc32(request.node.nodeid.encode()):08x}"
    return lambda name: name if name.endswith(ending) else name + ending


@pytest.fixture
def new_student(clerk: Clerk, own: Callable[[str], str]) -> Callable[[str], str]:
    """Make another student of the demo class; gives the username back."""

    def make(name: str) -> str:
        clerk("register", own(name), name)
        return own(name)

    return make


@pytest.fixture
def stored(clerk: Clerk, own: Callable[[str], str]) -> Callable[[str], list[str]]:
    """What the server keeps of a student: “step:w” of each submission, in order."""
    return lambda name: clerk("submissions", own(name)).split()


@pytest.fixture
def sealed(clerk: Clerk, own: Callable[[str], str]) -> Callable[[str], list[str]]:
    """What the server keeps of a student's predictions: “item.round:choice:how it counts” of each, in order."""
    return lambda name: clerk("predictions", own(name)).split()


@pytest.fixture
def asked(clerk: Clerk, own: Callable[[str], str]) -> Callable[[str], list[str]]:
    """The runs that a student has asked for: “where:seed:how it stands” of each, in order."""
    return lambda name: clerk("runs", own(name)).split()


@pytest.fixture
def new_led_class(clerk: Clerk) -> Callable[..., str]:
    """Make a class that is led: its slug, who leads it, and its students; gives the join code back."""
    return lambda slug, leader, *students: clerk("led_class", slug, leader, *students)
