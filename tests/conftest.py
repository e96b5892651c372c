"""What every test may use, and the time that each kind of test may take."""

from __future__ import annotations

import gc
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as given
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from xdist.scheduler import LoadScopeScheduling

from classroom import events, tokens
from classroom.models import Cohort, Membership, Role, User
from downhill.celery import app
from lessons import catalogue
from lessons.authoring.loader import LoadedLesson, load
from tests.factories import CohortFactory, MembershipFactory
from tests.running import forget_prepared

# Seconds that all tests with a marker may take together, summed over three workers that share two cores: 1.7 times what
# they took there beside other work, and more where they mostly wait. Tests without a marker need at most a database.
BUDGETS = {"pure": 240, "journey": 2200, "faults": 560, "race": 260, "benchmark": 600, "compose": 700, "database": 1300}
IN_CI = os.environ.get("CI") == "true"

# Tests that wait most of the time, or share one long computation, stay with one worker, and come first. Half of the
# workers do them, rounded up, while the others compute: all of them together would leave the cores idle for a minute.
WAITING = (
    "tests/faults/test_up.py",
    "tests/races/",
    "tests/faults/test_runs.py",
    "tests/experiments/test_notebooks.py",
    "tests/experiments/kinds/test_tipping_point.py",
)
# The longest journeys, which come before the others: whoever began one last would be alone at the end.
LONG = (
    "tests/journeys/test_predict.py::test_a_class_is_led",
    "tests/journeys/test_badge.py::test_from_zero_to_a_badge",
    "tests/journeys/test_newcomer.py",
    "tests/journeys/test_nb2.py",
    "tests/journeys/test_undo.py",
    "tests/journeys/test_wall.py",
    "tests/journeys/test_class_page.py::test_every_page",
)
# Tests that share what takes long to start, or is computed once, stay with one worker.
TOGETHER = (
    *WAITING,
    "tests/faults/test_doors.py",
    "tests/downhill/test_doctor.py",
    "tests/conventions/test_layers.py",
    "tests/journeys/test_nb2.py",
    "tests/journeys/test_undo.py",
)

spent: dict[str, float] = defaultdict(float)
not_made: list[str] = []
# Skipped where they should have run: their reason names the command that this is.
skipped_on_services: list[str] = []


class Together(LoadScopeScheduling):
    """Hands tests out one by one, in their order, and those that belong together as one.

    By their address: what pytest-xdist writes into it for `xdist_group`, pytest 9 forgets.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        """Let half of the workers wait, rounded up, as long as something else is left to do."""
        others = [units for other, units in self.assigned_work.items() if other is not node]
        n_waiting = sum(any(place in WAITING and not all(units[place].values()) for place in units) for units in others)
        if n_waiting >= (len(self.nodes) + 1) // 2:
            busy = next((place for place in self.workqueue if place not in WAITING), None)
            if busy is not None:
                self.workqueue.move_to_end(busy, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # what goes first is decided below
    return Together(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    spent[next((marker for marker in BUDGETS if marker in report.keywords), "database")] += report.duration
    if report.skipped and {"journey", "compose"} & set(report.keywords) and not hasattr(report, "wasxfail"):
        not_made.append(report.nodeid)
    if report.skipped and "DATABASE_URL" in os.environ and "make test-services" in str(report.longrepr):
        skipped_on_services.append(report.nodeid)


def _faults_of_the_session() -> list[str]:
    slow = [
        f"{name} tests took {spent[name]:.0f} s of {BUDGETS[name]} s" for name in spent if spent[name] > BUDGETS[name]
    ]
    slow += [f"a test for PostgreSQL was skipped on it: {name}" for name in skipped_on_services]
    return slow + [f"a browser or an engine was missing: {name}" for name in not_made]


def _turn(item: pytest.Item) -> tuple[bool, int]:
    is_journey = item.get_closest_marker("journey") is not None
    first = LONG if is_journey else WAITING
    return is_journey, next((i for i, at in enumerate(first) if item.nodeid.startswith(at)), len(first))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits first and short journeys last; refuse a browser outside them, even by a fixture's name (`page`).

    That would draw all journeys to its place. They come after the tests that need a database, since Playwright leaves a
    running event loop behind it, in which Django refuses a database.
    """
    items.sort(key=_turn)
    for item in items:
        is_given_a_browser = hasattr(item, "callspec") and "browser_name" in item.callspec.params
        if is_given_a_browser and not item.get_closest_marker("journey"):
            raise pytest.UsageError(f"{item.nodeid} is no journey and asks for a browser; rename its fixture.")


def pytest_configure() -> None:
    """Collect no garbage while everything is imported: nothing of it goes away again. No static files are collected."""
    gc.disable()
    given.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: a tenth of the time of the tests without a browser."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI, a kind of test over its budget or a journey that was not made is a failure."""
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and (workers := session.config.pluginmanager.getplugin("dsession")):
        forget_prepared(workers.nodemanager.testrunuid)
    if IN_CI and is_controller and session.exitstatus == pytest.ExitCode.OK and _faults_of_the_session():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for name, seconds in sorted(spent.items()):
        terminalreporter.write_line(f"{name}: {seconds:.1f} s of {BUDGETS[name]} s")
    for fault in _faults_of_the_session() if IN_CI else []:
        terminalreporter.write_line(fault, red=True)


@pytest.fixture(autouse=True)
def _quick_and_fresh(settings: Settings) -> Iterator[None]:
    """Hash fast, list no static files, seal for good at once, be one's own worker, and let no test see what another
    left in the cache.
    """
    app.conf.task_always_eager = True
    settings.WHITENOISE_AUTOREFRESH = True
    settings.UNDO_SECONDS = 0
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickOutsideTransactions"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def cohort(db: None) -> Cohort:
    return CohortFactory(slug="ours", name="Our class", join_code="ACDE-3467")


@pytest.fixture
def student(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort, user__username="sam", user__display_name="Sam")


@pytest.fixture
def instructor(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort, user__username="ines", user__display_name="Ines", role=Role.INSTRUCTOR)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock at a time."""
    return lambda now: monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """What is told of what happened, in order."""
    heard: list[Any] = []

    def hear(sender: type, event: Any, **more: Any) -> None:
        heard.append(event)

    events.recorded.connect(hear)
    yield heard
    events.recorded.disconnect(hear)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which somebody is logged in."""

    def log_in(user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


@pytest.fixture
def api_of() -> Callable[[User], APIClient]:
    """A notebook that has somebody's token."""

    def with_token(user: User) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Token {tokens.make(user)}")
        return client

    return with_token


@pytest.fixture(scope="session")
def briefer(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, LoadedLesson]:
    """The session's lesson as it is, but that each of its runs repeats a tenth as often."""
    given = catalogue.LESSONS_FOLDER / "data_rules_everything"
    root = tmp_path_factory.mktemp("briefer")
    shutil.copytree(given, root / given.name)
    brief, n = re.subn(r"(n_repeats: \d+)0\b", r"\1", (given / "lesson.yaml").read_text(encoding="utf-8"))
    assert n > 10
    (root / given.name / "lesson.yaml").write_text(brief, encoding="utf-8")
    return {"data-rules-everything": load(root / given.name)}


@pytest.fixture
def brief_runs(briefer: Mapping[str, LoadedLesson], monkeypatch: pytest.MonkeyPatch) -> None:
    """Real runs in a tenth of the time, for claims that do not rest on what comes out of them.

    By `usefixtures`, so that it comes before whatever reads the lesson.
    """
    monkeypatch.setattr(catalogue, "all_lessons", lambda: briefer)


@pytest.fixture
def lesson() -> LoadedLesson:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    return loaded
