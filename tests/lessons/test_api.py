"""The outward contract of API.md: what a notebook may count on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from lessons.models import Submission
from tests.factories import PASSWORD, CohortFactory, MembershipFactory, UserFactory, version_of

LESSON = "/api/v1/lessons/data-rules-everything/"
SHEET = f"{LESSON}activities/by-hand/"
STEP_1 = {
    "errors": [-2.1, "−3,9", "-6.2", -7.8],
    "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
    "mean": "−14.925",
    "w": "0,7463",
}
STEP_2 = {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"}
STEP_3 = {"w": "1.5042"}


@pytest.fixture
def notebook(student: Membership, api_of: Callable[[User], APIClient]) -> APIClient:
    """The student's own."""
    return api_of(student.user)


@pytest.fixture
def hand_in(notebook: APIClient) -> Callable[..., Any]:
    def send(step: Any = 1, answer: Any = STEP_1, client_id: Any = None) -> Any:
        body = {"id": client_id or str(uuid.uuid4()), "step": step, "answer": answer}
        return notebook.post(f"{SHEET}submissions/", body, format="json")

    return send


def is_problem(answer: Any, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == body["status"] == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and body["type"] == "about:blank"
        and bool(body["title"])
        and bool(body["detail"])
    )


# --- log-in ---------------------------------------------------------------------------------------


def ask_for_token(username: str, password: str, address: str = "10.0.0.1") -> Any:
    credentials = {"username": username, "password": password}
    return APIClient().post("/api/v1/token/", credentials, format="json", REMOTE_ADDR=address)


def test_a_right_password_gives_a_token_that_opens_the_lesson(student: Membership) -> None:
    answer = ask_for_token("SAM", PASSWORD)

    client = APIClient(headers={"Authorization": f"Token {answer.json()['token']}"})
    assert answer.status_code == 200
    assert client.get(LESSON).status_code == 200


def test_an_unknown_name_and_a_wrong_password_are_told_the_same(student: Membership) -> None:
    unknown, wrong = ask_for_token("nobody", PASSWORD), ask_for_token("sam", "wrong")

    assert is_problem(unknown, 400)
    assert unknown.json() == wrong.json()
    assert unknown.json()["detail"] == "This username and password do not match."


def test_a_person_who_was_switched_off_gets_no_token(student: Membership) -> None:
    student.user.is_active = False
    student.user.save()

    assert is_problem(ask_for_token("sam", PASSWORD), 400)


def test_ten_wrong_passwords_lock_out_that_person_and_nobody_else_at_that_address(
    student: Membership, cohort: Cohort
) -> None:
    MembershipFactory(cohort=cohort, user__username="tess")
    answers = [ask_for_token("sam", "wrong") for _ in range(10)]

    locked = ask_for_token("sam", PASSWORD)

    assert {answer.status_code for answer in answers[:9]} == {400}
    assert is_problem(locked, 429)
    assert locked.headers["Retry-After"] == "300"
    assert ask_for_token("tess", PASSWORD).status_code == 200
    assert ask_for_token("sam", PASSWORD, address="10.0.0.2").status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"username": "sam"}, {"username": ["sam"], "password": 1}, {"username": "s\0m", "password": "x"}]
)
def test_a_log_in_that_is_no_log_in_is_told_which_fields_to_look_at(db: None, body: dict[str, Any]) -> None:
    answer = APIClient(raise_request_exception=False).post("/api/v1/token/", body, format="json")

    assert is_problem(answer, 400)
    assert set(answer.json()["errors"]) <= {"username", "password"}


@pytest.mark.parametrize("authorization", ["Token wrong", "Token", "Token a b", "Basic c2FtOnNhbQ==", "Token \xff"])
def test_a_wrong_token_is_answered_401(db: None, authorization: str) -> None:
    answer = APIClient(headers={"Authorization": authorization}).get("/api/v1/me/")

    assert is_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Token"


# --- who and where --------------------------------------------------------------------------------


def test_me_names_the_person_and_their_classes(notebook: APIClient) -> None:
    assert notebook.get("/api/v1/me/").json() == {
        "username": "sam",
        "display_name": "Sam",
        "memberships": [
            {"cohort": "ours", "name": "Our class", "role": "student", "lessons": ["data-rules-everything"]}
        ],
    }


def test_the_outline_says_where_i_stand(notebook: APIClient, hand_in: Callable[..., Any]) -> None:
    hand_in()

    outline = notebook.get(LESSON).json()

    assert outline["title"] == "Data Rules Everything"
    assert outline["parts"][0] == {
        "key": "by-hand",
        "title": "Gradient descent by hand",
        "state": "working",
        "locked": False,
        "minutes": 25,
        "activities": [
            {"key": "by-hand", "type": "hand_steps", "state": "working", "tries": 1},
            {"key": "own-data", "type": "hand_steps", "state": "not_started", "tries": 0},
        ],
    }
    assert [part["key"] for part in outline["parts"]] == [
        *("by-hand", "rates", "u-curve", "bias", "cases", "badge", "mission")
    ]
    assert notebook.get("/api/v1/lessons/").json() == [outline]


def test_an_activity_shows_its_data_and_the_rule_of_the_class(notebook: APIClient) -> None:
    sheet = notebook.get(SHEET).json()

    assert (sheet["x"], sheet["y"]) == (["1", "2", "3", "4"], ["21/10", "39/10", "31/5", "39/5"])
    assert (sheet["gradient_rule"], sheet["state"], sheet["tries"]) == ("half", "not_started", 0)
    assert "closing" not in sheet


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/lessons/no-such/",
        "/api/v1/lessons/sampler/",
        f"{LESSON}activities/no-such/",
        f"{LESSON}?cohort=no-such",
        "/api/v1/nothing/",
    ],
)
def test_what_is_not_there_is_a_problem_document(notebook: APIClient, address: str) -> None:
    assert is_problem(notebook.get(address), 404)


def test_somebody_in_no_class_is_told_to_join_one(db: None, api_of: Callable[[User], APIClient]) -> None:
    answer = api_of(UserFactory()).get("/api/v1/lessons/")

    assert is_problem(answer, 404)
    assert "Join one with its code first" in answer.json()["detail"]


def test_somebody_in_several_classes_says_which(notebook: APIClient, student: Membership) -> None:
    MembershipFactory(user=student.user, cohort=CohortFactory(slug="another"))

    unnamed, named = notebook.get(LESSON), notebook.get(f"{LESSON}?cohort=another")

    assert is_problem(unnamed, 400)
    assert unnamed.json()["detail"] == "You are in several classes. Name one, as in ?cohort=demo."
    assert named.status_code == 200


# --- handing in -----------------------------------------------------------------------------------


def test_a_right_step_is_answered_201_with_a_verdict_for_each_cell(hand_in: Callable[..., Any]) -> None:
    client_id = str(uuid.uuid4())

    answer = hand_in(client_id=client_id)

    reply = answer.json()
    assert answer.status_code == 201
    assert reply["id"] == client_id
    assert reply["accepted"]
    assert reply["matches_notebook"]
    assert set(reply["cells"]) == {
        *(f"error_{i}" for i in range(1, 5)),
        *(f"product_{i}" for i in range(1, 5)),
        "mean",
        "w",
    }
    right = {"state": "right", "follows": False, "slip": None, "candidates": [], "feedback": ""}
    assert reply["cells"]["w"] == right
    assert (reply["ask"], reply["carried_from"], reply["worked_line"]) == (None, "0", None)
    assert reply["progress"]["part"] == {"key": "by-hand", "state": "working", "tries": 1}


def test_the_same_id_again_is_answered_200_with_the_stored_reply(hand_in: Callable[..., Any]) -> None:
    client_id = str(uuid.uuid4())
    first = hand_in(client_id=client_id)

    again = hand_in(client_id=client_id)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert Submission.objects.count() == 1


def test_the_same_id_with_another_answer_is_answered_409(hand_in: Callable[..., Any]) -> None:
    client_id = str(uuid.uuid4())
    hand_in(client_id=client_id)

    other = hand_in(step=2, answer={"w": 5}, client_id=client_id)

    assert other.status_code == 409
    assert other.json()["detail"].startswith("Another answer came with this id before, and it is stored.")
    assert Submission.objects.count() == 1


def test_three_steps_finish_the_part_and_unseal_its_closing(hand_in: Callable[..., Any], notebook: APIClient) -> None:
    answers = [hand_in(step, answer) for step, answer in enumerate((STEP_1, STEP_2, STEP_3), start=1)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[-1].json()["progress"]["part"]["state"] == "done"
    assert "Look at your three gradients" in notebook.get(SHEET).json()["closing"]


def test_a_step_that_is_not_open_yet_is_a_conflict(hand_in: Callable[..., Any]) -> None:
    answer = hand_in(step=2, answer=STEP_2)

    assert is_problem(answer, 409)
    assert answer.json()["detail"] == "Step 1 comes first."


def test_an_archived_class_is_a_conflict(hand_in: Callable[..., Any], cohort: Cohort) -> None:
    cohort.archived = True
    cohort.save()

    assert is_problem(hand_in(), 409)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"id", "step", "answer"}),
        ({"id": "no uuid", "step": 1, "answer": {}}, {"id"}),
        ({"id": str(uuid.uuid4()), "step": 0, "answer": {}}, {"step"}),
        ({"id": str(uuid.uuid4()), "step": "one", "answer": {}}, {"step"}),
        ({"id": str(uuid.uuid4()), "step": 10**30, "answer": {}}, {"step"}),
        ({"id": str(uuid.uuid4()), "step": 1, "answer": "0.7463"}, {"answer"}),
        ({"id": str(uuid.uuid4()), "step": 1, "answer": {"nonsense": 1}}, {"nonsense"}),
        ({"id": str(uuid.uuid4()), "step": 1, "answer": {"errors": [1, 2, 3, 4, 5]}}, {"error_5"}),
        ([], {"non_field_errors"}),
    ],
)
def test_a_submission_that_cannot_be_read_is_told_which_fields_to_look_at(
    notebook: APIClient, body: Any, fields: set[str]
) -> None:
    answer = notebook.post(f"{SHEET}submissions/", body, format="json")

    assert is_problem(answer, 400)
    assert set(answer.json()["errors"]) == fields
    assert Submission.objects.count() == 0


HOSTILE_ANSWERS = [
    '{"w": "\\u0000"}',
    '{"w": "\\ud800"}',
    '{"w\\ud800": "1"}',
    '{"w\\u0000": "1"}',
    '{"scratch_mean": "\\u0000"}',
    '{"scratch": {"mean": "\\udfff"}}',
    '{"scratch": {"mean": {"deep": []}}}',
    '{"w": 1e999}',
    '{"w": -1e999}',
    '{"w": NaN}',
    '{"w": Infinity}',
    '{"w": "1e999"}',
    '{"w": "1e99"}',
    '{"w": 1e308}',
    '{"w": true}',
    '{"w": {}}',
    '{"w": [1, [2, [3]]]}',
    '{"errors": [[1], [2], [3], [4]]}',
    '{"errors": {"1": 2}}',
    '{"errors": "1"}',
    '{"w": "1/0"}',
    '{"w": "٣"}',
    '{"w": "²"}',
    '{"w": "' + "9" * 10_000 + '"}',
    '{"w": ' + "9" * 10_000 + "}",
    '{"w": "<script>alert(1)</script>"}',
    '{"' + "w" * 10_000 + '": 1}',
    '{"": ""}',
    "null",
    "[]",
    "1",
    '"w"',
    "[" * 2_000 + "]" * 2_000,
]


@pytest.mark.parametrize("answer", HOSTILE_ANSWERS, ids=lambda answer: answer[:30])
def test_no_answer_however_hostile_breaks_the_server_or_is_accepted(
    notebook: APIClient, answer: str, client_of: Callable[[User], Client], instructor: Membership, student: Membership
) -> None:
    body = f'{{"id": "{uuid.uuid4()}", "step": 1, "answer": {answer}}}'

    got = notebook.post(f"{SHEET}submissions/", body, content_type="application/json")

    assert got.status_code in (201, 400), got.content[:300]
    assert got.status_code == 400 or not got.json()["accepted"]
    # Whatever was kept can also be shown.
    assert client_of(student.user).get("/c/ours/lessons/data-rules-everything/by-hand/").status_code == 200
    assert client_of(instructor.user).get(f"/c/ours/class/students/{student.pk}/").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"\x00", b'{"id": "\xed\xa0\x80"}', b"[" * 100_000, b"9" * 100_000],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_is_a_problem_document(notebook: APIClient, body: bytes) -> None:
    assert is_problem(notebook.post(f"{SHEET}submissions/", body, content_type="application/json"), 400)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=x-none"]
)
def test_a_body_of_another_kind_is_refused_calmly(notebook: APIClient, kind: str) -> None:
    answer = notebook.post(f"{SHEET}submissions/", b"id=1", content_type=kind)

    assert answer.status_code in (400, 415)
    assert is_problem(answer, answer.status_code)


@pytest.mark.parametrize("address", [f"{SHEET}submissions/", "/api/v1/token/"])
def test_a_body_of_300_kilobytes_is_refused(notebook: APIClient, address: str) -> None:
    body = f'{{"id": "{uuid.uuid4()}", "step": 1, "answer": {{"w": "{"1" * 300_000}"}}}}'

    answer = notebook.post(address, body, content_type="application/json")

    assert 400 <= answer.status_code < 500
    assert is_problem(answer, answer.status_code)


@pytest.mark.parametrize("typed", ["\0", "\ud800", "9" * 10_000, "<b>1</b>", "NaN", "1e999"])
def test_no_form_however_hostile_breaks_the_page(
    student: Membership, client_of: Callable[[User], Client], typed: str
) -> None:
    client = client_of(student.user)
    sent = {"id": str(uuid.uuid4()), "step": "1", "w": typed, "scratch_mean": typed}

    answer = client.post("/c/ours/lessons/data-rules-everything/activities/by-hand/check/", _as_utf8(sent))

    assert answer.status_code in (302, 400)
    page = client.get("/c/ours/lessons/data-rules-everything/by-hand/")
    assert page.status_code == 200
    assert "<b>1</b>" not in page.content.decode()


def _as_utf8(sent: dict[str, str]) -> dict[str, bytes]:
    """A lone surrogate travels as the three bytes that a careless client would send."""
    return {name: value.encode("utf-8", "surrogatepass") for name, value in sent.items()}


# --- the class grid -------------------------------------------------------------------------------


@pytest.fixture
def desk(instructor: Membership, api_of: Callable[[User], APIClient]) -> APIClient:
    """The instructor's own."""
    return api_of(instructor.user)


def test_the_instructor_sees_each_students_standing(
    desk: APIClient, student: Membership, hand_in: Callable[..., Any], cohort: Cohort
) -> None:
    hand_in(answer={"w": 1})

    report = desk.get("/api/v1/cohorts/ours/progress/").json()

    assert report["version"] == version_of(cohort)
    assert [(row["id"], row["name"]) for row in report["students"]] == [(student.pk, "Sam")]
    standing = report["students"][0]["parts"]["by-hand"]
    assert (standing["state"], standing["tries"], standing["slip"]) == ("working", 1, None)
    assert standing["since"]
    assert report["totals"]["by-hand"] == 0


def test_progress_is_answered_204_until_something_changes(desk: APIClient, hand_in: Callable[..., Any]) -> None:
    version = desk.get("/api/v1/cohorts/ours/progress/").json()["version"]

    unchanged = desk.get(f"/api/v1/cohorts/ours/progress/?v={version}")
    hand_in()
    changed = desk.get(f"/api/v1/cohorts/ours/progress/?v={version}")

    assert unchanged.status_code == 204
    assert unchanged.content == b""
    assert changed.status_code == 200
    assert changed.json()["version"] > version


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 50, "1.0"])
def test_a_version_that_is_none_gets_the_whole_report(desk: APIClient, version: str) -> None:
    assert desk.get("/api/v1/cohorts/ours/progress/", {"v": version}).status_code == 200


def test_progress_is_for_instructors(notebook: APIClient) -> None:
    answer = notebook.get("/api/v1/cohorts/ours/progress/")

    assert is_problem(answer, 403)
    assert answer.json()["detail"] == "This page is for the instructors of your class."


def test_a_cohort_name_that_no_database_would_take_is_simply_not_found(
    student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    answer = api_of(student.user).get("/api/v1/lessons/", {"cohort": "a\0b"})

    assert answer.status_code == 404
