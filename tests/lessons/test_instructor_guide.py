"""What the instructor's guide says of the lesson is so: its minutes, its numbers and its sentences."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from django.conf import settings

from lessons.authoring.loader import LoadedLesson
from lessons.maths import descent, values
from lessons.maths.descent import Problem

pytestmark = pytest.mark.pure

GUIDE = settings.BASE_DIR / "docs/instructor.md"
FLAT = " ".join(GUIDE.read_text(encoding="utf-8").split())
TOLD = " ".join(
    re.sub(r"[*>\s]+", " ", file.read_text(encoding="utf-8").replace("\N{NON-BREAKING HYPHEN}", "-"))
    for file in (settings.BASE_DIR / "lessons/content/data_rules_everything").glob("*.md")
)
# “34–49 | 2 Learning-rate chaos”
ROW = re.compile(r"^\| (\d+)–(\d+) \| (.*?) \|", re.MULTILINE)


def test_the_run_sheet_has_the_minutes_of_the_lesson_one_after_the_other(lesson: LoadedLesson) -> None:
    rows = [(int(begins), int(ends), what) for begins, ends, what in ROW.findall(GUIDE.read_text(encoding="utf-8"))]
    planned = {
        f"{number} {part.title}": part.minutes
        for number, part in enumerate(lesson.lesson.parts, start=1)
        if not part.homework and not part.badge
    }

    assert [begins for begins, __, __what in rows][1:] == [ends for __, ends, __what in rows][:-1]
    assert {what: ends - begins for begins, ends, what in rows if what in planned} == planned
    assert (rows[0][0], rows[-1][1]) == (0, 120)


def test_the_numbers_to_know_are_those_of_the_worksheet() -> None:
    points = [Fraction(each) for each in (1, 2, 3, 4)], [Fraction(each) for each in ("2.1", "3.9", "6.2", "7.8")]
    first, second, third = (
        values.show(w) for w in descent.path(Problem(*map(tuple, points), Fraction("0.05"), "half"), Fraction(0), 3)[1:]
    )
    with_full = values.show(descent.step(Problem(*map(tuple, points), Fraction("0.05"), "full"), Fraction(0)))

    assert f"the three steps give {first}, {second} and {third}" in FLAT
    assert f"With the full rule the first one is {with_full}" in FLAT


def test_what_is_said_aloud_is_said_in_the_lesson(lesson: LoadedLesson) -> None:
    assert lesson.lesson.sentence in FLAT
    for line in ("Overall accuracy hid the harm. Per-group metrics exposed it.", "The gradient knows the direction."):
        assert line in TOLD
        assert line in FLAT
