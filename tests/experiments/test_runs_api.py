"""Runs over JSON, and what a page is told of one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, Role, User
from experiments import runner, selectors, services
from experiments.models import Run, RunState
from experiments.services import Requested
from tests.factories import CohortFactory, MembershipFactory

Ask = Callable[..., Requested]
ApiOf = Callable[[User], APIClient]


@pytest.fixture
def run(student: Membership, ask: Ask) -> Run:
    return ask(student).request.run


def address(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}/"


def stands(run: Run, **fields: Any) -> None:
    Run.objects.filter(pk=run.pk).update(**fields)


# --- how it stands --------------------------------------------------------------------------------


def test_a_waiting_run_is_told_with_its_parameters(run: Run, student: Membership, api_of: ApiOf) -> None:
    answer = api_of(student.user).get(address(run))

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(run.pk),
        "kind": "starvation",
        "params": run.params,
        "seed": 0,
        "state": "queued",
        "progress": {"done": 0, "total": 0, "text": "", "seconds_left": None},
        "result": None,
        "failure": "",
        "provenance": {},
    }


def test_a_finished_run_is_told_with_its_result(run: Run, student: Membership, api_of: ApiOf) -> None:
    runner.execute_next()

    body = api_of(student.user).get(address(run)).json()

    assert body["state"] == "done"
    assert body["progress"]["done"] == body["progress"]["total"] == 2
    assert len(body["result"]["recall"]["8"]["values"]) == 2
    assert body["provenance"]["seed"] == 0


def test_a_failed_run_says_why(run: Run, student: Membership, api_of: ApiOf) -> None:
    stands(run, state=RunState.FAILED, failure="It took too long.")

    body = api_of(student.user).get(address(run)).json()

    assert (body["state"], body["failure"], body["result"]) == ("failed", "It took too long.", None)


@pytest.mark.parametrize(("done", "left"), [(0, None), (1, 30), (2, 10), (3, 3), (4, 1)])
def test_the_time_left_is_estimated_from_what_is_done(
    run: Run, clock: Callable[[Any], None], done: int, left: int | None
) -> None:
    now = timezone.now()
    clock(now)
    run.state, run.started_at, run.done, run.total = RunState.RUNNING, now - timedelta(seconds=10), done, 4

    assert selectors.view_of(run).seconds_left == left


def test_a_waiting_run_says_how_many_are_before_it(student: Membership, ask: Ask) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(4)]
    for n, state in enumerate((RunState.DONE, RunState.RUNNING, RunState.QUEUED, RunState.QUEUED)):
        stands(runs[n], state=state, queued_at=Now() - timedelta(minutes=9 - n), result={})

    views = [selectors.view_of(run) for run in Run.objects.order_by("seed")]

    assert [view.waiting_before for view in views] == [0, 0, 1, 2]


def test_a_run_does_not_wait_for_itself(student: Membership, ask: Ask) -> None:
    runs = [ask(student, seed=seed).request.run for seed in range(3)]
    stands(runs[1], queued_at=Run.objects.filter(pk=runs[0].pk).values("queued_at"))

    before = {view.id: view.waiting_before for view in map(selectors.view_of, Run.objects.all())}

    assert sorted(before.values()) == [0, 1, 2]
    assert before[runs[2].pk] == 2


# --- whose it is ----------------------------------------------------------------------------------


def test_a_run_is_seen_by_whoever_asked_and_by_those_who_teach_them(
    run: Run, cohort: Cohort, student: Membership, instructor: Membership, api_of: ApiOf
) -> None:
    classmate = MembershipFactory(cohort=cohort)
    other_teacher = MembershipFactory(cohort=CohortFactory(), role=Role.INSTRUCTOR)
    seen = [api_of(each.user).get(address(run)).status_code for each in (student, instructor, classmate, other_teacher)]

    assert seen == [200, 200, 404, 404]
    assert APIClient().get(address(run)).status_code == 401


def test_another_classs_teacher_sees_it_once_somebody_of_that_class_shares_it(
    run: Run, ask: Ask, api_of: ApiOf
) -> None:
    teacher = MembershipFactory(cohort=CohortFactory(), role=Role.INSTRUCTOR)
    ask(MembershipFactory(cohort=teacher.cohort))

    assert api_of(teacher.user).get(address(run)).status_code == 200


def test_somebody_elses_run_and_none_are_refused_in_the_same_words(run: Run, cohort: Cohort, api_of: ApiOf) -> None:
    other = api_of(MembershipFactory(cohort=cohort).user)

    answers = [other.get(address(run)), other.get(f"/api/v1/runs/{uuid.uuid4()}/"), other.delete(address(run))]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["detail"] for answer in answers} == {"You have no such run."}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}


def test_a_run_that_was_taken_back_is_not_ones_own_any_more(
    run: Run, student: Membership, ask: Ask, cohort: Cohort, api_of: ApiOf
) -> None:
    ask(MembershipFactory(cohort=cohort))
    services.withdraw(student, run.pk)

    assert api_of(student.user).get(address(run)).status_code == 404


def test_looking_at_a_run_takes_the_same_queries_however_many_want_it(
    run: Run, student: Membership, cohort: Cohort, ask: Ask, api_of: ApiOf
) -> None:
    notebook = api_of(student.user)
    notebook.get(address(run))  # the first look of a minute notes that they are here
    counts = []
    for n_others in (0, 2):
        for _other in range(n_others):
            ask(MembershipFactory(cohort=cohort))
        with CaptureQueriesContext(connection) as queries:
            assert notebook.get(address(run)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 4


# --- taking it back -------------------------------------------------------------------------------


def test_a_run_is_taken_back(run: Run, student: Membership, api_of: ApiOf) -> None:
    answer = api_of(student.user).delete(address(run))

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


def test_taking_back_a_finished_run_leaves_it_there(run: Run, student: Membership, api_of: ApiOf) -> None:
    runner.execute_next()
    notebook = api_of(student.user)

    answer = notebook.delete(address(run))

    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert notebook.get(address(run)).status_code == 200


# --- a class's figures ----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_classs_figures_are_of_its_students_first_finished_runs_in_one_query(
    cohort: Cohort, student: Membership, instructor: Membership, ask: Ask
) -> None:
    context = "a-lesson/a-run/a-trial"
    classmate, gone, waiting = (MembershipFactory(cohort=cohort) for _ in range(3))
    outsider = MembershipFactory(cohort=CohortFactory())
    first = ask(student, context=context, seed=1).request.run
    for who, seed, more in (
        (student, 2, {}),
        (classmate, 3, {}),
        (classmate, 4, {"digit": 3}),
        (instructor, 5, {}),
        (outsider, 6, {}),
    ):
        ask(who, context=context, seed=seed, **more)
    ask(waiting, context="a-lesson/a-run/another", seed=7)
    for run in iter(runner.claim, None):
        runner.execute(run)
    ask(waiting, context=context, seed=8)
    ask(gone, context=context, seed=1)
    gone.run_requests.update(withdrawn_at=Now())

    with CaptureQueriesContext(connection) as queries:
        found = selectors.class_results(cohort, context, ("seed", "result__shown__accuracy"), digit=8)

    assert len(queries) == 1
    assert found[0] == (student.pk, {"seed": 1, "result__shown__accuracy": _accuracy(first)})
    assert [(member, figures["seed"]) for member, figures in found] == [(student.pk, 1), (classmate.pk, 3)]


def _accuracy(run: Run) -> float:
    return Run.objects.get(pk=run.pk).result["shown"]["accuracy"]


# --- the admin site -------------------------------------------------------------------------------


def test_an_admin_looks_at_runs_and_changes_none(run: Run, client_of: Callable[[User], Any]) -> None:
    stands(run, state=RunState.FAILED, failure="The worker stopped 3 times.", result={"pixels": "of many pages"})
    desk = client_of(User.objects.create_user("ada", is_staff=True, is_superuser=True))
    page = f"/admin/experiments/run/{run.pk}/change/"

    assert "The worker stopped 3 times." in desk.get("/admin/experiments/run/").content.decode()
    assert "of many pages" not in desk.get(page).content.decode()
    assert [desk.post(page, {"seed": 3}).status_code, desk.get("/admin/experiments/run/add/").status_code] == [403, 403]
