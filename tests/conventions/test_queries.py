"""A page asks the database as often for a large class as for a small one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.acting import Acting
from classroom.models import Cohort, Membership, User
from classroom.services import note_activity
from lessons import pacing, services, stage, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of
from tests.lessons import runs

# Seven statements and the two of the transaction; the API adds the token and the membership, the page the session
# too. Whoever raises a number says why.
QUERIES_OF_A_SUBMISSION = {"service": 9, "API": 11, "page": 12}
# As a browser sends it: the part comes back, and what waits for the commit follows; the right one meets a criterion.
QUERIES_OF_A_SUBMISSION_IN_PLACE = {"wrong": 14, "right": 27}
# One of them asks whether it was taken back already, and is only sent once more.
QUERIES_OF_A_SEAL = {"service": 13, "API": 15, "page": 16}
# What a first look at a reveal takes beyond a second: it is decided again under the member's lock, and kept.
QUERIES_OF_A_FIRST_LOOK = {
    "alone": 7,
    "led": 12,  # the stage takes four queries more (one for what is skipped), and whether the part is open one
    "a transfer question": 7,
    "a run has told": 13,  # six for the experiment, which had waited for the look and is laid out anew
}
# What the poll of a page in a led class takes when a vote has opened, by somebody who has answered it: three for who
# they are, one for the token, five for the stage, one for the rail, one for their answer, two for how many have.
QUERIES_OF_A_CALL = {
    "on a worksheet": 13,
    "on the arc": 13,
    "alone": 13,
    "what a class is told, on a worksheet": 12,
    "a new count": 12,
}
LESSON = "lessons/data-rules-everything/"


def n_queries(client: Client, address: str, status: int = 200) -> int:
    client.get(address)  # the first visit of a minute notes that somebody is here
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == status
    return len(asked)


@pytest.fixture
def hand_in(lesson: LoadedLesson) -> Callable[[Membership], None]:
    """A wrong answer, then a right one to the first step."""

    def send(membership: Membership) -> None:
        for w in ("1", "0.7463"):
            answer = {
                "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
                "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
                "mean": "-14.925",
                "w": w,
            }
            services.submit(membership, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)

    return send


@pytest.mark.parametrize(
    "address",
    [
        "/c/ours/class/",
        "/c/ours/class/grid/?v=0",
        "/c/ours/class/?sort=need&show=here&names=hidden",
        "/c/ours/class/parts/by-hand/",
        "/c/ours/class/replay/",
        "/c/ours/class/after/",
        "/api/v1/cohorts/ours/progress/",
    ],
)
def test_the_class_grid_asks_as_often_for_three_students_as_for_one(
    instructor: Membership,
    cohort: Cohort,
    client_of: Callable[[User], Client],
    hand_in: Callable[[Membership], None],
    address: str,
) -> None:
    client = client_of(instructor.user)
    hand_in(MembershipFactory(cohort=cohort))
    with_one = n_queries(client, address)

    for student in MembershipFactory.create_batch(2, cohort=cohort):
        hand_in(student)
    with_three = n_queries(client, address)

    assert with_three == with_one


@pytest.mark.parametrize(
    "address",
    [f"/c/ours/{LESSON}", f"/c/ours/{LESSON}by-hand/", f"/api/v1/{LESSON}", f"/api/v1/{LESSON}activities/by-hand/"],
)
def test_a_students_page_asks_as_often_after_three_rounds_as_after_one(
    student: Membership, client_of: Callable[[User], Client], hand_in: Callable[[Membership], None], address: str
) -> None:
    client = client_of(student.user)
    hand_in(student)
    with_one = n_queries(client, address)

    hand_in(student)
    hand_in(student)
    with_three = n_queries(client, address)

    assert with_three == with_one


def test_the_timeline_asks_as_often_after_three_rounds_as_after_one(
    student: Membership,
    instructor: Membership,
    client_of: Callable[[User], Client],
    hand_in: Callable[[Membership], None],
) -> None:
    client, address = client_of(instructor.user), f"/c/ours/class/students/{student.pk}/"
    hand_in(student)
    with_one = n_queries(client, address)

    hand_in(student)
    hand_in(student)
    with_three = n_queries(client, address)

    assert with_three == with_one


@pytest.fixture
def seal(lesson: LoadedLesson) -> Callable[..., None]:
    """Seal a guess on one of the rates."""

    def send(membership: Membership, item: str = "half-a") -> None:
        sealing.seal(
            membership,
            lesson,
            "rates",
            client_id=uuid.uuid4(),
            item=item,
            round_=1,
            choice="zigzags",
            confidence="sure",
        )

    return send


@pytest.mark.parametrize("address", ["/present/ours/", "/present/ours/since/?v=0", "/c/ours/class/lead/"])
def test_the_front_of_the_room_asks_as_often_for_six_answers_as_for_one(
    instructor: Membership,
    cohort: Cohort,
    client_of: Callable[[User], Client],
    seal: Callable[..., None],
    lesson: LoadedLesson,
    address: str,
) -> None:
    client = client_of(instructor.user)
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    first, *others = MembershipFactory.create_batch(6, cohort=cohort)
    seal(first)
    with_one = n_queries(client, address)

    for student in others:
        seal(student)
    with_six = n_queries(client, address)

    assert with_six == with_one


@pytest.mark.parametrize("query", ["", "?item=half-a", "?item=half-c"])
def test_a_page_of_questions_asks_as_often_after_three_seals_as_after_one(
    student: Membership, client_of: Callable[[User], Client], seal: Callable[..., None], query: str
) -> None:
    client, address = client_of(student.user), f"/c/ours/{LESSON}rates/{query}"
    seal(student)
    with_one = n_queries(client, address)

    seal(student, "half-b")
    seal(student, "half-d")
    with_three = n_queries(client, address)

    assert with_three <= with_one + (query == "")  # the question that comes by itself may be revealed or not


def test_a_student_who_waits_for_the_instructor_asks_little(
    student: Membership,
    instructor: Membership,
    cohort: Cohort,
    client_of: Callable[[User], Client],
    lesson: LoadedLesson,
) -> None:
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "rates")
    student.refresh_from_db()
    token = stage.read(student, lesson.lesson.slug).token

    n = n_queries(client_of(student.user), f"/c/ours/{LESSON}rates/since/?v={token}", status=204)

    assert n == 4  # the session, the person, the membership with the version, the stage


def test_a_strip_that_asks_for_itself_asks_as_little(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client], lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "rates")
    student.refresh_from_db()
    called = stage.tokens(student, lesson.lesson.slug).call

    n = n_queries(client_of(student.user), f"/c/ours/{LESSON}call.html?called={called}", status=204)

    assert n == 4  # the session, the person, the membership with the version, the stage


@pytest.mark.parametrize("asks", QUERIES_OF_A_CALL)
def test_a_call_takes_a_known_number_of_queries_however_many_are_in_the_class(
    student: Membership,
    instructor: Membership,
    cohort: Cohort,
    client_of: Callable[[User], Client],
    seal: Callable[..., None],
    lesson: LoadedLesson,
    asks: str,
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    student.refresh_from_db()
    token = stage.token(student, lesson.lesson.slug)
    addresses = {
        "on a worksheet": "by-hand/since/?keeps=1&v=0",
        "on the arc": "?v=0",
        "alone": "call.html?called=0",
        "what a class is told, on a worksheet": f"by-hand/since/?keeps=1&called=0&v={token}",
        "a new count": f"rates/since/?sealed=0&here=yes&v={token}",
    }
    seal(student)
    client, address = client_of(student.user), f"/c/ours/{LESSON}{addresses[asks]}"
    with_one = n_queries(client, address)

    for other in MembershipFactory.create_batch(4, cohort=cohort):
        seal(other)
    with_five = n_queries(client, address)

    print(f"\nqueries of a call {asks}: {with_one}")
    assert with_five == with_one == QUERIES_OF_A_CALL[asks]


def test_a_seal_takes_a_known_number_of_queries(
    student: Membership,
    lesson: LoadedLesson,
    seal: Callable[..., None],
    api_of: Callable[[User], Client],
    client_of: Callable[[User], Client],
) -> None:
    seal(student)
    notebook, browser = api_of(student.user), client_of(student.user)
    note_activity(Acting(student))  # at most once a minute
    guess = {"round": 1, "choice": "zigzags", "confidence": "sure"}

    with CaptureQueriesContext(connection) as by_service:
        seal(student, "half-b")
    with CaptureQueriesContext(connection) as by_api:
        sent = {"id": uuid.uuid4(), "item": "half-c"} | guess
        notebook.post(f"/api/v1/{LESSON}activities/rates/predictions/", sent, format="json")
    with CaptureQueriesContext(connection) as by_page:
        browser.post(f"/c/ours/{LESSON}activities/rates/seal/", {"id": uuid.uuid4(), "item": "half-d"} | guess)

    counts = {"service": len(by_service), "API": len(by_api), "page": len(by_page)}
    print(f"\nqueries of one seal, BEGIN and COMMIT included: {counts}")
    assert counts == QUERIES_OF_A_SEAL


@pytest.mark.parametrize("way", QUERIES_OF_A_FIRST_LOOK)
def test_the_first_look_at_a_reveal_asks_little_more_than_the_second(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client], way: str
) -> None:
    part, item = _reveal_to_look_at(way, student, instructor, lesson)
    client, address = client_of(student.user), f"/c/ours/{LESSON}{part}/"
    client.head(address)  # the first visit of a minute notes that somebody is here; this one looks at nothing

    with CaptureQueriesContext(connection) as first:
        client.get(address, {"item": item})
    with CaptureQueriesContext(connection) as second:
        client.get(address, {"item": item})

    print(f"\nqueries of a reveal, {way}: {len(first)} at the first look, {len(second)} at the second")
    assert any('INSERT INTO "lessons_reconciliation"' in query["sql"] for query in first)
    assert len(first) - len(second) == QUERIES_OF_A_FIRST_LOOK[way]


def _reveal_to_look_at(way: str, student: Membership, instructor: Membership, lesson: LoadedLesson) -> tuple[str, str]:
    """Bring a member before a reveal that they have not seen; give its part and its item."""
    if way == "a run has told":
        runs.sweep(student, lesson)
        return "u-curve", "lowest"
    if way == "led":
        pacing.lead_class(instructor)
        voting.open_vote(instructor, lesson, "rates", "half-a")
        student.refresh_from_db()
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    if way == "led":
        voting.close_vote(instructor, lesson, "rates", "half-a")
        voting.reveal(instructor, lesson, "rates", "half-a")
        RevealOpening.objects.update(opens_at=timezone.now())
        student.refresh_from_db()
    if way == "a transfer question":
        pupils.seal(student, lesson, "rates", "half-c", "bounces")
        sealing.open_reveal(student, lesson, "rates", "half-c")
        sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces")
        sealing.reconcile(student, lesson, "rates", "half-c", idea="pattern")
        pupils.seal(student, lesson, "rates", "half-edge", "both-settle")
        return "rates", "half-edge"
    return "rates", "half-a"


@pytest.mark.parametrize("address", ["/", "/api/v1/me/"])
def test_ones_own_classes_take_as_many_queries_for_three_as_for_two(
    student: Membership, client_of: Callable[[User], Client], address: str
) -> None:
    client = client_of(student.user)
    MembershipFactory(user=student.user)
    with_two = n_queries(client, address)

    MembershipFactory(user=student.user)
    with_three = n_queries(client, address)

    assert with_three == with_two


@pytest.mark.parametrize("model", ["user", "cohort", "membership", "learningevent"])
def test_an_admin_list_asks_as_often_for_three_rows_as_for_one(
    db: None, client_of: Callable[[User], Client], model: str
) -> None:
    client, address = client_of(UserFactory(is_staff=True, is_superuser=True)), f"/admin/classroom/{model}/"
    MembershipFactory()
    with_one = n_queries(client, address)

    for cohort in CohortFactory.create_batch(2):
        MembershipFactory.create_batch(2, cohort=cohort)
    with_three = n_queries(client, address)

    assert with_three == with_one


def test_a_poll_that_finds_nothing_new_asks_for_the_person_the_membership_and_the_version(
    instructor: Membership,
    cohort: Cohort,
    client_of: Callable[[User], Client],
    api_of: Callable[[User], Client],
    clock: Callable[[datetime], None],
) -> None:
    clock(timezone.now())
    version = version_of(cohort)

    by_session = n_queries(
        client_of(instructor.user), f"/c/ours/class/grid/?v={version}.{timezone.now():%H%M}", status=204
    )
    by_token = n_queries(api_of(instructor.user), f"/api/v1/cohorts/ours/progress/?v={version}", status=204)

    assert by_session == 3  # a session takes one query more than a token
    assert by_token == 2


def test_a_submission_takes_a_known_number_of_queries(
    student: Membership,
    lesson: LoadedLesson,
    hand_in: Callable[[Membership], None],
    api_of: Callable[[User], Client],
    client_of: Callable[[User], Client],
) -> None:
    hand_in(student)
    sheet = f"{LESSON}activities/by-hand/"
    notebook, browser = api_of(student.user), client_of(student.user)
    note_activity(Acting(student))  # at most once a minute

    with CaptureQueriesContext(connection) as by_service:
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=2, answer={"w": "1"})
    with CaptureQueriesContext(connection) as by_api:
        sent = {"id": uuid.uuid4(), "step": 2, "answer": {"w": "2"}}
        notebook.post(f"/api/v1/{sheet}submissions/", sent, format="json")
    with CaptureQueriesContext(connection) as by_page:
        browser.post(f"/c/ours/{sheet}check/", {"id": uuid.uuid4(), "step": 2, "w": "3"})

    counts = {"service": len(by_service), "API": len(by_api), "page": len(by_page)}
    print(f"\nqueries of one submission, BEGIN and COMMIT included: {counts}")
    assert counts == QUERIES_OF_A_SUBMISSION


@pytest.mark.parametrize(("outcome", "w"), [("wrong", "3"), ("right", "1.5042")])
def test_a_submission_in_place_takes_a_known_number_with_all_that_follows(
    student: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Callable[..., object]]]],
    outcome: str,
    w: str,
) -> None:
    browser = client_of(student.user)
    for step, answer in enumerate(pupils.STEPS[:2], start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)

    browser.get(f"/c/ours/{LESSON}by-hand/")
    with CaptureQueriesContext(connection) as asked, django_capture_on_commit_callbacks(execute=True):
        sent = {"id": uuid.uuid4(), "step": 3, "member": student.pk, "w": w}
        answered = browser.post(f"/c/ours/{LESSON}activities/by-hand/check/", sent, headers={"HX-Request": "true"})

    assert answered.status_code == 200
    assert ("All steps done" in answered.content.decode()) is (outcome == "right")
    assert len(asked) == QUERIES_OF_A_SUBMISSION_IN_PLACE[outcome]
