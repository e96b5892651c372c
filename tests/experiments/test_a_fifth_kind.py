"""The proof by addition: a kind of run added by one folder and one row works everywhere, and what it lacks is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from rest_framework.test import APIClient

from classroom.models import Membership, User
from classroom.refusals import Refusal
from experiments import checks, registry, runner, services
from experiments.models import Run, RunState
from tests.experiments import fifth
from tests.experiments.conftest import Queue
from tests.notebooks import kernel

ApiOf = Callable[[User], APIClient]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with fifth.added(tmp_path) as folder:
        yield folder


# --- what it does ---------------------------------------------------------------------------------


def test_it_is_asked_for_computed_and_shown_over_the_api(
    folder: Path, student: Membership, api_of: ApiOf, queue: Queue
) -> None:
    api = api_of(student.user)
    wish = {"kind": "coin_toss", "params": {"bias": 0.75}, "seed": 3}

    asked = api.post("/api/v1/runs/", wish, format="json")
    runner.execute_next()
    shown = api.get(f"/api/v1/runs/{asked.json()['id']}/").json()

    assert (asked.status_code, asked.json()["params"]) == (202, {"n_tosses": 100, "bias": 0.75})
    assert (shown["kind"], shown["state"]) == ("coin_toss", "done")
    assert shown["result"] == {"heads": float(np.mean(np.random.default_rng(3).random(100) < 0.75))}
    assert shown["provenance"]["code"] == "coin_toss 1"


@pytest.mark.slow
def test_its_notebook_gives_the_servers_numbers(folder: Path, student: Membership, api_of: ApiOf, queue: Queue) -> None:
    run = services.request_run(student, kind="coin_toss", params={}, seed=7).request.run
    runner.execute_next()

    answer = api_of(student.user).get(f"/api/v1/runs/{run.pk}/notebook/")
    made = json.loads(answer.content)

    assert answer["Content-Disposition"] == 'attachment; filename="coin_toss-seed-7.ipynb"'
    assert made["cells"][0]["source"].startswith("# One run of Downhill: coin toss, seed 7")
    with kernel() as carry_out:
        assert "heads: the same numbers as on the server." in carry_out(made)


def test_whoever_asks_for_the_same_shares_it(folder: Path, student: Membership, queue: Queue) -> None:
    short = services.request_run(student, kind="coin_toss", params={}, seed=7)
    spelled_out = services.request_run(student, kind="coin_toss", params={"bias": 0.5, "n_tosses": 100}, seed=7)

    assert spelled_out.request.run == short.request.run


def test_what_is_out_of_its_range_is_refused_with_the_range(folder: Path, student: Membership) -> None:
    with pytest.raises(Refusal) as refusal:
        services.request_run(student, kind="coin_toss", params={"n_tosses": 0}, seed=7)

    assert refusal.value.errors == {"n_tosses": ["n_tosses: from 1 to 1000"]}


def test_the_registry_and_the_documentation_name_it_last(folder: Path) -> None:
    said = registry.help_text().splitlines()

    assert registry.names() == ("u_curve", "starvation", "tipping_point", "blame", "coin_toss")
    assert said[-3:] == [
        "- `coin_toss`: The share of heads among tosses of a coin.",
        "  - `n_tosses`: how often the coin is tossed; by default 100",
        "  - `bias`: how likely heads are; by default 0.5",
    ]


def test_once_it_is_gone_it_is_refused_and_a_run_that_waits_is_failed(
    student: Membership, tmp_path: Path, queue: Queue
) -> None:
    with fifth.added(tmp_path):
        run = services.request_run(student, kind="coin_toss", params={}, seed=7).request.run

    runner.execute_next()

    assert Run.objects.get(pk=run.pk).state == RunState.FAILED
    with pytest.raises(Refusal, match="This kind of run does not exist"):
        services.request_run(student, kind="coin_toss", params={}, seed=7)


# --- what it lacks --------------------------------------------------------------------------------


def test_the_kinds_that_there_are_lack_nothing(folder: Path) -> None:
    assert checks.check() == []


def without(text: str, file: str) -> Callable[[Path], None]:
    """Cross a text out in a file of the folder."""

    def cross_out(folder: Path) -> None:
        written = (folder / file).read_text(encoding="utf-8")
        assert text in written
        (folder / file).write_text(written.replace(text, ""), encoding="utf-8")

    return cross_out


OMISSIONS: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "params.py").unlink(), f"lacks params: No module named '{fifth.PACKAGE}.params'"),
    (without("(Params)", "params.py"), f"lacks params: {fifth.PACKAGE}.params:CoinToss is no class of Params"),
    (without(" = 0.5", "params.py"), "lacks params: there is no default for bias"),
    (lambda folder: (folder / "compute.py").unlink(), f"lacks compute: No module named '{fifth.PACKAGE}.compute'"),
    (
        without("_toss", "compute.py"),
        f"lacks compute: module '{fifth.PACKAGE}.compute' has no function 'coin_toss'",
    ),
    (lambda folder: (folder / "notebook.py").unlink(), f"lacks notebook: No module named '{fifth.PACKAGE}.notebook'"),
    (
        without("NOTEBOOK = ", "notebook.py"),
        f"lacks notebook: module '{fifth.PACKAGE}.notebook' has no attribute 'NOTEBOOK'",
    ),
    (lambda folder: shutil.rmtree(folder / "cells"), "lacks notebook: [Errno 2] No such file or directory: "),
    (lambda folder: shutil.rmtree(folder), "has a row and no folder"),
    (lambda folder: registry.unregister("coin_toss"), "has a folder and no row"),
]


@pytest.mark.parametrize(("omit", "named"), OMISSIONS, ids=[named for __, named in OMISSIONS])
def test_what_it_lacks_is_named_by_manage_py_check(folder: Path, omit: Callable[[Path], object], named: str) -> None:
    omit(folder)

    with pytest.raises(SystemCheckError) as complaint:
        call_command("check")

    told = [line for line in str(complaint.value).splitlines() if "(experiments.E001)" in line]
    assert len(told) == 1
    assert f"kind of run “coin_toss” {named}" in told[0]


def test_everything_that_it_lacks_is_named_at_once(folder: Path) -> None:
    for file in ("params.py", "compute.py", "notebook.py"):
        (folder / file).unlink()

    told = [str(problem.msg) for problem in checks.check()]

    assert [each.partition(":")[0] for each in told] == [
        "kind of run “coin_toss” lacks params",
        "kind of run “coin_toss” lacks compute",
        "kind of run “coin_toss” lacks notebook",
    ]


def test_what_an_older_version_left_behind_is_no_kind(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lottery" / "__pycache__").mkdir(parents=True)
    (tmp_path / "lottery" / "__pycache__" / "params.cpython-311.pyc").touch()

    assert checks.check() == []


LOOK = """
import sys
import django
django.setup()
from experiments import checks
print(checks.check(), "sklearn" in sys.modules)
"""


@pytest.mark.slow
def test_looking_for_what_is_lacking_loads_no_scikit_learn(tmp_path: Path) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "downhill.settings", "VAR_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["[]", "False"]
