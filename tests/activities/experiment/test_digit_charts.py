"""What starving a digit does, drawn: recall, who is taken for whom, the misread images, the class, before and after."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.template.loader import render_to_string

from experiments.kinds.blame.compute import blame
from experiments.kinds.starvation.compute import starvation
from experiments.kinds.tipping_point.compute import tipping_point
from experiments.maths.digits import images
from lessons.activities.experiment.pictures.blame import blame_chart
from lessons.activities.experiment.pictures.charts.before_after import before_after_chart
from lessons.activities.experiment.pictures.charts.confusion import confusion_chart
from lessons.activities.experiment.pictures.charts.dots import DOT, DOTS_TOP, dots_chart
from lessons.activities.experiment.pictures.charts.misclassified import misclassified_images
from lessons.activities.experiment.pictures.charts.recall import recall_chart
from lessons.activities.experiment.pictures.charts.takers import leaders, takers, takers_chart
from lessons.activities.experiment.pictures.tipping_point import tipping_chart
from lessons.activities.hand_steps import charts
from lessons.activities.measures import DIGITS as DIGITS_IN_WORDS

pytestmark = pytest.mark.pure

DIGITS = range(10)


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    return starvation(n_repeats=2, seed=7).as_json()


@pytest.fixture(scope="module")
def fixed() -> dict[str, Any]:
    return starvation(n_repeats=2, seed=7, fix="restore", restored=40).as_json()


def reading(*, eights: list[int], misread: int = 0) -> dict[str, Any]:
    """A model that reads every digit but 8 rightly; `eights` is what it calls real 8s."""
    counts = [[50 if truth == said else 0 for said in DIGITS] for truth in DIGITS]
    counts[8] = eights
    picture = {"index": 0, "truth": 8, "said": 1, "pixels": [0] * 63 + [16]}
    return {
        "accuracy": 0.95,
        "recall": {str(d): counts[d][d] / sum(counts[d]) for d in DIGITS},
        "confusion": counts,
        "misread": [picture] * misread,
    }


ALL_READ = reading(eights=[0, 0, 0, 0, 0, 0, 0, 0, 40, 0])
TEN_MISREAD = reading(eights=[0, 10, 0, 0, 0, 0, 0, 0, 30, 0], misread=10)


def pixels(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_each_bar_is_as_high_as_its_recall_and_knows_where_it_was(run: dict[str, Any]) -> None:
    chart = recall_chart(run["shown"], run["baseline"], digit=8)

    for bar in chart.bars:
        recall, before = (run[which]["recall"][str(bar.digit)] for which in ("shown", "baseline"))
        assert bar.height == pytest.approx(recall * (charts.BOTTOM - charts.TOP), abs=0.02)
        assert bar.y + bar.height == pytest.approx(charts.BOTTOM)
        assert bar.baseline_y == chart.y_axis.at(100 * before)
        assert bar.says.startswith(f"{bar.digit}: {100 * recall:.0f} of 100 recognised")
    assert [bar.digit for bar in chart.bars if bar.is_starved] == [8]


def test_the_sentence_counts_the_images_and_does_not_round_them(run: dict[str, Any]) -> None:
    chart = recall_chart(run["shown"], run["baseline"], digit=8)

    now, before = (run[which]["confusion"][8] for which in ("shown", "baseline"))
    assert chart.summary == (
        f"Of {sum(now)} real 8s this model recognises {now[8]}. With all its 8s it recognises {before[8]}."
    )
    assert chart.rows[8] == ("8", f"{now[8]} of {sum(now)}", f"{before[8]} of {sum(before)}")


def test_what_was_predicted_lies_on_the_starved_bar_alone() -> None:
    chart = recall_chart(TEN_MISREAD, ALL_READ, digit=8, predicted=60.0)

    page = render_to_string("activities/experiment/charts/recall.html", {"chart": chart})

    assert chart.predicted == chart.y_axis.at(60)
    starved = page[page.index("recall__digit--starved") :]
    assert page.count('class="recall__guess"') == 1
    assert starved.index('class="recall__guess"') < starved.index("</g>")
    assert "your guess: 60" in page
    without = recall_chart(TEN_MISREAD, ALL_READ, digit=8)
    assert "your guess" not in render_to_string("activities/experiment/charts/recall.html", {"chart": without})


@pytest.mark.parametrize("eights", [[0, 39, 0, 0, 0, 0, 0, 0, 1, 0], [0, 20, 0, 0, 0, 0, 0, 0, 20, 0]])
def test_the_hatching_stays_inside_its_bar(eights: list[int]) -> None:
    bar = recall_chart(reading(eights=eights), ALL_READ, digit=8).bars[8]

    drawn = pixels(bar.hatch)
    assert drawn
    assert all(bar.x - 0.02 <= x <= bar.x + bar.width + 0.02 for x, __ in drawn)
    assert all(bar.y - 0.02 <= y <= charts.BOTTOM + 0.02 for __, y in drawn)


def test_a_number_stands_above_its_bar_and_off_the_line_of_the_baseline() -> None:
    nearly = reading(eights=[0, 1, 0, 0, 0, 0, 0, 0, 39, 0])

    close, far = (recall_chart(each, ALL_READ, digit=8).bars[8] for each in (nearly, TEN_MISREAD))

    assert close.label_y == close.baseline_y < close.y
    assert far.label_y == far.y


@pytest.mark.parametrize("digit", [0, 1, 8])
def test_behind_each_cell_off_the_diagonal_are_as_many_images_as_it_says(run: dict[str, Any], digit: int) -> None:
    chart = confusion_chart(run["shown"], digit)

    behind = {each.key: each.images for each in chart.behind}
    for row in chart.rows:
        for cell in row.cells:
            assert cell.n == run["shown"]["confusion"][row.digit][cell.said]
            assert bool(cell.key) == (cell.n > 0 and cell.said != row.digit)
            if cell.key:
                assert len(behind[cell.key]) == cell.n
                assert {(image.truth, image.said) for image in behind[cell.key]} == {(row.digit, cell.said)}
    assert [row.digit for row in chart.rows if row.is_starved] == [digit]


def test_every_link_of_the_table_leads_to_its_images(run: dict[str, Any]) -> None:
    chart = confusion_chart(run["shown"], 8)

    question, panel = (
        render_to_string("activities/experiment/charts/confusion.html", {"chart": chart, "is_panel": is_panel})
        for is_panel in (False, True)
    )

    for page in (question, panel):
        ids = re.findall(r' id="([^"]+)"', page)
        links = re.findall(r'href="#([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(links) == set(ids)
        assert " style=" not in page
    assert not set(re.findall(r' id="([^"]+)"', question)) & set(re.findall(r' id="([^"]+)"', panel))


@pytest.mark.parametrize(
    ("n", "shade"), [(0, 0), (1, 1), (2, 1), (3, 2), (5, 2), (10, 3), (11, 4), (20, 4), (21, 5), (100, 5)]
)
def test_a_cell_is_darker_the_more_of_its_row_it_holds(n: int, shade: int) -> None:
    chart = confusion_chart(reading(eights=[0, n, 0, 0, 0, 0, 0, 0, 100 - n, 0]), 8)

    assert chart.rows[8].cells[1].shade == shade


@pytest.mark.parametrize(
    ("eights", "sentence"),
    [
        ([0, 25, 0, 12, 0, 0, 0, 0, 36, 7], "In this model 25 of 44 misread 8s were called 1."),
        ([0, 0, 0, 0, 0, 0, 0, 0, 86, 1], "In this model 1 of 1 misread 8s was called 9."),
        ([0, 0, 0, 0, 0, 0, 0, 0, 87, 0], "This model recognised every 8."),
        ([0, 14, 0, 14, 0, 0, 0, 0, 50, 9], "In this model 14 of 37 misread 8s were called 1 and, just as often, 3."),
    ],
)
def test_the_commonest_mistake_is_said(eights: list[int], sentence: str) -> None:
    assert confusion_chart(reading(eights=eights), 8).summary == sentence


IMAGES = "activities/experiment/charts/images.html"


def test_the_wall_shows_every_misread_image_once(run: dict[str, Any]) -> None:
    found = misclassified_images(run["shown"], run["baseline"], 8, is_stamped=True)

    row, before = run["shown"]["confusion"][8], run["baseline"]["confusion"][8]
    n = sum(row) - row[8]
    assert n > 20
    assert Counter(beat.image.said for beat in found.images) == Counter(
        {said: row[said] for said in DIGITS if said != 8 and row[said]}
    )
    assert len(found.baseline) == sum(before) - before[8]
    assert (found.n, found.title) == (n, "real 8s, and what this model called them")
    assert found.summary == (
        f"This model misread {n} of {sum(row)} real 8s. With all its 8s it misread {len(found.baseline)}."
    )
    page = render_to_string(IMAGES, {"chart": found})
    assert len(re.findall(r'class="misclassified__said"[^>]*>1</span>', page)) == row[1] + before[1]


def test_a_wall_without_stamps_tells_nothing_of_what_they_were_called(run: dict[str, Any]) -> None:
    """Neither in words nor by the order: the same page comes of a model that had called each something else."""
    shown = run["shown"]
    others = [{**each, "said": (each["said"] + 5) % 10 or 7} for each in shown["misread"]]
    pages = [
        render_to_string(
            IMAGES,
            {"chart": misclassified_images({**shown, "misread": misread}, run["baseline"], 8, is_stamped=False)},
        )
        for misread in (shown["misread"], others, others[::-1])
    ]

    assert len(set(pages)) == 1
    assert pages[0].count('aria-label="a real 8"') == sum(shown["confusion"][8]) - shown["confusion"][8][8]
    assert "called" not in pages[0]


def test_the_stamps_come_onto_the_images_that_stood_there(run: dict[str, Any]) -> None:
    bare, stamped = (
        misclassified_images(run["shown"], run["baseline"], 8, is_stamped=is_stamped) for is_stamped in (False, True)
    )

    assert [beat.image.shades for beat in bare.images] == [beat.image.shades for beat in stamped.images]
    assert {beat.image.said for beat in bare.images} == {None}
    assert [beat.begins for beat in bare.images] == sorted({beat.begins for beat in bare.images})


def test_a_wall_without_images_says_so() -> None:
    for is_stamped in (False, True):
        found = misclassified_images(ALL_READ, ALL_READ, 8, is_stamped=is_stamped)

        page = render_to_string(IMAGES, {"chart": found})

        assert (found.n, found.title) == (0, "real 8s were read as something else by this model")
        assert "<li" not in page
        assert "This model misread 0 of 40 real 8s." in page


def test_one_misread_image_is_told_as_one() -> None:
    one = reading(eights=[0, 1, 0, 0, 0, 0, 0, 0, 39, 0], misread=1)

    bare, stamped = (misclassified_images(one, ALL_READ, 8, is_stamped=is_stamped) for is_stamped in (False, True))

    assert bare.title == "real 8 that this model did not recognise"
    assert stamped.title == "real 8, and what this model called it"
    assert stamped.summary.startswith("This model misread 1 of 40 real 8s.")


def test_the_images_are_the_real_ones_pixel_by_pixel(run: dict[str, Any]) -> None:
    first = min((each for each in run["shown"]["misread"] if each["truth"] == 8), key=lambda each: each["index"])
    drawn = misclassified_images(run["shown"], run["baseline"], 8, is_stamped=False).images[0].image

    grid = [0.0] * 64
    for path, shade in drawn.shades:
        for column, row, length in re.findall(r"M(\d) (\d)h(\d)v1h-\d+z", path):
            for i in range(int(length)):
                grid[8 * int(row) + int(column) + i] += shade
    real, labels = images()
    assert labels[first["index"]] == 8
    assert grid == real[first["index"]].tolist()


@pytest.mark.parametrize("guess", range(0, 101, 2))
@pytest.mark.parametrize("n_read", range(0, 41, 4))
def test_no_number_is_printed_on_a_line(guess: int, n_read: int) -> None:
    shown = reading(eights=[0, 40 - n_read, 0, 0, 0, 0, 0, 0, n_read, 0])

    chart = recall_chart(shown, ALL_READ, digit=8, predicted=float(guess))

    bar = chart.bars[8]
    # The letters stand on a line 6 pixels above it, and are 12 high.
    for line in (bar.baseline_y, chart.predicted):
        assert line is not None
        assert not bar.label_y - 18 < line < bar.label_y - 5


@pytest.mark.parametrize("digit", [0, 4, 8])
def test_the_bars_rise_one_after_the_other_and_the_starved_one_last(digit: int) -> None:
    bars = recall_chart(TEN_MISREAD, ALL_READ, digit=digit).bars

    risen = sorted(bars, key=lambda bar: bar.begins)
    assert [bar.digit for bar in risen] == [*(d for d in DIGITS if d != digit), digit]
    assert all(one.ends <= other.begins for one, other in pairwise(risen))
    # A beat of silence before the one that it is about.
    assert risen[-1].begins - risen[-2].ends > 0.1
    assert risen[-1].ends == 1


def test_every_run_of_the_class_has_a_dot_in_the_drawing_and_ones_own_is_filled_once() -> None:
    dots = dots_chart([94.3] * 40, mine=7, n_asked=40, low=88.0, high=100.0, name="Accuracy")

    assert len(dots.dots) == 40
    assert sum(dot.is_mine for dot in dots.dots) == 1
    assert len({(dot.x, dot.y) for dot in dots.dots}) == 40
    assert all(DOTS_TOP - 5 < dot.y < dots.line for dot in dots.dots)
    assert dots.dots[0].x == pytest.approx(dots.x_axis.at(94.3), abs=DOT)


def test_the_mean_is_marked_and_named_with_its_number_of_runs() -> None:
    dots = dots_chart([93.0, 94.0, 96.5], mine=None, n_asked=3, low=88.0, high=100.0, name="Accuracy")

    assert dots.mean == dots.x_axis.at(94.5)
    assert dots.mean_label == "mean of 3 different runs: 94.5 %"
    assert dots.summary == "3 runs of the class, from 93.0 to 96.5 %. Their mean is 94.5 %."
    assert "yours" not in render_to_string("activities/experiment/charts/dots.html", {"chart": dots})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            [93.0, 94.0, 96.5],
            "3 different runs, started by 30: from 93.0 to 96.5 %. Their mean is 94.5 %.",
        ),
        ([94.3], "One run, started by 30: 94.3 %."),
    ],
)
def test_runs_that_many_asked_for_are_counted_once(values: list[float], sentence: str) -> None:
    dots = dots_chart(values, mine=None, n_asked=30, low=88.0, high=100.0, name="Accuracy")

    assert len(dots.dots) == len(values)
    assert dots.summary == sentence


def test_one_run_has_no_mean() -> None:
    dots = dots_chart([93.4], mine=0, n_asked=1, low=88.0, high=100.0, name="Accuracy")

    page = render_to_string("activities/experiment/charts/dots.html", {"chart": dots})

    assert dots.summary == "One run so far: 93.4 %."
    assert "dots__mean" not in page
    assert "The filled dot is yours." in page


def test_a_run_below_the_scale_stands_at_its_edge_with_its_true_number() -> None:
    dots = dots_chart([61.2, 94.0], mine=None, n_asked=2, low=88.0, high=100.0, name="Accuracy")

    assert dots.dots[0].x == pytest.approx(dots.x_axis.start, abs=DOT)
    assert dots.dots[0].says == "61.2 %"


def figures(recalls: list[float], accuracy: float) -> dict[str, Any]:
    mean = sum(recalls) / len(recalls)
    return {
        "recall": {"8": {"mean": mean, "sd": 0.07, "values": recalls}},
        "accuracy": {"mean": accuracy, "sd": 0.008, "values": [accuracy] * len(recalls)},
        "shown": {"recall": {"8": recalls[0]}},
    }


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (figures([0.8, 0.86], 0.972), "Over 2 models recall for 8 is 49 of 100 before, 83 after."),
        (
            figures([0.48, 0.5], 0.943),
            "Nothing changed over 2 models: recall for 8 is 49 of 100 before and after.",
        ),
    ],
)
def test_before_and_after_are_said_in_numbers(after: dict[str, Any], sentence: str) -> None:
    chart = before_after_chart(figures([0.48, 0.5], 0.943), after, 8)

    accuracy = f"Accuracy: 94.3\u00a0% before, {100 * after['accuracy']['mean']:.1f}\u00a0% after."
    assert chart.summary == f"{sentence} {accuracy}"
    assert chart.spread == "Means over 2 models; ± is their spread, one standard deviation."
    assert [row.share for row in chart.recall.rows] == [49.0, round(100 * after["recall"]["8"]["mean"], 1)]
    assert chart.accuracy.rows[0].label == "94.3\u00a0% ± 0.8"
    first = f"{100 * after['shown']['recall']['8']:.0f}"
    assert chart.here == f"In the first one, the model you saw: 48 before, {first} after."


def test_a_change_in_few_repeats_is_said_to_be_one() -> None:
    chart = before_after_chart(figures([0.5, 0.5, 0.5], 0.94), figures([0.5, 0.5, 0.53], 0.94), 8)

    assert chart.summary.startswith(
        "Over 3 models recall for 8 is 50 of 100 before, 51 after. In 2 of them nothing changed."
    )


def test_giving_8s_back_is_seen_to_help(run: dict[str, Any], fixed: dict[str, Any]) -> None:
    chart = before_after_chart(run, fixed, 8)

    before, after = (row.share for row in chart.recall.rows)
    assert after > before + 20
    assert all(row.is_harmed for row in chart.recall.rows)


@pytest.fixture(scope="module")
def tipping() -> dict[str, Any]:
    return tipping_point(kept=(0, 5, 40), n_repeats=2, seed=7).as_json()


def test_recall_and_accuracy_are_drawn_where_they_are(tipping: dict[str, Any]) -> None:
    chart = tipping_chart(tipping)

    for path, figures_of in ((chart.recall, "recall"), (chart.accuracy, "accuracy")):
        assert pixels(path) == [
            (chart.x_axis.at(kept), chart.y_axis.at(100 * mean))
            for kept, mean in zip((0, 5, 40), tipping[figures_of]["mean"], strict=True)
        ]
    assert [label for __, label in chart.x_axis.ticks] == ["0", "5", "40"]
    assert all(charts.TOP <= y <= charts.BOTTOM for __, y in pixels(chart.recall_band))


@pytest.mark.parametrize(
    ("recall", "sentence"),
    [
        ([0.0, 0.5, 0.95], "From 5 examples on, half of the real 8s are recognised. From 40 on, 90 of 100."),
        (
            [0.0, 0.1, 0.8],
            "From 40 examples on, half of the real 8s are recognised. No number is enough for 90 of 100.",
        ),
        ([0.0, 0.1, 0.4], "No number here is enough to recognise half of the real 8s."),
    ],
)
def test_where_recall_passes_a_half_and_nine_tenths_is_said(
    tipping: dict[str, Any], recall: list[float], sentence: str
) -> None:
    result = {**tipping, "recall": {"mean": recall, "sd": [0.0, 0.1, 0.1]}}

    assert tipping_chart(result).summary == sentence


def test_blame_names_who_took_most_and_leaves_the_digit_out() -> None:
    result = blame(n_repeats=2, seed=7).as_json()

    chart = blame_chart(result)

    assert [row.text for row in chart.absorbed.rows] == [str(d) for d in DIGITS if d != 8]
    most = max(result["absorbed"], key=lambda each: result["absorbed"][each])
    # Magenta is the harmed digit's alone, and this one takes.
    assert not any(row.is_harmed for row in (*chart.absorbed.rows, *chart.before.rows))
    assert chart.summary.endswith(f"Of 100 of these, {100 * result['absorbed'][most]:.0f} were called {most}.")


def test_nobody_is_blamed_where_nothing_was_misread() -> None:
    nothing = {str(d): 0.0 for d in DIGITS}
    chart = blame_chart({"digit": 0, "absorbed": nothing, "before": nothing, "n_misread": {"mean": 0, "sd": 0}})

    assert chart.summary == "Every 0 was recognised."


def test_digits_that_look_level_are_blamed_together() -> None:
    nothing = {str(d): 0.0 for d in DIGITS}
    shares = {**nothing, "1": 0.344, "9": 0.336, "3": 0.32}

    chart = blame_chart({"digit": 8, "absorbed": shares, "before": nothing, "n_misread": {"mean": 44, "sd": 9}})

    assert chart.summary.endswith("Of 100 of these, 34 were called 1 and, just as often, 9.")


@pytest.mark.parametrize(
    ("absorbed", "right"),
    [
        ({"1": 0.40, "9": 0.36, "3": 0.14, "5": 0.1}, {"one"}),
        ({"1": 0.38, "9": 0.37, "3": 0.15, "5": 0.1}, {"one", "nine"}),
        ({"1": 0.28, "9": 0.26, "3": 0.24, "5": 0.22}, {"spread"}),
        # A third, give or take.
        ({"1": 0.33, "9": 0.27, "3": 0.2, "5": 0.2}, {"one", "spread"}),
        ({}, {"spread"}),
    ],
)
def test_who_takes_them_is_judged_over_all_repeats_near_ties_included(
    absorbed: dict[str, float], right: set[str]
) -> None:
    read_by_half = {"8": {"values": [0.5] * 20}} if absorbed else {"8": {"values": [1.0] * 20}}
    eights = [0, 20, 0, 10, 0, 5, 0, 0, 45, 7] if absorbed else [0] * 8 + [87, 0]
    result = {
        "absorbed": {**{str(d): 0.0 for d in DIGITS}, **absorbed},
        "recall": read_by_half,
        "shown": reading(eights=eights),
    }

    found, also = takers(result, 8, ("one", "three", "five", "nine", "spread"))

    assert found == right
    assert also == (set() if "one" in right or not absorbed else {"one"})
    drawn = takers_chart(result, 8, ("one", "three", "five", "nine", "spread"))
    assert {DIGITS_IN_WORDS[int(row.text)] for row in drawn.bars.rows if row.is_right} == right - {"spread"}
    assert bool(drawn.tie) == (len(right) > 1 or bool(also))


def test_where_few_are_misread_more_is_a_near_tie() -> None:
    assert leaders({1: 0.40, 9: 0.30, 3: 0.30}, 30) == {1, 9, 3}
    assert leaders({1: 0.40, 9: 0.30, 3: 0.30}, 900) == {1}
    # A matrix is no sample: its counts are what they are.
    assert leaders({1: 15, 9: 14}, 0) == {1}


def test_no_drawing_prints_a_missing_value(run: dict[str, Any], fixed: dict[str, Any], tipping: dict[str, Any]) -> None:
    never = starvation(digit=1, kept=0, n_repeats=1, seed=3).as_json()
    assert never["shown"]["recall"]["1"] == 0
    assert never["shown"]["precision"]["1"] is None

    shown, baseline = never["shown"], never["baseline"]
    for name, chart in (
        ("charts/recall", recall_chart(shown, baseline, digit=1, predicted=0.0)),
        ("charts/confusion", confusion_chart(shown, 1)),
        ("charts/images", misclassified_images(shown, baseline, 1, is_stamped=True)),
        ("charts/takers", takers_chart(never, 1)),
        ("charts/before_after", before_after_chart(run, fixed, 8)),
        ("pictures/tipping_point", tipping_chart(tipping)),
    ):
        page = render_to_string(f"activities/experiment/{name}.html", {"chart": chart, "picture": {"chart": chart}})
        assert [word for word in ("None", "nan", "inf", " style=") if word in page] == []
