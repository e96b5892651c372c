"""The print pack: what is on paper, for which rule, and that nothing sealed is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from classroom.models import GradientRule, Membership, User
from dashboard import handouts
from lessons import catalogue

pytestmark = pytest.mark.django_db
KINDS = ["worksheets", "cards", "guesses", "axes", "cases"]


@pytest.fixture
def printed(instructor: Membership, client_of: Callable[[User], Client]) -> Callable[[str], str]:
    client = client_of(instructor.user)
    slug = instructor.cohort.slug

    def get(rest: str = "") -> str:
        answer = client.get(f"/print/{slug}/{rest}")
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def test_the_lesson_has_sheets_of_five_kinds(instructor: Membership) -> None:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None

    pack = handouts.print_pack(instructor.cohort, lesson)

    assert [stack.kind for stack in pack] == KINDS
    # Extras, and points that are drawn for each student, are on no sheet.
    assert [len(stack.sheets) for stack in pack] == [1, 1, 2, 1, 12]


@pytest.mark.parametrize(("rule", "gradient"), [(GradientRule.HALF, 0), (GradientRule.FULL, 3)])
def test_the_worksheet_has_the_rule_of_the_class(
    instructor: Membership, printed: Callable[[str], str], rule: str, gradient: int
) -> None:
    instructor.cohort.gradient_rule = rule
    instructor.cohort.save()

    assert printed("worksheets/").count("gradient = 2 × average =") == gradient


def test_no_number_that_is_to_be_found_is_on_paper(printed: Callable[[str], str]) -> None:
    everything = printed("")

    for found in ("0.7463", "1.2127", "1.5042", "1.4925", "14.925"):
        assert found not in everything
    assert "In fairness" not in everything


def test_a_sheet_in_a_full_class_gives_no_sealed_text_away(printed: Callable[[str], str]) -> None:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    sealed = [
        item.reveal.text
        for activity in lesson.lesson.activities
        for item in getattr(activity, "items", ())
        if item.reveal is not None
    ]

    everything = printed("")

    assert len(sealed) > 20
    assert not [text for text in sealed if text[:40] in everything]


def test_six_cards_have_the_letters_a_to_f(printed: Callable[[str], str]) -> None:
    assert re.findall(r'cards__letter">(.)<', printed("cards/")) == list("ABCDEF")


def test_outcomes_are_defined_once_on_a_sheet(printed: Callable[[str], str]) -> None:
    assert printed("guesses/").count("lands on the best w in one step, and stays") == 1


@pytest.mark.parametrize(("asked", "paper"), [("", "a4"), ("?paper=letter", "letter"), ("?paper=a0", "a4")])
def test_the_paper_is_a4_unless_letter_is_asked_for(printed: Callable[[str], str], asked: str, paper: str) -> None:
    assert f"pack--{paper}" in printed(asked)


def test_a_kind_that_the_lesson_has_not_is_not_found(
    instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(instructor.user).get(f"/print/{instructor.cohort.slug}/posters/")

    assert answer.status_code == 404
