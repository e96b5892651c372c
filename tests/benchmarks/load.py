"""How many students one Downhill carries: a class of 40 and of 200 at work, a herd at its door, and the knee.

`make load`, on a machine that does nothing else; with DATABASE_URL and REDIS_URL on those services.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import load
from tests.load import Tally
from tests.running import Running

pytestmark = pytest.mark.benchmark
SECONDS = float(os.environ.get("LOAD_SECONDS", "120"))
THINK = 15  # seconds between two acts of a student
STEPS = (40, 80, 120, 160, 200, 240, 280, 320, 400)
MOST_WAITED = 200  # ms, of 19 in 20 answers to students


def test_a_downhill_carries_classes_and_a_herd(tmp_path: Path) -> None:
    # As a laptop has them; other tests have one.
    with Running(tmp_path / "var", WEB_WORKERS="2") as running:
        print(f"\n{'PostgreSQL and Redis' if running.server else 'SQLite'}, {os.cpu_count()} cores")
        faults = [fault for n in (40, 200) for fault in class_of(running, f"class-of-{n}", n)[1]]

        door, tally = load.school(running, "the-door", n_students=40, n_leaders=1), Tally()
        with load.watched(running) as meanwhile:
            load.herd(door, tally, n_joins=36, n_logins=40)
        print(load.report("36 joins and 40 log-ins at once, one page, all seal", tally, meanwhile))
        faults += door.faults(tally)

        carried = 0
        for n in STEPS:
            p95, missed = class_of(running, f"knee-{n}", n, seconds=SECONDS / 2)
            if p95 > MOST_WAITED or missed:
                break
            carried = n
        print(f"carried within {MOST_WAITED} ms: {carried or 'fewer than 40'} students and 5 grids")
    assert faults == []


def class_of(running: Running, slug: str, n: int, *, seconds: float = SECONDS) -> tuple[float, list[str]]:
    """Hold a class of `n` and print what its answers took; give the students' p95 in ms, and what went wrong."""
    school, tally = load.school(running, slug, n_students=n), Tally()
    with load.watched(running) as meanwhile:
        load.class_hour(school, tally, n_acts=round(seconds / THINK), think=THINK)
    print(load.report(f"a class of {n} and 5 grids", tally, meanwhile))
    return tally.percentile(0.95, "page", "poll", "check", "seal", "run"), school.faults(tally)
