"""Browsers that look at a running Downhill, and complain."""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserType, Page, Route, expect

from tests.browsers import launch_args
from tests.crowd import one
from tests.journeys.steps import LAPTOP, LOOKS, LOST, wait_until_still
from tests.running import Running, wait_for

BusyWorker = Callable[[], AbstractContextManager[None]]
SHOTS = Path(os.environ.get("SCREENSHOTS", ""))
# How many times slower pages think: a journey that looks before an answer has come falls now, not once a month.
SLOWDOWN = float(os.environ.get("SLOWDOWN", "1"))
# What is broken, and only that: to carry out of a page what it keeps takes nearly as long as to look.
BROKEN = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return { violations };
}"""
# What is sure to come may take its time on a busy machine; where speed is the claim, the claim names its own.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type: BrowserType) -> dict[str, Any]:
    return launch_args(browser_type)


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

    def look_in_every_way(self, page: Page, name: str) -> None:
        """Look at a page as it is, on a laptop by day and on a phone by night: each size and each theme once."""
        before = page.viewport_size
        for way, look in LOOKS.items():
            page.set_viewport_size(look["viewport"])
            page.emulate_media(color_scheme=look["color_scheme"])
            self.look(page, f"{name}_{way}")
        page.emulate_media(color_scheme="null")
        if before:
            page.set_viewport_size(before)

    def look(self, page: Page, name: str, *, is_moving: bool = False) -> None:
        """Axe finds nothing, the page does not scroll sideways, and a picture is kept if one is asked for.

        Once it is still: what fades in has no contrast yet.
        """
        if not is_moving:
            wait_until_still(page)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        report = AxeResults(page.evaluate(BROKEN))
        assert report.violations_count == 0, f"{name}: {report.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"
        if SHOTS.name:
            # Hiding the caret would leave style attributes behind, which our own policy then refuses.
            page.screenshot(path=SHOTS / f"{name}.png", caret="initial")

    def _same_host(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")


def log_in(page: Page, username: str, password: str = "downhill") -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
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


class Clerk:
    """Has something done to the running Downhill's own data, or asks what it keeps: a function of `clerk`, by name."""

    def __init__(self, downhill: Running) -> None:
        self.downhill = downhill

    def __call__(self, verb: str, *words: str) -> str:
        script = f"from tests.journeys import clerk; print(clerk.{verb}(*{words!r}))"
        return self.downhill.ask(script).strip()


@pytest.fixture(scope="session")
def clerk(downhill: Running) -> Clerk:
    return Clerk(downhill)


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
def advanced(new_student: Callable[[str], str], clerk: Clerk) -> Callable[..., str]:
    """Make another student of the demo class, and have done what the clerk knows to do; gives the username back."""

    def make(name: str, *verbs: str) -> str:
        username = new_student(name)
        for verb in verbs:
            clerk(verb, username)
        return username

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
    return lambda name: clerk("runs_of", own(name)).split()


@pytest.fixture
def new_led_class(clerk: Clerk) -> Callable[..., str]:
    """Make a class that is led: its slug, who leads it, and its students; gives the join code back."""
    return lambda slug, leader, *students: clerk("led_class", slug, leader, *students)


@pytest.fixture
def busy_worker(downhill: Running, new_student: Callable[[str], str]) -> BusyWorker:
    """Hold the one worker in the middle of somebody else's long run, so that it does not give way to others either."""

    def ask(method: str, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
        said = one(downhill.url, (method, path, {"Content-Type": "application/json"} | headers, json.dumps(body)))
        assert said.status < 300, said.body
        answered: dict[str, Any] = json.loads(said.body or "{}")
        return answered

    def signalled(number: signal.Signals) -> None:
        for pid in downhill.pids("celery"):
            os.kill(pid, number)

    @contextmanager
    def busy() -> Iterator[None]:
        who = {"username": new_student(f"busy_{uuid.uuid4().hex[:8]}"), "password": "downhill"}
        headers = {"Authorization": f"Token {ask('POST', '/api/v1/token/', {}, who)['token']}"}
        long_one = {"model": "tree", "n_train": 800, "n_repeats": 50}
        wish = {"kind": "u_curve", "params": long_one, "seed": uuid.uuid4().int % 1_000_000}
        run = f"/api/v1/runs/{ask('POST', '/api/v1/runs/', headers, wish)['id']}/"
        wait_for(lambda: ask("GET", run, headers, {})["state"] == "running", "the long run")
        signalled(signal.SIGSTOP)
        while downhill.is_written():  # it was stopped in the middle of that, and nobody else could write any more
            signalled(signal.SIGCONT)
            time.sleep(0.05)
            signalled(signal.SIGSTOP)
        try:
            yield
        finally:
            try:
                ask("DELETE", run, headers, {})
            finally:
                signalled(signal.SIGCONT)

    return busy
