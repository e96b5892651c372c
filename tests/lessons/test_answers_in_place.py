"""An answer to a sheet brings what has changed, and not what its page says that it shows already."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from classroom.models import Cohort, GradientRule, Membership, User
from lessons.models import Submission
from tests.pupils import Sheet

LESSON = "/c/ours/lessons/data-rules-everything/"
RIGHT = {
    **{f"error_{row}": error for row, error in enumerate(("-2.1", "-3.9", "-6.2", "-7.8"), start=1)},
    **{f"product_{row}": product for row, product in enumerate(("-2.1", "-7.8", "-18.6", "-31.2"), start=1)},
    "mean": "-14.925",
    "w": "0.7463",
}
WRONG = {**RIGHT, "product_2": "7.8", "mean": "-11.025", "w": "0.5513"}


@pytest.fixture
def sheet(student: Membership, client_of: Callable[[User], Client]) -> Sheet:
    return Sheet(client_of(student.user), student)


PIECES = {
    "the drawings": ('id="charts" hx-preserve', "data-loss-chart"),
    "the sheets to come": ('id="ahead" hx-preserve', "data-later-step"),
    "how a step works": ('id="help" hx-preserve', "How a step works"),
    "the longer story": ('id="why" hx-preserve', "why__word"),
}


@pytest.mark.parametrize("piece", PIECES)
def test_a_second_wrong_answer_leaves_what_has_not_changed(sheet: Sheet, piece: str) -> None:
    stays, text = PIECES[piece]
    sheet(1, WRONG)

    answer = sheet(1, WRONG | {"w": "3"}).text

    assert stays in answer
    assert text not in answer


@pytest.mark.parametrize("piece", PIECES)
def test_a_page_that_says_nothing_gets_everything(sheet: Sheet, piece: str) -> None:
    stays, text = PIECES[piece]
    sheet(1, WRONG)

    answer = sheet(1, WRONG | {"w": "3"}, shown="").text

    assert stays not in answer
    assert text in answer


def test_the_rail_comes_when_a_part_has_another_state(sheet: Sheet) -> None:
    begun = sheet(1, WRONG).text
    again = sheet(1, WRONG | {"w": "3"}).text

    assert 'id="rail"' in begun
    assert 'id="rail"' not in again


def test_a_right_answer_draws_the_new_w_and_leaves_the_sheets_to_come(sheet: Sheet) -> None:
    sheet(1, WRONG)

    answer = sheet(1, RIGHT).text

    assert 'data-step="2"' in answer
    assert 'data-w="0.7463"' in answer
    assert 'id="charts" hx-preserve' not in answer
    assert 'id="ahead" hx-preserve' in answer


def test_the_slope_is_drawn_as_soon_as_it_was_found(sheet: Sheet) -> None:
    sheet(1, WRONG)

    answer = sheet(1, RIGHT | {"w": "3"}).text

    assert "slope −14.925" in answer


def test_another_rule_brings_its_own_sheets_to_come(sheet: Sheet, cohort: Cohort) -> None:
    """Before anybody has answered, the instructor may change it while a page is open."""
    Cohort.objects.filter(pk=cohort.pk).update(gradient_rule=GradientRule.FULL)

    answer = sheet(1, WRONG).text

    assert 'name="gradient"' in answer
    assert 'id="ahead" data-later' in answer


def test_what_a_page_shows_is_no_part_of_the_answer(sheet: Sheet) -> None:
    sheet(1, WRONG)

    assert "shown" not in Submission.objects.get().answer
