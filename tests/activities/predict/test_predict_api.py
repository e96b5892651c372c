"""Predictions over JSON: what a notebook may count on, and that nothing sealed ever comes early."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, Pace, User
from lessons import pacing, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Reconciliation, RevealOpening
from tests import pupils
from tests.factories import MembershipFactory

LESSON = "/api/v1/lessons/data-rules-everything/"
SEALED_KEYS = {"right", "also", "comments", "reveal", "saw", "ideas", "convinced", "transfer", "within"}
Post = Callable[..., Any]


@pytest.fixture
def notebook(student: Membership, api_of: Callable[[User], APIClient]) -> APIClient:
    """The student's own."""
    return api_of(student.user)


@pytest.fixture
def seal(notebook: APIClient) -> Post:
    def send(item: Any = "half-a", choice: Any = "settles", *, activity: str = "rates", **more: Any) -> Any:
        body = {"id": str(uuid.uuid4()), "item": item, "choice": choice, "confidence": "think_so"} | more
        return notebook.post(f"{LESSON}activities/{activity}/predictions/", body, format="json")

    return send


@pytest.fixture
def look(notebook: APIClient) -> Post:
    return lambda item="half-a", activity="rates": notebook.get(f"{LESSON}activities/{activity}/items/{item}/reveal/")


@pytest.fixture
def reconcile(notebook: APIClient) -> Post:
    def send(item: str = "half-c", activity: str = "rates", **said: Any) -> Any:
        return notebook.post(f"{LESSON}activities/{activity}/items/{item}/reconcile/", said, format="json")

    return send


@pytest.fixture
def read(notebook: APIClient) -> Callable[[str], dict[str, Any]]:
    def get(activity: str = "rates") -> dict[str, Any]:
        answer = notebook.get(f"{LESSON}activities/{activity}/")
        assert answer.status_code == 200
        return answer.json()

    return get


@pytest.fixture
def led(cohort: Cohort) -> Cohort:
    Cohort.objects.filter(pk=cohort.pk).update(pace=Pace.LED)
    cohort.refresh_from_db()
    return cohort


def is_problem(answer: Any, status: int, detail: str = "") -> bool:
    body = answer.json()
    return (
        answer.status_code == body["status"] == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and bool(body["title"])
        and (body["detail"] == detail if detail else bool(body["detail"]))
    )


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


# --- predictions ----------------------------------------------------------------------------------


def test_a_new_prediction_is_answered_201_with_its_time_and_how_it_counts(seal: Post, student: Membership) -> None:
    client_id = str(uuid.uuid4())

    answer = seal(id=client_id, because="It came nearer before.")

    stored = Prediction.objects.get(membership=student)
    body = answer.json()
    assert answer.status_code == 201
    assert datetime.fromisoformat(body.pop("sealed_at")) == stored.sealed_at
    assert body == {
        "id": client_id,
        "item": "half-a",
        "round": 1,
        "choice": "settles",
        "counted": True,
        "why": "own_pace",
        "says": "Sealed.",
    }
    assert (stored.choice, stored.because) == ("settles", "It came nearer before.")


def test_the_same_id_is_answered_200_with_the_same_words(seal: Post) -> None:
    client_id = str(uuid.uuid4())
    first = seal(id=client_id)

    again = seal(id=client_id, choice="explodes")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert Prediction.objects.get().choice == "settles"


def test_a_second_prediction_is_answered_409_with_the_time_of_the_first(seal: Post) -> None:
    seal()
    at = timezone.localtime(Prediction.objects.get().sealed_at)

    answer = seal(choice="explodes")

    assert is_problem(answer, 409, f"You sealed your prediction at {at:%H:%M:%S}. It cannot change now.")
    assert Prediction.objects.get().choice == "settles"


@pytest.mark.parametrize(("sent", "kept"), [(7, "7"), ("7", "7"), (7.5, "7.5"), ("7,5", "7.5"), ("15/2", "7.5")])
def test_a_number_may_be_sent_as_a_number_or_as_text(seal: Post, sent: Any, kept: str) -> None:
    answer = seal("lowest", sent, activity="u-curve-guess")

    assert answer.status_code == 201
    assert Prediction.objects.get().choice == kept


@pytest.mark.parametrize("confidence", ["guess", "think_so", "sure"])
def test_three_words_say_how_sure_somebody_is(seal: Post, confidence: str) -> None:
    assert seal(confidence=confidence).status_code == 201
    assert Prediction.objects.get().confidence == confidence


@pytest.mark.parametrize("confidence", ["", None, "Sure", "certain", 1, True, ["sure"], {"sure": 1}])
def test_any_other_word_for_it_is_refused_by_field(seal: Post, confidence: Any) -> None:
    answer = seal(confidence=confidence)

    assert is_problem(answer, 400)
    assert list(answer.json()["errors"]) == ["confidence"]
    assert Prediction.objects.count() == 0


@pytest.mark.parametrize(
    ("activity", "sent", "errors"),
    [
        ("rates", {"choice": "flies"}, {"choice": ["This question has no such answer."]}),
        ("rates", {"choice": ""}, {"choice": ["Choose an answer first."]}),
        ("rates", {"because": "x" * 301}, {"because": ["One line is enough here: at most 300 characters."]}),
        ("u-curve-guess", {"item": "lowest", "choice": 16}, {"choice": ["Type a number from 1 to 15."]}),
        (
            "cases",
            {"item": "face-analysis", "choice": "accuracy", "second": ""},
            {"second": ["Choose an answer first."]},
        ),
    ],
)
def test_what_cannot_be_read_is_told_by_field(
    seal: Post, activity: str, sent: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    answer = seal(activity=activity, **sent)

    assert is_problem(answer, 400)
    assert answer.json()["errors"] == errors
    assert Prediction.objects.count() == 0


def test_a_second_question_is_sent_beside_the_first(seal: Post) -> None:
    answer = seal("face-analysis", "accuracy", activity="cases", second="darker-women")

    assert answer.status_code == 201
    assert Prediction.objects.get().second == "darker-women"


@pytest.mark.parametrize("more", [{}, {"second": None}])
def test_a_program_may_give_the_first_answer_alone_and_is_judged_by_it(
    seal: Post, look: Post, more: dict[str, Any]
) -> None:
    answer = seal("face-analysis", "accuracy", activity="cases", **more)

    assert answer.status_code == 201
    assert Prediction.objects.get().second == ""
    assert look("face-analysis", "cases").json()["verdict"] == "right"


@pytest.mark.parametrize("missing", ["id", "item", "choice", "confidence"])
def test_a_field_that_is_missing_is_named(notebook: APIClient, missing: str) -> None:
    body = {"id": str(uuid.uuid4()), "item": "half-a", "choice": "settles", "confidence": "sure"}
    del body[missing]

    answer = notebook.post(f"{LESSON}activities/rates/predictions/", body, format="json")

    assert is_problem(answer, 400)
    assert list(answer.json()["errors"]) == [missing]


@pytest.mark.parametrize("who", ["nobody", "somebody elsewhere"])
def test_only_members_of_a_class_seal(api_of: Callable[[User], APIClient], cohort: Cohort, who: str) -> None:
    client = APIClient()
    if who != "nobody":
        client = api_of(MembershipFactory(cohort__lessons=["sampler"]).user)
    body = {"id": str(uuid.uuid4()), "item": "half-a", "choice": "settles", "confidence": "sure"}

    answer = client.post(f"{LESSON}activities/rates/predictions/", body, format="json")

    assert is_problem(answer, 401 if who == "nobody" else 404)
    assert Prediction.objects.count() == 0


# --- reveal and reconcile -------------------------------------------------------------------------


def test_a_reveal_is_403_before_the_seal_and_200_after(seal: Post, look: Post) -> None:
    before = look()
    seal(choice="zigzags")

    after = look()

    assert is_problem(before, 403, "Predict first. Seal your answer, then look.")
    body = after.json()
    assert after.status_code == 200
    assert (body["verdict"], body["answer"]) == ("other", "settles smoothly")
    assert body["comment"].startswith("It never jumps past the best w")
    assert body["text"].startswith("Twice the rate, three times as fast")
    assert (body["second"], body["number"], body["class"]) == (None, None, None)
    assert body["run"]


def test_the_reveal_of_a_case_tells_both_answers_and_its_sources(seal: Post, look: Post) -> None:
    seal("face-analysis", "recall", activity="cases", second="darker-women")

    body = look("face-analysis", "cases").json()

    assert (body["verdict"], body["answer"]) == ("also", "Accuracy")
    assert (body["second"]["verdict"], bool(body["second"]["answer"])) == ("right", True)
    assert body["sources"]
    assert body["run"] is None


def test_a_guess_about_a_run_to_come_is_403_with_what_it_waits_for(seal: Post, look: Post) -> None:
    seal("lowest", 7, activity="u-curve-guess")

    answer = look("lowest", "u-curve-guess")

    assert is_problem(
        answer,
        403,
        "Your prediction is sealed. Your run measures the answer, so it comes first.",
    )


@pytest.mark.parametrize("item", ["half-z", "full-a", "half-edge", "x" * 500])
def test_a_question_that_is_not_there_is_404_for_every_act(seal: Post, look: Post, reconcile: Post, item: str) -> None:
    answers = [seal(item), look(item), reconcile(item, saw="bounces", idea="pattern")]

    assert all(is_problem(answer, 404, "This question does not exist here.") for answer in answers)


def test_a_reconciliation_is_201_then_200_with_what_is_kept(seal: Post, look: Post, reconcile: Post) -> None:
    seal("half-c", "bounces")
    early = reconcile(saw="bounces", idea="pattern")
    look("half-c")

    first = reconcile(saw="bounces", idea="pattern", next_time="One step by hand.")
    again = reconcile(saw="explodes", idea="feeling")

    stored = Reconciliation.objects.get()
    assert is_problem(early, 403, "First look at the answer. Then say what you make of it.")
    assert (first.status_code, again.status_code) == (201, 200)
    body = first.json()
    assert again.json() == body
    assert datetime.fromisoformat(body.pop("reconciled_at")) == stored.reconciled_at
    assert body == {"item": "half-c", "saw": "bounces", "idea": "pattern", "next_time": "One step by hand."}


def test_what_was_seen_may_come_first_and_alone(seal: Post, look: Post, reconcile: Post) -> None:
    seal("half-c", "bounces")
    look("half-c")

    answer = reconcile(saw="explodes")

    assert answer.status_code == 201
    assert answer.json() == {"item": "half-c", "saw": "explodes", "idea": "", "next_time": "", "reconciled_at": None}


def test_a_quick_question_has_nothing_to_reconcile(seal: Post, look: Post, reconcile: Post) -> None:
    seal()
    look()

    assert is_problem(reconcile("half-a", saw="settles"), 409, "This question ends with its answer.")


# --- what may be seen -----------------------------------------------------------------------------


def test_an_activity_lists_its_questions_with_their_choices(seal: Post, read: Callable[..., Any]) -> None:
    sealed_at = seal().json()["sealed_at"]

    first, second, third, *_others = read("rates")["items"]

    choices = [(choice["key"], choice["text"]) for choice in first["choices"]]
    assert {name: first[name] for name in ("key", "question", "cycle", "sealed_at", "state")} == {
        "key": "half-a",
        "question": "Keep stepping forever. What happens to w?",
        "cycle": "quick",
        "sealed_at": sealed_at,
        "state": "done",
    }
    assert choices[:2] == [("crawls", "crawls"), ("settles", "settles smoothly")]
    assert len(choices) == 6
    assert (second["sealed_at"], second["state"]) == (None, "form")
    assert (third["key"], third["cycle"], third["votes"]) == ("half-c", "full", 2)


def test_an_activity_lists_the_scale_of_a_number(read: Callable[..., Any]) -> None:
    curve, share = read("u-curve-guess")["items"][0], read("bias-guess")["items"][0]

    scale = {name: share["number"][name] for name in ("min", "max", "step", "unit")}
    assert scale == {"min": 0, "max": 100, "step": 1, "unit": "%"}
    assert (curve["number"]["min"], curve["number"]["max"]) == (1, 15)
    assert curve["choices"] == []


@pytest.mark.parametrize("activity", ["rates", "u-curve-guess", "bias-guess", "cases"])
@pytest.mark.parametrize("when", ["at first", "all sealed", "all done"])
def test_an_activity_holds_no_sealed_key_at_any_time(
    seal: Post, look: Post, reconcile: Post, read: Callable[..., Any], activity: str, when: str
) -> None:
    if when != "at first":
        for item in read(activity)["items"]:
            choice = item["choices"][0]["key"] if item["choices"] else 10
            second = item["second"]["choices"][0]["key"] if item["second"] else ""
            assert seal(item["key"], choice, activity=activity, second=second).status_code == 201
            if when == "all done" and look(item["key"], activity).status_code == 200 and item["cycle"] == "full":
                saw, idea = {"rates": ("bounces", "always-settles"), "cases": ("more", "overall")}[activity]
                assert reconcile(item["key"], activity, saw=saw, idea=idea).status_code == 201
    if when == "all done" and activity in ("rates", "cases"):
        transfer = next(item for item in read(activity)["items"] if item["transfer_of"])
        assert seal(transfer["key"], transfer["choices"][0]["key"], activity=activity).status_code == 201
        assert read(activity)["state"] == "done"

    facts = read(activity)

    assert SEALED_KEYS & set(keys_of(facts)) == set()
    assert {"key", "question", "cycle", "sealed_at"} <= set(keys_of(facts["items"]))


def test_the_questions_of_other_people_and_of_later_are_in_no_activity(read: Callable[..., Any]) -> None:
    text = json.dumps(read("rates"))

    assert "half-edge" not in text
    assert "full-a" not in text
    assert "Twice the rate, three times" not in text


# --- a led class ----------------------------------------------------------------------------------


def test_the_outline_of_a_led_class_tells_what_is_locked_and_to_come(
    led: Cohort, notebook: APIClient, instructor: Membership, lesson: LoadedLesson
) -> None:
    before = [part for part in notebook.get(LESSON).json()["parts"] if part["key"] != "badge"]
    pacing.open_part(instructor, lesson, "rates")

    after = [part for part in notebook.get(LESSON).json()["parts"] if part["key"] != "badge"]

    assert {(part["locked"], part["state"]) for part in before} == {(True, "soon")}
    assert [part["key"] for part in after if not part["locked"]] == ["by-hand", "rates"]
    assert [part["state"] for part in after][:3] == ["not_started", "not_started", "soon"]
    assert {(part["locked"], part["state"]) for part in after[2:]} == {(True, "soon")}


def test_a_part_that_the_instructor_has_not_opened_is_403_in_every_act(
    led: Cohort, notebook: APIClient, seal: Post, look: Post, reconcile: Post
) -> None:
    answers = [notebook.get(f"{LESSON}activities/rates/"), seal(), look(), reconcile(saw="bounces")]

    sentence = "Your instructor has not opened this part yet. It opens for the whole class at once."
    assert all(is_problem(answer, 403, sentence) for answer in answers)


def test_a_vote_its_end_and_its_reveal_are_told_in_words(
    led: Cohort,
    seal: Post,
    look: Post,
    read: Callable[..., Any],
    instructor: Membership,
    lesson: LoadedLesson,
    api_of: Callable[[User], APIClient],
) -> None:
    pacing.open_part(instructor, lesson, "rates")
    early = seal()
    states = [read("rates")["items"][0]["state"]]
    voting.open_vote(instructor, lesson, "rates", "half-a")
    states.append(read("rates")["items"][0]["state"])
    voted = seal()
    voting.close_vote(instructor, lesson, "rates", "half-a")
    states.append(read("rates")["items"][0]["state"])
    held_back = look()
    voting.reveal(instructor, lesson, "rates", "half-a")
    pending = look()
    RevealOpening.objects.update(opens_at=timezone.now())
    shown = look()
    states.append(read("rates")["items"][0]["state"])

    assert is_problem(early, 409, "Your instructor has not opened the vote on this question yet.")
    assert (voted.status_code, voted.json()["counted"], voted.json()["why"]) == (201, True, "vote")
    sentence = "Your prediction is sealed. Your instructor shows the answer to everyone at once."
    assert is_problem(held_back, 403, sentence)
    assert is_problem(pending, 403, sentence)
    assert (shown.status_code, shown.json()["answer"]) == (200, "settles smoothly")
    assert states == ["closed", "form", "sealed", "done"]


def test_a_late_prediction_is_kept_and_says_that_it_is_not_counted(
    led: Cohort, seal: Post, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")

    body = seal().json()

    assert (body["counted"], body["why"]) == (False, "late")
    assert body["says"].startswith("Late: the vote had closed.")


def test_the_second_vote_is_the_round_that_the_activity_names(
    led: Cohort, seal: Post, read: Callable[..., Any], instructor: Membership, lesson: LoadedLesson
) -> None:
    rounds = []
    for round_ in (1, 2):
        voting.open_vote(instructor, lesson, "rates", "half-c")
        rounds.append(read("rates")["items"][2]["round"])
        assert seal("half-c", "bounces", round=round_).json()["round"] == round_
        voting.close_vote(instructor, lesson, "rates", "half-c")

    assert rounds == [1, 2]


def test_the_class_is_in_a_reveal_as_counts_from_five_answers_on(
    led: Cohort, seal: Post, look: Post, cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-a")
    for _ in range(4):
        pupils.seal(MembershipFactory(cohort=cohort), lesson, "rates", "half-a", "zigzags")
    seal(choice="settles")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    voting.reveal(instructor, lesson, "rates", "half-a")
    RevealOpening.objects.update(opens_at=timezone.now())

    counted = look().json()["class"]

    assert [row for row in counted if row["n"] != "0"] == [
        {"text": "settles smoothly", "n": "1"},
        {"text": "zigzags, settles", "n": "4"},
    ]


# --- whatever is sent -----------------------------------------------------------------------------

GARBAGE: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    "\0",
    "set\0tles",
    "½",
    "٧",
    "9" * 41,
    "1e99",
    "1/0",
    "x" * 100_000,
    [],
    ["settles"],
    [[[]]],
    {},
    {"key": "settles"},
    "<script>",
    "' OR 1=1 --",
]


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of what is sent here stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("field", ["id", "item", "round", "choice", "second", "confidence", "because"])
@pytest.mark.parametrize(("activity", "item"), [("rates", "half-a"), ("u-curve-guess", "lowest")])
def test_garbage_in_any_field_of_a_prediction_is_an_answer_and_no_fault(
    seal: Post, activity: str, item: str, field: str
) -> None:
    choice = "settles" if activity == "rates" else 7

    for value in GARBAGE:
        sent = f"{value!r:.20}"
        with undone():
            answer = seal(**({"item": item, "choice": choice, "activity": activity} | {field: value}))

            assert answer.status_code in (201, 400, 404, 409), sent
            assert answer.status_code == 201 or is_problem(answer, answer.status_code), sent
            assert Prediction.objects.count() == (answer.status_code == 201), sent


@pytest.mark.parametrize("field", ["saw", "idea", "next_time"])
def test_garbage_in_any_field_of_a_reconciliation_is_an_answer_and_no_fault(
    seal: Post, look: Post, reconcile: Post, field: str
) -> None:
    seal("half-c", "bounces")
    look("half-c")

    for value in GARBAGE:
        sent = f"{value!r:.20}"
        with undone():
            answer = reconcile(**({"saw": "bounces", "idea": "pattern"} | {field: value}))

            assert answer.status_code in (201, 400), sent
            assert answer.status_code == 201 or is_problem(answer, 400), sent


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "[1]", '"settles"', "7", "{", '{"id"', "\0", '{"choice": NaN}', "[" * 50_000, "\ud83d"]
)
@pytest.mark.parametrize("address", ["predictions/", "items/half-a/reconcile/"])
def test_a_body_that_is_no_object_is_refused_and_no_fault(notebook: APIClient, address: str, body: str) -> None:
    sent = body.encode("utf-8", "surrogatepass")

    answer = notebook.post(f"{LESSON}activities/rates/{address}", sent, content_type="application/json")

    assert is_problem(answer, 403 if address.startswith("items") and not body else 400)
    assert Prediction.objects.count() == 0


def test_more_than_a_prediction_may_hold_is_413(seal: Post) -> None:
    assert is_problem(seal(because="x" * 300_000), 413)
    assert Prediction.objects.count() == 0
