"""Every slip of the tables is recognised, none is mistaken for right, and nobody who is right is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from lessons.activities.hand_steps.maths import grading, misconceptions
from lessons.activities.hand_steps.maths.grading import Diagnosis
from lessons.activities.hand_steps.maths.misconceptions import LATER, SAME_REMEDY, Position, Slip
from lessons.maths import descent, values
from lessons.maths.descent import Problem, Rule
from tests.lessons.slip_tables import CHAINS, COLLISIONS, NEIGHBOURS, ONE_OFF, Shared

pytestmark = pytest.mark.pure

X = tuple(map(Fraction, (1, 2, 3, 4)))
Y = tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
RULES: tuple[Rule, ...] = ("full", "half")
# Where a wrong method lands on a right number: (rule, step, slug, decimals typed), all of them.
PASSES = frozenset((rule, 1, slug, n_decimals) for rule in RULES for slug in LATER for n_decimals in (4, 3, 2)) | {
    ("full", 1, "loss-added", 2)
}


# After both questions these still cannot be told apart: (rule, step) and what is left.
UNTOLD = {
    # From w = 0 the wrong direction and the bare step are one number, whatever stands above it.
    *((rule, 1, slugs) for rule in RULES for slugs in (("sign", "step-only"), ("sign", "y-for-error"))),
    ("full", 1, ("slope-with-intercept", "swapped-digits")),
}


def right_standing(rule: Rule, step: int) -> Position:
    problem = Problem(X, Y, Fraction("0.05"), rule)
    return Position(problem, descent.path(problem, Fraction(0), step - 1))


def diagnosis(at: Position, last_slip: str = "", **typed: str) -> Diagnosis | None:
    """What is said about w; None where it is right."""
    grades = grading.grade_step(at.problem, at.w, typed, ("w",))
    return grading.diagnose(at, grades, last_slip).get("w")


def one_off() -> Iterator[tuple[Rule, int, str, str]]:
    for slug, full, half in ONE_OFF:
        for rule, steps in zip(RULES, (full, half), strict=True):
            for step, value in enumerate(steps, start=1):
                yield rule, step, slug, value


def gives(slug: str, at: Position) -> list[Fraction]:
    return [slip.gives(at)["w"] for slip in misconceptions.SLIPS if slip.slug == slug and "w" in slip.gives(at)]


def shared_with(rule: Rule, step: int, slug: str, value: str) -> list[Shared]:
    """The rows of the lists of shared numbers in which this number of this slip stands."""
    return [
        row
        for row in (*COLLISIONS, *NEIGHBOURS)
        if (row.rule, row.step) == (rule, step) and slug in row.slugs and is_printed(Fraction(row.w), value)
    ]


def is_printed(exact: Fraction, as_text: str) -> bool:
    """Tell whether `as_text` is `exact` to as many decimals as it shows."""
    n_decimals = len(as_text.partition(".")[2])
    return abs(exact - Fraction(as_text)) <= Fraction(1, 2 * 10**n_decimals)


def same_remedy(one: str, other: str) -> bool:
    return SAME_REMEDY.get(one, one) == SAME_REMEDY.get(other, other)


@pytest.mark.parametrize(("rule", "step", "slug", "value"), list(one_off()))
def test_each_number_of_the_table_is_its_slips_and_no_others(rule: Rule, step: int, slug: str, value: str) -> None:
    at = right_standing(rule, step)
    listed = shared_with(rule, step, slug, value)

    found = diagnosis(at, w=value)

    assert any(is_printed(given, value) for given in gives(slug, at))
    if any("right" in row.slugs for row in listed):
        assert found is None
    else:
        assert found is not None
        assert set(found.candidates) == {slug}.union(*(row.slugs for row in listed))
        assert found.slip == (listed[0].slip if listed else slug)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("slug", "full", "half"), CHAINS)
def test_the_same_slip_kept_up_is_recognised_from_the_students_own_values(
    rule: Rule, slug: str, full: tuple[str, ...], half: tuple[str, ...]
) -> None:
    problem = Problem(X, Y, Fraction("0.05"), rule)
    path = [Fraction(0)]
    for step, value in enumerate(full if rule == "full" else half, start=1):
        at = Position(problem, tuple(path))
        own = next(given for given in gives(slug, at) if is_printed(given, value))

        found = diagnosis(at, w=f"{float(own):.4f}")
        again = diagnosis(at, last_slip=slug, w=f"{float(own):.4f}")

        if found is None:
            # At the best w nothing moves any more, whatever one does; and at step 1 these are the right way.
            assert descent.gradient(problem, at.w) == 0 or (step == 1 and slug in LATER)
        else:
            assert slug in found.candidates
            assert found.slip == "" or same_remedy(found.slip, slug)
            assert again is not None
            assert again.slip == slug
        path.append(own)


@pytest.mark.parametrize("shared", [*COLLISIONS, *NEIGHBOURS], ids=lambda row: f"{row.rule}-{row.step}-{row.w}")
def test_where_slips_share_a_number_none_is_accused_and_what_tells_them_apart_is_asked(shared: Shared) -> None:
    found = diagnosis(right_standing(shared.rule, shared.step), w=shared.w)

    if "right" in shared.slugs:
        assert found is None
    else:
        assert found is not None
        assert set(found.candidates) >= shared.slugs
        assert (found.slip, found.ask) == (shared.slip, shared.ask)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_no_other_slips_share_a_number(rule: Rule, step: int) -> None:
    shared = misconceptions.shared_numbers(right_standing(rule, step))

    listed = {
        Fraction(row.w): row.slugs - LATER - {"right"} if step == 1 else row.slugs
        for row in COLLISIONS
        if (row.rule, row.step) == (rule, step)
    }
    assert {value: set(slugs) for value, slugs in shared.items()} == {
        value: slugs for value, slugs in listed.items() if slugs
    }


@pytest.mark.parametrize(("step", "told"), [(2, {"-7.8": "stale-start", "-1.83": "sum"}), (3, {"-0.3375": "sum"})])
def test_the_fourth_error_tells_the_sum_from_the_old_gradient(step: int, told: dict[str, str]) -> None:
    at = right_standing("full", step)
    w = "2.985" if step == 2 else "2.2388"

    both = diagnosis(at, w=w)

    assert both is not None
    assert (both.slip, both.ask) == ("", f"error_{len(X)}")
    for error, slug in told.items():
        found = diagnosis(at, w=w, error_4=error)
        assert found is not None
        assert found.slip == slug


def conversation(slip: Slip, at: Position) -> tuple[str, ...]:
    """What is left when somebody who makes this slip has answered every question; empty where the slip is no slip."""
    given = {**grading.exact_cells(at.problem, at.w), **slip.gives(at)}
    typed = {"w": values.show(given["w"])}
    while True:
        found = grading.diagnose(at, grading.grade_step(at.problem, at.w, typed, ("w",)))
        if not found:
            return ()
        last = found[found["w"].follows_from or "w"]
        if last.slip or not last.ask:
            return (last.slip,) if last.slip else last.candidates
        typed[last.ask] = values.show(given[last.ask])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_whoever_answers_the_questions_is_told_of_the_slip_that_was_made(rule: Rule, step: int) -> None:
    at = right_standing(rule, step)
    possible = [slip for slip in misconceptions.SLIPS if slip.gives(at)]

    ends = [(slip.slug, conversation(slip, at)) for slip in possible]

    untold = {slugs for slug, slugs in ends if len(slugs) > 1}
    assert untold == {slugs for its_rule, its_step, slugs in UNTOLD if (its_rule, its_step) == (rule, step)}
    assert all(any(same_remedy(slug, left) for left in slugs) for slug, slugs in ends if slugs)


def test_the_slip_of_the_step_before_is_named_where_it_fits() -> None:
    found = diagnosis(right_standing("full", 3), last_slip="sum", w="2.2388")

    assert found is not None
    assert (found.slip, set(found.candidates)) == ("sum", {"sum", "stale-previous"})


def test_what_no_slip_explains_is_asked_about_from_the_fourth_error_on() -> None:
    at = right_standing("half", 3)

    first = diagnosis(at, w="17")
    second = diagnosis(at, w="17", error_4="-2.9494")
    third = diagnosis(at, w="17", error_4="-2.9494", mean="-5.8301")

    assert [found and (found.candidates, found.ask) for found in (first, second, third)] == [
        ((), "error_4"),
        ((), "mean"),
        ((), ""),
    ]


def test_no_wrong_method_passes_for_right_but_those_that_are_listed() -> None:
    passed = {
        (rule, step, slip.slug, n_decimals)
        for rule in RULES
        for step in (1, 2, 3)
        for slip in misconceptions.SLIPS
        for n_decimals in (4, 3, 2)
        if passes(slip, right_standing(rule, step), n_decimals)
    }

    assert passed == PASSES


def passes(slip: Slip, at: Position, n_decimals: int) -> bool:
    given = slip.gives(at).get("w")
    if given is None:
        return False
    typed = str(rounded(given, n_decimals, ROUND_HALF_UP))
    return grading.grade_cell(typed, descent.step(at.problem, at.w)).state != "not_yet"


def rounded(value: Fraction, n_decimals: int, how: str) -> Decimal:
    with_more = Decimal(value.numerator) / Decimal(value.denominator)
    return with_more.quantize(Decimal(1).scaleb(-n_decimals), how)


def a_problem(rng: random.Random) -> Problem:
    n_points = rng.randint(2, 6)
    x = tuple(Fraction(rng.randint(-90, 90), 10) for _ in range(n_points))
    y = tuple(Fraction(rng.randint(-900, 900), 100) for _ in range(n_points))
    return Problem(x, y, Fraction(rng.randint(1, 500), 1000), rng.choice(RULES))


def as_people_write(rng: random.Random, exact: Fraction) -> str:
    how = rng.choice((ROUND_HALF_UP, ROUND_HALF_EVEN))
    n_decimals = rng.choice((2, 3, 4, 5, None))
    typed = str(exact) if n_decimals is None else f"{rounded(exact, n_decimals, how):f}"
    if n_decimals is None and len(typed) > values.MAX_CHARACTERS:
        typed = f"{float(exact):.9f}"
    return typed.replace("-", rng.choice("-−")).replace(".", rng.choice(".,"))


@pytest.mark.slow
def test_nobody_who_is_right_is_refused_in_ten_thousand_sheets() -> None:
    rng = random.Random(1847)
    for _ in range(10_000):
        problem, w = a_problem(rng), Fraction(rng.randint(-50000, 50000), 10000)
        name, exact = rng.choice(list(grading.exact_cells(problem, w).items()))
        typed = as_people_write(rng, exact)

        assert grading.grade_cell(typed, exact).state in ("right", "rounded"), (problem, w, name, typed)


@pytest.mark.slow
def test_whoever_makes_one_slip_on_any_sheet_is_never_told_of_another_instead() -> None:
    rng = random.Random(1978)
    for _ in range(300):
        problem = a_problem(rng)
        at = Position(problem, tuple(Fraction(rng.randint(-500, 500), 100) for _ in range(rng.randint(1, 3))))
        slip = rng.choice(misconceptions.SLIPS)
        given = slip.gives(at)
        typed = {name: values.show(number) for name, number in given.items() if name in ("error_1", "mean", "w")}
        grades = grading.grade_step(problem, at.w, typed, ())

        found = grading.diagnose(at, grades).get("w")

        if found is not None and not found.follows_from:
            assert slip.slug in found.candidates, (at, typed)


STEP_1 = dict(
    zip(
        (*(f"{kind}_{i}" for kind in ("error", "product") for i in (1, 2, 3, 4)), "mean", "gradient", "w"),
        ("-2.1", "-3.9", "-6.2", "-7.8", "-2.1", "-7.8", "-18.6", "-31.2", "-14.925", "-29.85", "1.4925"),
        strict=True,
    )
)
# From w = 1.4925, so that prediction, y and error are three different numbers.
STEP_2 = dict(
    zip(
        STEP_1,
        (
            *("-0.6075", "-0.915", "-1.7225", "-1.83", "-0.6075", "-1.83", "-5.1675", "-7.32"),
            *("-3.7313", "-7.4625", "1.8656"),
        ),
        strict=True,
    )
)


# From w = 0.74625 under the half rule, which does not ask for the gradient.
HALF_STEP_2 = dict(
    zip(
        (name for name in STEP_1 if name != "gradient"),
        (
            *("-1.3538", "-2.4075", "-3.9613", "-4.815", "-1.3538", "-4.815", "-11.8838", "-19.26"),
            *("-9.3281", "1.2127"),
        ),
        strict=True,
    )
)


@pytest.mark.parametrize(
    ("cell", "typed", "slug"),
    [
        ("error_2", "0.915", "lost-minus"),
        ("error_2", "2.985", "prediction-for-error"),
        ("error_2", "3.9", "y-for-error"),
        ("error_2", "-3.9", "stale-start"),
        ("error_2", "-0.951", "swapped-digits"),
        ("product_3", "-1.7225", "no-x"),
        ("product_3", "-10.6795", "times-y"),
        ("product_3", "-15.5025", "x-squared"),
        ("product_3", "-0.5742", "divided-by-x"),
        ("product_3", "5.1675", "lost-minus"),
        ("product_4", "-3.72", "swapped-digits"),
        ("product_4", "-7.23", "swapped-digits"),
        ("mean", "-14.925", "sum"),
        ("mean", "-1.2688", "no-x"),
        ("mean", "-3.1719", "means-multiplied"),
        ("mean", "-1.9013", "product-left-out"),
        ("mean", "-4.975", "one-too-few"),
        ("mean", "-7.4625", "divided-by-2"),
        ("mean", "3.7313", "lost-minus"),
        ("mean", "-3.7331", "swapped-digits"),
        ("gradient", "-3.7313", "other-rule"),
        ("gradient", "7.4625", "lost-minus"),
        ("gradient", "-7.4265", "swapped-digits"),
        ("w", "1.1194", "sign"),
        ("w", "1.6791", "other-rule"),
        ("w", "1.6856", "swapped-digits"),
        ("w", "8.1656", "swapped-digits"),
    ],
)
def test_a_slip_in_a_cell_of_its_own_is_recognised(cell: str, typed: str, slug: str) -> None:
    assert_recognised("full", 2, STEP_2, {cell: typed}, slug)


@pytest.mark.parametrize(
    ("cell", "typed", "slug"),
    [
        ("error_2", "2.4075", "lost-minus"),
        ("error_2", "1.4925", "prediction-for-error"),
        ("error_2", "3.9", "y-for-error"),
        ("error_2", "-3.9", "stale-start"),
        ("error_2", "-4.2075", "swapped-digits"),
        ("product_3", "-3.9613", "no-x"),
        ("product_3", "-24.5598", "times-y"),
        ("product_3", "-35.6513", "x-squared"),
        ("product_3", "-1.3204", "divided-by-x"),
        ("product_3", "11.8838", "lost-minus"),
        ("product_4", "-12.96", "swapped-digits"),
        ("mean", "-37.3125", "sum"),
        ("mean", "-3.1344", "no-x"),
        ("mean", "-7.8359", "means-multiplied"),
        ("mean", "-4.5131", "product-left-out"),
        ("mean", "-12.4375", "one-too-few"),
        ("mean", "-18.6563", "divided-by-2"),
        ("mean", "9.3281", "lost-minus"),
        ("mean", "-9.3821", "swapped-digits"),
        ("w", "0.2798", "sign"),
        ("w", "1.6791", "other-rule"),
        ("w", "1.2217", "swapped-digits"),
        ("w", "2.1127", "swapped-digits"),
    ],
)
def test_it_is_recognised_under_the_half_rule_too(cell: str, typed: str, slug: str) -> None:
    assert_recognised("half", 2, HALF_STEP_2, {cell: typed}, slug)


def assert_recognised(rule: Rule, step: int, sheet: Mapping[str, str], wrong: dict[str, str], slug: str) -> None:
    at = right_standing(rule, step)
    grades = grading.grade_step(at.problem, at.w, {**sheet, **wrong}, tuple(sheet))

    found = grading.diagnose(at, grades)

    assert {cell: diagnosis.slip for cell, diagnosis in found.items()} == dict.fromkeys(wrong, slug)


@pytest.mark.parametrize("left_out", range(6))
def test_whichever_product_is_left_out_of_the_average_it_is_seen(left_out: int) -> None:
    x, y = tuple(map(Fraction, (1, 2, 3, 5, 8, 13))), tuple(map(Fraction, (2, 5, 7, 11, 17, 29)))
    problem = Problem(x, y, Fraction("0.01"), "half")
    products = descent.products(problem, Fraction(1))
    mean = sum(products[:left_out] + products[left_out + 1 :], Fraction(0)) / 6

    found = diagnosis(Position(problem, (Fraction(1),)), w=values.show(1 - mean / 100))

    assert found is not None
    assert found.slip == "product-left-out"


def test_two_digits_swapped_in_the_first_w_are_seen() -> None:
    found = diagnosis(right_standing("half", 1), w="0.7643")

    assert found is not None
    assert found.slip == "swapped-digits"


@pytest.mark.parametrize(("step", "sheet"), [(1, STEP_1), (2, STEP_2)])
def test_four_errors_the_wrong_way_round_are_one_misunderstanding_and_one_alone_is_a_lost_minus(
    step: int, sheet: dict[str, str]
) -> None:
    reversed_errors = {name: sheet[name].removeprefix("-") for name in sheet if name.startswith("error")}

    assert_recognised("full", step, sheet, reversed_errors, "sign")
    assert_recognised("full", step, sheet, {"error_3": reversed_errors["error_3"]}, "lost-minus")


@pytest.mark.parametrize(
    ("wrong", "follows", "source"),
    [
        ({"error_2": "5", "product_2": "10"}, "product_2", "error_2"),
        ({"product_2": "9.2", "mean": "-10.675"}, "mean", "product_2"),
        ({"mean": "-59.7", "gradient": "-119.4"}, "gradient", "mean"),
        ({"gradient": "-14.925", "w": "0.7463"}, "w", "gradient"),
    ],
)
def test_what_was_worked_out_rightly_from_a_wrong_cell_is_no_second_slip(
    wrong: dict[str, str], follows: str, source: str
) -> None:
    at = right_standing("full", 1)
    grades = grading.grade_step(at.problem, at.w, STEP_1 | wrong, tuple(STEP_1))

    found = grading.diagnose(at, grades)

    assert found[follows] == Diagnosis(follows_from=source)
    assert set(found) == set(wrong)


def test_under_the_half_rule_the_new_w_follows_from_the_mean() -> None:
    at = right_standing("half", 2)
    grades = grading.grade_step(at.problem, at.w, HALF_STEP_2 | {"mean": "-37.31", "w": "2.61"}, tuple(HALF_STEP_2))

    found = grading.diagnose(at, grades)

    assert (found["mean"].slip, found["w"]) == ("sum", Diagnosis(follows_from="mean"))


@pytest.mark.slow
def test_no_sheet_is_too_odd_to_be_explained() -> None:
    rng = random.Random(5)
    odd = [Fraction(0), Fraction(1), Fraction(-3), Fraction(5, 2), Fraction(10**30), Fraction(1, 10**30)]
    for _ in range(200):
        n_points = rng.randint(2, 6)
        x, y = (tuple(rng.choice(odd) for _ in range(n_points)) for _axis in "xy")
        problem = Problem(x, y, rng.choice(odd[1:]), rng.choice(RULES))
        at = Position(problem, tuple(rng.choice(odd) for _ in range(rng.randint(1, 3))))
        names = list(grading.exact_cells(problem, at.w))
        typed = {name: rng.choice(("1", "-2.5", "0", "1e30", "abc", "")) for name in names}

        grades = grading.grade_step(problem, at.w, typed, names)
        found = grading.diagnose(at, grades, rng.choice(("", "sum", "sign")))

        # What is right, rounded, empty or no number has no slip.
        assert set(found) == {
            name for name, grade in grades.items() if grade.state == "not_yet" and grade.value is not None
        }
