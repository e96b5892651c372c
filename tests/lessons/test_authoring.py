"""Lesson files: what is refused and in which words, what stays sealed, what changes the hash."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import BaseModel

from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.reading.schema import Reading
from lessons.authoring import base, markdown
from lessons.authoring.base import Sealed
from lessons.authoring.lint import core_minutes
from lessons.authoring.loader import LoadedLesson, load
from lessons.authoring.source import LessonError, LessonProblem
from lessons.catalogue import lint
from tests.lessons.little import HEAD

pytestmark = pytest.mark.pure

LESSON = (
    HEAD
    + """\
parts:
  - key: walk
    title: Walk
    line: Two steps.
    minutes: 10
    prose: walk.md
    activities:
      - type: hand_steps
        key: walk
        title: Two steps
        x: [1, 2]
        y: [3, 5]
        start: 0
        learning_rate: 0.1
        intro: intro.md
        steps:
          - {ask: [errors, w], say: Go}
          - {ask: [w], say: Go on}
        closing: closing.md
      - type: reading
        key: why
        title: Why
        text: why.md
  - key: later
    title: Later
    line: To come.
    minutes: 5
    prose: later.md
    soon: true
laws:
  - {number: 2, text: A law, explained: It holds, part: walk}
sentence: I did it.
"""
)
TEXTS = ("arc", "walk", "intro", "closing", "why", "later")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the little lesson into a folder, with one passage of its YAML replaced."""

    def write_lesson(old: str = "", new: str = "") -> Path:
        assert old in LESSON
        (tmp_path / "lesson.yaml").write_text(LESSON.replace(old, new, 1) if old else LESSON, encoding="utf-8")
        for name in TEXTS:
            (tmp_path / f"{name}.md").write_text(f"Words of *{name}*.", encoding="utf-8")
        return tmp_path

    return write_lesson


def hand_steps(loaded: LoadedLesson) -> HandSteps:
    activity = loaded.lesson.parts[0].activities[0]
    assert isinstance(activity, HandSteps)
    return activity


def problems_of(folder: Path) -> list[LessonProblem]:
    with pytest.raises(LessonError) as refusal:
        load(folder)
    return refusal.value.problems


def line_of(passage: str, text: str = LESSON) -> int:
    return text[: text.index(passage)].count("\n") + 1


def test_a_lesson_is_loaded_with_its_texts_as_html(write: Write) -> None:
    loaded = load(write())

    assert loaded.lesson.slug == "little"
    assert loaded.texts == {f"{name}.md": f"<p>Words of <em>{name}</em>.</p>\n" for name in TEXTS}


def test_a_lesson_may_bring_a_notebook_which_is_part_of_it(write: Write) -> None:
    folder = write("arc: arc.md", "arc: arc.md\nnotebook: work.ipynb")
    hashes = set()

    for text in ('{"nbformat": 4, "cells": []}', '{"nbformat": 4, "cells": [{}]}'):
        (folder / "work.ipynb").write_text(text, encoding="utf-8")
        loaded = load(folder)
        assert loaded.notebook == text
        assert "work.ipynb" not in loaded.texts
        hashes.add(loaded.content_hash)

    assert len(hashes) == 2
    assert load(write()).notebook is None


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 3, "worksheets": []}', '{"nbformat": 4}'])
def test_what_is_no_notebook_is_said(write: Write, text: str) -> None:
    folder = write("arc: arc.md", "arc: arc.md\nnotebook: work.ipynb")
    (folder / "work.ipynb").write_text(text, encoding="utf-8")

    assert [str(problem) for problem in problems_of(folder)] == [
        f"{folder / 'lesson.yaml'}:{line_of('arc: arc.md') + 1}: notebook: "
        "names work.ipynb, which is not a Jupyter notebook"
    ]


def test_numbers_are_taken_exactly_as_written(write: Write) -> None:
    activity = hand_steps(load(write("learning_rate: 0.1", 'learning_rate: "4/15"')))

    assert activity.learning_rate == Fraction(4, 15)
    assert hand_steps(load(write())).learning_rate == Fraction(1, 10)


def test_parts_and_activities_are_found_by_key(write: Write) -> None:
    loaded = load(write())

    assert loaded.part("later") == loaded.lesson.parts[1]
    assert loaded.part("nowhere") is None
    assert loaded.find_activity("why") == (loaded.lesson.parts[0], loaded.lesson.parts[0].activities[1])
    assert loaded.find_activity("nowhere") is None


@pytest.mark.parametrize(
    ("old", "new", "activity", "field", "message"),
    [
        ("learning_rate:", "lerning_rate:", "walk", "parts.0.activities.0.lerning_rate", "is not a word that"),
        ("start: 0", "start: zero", "walk", "parts.0.activities.0.start", "“zero” is not a number"),
        ("start: 0", "start: true", "walk", "parts.0.activities.0.start", "“True” is not a number"),
        ("start: 0", "start: .nan", "walk", "parts.0.activities.0.start", "“nan” is not a number"),
        ("start: 0", "start: 1/0", "walk", "parts.0.activities.0.start", "“1/0” is not a number"),
        ("start: 0", "start: 1e999999999", "walk", "parts.0.activities.0.start", "is not a number"),
        ("y: [3, 5]", "y: [3, ha]", "walk", "parts.0.activities.0.y.1", "“ha” is not a number"),
        ("intro: intro.md", "intro: ../secret.md", "walk", "parts.0.activities.0.intro", "not the name of a Markdown"),
        ("intro: intro.md", "intro: gone.md", "walk", "parts.0.activities.0.intro", "names gone.md, which is not"),
        ("closing: closing.md", "closing: no.md", "walk", "parts.0.activities.0.closing", "names no.md, which is not"),
        ("text: why.md", "words: why.md", "why", "parts.0.activities.1.words", "is not a word that lessons know"),
        ("key: why", "key: Why Not", "Why Not", "parts.0.activities.1.key", "“Why Not” is not a slug"),
        ("- {ask: [w], say", "- {ask: [w, mean], say", "walk", "parts.0.activities.0.steps.1", "w last"),
        ("- {ask: [w], say", "- {ask: [w, w], say", "walk", "parts.0.activities.0.steps.1", "once"),
        (
            "- {ask: [w], say",
            "- {ask: [v], say",
            "walk",
            "parts.0.activities.0.steps.1.ask.0",
            "“v” is not known here; write errors, products",
        ),
        ("type: reading", "type: raeding", "why", "parts.0.activities.1", "raeding"),
        ("minutes: 10", "minutes: 121", "", "parts.0.minutes", "is 121, and at most 120"),
        ("minutes: 10", "minuets: 10", "", "parts.0.minuets", "is not a word that lessons know"),
        ("prose: later.md", "prose: gone.md", "", "parts.1.prose", "names gone.md, which is not beside it"),
        ("arc: arc.md", "arc: arc.md\nnotebook: work.py", "", "notebook", "not the name of a notebook"),
        (
            "arc: arc.md",
            "arc: arc.md\nnotebook: gone.ipynb",
            "",
            "notebook",
            "names gone.ipynb, which is not beside it",
        ),
        ("language: en", "language: English", "", "language", "“English” is not the code of a language"),
        ("    soon: true", "    soon: false", "", "parts.1", "must say `soon: true`"),
        ("key: later", "key: badge", "", "parts.1", "has the key “badge”"),
        ("    soon: true", "    badge: data-scientist", "", "parts.1", "has the key “badge”"),
        ("title: Later", "title: Later\n    title: Sooner", "", "parts.1.title", "is said twice"),
    ],
)
def test_a_problem_names_file_activity_field_and_line(
    write: Write, old: str, new: str, activity: str, field: str, message: str
) -> None:
    folder = write(old, new)
    # What is wrong stands on the last line of the new words.
    line = line_of(old) + new.count("\n")
    if field.endswith("activities.1") or field == "parts.1":
        line = line_of("- type: reading") if activity else line_of("- key: later")

    found = [problem for problem in problems_of(folder) if problem.field == field]

    assert [(problem.file, problem.activity, problem.line) for problem in found] == [
        (folder / "lesson.yaml", activity, line)
    ]
    assert message in found[0].message


def test_a_problem_reads_as_one_line(write: Write) -> None:
    folder = write("learning_rate: 0.1", "learning_rate: fast")

    with pytest.raises(LessonError) as refusal:
        load(folder)

    assert str(refusal.value) == (
        f"{folder / 'lesson.yaml'}:{line_of('learning_rate')}: part 1 “walk”, activity 1 “walk”, learning_rate: "
        "“fast” is not a number; write 0.05, or a fraction such as 4/15"
    )


@pytest.mark.parametrize("needed", ["slug: little\n", "sentence: I did it.\n", "arc: arc.md\n"])
def test_what_is_missing_is_named(write: Write, needed: str) -> None:
    problems = problems_of(write(needed, ""))

    assert [(problem.field, problem.message, problem.line) for problem in problems] == [
        (needed.split(":")[0], "is missing", 1)
    ]


def test_what_is_missing_in_an_activity_is_named_with_it(write: Write) -> None:
    problems = problems_of(write("        start: 0\n", ""))

    assert [(problem.activity, problem.field, problem.message, problem.line) for problem in problems] == [
        ("walk", "parts.0.activities.0.start", "is missing", line_of("type: hand_steps"))
    ]


def test_all_problems_are_told_at_once(write: Write) -> None:
    folder = write("start: 0\n        learning_rate: 0.1", "start: a\n        learning_rate: b")

    assert [problem.message.split()[0] for problem in problems_of(folder)] == ["“a”", "“b”"]


def test_all_missing_texts_are_told_at_once(write: Write) -> None:
    folder = write()
    (folder / "why.md").unlink()
    (folder / "arc.md").unlink()

    assert [(problem.field, problem.line) for problem in problems_of(folder)] == [
        ("arc", line_of("arc: arc.md")),
        ("parts.0.activities.1.text", line_of("text: why.md")),
    ]


def test_points_come_in_pairs(write: Write) -> None:
    problems = problems_of(write("y: [3, 5]", "y: [3, 5, 8]"))

    assert [(problem.activity, problem.message) for problem in problems] == [
        ("walk", "x has 2 values and y has 3: each point needs both")
    ]


@pytest.mark.parametrize(
    ("old", "new", "twice"),
    [
        ("key: why", "key: walk", "an activity in part 1"),  # two activities in the part whose name they bear
        ("key: why", "key: later", "part 2"),  # an activity named as another part
        ("- key: later", "- key: walk", "part 1"),
    ],
)
def test_a_key_belongs_to_one_thing(write: Write, old: str, new: str, twice: str) -> None:
    problems = problems_of(write(old, new))

    [problem] = problems
    assert problem.message == f"“{new.removeprefix('- ').removeprefix('key: ')}” is the key of {twice} too"
    assert problem.line == line_of(old)


def test_a_law_names_a_part_that_exists(write: Write) -> None:
    problems = problems_of(write("explained: It holds, part: walk", "explained: It holds, part: run"))

    assert [problem.message for problem in problems] == ["there is no part “run”"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"slug: [1,\n  2\ntitle: x\n", 1, "is not YAML"),
        (b"slug: 'open\n", 1, "is not YAML"),
        (b"a: &a\n  b: *nobody\n", 2, "is not YAML"),
        (b"slug: \xff\xfe\n", 1, "is not UTF-8 text"),
        (b"slug: 2026-13-45\n", None, "cannot be read"),
        (b"", None, "is empty"),
        (b"- 1\n", None, "does not begin with words"),
    ],
)
def test_a_file_that_is_no_lesson_is_a_problem_and_not_a_crash(
    tmp_path: Path, content: bytes, line: int | None, message: str
) -> None:
    (tmp_path / "lesson.yaml").write_bytes(content)

    problem = problems_of(tmp_path)[0]

    assert (problem.file, problem.line) == (tmp_path / "lesson.yaml", line)
    assert message in problem.message


def test_an_alias_to_what_it_stands_in_is_a_problem_and_not_a_crash(write: Write) -> None:
    problems = problems_of(write("hero: {eyebrow: Week 1, text: Hello there}", "hero: &hero {eyebrow: *hero, text: T}"))

    assert problems[0].field == "hero.eyebrow"


def test_a_folder_without_a_lesson_is_a_problem(tmp_path: Path) -> None:
    assert [problem.message for problem in problems_of(tmp_path)] == ["cannot be read: No such file or directory"]


def test_a_text_in_another_encoding_is_a_problem(write: Write) -> None:
    folder = write()
    (folder / "why.md").write_bytes(b"\xff\xfe")

    assert [(problem.activity, problem.message) for problem in problems_of(folder)] == [
        ("why", "names why.md, which is not UTF-8 text")
    ]


def test_a_line_that_speaks_of_a_file_does_not_name_one(write: Write) -> None:
    loaded = load(write("line: Two steps.", "line: Read README.md"))

    assert set(loaded.texts) == {f"{name}.md" for name in TEXTS}


def test_what_is_sealed_is_absent_until_its_moment(write: Write) -> None:
    activity = hand_steps(load(write()))

    before, after = base.visible(activity), base.visible(activity, unsealed=True)

    assert base.sealed_fields(HandSteps) == {"closing"}
    assert after["closing"] == "closing.md"
    assert before == {name: value for name, value in after.items() if name != "closing"}


def test_an_activity_without_secrets_is_visible_in_full() -> None:
    activity = Reading(type="reading", key="why", title="Why", text="why.md")

    assert base.visible(activity) == {
        "type": "reading",
        "key": "why",
        "title": "Why",
        "text": "why.md",
        "extra": False,
    }


def test_what_is_sealed_is_absent_at_any_depth() -> None:
    class Answer(BaseModel):
        words: str
        right: Sealed[bool]

    class Question(BaseModel):
        first: Answer
        answers: tuple[Answer, ...]
        plain: tuple[int, ...]

    one, other = Answer(words="up", right=True), Answer(words="down", right=False)

    seen = base.visible(Question(first=one, answers=(one, other), plain=(1, 2)))

    assert seen == {"first": {"words": "up"}, "answers": [{"words": "up"}, {"words": "down"}], "plain": [1, 2]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("learning_rate: 0.1", "learning_rate: 0.11"),
        ("x: [1, 2]", "x: [2, 1]"),
        ("start: 0", "start: 0.001"),
        ("minutes: 5", "minutes: 6"),
        ("say: Go on", "say: Go on!"),
        ("sentence: I did it.", "sentence: I did it"),
        ("soon: true", "soon: true\n    activities: [{type: reading, key: new, title: New, text: why.md}]"),
    ],
)
def test_the_hash_changes_with_any_word_or_number(write: Write, old: str, new: str) -> None:
    before = load(write()).content_hash

    assert load(write(old, new)).content_hash != before


@pytest.mark.parametrize("name", TEXTS)
def test_the_hash_changes_with_any_text(write: Write, name: str) -> None:
    folder = write()
    before = load(folder).content_hash

    (folder / f"{name}.md").write_text(f"Words of *{name}*!", encoding="utf-8")

    assert load(folder).content_hash != before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x: [1, 2]", "x:\n          - 1  # the first\n          - 2.0"),
        ("learning_rate: 0.1", 'learning_rate: "1/10"'),
        ("slug: little\ntitle: A little lesson", 'title: "A little lesson"\nslug: little'),
        ("sentence: I did it.", "sentence: >-\n  I did\n  it."),
        ("soon: true", "soon: true\n    activities: []"),
    ],
)
def test_the_hash_does_not_change_with_the_layout_of_the_yaml(write: Write, old: str, new: str) -> None:
    before = load(write()).content_hash

    assert load(write(old, new)).content_hash == before


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("![x](http://far.away/x.png)", "<p></p>\n"),
        ("## Two", "<h2>Two</h2>\n"),
    ],
)
def test_texts_hold_words_and_no_scripts(text: str, html: str) -> None:
    assert markdown.to_html(text) == html


def test_a_line_keeps_its_bold_words_and_gets_no_paragraph() -> None:
    assert markdown.to_inline_html("Do **one** [thing](/x) <b>") == "Do <strong>one</strong> thing &lt;b&gt;"


def test_a_good_lesson_has_no_faults_and_no_warnings(write: Write) -> None:
    loaded = load(write())

    found = lint(loaded)

    assert core_minutes(loaded.lesson) == 15
    assert (found.faults, found.warnings) == ([], [])


WALK = f"lesson.yaml:{line_of('- type: hand_steps')}: part 1 “walk”, activity 1 “walk”"


def untellable(rule: str, slips: str, advice: str) -> str:
    return f"{WALK}: by the {rule} rule a student who {slips} gets the right w at every step; {advice}"


STILL = f"{WALK}: w never moves; give a learning_rate above 0, another start or other points"


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        (
            "rate: 0.1",
            "rate: 1",
            [
                untellable(
                    rule,
                    "used the learning rate twice, or forgot the learning rate",
                    "with a learning_rate of 0.05 it would show",
                )
                for rule in ("half", "full")
            ],
        ),
        (
            "x: [1, 2]",
            "x: [1, 1]",
            [
                untellable(
                    rule,
                    "did not multiply by x, or averaged before multiplying, or multiplied by x twice, or divided by x",
                    "choose other points",
                )
                for rule in ("half", "full")
            ],
        ),
        ("rate: 0.1", "rate: 0", [STILL]),
        ("start: 0", "start: 2.6", [STILL]),
        # The product of x = 0 is 0 anyway: the others are missed when they are left out.
        ("x: [1, 2]\n        y: [3, 5]", "x: [0, 1, 2]\n        y: [1, 3, 5]", []),
        # Going on from the start is a slip from the second step on.
        ("          - {ask: [w], say: Go on}\n", "", []),
    ],
)
def test_a_sheet_that_could_not_see_a_slip_is_a_fault(write: Write, old: str, new: str, faults: list[str]) -> None:
    assert lint(load(write(old, new))).faults == faults


def test_the_rate_that_is_suggested_hides_no_slip(write: Write) -> None:
    assert lint(load(write("rate: 0.1", "rate: 0.05"))).faults == []


def test_a_slip_hidden_from_one_student_alone_is_a_fault(write: Write) -> None:
    given = "        x: [1, 2]\n        y: [3, 5]\n"
    drawn = "        drawn: {n_points: 2, x: [1, 2], slope: [1.5, 2], noise: 0}\n"

    assert lint(load(write(given, drawn))).faults == []
    assert lint(load(write(given, drawn.replace("1.5", "1")))).faults == [
        untellable(rule, "multiplied by y", "choose other points") for rule in ("half", "full")
    ]


def test_numbers_that_several_slips_give_are_notes(write: Write) -> None:
    notes = lint(load(write())).notes

    told = "step 1: w = −0.65 comes from a student who went in the wrong direction, or stopped at rate × gradient, or "
    assert any(told in note for note in notes)
    # What is mended in the same way needs no telling apart.
    stale = "a student who kept the first predictions, or used the last step’s gradient"
    assert not any(note.endswith(stale) for note in notes)


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("minutes: 10", "minutes: 116", "the core takes 121 minutes, and a session has 120"),
        ("rate: 0.1", "rate: 0", f"{WALK}: a learning rate of 0 never walks downhill"),
        ("rate: 0.1", "rate: -0.1", f"{WALK}: a learning rate of -1/10 never walks downhill"),
        ("start: 0", "start: 2.6", f"{WALK}: the gradient at the start is 0, so no step will move w"),
        ("x: [1, 2]", "x: [0, 0]", f"{WALK}: the gradient at the start is 0, so no step will move w"),
        (
            "rate: 0.1",
            "rate: 0.5",
            f"{WALK}: a learning rate of 0.5 jumps past the best w, farther each time; 0.2 walks to it",
        ),
    ],
)
def test_what_an_author_may_want_to_think_about_again_is_said(write: Write, old: str, new: str, warning: str) -> None:
    assert lint(load(write(old, new))).warnings == [warning]


def test_two_hours_exactly_are_fine(write: Write) -> None:
    assert lint(load(write("minutes: 10", "minutes: 115"))).warnings == []


def test_a_text_that_nothing_names_is_pointed_out(write: Write) -> None:
    folder = write("        intro: intro.md\n", "")

    assert lint(load(folder)).warnings == ["intro.md is in the folder, but nothing names it"]
