"""Where sealing meets a led class: what happened once and must not come back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from classroom.models import Cohort, Membership, Pace, User
from classroom.refusals import Conflict, Refusal
from dashboard import projector
from lessons import pacing, selectors, services, voting
from lessons.activities.predict import sealing
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, Prediction, Reconciliation, Vote
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory
from tests.running import wait_for

pytestmark = pytest.mark.services

PAGE = "/c/ours/lessons/data-rules-everything/"


@pytest.fixture
def led(cohort: Cohort) -> Cohort:
    cohort.pace = Pace.LED
    cohort.save()
    return cohort


def n_waiting() -> int:
    """How many others wait for a lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or all of a transaction sees what it saw first
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="two writers at once; make test-services runs it")
@pytest.mark.parametrize("ending", ["close_vote", "end_class"])
def test_a_vote_row_is_never_sealed_after_the_closing(lesson: LoadedLesson, ending: str) -> None:
    cohort = CohortFactory(pace=Pace.LED)
    student, instructor = MembershipFactory(cohort=cohort), MembershipFactory(cohort=cohort, role="instructor")
    key = ("cases", "face-analysis")
    voting.open_vote(instructor, lesson, *key)

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        finally:
            connections.close_all()

    close = {
        "close_vote": lambda: voting.close_vote(instructor, lesson, *key),
        "end_class": lambda: pacing.end_class(instructor),
    }[ending]
    sealer = threading.Thread(target=run, args=[lambda: pupils.seal(student, lesson, *key, "accuracy", second="women")])
    closer = threading.Thread(target=run, args=[close])
    with transaction.atomic():
        Membership.objects.select_for_update(of=("self",)).get(pk=student.pk)  # the seal holds the vote, and waits here
        sealer.start()
        wait_for(lambda: n_waiting() == 1, "the seal, at the lock")
        closer.start()
        wait_for(lambda: n_waiting() == 2, "the closing, behind it")
    sealer.join(10)
    closer.join(10)
    sealed, vote = Prediction.objects.get(), Vote.objects.get()
    assert sealed.counts == "vote"
    assert sealed.sealed_at <= vote.closed_at


def test_a_refused_vote_opens_no_part(led: Cohort, instructor: Membership, lesson: LoadedLesson) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    with pytest.raises(Conflict, match="Another vote is still open"):
        voting.open_vote(instructor, lesson, "cases", "face-analysis")
    assert sorted(PartOpening.objects.values_list("part", flat=True)) == ["by-hand", "rates"]


def test_a_question_that_was_seen_is_no_form_again(
    led: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    pacing.free_part(instructor, lesson, "rates")
    voting.open_vote(instructor, lesson, "rates", "half-c")
    pupils.seal(student, lesson, "rates", "half-c", "explodes")
    voting.close_vote(instructor, lesson, "rates", "half-c")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    voting.open_vote(instructor, lesson, "rates", "half-c")
    with pytest.raises(Conflict, match="You have seen"):
        pupils.seal(student, lesson, "rates", "half-c", "bounces", round_=2)
    assert selectors.activity_facts(student, lesson, "rates")["items"][2]["state"] != "form"
    assert sealing.open_reveal(student, lesson, "rates", "half-c").answer


def test_a_closed_part_leaves_no_vote_open(led: Cohort, instructor: Membership, lesson: LoadedLesson) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    pacing.close_part(instructor, lesson, "rates")
    assert Vote.objects.filter(closed_at=None).count() == 0


def test_the_same_id_gets_its_receipt_whatever_happened_since(
    led: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    first = pupils.seal(student, lesson, "rates", "half-a", "settles").prediction
    pacing.close_part(instructor, lesson, "rates")
    assert pupils.seal(student, lesson, "rates", "half-a", "settles", client_id=first.client_id).prediction == first


def test_next_time_is_not_lost_between_the_two_posts(student: Membership, lesson: LoadedLesson) -> None:
    pupils.seal(student, lesson, "rates", "half-c", "bounces")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", next_time="One step by hand.")
    sealing.reconcile(student, lesson, "rates", "half-c", idea="pattern")
    assert Reconciliation.objects.get().next_time == "One step by hand."


def test_a_class_that_is_led_again_has_missed_nothing(
    led: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    pacing.end_class(instructor)
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "rates")
    again = Membership.objects.select_related("cohort").get(pk=student.pk)
    assert (again.cohort.ended_at, arc_of(again, lesson).minutes_left) == (None, 0)


def test_an_instructor_is_not_told_that_their_answer_counts(
    led: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    assert "counts in it" not in pupils.seal(instructor, lesson, "rates", "half-a", "settles").says


def test_a_pasted_essay_is_told_the_limit_of_a_line(student: Membership, lesson: LoadedLesson) -> None:
    with pytest.raises(Refusal) as refused:
        pupils.seal(student, lesson, "rates", "half-a", "settles", because="x" * 10_001)
    assert refused.value.errors == {"because": ["One line is enough here: at most 300 characters."]}


def test_an_archived_class_acknowledges_a_reconciliation_that_it_has(student: Membership, lesson: LoadedLesson) -> None:
    pupils.seal(student, lesson, "rates", "half-c", "bounces")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", idea="pattern")
    student.cohort.archived = True
    assert not sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", idea="pattern")[1]


def test_a_second_answer_that_was_left_out_has_no_verdict(student: Membership, lesson: LoadedLesson) -> None:
    pupils.seal(student, lesson, "cases", "face-analysis", "accuracy", second=None)
    assert sealing.open_reveal(student, lesson, "cases", "face-analysis").second_verdict == ""


def finish_the_rates(student: Membership, lesson: LoadedLesson, *, but_the_transfer: bool = False) -> None:
    """The steps by hand, then the four core rates through their cycles."""
    for step, answer in enumerate(pupils.STEPS, start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
    for item in ("half-a", "half-b", "half-c", "half-d"):
        pupils.seal(student, lesson, "rates", item, "bounces")
    sealing.open_reveal(student, lesson, "rates", "half-c")
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", idea="pattern")
    if not but_the_transfer:
        pupils.seal(student, lesson, "rates", "half-edge", "parted")


@pytest.mark.parametrize(
    ("but_the_transfer", "rate", "says"),
    [
        (True, "0.27", None),
        (False, "0.27", "With learning rate 0.27 each step lands farther"),
        (False, "0.002", "“Learning rate 0.002” asks about this rate. Seal your guess there first."),
        (False, "0.1334", "“Learning rate 2/15” asks about this rate. Seal your guess there first."),
    ],
)
def test_the_free_slider_answers_no_question_that_is_still_sealed(
    student: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    but_the_transfer: bool,
    rate: str,
    says: str | None,
) -> None:
    finish_the_rates(student, lesson, but_the_transfer=but_the_transfer)

    page = client_of(student.user).get(f"{PAGE}rates/?item=half-a&rate={rate}").content.decode()

    assert ('id="play"' in page) is (says is not None)
    assert says is None or says in page


def test_a_vote_cannot_be_opened_in_a_class_that_nobody_leads(instructor: Membership, lesson: LoadedLesson) -> None:
    with pytest.raises(Conflict, match="Nobody is leading this class right now"):
        voting.open_vote(instructor, lesson, "rates", "half-a")

    assert Vote.objects.count() == 0


def test_a_vote_on_a_question_that_the_class_no_longer_has_stands_in_nobodys_way(
    led: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    instructor.cohort.gradient_rule = "full"
    instructor.cohort.save()

    voting.open_vote(instructor, lesson, "rates", "full-a")

    assert list(Vote.objects.filter(closed_at=None).values_list("item", flat=True)) == ["full-a"]


@pytest.mark.parametrize("item", ["nope", "half-edge", "full-a"])
def test_a_question_that_is_not_there_leads_to_the_one_that_is_next(
    student: Membership, client_of: Callable[[User], Client], item: str
) -> None:
    page = client_of(student.user).get(f"{PAGE}rates/?item={item}").content.decode()

    assert 'data-block="rates.half-a"' in page
    assert "sealed and seen" not in page


def test_looking_at_the_head_of_a_page_is_no_look_at_the_reveal(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "settles")
    client = client_of(student.user)

    client.head(f"{PAGE}rates/?item=half-a")
    client.get(f"{PAGE}rates/?item=half-a", headers={"Sec-Purpose": "prefetch"})
    before = Reconciliation.objects.count()
    client.get(f"{PAGE}rates/?item=half-a")

    assert (before, Reconciliation.objects.count()) == (0, 1)


def test_a_closed_part_tells_a_page_409_so_that_nothing_waits_for_it(
    led: Cohort, student: Membership, client_of: Callable[[User], Client]
) -> None:
    sent = {"id": uuid.uuid4(), "item": "half-a", "round": 1, "choice": "settles", "confidence": "guess"}

    sealed = client_of(student.user).post(f"{PAGE}activities/rates/seal/", sent)
    checked = client_of(student.user).post(
        f"{PAGE}activities/by-hand/check/", {"id": uuid.uuid4(), "step": 1, "w": "1"}
    )

    assert (sealed.status_code, checked.status_code) == (409, 409)
    assert "Your instructor has not opened this part yet" in sealed.content.decode()


def test_a_late_answer_is_not_in_the_walls_count(
    led: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    pupils.seal(student, lesson, "rates", "half-a", "settles")
    Membership.objects.filter(pk=student.pk).update(last_active_at=timezone.now())

    asked = projector.wall(instructor, lesson, "rates/half-a").question

    assert asked is not None
    assert (asked.n_sealed, asked.n_here) == (0, 1)


@pytest.mark.parametrize(
    ("item", "stored"), [("recall", "settles"), ("recall", "250"), ("half-a", "44"), ("half-a", "gone")]
)
def test_an_answer_to_a_question_that_has_changed_since_breaks_no_page(
    led: Cohort,
    instructor: Membership,
    student: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    item: str,
    stored: str,
) -> None:
    activity, part, choice = ("rates", "rates", "settles") if item == "half-a" else ("bias-guess", "bias", "44")
    voting.open_vote(instructor, lesson, activity, item)
    pupils.seal(student, lesson, activity, item, choice)
    voting.close_vote(instructor, lesson, activity, item)
    Prediction.objects.update(choice=stored)
    pacing.free_part(instructor, lesson, part)

    student_page = client_of(student.user).get(f"{PAGE}{part}/?item={item}")
    front = client_of(instructor.user)
    walls = [front.get("/c/ours/class/lead/"), front.get(f"/present/ours/?question={activity}/{item}")]

    assert [answer.status_code for answer in (student_page, *walls)] == [200, 200, 200]


def test_leading_from_the_wall_stays_at_the_question_on_it(
    instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    wall = "/present/ours/?lesson=data-rules-everything&question=rates/half-c"
    client = client_of(instructor.user)

    offered = client.get(wall).content.decode()
    pressed = client.post(wall, {"act": "lead_class", "activity": "rates", "item": "half-c"}, follow=True)

    assert "Lead this class" in offered
    assert "Learning rate 4/15</h1>" in pressed.content.decode()
