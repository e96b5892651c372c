"""A class at work: people who each think, look and send as their browser does, and what their answers took.

Each person has a thread and one connection, and sends what the forms of the pages say. `report` prints one table.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from http import HTTPStatus
from itertools import count, islice
from pathlib import Path
from random import Random
from urllib.parse import urlencode, urlsplit

from tests import pupils
from tests.running import Running

POLL_EVERY = 1.5  # seconds, as every live page asks
LESSON = "data-rules-everything"
PASSWORD = "plain words of nobody"
_SHEET = {
    f"{name[:-1]}_{n}": said for name in ("errors", "products") for n, said in enumerate(pupils.STEPS[0][name], 1)
}
RIGHT = {**_SHEET, "mean": pupils.STEPS[0]["mean"], "w": pupils.STEPS[0]["w"]}
# A class that is led and has come to parts where everyone goes on alone, with browsers that are logged in.
_MAKE = """
import json
from django.contrib.auth.hashers import make_password
from django.test import Client
from classroom import services
from classroom.models import Cohort, Membership, Role, User
from lessons import catalogue, pacing
cohort = services.open_cohort(slug={slug!r}, name={slug!r}, pace="led")
lesson, hashed = catalogue.get({lesson!r}), make_password({password!r})

def person(name, role=Role.STUDENT):
    user = User.objects.create(username={slug!r} + '-' + name, display_name=name.title(), password=hashed)
    membership = services.enrol(user, cohort, role)
    browser = Client()
    browser.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return membership, browser.cookies["sessionid"].value

leaders = [person("leader%d" % n, Role.INSTRUCTOR) for n in range({n_leaders})]
for part in ("by-hand", "rates", "u-curve"):
    pacing.free_part(leaders[0][0], lesson, part)
students = [person("pupil%d" % n) for n in range({n_students})]
print(json.dumps([cohort.join_code, [s for _, s in students], [s for _, s in leaders]]))
"""
_STORED = """
import json
from lessons.models import Prediction, Submission
told = [str(row.client_id) for model in (Submission, Prediction)
        for row in model.objects.filter(membership__cohort__slug={slug!r})]
print(json.dumps(told))
"""


@dataclass
class Tally:
    """What a crowd was answered: by kind the seconds, and what failed; and the ids of all that was acknowledged."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def note(self, kind: str, status: int, seconds: float, path: str) -> None:
        self.seconds[kind].append(seconds)
        if status >= 400:
            self.failures.append(f"{kind}: {status} {path}")

    def percentile(self, share: float, *kinds: str) -> float:
        """The milliseconds within which `share` of the answers of these kinds came, or of all."""
        times = sorted(each for kind in kinds or self.seconds for each in self.seconds[kind])
        return 1000 * times[min(len(times) - 1, int(share * len(times)))] if times else 0.0

    @property
    def n(self) -> int:
        return sum(map(len, self.seconds.values()))


class _Page(HTMLParser):
    """What a page would send: its forms as the server filled them in, by address, and the address that it polls."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.loose: dict[str, str] = {}
        self.polls = ""
        self._within, self._select = self.loose, ""

    def read(self, text: str) -> None:
        """Take a page, or what an answer brings of it: all else stays as it was."""
        if "<body" in text:
            self.forms, self.loose, self.polls = {}, {}, ""
        self._within, self._select = self.loose, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        if of.get("hx-trigger") == "poll":
            self.polls = of["hx-get"]
        if tag == "form":
            self._within = self.forms[of.get("action", "")] = {}
        elif tag == "select":
            self._select = of.get("name", "")
        elif tag == "option" and self._select and ("selected" in of or self._select not in self._within):
            self._within[self._select] = of.get("value", "")
        elif tag == "input" and "name" in of and (of.get("type") not in ("radio", "checkbox") or "checked" in of):
            self._within[of["name"]] = of.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._within = self.loose
        elif tag == "select":
            self._select = ""


class Browser:
    """One person's browser: one connection, the cookies, and the page that it shows."""

    def __init__(self, url: str, tally: Tally, session: str = "") -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.tally = tally
        self.cookies = {"csrftoken": "c" * 32, "sessionid": session}
        self.page, self.at = _Page(), ""
        self.n_sent = 0

    def go(self, path: str) -> None:
        """Open a page, unless it is open."""
        if self.at != path:
            self.at = path
            self.get("page", path)

    def get(self, kind: str, path: str, *, is_htmx: bool = False) -> int:
        return self._send(kind, "GET", path, "", {"HX-Request": "true"} if is_htmx else {})

    def post(self, kind: str, path: str, sent: dict[str, str], *, is_htmx: bool = True) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies["csrftoken"]}
        return self._send(kind, "POST", path, urlencode(sent), headers | ({"HX-Request": "true"} if is_htmx else {}))

    def send_form(self, kind: str, ending: str, **typed: str) -> None:
        """Fill a form of the page in, and send it; note what is acknowledged. Every fourth is sent once more."""
        path = next(path for path in self.page.forms if path.endswith(ending))
        sent = self.page.forms[path] | typed | {"id": str(uuid.uuid4())}
        self.n_sent += 1
        status = self.post(kind, path, sent)
        if self.n_sent % 4 == 0:  # as if its answer had been lost
            status = self.post("again", path, sent)
        if status < 300 and kind != "run":
            self.tally.acknowledged.append(sent["id"])

    def poll(self, kind: str) -> None:
        """Ask what is new, as the page says."""
        if self.page.polls:
            join = "&" if "?" in self.page.polls else "?"
            self.get(kind, f"{self.page.polls}{join}{urlencode(self.page.loose)}", is_htmx=True)

    def _send(self, kind: str, method: str, path: str, body: str, headers: dict[str, str]) -> int:
        headers = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)}
        began = time.perf_counter()
        try:
            response, text = self._once(method, path, body, headers)
        except (ConnectionError, http.client.HTTPException):
            # The server closed a connection that it had answered on; any browser sends once more on a new one.
            self.connection.close()
            response, text = self._once(method, path, body, headers)
        self.tally.note(kind, response.status, time.perf_counter() - began, path)
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if response.status == 200 and response.headers.get_content_type() == "text/html":
            self.page.read(text)
        return response.status

    def _once(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, str]:
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return response, response.read().decode(errors="replace")


@dataclass(frozen=True)
class School:
    """A class of a running Downhill: how to join it, and who is logged in."""

    running: Running
    slug: str
    join_code: str
    students: list[str]
    leaders: list[str]

    def at(self, part: str, *, item: str = "") -> str:
        return f"/c/{self.slug}/lessons/{LESSON}/{part}/" + (f"?item={item}" if item else "")

    def faults(self, tally: Tally) -> list[str]:
        """What failed, and which answers and seals were acknowledged and are not stored, or are stored twice."""
        stored = Counter(json.loads(self.running.ask(_STORED.format(slug=self.slug))))
        lost = [f"acknowledged and not stored: {each}" for each in tally.acknowledged if not stored[each]]
        return tally.failures + lost + [f"stored {n} times: {each}" for each, n in stored.items() if n > 1]


def school(running: Running, slug: str, *, n_students: int, n_leaders: int = 5) -> School:
    words = {"slug": slug, "n_students": n_students, "n_leaders": n_leaders, "lesson": LESSON, "password": PASSWORD}
    code, students, leaders = json.loads(running.ask(_MAKE.format(**words)))
    return School(running, slug, code, students, leaders)


def class_hour(school: School, tally: Tally, *, n_acts: int, think: float) -> None:
    """A class in which every student acts so many times, that many seconds apart, and asks what is new meanwhile.

    Every leader's grid asks until all students have done so.
    """
    at_work = set(range(len(school.students)))

    def student(number: int, session: str) -> None:
        browser, chance = Browser(school.running.url, tally, session), Random(number)
        acts = islice(_acts(browser, school, number), n_acts)
        time.sleep(think * chance.random())
        try:
            browser.go(school.at("by-hand"))
            for act in acts:
                next_act = time.monotonic() + think
                act()
                while (left := next_act - time.monotonic()) > 0:
                    browser.poll("poll")
                    time.sleep(min(left, POLL_EVERY))
        finally:
            at_work.discard(number)

    def leader(session: str) -> None:
        browser = Browser(school.running.url, tally, session)
        browser.get("grid page", f"/c/{school.slug}/class/")
        while at_work:
            browser.poll("grid")
            time.sleep(POLL_EVERY)

    students = [partial(student, n, session) for n, session in enumerate(school.students)]
    together([*students, *(partial(leader, session) for session in school.leaders)], tally)


def _acts(browser: Browser, school: School, number: int) -> Iterator[Callable[[], object]]:
    """What a student does one after the other: checks, right and wrong, a seal and a look, a run, and checks again."""

    def act(part: str, kind: str = "", ending: str = "", *, item: str = "", **typed: str) -> Callable[[], None]:
        def go() -> None:
            browser.go(school.at(part, item=item))
            if kind:
                browser.send_form(kind, ending, **typed)

        return go

    yield act("by-hand", "check", "/by-hand/check/", **RIGHT | {"w": "9"})
    yield act("by-hand", "check", "/by-hand/check/", **RIGHT)
    yield act("rates", "seal", "/seal/", item="half-a", choice="zigzags", confidence="guess")
    yield act("rates", item="half-b")
    yield act("u-curve", "seal", "/seal/", choice="11", confidence="guess")
    yield act("u-curve", "run", "/start/", seed=str(number % 3))
    for n in count():
        yield act("by-hand", "check", "/by-hand/check/", w=f"{n}.5")


def herd(school: School, tally: Tally, *, n_joins: int, n_logins: int, within: float = 10) -> None:
    """Everyone at the door at once; then everyone opens one page; then everyone seals, within so many seconds."""
    inside: list[Browser] = []

    def come_in(kind: str, path: str, sent: dict[str, str]) -> None:
        browser = Browser(school.running.url, tally)
        sent |= {"password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        if browser.post(kind, path, sent, is_htmx=False) == HTTPStatus.FOUND:
            inside.append(browser)
        else:
            tally.failures.append(f"{kind}: not let in")

    def seal(browser: Browser, number: int) -> None:
        time.sleep(within * number / len(inside))
        browser.send_form("seal", "/seal/", choice="zigzags", confidence="sure")

    names = [f"{school.slug}-new{n}" for n in range(n_joins)]
    joins = [("join", f"/join/{school.join_code}", {"username": name, "display_name": name}) for name in names]
    logins = [("log-in", "/accounts/login/", {"login": f"{school.slug}-pupil{n}"}) for n in range(n_logins)]
    together([partial(come_in, *each) for each in (*joins, *logins)], tally)
    together([partial(browser.go, school.at("rates", item="half-a")) for browser in inside], tally)
    together([partial(seal, browser, n) for n, browser in enumerate(inside)], tally)


def together(acts: Iterable[Callable[[], object]], tally: Tally) -> None:
    """Have all of them done at the same time; who cannot go on is a failure."""

    def carefully(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - counted, as whatever else a person may meet
            tally.failures.append(repr(error))

    threads = [threading.Thread(target=carefully, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Watched:
    """CPU seconds that a block took, by who took them."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.seconds = 0.0


@contextmanager
def watched(running: Running) -> Iterator[Watched]:
    """Count what web, worker and database use meanwhile."""
    found, before, began = Watched(), _cpu(running), time.monotonic()
    yield found
    found.seconds = time.monotonic() - began
    found.cpu = {who: used - before.get(who, 0.0) for who, used in _cpu(running).items()}


def _cpu(running: Running) -> dict[str, float]:
    worker = set(running.pids("celery"))
    others = set(running.pids()) - worker - set(running.pids("supervisor")) - set(running.pids("manage.py"))
    database = (
        {int(each.parent.name) for each in Path("/proc").glob("[0-9]*/cmdline") if running.database in _text(each)}
        if running.server
        else set()
    )
    return {who: sum(map(_used, pids)) for who, pids in (("web", others), ("worker", worker), ("database", database))}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has just ended
        return ""


def _used(pid: int) -> float:
    facts = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK") if facts else 0.0


def report(title: str, tally: Tally, meanwhile: Watched) -> str:
    """One table of one crowd."""
    lines = [f"{title}: {tally.n} requests, {tally.n / meanwhile.seconds:.0f}/s, {len(tally.failures)} failed"]
    lines.append(f"  {'':10} {'n':>6} {'p50 ms':>8} {'p95 ms':>8}")
    for kind, times in sorted(tally.seconds.items()):
        p50, p95 = 1000 * statistics.median(times), tally.percentile(0.95, kind)
        lines.append(f"  {kind:10} {len(times):6} {p50:8.0f} {p95:8.0f}")
    used = (f"{who} {100 * seconds / meanwhile.seconds:.0f} %" for who, seconds in meanwhile.cpu.items())
    lines.append(f"  of a core: {', '.join(used)}")
    return "\n".join([*lines, *(f"  failed: {each}" for each in tally.failures[:5])])
