"""Every slip of the tables is recognised, none is mistaken for right, and nobody who is right is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest

from lessons.maths import descent, grading, misconceptions
from lessons.maths.descent import Problem, Rule
from lessons.maths.grading import Diagnosis
from lessons.maths.misconceptions import LATER, SAME_REMEDY, Standing
from tests.lessons.slip_tables import CHAINS, COLLISIONS, ONE_OFF

pytestmark = pytest.mark.pure

X = tuple(map(Fraction, (1, 2, 3, 4)))
Y = tuple(map(Fraction, ("2.1", "3.9", "6.2", "7.8")))
RULES: tuple[Rule, ...] = ("full", "half")
# Where a wrong method lands on a right number: (rule, step, slug, decimals typed), all of them.
PASSES = frozenset((rule, 1, slug, n_decimals) for rule in RULES for slug in LATER for n_decimals in (4, 3, 2)) | {
    ("full", 1, "loss-added", 2)
}


def right_standing(rule: Rule, step: int) -> Standing:
    problem = Problem(X, Y, Fraction("0.05"), rule)
    return Standing(problem, descent.path(problem, Fraction(0), step - 1))


def diagnosis(at: Standing, last_slip: str = "", **typed: str) -> Diagnosis | None:
    """What is said about w; None where it is right."""
    grades = grading.grade_step(at.problem, at.w, typed, ("w",))
    return grading.diagnose(at, grades, last_slip).get("w")


def one_off() -> Iterator[tuple[Rule, int, str, str]]:
    for slug, full, half in ONE_OFF:
        for rule, values in zip(RULES, (full, half), strict=True):
            for step, value in enumerate(values, start=1):
                yield rule, step, slug, value


def gives(slug: str, at: Standing) -> list[Fraction]:
    return [slip.gives(at)["w"] for slip in misconceptions.SLIPS if slip.slug == slug and "w" in slip.gives(at)]


@pytest.mark.parametrize(("rule", "step", "slug", "value"), list(one_off()))
def test_each_number_of_the_table_is_its_slips_and_is_recognised(rule: Rule, step: int, slug: str, value: str) -> None:
    at = right_standing(rule, step)

    found = diagnosis(at, w=value)

    assert any(abs(given - Fraction(value)) <= Fraction("0.00005") for given in gives(slug, at))
    if found is None:
        assert step == 1
        assert slug in LATER
    else:
        assert slug in found.candidates
        # A slip is named only if all that fit are mended in the same way.
        remedies = {SAME_REMEDY.get(candidate, candidate) for candidate in found.candidates}
        assert bool(found.slip) == (len(remedies) == 1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("slug", "full", "half"), CHAINS)
def test_the_same_slip_kept_up_is_recognised_from_the_students_own_values(
    rule: Rule, slug: str, full: tuple[str, ...], half: tuple[str, ...]
) -> None:
    problem = Problem(X, Y, Fraction("0.05"), rule)
    path = [Fraction(0)]
    for step, value in enumerate(full if rule == "full" else half, start=1):
        at = Standing(problem, tuple(path))
        own = min(gives(slug, at), key=lambda given: abs(given - Fraction(value)))
        assert abs(own - Fraction(value)) <= max(Fraction("0.00005"), abs(own) / 20000)

        found = diagnosis(at, w=f"{float(own):.4f}")

        if found is None:
            # At the best w nothing moves any more, whatever one does; and at step 1 these are the right way.
            assert descent.gradient(problem, at.w) == 0 or (step == 1 and slug in LATER) or (rule, slug) in RIGHT_AGAIN
        else:
            assert slug in found.candidates
        path.append(own)


# Chains that come upon a right number by themselves: the other way of starting over.
RIGHT_AGAIN: frozenset[tuple[Rule, str]] = frozenset()


@pytest.mark.parametrize(("rule", "step", "value", "slugs"), COLLISIONS)
def test_where_slips_share_a_number_all_are_candidates_and_none_is_accused(
    rule: Rule, step: int, value: str, slugs: frozenset[str]
) -> None:
    at = right_standing(rule, step)

    found = diagnosis(at, w=value)

    if "right" in slugs:
        assert found is None
    else:
        assert found is not None
        # Others may lie within a thousandth of it.
        assert set(found.candidates) >= slugs
        assert found.slip == ("" if len({SAME_REMEDY.get(slug, slug) for slug in slugs}) > 1 else found.candidates[0])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_no_other_slips_share_a_number(rule: Rule, step: int) -> None:
    shared = misconceptions.shared_numbers(right_standing(rule, step))

    listed = {
        Fraction(value): slugs - LATER - {"right"} if step == 1 else slugs
        for its_rule, its_step, value, slugs in COLLISIONS
        if (its_rule, its_step) == (rule, step)
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
    passed = set()
    for rule in RULES:
        for step in (1, 2, 3):
            at = right_standing(rule, step)
            for slip in misconceptions.SLIPS:
                given = slip.gives(at).get("w")
                for n_decimals in (4, 3, 2) if given is not None else ():
                    typed = str(rounded(given, n_decimals, ROUND_HALF_UP))  # type: ignore[arg-type]  # it is a number
                    if grading.grade_cell(typed, descent.step(at.problem, at.w)).state != "not_yet":
                        passed.add((rule, step, slip.slug, n_decimals))

    assert passed == PASSES


def rounded(value: Fraction, n_decimals: int, how: str) -> Decimal:
    with_more = Decimal(value.numerator) / Decimal(value.denominator)
    return with_more.quantize(Decimal(1).scaleb(-n_decimals), how)


def test_nobody_who_is_right_is_refused_in_ten_thousand_sheets() -> None:
    rng = random.Random(1847)
    for _ in range(10_000):
        n_points = rng.randint(2, 6)
        x = tuple(Fraction(rng.randint(-90, 90), 10) for _ in range(n_points))
        y = tuple(Fraction(rng.randint(-900, 900), 100) for _ in range(n_points))
        problem = Problem(x, y, Fraction(rng.randint(1, 500), 1000), rng.choice(RULES))
        w = Fraction(rng.randint(-50000, 50000), 10000)
        exact = grading.exact_cells(problem, w)
        name = rng.choice(list(exact))
        how = rng.choice((ROUND_HALF_UP, ROUND_HALF_EVEN))
        typed = f"{rounded(exact[name], rng.choice((2, 3, 4, 5, 9)), how):f}"
        typed = typed.replace("-", rng.choice("-−")).replace(".", rng.choice(".,"))

        grades = grading.grade_step(problem, w, {name: typed}, (name,))

        assert grades[name].state in ("right", "rounded"), (problem, w, name, typed)
        assert grading.diagnose(Standing(problem, (w,)), grades) == {}


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
        ("w", "1.1194", "sign"),
        ("w", "1.6791", "other-rule"),
        ("w", "1.6856", "swapped-digits"),
        ("w", "8.1656", "swapped-digits"),
    ],
)
def test_a_slip_in_a_cell_of_its_own_is_recognised(cell: str, typed: str, slug: str) -> None:
    at = right_standing("full", 2)
    grades = grading.grade_step(at.problem, at.w, STEP_2 | {cell: typed}, tuple(STEP_2))

    found = grading.diagnose(at, grades)

    assert found[cell].slip == slug


def test_four_errors_the_wrong_way_round_are_one_misunderstanding_and_one_alone_is_a_lost_minus() -> None:
    at = right_standing("full", 1)
    all_four = {f"error_{i}": STEP_1[f"error_{i}"].removeprefix("-") for i in (1, 2, 3, 4)}

    reversed_all = grading.diagnose(at, grading.grade_step(at.problem, at.w, STEP_1 | all_four, tuple(STEP_1)))
    reversed_one = grading.diagnose(
        at, grading.grade_step(at.problem, at.w, STEP_1 | {"error_3": "6.2"}, tuple(STEP_1))
    )

    assert "sign" in reversed_all["error_3"].candidates
    assert reversed_one["error_3"].slip == "lost-minus"


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

    assert grading.diagnose(at, grades)[follows] == Diagnosis(follows_from=source)


def test_no_sheet_is_too_odd_to_be_explained() -> None:
    rng = random.Random(5)
    values = [Fraction(0), Fraction(1), Fraction(-3), Fraction(5, 2), Fraction(10**30), Fraction(1, 10**30)]
    for _ in range(300):
        n_points = rng.randint(2, 6)
        problem = Problem(
            tuple(rng.choice(values) for _ in range(n_points)),
            tuple(rng.choice(values) for _ in range(n_points)),
            rng.choice(values[1:]),
            rng.choice(RULES),
        )
        at = Standing(problem, tuple(rng.choice(values) for _ in range(rng.randint(1, 3))))
        typed = {name: str(rng.choice(("1", "-2.5", "0", "1e30", "abc", ""))) for name in STEP_1 if "_" not in name}

        grades = grading.grade_step(problem, at.w, typed, ("w",))
        found = grading.diagnose(at, grades)

        assert set(found) == {
            name for name, grade in grades.items() if grade.state == "not_yet" and grade.value is not None
        }
