"""A page asks the database as often for a large class as for a small one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import badges.tasks
from classroom.acting import Acting
from classroom.models import Cohort, Membership, User
from classroom.services import note_activity
from downhill.celery import app
from lessons import help_calls, pacing, services, stage, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening, Submission
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of
from tests.lessons import runs
from tests.queues import Queue
from tests.running import wait_for

# What a browser or a notebook causes, all cells of the sheet filled in, until everything is answered; BEGIN and COMMIT
# are not counted. One reads who asks (the API two), one locks, one reads; then each row that changes is a statement,
# and on PostgreSQL all of them are one. The page that comes back reads nothing more. Whoever raises a number says why.
STATEMENTS_OF_A_SUBMIT = {
    "page, wrong": {"sqlite": 6, "postgresql": 4},
    "page, right": {"sqlite": 7, "postgresql": 4},
    "page, the last step": {"sqlite": 7, "postgresql": 4},
    "API, wrong": {"sqlite": 7, "postgresql": 5},
    "API, right": {"sqlite": 8, "postgresql": 5},
    "API, the last step": {"sqlite": 8, "postgresql": 5},
}
# What a worker does after the last step: the badge is considered.
STATEMENTS_OF_A_WORKER = 11
# The page as a browser sends it: the part comes back. One of them asks whether it was taken back already.
QUERIES_OF_A_SEAL = {
    "sqlite": {"service": 12, "API": 14, "page": 26},
    "postgresql": {"service": 9, "API": 11, "page": 23},
}
# What a first look at a reveal takes beyond a second: it is decided again under the member's lock, and kept.
QUERIES_OF_A_FIRST_LOOK = {
    "alone": 7,
    "led": 8,  # whether the part is open takes one query more
    "a transfer question": 7,
    "a run has told": 13,  # six for the experiment, which had waited for the look and is laid out anew
}
# What the poll of a page in a led class takes when a vote has opened, by somebody who has answered it: one for who
# they are, one for the token, one for the stage, one for the rail, one for their answer, two for how many have.
QUERIES_OF_A_CALL = {
    "on a worksheet": 7,
    "on the arc": 7,
    "alone": 7,
    "what a class is told, on a worksheet": 6,
    "a new count": 6,
}
# What the poll of the grid takes: who asks, students, their progress, help given, the stage, runs, what was sent, and
# one for what it is beside: a rehearsal's speed and the workers' signs.
QUERIES_OF_A_GRID = 8
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


@pytest.mark.services
@pytest.mark.parametrize("pace", ["led", "self-paced"])
def test_the_poll_of_the_grid_takes_a_known_number_of_queries_whatever_a_class_does(
    instructor: Membership,
    cohort: Cohort,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    hand_in: Callable[[Membership], None],
    seal: Callable[..., None],
    pace: str,
) -> None:
    student, writer, helped = MembershipFactory.create_batch(3, cohort=cohort)
    seal(student)
    hand_in(student)
    runs.sweep(writer, lesson)
    pupils.write(writer, lesson)
    help_calls.give_help(instructor, lesson, student=helped.pk, reason="still", occasion="by-hand/20260101T000000")
    if pace == "led":
        pacing.lead_class(instructor)
        pacing.open_part(instructor, lesson, "rates")
        voting.open_vote(instructor, lesson, "rates", "half-a")
    client = client_of(instructor.user)

    n = n_queries(client, "/c/ours/class/grid/?v=0")

    assert "1 text to read" in client.get("/c/ours/class/grid/?v=0").text
    assert n == QUERIES_OF_A_GRID


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

    assert n == 2  # the session with the person and the membership, the stage


def test_a_strip_that_asks_for_itself_asks_as_little(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client], lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "rates")
    student.refresh_from_db()
    called = stage.tokens(student, lesson.lesson.slug).call

    n = n_queries(client_of(student.user), f"/c/ours/{LESSON}call.html?called={called}", status=204)

    assert n == 2  # the session with the person and the membership, the stage


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
    browser.get(f"/c/ours/{LESSON}rates/")
    with CaptureQueriesContext(connection) as by_page:
        sent = {"id": uuid.uuid4(), "item": "half-d", "member": student.pk} | guess
        browser.post(f"/c/ours/{LESSON}activities/rates/seal/", sent, headers={"HX-Request": "true"})

    counts = {"service": len(by_service), "API": len(by_api), "page": len(by_page)}
    print(f"\nqueries of one seal, BEGIN and COMMIT included: {counts}")
    assert counts == QUERIES_OF_A_SEAL[connection.vendor]


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

    assert by_session == 1
    assert by_token == 2


@pytest.fixture
def queue() -> Iterator[Queue]:
    """Where a worker would find what it is asked: nobody does it within the request."""
    app.conf.task_always_eager = False
    with Queue() as queue:
        yield queue


@pytest.mark.services
@pytest.mark.parametrize("path", STATEMENTS_OF_A_SUBMIT)
def test_a_submit_takes_a_known_number_of_statements_with_all_that_follows(
    student: Membership,
    lesson: LoadedLesson,
    api_of: Callable[[User], Client],
    client_of: Callable[[User], Client],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Callable[..., object]]]],
    queue: Queue,
    path: str,
) -> None:
    by, __, outcome = path.partition(", ")
    n_before = 2 if outcome == "the last step" else 0
    for step, before in enumerate(pupils.STEPS[:n_before], start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=before)
    answer = pupils.STEPS[n_before] | ({"w": "9"} if outcome == "wrong" else {})
    send = (pupils.Sheet if by == "page" else pupils.over_the_api)(
        (client_of if by == "page" else api_of)(student.user), student
    )
    # What is remembered from one request to the next is there, and that somebody is here was noted within this minute.
    send(n_before + 1, {"w": "8"})

    with CaptureQueriesContext(connection) as asked, django_capture_on_commit_callbacks(execute=True):
        answered = send(n_before + 1, answer)

    assert answered.status_code == (200 if by == "page" else 201)
    assert Submission.objects.latest("pk").accepted is (outcome != "wrong")
    statements = [
        each["sql"] for each in asked if not each["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    print(f"\nstatements of a submit, {path}: {len(statements)}")
    assert len(statements) <= STATEMENTS_OF_A_SUBMIT[path][connection.vendor], statements
    assert_a_worker_does_the_rest(queue, is_asked=outcome == "the last step")


def assert_a_worker_does_the_rest(queue: Queue, *, is_asked: bool) -> None:
    """What moves to a worker is counted apart."""
    found: list[tuple[str, ...]] = []
    if is_asked:
        wait_for(lambda: bool(found.extend(queue.taken()) or found), "the message", seconds=20)
        with CaptureQueriesContext(connection) as asked:
            badges.tasks.consider(*found[0][1:])
        print(f"by a worker: {len(asked)}")
        assert len(asked) <= STATEMENTS_OF_A_WORKER, [each["sql"] for each in asked]
    assert found == queue.taken() + found
