"""The notebooks, carried out by a kernel of their own: their numbers are the server's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from classroom.models import Membership, User
from experiments import notebook, runner, services
from experiments.models import Run
from tests.notebooks import CarryOut, kernel

pytestmark = pytest.mark.slow

ApiOf = Callable[[User], APIClient]

RUNS = [
    ("u_curve", {"n_repeats": 20, "noise": 0.2}),
    ("u_curve", {"model": "tree", "n_repeats": 2, "complexities": [1, 3, 9]}),
    ("u_curve", {"model": "knn", "n_repeats": 2, "complexities": [9, 3, 1]}),
    ("starvation", {"n_repeats": 2}),
    ("starvation", {"n_repeats": 2, "model": "knn", "digit": 3, "fix": "restore", "restored": 15}),
    ("starvation", {"n_repeats": 2, "model": "logistic", "fix": "reweight"}),
    ("tipping_point", {"n_repeats": 2, "kept": [0, 5, 20]}),
    ("blame", {"n_repeats": 2}),
]


@pytest.fixture(scope="module")
def carry_out() -> Iterator[CarryOut]:
    with kernel() as carry_out:
        yield carry_out


def finished(membership: Membership, kind: str, params: dict[str, Any]) -> Run:
    asked = services.request_run(membership, kind=kind, params=params, seed=7)
    runner.execute_next()
    return Run.objects.get(pk=asked.request.run_id)


@pytest.mark.parametrize(("kind", "params"), RUNS, ids=lambda each: each if isinstance(each, str) else "")
def test_the_notebook_of_a_run_gives_the_servers_numbers(
    student: Membership, api_of: ApiOf, carry_out: CarryOut, kind: str, params: dict[str, Any]
) -> None:
    run = finished(student, kind, params)

    answer = api_of(student.user).get(f"/api/v1/runs/{run.pk}/notebook/")
    printed = carry_out(json.loads(answer.content))

    assert answer["Content-Disposition"] == f'attachment; filename="{kind}-seed-7.ipynb"'
    assert "The same numbers as on the server." in printed


def test_a_notebook_notices_other_numbers(student: Membership, carry_out: CarryOut) -> None:
    run = finished(student, "blame", {"n_repeats": 1})
    run.result["absorbed"]["1"] += 0.001

    with pytest.raises(Exception, match="AssertionError"):
        carry_out(notebook.of_run(run))


def test_a_notebook_names_nobody(student: Membership) -> None:
    run = finished(student, "blame", {"n_repeats": 1})

    text = json.dumps(notebook.of_run(run))

    assert student.user.display_name not in text
    assert student.user.username not in json.loads(text)["cells"][0]["source"].split()


def test_a_run_that_is_not_done_has_no_notebook_yet(student: Membership, api_of: ApiOf) -> None:
    asked = services.request_run(student, kind="blame", params={}, seed=7)

    answer = api_of(student.user).get(f"/api/v1/runs/{asked.request.run_id}/notebook/")

    assert answer.status_code == 409
    assert "when the run is done" in answer.json()["detail"]
