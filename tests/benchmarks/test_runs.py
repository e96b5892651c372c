"""What a class waits for: one run that forty ask for, forty different ones on one worker and on two, and one alone."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import Running, wait_for

pytestmark = pytest.mark.benchmark

N_STUDENTS = 40
N_TIMES = 5
COUNT = "from experiments.models import Run; print('N', Run.objects.filter(seed__gte={0}, seed__lt={1}).count())"
LAST = (
    "from experiments.models import Run; from django.db.models import Min, Max; "
    "d = Run.objects.filter(seed__gte={0}, seed__lt={1}, state='done'); "
    "t = d.aggregate(a=Min('queued_at'), b=Max('finished_at')); "
    "print('N', d.count(), (t['b'] - t['a']).total_seconds() if d else 0)"
)


def asking(token: str, seed: int, kind: str = "starvation") -> Request:
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    return ("POST", "/api/v1/runs/", headers, json.dumps({"kind": kind, "seed": seed}))


def looking(token: str, run: str) -> Request:
    return ("GET", f"/api/v1/runs/{run}/", {"Authorization": f"Token {token}"}, "")


def said(running: Running, question: str, *numbers: int) -> list[float]:
    """Ask the database a question that is printed behind an N."""
    answer = running.ask(question.format(*numbers))
    return [float(word) for word in answer.rpartition("N ")[2].split()]


def warm(running: Running, token: str) -> None:
    """The first run loads what all others find loaded."""
    wait_for(lambda: '"worker": "ok"' in running.says("/readyz"), "a worker that is ready", seconds=60)
    finish(running, token, asking(token, 1))


def finish(running: Running, token: str, request: Request) -> tuple[float, float, dict[str, Any]]:
    """Ask for a run and look at it until it has ended: seconds to its first progress, and to its result."""
    began = time.perf_counter()
    run = json.loads(crowd.one(running.url, request).body)
    first = 0.0
    while run["state"] in ("queued", "running"):
        if not first and run["state"] == "running":
            first = time.perf_counter() - began
        time.sleep(0.02)
        run = json.loads(crowd.one(running.url, looking(token, run["id"])).body)
    seconds = time.perf_counter() - began
    return first or seconds, seconds, run


def test_forty_who_ask_for_one_run_share_it(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        tokens = pupils.enrol(running, "share", N_STUDENTS)
        warm(running, tokens[0])

        asked = crowd.send(running.url, [[asking(token, 100)] for token in tokens])
        run = json.loads(asked.answers[0].body)["id"]
        began = time.perf_counter()
        wait_for(
            lambda: json.loads(crowd.one(running.url, looking(tokens[-1], run)).body)["state"] == "done", "the result"
        )
        result = time.perf_counter() - began
        late = crowd.one(running.url, asking(tokens[0], 100))
        n_runs = said(running, COUNT, 100, 101)[0]

    print(f"\n40 ask for one starvation on {'PostgreSQL' if running.server else 'SQLite'}: {asked}")
    print(f"the fortieth answer after {asked.percentile(1):.0f} ms, everybody's result {result:.2f} s later")
    print(f"who asks when it is done has the result in {1000 * late.seconds:.0f} ms")
    assert Counter(answer.status for answer in asked.answers) <= Counter({202: 40, 200: 40})
    assert len({json.loads(answer.body)["id"] for answer in asked.answers}) == 1
    assert n_runs == 1
    assert late.status == 200


def test_two_workers_against_one_for_forty_different_runs(tmp_path: Path) -> None:
    seconds = {}
    for n_workers in (1, 2):
        folder = tmp_path / str(n_workers)
        with Running(folder, CELERY_CONCURRENCY=str(n_workers)) as running:
            tokens = pupils.enrol(running, "own", N_STUDENTS)
            warm(running, tokens[0])
            asked = crowd.send(running.url, [[asking(token, 200 + i)] for i, token in enumerate(tokens)])
            assert Counter(answer.status for answer in asked.answers) == {202: 40}
            wait_for(lambda up=running: said(up, LAST, 200, 240)[0] == 40, "forty results", seconds=240)
            seconds[n_workers] = said(running, LAST, 200, 240)[1]

    print(
        f"\n40 different starvations on {'PostgreSQL' if running.server else 'SQLite'}, from the first wish to the last"
    )
    print(f"result: one worker {seconds[1]:.1f} s, two {seconds[2]:.1f} s, speed-up {seconds[1] / seconds[2]:.2f}")
    assert seconds[2] < seconds[1]


def test_from_the_click_to_the_first_progress_and_to_the_result(tmp_path: Path) -> None:
    with Running(tmp_path) as running:
        token = pupils.enrol(running, "click", 1)[0]
        warm(running, token)
        print(f"\non {'PostgreSQL and Redis' if running.server else 'SQLite and files'}, median of {N_TIMES}:")
        for kind in ("u_curve", "starvation", "blame", "tipping_point"):
            times = [finish(running, token, asking(token, 300 + n, kind)) for n in range(N_TIMES)]
            first, result = (median(each[which] for each in times) for which in (0, 1))
            print(f"{kind}: first progress {first:.2f} s, result {result:.2f} s")
            assert {each[2]["state"] for each in times} == {"done"}
