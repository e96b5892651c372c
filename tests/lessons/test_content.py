"""The lessons that come with Downhill, and the command that checks them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from lessons import catalogue
from lessons.activities.base import types as activity_types
from lessons.activities.hand_steps.schema import HandSteps
from lessons.activities.predict.guess_charts import group_bars
from lessons.activities.predict.schema import Predict
from lessons.authoring import base
from lessons.authoring.loader import LoadedLesson
from lessons.catalogue import lint
from lessons.management.commands import check_content
from lessons.maths import descent
from lessons.maths.descent import Rule

pytestmark = pytest.mark.pure

DATA_RULES = catalogue.LESSONS_FOLDER / "data_rules_everything"
SAMPLER = catalogue.LESSONS_FOLDER / "sampler"
PROSE = ("by_hand.md", "rates.md", "u_curve.md", "bias.md", "cases.md", "badge.md", "mission.md")


def lesson(slug: str) -> LoadedLesson:
    loaded = catalogue.get(slug)
    assert loaded is not None
    return loaded


def hand_steps(slug: str, key: str) -> HandSteps:
    found = lesson(slug).find_activity(key)
    assert found is not None
    assert isinstance(found[1], HandSteps)
    return found[1]


def check(*arguments: Path) -> str:
    out = StringIO()
    call_command(check_content.Command(stdout=out, no_color=True), *map(str, arguments))
    return out.getvalue()


def passed() -> str:
    """What is said of the sampler when it has no faults."""
    parts = yaml.safe_load((SAMPLER / "lesson.yaml").read_text(encoding="utf-8"))["parts"]
    return f"sampler: {len(parts)} parts, {sum(part['minutes'] for part in parts)} core minutes, ok"


def words_of(folder: Path) -> Mapping[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.is_file()}


def test_the_catalogue_knows_both_lessons() -> None:
    assert set(catalogue.all_lessons()) == {"data-rules-everything", "sampler"}


def test_the_catalogue_reads_each_lesson_once() -> None:
    assert catalogue.get("sampler") is catalogue.get("sampler")


def test_the_catalogue_knows_no_other_lesson() -> None:
    assert catalogue.get("no-such-lesson") is None


def test_the_arc_has_seven_parts_in_the_order_of_the_session() -> None:
    parts = lesson("data-rules-everything").lesson.parts

    assert [(part.key, part.title, part.minutes) for part in parts] == [
        ("by-hand", "Gradient descent by hand", 25),
        ("rates", "Learning-rate chaos", 15),
        ("u-curve", "The U-curve", 16),
        ("bias", "Bias with teeth", 27),
        ("cases", "This already happened", 15),
        ("badge", "Badge: Data Scientist", 0),
        ("mission", "Mission", 8),
    ]


@pytest.mark.parametrize("slug", ["data-rules-everything", "sampler"])
def test_the_lessons_that_come_with_downhill_have_no_warnings(slug: str) -> None:
    found = lint(lesson(slug))

    assert (found.faults, found.warnings) == ([], [])


def test_the_worksheet_carries_the_numbers_of_the_session() -> None:
    activity = hand_steps("data-rules-everything", "by-hand")

    assert activity.x == tuple(map(Fraction, (1, 2, 3, 4)))
    assert activity.y == tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
    assert (activity.start, activity.learning_rate) == (Fraction(0), Fraction(1, 20))


def test_the_help_fades_from_step_to_step() -> None:
    activity = hand_steps("data-rules-everything", "by-hand")

    assert [step.ask for step in activity.steps] == [
        ("errors", "products", "mean", "gradient", "w"),
        ("error_last", "mean", "w"),
        ("w",),
    ]


@pytest.mark.parametrize("rule", ["half", "full"])
def test_the_closing_is_true_under_both_rules(rule: Rule) -> None:
    activity = hand_steps("data-rules-everything", "by-hand")
    problem = descent.Problem(activity.x, activity.y, activity.learning_rate, rule)

    path = descent.path(problem, activity.start, len(activity.steps))

    gradients = [descent.gradient(problem, w) for w in path[:-1]]
    assert all(gradient < 0 for gradient in gradients)
    assert gradients == sorted(gradients)  # each nearer to zero: the steps become shorter
    assert list(path) == sorted(path)


def test_the_closing_is_sealed() -> None:
    activity = hand_steps("data-rules-everything", "by-hand")

    assert activity.closing == "by_hand_closing.md"
    assert "by_hand_closing" not in str(base.visible(activity))


def test_the_hook_opens_the_lesson_and_its_footnote_is_in_the_first_lead() -> None:
    found = lesson("data-rules-everything").lesson

    assert found.hero.eyebrow == "Week 2 · Session 2 · 2 hours"
    hook = "“Four multiplications and an average.” That one step is the whole engine of deep learning."
    assert found.hero.text.startswith(hook)
    assert "four multiplications (error × x, predictions first) and an average" in str(found.parts[0].lead)


def test_today_promises_three_things_with_bold_words() -> None:
    today = lesson("data-rules-everything").lesson.today

    assert [promise.icon for promise in today] == ["✍️", "📉", "⚖️"]
    assert [len(re.findall(r"\*\*[^*]+\*\*", promise.text)) for promise in today] == [1, 1, 1]


def test_law_two_belongs_to_the_bias_part() -> None:
    laws = lesson("data-rules-everything").lesson.laws

    assert [(law.number, law.part) for law in laws] == [(2, "bias")]
    assert laws[0].text == "Nobody has to intend bias for it to be real."


@pytest.mark.parametrize("name", PROSE)
def test_the_prose_of_a_part_fits_on_a_phone(name: str) -> None:
    n_words = len(words_of(DATA_RULES)[name].split())

    assert 80 <= n_words <= 180


@pytest.mark.parametrize("name", PROSE)
def test_the_prose_gives_no_figure_away(name: str) -> None:
    text = words_of(DATA_RULES)[name]

    # “of 100 real 8s” defines recall, and the learning rate of the worksheet is on the sheet.
    assert re.findall(r"\d+(?:[.,]\d+)?\s?(?:%|per cent|percent)|\d+[.,]\d+|\d+/\d+", text) == []
    assert set(re.findall(r"\b\d{2,}\b", text)) <= {"100"}


def test_the_prose_about_rates_gives_no_outcome_away() -> None:
    text = words_of(DATA_RULES)["rates.md"].lower()

    outcomes = ("explo", "diverg", "bounc", "zigzag", "crawl", "settle", "overshoot", "too big", "too small", "nan")
    assert [word for word in outcomes if word in text] == []


@pytest.mark.parametrize("folder", [DATA_RULES, SAMPLER], ids=lambda folder: folder.name)
def test_no_text_uses_an_arrow_or_calls_a_machine_a_racist(folder: Path) -> None:
    text = " ".join(words_of(folder).values())

    assert re.findall(r"[←→⟵⟶⇐⇒]|<-|->|racist", text) == []


def test_the_sampler_shows_one_of_every_activity_type() -> None:
    shown = {activity.type for activity in lesson("sampler").lesson.activities}

    assert shown == set(activity_types())


def test_the_samplers_worksheet_is_another_one() -> None:
    ours = hand_steps("sampler", "two-steps")
    theirs = hand_steps("data-rules-everything", "by-hand")

    fields: list[str] = ["x", "y", "start", "learning_rate", "steps"]
    assert [name for name in fields if getattr(ours, name) == getattr(theirs, name)] == []


@pytest.mark.parametrize(("rule", "chain"), [("half", ("4", "3.7", "3.46")), ("full", ("4", "3.4", "3.04"))])
def test_the_sampler_walks_downhill_from_above(rule: Rule, chain: tuple[str, ...]) -> None:
    activity = hand_steps("sampler", "two-steps")
    problem = descent.Problem(activity.x, activity.y, activity.learning_rate, rule)

    assert descent.path(problem, activity.start, 2) == tuple(map(Fraction, chain))


def test_check_content_passes_the_lessons_that_come_with_downhill() -> None:
    assert check() == f"data-rules-everything: 7 parts, 106 core minutes, ok\n{passed()}\n"


def test_check_content_checks_one_folder() -> None:
    first, *notes = check(SAMPLER).splitlines()

    assert first == passed()
    # The slips that share a number are listed for whoever looks at one lesson.
    shared = "part 2 “two-steps”, activity 1 “two-steps”: half rule, step 2: w = 3.7 comes from a student who"
    assert any(shared in note for note in notes)
    assert all(note.startswith("  note: ") for note in notes)


def test_check_content_prints_warnings_and_still_passes(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLER, tmp_path / "lesson")
    (folder / "spare.md").write_text("Spare.", encoding="utf-8")

    printed = check(folder)

    assert printed.startswith(f"{passed()}\n  warning: spare.md is in the folder, but nothing names it\n")


def test_check_content_fails_with_each_problem_on_a_line(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLER, tmp_path / "lesson")
    path = folder / "lesson.yaml"
    source = path.read_text(encoding="utf-8").replace("start: 4", "strat: 4")
    path.write_text(source, encoding="utf-8")
    line = source[: source.index("strat")].count("\n") + 1

    with pytest.raises(CommandError) as refusal:
        check(folder)

    assert refusal.value.returncode == 1
    assert str(refusal.value).splitlines() == [
        f"{path}:{line}: part 2 “two-steps”, activity 1 “two-steps”, strat: "
        "is not a word that lessons know; did you mean “start”?",
    ]


def test_check_content_fails_on_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file or directory"):
        check(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'learning_rate: "1/10"',
            "learning_rate: 1",
            "used the learning rate twice, or forgot the learning rate gets the right w at every step",
        ),
        ("x: [1, 1, 2]", "x: [1, 1, 1]", "a student who did not multiply by x, or averaged before multiplying"),
    ],
)
def test_a_question_that_could_not_see_a_slip_is_refused(tmp_path: Path, old: str, new: str, fault: str) -> None:
    folder = shutil.copytree(SAMPLER, tmp_path / "lesson")
    text = (folder / "lesson.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "lesson.yaml").write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(CommandError, match=re.escape(fault)):
        check(folder)


def test_points_that_are_drawn_could_tell_the_slips_apart_for_many_students() -> None:
    activity = hand_steps("data-rules-everything", "own-data")

    for seed in range(200):
        drawn = activity.for_member(f"student {seed}")
        assert len(set(drawn.x)) == 4
        assert all(y > 0 for y in drawn.y)
        for rule in ("half", "full"):
            problem = descent.Problem(drawn.x, drawn.y, drawn.learning_rate, rule)  # type: ignore[arg-type]  # a rule
            path = descent.path(problem, drawn.start, 3)
            # Every step is long enough to see, and none flies off.
            assert all(abs(after - before) > Fraction(1, 100) for before, after in pairwise(path))
            assert max(path) < 6


def test_a_part_says_nothing_twice_at_its_end() -> None:
    """What closes a part and the law that is earned there stand one above the other."""
    loaded = lesson("data-rules-everything")
    (law,) = loaded.lesson.laws
    closing = " ".join(re.sub(r"<[^>]+>", " ", loaded.texts["bias_closing.md"]).split())

    assert [sentence for sentence in re.split(r"(?<=[.!?]) ", law.explained) if sentence in closing] == []


def test_a_percent_sign_stays_on_the_line_of_its_number() -> None:
    loaded = lesson("data-rules-everything")

    told = loaded.lesson.model_dump_json() + "".join(loaded.texts.values())

    assert re.findall(r"\d %", told) == []
    assert "about 90\xa0%" in told


def test_the_bars_of_a_case_say_where_they_end() -> None:
    cases = lesson("data-rules-everything").lesson.activity("cases")
    assert isinstance(cases, Predict)
    drawn = {item.key: item.reveal.bars for item in cases.items if item.reveal.bars}

    names = {key: group_bars(bars).name for key, bars in drawn.items()}

    for key, bars in drawn.items():
        is_all = bars.unit == "%" and bars.max == 100
        assert is_all is not bool(re.search(r"\. A full bar is [\d.]+(\s\S.*)?\.$", names[key])), names[key]
