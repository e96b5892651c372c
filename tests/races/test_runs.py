"""Many ask at once, and many workers take at once: a run is made once, shared by all, and taken once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from tests import crowd, pupils
from tests.crowd import Request
from tests.running import MANAGE, Running, wait_for

pytestmark = [pytest.mark.race, pytest.mark.services]

_STANDING = """
import json
from experiments.models import Run
runs = [[str(r.pk), r.state, r.attempt, r.requests.filter(withdrawn_at=None).count()] for r in Run.objects.filter(
    seed__gte={least}, seed__lt={most})]
print("RUNS" + json.dumps(runs))
"""
_QUEUE = """
from experiments.models import Run
Run.objects.bulk_create(
    Run(kind="blame", params={{}}, seed=n, fingerprint=f"claimed {{n}}", attempt={attempt})
    for n in range({least}, {most})
)
"""
# A worker that only takes: it waits for the common start, then says what it got, until nothing is left. Between two
# it is busy for a moment, as one that trains would be; else the first to get the lock would often keep it to the end.
_TAKE = """
import sys
import time
from experiments import runner
from experiments.models import Run
Run.objects.exists()
print("READY", flush=True)
sys.stdin.readline()
while (run := runner.claim()) is not None:
    print("TOOK", run.pk, run.attempt, flush=True)
    time.sleep(0.02)
"""


def where(running: Running) -> str:
    return "PostgreSQL and Redis" if running.server else "SQLite and files"


def wish(token: str, seed: int) -> Request:
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    body = {"kind": "starvation", "params": {"n_repeats": 3}, "seed": seed}
    return ("POST", "/api/v1/runs/", headers, json.dumps(body))


def runs_of(running: Running, least: int, most: int) -> list[list[object]]:
    said = running.ask(_STANDING.format(least=least, most=most))
    return json.loads(said.split("RUNS")[1])


def test_forty_who_ask_for_the_same_at_once_share_one_run(downhill: Running) -> None:
    wait_for(lambda: '"worker": "ok"' in downhill.says("/readyz"), "a worker that is ready", seconds=60)
    tokens = pupils.enrol(downhill, "sharer", 40)

    outcome = crowd.send(downhill.url, [[wish(token, 100)] for token in tokens])
    told = [json.loads(answer.body) for answer in outcome.answers]
    print(f"\n40 ask for the same on {where(downhill)}: {outcome}")
    began = time.monotonic()
    look = ("GET", f"/api/v1/runs/{told[0]['id']}/", wish(tokens[0], 0)[2], "")
    wait_for(
        lambda: json.loads(crowd.send(downhill.url, [[look]]).answers[0].body)["state"] == "done", "its end", seconds=60
    )
    print(f"done {time.monotonic() - began:.1f} s later")

    assert {answer.status for answer in outcome.answers} <= {200, 202}
    assert runs_of(downhill, 100, 101) == [[told[0]["id"], "done", 1, 40]]
    assert {each["id"] for each in told} == {told[0]["id"]}

    again = crowd.send(downhill.url, [[wish(token, 100)] for token in tokens])
    results = [json.loads(answer.body)["result"] for answer in again.answers]
    print(f"and again, when it is done: {again}")
    assert Counter(answer.status for answer in again.answers) == {200: 40}
    assert all(result == results[0] for result in results)


def test_of_one_members_twenty_wishes_at_once_four_are_taken(idle: Running) -> None:
    token = pupils.enrol(idle, "greedy", 1)[0]

    outcome = crowd.send(idle.url, [[wish(token, 200 + n)] for n in range(20)])

    assert Counter(answer.status for answer in outcome.answers) == {202: 4, 429: 16}
    assert Counter(state for _id, state, *_more in runs_of(idle, 200, 220)) == {"queued": 4}


def test_asking_for_a_run_and_taking_it_back_leave_one_that_is_wanted_or_none(idle: Running) -> None:
    tokens = pupils.enrol(idle, "fickle", 8)
    for seed in range(300, 304):
        first = json.loads(crowd.send(idle.url, [[wish(tokens[0], seed)]]).answers[0].body)["id"]
        back = ("DELETE", f"/api/v1/runs/{first}/", wish(tokens[0], seed)[2], "")

        outcome = crowd.send(idle.url, [[back], *[[wish(token, seed)] for token in tokens[1:4]]])

        assert [answer.status for answer in outcome.answers] == [200, 202, 202, 202]
    standing = runs_of(idle, 300, 304)
    # Either they joined before it was taken back, or it was over and they began another.
    assert Counter(state for _id, state, *_more in standing if state != "cancelled") == {"queued": 4}
    assert {(state, n_wanted) for _id, state, _attempt, n_wanted in standing} <= {("queued", 3), ("cancelled", 0)}


@pytest.mark.parametrize("attempt", [0, 1])
def test_of_several_workers_one_gets_each_run(idle: Running, attempt: int) -> None:
    least, most = 1000 * (attempt + 1), 1000 * (attempt + 1) + 60
    _end_all(idle)
    idle.ask(_QUEUE.format(least=least, most=most, attempt=attempt))
    takers = [
        subprocess.Popen(
            [sys.executable, *MANAGE[1:], "shell", "--no-imports", "-c", _TAKE],
            env=idle.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    try:
        for taker in takers:
            assert taker.stdout
            assert "READY" in taker.stdout.readline()
        for taker in takers:
            assert taker.stdin
            taker.stdin.write("go\n")
            taker.stdin.flush()
        said = [taker.communicate(timeout=60)[0] for taker in takers]
    finally:
        for taker in takers:
            with suppress(ProcessLookupError):
                taker.kill()

    took = [line.split()[1:] for lines in said for line in lines.splitlines() if line.startswith("TOOK")]
    print(f"\n4 workers on {where(idle)} took {[lines.count('TOOK') for lines in said]} of 60")
    assert Counter(run for run, _attempt in took) == Counter(run for run, *_more in runs_of(idle, least, most))
    assert {number for _run, number in took} == {str(attempt + 1)}
    assert {state for _run, state, *_more in runs_of(idle, least, most)} == {"running"}
    assert sum("TOOK" in lines for lines in said) >= 2, "one took them all: nothing was shown"


def _end_all(running: Running) -> None:
    script = "from experiments.models import Run; Run.objects.exclude(state='cancelled').update(state='cancelled')"
    running.ask(script)
