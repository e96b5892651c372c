"""The source check and the corpus check: what is taken, what is refused, and in which words."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from classroom.models import Cohort, Membership
from classroom.refusals import Refusal
from lessons import reviews, selectors, services
from lessons.activities.file_check import grade as file_check_grade
from lessons.activities.file_check.schema import FileCheck
from lessons.activities.source_check import grade as source_check_grade
from lessons.activities.source_check.schema import SourceCheck
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartState, Submission
from tests.lessons import runs
from tests.pupils import WHY, keep

GOOD = {
    "supplied": "mnist",
    "claim": "MNIST has 50,000 images for training.",
    "who_1": "Yann LeCun",
    "when_1": "1998",
    "passage_1": "The training set has 60,000 examples.",
    "where_1": "https://yann.example.org/mnist",
    "stance_1": "contradicts",
    "who_2": "A museum",
    "when_2": "no date",
    "passage_2": "It consists of 60,000 training images.",
    "where_2": "https://museum.example.com",
    "stance_2": "contradicts",
    "independent": "yes",
    "stamp": "reject",
}


def check(lesson: LoadedLesson) -> SourceCheck:
    found = selectors.place_of(lesson, "source-check")[1]
    assert isinstance(found, SourceCheck)
    return found


def test_a_source_check_is_kept_as_it_was_filled_in(lesson: LoadedLesson) -> None:
    assert source_check_grade.read(check(lesson), GOOD) == GOOD


@pytest.mark.parametrize("short", [{"claim": "地球是圆的"}, {"who_1": "北大"}, {"when_2": "今天"}, {"where_1": "p. 7"}])
def test_a_line_is_long_enough_by_what_it_says(lesson: LoadedLesson, short: dict[str, str]) -> None:
    assert source_check_grade.read(check(lesson), GOOD | short) == GOOD | short


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"claim": ""}, "claim", "Fill this in."),
        ({"claim": "So."}, "claim", "too short"),
        ({"claim": "\u3164" * 30}, "claim", "Fill this in."),
        ({"who_2": "\u200b" * 30}, "who_2", "Fill this in."),
        ({"passage_1": "…" * 20}, "passage_1", "Fill this in."),
        ({"where_1": "https://exam\u202eple.org"}, "where_1", "U+202E, RIGHT-TO-LEFT OVERRIDE"),
        ({"who_1": "Yann" + "\u0300" * 9}, "who_1", "more than 4 accents on one letter"),
        ({"passage_1": "x" * 601}, "passage_1", "At most 600 characters. This has 601"),
        ({"who_2": "the Yann-LeCun"}, "who_2", "That is one source"),
        ({"where_2": "www.example.org/other"}, "where_2", "Both links lead to example.org"),
        ({"who_1": "ChatGPT 5"}, "who_1", "cannot be a source"),
        ({"where_2": "https://chatgpt.com/share/1"}, "who_2", "cannot be a source"),
        ({"independent": "release"}, "independent", "the two count as one"),
        ({"independent": "copy"}, "independent", "the two count as one"),
        ({"independent": "assistant"}, "independent", "the two count as one"),
        ({"independent": "perhaps"}, "independent", "Choose one"),
        ({"stamp": ""}, "stamp", "Choose one"),
        ({"stamp": "revise"}, "corrected", "Write the true sentence."),
        ({"stamp": "accept"}, "why", "point to the stamp “reject or revise”"),
        ({"supplied": "nothing"}, "supplied", "supplied answer does not exist"),
        ({"supplied": "own"}, "assistant", "Fill this in."),
        ({"claim": 7}, "claim", "Send text"),
        ({"claim": "a sentence with \0 in it"}, "claim", "cannot be stored"),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_is(
    lesson: LoadedLesson, changed: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(Refusal) as refused:
        source_check_grade.read(check(lesson), GOOD | changed)

    assert list(refused.value.errors) == [field] or field == "assistant"
    assert says in refused.value.errors[field][0]


@pytest.mark.parametrize(
    ("stances", "stamp", "is_at_odds"),
    [
        (("supports", "supports"), "accept", False),
        (("supports", "supports"), "reject", True),
        (("supports", "contradicts"), "revise", False),
        (("contradicts", "supports"), "accept", True),
        (("unclear", "supports"), "revise", False),
        (("contradicts", "contradicts"), "revise", False),
        (("unclear", "unclear"), "reject", False),
        (("unclear", "unclear"), "accept", True),
        (("contradicts", "unclear"), "accept", True),
    ],
)
def test_a_stamp_at_odds_asks_to_be_explained_and_is_no_wall(
    lesson: LoadedLesson, stances: tuple[str, str], stamp: str, is_at_odds: bool
) -> None:
    answer = GOOD | {"stance_1": stances[0], "stance_2": stances[1], "stamp": stamp, "corrected": "It has 60,000."}

    assert source_check_grade.is_at_odds(answer) is is_at_odds
    assert (
        source_check_grade.read(check(lesson), answer | {"why": "The second source is newer than the first."})["stamp"]
        == stamp
    )


@pytest.mark.parametrize(
    ("where", "domain"),
    [
        ("https://news.bbc.co.uk/1/hi", "bbc.co.uk"),
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("HTTP://WWW.Example.ORG:8080/x?y", "example.org"),
        ("https://anna.github.io/x", "anna.github.io"),
        ("https://bert.github.io/x", "bert.github.io"),
        ("https://münchen.de/", "xn--mnchen-3ya.de"),
        ("https://192.0.2.7/x", "192.0.2.7"),
        ("Knuth, The Art of Computer Programming, page 3", None),
        ("https://", None),
        ("https://[", None),
    ],
)
def test_the_domain_that_somebody_registered(where: str, domain: str | None) -> None:
    assert source_check_grade.domain_of(where) == domain


@pytest.mark.parametrize(
    ("where", "domain"),
    [
        ("https://doi.org/10.1073/pnas.1903070116", None),
        ("https://dx.doi.org/10.1186/s41235-021-00291-4", None),
        ("https://web.archive.org/web/20200101000000/https://www.nist.gov/itl", "nist.gov"),
        ("https://web.archive.org/", "archive.org"),
    ],
)
def test_what_only_leads_on_is_no_publisher(where: str, domain: str | None) -> None:
    assert source_check_grade.domain_of(where) == domain


@pytest.mark.parametrize(
    ("who", "where", "is_one"),
    [
        ("ChatGPT", "", True),
        ("chat-gpt 5", "", True),
        ("GPT-4o", "", True),
        ("OpenAI's ChatGPT", "", True),
        ("Gemini 2.5 Pro", "", True),
        ("Claude 3.5 Sonnet by Anthropic", "", True),
        ("DeepSeek R1", "", True),
        ("Microsoft Copilot (Bing)", "", True),
        ("Google AI Overviews", "", True),
        ("My AI", "", True),
        ("Claude Shannon", "", False),
        ("Gemini Observatory", "", False),
        ("Edgar Allan Poe", "", False),
        ("Poe", "", False),
        ("Pi", "", False),
        ("AI Now Institute", "", False),
        ("Google", "", False),
        ("Museum of Natural History, model 5", "", False),
        ("A library", "https://www.bing.com/chat?q=x", True),
        ("A library", "https://www.bing.com/search?q=x", False),
        ("A library", "https://g.co/gemini/share/1", True),
        ("A library", "https://x.com/i/grok/share/1", True),
        ("A library", "https://x.com/museum/status/1", False),
        ("A library", "https://en.wikipedia.org/wiki/ChatGPT", False),
        ("A library", "https://notchatgpt.com/", False),
    ],
)
def test_an_assistant_is_known_by_its_name_or_its_address(who: str, where: str, is_one: bool) -> None:
    assert source_check_grade.is_assistant(who, where) is is_one


@pytest.mark.django_db
def test_a_source_check_waits_to_be_read(student: Membership, lesson: LoadedLesson) -> None:
    services.submit(student, lesson, "source-check", client_id=uuid.uuid4(), step=1, answer=GOOD)

    standing = selectors.progress_of(student, lesson)["mission"].activities["source-check"]
    assert (standing["state"], standing["memory"]["check"]) == (PartState.WAITING, GOOD)


FILE = {
    "bytes": "60000",
    "words": "9000",
    "lines": "400",
    "encoding": "utf-8",
    "fingerprint": "a1" * 32,
    "type": "txt",
}


def file_check(lesson: LoadedLesson) -> FileCheck:
    found = selectors.place_of(lesson, "corpus-check")[1]
    assert isinstance(found, FileCheck)
    return found


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"words": ""}, "words", "Pick your file first"),
        ({"words": "-3"}, "words", "Pick your file first"),
        ({"bytes": "9" * 17}, "bytes", "Pick your file first"),
        ({"words": "70000"}, "words", "more words than bytes"),
        ({"fingerprint": "abc"}, "fingerprint", "64 characters"),
        ({"encoding": "klingon"}, "encoding", "not plain text"),
        ({"type": "docx"}, "type", "ends in .txt, .md"),
    ],
)
def test_figures_that_cannot_be_are_refused(
    lesson: LoadedLesson, changed: dict[str, str], field: str, says: str
) -> None:
    with pytest.raises(Refusal) as refused:
        file_check_grade.read(file_check(lesson), FILE | changed)

    assert list(refused.value.errors) == [field]
    assert says in refused.value.errors[field][0]


@pytest.mark.django_db
def test_a_corpus_is_short_then_kept_then_confirmed(student: Membership, lesson: LoadedLesson) -> None:
    def send(answer: dict[str, Any]) -> dict[str, Any]:
        services.submit(student, lesson, "corpus-check", client_id=uuid.uuid4(), step=1, answer=answer)
        standing: dict[str, Any] = selectors.progress_of(student, lesson)["mission"].activities["corpus-check"]
        return standing

    assert send({"none": "1"})["memory"] == {"none": True}
    assert send(FILE | {"words": "10"})["state"] == PartState.WORKING
    kept = send(FILE)
    again = send(FILE)
    other = send(FILE | {"fingerprint": "b2" * 32})

    assert (kept["state"], kept["memory"]["is_confirmed"]) == (PartState.DONE, True)  # the short one had it, too
    assert again["memory"]["is_confirmed"] is True
    assert other["memory"]["is_confirmed"] is False


def test_a_short_file_does_not_take_the_place_of_a_long_one(student: Membership, lesson: LoadedLesson) -> None:
    services.submit(student, lesson, "corpus-check", client_id=uuid.uuid4(), step=1, answer=FILE)

    with pytest.raises(Refusal, match="We keep the longer one from before"):
        services.submit(student, lesson, "corpus-check", client_id=uuid.uuid4(), step=1, answer=FILE | {"words": "10"})

    standing = selectors.progress_of(student, lesson)["mission"].activities["corpus-check"]
    assert (standing["state"], standing["memory"]["file"]["words"]) == (PartState.DONE, 9000)


def test_a_due_time_that_has_passed_is_not_told_as_if_it_were_to_come(
    cohort: Cohort, student: Membership, client_of: Any
) -> None:
    cohort.next_session_at = datetime(2020, 12, 1, 9, 30, tzinfo=UTC)
    cohort.save()
    page = client_of(student.user)

    assert "You can still send it" in page.get("/c/ours/lessons/data-rules-everything/").text
    assert "Due " not in page.get("/c/ours/lessons/data-rules-everything/mission/").text


def test_the_checklist_stands_on_the_arc_with_its_day_in_the_zone_of_the_class(
    cohort: Cohort, student: Membership, client_of: Any, clock: Any
) -> None:
    cohort.time_zone = "Asia/Tokyo"
    cohort.next_session_at = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    cohort.save()
    page: Client = client_of(student.user)

    clock(datetime(2026, 11, 28, tzinfo=UTC))
    text = page.get("/c/ours/lessons/data-rules-everything/").text

    assert "Due Tuesday 1 December, 18:30 (Asia/Tokyo)" in text
    for title in ("One experiment of your own", "One answer, two sources", "The texts for Week 3"):
        assert title in text


# --- what is done folds ---------------------------------------------------------------------------

MISSION = "/c/ours/lessons/data-rules-everything/mission/"
CLAIM = GOOD["claim"]


def folds_of(page: Client) -> list[str]:
    """The lines that are folded on the mission's page, in words."""
    found = re.findall(
        r'<details class="folded"( open)?>\s*<summary[^>]*>(.*?)</summary>', page.get(MISSION).text, re.S
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) + is_open for is_open, line in found]


def test_each_piece_that_is_handed_in_folds_to_what_came_of_it(
    student: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    page = client_of(student.user)
    assert folds_of(page) == []

    keep(student, lesson, "stretch", {"done": ["blame"], "runs": {"blame": 1}})
    for key, answer in (("stretch", {"text": WHY}), ("source-check", GOOD), ("corpus-check", FILE)):
        services.submit(student, lesson, key, client_id=uuid.uuid4(), step=1, answer=answer)

    assert folds_of(page) == [
        "✓ One experiment of your own Blame detective",
        f"✓ One answer, two sources “{CLAIM}” · reject",
        "✓ The texts for Week 3 9,000 words",
    ]


def test_what_a_source_check_claims_is_said_once(student: Membership, lesson: LoadedLesson, client_of: Any) -> None:
    services.submit(student, lesson, "source-check", client_id=uuid.uuid4(), step=1, answer=GOOD)

    sent = client_of(student.user).get(MISSION).text.partition("Change what you sent")[0]

    assert sent.count(CLAIM) == 1


def test_what_was_sent_back_is_open(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    sent = services.submit(student, lesson, "source-check", client_id=uuid.uuid4(), step=1, answer=GOOD).submission
    reviews.decide(instructor, sent.pk, decision="returned", met=[False] * 3, comment="Which page?")

    assert folds_of(client_of(student.user)) == []


# --- its end --------------------------------------------------------------------------------------


def hand_in_all(student: Membership, lesson: LoadedLesson) -> list[Submission]:
    """What the mission asks for; what of it is read comes back."""
    keep(student, lesson, "stretch", {"done": ["blame"], "runs": {"blame": 1}})
    given = (("stretch", {"text": WHY}), ("source-check", GOOD), ("corpus-check", FILE))
    sent = [services.submit(student, lesson, key, client_id=uuid.uuid4(), step=1, answer=what) for key, what in given]
    return [each.submission for each in sent[:2]]


def end_of(html: str) -> str:
    found = re.search(r'data-block="onward.end.*?</p>', html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0].partition(">")[2]).split()) if found else ""


def test_the_last_part_ends_with_a_stroke_and_a_way_on(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    page = client_of(student.user)
    at_first = page.get(MISSION).text
    sent = hand_in_all(student, lesson)
    handed_in = page.get(MISSION).text
    for each in sent:
        reviews.decide(instructor, each.pk, decision="approved", met=[True] * 3, comment="")
    read = page.get(MISSION).text
    for part in lesson.lesson.parts:
        for activity in part.activities:
            if part.key != "mission" and not activity.extra:
                keep(student, lesson, activity.key, {})
    at_last = page.get(MISSION).text

    assert [end_of(html) for html in (at_first, handed_in, read, at_last)] == [
        "",
        "✓ Part 7 is handed in. Part 1 · Gradient descent by hand →",
        "✓ Part 7 is done. Part 1 · Gradient descent by hand →",
        "✓ Part 7 is done. You have done every part. See your badge →",
    ]


def test_a_decision_shows_on_the_page_that_is_open(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    page = client_of(student.user)
    asks = r'hx-get="([^"]+/since/[^"]+)"'
    at_first = page.get(MISSION).text
    sent = hand_in_all(student, lesson)
    address = unescape(re.findall(asks, page.get(MISSION).text)[0])

    before = page.get(address, headers={"HX-Request": "true"})
    reviews.decide(instructor, sent[1].pk, decision="approved", met=[True] * 3, comment="Well found.")
    told = page.get(address, headers={"HX-Request": "true"})

    assert re.findall(asks, at_first) == []
    assert before.status_code == 204
    assert "Well found." in told.text
    # The other one is still to be read.
    again = unescape(re.findall(asks, told.text)[0])
    assert page.get(again, headers={"HX-Request": "true"}).status_code == 204


# --- a guess, noted before ------------------------------------------------------------------------


def notes_in(html: str) -> list[tuple[str, bool]]:
    """The notes on a page: the draft that each is, and whether it can be written."""
    found = re.findall(r'data-step="(note-[^"]+)".*?<textarea ([^>]*)>', html, re.S)
    return [(step, "readonly" not in field) for step, field in found]


def test_a_guess_is_noted_before_the_run_and_shown_beside_what_came_of_it(
    student: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    page = client_of(student.user)
    before = page.get(f"{MISSION}?trial=blame").text
    runs.ask(student, lesson, "stretch", trial="blame", seed=7)
    under_way = page.get(f"{MISSION}?trial=blame").text
    elsewhere = page.get("/c/ours/lessons/data-rules-everything/bias/").text

    assert notes_in(before) == [("note-blame", True)]
    assert before.index("note-blame") < before.index("stretch.start.blame")
    assert "Nobody grades it, and it is never sent." in " ".join(before.split())
    # What is known of a run is not guessed at any more.
    assert notes_in(under_way) == [("note-blame", False)]
    assert notes_in(elsewhere) == []


def test_a_conclusion_has_the_guesses_of_what_was_run_above_it(
    student: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    keep(student, lesson, "stretch", {"done": ["tipping-point", "blame"], "runs": {"blame": 1, "tipping-point": 1}})

    html = client_of(student.user).get(f"{MISSION}?trial=blame").text

    above = html.partition('id="stretch-question"')[0]
    assert notes_in(above)[-2:] == [("note-tipping-point", False), ("note-blame", False)]
