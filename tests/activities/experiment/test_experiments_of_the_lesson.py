"""The experiments of the session: in which order they are guessed, run and looked at, and whether their words hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest

import experiments.registry
from experiments.kinds.starvation.compute import starvation
from experiments.kinds.u_curve.compute import u_curve
from lessons import catalogue
from lessons.activities.experiment.pictures.charts.takers import LEAST_SHARE
from lessons.activities.experiment.pictures.starvation import LITTLE, MUCH
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.activities.explain.schema import Explain
from lessons.activities.measures import DIGITS, SPREAD, Truth
from lessons.activities.predict import answers
from lessons.activities.predict.schema import Item, Predict, guesses_before
from lessons.authoring.base import visible
from lessons.authoring.lesson import Lesson

pytestmark = pytest.mark.pure

LESSONS = ("data-rules-everything", "sampler")
SEEDS = range(1, 9)


def lesson(slug: str = "data-rules-everything") -> Lesson:
    loaded = catalogue.get(slug)
    assert loaded is not None
    return loaded.lesson


def activities(part: str) -> list[Any]:
    return [activity for each in lesson().parts if each.key == part for activity in each.activities]


def items(part: str) -> dict[str, Item]:
    every = [each for activity in activities(part) if isinstance(activity, Predict) for each in activity.every_item()]
    return {item.key: item for item in every}


def experiment(key: str) -> Experiment:
    found = experiment_of(lesson(), key)
    assert found is not None
    return found


def trial(experiment_key: str, key: str) -> Trial:
    found = experiment(experiment_key).trial(key)
    assert found is not None
    return found


def every_trial() -> list[Any]:
    every = [
        (slug, activity, each)
        for slug in LESSONS
        for part in lesson(slug).parts
        for activity in part.activities
        if isinstance(activity, Experiment)
        for each in activity.trials
    ]
    return [pytest.param(each, id=f"{slug}/{activity.key}/{each.key}") for slug, activity, each in every]


def settings_of(of: Trial) -> Iterator[dict[str, Any]]:
    """Every way to set the knobs of a trial."""
    for values in product(*(knob.options for knob in of.knobs)):
        yield dict(zip((knob.name for knob in of.knobs), values, strict=True))


@cache
def starved(seed: int, n_repeats: int = 1, **changes: Any) -> dict[str, Any]:
    params = trial("bias-run", "starve").spelled_out({}) | {"n_repeats": n_repeats} | changes
    return starvation(**params, seed=seed).as_json()


def gained(seed: int, trial_key: str) -> float:
    """What a trial of the fix adds to the recall of the 8s, in points."""
    of = trial("bias-fix", trial_key)
    after = {**of.spelled_out({}), "n_repeats": 3}
    recalls = [
        starvation(**params, seed=seed).as_json()["recall"]["8"]["mean"] for params in ({**after, **of.beside}, after)
    ]
    return float(100 * (recalls[1] - recalls[0]))


def numbers_in(text: str | None) -> list[int]:
    """The whole numbers of a text, but not the 8 of “8s”."""
    return [int(number) for number in re.findall(r"\b\d+\b", text or "")]


def test_a_part_with_an_experiment_starts_with_a_guess() -> None:
    kinds_in_order = {part: [activity.type for activity in activities(part)] for part in ("u-curve", "bias")}

    assert kinds_in_order == {
        "u-curve": ["predict", "experiment", "explain"],
        "bias": ["predict", "experiment", "experiment"],
    }


def test_the_lowest_point_waits_for_the_sweep_and_the_words_for_the_run() -> None:
    guess, explain = items("u-curve")["lowest"], activities("u-curve")[-1]

    assert (guess.run, guess.trial, guess.measures) == ("u-curve-run", None, "best")
    assert guess.number is not None
    assert guess.number.lowest_point is not None
    assert isinstance(explain, Explain)
    assert (explain.after, len(explain.asks)) == ("u-curve-run", 3)


def test_the_lowest_point_can_be_put_at_every_power_that_is_tried() -> None:
    number = items("u-curve")["lowest"].number
    assert number is not None

    params = experiments.registry.read("u_curve", trial("u-curve-run", "polynomial").spelled_out({}), 0)

    powers = range(int(number.min), int(number.max) + 1, int(number.step))
    assert params["complexities"] == list(powers)


def test_the_headline_comes_before_the_vote_and_the_vote_before_any_digit() -> None:
    asked = [
        (item.key, item.after, item.run, item.trial, "poll" if item.poll else item.measures)
        for item in items("bias").values()
    ]

    assert asked == [
        ("headline", None, "bias-run", None, "accuracy"),
        ("none-at-all", "absorber", None, None, None),
        ("ship", "headline", "bias-run", None, "poll"),
        ("recall", "ship", "bias-run", None, "recall"),
        ("absorber", "recall", "bias-run", None, "absorber"),
        ("louder", "absorber", "bias-fix", "louder", "change"),
        ("louder-logistic", "louder", "bias-fix", "louder-logistic", "change"),
    ]


def test_each_trial_waits_for_the_guesses_that_it_would_answer() -> None:
    waits = {
        (key, each.key): [item.key for _guesses, item in guesses_before(lesson(), key, each.key)]
        for key in ("u-curve-run", "bias-run", "bias-fix", "stretch")
        for each in experiment(key).trials
    }

    assert {trial: guesses for trial, guesses in waits.items() if guesses} == {
        **{("u-curve-run", model): ["lowest"] for model in ("polynomial", "tree", "neighbours")},
        **{("bias-run", each): ["headline", "recall", "absorber"] for each in ("starve", "other-digit", "other-model")},
        ("bias-fix", "louder"): ["louder"],
        ("bias-fix", "louder-logistic"): ["louder-logistic"],
    }


def test_the_fix_comes_after_the_harm_and_is_measured_beside_it() -> None:
    fix = experiment("bias-fix")

    assert fix.after == "bias-run"
    assert fix.trials[0].key == "give-back"
    assert [{"fix": "none", **each.beside} == each.beside for each in fix.trials] == [True] * 3
    before = [experiments.registry.read(each.kind, {**each.spelled_out({}), **each.beside}, 0) for each in fix.trials]
    starve = experiments.registry.read("starvation", trial("bias-run", "starve").spelled_out({}), 0)
    assert before == [starve, starve, {**starve, "model": "logistic"}]


def test_only_the_headline_goes_the_full_cycle() -> None:
    assert [(item.key, item.votes) for item in items("bias").values() if item.cycle == "full"] == [("headline", 2)]


def test_the_mission_ends_with_a_conclusion() -> None:
    stretch = experiment("stretch")

    assert [each.kind for each in stretch.trials] == ["tipping_point", "blame"]
    assert stretch.conclude is not None


@pytest.mark.parametrize("part", ["u-curve", "bias"])
def test_nothing_is_still_to_come_in_a_part_with_experiments(part: str) -> None:
    (found,) = [each for each in lesson().parts if each.key == part]

    assert (found.soon, found.more_soon) == (False, False)


@pytest.mark.parametrize("of", every_trial())
def test_the_engine_takes_every_setting_that_a_page_offers(of: Trial) -> None:
    for settings in settings_of(of):
        params = of.spelled_out(settings)

        asked = [params, {**params, **of.beside}] if of.beside else [params]

        for each in asked:
            assert experiments.registry.read(of.kind, each, 0).items() >= {**each}.items()


@pytest.mark.parametrize("of", every_trial())
def test_the_sentence_says_how_often_a_run_repeats(of: Trial) -> None:
    said = re.findall(r"(\d+) times", of.text or "")
    weighs = [number for number in said if f"counts about {number} times" in (of.text or "")]

    repeats = experiments.registry.read(of.kind, of.spelled_out({}), 0)["n_repeats"]
    assert {int(number) for number in said if number not in weighs} <= {repeats}


def test_what_is_given_back_is_named_with_what_was_kept() -> None:
    give_back = trial("bias-fix", "give-back")
    kept = give_back.params["kept"]

    names = [numbers_in(name) for _restored, name in give_back.knobs[0].named()]

    assert names == [[restored, restored + kept] for restored in give_back.knobs[0].options]  # type: ignore[operator]  # both whole numbers


def test_the_question_counts_the_digits_as_the_run_does() -> None:
    found, text = starved(1), items("bias")["headline"].text or ""
    n_others = (found["n_test"] - found["n_test_digit"]) / (len(DIGITS) - 1)

    assert numbers_in(text) == [found["n_test"], found["n_test_digit"]]
    assert "about ninety examples of each digit" in text
    assert round(n_others, -1) == 90


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_seen_in_the_headline_holds_for_every_run(seed: int) -> None:
    item = items("bias")["headline"]
    assert item.saw is not None
    drawn = Fraction(f"{100 * starved(seed)['shown']['accuracy']:.1f}")
    wrong = 100 - drawn

    choices = answers.seen_choices(item, Truth(number=drawn))

    offered = {choice.key: numbers_in(choice.text) or [50] for choice in choices}
    assert abs(offered[item.saw.right][0] - wrong) <= Fraction(1, 2)
    assert min(offered, key=lambda key: abs(offered[key][0] - wrong)) == item.saw.right


def test_missing_every_8_leaves_the_headline_that_the_transfer_has() -> None:
    transfer = items("bias")["none-at-all"]
    found = starved(1)

    headline = round(100 * (1 - found["n_test_digit"] / found["n_test"]))

    right = next(choice for choice in transfer.choices if choice.key == transfer.right)
    assert numbers_in(right.text) == [headline]
    assert transfer.reveal is not None
    assert numbers_in(transfer.reveal.text)[:2] == [found["n_test_digit"], found["n_test"]]


def test_the_digit_that_takes_the_8s_is_offered() -> None:
    taken = starved(1, n_repeats=20)["absorbed"]
    most = max(taken, key=taken.get)

    assert DIGITS[int(most)] in {choice.key for choice in items("bias")["absorber"].choices}
    assert taken[most] > LEAST_SHARE


def test_each_8_is_counted_as_often_as_the_trials_say() -> None:
    weight = round(starved(1)["n_train_digit"] / 5)

    for key in ("louder", "louder-logistic"):
        assert f"counts about {weight} times" in (trial("bias-fix", key).text or "")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_shouting_changes_nothing_in_the_model_of_the_session(seed: int) -> None:
    assert abs(gained(seed, "louder")) < LITTLE


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_shouting_helps_the_simpler_model_a_lot(seed: int) -> None:
    assert gained(seed, "louder-logistic") >= MUCH


@pytest.mark.parametrize("key", ["louder", "louder-logistic"])
def test_how_much_counts_as_a_change_is_said_where_it_is_guessed(key: str) -> None:
    means = {choice.key: numbers_in(choice.means) for choice in items("bias")[key].choices}

    assert means == {
        "much": [8, MUCH, 100],  # “recall for 8 rises by …”
        "little": [LITTLE, MUCH, 100],
        "nothing": [LITTLE, 100],
        "worse": [LITTLE, 100],
    }


def test_a_third_is_what_one_digit_has_to_take() -> None:
    (spread,) = [choice for choice in items("bias")["absorber"].choices if choice.key == SPREAD]

    assert LEAST_SHARE * 3 == 1
    assert "a third" in (spread.means or "")


def closing_of(key: str) -> str:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    return " ".join(loaded.texts[loaded.lesson.activity(key).closing].split())  # type: ignore[union-attr]  # it has one


def test_with_enough_data_the_right_end_hardly_rises() -> None:
    """As is said once somebody has explained it: what a degree too high costs with 20 points, and with 100."""
    rises = []
    for n_train in (20, 100):
        test = u_curve(n_train=n_train, seed=1).as_json()["test"]["median"]
        rises.append(test[-1] / min(test))

    assert "Compare 20 with 100: the right end hardly rises." in closing_of("u-curve-explain")
    assert rises[0] > 100
    assert rises[1] < 1.5


@pytest.mark.parametrize("slug", LESSONS)
def test_an_item_with_a_run_has_a_reveal_without_figures_of_a_run(slug: str) -> None:
    waiting = [item for part in lesson(slug).parts for each in part.activities for item in waiting_in(each)]

    assert len(waiting) >= 3
    for item in waiting:
        assert item.reveal is not None
        assert re.findall(r"\d+[.,]\d+|\d+ ?%|\d+ of \d+", item.reveal.text) == []


def waiting_in(activity: Any) -> list[Item]:
    return [item for item in activity.every_item() if item.waits] if isinstance(activity, Predict) else []


def test_nothing_that_is_said_before_the_sweep_tells_what_it_shows() -> None:
    said = json.dumps([visible(activity) for activity in activities("u-curve")], ensure_ascii=False)

    telling = ("right end", "rises", "too simple", "too much", "overfit", "memoris", "second time", "enough data")
    assert [words for words in telling if words in said] == []


@pytest.mark.parametrize("slug", LESSONS)
def test_no_text_shouts_or_is_cut_up_by_dashes(slug: str) -> None:
    folder = catalogue.LESSONS_FOLDER / slug.replace("-", "_")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}

    assert {name: found for name, text in texts.items() if (found := re.findall(r"\w+!|.{0,20}—.{0,20}", text))} == {}
