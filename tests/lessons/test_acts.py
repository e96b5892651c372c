"""The order of acts of a part: what a lesson may say, what is wrong with it, and what holds where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons import catalogue
from lessons.authoring.acts import order_of
from lessons.authoring.loader import load
from lessons.authoring.source import LessonError
from tests.lessons.little import HEAD

pytestmark = pytest.mark.pure

LESSON = (
    HEAD
    + """\
parts:
  - key: dice
    title: Dice
    line: Guess, run, look.
    minutes: 20
    prose: dice.md
    {acts}
    activities:
      - type: predict
        key: guesses
        title: Guesses
        items:
          - key: plain
            title: Plain
            question: Which?
            choices: [{key: a, text: A}, {key: b, text: B}, {key: c, text: C}]
            right: a
            reveal: {text: It was A.}
          - key: best
            title: Best
            question: Where?
            number: {min: 1, max: 9, step: 1}
            run: sweep
            measures: best
            reveal: {text: There.}
          - key: ship
            title: Ship it?
            question: Ship it?
            choices: [{key: ship, text: ship}, {key: hold, text: hold}]
            run: sweep
            poll: true
            reveal: {text: Fine.}
          - key: more
            title: More
            extra: true
            question: Which?
            choices: [{key: a, text: A}, {key: b, text: B}, {key: c, text: C}]
            right: b
            reveal: {text: It was B.}
      - type: experiment
        key: sweep
        title: Sweep
        trials:
          - {key: lines, title: Lines, kind: u_curve, params: {model: polynomial}}
          - {key: trees, title: Trees, kind: u_curve, params: {model: tree}}
      - type: reading
        key: why
        title: Why
        text: why.md
sentence: I did it.
"""
)
WHOLE = "[{vote: plain}, {reveal: plain}, {vote: best}, {run: sweep}, {reveal: best}, {vote: ship}, {reveal: ship}"


def write(folder: Path, acts: str = "") -> Path:
    text = LESSON.replace("{acts}", f"acts: {acts}" if acts else "lead: Go on.")
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")
    for name in ("arc", "dice", "why"):
        (folder / f"{name}.md").write_text("Words.", encoding="utf-8")
    return folder


def told(folder: Path) -> list[str]:
    lesson = load(folder).lesson
    return [f"{step.kind} {step.activity}/{step.item or step.trial}" for step in order_of(lesson, lesson.parts[0])]


def test_where_nothing_is_said_a_run_comes_after_its_guesses_and_before_what_it_tells(tmp_path: Path) -> None:
    assert told(write(tmp_path)) == [
        "vote guesses/plain",
        "reveal guesses/plain",
        "vote guesses/best",
        "run sweep/lines",
        "reveal guesses/best",
        "vote guesses/ship",
        "reveal guesses/ship",
        "work why/",
    ]


def test_an_author_says_another_order_and_calls_up_an_extra(tmp_path: Path) -> None:
    said = "[{work: why}, {vote: guesses/best}, {run: sweep/trees}, {run: sweep}, {reveal: best}, {vote: ship},"
    said += " {reveal: ship}, {vote: plain}, {vote: more}, {reveal: plain}, {reveal: more}]"

    assert told(write(tmp_path, said))[:4] == ["work why/", "vote guesses/best", "run sweep/trees", "run sweep/lines"]


@pytest.mark.parametrize(
    ("acts", "fault"),
    [
        (f"{WHOLE}, {{work: why}}, {{vote: nope}}]", "does not have “nope”, which should be a question"),
        (f"{WHOLE}, {{work: why}}, {{run: why}}]", "does not have “why”, which should be an experiment"),
        (f"{WHOLE}, {{work: why}}, {{run: sweep/roots}}]", "does not have “sweep/roots”"),
        (f"{WHOLE}, {{work: why}}, {{vote: best}}]", "has “best” twice"),
        (f"{WHOLE}]", "leaves out “why”"),
        ("[{reveal: plain}, {vote: plain}, {work: why}]", "reveals “plain” before its vote"),
        ("[{vote: best}, {reveal: best}, {run: sweep}]", "has “best” before the run that it waits for: “sweep/lines”"),
        ("[{vote: ship}, {run: sweep}]", "has “ship” before the run that it waits for: “sweep/lines”"),
        ("[{run: sweep}, {vote: best}]", "asks “best” after its run: a guess comes first"),
        ("[{vote: plain}]", "leaves out “plain” (reveal)"),
        ("[{vote: plain}]", "leaves out “best” (vote and reveal)"),
    ],
)
def test_what_is_wrong_with_the_acts_is_said_with_file_part_and_line(tmp_path: Path, acts: str, fault: str) -> None:
    with pytest.raises(LessonError) as error:
        load(write(tmp_path, acts))

    wanted = [problem for problem in error.value.problems if fault in problem.message]
    line = next(n for n, text in enumerate(LESSON.splitlines(), start=1) if text.strip() == "{acts}")
    assert [problem.message.startswith("this part ") for problem in wanted] == [True]
    assert str(wanted[0]).startswith(f"{tmp_path / 'lesson.yaml'}:{line}: part 1 “dice”, act")


@pytest.mark.parametrize("act", ["{}", "{vote: plain, run: sweep}", "{vote: Plain}", "{sing: plain}"])
def test_an_act_is_one_word_that_names_one_thing(tmp_path: Path, act: str) -> None:
    with pytest.raises(LessonError, match=r"lesson\.yaml:\d+: part 1 “dice”, act 1"):
        load(write(tmp_path, f"[{act}]"))


def test_the_session_has_the_moment_of_the_8s_in_its_one_order() -> None:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    bias = loaded.part("bias")
    assert bias is not None

    order = [f"{step.kind} {step.item or step.activity}" for step in order_of(loaded.lesson, bias)]

    assert order == [
        *("vote headline", "vote recall", "vote absorber", "run bias-run"),
        *("reveal headline", "vote ship", "reveal ship", "reveal recall", "reveal absorber"),
        *("vote louder", "run bias-fix", "reveal louder", "run bias-fix"),
    ]


def test_where_students_choose_one_question_is_for_all_and_the_rest_is_theirs() -> None:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    found = {part.key: order_of(loaded.lesson, part) for part in loaded.lesson.parts}

    assert [(step.kind, step.item) for step in found["cases"]] == [
        ("vote", "text-detectors"),
        ("reveal", "text-detectors"),
        ("work", ""),
    ]
    assert found["mission"] == ()
