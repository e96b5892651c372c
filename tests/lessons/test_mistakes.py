"""What `check_content` says to authors, mistake by mistake; and to whatever else a file may hold, always something."""

from __future__ import annotations

import doctest
import random
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command

from lessons import catalogue
from lessons.authoring import near, references, source
from lessons.authoring.loader import load
from lessons.authoring.source import LessonError, LessonProblem
from lessons.management.commands import check_content
from tests import guide
from tests.lessons.mistakes import MISTAKES, Mistake

pytestmark = pytest.mark.pure

RAW = ("Input should", "expected <", "did not find", "valid ", "could not find", "Extra inputs", "block mapping")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return guide.write(tmp_path / "ice_cream")


def told(folder: Path) -> list[str]:
    """What the author reads, without the folder and the notes."""
    out = StringIO()
    try:
        call_command(check_content.Command(stdout=out, no_color=True), str(folder))
    except CommandError as error:
        out.write(str(error))
    lines = out.getvalue().replace(f"{folder}/", "").splitlines()
    return [line.removeprefix("  warning: ") for line in lines if not line.startswith("  note: ")]


@pytest.mark.parametrize("module", [near, references, source], ids=lambda module: module.__name__)
def test_the_examples_of_these_modules_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)

    assert (found.failed, found.attempted > 1) == (0, True)


def test_there_are_more_than_35() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES) > 35


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_once_with_its_line_and_what_to_do(folder: Path, mistake: Mistake) -> None:
    (folder / mistake.file).write_bytes(mistake.written)

    passed, *others = told(folder) if mistake.is_warning else ["", *told(folder)]

    assert passed == ("ice-cream: 2 parts, 30 core minutes, ok" if mistake.is_warning else "")
    assert others == [mistake.told]


@pytest.mark.parametrize(
    ("first", "second", "circle"),
    [
        ("starve", "starve-more", "“starve” waits for “starve-more”, “starve-more” waits for “starve”"),
        ("starve", "starve", "“starve” waits for “starve”"),
    ],
)
def test_experiments_that_wait_for_each_other_are_refused(folder: Path, first: str, second: str, circle: str) -> None:
    one = guide.LESSON[guide.LESSON.index("      - type: experiment") : guide.LESSON.index("      - type: explain")]
    two = one.replace("key: starve", "key: starve-more") + "        after: starve\n"
    text = guide.LESSON.replace(one, f"{one}        after: {second}\n{two}")
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")

    [said] = told(folder)

    where, __, why = said.partition(", after: nobody could ever begin: ")
    assert set(why.split(", ")) == set(circle.split(", "))
    assert "after: " in text.splitlines()[int(where.split(":")[1]) - 1]


def test_questions_that_wait_for_each_other_are_refused(folder: Path) -> None:
    begins, ends = guide.LESSON.index("          - key: direction"), guide.LESSON.index("      - type: hand_steps")
    item = guide.LESSON[begins:ends]
    first = item.replace("key: direction", "key: direction\n            after: second")
    second = item.replace("key: direction", "key: second\n            after: direction")
    (folder / "lesson.yaml").write_text(guide.LESSON.replace(item, first + second), encoding="utf-8")

    [said] = told(folder)

    assert "after: nobody could ever begin: “" in said


def test_an_option_of_a_knob_that_no_run_takes_is_refused(folder: Path) -> None:
    knob = "            knobs: [{name: kept, label: kept, options: [5, -1], start: 5}]\n        after"
    text = guide.LESSON.replace("n_repeats: 3}\n", "n_repeats: 3}\n" + knob.removesuffix("        after"))
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")

    [said] = told(folder)

    line = text[: text.index("knobs:")].count("\n") + 1
    assert said.startswith(
        f"lesson.yaml:{line}: part 2 “fairness”, activity 1 “starve”, trial 1 “few”, knob 1, options, "
    )
    assert "with -1, " in said


@pytest.mark.parametrize("example", guide.examples())
def test_what_the_guide_shows_besides_fits_into_its_lesson(folder: Path, example: str) -> None:
    before = "      - type: hand_steps" if "question:" in example else "      - type: explain"
    text = guide.LESSON.replace(before, example + before)
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")

    assert told(folder) == ["ice-cream: 2 parts, 30 core minutes, ok"]


def test_a_comment_set_off_by_two_spaces_is_none_of_a_text(folder: Path) -> None:
    (folder / "lesson.yaml").write_text(
        guide.LESSON.replace("language: en", "language: en  # not #en").replace("line: Take", "line: C#sharp Take"),
        encoding="utf-8",
    )

    assert told(folder) == ["ice-cream: 2 parts, 30 core minutes, ok"]


def test_faults_come_before_warnings_and_nothing_is_noted_before_they_are_mended(folder: Path) -> None:
    (folder / "shop.md").write_text("", encoding="utf-8")
    text = guide.LESSON.replace("learning_rate: 0.02", "learning_rate: 1")
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(CommandError) as refusal:
        call_command(check_content.Command(stdout=StringIO(), no_color=True), str(folder))

    first, *others, last = str(refusal.value).splitlines()
    assert "gets the right w at every step; with a learning_rate of 0.02 it would show" in first
    assert "  warning: shop.md:1: is empty" in others
    assert "activity 3 “steps”: a learning rate of 1 jumps past the best w" in last
    assert not any("note:" in line for line in others)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_typed_into_a_lesson_is_told_in_our_words(tmp_path: Path, seed: int) -> None:
    """Lines lost, doubled, moved; characters changed: a lesson, or a sentence of ours with its file, never a crash."""
    dice = random.Random(seed)
    given = (catalogue.LESSONS_FOLDER / "sampler" / "lesson.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "sampler"
    folder.mkdir()
    for file in (catalogue.LESSONS_FOLDER / "sampler").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for __ in range(25):
        (folder / "lesson.yaml").write_text(_typed_wrongly(given, dice), encoding="utf-8")
        problems = problems_of(folder)
        assert [str(problem) for problem in problems if any(raw in problem.message for raw in RAW)] == []


def problems_of(folder: Path) -> list[LessonProblem]:
    try:
        load(folder)
    except LessonError as error:
        return error.problems
    return []


def _typed_wrongly(text: str, dice: random.Random) -> str:
    lines = text.split("\n")
    at = dice.randrange(len(lines))
    line = lines[at]
    match dice.randrange(8):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, line)
        case 2:
            lines[at] = " " * dice.randrange(1, 4) + line
        case 3:
            lines[at] = line[dice.randrange(1, 4) :]
        case 4:
            where = dice.randrange(len(line) + 1)
            lines[at] = line[:where] + dice.choice("\"'[]{},:#*&!|>%@`\\\t?-=~é\u2028") + line[where:]
        case 5:
            word, colon, __ = line.partition(": ")
            lines[at] = word + colon + dice.choice(["", "yes", "null", "1", "-1", "[a]", "{a: b}", "2026-01-01", "x y"])
        case 6:
            lines[at] = line.rstrip().rstrip("}]\"'")
        case _:
            del lines[at : at + dice.randrange(2, 6)]
    return "\n".join(lines)
