"""What starving a digit does, drawn: recall, who is taken for whom, the misread images, the class, before and after."""

from __future__ import annotations

import re
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
from lessons.activities.experiment.pictures.tipping_point import tipping_chart
from lessons.activities.hand_steps import charts

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
        f"Of {sum(now)} real 8s the model recognises {now[8]}; with all its 8s it recognises {before[8]}."
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
        ([0, 25, 0, 12, 0, 0, 0, 0, 36, 7], "The misread 8s of this model: 25 of 44 were called 1."),
        ([0, 0, 0, 0, 0, 0, 0, 0, 86, 1], "The misread 8s of this model: 1 of 1 was called 9."),
        ([0, 0, 0, 0, 0, 0, 0, 0, 87, 0], "No 8 was taken for anything else."),
    ],
)
def test_the_commonest_mistake_is_said(eights: list[int], sentence: str) -> None:
    assert confusion_chart(reading(eights=eights), 8).summary == sentence


def test_the_wall_shows_every_misread_image_once(run: dict[str, Any]) -> None:
    found = misclassified_images(run["shown"], run["baseline"], 8)

    row, before = run["shown"]["confusion"][8], run["baseline"]["confusion"][8]
    n = sum(row) - row[8]
    assert n > 20
    assert [image.said for image in found.images] == sorted(
        said for said in DIGITS if said != 8 for _ in range(row[said])
    )
    assert len(found.baseline) == sum(before) - before[8]
    assert found.title == f"The {n} real 8s that this model read as something else"
    assert found.summary == (
        f"{n} of {sum(row)} real 8s were read as something else; with all its 8s the same model "
        f"misread {len(found.baseline)} of {sum(row)}."
    )
    page = render_to_string("activities/experiment/charts/misclassified.html", {"chart": found})
    assert page.count("→ 1</span>") == row[1] + before[1]


def test_a_wall_without_images_says_so() -> None:
    found = misclassified_images(ALL_READ, ALL_READ, 8)

    page = render_to_string("activities/experiment/charts/misclassified.html", {"chart": found})

    assert found.title == "This model read every real 8 of the test rightly"
    assert "<li" not in page
    assert "0 of 40 real 8s were read as something else" in page


def test_one_misread_image_is_told_as_one() -> None:
    one = reading(eights=[0, 1, 0, 0, 0, 0, 0, 0, 39, 0], misread=1)

    found = misclassified_images(one, ALL_READ, 8)

    assert found.title == "The 1 real 8 that this model read as something else"
    assert found.summary.startswith("1 of 40 real 8s was read as something else;")


def test_the_images_are_the_real_ones_pixel_by_pixel(run: dict[str, Any]) -> None:
    first = min(
        (each for each in run["shown"]["misread"] if each["truth"] == 8), key=lambda each: (each["said"], each["index"])
    )
    drawn = misclassified_images(run["shown"], run["baseline"], 8).images[0]

    grid = [0.0] * 64
    for path, shade in drawn.shades:
        for column, row, length in re.findall(r"M(\d) (\d)h(\d)v1h-\d+z", path):
            for i in range(int(length)):
                grid[8 * int(row) + int(column) + i] += shade
    real, labels = images()
    assert labels[first["index"]] == 8
    assert grid == real[first["index"]].tolist()


def test_every_run_of_the_class_has_a_dot_in_the_drawing_and_ones_own_is_filled_once() -> None:
    dots = dots_chart([94.3] * 40, mine=94.3, low=88.0, high=100.0, name="Accuracy")

    assert len(dots.dots) == 40
    assert sum(dot.is_mine for dot in dots.dots) == 1
    assert len({(dot.x, dot.y) for dot in dots.dots}) == 40
    assert all(DOTS_TOP - 5 < dot.y < dots.line for dot in dots.dots)
    assert dots.dots[0].x == pytest.approx(dots.x_axis.at(94.3), abs=DOT)


def test_the_mean_is_marked_and_named_with_its_number_of_runs() -> None:
    dots = dots_chart([93.0, 94.0, 96.5], mine=None, low=88.0, high=100.0, name="Accuracy")

    assert dots.mean == dots.x_axis.at(94.5)
    assert dots.mean_label == "mean of 3 runs: 94.5 %"
    assert dots.summary == "3 runs of the class, from 93.0 to 96.5 %; their mean is 94.5 %."
    assert "yours" not in render_to_string("activities/experiment/charts/dots.html", {"chart": dots})


def test_one_run_has_no_mean() -> None:
    dots = dots_chart([93.4], mine=93.4, low=88.0, high=100.0, name="Accuracy")

    page = render_to_string("activities/experiment/charts/dots.html", {"chart": dots})

    assert dots.summary == "One run so far: 93.4 %."
    assert "dots__mean" not in page
    assert "The filled dot is yours." in page


def test_a_run_below_the_scale_stands_at_its_edge_with_its_true_number() -> None:
    dots = dots_chart([61.2, 94.0], mine=None, low=88.0, high=100.0, name="Accuracy")

    assert dots.dots[0].x == pytest.approx(dots.x_axis.start, abs=DOT)
    assert dots.dots[0].says == "61.2 %"


def figures(recalls: list[float], accuracy: float) -> dict[str, Any]:
    mean = sum(recalls) / len(recalls)
    return {
        "recall": {"8": {"mean": mean, "sd": 0.07, "values": recalls}},
        "accuracy": {"mean": accuracy, "sd": 0.008, "values": [accuracy] * len(recalls)},
    }


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (figures([0.8, 0.86], 0.972), "Recall for 8: 49 of 100 before, 83 after."),
        (
            figures([0.48, 0.5], 0.943),
            "Nothing changed: recall for 8 is 49 of 100 before and after, in every repeat.",
        ),
    ],
)
def test_before_and_after_are_said_in_numbers(after: dict[str, Any], sentence: str) -> None:
    chart = before_after_chart(figures([0.48, 0.5], 0.943), after, 8)

    accuracy = f"Accuracy: 94.3\u00a0% before, {100 * after['accuracy']['mean']:.1f}\u00a0% after."
    assert chart.summary == f"{sentence} {accuracy}"
    assert chart.spread == "Means over 2 repeats; ± is their spread, one standard deviation."
    assert [row.share for row in chart.recall.rows] == [49.0, round(100 * after["recall"]["8"]["mean"], 1)]
    assert chart.accuracy.rows[0].label == "94.3\u00a0% ± 0.8"


def test_a_change_in_few_repeats_is_said_to_be_one() -> None:
    chart = before_after_chart(figures([0.5, 0.5, 0.5], 0.94), figures([0.5, 0.5, 0.53], 0.94), 8)

    assert chart.summary.startswith("Recall for 8: 50 of 100 before, 51 after; the same in 2 of 3 repeats.")


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
        ([0.0, 0.5, 0.95], "Half of the real 8s are recognised from 5 examples on, 90 of 100 from 40 on."),
        (
            [0.0, 0.1, 0.8],
            "Half of the real 8s are recognised from 40 examples on; 90 of 100 with none of these.",
        ),
        ([0.0, 0.1, 0.4], "With none of these numbers is half of the real 8s recognised."),
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
    assert [row.text for row in chart.absorbed.rows if row.is_harmed] == [most]
    assert chart.summary.endswith(f"of 100 of them {100 * result['absorbed'][most]:.0f} were called {most}.")


def test_nobody_is_blamed_where_nothing_was_misread() -> None:
    nothing = {str(d): 0.0 for d in DIGITS}
    chart = blame_chart({"digit": 0, "absorbed": nothing, "before": nothing, "n_misread": {"mean": 0, "sd": 0}})

    assert chart.summary == "No 0 was taken for anything else."
    assert not any(row.is_harmed for row in chart.absorbed.rows)


def test_no_drawing_prints_a_missing_value(run: dict[str, Any], fixed: dict[str, Any], tipping: dict[str, Any]) -> None:
    never = starvation(digit=1, kept=0, n_repeats=1, seed=3).as_json()
    assert never["shown"]["recall"]["1"] == 0
    assert never["shown"]["precision"]["1"] is None

    shown, baseline = never["shown"], never["baseline"]
    for name, chart in (
        ("charts/recall", recall_chart(shown, baseline, digit=1, predicted=0.0)),
        ("charts/confusion", confusion_chart(shown, 1)),
        ("charts/misclassified", misclassified_images(shown, baseline, 1)),
        ("charts/before_after", before_after_chart(run, fixed, 8)),
        ("pictures/tipping_point", tipping_chart(tipping)),
    ):
        page = render_to_string(f"activities/experiment/{name}.html", {"chart": chart, "picture": {"chart": chart}})
        assert [word for word in ("None", "nan", "inf", " style=") if word in page] == []
