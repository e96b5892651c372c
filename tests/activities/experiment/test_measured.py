"""What a member's own run says about what they had guessed: worked out from a run that a worker carried out."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classroom.models import Membership, User
from experiments import runner
from experiments.models import Run, RunRequest, RunState
from lessons import selectors
from lessons.activities.experiment import outcomes
from lessons.activities.experiment.runs import ask_by_kind
from lessons.activities.measures import DIGITS, Measured, Truth
from lessons.activities.predict import answers
from lessons.activities.predict.schema import Predict
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import MembershipFactory
from tests.lessons import runs

pytestmark = pytest.mark.usefixtures("brief_runs")

SLUG = "data-rules-everything"
Read = Callable[..., str]


@pytest.fixture
def read(client_of: Callable[[User], Client], student: Membership) -> Read:
    """What a part's page says to the student, as plain text."""

    def get(part: str, item: str = "", **asked: str) -> str:
        address = reverse("lessons:part", args=["ours", SLUG, part])
        answer = client_of(student.user).get(address, {"item": item, **asked})
        words = re.sub(r"<[^>]+>", " ", unescape(answer.content.decode()))
        return " ".join(words.replace("\u00a0", " ").split())

    return get


def told(membership: Membership, lesson: LoadedLesson, activity: str = "bias-guess") -> dict[str, Measured]:
    __, found = selectors.place_of(lesson, activity)
    assert isinstance(found, Predict)
    return answers.told(membership, lesson.lesson, found)


def rewrite(run: Run, **changes: Any) -> None:
    """Put other figures into the result that a worker stored: what a rarer draw would have brought."""
    run.refresh_from_db()
    assert run.result is not None
    Run.objects.filter(pk=run.pk).update(result={**run.result, **changes})


def with_recall(run: Run, recall: float) -> dict[str, Any]:
    """The model shown, with another recall for 8."""
    assert run.result is not None
    shown = run.result["shown"]
    return {**shown, "recall": {**shown["recall"], "8": recall}}


def over_repeats(mean: float) -> dict[str, Any]:
    return {"8": {"mean": mean, "sd": 0.0, "values": [mean, mean]}}


# --- what is right --------------------------------------------------------------------------------


def test_the_bottom_is_where_ones_own_run_has_the_least_error_on_new_points(
    student: Membership, lesson: LoadedLesson
) -> None:
    run = runs.sweep(student, lesson, seed=3)

    errors = dict(zip(run.result["complexities"], run.result["test"]["median"], strict=True))
    assert told(student, lesson, "u-curve-guess")["lowest"].truth.number == min(errors, key=errors.__getitem__)


def test_one_starved_model_answers_three_questions(student: Membership, lesson: LoadedLesson) -> None:
    run = runs.starve(student, lesson)
    matrix = run.result["shown"]["confusion"]
    n_right, n_all = sum(matrix[digit][digit] for digit in range(10)), sum(map(sum, matrix))

    found = told(student, lesson)

    assert set(found) == {"headline", "ship", "recall", "absorber"}
    assert found["headline"].truth.number == Fraction(f"{100 * n_right / n_all:.1f}")
    assert found["recall"].truth.number == Fraction(f"{100 * matrix[8][8] / sum(matrix[8]):.0f}")
    absorbed = run.result["absorbed"]
    taker = DIGITS[int(max(absorbed, key=lambda digit: absorbed[digit]))]
    assert taker in found["absorber"].truth.right


def test_a_decision_has_no_right_answer(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)

    truth = told(student, lesson)["ship"].truth

    assert (truth.right, truth.also, truth.number) == (frozenset(), frozenset(), None)


@pytest.mark.parametrize(
    ("absorbed", "takers"),
    [
        ({"1": 0.6, "5": 0.4}, {"one"}),
        ({"1": 0.2, "5": 0.42, "9": 0.38}, {"five", "nine"}),
        ({"1": 1.0}, {"one"}),
        # “No digit takes a third”: a third, give or take, is both.
        ({"1": 20 / 60, "3": 10 / 60, "5": 10 / 60, "0": 10 / 60, "7": 10 / 60}, {"one", "spread"}),
        # Nobody took any: every 8 was read rightly.
        ({}, {"spread"}),
    ],
)
def test_a_digit_takes_the_8s_if_it_takes_a_third_of_them(
    student: Membership, lesson: LoadedLesson, absorbed: dict[str, float], takers: set[str]
) -> None:
    run = runs.starve(student, lesson)
    recall = {**run.result["recall"], "8": {"mean": 0.5, "sd": 0.0, "values": [0.5, 0.5] if absorbed else [1.0, 1.0]}}

    rewrite(run, absorbed={**{str(digit): 0.0 for digit in range(10)}, **absorbed}, recall=recall)

    assert told(student, lesson)["absorber"].truth.right == takers


def test_what_the_one_matrix_shows_counts_beside_what_all_repeats_show(
    student: Membership, lesson: LoadedLesson, read: Read
) -> None:
    """Somebody who reads the matrix in front of them rightly was told that they are wrong."""
    run = runs.starve(student, lesson)
    matrix = [list(row) for row in run.result["shown"]["confusion"]]
    matrix[8] = [0, 14, 0, 7, 0, 5, 0, 0, 46, 15]
    absorbed = {**{str(digit): 0.0 for digit in range(10)}, "1": 0.7, "9": 0.2, "3": 0.1}
    rewrite(run, shown={**run.result["shown"], "confusion": matrix}, absorbed=absorbed)
    runs.look_at_the_harm(student, lesson)

    truth = told(student, lesson)["absorber"].truth
    text = read("bias", "absorber")

    assert (truth.right, truth.also) == ({"one"}, {"nine"})
    assert "In this model 15 of 41 misread 8s were called 9." in text
    assert "Over 2 models: 70 % went to the 1, 20 % went to the 9, 10 % went to the 3." in text
    assert "As you said: the 1." in text


def test_the_misread_8s_have_a_card_of_their_own(student: Membership, lesson: LoadedLesson, read: Read) -> None:
    """Under the bars they appeared one by one where nobody looked."""
    run = runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    n = sum(run.result["shown"]["confusion"][8]) - run.result["shown"]["confusion"][8][8]

    bars, closer = read("bias", "recall"), read("bias", "recall", closer="yes")

    assert f"See the {n} 8s it missed →" in bars
    assert "real 8s that this model did not recognise" not in bars
    assert f"{n} real 8s that this model did not recognise" in closer
    assert "Recall per digit" not in closer
    assert "it missed →" not in closer


def test_the_verdict_stands_over_the_picture(student: Membership, lesson: LoadedLesson, read: Read) -> None:
    """On a phone it was up to three screens below."""
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)

    text = read("bias", "absorber")

    assert text.index("As you said: the 1.") < text.index("and what this model called them")


def test_after_a_question_the_way_leads_to_what_is_left_on_the_page(
    student: Membership, lesson: LoadedLesson, read: Read
) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    pupils.seal(student, lesson, "bias-guess", "none-at-all", "ninety")
    read("bias", "none-at-all")
    runs.guess(student, lesson, "louder")

    assert "To the run →" in read("bias", "louder")
    runs.ask(student, lesson, "bias-fix", "louder")
    runs.work()
    assert "Repair it, and measure again →" in read("bias", "louder")

    runs.sweep(student, lesson)
    assert "In your own words →" in read("u-curve", "lowest")


def test_of_a_near_tie_the_answer_that_was_given_is_named_else_each(lesson: LoadedLesson) -> None:
    item = next(item for item in selectors.place_of(lesson, "bias-guess")[1].items if item.key == "absorber")  # type: ignore[attr-defined]  # a Predict
    level = Truth(frozenset({"nine", "one"}))

    assert [answers.right_text(item, level, said) for said in ("nine", "one", "five")] == [
        "the 9",
        "the 1",
        "the 1 or the 9",
    ]


@pytest.mark.parametrize(("recall", "of_100"), [(0.0, 0), (1.0, 100), (1 / 87, 1), (86 / 87, 99), (0.004, 0)])
def test_recall_is_told_in_whole_8s_of_a_hundred(
    student: Membership, lesson: LoadedLesson, recall: float, of_100: int
) -> None:
    run = runs.starve(student, lesson)

    rewrite(run, shown=with_recall(run, recall))

    assert told(student, lesson)["recall"].truth.number == of_100


@pytest.mark.slow
def test_a_change_is_named_as_the_choices_define_it(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    runs.guess(student, lesson, "louder")
    louder, starved = runs.ask(student, lesson, "bias-fix", "louder", seed=1)
    runs.work()

    for before, after, change in (
        (0.25, 0.75, "much"),
        (0.25, 0.5, "much"),
        (0.25, 0.375, "little"),
        (0.5, 0.5, "nothing"),
        (0.0, 0.0, "nothing"),
        (1.0, 1.0, "nothing"),
        (0.5, 0.515625, "nothing"),
        (0.5, 0.484375, "nothing"),
        (0.5, 0.25, "worse"),
        # “It falls by 3 of 100 or more.”
        (0.25, 0.22, "worse"),
    ):
        rewrite(starved, recall=over_repeats(before))
        rewrite(louder, recall=over_repeats(after))

        assert told(student, lesson)["louder"].truth.right == {change}, (before, after)


# --- which run tells ------------------------------------------------------------------------------


def test_nothing_is_told_by_a_run_that_waits_failed_or_was_taken_back(
    student: Membership, lesson: LoadedLesson
) -> None:
    runs.guess(student, lesson, "lowest")
    (run,) = runs.ask(student, lesson)
    waiting = told(student, lesson, "u-curve-guess")
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, failure="It broke.")
    failed = told(student, lesson, "u-curve-guess")
    (again,) = runs.ask(student, lesson)
    runs.work()
    RunRequest.objects.filter(run=again).update(withdrawn_at="2026-01-01T00:00Z")

    assert [waiting, failed, told(student, lesson, "u-curve-guess")] == [{}, {}, {}]


def test_the_first_run_tells_and_later_ones_change_no_verdict(student: Membership, lesson: LoadedLesson) -> None:
    first = runs.sweep(student, lesson, seed=1)
    runs.sweep(student, lesson, seed=2, noise="0.5")

    assert told(student, lesson, "u-curve-guess")["lowest"].run == first


def test_what_another_trial_found_answers_no_question_about_the_first(
    student: Membership, lesson: LoadedLesson
) -> None:
    starved = runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    params = {"digit": 0, "kept": 5, "n_repeats": 1}
    other = ask_by_kind(student, kind="starvation", params=params, seed=1, activity="bias-run")
    runs.work()

    assert {each.run for each in told(student, lesson).values()} == {starved}
    assert str(other.pk) not in str(runs.memory(student, lesson, "bias-run")["evidence"])


def test_a_classmates_run_tells_nobody_else(student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(MembershipFactory(cohort=student.cohort), lesson, seed=1)
    runs.guess(student, lesson, "lowest")

    assert told(student, lesson, "u-curve-guess") == {}


@pytest.mark.slow
def test_a_fix_tells_nothing_before_the_run_that_it_is_compared_with(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    runs.guess(student, lesson, "louder")
    louder, starved = runs.ask(student, lesson, "bias-fix", "louder", seed=5)
    Run.objects.filter(pk=starved.pk).update(queued_at="2100-01-01T00:00Z")
    runner.execute_next()
    half = told(student, lesson)
    runner.execute_next()

    found = told(student, lesson)["louder"]
    assert "louder" not in half
    assert (found.run, found.beside) == (louder, starved)


@pytest.mark.slow
def test_each_fix_is_compared_with_the_model_of_its_own_seed(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    for seed in (5, 6):
        runs.ask(student, lesson, "bias-fix", seed=seed)
    runs.work()

    place = ("bias-fix", "give-back")
    pairs = outcomes.done_runs(student, lesson.lesson, {place})[place]

    assert [(run.seed, run.params["fix"]) for run, _beside in pairs] == [(5, "restore"), (6, "restore")]
    assert [(each.seed, each.params["fix"], each.params["restored"]) for __, each in pairs if each] == [
        (5, "none", 0),
        (6, "none", 0),
    ]


# --- in words -------------------------------------------------------------------------------------


def test_the_headline_says_the_share_that_was_read_and_nothing_of_the_8s(
    student: Membership, lesson: LoadedLesson, read: Read
) -> None:
    run = runs.starve(student, lesson)
    shown, baseline = run.result["shown"], run.result["baseline"]

    text = read("bias", "headline")

    assert f"{100 * shown['accuracy']:.1f} % of the test digits are right." in text
    assert f"With nothing taken away, the same model gets {100 * baseline['accuracy']:.1f} % right." in text
    assert "recognises" not in text


def test_the_recall_is_told_in_images(student: Membership, lesson: LoadedLesson, read: Read) -> None:
    run = runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    n_read, n_before = (run.result[which]["confusion"][8][8] for which in ("shown", "baseline"))

    text = read("bias", "recall")

    assert f"Of 87 real 8s this model recognises {n_read}. With all its 8s it recognises {n_before}." in text


@pytest.mark.parametrize(
    ("n_misread", "said"),
    [
        (
            0,
            ("This model recognised every 8.", "0 real 8s were read as something else by this model"),
        ),
        (
            1,
            (
                "In this model 1 of 1 misread 8s was called 1.",
                "1 real 8, and what this model called it",
                "This model misread 1 of 87 real 8s.",
            ),
        ),
        (
            2,
            (
                "In this model 2 of 2 misread 8s were called 1.",
                "2 real 8s, and what this model called them",
                "This model misread 2 of 87 real 8s.",
            ),
        ),
    ],
)
def test_who_took_the_8s_is_told_for_none_one_and_several(
    student: Membership, lesson: LoadedLesson, read: Read, n_misread: int, said: tuple[str, ...]
) -> None:
    run = runs.starve(student, lesson)
    shown = run.result["shown"]
    matrix = [list(row) for row in shown["confusion"]]
    matrix[8] = [0, n_misread, 0, 0, 0, 0, 0, 0, 87 - n_misread, 0]
    eights = [each for each in shown["misread"] if (each["truth"], each["said"]) == (8, 1)]
    others = [each for each in shown["misread"] if each["truth"] != 8]
    rewrite(
        run, shown={**with_recall(run, 1 - n_misread / 87), "confusion": matrix, "misread": others + eights[:n_misread]}
    )
    runs.look_at_the_harm(student, lesson)

    text = read("bias", "absorber")

    assert [words for words in said if words not in text] == []


@pytest.mark.slow
def test_the_arc_sums_the_repair_up_in_whole_8s(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    before_it = summary(student, lesson)
    after, before = runs.ask(student, lesson, "bias-fix", seed=5, restored="75")
    runs.work()

    recalls = []
    for run in (before, after):
        run.refresh_from_db()
        recalls.append(round(100 * run.result["recall"]["8"]["mean"]))
    assert before_it == ""
    assert summary(student, lesson) == f"recall for 8 over all models: {recalls[0]} → {recalls[1]} of 100"
    assert recalls[1] > recalls[0]


def summary(membership: Membership, lesson: LoadedLesson) -> str:
    return next(part.summary for part in arc_of(membership, lesson).parts if part.key == "bias")


@pytest.mark.slow
def test_ones_first_repair_stays_the_evidence(student: Membership, lesson: LoadedLesson) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)
    runs.ask(student, lesson, "bias-fix", seed=5, restored="75")
    runs.work()
    first = runs.memory(student, lesson, "bias-fix")

    runs.ask(student, lesson, "bias-fix", seed=5, restored="5")
    runs.work()

    later = runs.memory(student, lesson, "bias-fix")
    assert later["evidence"] == first["evidence"]
    assert (first["runs"], later["runs"]) == ({"give-back": 1}, {"give-back": 2})


@pytest.mark.parametrize(
    ("trial", "kind", "params", "says"),
    [
        (
            "tipping-point",
            "tipping_point",
            {"n_repeats": 1},
            r"From \d+ examples on, half of the real 8s are recognised\. From \d+ on, 90 of 100\.",
        ),
        (
            "tipping-point",
            "tipping_point",
            {"digit": 8, "model": "svc", "n_repeats": 2},
            r"recall for 8, of 100",
        ),
        (
            "blame",
            "blame",
            {"n_repeats": 1},
            r"On average \d+ real 8s were misread\. Of 100 of these, \d+ were called \d(, \d)*( and, just .* \d)?\.",
        ),
    ],
)
def test_the_mission_says_what_its_run_found(
    student: Membership,
    lesson: LoadedLesson,
    read: Read,
    trial: str,
    kind: str,
    params: dict[str, Any],
    says: str,
) -> None:
    ask_by_kind(student, kind=kind, params=params, seed=1, activity="stretch")
    runs.work()

    assert re.search(says, read("mission", trial=trial))
