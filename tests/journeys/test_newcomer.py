"""The lesson from its first page to the badge, on a small phone, by what the screen shows alone."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Desk
from tests.journeys.newcomer import Newcomer
from tests.journeys.steps import LESSON, NewStudent

pytestmark = pytest.mark.journey
SHORT_PHONE = {"width": 390, "height": 664}


def test_the_lesson_is_played_by_what_is_visible(desk: Desk, new_student: NewStudent) -> None:
    """Run with `-s` for the table of taps, swipes and seconds."""
    page = desk.open(new_student("mia"), viewport=SHORT_PHONE, has_touch=True, is_mobile=True)
    page.goto(LESSON)
    newcomer = Newcomer(page)

    newcomer.play("badge")

    print(f"\n{newcomer.table()}")
    # The same walk took 163 taps and 159 swipes before the pages kept what is new in view.
    assert newcomer.together.taps <= 125
    assert newcomer.together.swipes <= 70
