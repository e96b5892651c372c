"""Taking a mis-tapped seal back: for a moment, before anything rests on it, and as if it had never been."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from classroom.acting import Acting
from classroom.models import Cohort, LearningEvent, Membership, Pace, Role, User
from classroom.refusals import Conflict, Forbidden, NotFound
from lessons import selectors, stage, voting
from lessons.activities.experiment import runs
from lessons.activities.predict import answers, sealing
from lessons.authoring.loader import LoadedLesson
from lessons.events import PredictionSealed, PredictionTakenBack
from lessons.models import PartProgress, PartState, Prediction, Reconciliation
from tests import pupils
from tests.factories import MembershipFactory, version_of

pytestmark = pytest.mark.services

RATES = "/c/ours/lessons/data-rules-everything/rates/"
ACTIVITY = "/c/ours/lessons/data-rules-everything/activities/rates/"
API = "/api/v1/lessons/data-rules-everything/activities/"
TOO_LATE = "It is too late to undo this"
BEHIND = "Twice the rate, three times as fast."


@pytest.fixture(autouse=True)
def _time_to_undo(settings: Settings) -> None:
    """More of it than a slow machine takes for a test."""
    settings.UNDO_SECONDS = 60


@pytest.fixture
def led(cohort: Cohort) -> Cohort:
    Cohort.objects.filter(pk=cohort.pk).update(pace=Pace.LED)
    cohort.refresh_from_db()
    return cohort


@pytest.fixture
def seal(student: Membership, lesson: LoadedLesson) -> Callable[..., Prediction]:
    def send(item: str = "half-a", choice: Any = "zigzags", *, activity: str = "rates", **more: Any) -> Prediction:
        return pupils.seal(student, lesson, activity, item, choice, **more).prediction

    return send


@pytest.fixture
def undo(student: Membership, lesson: LoadedLesson) -> Callable[[Prediction], Prediction | None]:
    return lambda sealed: sealing.take_back(student, lesson, sealed.activity, sealed.client_id)


@pytest.fixture
def state(student: Membership, lesson: LoadedLesson) -> Callable[[str], str]:
    def of(item: str, activity: str = "rates") -> str:
        items = selectors.activity_facts(student, lesson, activity)["items"]
        return next(each["state"] for each in items if each["key"] == item)

    return of


def n_done(student: Membership) -> int:
    return int(PartProgress.objects.get(membership=student, part="rates").activities["rates"]["n_done"])


def test_a_seal_that_is_taken_back_is_as_if_it_had_never_been(
    seal: Any, undo: Any, state: Any, student: Membership, told: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sealed = seal(because="a slip of the thumb")
        before, version = (state("half-a"), n_done(student)), version_of(student.cohort)
        given_back = undo(sealed)

    assert before == ("sealed", 1)
    assert (given_back.choice, given_back.because) == ("zigzags", "a slip of the thumb")
    assert (state("half-a"), n_done(student)) == ("form", 0)
    assert not Prediction.objects.exists()
    assert version_of(student.cohort) > version
    facts = ("data-rules-everything", "rates", "half-a", 1)
    assert told == [PredictionSealed(*facts), PredictionTakenBack(*facts, str(sealed.client_id))]
    kinds = LearningEvent.objects.filter(membership=student).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["prediction_sealed", "prediction_taken_back"]
    assert seal(choice="settles").choice == "settles"


def test_a_part_that_was_done_by_it_is_not_done_any_more(
    seal: Any, undo: Any, student: Membership, lesson: LoadedLesson
) -> None:
    seal("half-c", "bounces")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", idea="pattern")
    for item, choice in (("half-edge", "parted"), ("half-a", "settles"), ("half-b", "zigzags")):
        seal(item, choice)
    last = seal("half-d", "explodes")
    before = PartProgress.objects.get(membership=student, part="rates").state

    undo(last)

    assert before == PartState.DONE
    assert PartProgress.objects.get(membership=student, part="rates").state == PartState.WORKING


@pytest.mark.parametrize(("seconds", "is_taken"), [(50, True), (60, False)])
def test_it_has_its_moment_by_the_clock_of_the_server(seal: Any, undo: Any, seconds: int, is_taken: bool) -> None:
    sealed = seal()
    Prediction.objects.update(sealed_at=timezone.now() - timedelta(seconds=seconds))

    if is_taken:
        assert undo(sealed) == sealed
    else:
        with pytest.raises(Conflict, match=TOO_LATE):
            undo(sealed)
    assert Prediction.objects.exists() is not is_taken


def test_what_is_behind_it_comes_to_the_page_when_its_moment_is_over(
    seal: Any, state: Any, student: Membership, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(student.user)
    sealed = seal()

    during = browser.get(f"{RATES}?item=half-a").content.decode()
    kept = Reconciliation.objects.exists()
    Prediction.objects.update(sealed_at=timezone.now() - timedelta(seconds=60))
    after = browser.get(f"{RATES}?item=half-a").content.decode()

    assert f"seals/{sealed.client_id}/undo/" in during
    assert "Sealed. It opens in a moment." in during
    assert "Your instructor opens" not in during
    assert BEHIND not in during
    assert not kept
    assert BEHIND in after
    assert "/undo/" not in after
    assert state("half-a") == "done"


def test_whoever_asks_for_what_is_behind_it_has_settled_it(
    seal: Any, undo: Any, student: Membership, lesson: LoadedLesson
) -> None:
    sealed = seal()
    sealing.open_reveal(student, lesson, "rates", "half-a")

    with pytest.raises(Conflict, match=TOO_LATE):
        undo(sealed)
    assert Prediction.objects.get() == sealed


def test_what_is_behind_it_is_shut_again_by_an_undo(
    seal: Any, undo: Any, student: Membership, lesson: LoadedLesson
) -> None:
    undo(seal())

    for look in (sealing.open_reveal, sealing.note_reveal):
        with pytest.raises(Forbidden, match="Predict first"):
            look(student, lesson, "rates", "half-a")


def test_a_run_that_was_asked_for_settles_the_guess_that_it_needs(
    seal: Any, undo: Any, student: Membership, lesson: LoadedLesson
) -> None:
    sealed = seal("lowest", "7", activity="u-curve-guess")
    other = seal()
    runs.start(student, lesson, "u-curve-run", trial="polynomial", settings={}, seed=3)
    later = seal("half-b", "zigzags")

    for settled in (sealed, other):
        with pytest.raises(Conflict, match=TOO_LATE):
            undo(settled)
    assert undo(later) == later


def test_no_run_is_asked_for_by_a_guess_that_was_taken_back(
    seal: Any, undo: Any, student: Membership, lesson: LoadedLesson
) -> None:
    undo(seal("lowest", "7", activity="u-curve-guess"))

    with pytest.raises(Conflict, match="Guess first"):
        runs.start(student, lesson, "u-curve-run", trial="polynomial", settings={}, seed=3)


def test_a_vote_is_taken_back_while_it_is_open_and_leaves_no_trace_in_the_count(
    led: Cohort, seal: Any, undo: Any, state: Any, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")

    def counted() -> dict[Any, Any]:
        return answers.tallies(led, "data-rules-everything", stage.read_for_room(led, "data-rules-everything"))

    first = seal(choice="zigzags")
    before = counted()
    undo(first)
    between = counted()
    kept = seal(choice="settles")
    voting.close_vote(instructor, lesson, "rates", "half-a")

    assert before == {("rates", "half-a"): [("zigzags", "", 1)]}
    assert between == {}
    assert counted() == {("rates", "half-a"): [("settles", "", 1)]}
    with pytest.raises(Conflict, match=TOO_LATE):
        undo(kept)
    assert state("half-a") == "sealed"


def test_a_late_answer_stays_for_its_vote_is_closed(
    led: Cohort, seal: Any, undo: Any, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    late = seal()

    with pytest.raises(Conflict, match=TOO_LATE):
        undo(late)


def test_an_answer_to_the_second_vote_is_taken_back_alone(
    led: Cohort, seal: Any, undo: Any, state: Any, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-c")
    first = seal("half-c", "explodes")
    voting.close_vote(instructor, lesson, "rates", "half-c")
    voting.open_vote(instructor, lesson, "rates", "half-c")
    second = seal("half-c", "bounces", round_=2)

    undo(second)

    assert list(Prediction.objects.all()) == [first]
    assert state("half-c") == "form"
    with pytest.raises(Conflict, match=TOO_LATE):
        undo(first)


def test_what_was_entered_from_paper_is_sealed_for_good(
    student: Membership, instructor: Membership, lesson: LoadedLesson, state: Any
) -> None:
    answer = {"choice": "zigzags", "confidence": "sure"}
    receipt = sealing.seal(
        student, lesson, "rates", client_id=uuid.uuid4(), item="half-a", round_=1, by=instructor, **answer
    )

    assert state("half-a") == "done"
    with pytest.raises(Conflict, match=TOO_LATE):
        sealing.take_back(student, lesson, "rates", receipt.prediction.client_id)


def test_a_device_that_sends_it_once_more_does_not_bring_it_back(seal: Any, undo: Any) -> None:
    sealed = seal()
    undo(sealed)

    with pytest.raises(Conflict, match="You took this answer back"):
        seal(client_id=sealed.client_id)
    assert not Prediction.objects.exists()


def test_over_the_api_it_is_204_and_204_again_then_404_for_others(
    seal: Any, student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    sealed = seal()
    address = f"{API}rates/predictions/{sealed.client_id}/"
    neighbour = MembershipFactory(cohort=student.cohort)

    foreign = api_of(neighbour.user).delete(address)
    first, again = (api_of(student.user).delete(address) for _ in range(2))
    elsewhere = api_of(student.user).delete(f"{API}u-curve-guess/predictions/{uuid.uuid4()}/")

    assert [each.status_code for each in (foreign, first, again, elsewhere)] == [404, 204, 204, 404]
    assert first.content == b""


def test_over_the_api_it_is_409_once_its_moment_is_over(
    seal: Any, student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    sealed = seal()
    Prediction.objects.update(sealed_at=timezone.now() - timedelta(seconds=60))

    answer = api_of(student.user).delete(f"{API}rates/predictions/{sealed.client_id}/")

    assert (answer.status_code, answer.json()["detail"]) == (409, f"{TOO_LATE}. Your answer stays sealed.")


def test_nothing_is_taken_back_in_an_archived_class(seal: Any, undo: Any, student: Membership) -> None:
    sealed = seal()
    Cohort.objects.update(archived=True)
    student.cohort.refresh_from_db()

    with pytest.raises(Conflict):
        undo(sealed)


def test_a_plain_form_takes_it_back_and_shows_all_that_had_been_typed(
    seal: Any, student: Membership, client_of: Callable[[User], Client]
) -> None:
    sealed = seal("half-c", "explodes", confidence="sure", because="it gets larger")
    browser = client_of(student.user)
    sent = {"member": student.pk, "item": "half-c"}

    page = browser.post(f"{ACTIVITY}seals/{sealed.client_id}/undo/", sent)
    pressed_twice = browser.post(f"{ACTIVITY}seals/{sealed.client_id}/undo/", sent)

    assert page.status_code == pressed_twice.status_code == 200
    said = page.content.decode()
    assert "Undone. Nothing is sealed." in said
    assert 'value="it gets larger"' in said
    assert all(f'id="{name}"' in said for name in ("choice-explodes", "confidence-sure"))
    assert said.partition("<main")[2].count(" checked") == 2
    assert 'name="because"' in pressed_twice.content.decode()


def test_nobody_takes_back_what_somebody_else_on_this_device_has_sealed(
    seal: Any, student: Membership, client_of: Callable[[User], Client]
) -> None:
    sealed = seal()
    neighbour = MembershipFactory(cohort=student.cohort)
    address = f"{ACTIVITY}seals/{sealed.client_id}/undo/"

    theirs = client_of(neighbour.user).post(address, {"member": neighbour.pk, "item": "half-a"})
    left_open = client_of(neighbour.user).post(address, {"member": student.pk, "item": "half-a"})

    assert (theirs.status_code, left_open.status_code) == (409, 403)
    assert Prediction.objects.get() == sealed


def test_an_instructor_who_looks_is_offered_no_undo(
    seal: Any, student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    seal()

    page = client_of(instructor.user).get(f"/c/ours/class/students/{student.pk}/page/data-rules-everything/rates/")

    assert page.status_code == 200
    assert "/undo/" not in page.content.decode()


def test_there_is_nothing_to_take_back_of_a_name_that_was_never_sealed(
    student: Membership, lesson: LoadedLesson
) -> None:
    with pytest.raises(NotFound, match="You have not sealed this answer"):
        sealing.take_back(student, lesson, "rates", uuid.uuid4())


def test_instructors_take_back_their_own(instructor: Membership, lesson: LoadedLesson) -> None:
    sealed = pupils.seal(instructor, lesson, "rates", "half-a", "zigzags").prediction

    assert instructor.role == Role.INSTRUCTOR
    assert sealing.take_back(instructor, lesson, "rates", sealed.client_id) == sealed
    assert Acting(instructor).is_own
