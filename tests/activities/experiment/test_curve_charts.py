"""The U-curve, the line behind each power, and the class's curves: drawn where the runs' numbers say."""

from __future__ import annotations

import re
from statistics import median
from typing import Any

import pytest
from django.template.loader import render_to_string

from experiments.kinds.u_curve.compute import u_curve
from lessons.activities.experiment.pictures.charts.class_curve import class_curve_chart
from lessons.activities.experiment.pictures.charts.powers import Places
from lessons.activities.experiment.pictures.charts.u_curve import CurveDrawing, u_curve_chart
from lessons.activities.hand_steps import charts

pytestmark = pytest.mark.pure

POWERS = tuple(range(1, 16))


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return u_curve(n_repeats=40, seed=7).as_json()


@pytest.fixture(scope="module")
def readers() -> dict[str, Any]:
    return u_curve(model="knn", n_train=100, noise=0.2, complexities=(20, 5, 1), n_repeats=2, seed=1).as_json()


def made_up(test: list[float], train: list[float] | None = None) -> dict[str, Any]:
    def spread(values: list[float]) -> dict[str, list[float]]:
        return {"median": values, "q25": values, "q75": values}

    powers = list(range(1, len(test) + 1))
    best = powers[test.index(min(test))]
    return {
        "model": "polynomial",
        "error": "mse",
        "complexities": powers,
        "train": spread(train or [value / 2 for value in test]),
        "test": spread(test),
        "best": best,
        "example_fits": [],
        "draw": None,
    }


def pixels(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def linear(result: dict[str, Any], **kwargs: Any) -> CurveDrawing:
    return u_curve_chart(result, noise=0.3, **kwargs).drawings[0]


def test_each_dot_stands_at_its_power_and_its_median_error(result: dict[str, Any]) -> None:
    drawing = linear(result)

    train, test = drawing.curves
    assert (train.look, test.look) == ("train", "test")
    for curve, errors in ((train, result["train"]["median"]), (test, result["test"]["median"])):
        assert [(mark.x, mark.y) for mark in curve.marks] == [
            (drawing.x_axis.at(power), drawing.y_axis.at(error)) for power, error in zip(POWERS, errors, strict=True)
        ]


def test_the_lowest_point_is_marked_where_the_test_error_is_lowest(result: dict[str, Any]) -> None:
    for drawing in u_curve_chart(result, noise=0.3).drawings:
        lowest = max(drawing.curves[1].marks, key=lambda mark: mark.y)

        assert drawing.lowest == (lowest.x, lowest.y)
        assert drawing.lowest_label == f"lowest: {result['best']}"


def test_runs_of_the_same_noise_have_the_same_scale_and_others_may_not(result: dict[str, Any]) -> None:
    other = u_curve(n_repeats=40, seed=8).as_json()
    axes = {drawing.key: drawing.y_axis for drawing in u_curve_chart(result, noise=0.3).drawings}

    assert {each.key: each.y_axis for each in u_curve_chart(other, noise=0.3).drawings} == axes
    assert u_curve_chart(other, noise=0.8).drawings[0].y_axis.high > axes["linear"].high


def test_what_leaves_the_drawing_ends_at_its_edge_and_keeps_its_true_number() -> None:
    chart = u_curve_chart(made_up([0.4, 0.1, 0.6, 1234.4]), noise=0.3)

    test = chart.drawings[0].curves[1]
    assert test.legs[-1].y2 == charts.TOP
    assert test.legs[-1].x2 < test.marks[-1].x
    assert [bool(mark.head) for mark in test.marks] == [False, False, False, True]
    assert test.marks[-1].says == "degree 4: test error 1234"
    assert test.beyond == "1234 at degree 4 ↑"
    assert chart.rows[-1][2] == "1234"
    assert chart.drawings[1].curves[1].beyond == ""


def test_a_line_that_comes_back_into_the_drawing_goes_on() -> None:
    drawing = linear(made_up([0.2, 5.0, 0.2, 0.1]))

    legs = drawing.curves[1].legs
    assert [(leg.y1, leg.y2) for leg in legs[:2]] == [
        (drawing.y_axis.at(0.2), charts.TOP),
        (charts.TOP, drawing.y_axis.at(0.2)),
    ]
    # From 0.2 to 5 the line crosses the upper edge, 0.8, after an eighth of its way.
    one, two, three = (drawing.x_axis.at(power) for power in (1, 2, 3))
    assert legs[0].x2 == pytest.approx(one + (two - one) / 8, abs=0.01)
    assert legs[1].x1 == pytest.approx(three - (three - two) / 8, abs=0.01)


def test_no_line_is_drawn_outside_the_drawing_however_wild_the_errors_are() -> None:
    for drawing in u_curve_chart(made_up([1e-9, 1e12, 0.0, 3.0, 1e300]), noise=0.0).drawings:
        for curve in drawing.curves:
            points = pixels(curve.band) + [p for leg in curve.legs for p in ((leg.x1, leg.y1), (leg.x2, leg.y2))]
            assert all(charts.LEFT <= x <= charts.RIGHT and charts.TOP <= y <= charts.BOTTOM for x, y in points)


def test_falling_k_means_more_power_to_the_right(readers: dict[str, Any]) -> None:
    drawing = u_curve_chart(readers, noise=0.2).drawings[0]

    assert [label for __, label in drawing.x_axis.ticks] == ["20", "5", "1"]
    assert [x for x, __ in drawing.x_axis.ticks] == sorted(x for x, __ in drawing.x_axis.ticks)
    assert drawing.x_name == "k, falling: more capacity to the right"
    assert drawing.curves[1].marks[1].says.startswith("k\u00a0=\u00a05: test error ")


def test_labels_that_are_wrong_on_its_own_images_alone_are_said(readers: dict[str, Any]) -> None:
    noisy = u_curve_chart(readers, noise=0.2)
    clean = u_curve_chart(readers, noise=0.0)

    assert noisy.summary.endswith(
        "In the training images 20 of 100 labels were drawn at random. The test images have none of those."
    )
    assert "drawn at random" not in clean.summary
    assert noisy.drawings[0].y_axis.high == 1.0


@pytest.mark.parametrize(
    ("errors", "sentence"),
    [
        ([0.4, 0.1, 0.6], "The test error is lowest at degree 2: 0.1. At degree 3 it is 0.6."),
        ([0.4, 0.2, 0.1], "The test error falls to 0.1 at degree 3, the last one tried."),
    ],
)
def test_the_sentence_says_where_the_error_on_new_points_is_lowest(errors: list[float], sentence: str) -> None:
    summary = u_curve_chart(made_up(errors, [0.36, 0.2, 0.042]), noise=0.3).summary

    assert summary == f"The train error goes from 0.36 to 0.042. {sentence}"


def test_the_guess_stands_at_its_place_on_the_axis(result: dict[str, Any]) -> None:
    drawing = linear(result, guess=9.0)

    assert drawing.guess == drawing.x_axis.at(9)
    assert u_curve_chart(result, noise=0.3, guess=9.0).guess_says == "Your guess: lowest at 9."
    assert (linear(result).guess, u_curve_chart(result, noise=0.3).guess_says) == (None, "")


@pytest.mark.parametrize("guess", [*range(1, 16), None])
def test_the_line_of_the_guess_runs_through_no_label(result: dict[str, Any], guess: int | None) -> None:
    drawing = linear(result, guess=guess)

    x = drawing.lowest[0] + drawing.lowest_right
    width = 8.3 * len(drawing.lowest_label)
    left = x - {"start": 0, "middle": width / 2, "end": width}[drawing.lowest_anchor]
    assert drawing.guess is None or not left < drawing.guess < left + width


def test_what_no_scale_has_leaves_through_the_floor() -> None:
    """An error of 0 has no place among powers of ten; drawn at the floor it would be a thousandth."""
    log = u_curve_chart(made_up([0.4, 0.1, 0.6], [0.2, 0.1, 0.0]), noise=0.3).drawings[1]

    train = log.curves[0]
    assert [bool(mark.head) for mark in train.marks] == [False, False, True]
    assert train.marks[2].says == "degree 3: train error 0"
    assert train.legs[-1].y2 == charts.BOTTOM
    assert train.legs[-1].x2 < train.marks[2].x


@pytest.mark.parametrize(("values", "wanted"), [((1, 5, 9), 3), ((20, 10, 5), 15)])
def test_a_place_between_two_powers_is_between_their_places(values: tuple[int, ...], wanted: float) -> None:
    places = Places(values)

    assert places.at(wanted) == pytest.approx((places.at(values[0]) + places.at(values[1])) / 2, abs=0.01)
    assert (places.at(-100), places.at(100)) in {(places.start, places.end), (places.end, places.start)}


def test_the_slider_has_the_line_and_the_errors_of_every_power(result: dict[str, Any]) -> None:
    fit = u_curve_chart(result, noise=0.3).fit

    assert fit is not None
    assert [power.value for power in fit.powers] == list(POWERS)
    assert fit.powers[4].says == (
        f"degree 5: train error {result['train']['median'][4]:.3f}, test error {result['test']['median'][4]:.2f}"
    )
    assert len(fit.dots) == 30
    drawn = [y for __, y in pixels(fit.powers[14].path)]
    wanted = result["draw"]["fits"]["15"]
    assert len(drawn) == len(wanted)
    assert max(range(101), key=lambda i: wanted[i]) == min(range(101), key=lambda i: drawn[i])


def test_three_powers_have_names(result: dict[str, Any]) -> None:
    fit = u_curve_chart(result, noise=0.3).fit

    assert fit is not None
    assert [(power.name, power.value) for power in fit.named] == [
        ("too simple", 1),
        ("sweet spot", result["best"]),
        ("memorised", 15),
    ]
    assert [power.value for power in fit.named] == [each["complexity"] for each in result["example_fits"]]


def test_trees_and_neighbours_have_no_line_through_dots(readers: dict[str, Any]) -> None:
    chart = u_curve_chart(readers, noise=0.2)

    assert chart.fit is None
    assert "data-fit" not in render_to_string("activities/experiment/charts/u_curve.html", {"chart": chart})


def test_the_page_holds_every_line_and_shows_one(result: dict[str, Any]) -> None:
    chart = u_curve_chart(result, noise=0.3, guess=9.0)

    page = render_to_string("activities/experiment/charts/u_curve.html", {"chart": chart})

    lines = re.findall(r'<path class="fit__line"[^>]*data-power="(\d+)"[^>]*?( hidden)? />', page)
    assert [int(power) for power, __ in lines] == list(POWERS)
    assert [int(power) for power, hidden in lines if not hidden] == [result["best"]]
    assert page.count("data-here") == 4
    assert " style=" not in page
    assert len(re.findall(r"<tr>", page)) == 1 + len(POWERS)


def class_runs(n: int) -> list[tuple[list[int], list[float]]]:
    return [([1, 2, 3], [0.5, 0.1 + 0.01 * i, 0.3]) for i in range(n)]


def test_the_class_curve_is_the_median_of_its_runs_at_each_power() -> None:
    chart = class_curve_chart(class_runs(5), 0, 0.3, 30, n_asked=5)

    assert [float(row[1]) for row in chart.rows] == [0.5, pytest.approx(median([0.1, 0.11, 0.12, 0.13, 0.14])), 0.3]
    assert pixels(chart.middle)[1] == (chart.x_axis.at(2), chart.y_axis.at(0.12)) == chart.lowest
    assert chart.counted == "5 runs with noise 0.3 and 30 points"
    assert chart.summary == "5 runs of the class, all lowest at 2."


def test_ones_own_run_is_drawn_apart_from_the_others() -> None:
    chart = class_curve_chart(class_runs(40), 39, 0.3, 30, n_asked=40)

    assert len(chart.others) == 39
    assert pixels(chart.mine)[1] == (chart.x_axis.at(2), chart.y_axis.at(0.49))
    assert chart.mine not in chart.others


def test_runs_of_other_powers_are_left_out_and_shift_nobody() -> None:
    runs = [([1, 2], [0.1, 0.2]), *class_runs(3)]

    chart = class_curve_chart(runs, 2, 0.3, 30, n_asked=len(runs))

    assert chart.n == 3
    assert pixels(chart.mine)[1] == (chart.x_axis.at(2), chart.y_axis.at(0.11))
    assert sum(int(row[2]) for row in chart.rows) == 3


def test_runs_that_many_asked_for_are_one_line_each() -> None:
    chart = class_curve_chart(class_runs(3), 0, 0.3, 30, n_asked=30)

    assert len(chart.others) == 2
    assert chart.counted == "3 different runs with noise 0.3 and 30 points, started by 30"


def test_one_run_is_a_class_too_and_has_no_median_of_all() -> None:
    mine = class_curve_chart(class_runs(1), 0, 0.3, 30, n_asked=1)
    anothers = class_curve_chart(class_runs(1), None, 0.3, 30, n_asked=1)

    assert mine.summary == "One run of the class so far. It is lowest at 2."
    assert (mine.middle, mine.others) == ("", ())
    assert "your run" in render_to_string("activities/experiment/charts/class_curve.html", {"chart": mine})
    assert "your run" not in render_to_string("activities/experiment/charts/class_curve.html", {"chart": anothers})


def test_a_class_that_does_not_agree_is_told_from_where_to_where() -> None:
    runs = [([1, 2, 3], [0.1, 0.2, 0.3]), ([1, 2, 3], [0.3, 0.1, 0.2]), ([1, 2, 3], [0.3, 0.1, 0.05])]

    chart = class_curve_chart(runs, None, 0.3, 30, n_asked=len(runs))

    assert chart.summary == "3 runs of the class. Together they are lowest at 2; one by one, from 1 to 3."
    assert [row[2] for row in chart.rows] == ["1", "1", "1"]
