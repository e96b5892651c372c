"""Every verdict of the lesson, worked out again from nothing but what is drawn beside it.

A verdict that disagrees with its figure teaches that looking does not help. Each test here reads the numbers from the
rendered page as a student would, judges by them, and compares. For the record of a release there can be more seeds, and
as many repeats as a class has: `SEEDS=200 REPEATS=20 .venv/bin/pytest tests/activities/test_verdicts.py`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from html import unescape
from itertools import pairwise
from typing import Any

import pytest
from django.template.loader import render_to_string

from classroom.models import GradientRule
from experiments.kinds.blame.compute import blame
from experiments.kinds.starvation.compute import starvation
from experiments.kinds.tipping_point.compute import tipping_point
from experiments.kinds.u_curve.compute import u_curve
from experiments.models import Run
from lessons import catalogue
from lessons.activities.experiment.pictures import registry
from lessons.activities.measures import DIGITS, SPREAD, Picture, Truth
from lessons.activities.predict import answers, rate_charts
from lessons.activities.predict.schema import Item, Predict
from lessons.maths.descent import Rule

pytestmark = pytest.mark.pure

SEEDS = range(1, 1 + int(os.environ.get("SEEDS", "12")))
REPEATS = int(os.environ.get("REPEATS", "2"))
STARVED = {"digit": 8, "kept": 5, "model": "svc", "fix": "none", "restored": 0, "n_repeats": REPEATS}
RULES: tuple[Rule, ...] = ("half", "full")


def activity(key: str) -> Predict:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    found = lesson.find_activity(key)
    assert found is not None
    assert isinstance(found[1], Predict)
    return found[1]


def question(key: str) -> Item:
    return next(item for name in ("u-curve-guess", "bias-guess") for item in activity(name).items if item.key == key)


@cache
def starved(seed: int) -> dict[str, Any]:
    return starvation(n_repeats=REPEATS, seed=seed).as_json()


def run_of(kind: str, result: dict[str, Any], **params: Any) -> Run:
    return Run(kind=kind, seed=1, params=params, result=result)


def judged(item: Item, run: Run, beside: Run | None = None) -> Truth:
    return registry.find(run.kind).truth(item, run, beside)


def drawn(item: Item, run: Run, beside: Run | None = None, guess: int | None = None) -> str:
    picture = registry.find(run.kind).draw_at_question(item, run, beside, None if guess is None else Fraction(guess))
    return page_of(picture)


def page_of(picture: Picture) -> str:
    return unescape(render_to_string(picture.template, {"picture": picture}))


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


def bars(html: str) -> Iterator[list[tuple[str, str, bool]]]:
    """The bars of each chart: what they stand for, what is written at them, whether they are ticked as right."""
    for table in re.findall(r'<table class="bars__table">.*?</table>', html, re.DOTALL):
        rows = re.findall(r'<tr class="(bars__row[^"]*)">(.*?)</tr>', table, re.DOTALL)
        cells = [(look, *re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)) for look, row in rows]
        yield [(words(name).strip("✓ "), words(label), "--right" in look) for look, name, _bar, label in cells]


def first_number(text: str) -> float:
    found = re.search(r"-?\d+(?:\.\d+)?", text)
    assert found, text
    return float(found[0])


# --- learning rates -------------------------------------------------------------------------------


def seen_in(drawing: str, look: str) -> str:
    """What a run does, by its dots and arrows alone, and the axis beside them."""
    ticks = re.findall(r'class="axes__tick" x="[\d.]+" y="([\d.]+)" dx="-6"[^>]*>([−\d.]+)<', drawing)
    (y0, w0), (y1, w1) = [(float(y), float(label.replace("−", "-"))) for y, label in (ticks[0], ticks[-1])]
    target = re.search(r'class="rate__target"[^>]*? y1="([\d.]+)"', drawing)
    assert target
    trace = drawing.split(f"rate__trace--{look}")[1].split("rate__trace--")[0]
    marks = re.findall(r'class="rate__mark".*?</g>', trace, re.DOTALL)
    places = [re.search(r'class="rate__touch" cx="([\d.]+)" cy="([\d.]+)"', mark) for mark in marks]
    away = [(float(place[2]) - float(target[1])) * (w1 - w0) / (y1 - y0) for place in places if place]
    away = ([first_dot(drawing, float(target[1])) * (w1 - w0) / (y1 - y0)] if look == "second" else []) + away
    is_outside = ["rate__head" in mark for mark in marks]
    first, *steps, later = away
    if is_outside[-1] or abs(later) > abs(first) + 0.01:
        return "explodes"
    if abs(abs(later) - abs(first)) < 0.01:
        return "bounces"
    if all(abs(step) < 0.01 for step in steps):
        return "one-jump"
    if any(a * b < 0 for a, b in pairwise([first, *steps])):
        return "zigzags"
    return "crawls" if abs(later) > 0.05 * abs(first) else "settles"


def first_dot(drawing: str, target: float) -> float:
    """The start, which belongs to the first run of two."""
    place = re.search(r'class="rate__touch" cx="[\d.]+" cy="([\d.]+)"', drawing)
    assert place
    return float(place[1]) - target


def steps_drawn(rates: tuple[Fraction, ...], rule: Rule) -> str:
    asked = activity("rates")
    assert asked.data is not None
    problems = [answers.problem(asked, GradientRule(rule), rate) for rate in rates]
    chart = rate_charts.rate_chart(problems, asked.data.start, guess=Fraction(-1), guess_name="bounces")
    html = render_to_string("activities/predict/charts/rate.html", {"chart": chart, "is_quiet": True})
    return html.split('data-drawing="steps"')[1].split('data-drawing="valley"')[0]


@pytest.mark.parametrize("rule", RULES)
def test_each_rate_is_drawn_doing_what_it_is_said_to_do(rule: Rule) -> None:
    for item in activity("rates").items_for(rule):
        right = answers.truth(activity("rates"), GradientRule(rule), item).right

        assert {seen_in(steps_drawn(item.rates, rule), "first")} == right, item.key


@pytest.mark.parametrize("rule", RULES)
def test_of_two_rates_close_together_one_is_drawn_settling_and_one_exploding(rule: Rule) -> None:
    (item,) = [item.transfer for item in activity("rates").items_for(rule) if item.transfer]

    drawing = steps_drawn(item.rates, rule)

    assert item.right == "parted"
    assert [seen_in(drawing, look) for look in ("first", "second")] == ["zigzags", "explodes"]


@pytest.mark.parametrize("rule", RULES)
def test_a_chart_that_is_asked_about_judges_nothing_not_even_for_the_ear(rule: Rule) -> None:
    """“What did you see?” comes before the verdict."""
    asked = activity("rates")
    (item,) = [item for item in asked.items_for(rule) if item.cycle == "full"]
    assert asked.data is not None
    chart = rate_charts.rate_chart([answers.problem(asked, GradientRule(rule), item.rates[0])], asked.data.start)

    html = render_to_string("activities/predict/charts/rate.html", {"chart": chart, "is_quiet": True})

    assert chart.runs[0].summary not in html
    assert [word for word in ("bounce", "for ever", "forever", "jumps between", "explode") if word in html] == []


# --- the U-curve ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_bottom_is_where_the_drawn_errors_are_lowest() -> None:
    item = question("lowest")
    for seed in SEEDS:
        result = u_curve(n_repeats=50, seed=seed).as_json()
        run = run_of("u_curve", result, noise=0.3)
        chart = registry.find("u_curve").draw_at_question(item, run, None, Fraction(7)).chart  # type: ignore[attr-defined]

        test = chart.drawings[0].curves[1]
        lowest = max(mark.y for mark in test.marks)
        seen = {
            int(label)
            for (x, label), mark in zip(chart.drawings[0].x_axis.ticks, test.marks, strict=True)
            if mark.y == lowest
        }
        assert judged(item, run).number in seen, seed
        assert chart.drawings[0].lowest_label == f"lowest: {judged(item, run).number}"


# --- five 8s --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_headline_and_what_was_seen_in_it_are_the_figure_that_is_drawn() -> None:
    item = question("headline")
    assert item.saw is not None
    for seed in SEEDS:
        run = run_of("starvation", starved(seed), **STARVED)

        html = drawn(item, run)

        figure = Fraction(str(first_number(words(html.split("headline__figure")[1].partition(">")[2]))))
        truth = judged(item, run)
        assert truth.number == figure
        offered = {choice.key: numbers(choice.text) for choice in answers.seen_choices(item, truth)}
        assert abs(offered[item.saw.right] - (100 - figure)) <= Fraction(1, 2)
        assert min(offered, key=lambda key: abs(offered[key] - (100 - figure))) == item.saw.right


def numbers(text: str) -> Fraction:
    return Fraction(50) if "half" in text else Fraction(str(first_number(text)))


@pytest.mark.slow
def test_the_recall_is_the_number_at_its_bar_and_no_line_runs_through_that() -> None:
    item = question("recall")
    for seed in SEEDS:
        run = run_of("starvation", starved(seed), **STARVED)

        html = drawn(item, run, guess=(7 * seed) % 101)

        bar = html.split("recall__digit--starved")[1].split("</g>")[0]
        label = re.search(r'class="recall__value"[^>]*? y="([\d.]+)" dy="-6"[^>]*>(\d+)<', bar)
        assert label
        assert judged(item, run).number == int(label[2])
        lines = re.findall(r'<line class="recall__(?:guess|before)"[^>]*? y1="([\d.]+)"', bar)
        assert len(lines) == 2
        assert all(not float(label[1]) - 18 < float(y) < float(label[1]) - 5 for y in lines)


@pytest.mark.slow
def test_whoever_reads_either_figure_of_who_takes_the_8s_is_told_that_they_are_right() -> None:
    """The matrix is of one model and the bars are of all; an answer that one of them shows is never called wrong."""
    item = question("absorber")
    n_apart = 0
    for seed in SEEDS:
        run = run_of("starvation", starved(seed), **STARVED)
        truth, html = judged(item, run), drawn(item, run)

        (rows,) = bars(html)
        shares = {DIGITS[int(digit)]: first_number(label) for digit, label, _ticked in rows}
        row = html.split("confusion__row--starved")[1].split("</tr>")[0]
        cells = [int(first_number(words(cell) or "0")) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        counts = {DIGITS[said]: n for said, n in enumerate(cells) if said != 8}
        most_here, most_over_all = commonest(counts, sum(counts.values())), commonest(shares, 100)
        n_apart += not most_here & most_over_all
        # A reader of whole percents cannot tell 33.3 from 33.
        wrong = {each for each in most_here | most_over_all if truth.judge(each) == "other"}
        assert not wrong & {choice.key for choice in item.choices}, (seed, wrong, shares, counts)
        assert {DIGITS[int(digit)] for digit, _label, ticked in rows if ticked} == truth.right - {SPREAD}
        told = re.search(rf"Over {REPEATS} models?: (\d+) % went to the (\d)", words(html))
        assert told
        assert shares[DIGITS[int(told[2])]] == int(told[1]) == max(shares.values())
        # And nothing is credited that neither figure shows: a near tie looks like one.
        for each in (truth.right | truth.also) - {SPREAD} - most_here:
            assert shares[each] >= max(shares.values()) - 100 * (2 / sum(counts.values()) / REPEATS) ** 0.5 - 1
    print(f"\n{n_apart} of {len(SEEDS)} seeds: the one matrix and the bars over all show different digits")


def commonest(figures: dict[str, float] | dict[str, int], total: float) -> set[str]:
    most = max(figures.values())
    if 3 * most < total - 1e-9:
        return {SPREAD}
    return {digit for digit, figure in figures.items() if figure == most}


@pytest.mark.slow
def test_a_change_is_named_by_the_two_numbers_at_its_bars() -> None:
    item = question("louder")
    for before, after in pairwise(SEEDS):
        was, now = (run_of("starvation", starved(seed), **STARVED) for seed in (before, after))
        check_change(item, now, was)


@pytest.mark.parametrize(
    ("was", "now"), [(0.474, 0.623), (0.4749, 0.5051), (0.4751, 0.5049), (0.5, 0.4749), (0.4, 0.4)]
)
def test_a_change_next_to_a_threshold_is_what_its_whole_numbers_say(was: float, now: float) -> None:
    """By its own digits 47.4 → 62.3 is a little; drawn as 47 → 62 it is much."""
    item = question("louder")

    check_change(item, *(run_of("starvation", with_recall(mean), **STARVED) for mean in (now, was)))


def with_recall(mean: float) -> dict[str, Any]:
    recall = {"8": {"mean": mean, "sd": 0.1, "values": [mean, mean]}}
    accuracy = {"mean": 0.94, "sd": 0.01, "values": [0.94, 0.94]}
    return {"recall": recall, "accuracy": accuracy, "shown": {"recall": {"8": mean}}}


def check_change(item: Item, run: Run, beside: Run) -> None:
    html = drawn(item, run, beside)
    recall, _accuracy = bars(html)
    was, now = (int(first_number(label)) for _when, label, _ticked in recall)
    gained = now - was
    seen = "worse" if gained <= -3 else "nothing" if gained < 3 else "little" if gained < 15 else "much"
    assert judged(item, run, beside).right == {seen}, (was, now)
    told = registry.in_words(registry.find(run.kind).evidence(run, beside))
    assert f"over all models: {was} of 100 before, {now} after" in told


# --- the stretches, which say what they found -----------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:8])
def test_blame_names_the_longest_bars(seed: int) -> None:
    run = run_of("blame", blame(n_repeats=REPEATS, seed=seed).as_json(), digit=8)

    html = page_of(registry.find("blame").draw(run, None))

    after, _before = bars(html)
    most = max(int(first_number(label)) for _digit, label, _ticked in after)
    named = re.search(r"Of 100 of these, (\d+) were called ([\d a-z,]+)\.", words(html))
    assert named
    assert int(named[1]) == most
    assert set(re.findall(r"\d", named[2])) == {digit for digit, label, _t in after if first_number(label) == most}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_tipping_point_is_where_the_written_recall_passes_a_half_and_nine_tenths(seed: int) -> None:
    kept = (0, 2, 4, 5, 6, 7, 8, 10, 15, 20, 30, 40, 80)
    run = run_of("tipping_point", tipping_point(kept=kept, n_repeats=REPEATS, seed=seed).as_json(), digit=8)

    html = page_of(registry.find("tipping_point").draw(run, None))

    rows = re.findall(r'<th scope="row" class="number">(\d+)</th>\s*<td class="number">(\d+) ±', html)
    half, most = (next(int(k) for k, recall in rows if int(recall) >= least) for least in (50, 90))
    assert f"From {half} examples on, half of the real 8s are recognised. From {most} on, 90 of 100." in words(html)
