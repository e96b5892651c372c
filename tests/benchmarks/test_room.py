"""What the instructor's pages cost, from one student to four thousand, and how soon a grid shows what happened.

`pytest tests/benchmarks/test_room.py -m benchmark -s`. RATIOS hold on any machine; times are those of one run.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
import tracemalloc
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.models import Cohort, Membership, User
from experiments.models import Run, RunRequest
from lessons.models import PartProgress, Prediction, Submission
from tests.running import Running, wait_for

pytestmark = pytest.mark.benchmark
SIZES = (1, 40, 400, 4000)
LIVE_SECONDS = float(os.environ.get("LIVE_SECONDS", "120"))
CELLS = {name: {"state": "right"} for name in ("error_1", "product_1", "mean")} | {"w": {"state": "not_yet"}}
LESSON = "data-rules-everything"
BEGUN = (("by-hand", "by-hand"), ("rates", "rates"), ("u-curve", "u-curve-run"), ("bias", "bias-run"))


def fill(cohort: Cohort, n: int) -> None:
    """Bring a class to `n` students, each with six submissions, six predictions, four parts begun and two runs."""
    rng, now = random.Random(n), timezone.now()
    have = Membership.objects.filter(cohort=cohort, role="student").count()
    users = User.objects.bulk_create(
        [User(username=f"u{i}", display_name=f"Person {i:04}", password="!") for i in range(have, n)]
    )
    made = Membership.objects.bulk_create([Membership(user=user, cohort=cohort, last_active_at=now) for user in users])
    run, __ = Run.objects.get_or_create(kind="u_curve", params={}, seed=0, fingerprint="bench", state="queued")
    rows: dict[type, list[object]] = {PartProgress: [], Submission: [], Prediction: [], RunRequest: []}
    for member in made:
        for part, activity in BEGUN:
            state = {"state": "working", "tries": 2, "step": 1, "n_done": 1}
            rows[PartProgress].append(
                PartProgress(
                    membership=member,
                    lesson=LESSON,
                    part=part,
                    state="working",
                    tries=2,
                    activities={activity: state},
                    moved_at=now - timedelta(minutes=rng.randrange(9)),
                )
            )
        for __ in range(6):
            rows[Submission].append(
                Submission(
                    membership=member,
                    client_id=uuid.uuid4(),
                    lesson=LESSON,
                    activity="by-hand",
                    step=1,
                    answer={"w": "2.985", "mean": "-59.7"},
                    reply={"cells": CELLS},
                    accepted=False,
                    is_try=True,
                    slip=rng.choice(("sum", "sign", "no-x", "")),
                    lesson_hash="x",
                )
            )
        for item in ("half-a", "half-b", "half-c", "half-d", "half-e", "half-f"):
            rows[Prediction].append(
                Prediction(
                    membership=member,
                    client_id=uuid.uuid4(),
                    lesson=LESSON,
                    activity="rates",
                    item=item,
                    round=1,
                    choice=rng.choice(("crawls", "settles", "explodes")),
                    confidence="guess",
                    counts="own_pace",
                    lesson_hash="x",
                )
            )
        for trial in ("u-curve-run/polynomial", "bias-run/starve"):
            rows[RunRequest].append(RunRequest(membership=member, run=run, context=f"{LESSON}/{trial}"))
    for model, objects in rows.items():
        model.objects.bulk_create(objects, batch_size=500)  # type: ignore[attr-defined]


def read(client: Client, address: str) -> tuple[int, float, int]:
    """Queries, seconds, and bytes of a page; of two times the second."""
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        began = time.perf_counter()
        size = len(client.get(address).getvalue())
        seconds = time.perf_counter() - began
    return len(asked), seconds, size


def test_the_instructors_pages_ask_as_often_for_four_thousand_students_as_for_one(
    cohort: Cohort, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)
    pages = {
        "grid": "/c/ours/class/",
        "part, sheets": "/c/ours/class/parts/by-hand/",
        "part, questions": "/c/ours/class/parts/rates/",
        "student": "/c/ours/class/students/{student}/",
        "replay": "/c/ours/class/replay/",
        "export": "/api/v1/cohorts/ours/export.csv",
    }
    queries: dict[str, set[int]] = {name: set() for name in pages}
    peaks = []
    for n in SIZES:
        fill(cohort, n)
        student = Membership.objects.filter(cohort=cohort, role="student").latest("pk").pk
        for name, address in pages.items():
            n_queries, seconds, size = read(client, address.format(student=student))
            queries[name].add(n_queries)
            figures = f"{n_queries:>3} queries {1000 * seconds:8.0f} ms {size / 1024:8.0f} kB"
            print(f"\n{n:>5} students · {name:<16} {figures}", end="")
        tracemalloc.start()
        for __ in client.get(pages["export"]).streaming_content:
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        print(f"\n{n:>5} students · export: peak of {peaks[-1] / 2**20:.2f} MB while it is read", end="")

    assert {name: len(counts) for name, counts in queries.items()} == dict.fromkeys(pages, 1)
    assert peaks[3] < 2 * peaks[2] + 2**20


# --- live -----------------------------------------------------------------------------------------

SEEN = """
() => {
  window.seen = [];
  document.addEventListener("page:changed", () => {
    const v = new URL(document.querySelector("[data-morph]").getAttribute("hx-get"), location).searchParams.get("v");
    window.seen.push([Date.now(), parseInt(v)]);
  });
}
"""
_MAKE = """
from django.test import Client
from classroom import services
from classroom.models import Cohort, Membership, Rehearsal, Role, User
from rehearsal import services as rehearsal_services
leader = Membership.objects.select_related("cohort", "user").get(cohort__slug="demo", role="instructor")
made = rehearsal_services.begin(leader, n_students=40, speed=5, seed={seed}, is_led=False)
sessions = []
for i in range({n}):
    user = User.objects.create_user(f"teacher{seed}-{{i}}", display_name=f"Teacher {{i}}")
    services.enrol(user, made.cohort, Role.INSTRUCTOR)
    browser = Client()
    browser.force_login(user)
    sessions.append(browser.cookies["sessionid"].value)
print("MADE", made.cohort.slug, *sessions)
"""


class Watch(threading.Thread):
    """Notes when each version of a class was committed, by asking the database every few milliseconds."""

    def __init__(self, database: Path, slug: str) -> None:
        super().__init__(daemon=True)
        self.database, self.slug = database, slug
        self.committed: dict[int, float] = {}
        self.goes_on = True

    def run(self) -> None:
        reader = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        asks = (
            "SELECT number FROM classroom_cohortversion JOIN classroom_cohort ON cohort_id = classroom_cohort.id "
            "WHERE slug = ?"
        )
        last = reader.execute(asks, [self.slug]).fetchone()[0]
        while self.goes_on:
            number = reader.execute(asks, [self.slug]).fetchone()[0]
            now = time.time()
            for each in range(last + 1, number + 1):
                self.committed[each] = now
            last = number
            time.sleep(0.004)


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("n_instructors", [1, 5])
def test_a_grid_shows_what_happened_within_seconds(tmp_path: Path, n_instructors: int) -> None:
    from playwright.sync_api import sync_playwright

    with Running(tmp_path) as running, sync_playwright() as playwright:
        said = running.ask(_MAKE.format(seed=n_instructors, n=n_instructors))
        slug, *sessions = said.split("MADE")[1].split()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        pages, statuses = [], []
        for session in sessions:
            page = browser.new_context(base_url=running.url, viewport={"width": 1366, "height": 768}).new_page()
            page.context.add_cookies([{"name": "sessionid", "value": session, "url": running.url}])
            page.on("response", lambda response: "/class/grid/" in response.url and statuses.append(response.status))
            page.goto(f"/c/{slug}/class/")
            page.evaluate(SEEN)
            pages.append(page)
        database = next(path for path in tmp_path.rglob("*.sqlite3") if path.stat().st_size)
        wait_for(lambda: pages[0].locator(".here").count() > 4, "the class to begin", seconds=60)
        watch = Watch(database, slug)
        watch.start()
        web, began, used = running.pids("web_server"), time.time(), cpu_seconds(running.pids("web_server"))
        n_before = len(statuses)
        while time.time() - began < LIVE_SECONDS:
            for page in pages:
                page.wait_for_timeout(200)
        seconds, used = time.time() - began, cpu_seconds(web) - used
        asked = statuses[n_before:]
        watch.goes_on = False
        pages[0].wait_for_timeout(4000)
        delays = []
        for page in pages:
            seen = page.evaluate("window.seen")
            for number, at in watch.committed.items():
                shown = next((ms / 1000 for ms, v in seen if v >= number), None)
                if shown is not None:
                    delays.append(shown - at)
        browser.close()

    delays.sort()
    p50, p95 = (delays[int(share * len(delays))] for share in (0.5, 0.95))
    print(
        f"\n{n_instructors} instructors, {len(watch.committed)} events in {seconds:.0f} s: "
        f"p50 {p50:.2f} s, p95 {p95:.2f} s, longest {delays[-1]:.2f} s; web {100 * used / seconds:.0f} % of a core, "
        f"{len(asked) / seconds:.1f} polls/s, {asked.count(204)} of {len(asked)} with nothing new"
    )
    assert p95 < 2.5
