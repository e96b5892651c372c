"""Numbers as people type them: the same in a cell, in a guess and over the API, or refused with a sentence."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from classroom.models import Membership, User
from lessons.activities.hand_steps.maths.grading import grade_cell
from lessons.activities.predict import guesses
from lessons.activities.predict.guesses import Scale
from lessons.maths import values
from lessons.models import Prediction
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons.little import HEAD
from tests.spellings import INVISIBLE, SPELLINGS, UNREADABLE, VALUE, ZEROS, in_script

SCALE = Scale(Fraction(-20), Fraction(20), "")
PERCENT = Scale(Fraction(0), Fraction(100), "%")
CELLS = [f"{kind}_{row}" for kind in ("error", "product") for row in range(1, 7)]

# On its first step every cell but w is the same number.
LESSON = (
    HEAD
    + """\
parts:
  - key: one
    title: One
    line: One number.
    minutes: 10
    prose: arc.md
    activities:
      - type: hand_steps
        key: sheet
        title: Sheet
        x: [1, 1, 1, 1, 1, 1]
        y: [14.925, 14.925, 14.925, 14.925, 14.925, 14.925]
        start: 0
        learning_rate: 0.1
        steps: [{ask: [errors, w], say: Work it out.}]
      - type: predict
        key: guess
        title: Guess
        items:
          - key: signed
            title: Signed
            question: How much?
            minutes: 2
            number: {min: -20, max: 20, step: 1, right: 7}
            reveal: {text: Seven.}
          - key: share
            title: Share
            question: What share?
            minutes: 2
            number: {min: 0, max: 100, step: 1, unit: "%", right: 7}
            reveal: {text: Seven.}
sentence: I guessed.
"""
)


@pytest.fixture
def student(tmp_path: Path, settings: Settings, db: None) -> Membership:
    folder = tmp_path / "little"
    folder.mkdir()
    (folder / "lesson.yaml").write_text(LESSON, encoding="utf-8")
    (folder / "arc.md").write_text("Words.", encoding="utf-8")
    settings.LESSONS_FOLDERS = [tmp_path]
    return MembershipFactory(cohort=CohortFactory(slug="ours", lessons=["little"]))


def by_sheet(spellings: Iterable[str]) -> Iterator[dict[str, str]]:
    """Spellings by cell, as many as fit on a sheet."""
    left = iter(spellings)
    while cells := dict(zip(CELLS, left, strict=False)):
        yield cells


# --- the reading itself ---------------------------------------------------------------------------


@pytest.mark.pure
def test_the_table_has_two_hundred_spellings_and_fifty_refusals() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 200
    assert len(dict(UNREADABLE)) == len(UNREADABLE) >= 50


@pytest.mark.pure
@pytest.mark.parametrize("typed", SPELLINGS, ids=ascii)
def test_every_spelling_is_right_in_a_cell_and_in_a_guess(typed: str) -> None:
    assert grade_cell(typed, VALUE).state == "right"
    assert guesses.read(SCALE, typed).value == VALUE


@pytest.mark.pure
@pytest.mark.parametrize(("typed", "reason"), UNREADABLE, ids=lambda text: ascii(text[:40]))
def test_what_cannot_be_told_is_refused_and_says_why(typed: str, reason: str) -> None:
    with pytest.raises(values.UnreadableNumber) as refused:
        values.parse(typed)

    assert refused.value.reason == reason
    with pytest.raises(ValueError, match="Type a number from −20 to 20"):
        guesses.read(SCALE, typed)


@pytest.mark.pure
@given(
    st.fractions(-1000, 1000, max_denominator=10_000),
    st.sampled_from(ZEROS),
    st.sampled_from("-−–－ー"),
    st.sampled_from(".,٫．，"),
    st.sampled_from([*INVISIBLE, ""]),
)
def test_what_is_shown_is_read_back_in_any_script_and_with_any_signs(
    value: Fraction, zero: str, minus: str, point: str, hidden: str
) -> None:
    shown = values.show(value).replace("−", minus).replace(".", point)

    typed = hidden.join(in_script(shown, zero))

    assert values.rounded(value, 4) in values.readings(typed)
    assert values.parse(typed) == values.rounded(value, 4)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("½", "1/2"),
        ("14½", "29/2"),
        ("−2¾", "-11/4"),
        ("14 1⁄2", "29/2"),
        ("2 7/3", "13/3"),
        ("1 234,5", "1234.5"),
        ("1\u202f234\u202f567,5", "1234567.5"),
        ("1’234’567.5", "1234567.5"),
        ("١٬٢٣٤٫٥", "1234.5"),
        ("1.000,5", "1000.5"),
        ("1,000", "1"),
        ("0,500", "1/2"),
        ("2.0", "2"),
    ],
)
def test_other_values_are_read_as_they_are_meant(typed: str, value: str) -> None:
    assert values.parse(typed) == Fraction(value)


@pytest.mark.pure
@pytest.mark.parametrize("exact", ["1", "1000"])
def test_a_cell_takes_the_number_that_is_right_of_two_that_can_be_meant(exact: str) -> None:
    assert grade_cell("1,000", Fraction(exact)).state == "right"
    assert grade_cell("-1,000", -Fraction(exact)).state == "right"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("typed", "exact"), [("۱۴/۹۲۵", "14.925"), ("−۱۴/۹۲۵", "-14.925"), ("۳/۴", "3/4"), ("14/925", "14/925")]
)
def test_a_slash_between_persian_digits_may_be_a_decimal_point(typed: str, exact: str) -> None:
    assert grade_cell(typed, Fraction(exact)).state == "right"
    assert grade_cell("14/925", Fraction("14.925")).state == "not_yet"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        *(("17", 17), (" 007 ", 7), ("-3", -3), ("+4", 4), ("４２", 42), ("٤٢", 42), ("१७", 17), ("−17", -17)),
        *(("1 000", 1000), ("1\u202f000", 1000), ("1’000", 1000), ("1٬000", 1000), ("1\u200b7", 17)),
        *(("1,000,000", 1_000_000), ("1.000.000", 1_000_000), ("1 000 000", 1_000_000)),
    ],
)
def test_a_whole_number_is_read_as_people_type_it(typed: str, whole: int) -> None:
    assert values.whole(typed) == whole


@pytest.mark.pure
@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        *((typed, "unclear") for typed in ("1,000", "1.000", "-2,500", "１，０００", "١،٠٠٠", "30.000", "1 234/5")),
        *((typed, "not_whole") for typed in ("1.5", "1,5", "0,500", "7/2", "1e3", "1.0", "1 000.5")),
        *((typed, "letters") for typed in ("", "x", "²", "0x10", "12 34", "1_000")),
        *((typed, "percent") for typed in ("50%", "%50")),
        ("9" * 5000, "long"),
    ],
)
def test_a_size_or_a_seed_that_could_be_two_numbers_or_is_none_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(values.UnreadableNumber) as refused:
        values.whole(typed)

    assert refused.value.reason == reason


@pytest.mark.pure
@pytest.mark.parametrize("typed", ["50%", "50 %", "50\u202f%", "%50", "٥٠٪", "５０％", "50", "50,0 %", "100/2 %"])
def test_a_guess_in_percent_takes_the_sign(typed: str) -> None:
    assert guesses.read(PERCENT, typed).text == "50\u00a0%"


@pytest.mark.pure
@pytest.mark.parametrize("typed", ["41", "41 of 100", "41 OF 100", "４１ of 100"])
def test_a_unit_may_be_typed_beside_its_number(typed: str) -> None:
    assert guesses.read(Scale(Fraction(0), Fraction(100), "of 100"), typed).value == 41


@pytest.mark.pure
def test_a_guess_that_could_be_two_numbers_is_the_one_on_the_scale() -> None:
    assert guesses.read(Scale(Fraction(0), Fraction(10), ""), "5,000").value == 5
    assert guesses.read(Scale(Fraction(1000), Fraction(9000), ""), "5,000").value == 5000
    with pytest.raises(ValueError, match="That could be two numbers"):
        guesses.read(Scale(Fraction(0), Fraction(9000), ""), "5,000")


# --- the same through the doors -------------------------------------------------------------------


def test_every_spelling_is_right_on_the_sheet_over_the_api(
    student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    api, address = api_of(student.user), "/api/v1/lessons/little/activities/sheet/submissions/"
    states: dict[str, str] = {}

    for cells in by_sheet(SPELLINGS):
        answer = {**dict.fromkeys(CELLS, "-14.925"), **cells, "w": "1,4925"}
        verdict = api.post(address, {"id": str(uuid.uuid4()), "step": 1, "answer": answer}, format="json").json()
        states |= {typed: verdict["cells"][cell]["state"] for cell, typed in cells.items()}

    assert {typed for typed, state in states.items() if state != "right"} == set()
    assert len(states) == len(SPELLINGS)


def test_every_spelling_is_right_on_the_page_of_the_sheet(student: Membership, client: Client) -> None:
    client.force_login(student.user)
    address = "/c/ours/lessons/little/activities/sheet/check/"

    for cells in by_sheet(SPELLINGS):
        wrong = {**dict.fromkeys(CELLS, "-14.925"), **cells, "w": "9"}
        client.post(address, {"id": str(uuid.uuid4()), "step": "1", **wrong})
        newest = student.submissions.order_by("-pk").first()
        assert newest is not None
        states = {cell: verdict["state"] for cell, verdict in newest.reply["cells"].items()}
        assert states == {**dict.fromkeys(CELLS, "right"), "w": "not_yet"}, wrong


SENTENCES = {
    "letters": "We cannot read that as a number.",
    "unclear": "That could be two numbers.",
    "not_finite": "We cannot calculate with that number.",
    "percent": "This is not a percentage. Leave out the %.",
    "long": "That is too long for a number here.",
}


def test_what_cannot_be_told_is_never_said_to_be_wrong_maths(
    student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    api, address = api_of(student.user), "/api/v1/lessons/little/activities/sheet/submissions/"
    wanted = {typed: reason for typed, reason in UNREADABLE if typed.strip()}
    said: set[str] = set()
    wrong: dict[str, tuple[str, Any]] = {}

    for cells in by_sheet(wanted):
        sent = {"id": str(uuid.uuid4()), "step": 1, "answer": {**cells, "w": "9"}}
        verdict = api.post(address, sent, format="json").json()
        told: set[str] = set()
        for cell, typed in cells.items():
            reply, sentence = verdict["cells"][cell], SENTENCES[wanted[typed]]
            # What several cells have in common is said at the first of them.
            alike = f"{cell.partition('_')[0]}: {sentence}"
            is_told = reply["feedback"].startswith(sentence) or (alike in told and not reply["feedback"])
            if not is_told or reply["slip"] is not None:
                wrong[typed] = (reply["feedback"], reply["slip"])
            told.add(alike)
        said |= set(cells.values())

    assert wrong == {}
    assert len(said) == len(wanted)


def test_every_spelling_is_shown_as_it_was_read_before_it_is_sealed(client: Client) -> None:
    scale = {"low": "-20", "high": "20", "unit": ""}
    plain = {"-14.925", "-14.9250", "-014.925"}

    shown = {
        typed: client.get("/reading/", {**scale, "choice": typed}).content.decode()
        for typed in SPELLINGS
        if typed.strip() not in plain
    }

    assert [typed for typed, html in shown.items() if 'name="read_as" value="-14.925"' not in html] == []
    assert [typed for typed, html in shown.items() if ">−14.925</data>" not in html] == []


def test_nothing_is_shown_for_what_is_plain_or_cannot_be_told(client: Client) -> None:
    scale = {"low": "-20", "high": "20", "unit": ""}

    shown = {typed: client.get("/reading/", {**scale, "choice": typed}) for typed in (*dict(UNREADABLE), "5", "21")}

    assert {typed: answer.content.strip() for typed, answer in shown.items() if answer.content.strip()} == {}
    assert {answer.status_code for answer in shown.values()} == {200}


@pytest.mark.parametrize("scale", [{}, {"low": "x", "high": "1"}, {"low": "0", "high": "1" * 50}])
def test_a_scale_that_is_none_shows_nothing(client: Client, scale: dict[str, str]) -> None:
    assert client.get("/reading/", {"choice": "0,5", **scale}).content.strip() == b""


Seal = Callable[..., Any]


@pytest.fixture
def seal(student: Membership, client: Client) -> Seal:
    client.force_login(student.user)

    def send(choice: str, item: str = "share", **more: str) -> Any:
        sent = {"id": str(uuid.uuid4()), "item": item, "round": "1", "choice": choice, "confidence": "guess", **more}
        return client.post("/c/ours/lessons/little/activities/guess/seal/", sent)

    return send


@pytest.mark.parametrize(("choice", "read_as"), [("0,5", "0.5"), ("٥٠٪", "50"), ("½", "0.5"), ("１２", "12")])
def test_a_guess_is_not_sealed_before_its_sender_has_seen_how_it_is_read(seal: Seal, choice: str, read_as: str) -> None:
    held = seal(choice)
    html = held.content.decode()

    assert held.status_code == 400
    assert f"We read that as {read_as}\u00a0%. Seal it again if that is right." in html
    assert f'<input type="hidden" name="read_as" value="{read_as}">' in html
    assert f'value="{choice}"' in html
    assert not Prediction.objects.exists()

    assert seal(choice, read_as=read_as).status_code == 302
    assert Prediction.objects.get().choice == read_as


def test_a_number_that_was_changed_after_it_was_shown_is_shown_again(seal: Seal) -> None:
    assert seal("0,6", read_as="0.5").status_code == 400
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("choice", ["50", " 0.5 ", "7.50"])
def test_a_plain_number_is_sealed_at_once(seal: Seal, choice: str) -> None:
    assert seal(choice).status_code == 302
    assert Prediction.objects.count() == 1


@pytest.mark.parametrize("choice", ["−14,925", "-14 37/40", "－١٤٫٩٢٥", -14.925, "-597/40"])
def test_a_program_seals_any_spelling(
    student: Membership, api_of: Callable[[User], APIClient], choice: str | float
) -> None:
    sent = {"id": str(uuid.uuid4()), "item": "signed", "choice": choice, "confidence": "sure"}
    answer = api_of(student.user).post("/api/v1/lessons/little/activities/guess/predictions/", sent, format="json")

    assert answer.status_code == 201
    assert answer.json()["choice"] == Prediction.objects.get().choice == "-14.925"
