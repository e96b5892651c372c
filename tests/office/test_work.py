"""What an admin sees of what was done, and what they do with runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from classroom import services as people
from classroom.models import Membership, User
from experiments import services
from experiments.models import Run, RunRequest, RunState
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Reconciliation, Review
from lessons.services import submit
from tests.conventions.matrix import awarded
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.services

RUNS = "/admin/experiments/run/"
PARAMS = {"model": "knn", "digit": 8, "kept": 5}


@pytest.fixture
def run(student: Membership) -> Run:
    """A run that waits: a worker is told of it when the transaction of the test commits, which is never."""
    return services.request_run(student, kind="blame", params=PARAMS, seed=3).request.run


def act(desk: Client, action: str, *chosen: Run) -> Any:
    return desk.post(RUNS, {"action": action, "_selected_action": [each.pk for each in chosen]}, follow=True)


def test_a_submission_is_shown_as_it_was_sent_and_answered(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    sent = submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1,49"})

    listed = desk.get(f"/admin/lessons/submission/?class={student.cohort_id}&person={student.user_id}").text
    shown = desk.get(f"/admin/lessons/submission/{student.submissions.get().pk}/change/").text

    assert sent is not None
    assert "by-hand" in listed
    assert "&quot;w&quot;: &quot;1,49&quot;" in shown
    assert 'name="_save"' not in shown


def test_a_prediction_is_sealed_here_too_until_its_owner_has_seen_the_reveal(desk: Client, student: Membership) -> None:
    place = {"lesson": "data-rules-everything", "activity": "rates", "item": "half-b"}
    sealed = Prediction.objects.create(
        membership=student,
        client_id=uuid.uuid4(),
        round=1,
        choice="secret-choice",
        confidence="guess",
        counts="own_pace",
        **place,
    )
    pages = ("/admin/lessons/prediction/", f"/admin/lessons/prediction/{sealed.pk}/change/")

    before = [desk.get(address, follow=True).text for address in pages]
    Reconciliation.objects.create(membership=student, **place)
    after = [desk.get(address).text for address in pages]

    assert not any("secret-choice" in page for page in before)
    assert all("secret-choice" in page for page in after)


def test_a_review_leads_to_what_was_reviewed(
    desk: Client, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})
    text = student.submissions.get()
    review = Review.objects.create(submission=text, decision="approved", by=instructor, comment="Well said.")

    shown = desk.get(f"/admin/lessons/review/{review.pk}/change/").text

    assert f"/admin/lessons/submission/{text.pk}/change/" in shown
    assert "Well said." in shown


def test_a_run_says_who_asked_for_it(desk: Client, run: Run, student: Membership) -> None:
    for __ in range(4):
        services.request_run(MembershipFactory(cohort=student.cohort), kind="blame", params=PARAMS, seed=3)
    left = MembershipFactory(user=UserFactory(display_name="Wanda"))
    services.request_run(left, kind="blame", params=PARAMS, seed=3)
    services.withdraw(left, run.pk)

    page = desk.get(RUNS).text

    assert ">Sam</a>" in page
    assert "2 more" in page
    assert "Wanda" not in page


def test_runs_are_found_by_class_and_listed_once(desk: Client, run: Run, student: Membership) -> None:
    services.request_run(MembershipFactory(cohort=student.cohort), kind="blame", params=PARAMS, seed=3)
    services.request_run(MembershipFactory(), kind="blame", params=PARAMS, seed=4)

    page = desk.get(f"{RUNS}?class={student.cohort_id}")

    assert list(page.context["cl"].result_list) == [run]


def test_a_run_that_waits_is_cancelled_and_can_be_asked_for_again(desk: Client, run: Run, student: Membership) -> None:
    act(desk, "cancel", run)

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert not RunRequest.objects.filter(withdrawn_at=None).exists()
    assert services.request_run(student, kind="blame", params=PARAMS, seed=3).is_new_run
    assert LogEntry.objects.get().object_id == str(run.pk)


def test_a_run_at_work_is_told_to_stop(desk: Client, run: Run) -> None:
    Run.objects.update(state=RunState.RUNNING)

    act(desk, "cancel", run)

    run.refresh_from_db()
    assert run.cancel_requested


def test_a_run_that_failed_is_begun_again_for_all_who_had_asked(desk: Client, run: Run) -> None:
    Run.objects.update(state=RunState.FAILED, failure="out of memory", attempt=3, done=2)

    act(desk, "again", run)

    run.refresh_from_db()
    assert (run.state, run.failure, run.attempt, run.done) == (RunState.QUEUED, "", 0, 0)
    assert RunRequest.objects.filter(run=run, withdrawn_at=None).count() == 1


def test_what_cannot_be_done_to_a_run_is_said(desk: Client, run: Run, student: Membership) -> None:
    Run.objects.update(state=RunState.FAILED, failure="out of memory")
    services.request_run(student, kind="blame", params=PARAMS, seed=3)

    twice = act(desk, "again", run)
    over = act(desk, "cancel", run)

    assert "Somebody has asked for the same run since" in twice.text
    assert "This run is over." in over.text
    assert "Only a run that failed can be run again." in act(desk, "again", Run.objects.exclude(pk=run.pk).get()).text


def test_an_auditor_does_nothing_to_a_run(desk_of: Callable[..., Client], run: Run) -> None:
    auditor = desk_of("auditor")

    assert "Run again" not in auditor.get(RUNS).text
    act(auditor, "cancel", run)

    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_an_award_shows_no_signed_credential(desk: Client, student: Membership) -> None:
    award = awarded(student)

    pages = desk.get("/admin/badges/award/").text + desk.get(f"/admin/badges/award/{award.pk}/change/").text

    assert "Data Scientist" in pages
    assert award.token not in pages
    assert award.salt not in pages


def test_events_are_found_by_kind_and_person(desk: Client, student: Membership, instructor: Membership) -> None:
    people.remove(instructor, student)

    page = desk.get(f"/admin/classroom/learningevent/?kind=member_removed&person={student.user_id}")

    assert [each.kind for each in page.context["cl"].result_list] == ["member_removed"]


def test_the_log_is_one_for_all_lists_and_is_searched(desk: Client, student: Membership) -> None:
    desk.post("/admin/classroom/cohort/", {"action": "archive", "_selected_action": student.cohort_id})
    desk.post("/admin/classroom/membership/", {"action": "remove", "_selected_action": student.pk})
    desk.post("/admin/classroom/cohort/", {"action": "reopen", "_selected_action": student.cohort_id})
    log = "/admin/admin/logentry/"

    found = {query: desk.get(f"{log}?{query}").context["cl"].result_list for query in ("", "q=Archived", "act=1")}

    assert len(found[""]) == 2
    assert [each.object_repr for each in found["q=Archived"]] == ["Our class"]
    assert found["act=1"] == []
    assert ">ada</a>" in desk.get(log).text
    assert User.objects.filter(username="ada").exists()
