"""Answers in one's own words: when they can be given, what is kept of them, and what is said of those that are not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from classroom.refusals import Conflict, Refusal
from lessons import services
from lessons.activities.experiment.runs import ask_by_kind
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartState, Submission
from lessons.services import Receipt
from tests.lessons import runs

SLUG = "data-rules-everything"
WHY = "With more power it bends to each of its own dots. New dots lie elsewhere."
EXPLAIN, MISSION = "u-curve-explain", "stretch"
Write = Callable[..., Receipt]
Page = Callable[..., HttpResponse]
Api = Callable[[User], APIClient]


@pytest.fixture
def write(student: Membership, lesson: LoadedLesson) -> Write:
    """Send an explanation, or a conclusion."""

    def send(
        text: Any, activity: str = EXPLAIN, *, by: Membership | None = None, client_id: uuid.UUID | None = None
    ) -> Receipt:
        return services.submit(
            by or student, lesson, activity, client_id=client_id or uuid.uuid4(), step=1, answer={"text": text}
        )

    return send


@pytest.fixture
def swept(student: Membership, lesson: LoadedLesson) -> Membership:
    """Somebody who has a run to explain."""
    runs.sweep(student, lesson, seed=1)
    return student


@pytest.fixture
def blamed(student: Membership, lesson: LoadedLesson) -> Membership:
    """Somebody who has a run of the mission to conclude from."""
    blame(student, seed=1)
    return student


def blame(membership: Membership, *, seed: int) -> None:
    ask_by_kind(membership, kind="blame", params={"n_repeats": 1}, seed=seed, activity=MISSION)
    runs.work()


@pytest.fixture
def send_page(client_of: Callable[[User], Client], student: Membership) -> Page:
    """Send the page's form from a browser without JavaScript."""

    def send(text: str, activity: str = EXPLAIN) -> HttpResponse:
        sent = {"id": uuid.uuid4(), "step": 1, "member": student.pk, "text": text}
        answer = client_of(student.user).post(reverse("lessons:check", args=["ours", SLUG, activity]), sent)
        assert isinstance(answer, HttpResponse)
        return answer

    return send


def kept(membership: Membership, lesson: LoadedLesson, activity: str = EXPLAIN) -> str:
    return str(runs.memory(membership, lesson, activity).get("text"))


def state(membership: Membership, part: str, activity: str) -> str:
    return str(membership.progress.get(part=part).activities[activity]["state"])


# --- when -----------------------------------------------------------------------------------------


def test_an_explanation_waits_until_the_run_is_done(student: Membership, lesson: LoadedLesson, write: Write) -> None:
    runs.guess(student, lesson, "lowest")
    with pytest.raises(Conflict, match="First finish “Sweep the degree”"):
        write(WHY)
    runs.ask(student, lesson)
    with pytest.raises(Conflict, match="First finish “Sweep the degree”"):
        write(WHY)

    runs.work()

    assert write(WHY).is_new
    assert Submission.objects.count() == 1


def test_a_run_for_oneself_is_nothing_to_explain(student: Membership, lesson: LoadedLesson, write: Write) -> None:
    ask_by_kind(student, kind="u_curve", params={"n_repeats": 1}, seed=1)
    runs.work()

    with pytest.raises(Conflict, match="First finish “Sweep the degree”"):
        write(WHY)


def test_a_conclusion_waits_until_the_run_is_done(student: Membership, lesson: LoadedLesson, write: Write) -> None:
    ask_by_kind(student, kind="blame", params={"n_repeats": 1}, seed=1, activity=MISSION)
    with pytest.raises(Conflict, match="Start a run first"):
        write(WHY, MISSION)

    runs.work()

    assert write(WHY, MISSION).submission.accepted


def test_an_instructor_may_try_the_question_before_any_run(instructor: Membership, write: Write) -> None:
    assert write(WHY, by=instructor).is_new


def test_an_archive_takes_no_words(swept: Membership, lesson: LoadedLesson, write: Write) -> None:
    Cohort.objects.filter(pk=swept.cohort_id).update(archived=True)
    swept.refresh_from_db()

    with pytest.raises(Conflict, match="This class is archived"):
        write(WHY)

    assert not Submission.objects.exists()


def test_the_page_asks_for_words_once_there_is_a_run(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client, address = client_of(student.user), reverse("lessons:part", args=["ours", SLUG, "u-curve"])
    before = client.get(address).content.decode()

    runs.sweep(student, lesson)

    after = client.get(address).content.decode()
    assert "u-curve-explain" not in before  # nothing is offered that cannot be done yet
    assert "u-curve-explain-text" not in before
    assert 'id="u-curve-explain-text" name="text"' in after


def test_our_own_words_come_once_somebody_has_sent_theirs(
    swept: Membership, lesson: LoadedLesson, write: Write, client_of: Callable[[User], Client], api_of: Api
) -> None:
    ours = "The only honest grade is the test it never saw."
    page = reverse("lessons:part", args=["ours", SLUG, "u-curve"])
    facts = f"/api/v1/lessons/{SLUG}/activities/{EXPLAIN}/"

    before = client_of(swept.user).get(page).content.decode(), api_of(swept.user).get(facts).content.decode()
    write(WHY)
    after = client_of(swept.user).get(page).content.decode(), api_of(swept.user).get(facts).content.decode()

    assert [ours in " ".join(said.split()) for said in before] == [False, False]
    assert [ours in " ".join(said.replace("\\n", " ").split()) for said in after] == [True, True]


# --- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        WHY,
        "Weil die Linie dem Zufall nachläuft – „auswendig gelernt“.",
        "因为它把每一个点都背下来了，所以新的点就错了。",
        "لأن النموذج يحفظ نقاطه ولا يفهم القاعدة.",
        "It learns the noise 🎲, and é is e + ́ here.",
        "x < y && y > z, so <b>no</b> {{ markup }} & “quotes”.",
    ],
)
def test_words_are_kept_and_shown_as_they_were_written(
    swept: Membership,
    lesson: LoadedLesson,
    write: Write,
    client_of: Callable[[User], Client],
    text: str,
) -> None:
    receipt = write(text)

    page = client_of(swept.user).get(reverse("lessons:part", args=["ours", SLUG, "u-curve"])).content.decode()
    said = page.partition('<blockquote dir="auto" class="words__said">')[2].partition("</blockquote>")[0].strip()
    assert receipt.submission.answer == {"text": text}
    assert kept(swept, lesson) == text
    assert unescape(said) == text
    assert "<b>no</b>" not in page


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("First it learns.\r\nThen it memorises.", "First it learns.\nThen it memorises."),
        ("First it learns.\rThen it memorises.", "First it learns.\nThen it memorises."),
        ("First it learns.\n\nThen it memorises.", "First it learns.\n\nThen it memorises."),
        ("\n  It learns the noise.  \n", "It learns the noise."),
        ("It   learns\tthe  noise.", "It learns the noise."),
    ],
)
def test_lines_stay_lines_and_only_spaces_are_tidied(
    swept: Membership, lesson: LoadedLesson, write: Write, typed: str, text: str
) -> None:
    write(typed)

    assert kept(swept, lesson) == text


def test_what_is_sent_again_takes_the_place_of_what_was_there_and_both_are_on_record(
    swept: Membership, lesson: LoadedLesson, write: Write
) -> None:
    write(WHY)
    write("Because it learns the noise by heart.")

    assert kept(swept, lesson) == "Because it learns the noise by heart."
    on_record = Submission.objects.order_by("pk").values_list("answer", "lesson_hash")
    assert list(on_record) == [
        ({"text": WHY}, lesson.content_hash),
        ({"text": "Because it learns the noise by heart."}, lesson.content_hash),
    ]


def test_the_same_envelope_is_kept_once(swept: Membership, lesson: LoadedLesson, write: Write) -> None:
    envelope = uuid.uuid4()

    first, again = write(WHY, client_id=envelope), write(WHY, client_id=envelope)
    with pytest.raises(services.IdTaken):
        write("Something else altogether.", client_id=envelope)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.submission == first.submission
    assert kept(swept, lesson) == WHY


def test_an_explanation_waits_for_its_reader_and_holds_nobody_up(
    swept: Membership, lesson: LoadedLesson, write: Write
) -> None:
    receipt = write(WHY)

    assert state(swept, "u-curve", EXPLAIN) == PartState.WAITING
    assert receipt.submission.reply["progress"]["part"]["state"] == PartState.WAITING


def test_a_conclusion_waits_to_be_read_and_another_run_takes_nothing_away(
    blamed: Membership, lesson: LoadedLesson, write: Write
) -> None:
    before = state(blamed, "mission", MISSION)
    write(WHY, MISSION)

    blame(blamed, seed=2)

    assert before == PartState.WORKING
    assert state(blamed, "mission", MISSION) == PartState.WAITING
    assert kept(blamed, lesson, MISSION) == WHY
    assert runs.memory(blamed, lesson, MISSION)["runs"] == {"blame": 2}


def test_a_run_after_the_explanation_leaves_it_alone(swept: Membership, lesson: LoadedLesson, write: Write) -> None:
    write(WHY)

    runs.sweep(swept, lesson, seed=2)

    assert kept(swept, lesson) == WHY
    assert state(swept, "u-curve", EXPLAIN) == PartState.WAITING


# --- what is refused ------------------------------------------------------------------------------

TOO_SHORT = "This is too short to say why. Write one to three sentences in your own words."


@pytest.mark.parametrize("activity", [EXPLAIN, MISSION])
@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("", TOO_SHORT),
        (" \n\t ", TOO_SHORT),
        ("It overfits", TOO_SHORT),
        ("It" + " " * 20 + "overfits", TOO_SHORT),
        ("x" * 15, TOO_SHORT),
        ("\u200b" * 80, TOO_SHORT),
        ("\u3164" * 30, TOO_SHORT),
        ("🎲" * 20, TOO_SHORT),
        ("背下旧点了", TOO_SHORT),
        ("x" * 901, "One to three sentences are enough. You have 901 characters, and 900 is the most."),
        ("🎲" * 1000, "One to three sentences are enough. You have 1000 characters, and 900 is the most."),
        (f"{WHY}\0", "This contains characters that cannot be stored."),
        (f"{WHY}\ud83d", "This contains characters that cannot be stored."),
        (None, "Send your sentences as text."),
        (["It learns the noise."], "Send your sentences as text."),
        (123456789012345678, "Send your sentences as text."),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence_at_its_field(
    swept: Membership, blamed: Membership, lesson: LoadedLesson, write: Write, activity: str, sent: Any, says: str
) -> None:
    with pytest.raises(Refusal) as refused:
        write(sent, activity)

    assert str(refused.value) == says
    assert refused.value.errors == {"text": [says]}
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    "text", ["It overfits it", "模型只是背下了旧点，新点会错", f"{WHY} {'x' * (899 - len(WHY))}", f"  {WHY:🎲<900}\r\n"]
)
def test_the_shortest_and_the_longest_are_kept(
    swept: Membership, lesson: LoadedLesson, write: Write, text: str
) -> None:
    write(text)

    assert kept(swept, lesson) == text.strip()


def test_a_refused_second_text_leaves_the_first(swept: Membership, lesson: LoadedLesson, write: Write) -> None:
    write(WHY)

    with pytest.raises(Refusal):
        write("x" * 901)

    assert kept(swept, lesson) == WHY


@pytest.mark.parametrize("activity", [EXPLAIN, MISSION])
def test_a_page_keeps_what_was_typed_when_it_is_refused(
    swept: Membership, blamed: Membership, send_page: Page, activity: str
) -> None:
    answer = send_page("Too short.", activity)

    text = unescape(answer.content.decode())
    assert answer.status_code == 400
    assert ">Too short.</textarea>" in text
    assert f'id="{activity}-text-error" data-error="text">{TOO_SHORT}</p>' in text


def test_a_page_that_is_sent_shows_the_part_again(swept: Membership, lesson: LoadedLesson, send_page: Page) -> None:
    answer = send_page("First it learns.\r\nThen it memorises.")

    assert answer.status_code == 302
    assert kept(swept, lesson) == "First it learns.\nThen it memorises."


def test_a_program_explains_as_a_page_does(
    swept: Membership, lesson: LoadedLesson, api_of: Callable[[User], APIClient]
) -> None:
    address = f"/api/v1/lessons/{SLUG}/activities/{EXPLAIN}/submissions/"
    sent = [{"id": str(uuid.uuid4()), "step": 1, "answer": {"text": text}} for text in ("x" * 901, WHY)]

    refused, taken = (api_of(swept.user).post(address, each, format="json") for each in sent)

    assert refused.status_code == 400
    assert refused.json()["errors"] == {
        "text": ["One to three sentences are enough. You have 901 characters, and 900 is the most."]
    }
    assert (taken.status_code, taken.json()["accepted"]) == (201, True)
    assert taken.json()["progress"]["activity"]["state"] == PartState.WAITING
