"""The session's notebook, taken from the page and carried out: alone, and by a student of a running Downhill."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lessons import catalogue
from tests.journeys.conftest import Clerk, Desk
from tests.notebooks import CarryOut, kernel
from tests.running import Running

pytestmark = pytest.mark.journey

LESSON = "data-rules-everything"
STEPS = {"half": (0.7463, 1.2127, 1.5042), "full": (1.4925, 1.8656, 1.9589)}
OPEN = "mine = [..., ..., ...]"
# What is asked, and the sentence that may come only after it.
IN_ORDER = [
    ("How many steps?", "It takes "),
    ("Learning rate", "what it does: "),
    ("Which degree will do best on new dots?", " does best."),
    ("Accuracy: of 100 digits", "Over 20 models the accuracy is "),
    ("Recall: of 100 real 8s", "Over 20 models the accuracy is "),
    ("Which digit takes most", "Over 20 models it is "),
    ("Ship it?", "Recall for 8: you said "),
    ("Recall for 8 with 20 of them", "recall for 8: before "),
    ("The same digit as before?", "with nothing taken away"),
    ("How many 8s?", "tries it took "),
]
THE_SAME = [
    "U-curve",
    "Accuracy",
    "Recall",
    "Who was called what",
    "Recall after the fix",
    "Blame",
    "Blame, nothing taken away",
    "Tipping point",
]


@pytest.fixture(scope="module")
def carry_out() -> Iterator[CarryOut]:
    with kernel() as carry_out:
        yield carry_out


@pytest.fixture(params=["half", "full"])
def rule(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def student(rule: str, own: Callable[[str], str], clerk: Clerk) -> tuple[str, str]:
    """Somebody new in a class with this rule: the class, and the username."""
    clerk("class_with_rule", own("nb2"), rule, own("nora"))
    return own("nb2"), own("nora")


@pytest.fixture
def taken(desk: Desk, student: tuple[str, str]) -> dict[str, Any]:
    cohort, username = student
    page = desk.open(username)
    page.goto(f"/c/{cohort}/lessons/{LESSON}/")
    with page.expect_download() as download:
        page.locator("a[href$='/notebook.ipynb']").click()
    assert download.value.suggested_filename == "nb2.ipynb"
    cells: dict[str, Any] = json.loads(download.value.path().read_text(encoding="utf-8"))
    return cells


def with_own_steps(cells: dict[str, Any], steps: tuple[float, ...]) -> dict[str, Any]:
    """Put the student's own numbers in place of the dots, as one does by hand."""
    text = json.dumps(cells)
    assert text.count(OPEN) == 1
    return dict(json.loads(text.replace(OPEN, f"mine = {list(steps)}")))


def test_where_nobody_can_type_it_runs_to_its_end_and_sends_nothing(
    taken: dict[str, Any], carry_out: CarryOut, rule: str, student: tuple[str, str], clerk: Clerk
) -> None:
    printed = carry_out(taken)

    assert f"You work alone. Your gradient rule is “{rule}”." in printed
    assert "Step 1: this one is yours." in printed
    assert not [w for w in STEPS[rule] if str(w) in printed]
    assert printed.endswith("You work alone: nothing is sent.\n")
    for question, told in IN_ORDER:
        assert 0 <= printed.index(question) < printed.index(told), question
    assert clerk("submissions", student[1]) == clerk("predictions", student[1]) == clerk("runs_of", student[1]) == ""


def test_what_a_student_guesses_and_works_out_counts_and_its_numbers_are_the_servers(
    taken: dict[str, Any], carry_out: CarryOut, rule: str, student: tuple[str, str], clerk: Clerk
) -> None:
    answers = {"username": student[1], "password": "downhill", "Learning rate": "zig", "Which degree": "7"}
    answers |= {
        "Accuracy": "80 %",
        "Recall: of": "62,4",
        "Which digit": "spread",
        "Ship it?": "ship",
        "same digit": "n",
    }
    silent = {"How many steps?": iter(("", "many", "20"))}  # whoever gives no guess is asked again

    def types(question: str) -> str:
        for part, tries in silent.items():
            if part in question:
                return next(tries)
        return next((said for part, said in answers.items() if part in question), "33")

    printed = carry_out(with_own_steps(taken, STEPS[rule]), types)

    for question, told in IN_ORDER:
        assert 0 <= printed.index(question) < printed.index(told), question
    assert "You said 20 steps." in printed
    assert printed.count("Any guess will do.") == 2
    assert printed.count("You agree.") == 3
    assert [line for line in printed.splitlines() if line.endswith("accepted.")] == [
        f"Step {step}: accepted." for step in (1, 2, 3)
    ]
    assert [line for line in printed.splitlines() if line.endswith(" as on Downhill.")] == [
        f"{what}: the same numbers as on Downhill." for what in THE_SAME
    ]
    assert clerk("submissions", student[1]).split() == [f"{n}:{w}" for n, w in enumerate(STEPS[rule], start=1)]
    sealed = [f"{rule}-{letter}.1:zigzags" for letter in "abcd"]
    sealed += ["lowest.1:7", "headline.1:80", "recall.1:62", "absorber.1:spread"]
    assert [each.rpartition(":")[0] for each in clerk("predictions", student[1]).split()] == sealed
    # The fix waits for what is told about the first run, on the page; until then it is a run for oneself.
    asked = [each.rpartition(f"{LESSON}/")[2] for each in clerk("runs_of", student[1]).split()]
    assert asked == [
        "u-curve-run/polynomial:7:done",
        "bias-run/starve:7:done",
        ":7:done",
        "stretch/blame:7:done",
        "stretch/tipping-point:7:done",
    ]


def up_to_the_comparison(cells: dict[str, Any]) -> dict[str, Any]:
    n_cells = next(n for n, cell in enumerate(cells["cells"]) if "len(mine)" in "".join(cell["source"])) + 1
    return {**cells, "cells": cells["cells"][:n_cells]}


def test_a_slip_is_named_where_the_ways_part(taken: dict[str, Any], carry_out: CarryOut, rule: str) -> None:
    first = STEPS[rule][0]
    other_rule = STEPS["full" if rule == "half" else "half"][0]
    begins = up_to_the_comparison(taken)

    uphill = carry_out(with_own_steps(begins, (-first, 5, 5)))
    other = carry_out(with_own_steps(begins, (other_rule, 5, 5)))
    early = carry_out(with_own_steps(begins, (round(first, 2), 5, 5)))

    assert "The size is right. Look at the minus sign" in uphill
    assert f"You used the other rule, and you used it rightly. Your class has the {rule} rule." in other
    assert "You agree, but you rounded early." in early
    assert all(printed.count("Here you differ.") == 2 for printed in (uphill, other, early))


def test_a_plain_copy_asks_for_the_address_and_learns_the_rule(
    carry_out: CarryOut, rule: str, student: tuple[str, str], downhill: Running
) -> None:
    loaded = catalogue.get(LESSON)
    assert loaded is not None
    begins = with_own_steps(up_to_the_comparison(json.loads(loaded.notebook or "")), STEPS[rule])
    answers = {"username": student[1], "address": downhill.url, "password": "downhill"}

    def types(question: str) -> str:
        return next(said for part, said in answers.items() if part in question)

    printed = carry_out(begins, types)
    answers["password"] = "forgotten"
    mistyped = carry_out(begins, types)
    answers["address"] = "down hill"
    lost = carry_out(begins, types)

    assert f"You are logged in as {student[1]}. Your gradient rule is “{rule}”." in printed
    assert printed.count("You agree.") == 3
    assert "Downhill: This username and password do not match.\nYou work alone." in mistyped
    assert "Downhill: no answer at “down hill”. Is it right?\nYou work alone." in lost
