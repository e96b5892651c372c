"""Questions as an author writes them: what is refused, what is advised, and that YAML alone makes a new one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from classroom.models import User
from lessons.activities.predict.schema import Predict
from lessons.authoring.base import visible
from lessons.authoring.loader import load
from lessons.authoring.source import LessonError
from lessons.catalogue import lint
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons.little import HEAD

LESSON = (
    HEAD
    + """\
parts:
  - key: guess
    title: Guess
    line: One question.
    minutes: 10
    prose: arc.md
    activities:
      - type: predict
        key: guess
        title: Guess
        choices:
          - {key: up, text: up}
          - {key: flat, text: flat}
          - {key: down, text: down}
        items:
          - key: first
            title: First
            question: Which way?
            minutes: 2
            right: down
            reveal: {text: It went down.}
sentence: I guessed.
"""
)
ITEM = """\
          - key: second
            title: Second
            question: How many of ten?
            minutes: 3
            number: {min: 0, max: 10, step: 1, right: 7, within: 1}
            reveal: {text: Seven.}
"""
FULL = """\
            cycle: full
            ideas: [{key: a, text: One idea}, {key: b, text: Another}]
            convinced: [{key: c, text: I counted}, {key: d, text: I felt it}]
            transfer: {key: again, title: Again, question: 'And now?', right: up, reveal: {text: Up.}}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the little lesson, with one passage replaced or more items added."""

    def write_lesson(old: str = "", new: str = "", *, items: str = "") -> Path:
        assert old in LESSON
        folder = tmp_path / "little"
        folder.mkdir(exist_ok=True)
        text = (LESSON.replace(old, new, 1) if old else LESSON).replace("sentence:", f"{items}sentence:")
        (folder / "lesson.yaml").write_text(text, encoding="utf-8")
        (folder / "arc.md").write_text("Words.", encoding="utf-8")
        return folder

    return write_lesson


def predict(folder: Path) -> Predict:
    activity = load(folder).lesson.parts[0].activities[0]
    assert isinstance(activity, Predict)
    return activity


def refusal_of(folder: Path) -> str:
    with pytest.raises(LessonError) as refusal:
        load(folder)
    return str(refusal.value).removeprefix(f"{folder}/")


@pytest.mark.pure
def test_an_item_that_names_no_choices_offers_the_shared_ones(write: Write) -> None:
    assert [choice.key for choice in predict(write()).items[0].choices] == ["up", "flat", "down"]


@pytest.mark.pure
def test_an_item_may_mix_shared_choices_with_its_own(write: Write) -> None:
    named = "            choices: [down, flat, {key: away, text: away}]\n            right: down\n"

    item = predict(write("            right: down\n", named)).items[0]

    assert [(choice.key, choice.text) for choice in item.choices] == [
        ("down", "down"),
        ("flat", "flat"),
        ("away", "away"),
    ]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("right: down", "right: left", "“left” is not among the choices; write up, flat or down"),
        ("right: down", "choices: [up, left, down]", "item “first” names choices that are not shared: left"),
        (
            "right: down",
            "choices: [up, down]\n            right: down",
            "has 2, and a question needs 3 at least",
        ),
        ("            right: down\n", "", "say what is right in one way"),
        ("right: down", "right: down\n            run: later", "say what is right in one way"),
        ("            reveal: {text: It went down.}\n", "", "an item needs its `reveal`"),
        ("right: down", "right: down\n            cycle: full", "a full cycle needs ideas, convinced, transfer"),
        ("items:", "worked: 0.05\n        items:", "learning rates need `data` to run on"),
        ("right: down", "right: down\n            rigth: up", "is not a word that lessons know"),
        (
            "right: down",
            "right: down\n            comments: {left: Never}",
            "“left” is not among the choices; write up, flat or down",
        ),
        ("right: down", "number: {min: 0, max: 1, step: 5, right: 0}", "leave nothing to choose"),
        ("right: down", "number: {min: 0, max: 9, step: 1, right: 12}", "the right number 12 lies outside 0 to 9"),
        ("- {key: flat, text: flat}", "- {key: up, text: flat}", "two choices have the same key"),
        ("items:", "after: by-hand\n        items:", "after: there is no activity “by-hand”"),
        ("items:", "choose: 2\n        items:", "there are fewer items than one has to do"),
        (
            "{text: It went down.}",
            "{text: D., sources: [{text: A}]}",
            "a source is a link: give its `doi`, or its `url`",
        ),
        (
            "{text: It went down.}",
            "{text: D., sources: [{text: A, doi: 10.1000/a, url: 'https://a.test'}]}",
            "a source is a link: give its `doi`, or its `url`",
        ),
        (
            "{text: It went down.}",
            "{text: D., sources: [{text: A, url: 'javascript:a'}]}",
            "source 1, url: “",
        ),
        (
            "{text: It went down.}",
            "{text: D., sources: [{text: A, url: 'http://a.test'}]}",
            "source 1, url: “",
        ),
        ("{text: It went down.}", "{text: D., sources: [{text: A, doi: doi.org/10}]}", "source 1, doi: “"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(write: Write, old: str, new: str, said: str) -> None:
    told = refusal_of(write(old, new))

    assert said in told
    assert told.startswith("lesson.yaml:")
    assert "\n" not in told


@pytest.mark.pure
def test_two_items_with_one_key_are_refused(write: Write) -> None:
    assert "these items are there more than once: first" in refusal_of(
        write(items=ITEM.replace("key: second", "key: first"))
    )


@pytest.mark.pure
def test_nothing_that_comes_after_the_seal_is_visible(write: Write) -> None:
    shown = visible(predict(write("            right: down\n", "            right: down\n" + FULL, items=ITEM)))

    sealed = {"right", "also", "comments", "reveal", "saw", "ideas", "convinced", "transfer"}
    assert [set(item) & sealed for item in shown["items"]] == [set(), set()]
    assert shown["items"][1]["number"] == {"min": "0", "max": "10", "step": "1", "unit": "", "lowest_point": None}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("minutes", "warnings"),
    [(8, []), (9, ["part “guess” has 10 minutes, and its questions take 11 by the half rule"])],
)
def test_questions_that_take_longer_than_their_part_are_pointed_out(
    write: Write, minutes: int, warnings: list[str]
) -> None:
    items = ITEM.replace("minutes: 3", f"minutes: {minutes}")

    assert [each for each in lint(load(write(items=items))).warnings if "half" in each] == warnings


@pytest.mark.pure
def test_a_source_leads_to_its_address_or_by_its_doi(write: Write) -> None:
    sources = "[{text: A, doi: 10.1000/a}, {text: B, url: 'https://b.test/'}]"

    reveal = predict(write("{text: It went down.}", f"{{text: Down., sources: {sources}}}")).items[0].reveal

    assert reveal is not None
    assert [source.link for source in reveal.sources] == ["https://doi.org/10.1000/a", "https://b.test/"]


@pytest.mark.pure
@pytest.mark.parametrize(("n", "says"), [(59, False), (60, True)])
def test_a_reveal_of_more_than_120_words_is_pointed_out_and_what_is_folded_does_not_count(
    write: Write, n: int, says: bool
) -> None:
    long = " ".join(["word"] * n)

    reveal = f"{{text: {long}, headline: {{text: one}}, fair: {long}, more: {long}}}"
    warnings = lint(load(write("{text: It went down.}", reveal))).warnings

    told = f"item “first” shows {2 * n + 1} words at once, and 120 are enough; put the rest under `more`"
    assert any(told in each for each in warnings) is says


@pytest.mark.pure
@pytest.mark.parametrize(("n", "says"), [(3, False), (4, True)])
def test_more_than_three_full_cycles_are_pointed_out(write: Write, n: int, says: bool) -> None:
    many = "".join(
        f"          - key: q{i}\n            title: Q\n            question: And?\n            right: up\n"
        f"            reveal: {{text: Up.}}\n{FULL.replace('key: again', f'key: again{i}')}"
        for i in range(n)
    )

    warnings = lint(load(write(items=many))).warnings

    assert any("questions go the full cycle" in each for each in warnings) is says


@pytest.mark.pure
def test_a_rate_that_does_what_nobody_can_choose_is_a_fault(write: Write) -> None:
    folder = write(
        "            right: down\n",
        "            choices: [{key: crawls, text: a}, {key: settles, text: b}, {key: zigzags, text: c}]\n"
        "            rates: [2]\n",
    )
    file = folder / "lesson.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("items:", "data: {x: [1, 2], y: [2, 4], start: 0}\n        items:"), encoding="utf-8")

    faults = [re.sub(r"^lesson\.yaml:\d+: part 1 “guess”, ", "", fault) for fault in lint(load(folder)).faults]

    assert faults == [
        "activity 1 “guess”: by the half rule the rate of item “first” explodes, and that is not offered",
        "activity 1 “guess”: by the full rule the rate of item “first” explodes, and that is not offered",
    ]


@pytest.fixture
def little(write: Write, settings: Settings) -> None:
    """Make the little lesson, with a number in it, the only one there is."""
    settings.LESSONS_FOLDERS = [write(items=ITEM).parent]


def test_a_new_question_is_asked_sealed_and_revealed_by_yaml_alone(
    little: None, db: None, api_of: Callable[[User], APIClient]
) -> None:
    student = MembershipFactory(cohort=CohortFactory(slug="ours", lessons=["little"]))
    api, activity = api_of(student.user), "/api/v1/lessons/little/activities/guess/"

    asked = api.get(activity).json()["items"][1]
    sent = {"id": str(uuid.uuid4()), "item": "second", "round": 1, "choice": "6,5", "confidence": "guess"}
    sealed = api.post(f"{activity}predictions/", sent, format="json")
    revealed = api.get(f"{activity}items/second/reveal/").json()

    assert (asked["question"], asked["sealed_at"]) == ("How many of ten?", None)
    assert (sealed.status_code, sealed.json()["counted"]) == (201, True)
    assert (revealed["verdict"], revealed["number"], revealed["text"]) == ("right", "7", "Seven.")
    assert api.get("/api/v1/lessons/little/").json()["parts"][0]["state"] == "working"
