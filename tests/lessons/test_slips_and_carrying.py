"""What a student is told, and how the sheet goes on from the student's own value."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from classroom.models import Cohort, GradientRule, Membership, User
from classroom.refusals import Conflict, Refusal
from lessons import selectors, services
from lessons.activities.hand_steps import grade, slips
from lessons.activities.hand_steps.maths import misconceptions
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, Submission
from tests.factories import MembershipFactory

STEP_1 = {
    "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
    "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
    "mean": "-14.925",
    "w": "0.7463",
}
SUMMED = STEP_1 | {"mean": "-59.7", "w": "2.985"}
SHEET = "/c/ours/lessons/data-rules-everything/by-hand/"

Send = Callable[..., dict[str, Any]]


@pytest.fixture
def send(student: Membership, lesson: LoadedLesson) -> Send:
    """Hand in an answer; gives the reply."""

    def submit(step: int, answer: Any, activity: str = "by-hand") -> dict[str, Any]:
        receipt = services.submit(student, lesson, activity, client_id=uuid.uuid4(), step=step, answer=answer)
        return receipt.submission.reply

    return submit


@pytest.fixture
def went_on(send: Send) -> Send:
    """Step 1 went wrong three times, and the student went on with 2.985."""
    for w in ("5", "6", "2.985"):
        send(1, SUMMED | {"w": w})
    send(1, SUMMED | {"go_on": True})
    return send


def standing_of(student: Membership) -> PartProgress:
    return PartProgress.objects.get(membership=student, part="by-hand")


def test_the_slip_is_named_at_its_cell_and_what_follows_from_it_is_no_second_slip(send: Send) -> None:
    reply = send(1, SUMMED)

    mean, w = reply["cells"]["mean"], reply["cells"]["w"]
    assert (mean["state"], mean["slip"], mean["candidates"]) == ("not_yet", "sum", ["sum"])
    assert (mean["follows"], mean["feedback"]) == (False, "−59.7 is the sum. Divide it by 4.")
    assert (w["state"], w["follows"], w["slip"]) == ("not_yet", True, None)
    assert w["feedback"] == "Follows from your average."


ALL_TURNED = {
    "errors": ["2.1", "3.9", "6.2", "7.8"],
    "products": ["2.1", "7.8", "18.6", "31.2"],
    "mean": "14.925",
    "w": "-0.7463",
}


def said(reply: dict[str, Any]) -> dict[str, str]:
    """What the page says in sentences: nothing of what follows from another cell."""
    return {name: cell["feedback"] for name, cell in reply["cells"].items() if cell["feedback"] and not cell["follows"]}


def test_a_minus_lost_in_every_row_is_said_once_with_its_numbers_and_the_rest_follows(send: Send) -> None:
    reply = send(1, ALL_TURNED)

    assert said(reply) == {"error_1": "You lost the minus: 0 − 2.1 = −2.1. Same in rows 2 to 4."}
    assert [name for name, cell in reply["cells"].items() if cell["follows"]] == [
        *(f"product_{i}" for i in range(1, 5)),
        "mean",
        "w",
    ]
    assert reply["cells"]["product_3"]["feedback"] == "Follows from your error in row 3."


def test_rows_that_share_a_slip_are_named_and_another_slip_has_a_sentence_of_its_own(send: Send) -> None:
    reply = send(1, STEP_1 | {"errors": ["-2.1", "3.9", "-6.2", "7.8"], "mean": "-59.7"})

    assert said(reply) == {
        "error_2": "You lost the minus: 0 − 3.9 = −3.9. Same in row 4.",
        "mean": "−59.7 is the sum. Divide it by 4.",
    }


def test_an_error_turned_around_above_zero_is_not_called_a_lost_minus(went_on: Send) -> None:
    # From 2.985 the last error is 11.94 − 7.8 = 4.14, and the average 7.4625.
    reply = went_on(2, {"error_4": "-4.14", "mean": "-7.4625", "w": "3.3581"})

    assert said(reply) == {"error_4": "It is the other way around: 11.94 − 7.8 = 4.14."}
    assert (reply["cells"]["mean"]["follows"], reply["cells"]["w"]["follows"]) == (True, True)


def test_what_no_slip_explains_says_what_to_work_out_again(send: Send) -> None:
    reply = send(1, STEP_1 | {"errors": ["-2.1", "-3.3", "-6.2", "11"]})

    assert said(reply) == {"error_2": "−3.3 is not it. Work out 0 × 2 − 3.9 again. Check row 4 again, too."}


def test_the_slip_is_kept_with_the_submission_and_on_the_grid_until_the_step_is_accepted(
    send: Send, student: Membership
) -> None:
    send(1, SUMMED)
    assert Submission.objects.get().slip == standing_of(student).slip == "sum"

    send(1, STEP_1)

    assert standing_of(student).slip == ""


def test_the_other_convention_is_called_by_its_name_and_no_error(send: Send) -> None:
    reply = send(1, STEP_1 | {"w": "1.4925"})

    assert reply["cells"]["w"]["slip"] == "other-rule"
    assert reply["cells"]["w"]["feedback"] == (
        "Your arithmetic is right, by the other rule. In your class the gradient is the average of error × x. "
        "Two lines change: the gradient and the new w."
    )


def test_going_on_with_every_decimal_is_right_too_and_its_slips_are_known(send: Send) -> None:
    send(1, STEP_1)

    # From 0.74625: the sum is −37.3125, and from the 0.7463 that was written down it is −37.3110.
    slipped = send(2, {"error_4": "-4.815", "mean": "-37.3125", "w": "1.2127"})
    rounded = send(2, {"error_4": "-4.815", "mean": "-9.328125", "w": "1.21265625"})

    assert slipped["cells"]["mean"]["slip"] == "sum"
    assert rounded["accepted"]


def test_several_slips_that_fit_accuse_nobody_and_the_question_tells_them_apart(
    student: Membership, cohort: Cohort, lesson: LoadedLesson, send: Send
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(gradient_rule=GradientRule.FULL)
    student.cohort.refresh_from_db()
    send(1, STEP_1 | {"gradient": "-29.85", "w": "1.4925"})
    send(2, {"error_4": "-1.83", "mean": "-3.7313", "w": "1.8656"})

    both = send(3, {"w": "2.2388"})
    told = send(3, {"w": "2.2388", "error_4": "-1.83"})

    assert (both["cells"]["w"]["slip"], both["ask"]) == (None, "error_4")
    assert set(both["cells"]["w"]["candidates"]) == {"sum", "stale-previous"}
    assert "Write your error in row 4 in its cell" in both["cells"]["w"]["feedback"]
    assert told["cells"]["w"]["slip"] == "stale-previous"


def test_the_question_opens_its_cell_on_the_page(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    send(1, STEP_1)
    send(2, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"})
    page = client_of(student.user)
    assert 'name="scratch_error_4"' in page.get(SHEET).getvalue().decode()

    reply = send(3, {"w": "17"})

    assert reply["ask"] == "error_4"
    assert 'name="error_4"' in page.get(SHEET).getvalue().decode()


def test_the_slip_of_the_step_before_is_the_likely_one(send: Send, student: Membership, cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(gradient_rule=GradientRule.FULL)
    student.cohort.refresh_from_db()
    send(1, STEP_1 | {"gradient": "-29.85", "w": "1.4925"})
    send(2, {"error_4": "-1.83", "mean": "-14.925", "w": "2.985"})
    send(2, {"error_4": "-1.83", "mean": "-3.7313", "w": "1.8656"})

    reply = send(3, {"w": "2.2388"})

    assert reply["cells"]["w"]["slip"] == "sum"


@pytest.mark.parametrize("typed", ["nan", "inf", "1e999", "letters", "1" * 10_000, "1,234,5"])
def test_what_is_no_number_gets_a_kind_sentence_at_its_cell_and_stays_there(
    send: Send, student: Membership, client_of: Callable[[User], Client], typed: str
) -> None:
    reply = send(1, STEP_1 | {"w": typed})

    assert reply["cells"]["w"]["state"] == "not_yet"
    assert reply["cells"]["w"]["feedback"]
    assert typed in client_of(student.user).get(SHEET).getvalue().decode()


def test_the_solution_of_a_line_may_be_asked_for_after_three_checks_in_which_it_was_wrong(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    for mean in ("1", "", "2", "2"):
        assert send(1, STEP_1 | {"mean": mean})["worked_line"] is None
    # Left blank it was not wrong, and what is sent again is no check.
    with pytest.raises(Conflict, match="three wrong checks"):
        send(1, STEP_1 | {"mean": "2", "solution": "mean"})
    send(1, STEP_1 | {"mean": "3"})
    page = client_of(student.user)
    assert "−14.925" not in page.get(SHEET).getvalue().decode()
    assert "Show the solution for this line" in page.get(SHEET).getvalue().decode()
    assert not standing_of(student).activities["by-hand"].get("helped")

    shown = send(1, STEP_1 | {"mean": "3", "solution": "mean"})

    assert shown["worked_line"] == "((−2.1) + (−7.8) + (−18.6) + (−31.2)) ÷ 4 = −14.925"
    assert standing_of(student).activities["by-hand"]["helped"] == [1]
    assert shown["progress"]["activity"]["tries"] == 4


def test_checks_spent_on_other_lines_do_not_open_the_solution_of_this_one(send: Send) -> None:
    for mean in ("1", "2", "3"):
        send(1, STEP_1 | {"mean": mean})

    with pytest.raises(Conflict, match="three wrong checks"):
        send(1, STEP_1 | {"w": "5", "solution": "w"})


def test_what_follows_from_another_line_is_not_counted_against_it(send: Send, student: Membership) -> None:
    for error in ("2.1", "2.2", "2.3"):
        send(1, ALL_TURNED | {"errors": [error, "3.9", "6.2", "7.8"], "products": [error, "7.8", "18.6", "31.2"]})

    wrong = standing_of(student).activities["by-hand"]["memory"]["wrong"]["1"]
    assert wrong["error_1"] == 3
    assert "product_1" not in wrong


def test_a_solution_that_was_shown_stays_until_its_line_is_right(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    for w in ("5", "6", "7"):
        send(1, STEP_1 | {"w": w})
    send(1, STEP_1 | {"w": "7", "solution": "w"})
    line = "0 − 0.05 × (−14.925) = 0.7463"
    page = client_of(student.user)
    assert line in page.get(SHEET).getvalue().decode()
    # A reply says what was asked for with it, and no more.
    assert send(1, STEP_1 | {"w": "8"})["worked_line"] is None
    assert line in page.get(SHEET).getvalue().decode()


@pytest.mark.parametrize("cell", ["", "error_9", "nonsense", ["w"]])
def test_a_solution_of_no_line_is_refused_or_nothing(send: Send, cell: Any) -> None:
    if not cell:
        assert send(1, STEP_1 | {"w": "5", "solution": cell})["worked_line"] is None
        return
    with pytest.raises(Refusal):
        send(1, STEP_1 | {"w": "5", "solution": cell})


def test_nonsense_carried_three_times_shows_no_answer_of_the_notebook_before_it_is_mended(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    for step, w in ((1, "10"), (2, "3"), (3, "7")):
        for other in ("91", "92", "93"):
            send(step, {"w": other})
        send(step, {"w": w, "go_on": True})
    page = client_of(student.user)

    shown = page.get(SHEET).getvalue().decode()

    assert "Step 1 is still to fix" in shown
    assert not [number for number in ("0.7463", "1.2127", "1.5042", "1.9899", "notebook prints") if number in shown]
    send(1, STEP_1)
    send(2, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"})
    send(3, {"w": "1.5042"})
    mended = page.get(SHEET).getvalue().decode()
    assert "The notebook prints" in mended
    assert "All steps done" in mended
    assert "Fix " not in mended


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"error_4": "-4.8148"}, "Still empty: average, new w."),
        ({"w": "1.2127"}, "Still empty: error in row 4, average."),
        ({}, "Still empty: error in row 4, average, new w."),
    ],
)
def test_which_cells_are_still_empty_is_said_at_the_first_of_them(
    send: Send, student: Membership, client_of: Callable[[User], Client], typed: dict[str, str], says: str
) -> None:
    send(1, STEP_1)
    send(2, typed)

    shown = client_of(student.user).get(SHEET).getvalue().decode()

    first = "mean" if "error_4" in typed else "error_4"
    assert says in shown.partition(f'id="{first}-says"')[2].partition("</p>")[0]


def test_what_is_left_until_a_solution_is_told_by_cell_until_it_is_offered(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    def shown() -> str:
        return " ".join(client_of(student.user).get(SHEET).getvalue().decode().split())

    send(1, STEP_1 | {"mean": "1"})
    assert "After 2 more checks you can see the solution for your average." in shown()
    send(1, STEP_1 | {"w": "5"})
    # Checks of another cell do not count for this one.
    assert "After 2 more checks you can see the solution for your new w." in shown()
    send(1, STEP_1 | {"w": "6"})
    assert "After 1 more check you can see the solution for your new w." in shown()
    send(1, STEP_1 | {"w": "7"})
    assert "more check" not in shown()
    assert "Show the solution for this line" in shown()


def test_the_slope_has_the_minus_of_the_page(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    send(1, STEP_1 | {"w": "5"})

    assert "slope −14.925" in client_of(student.user).get(SHEET).getvalue().decode()


def test_a_sum_is_named_in_plain_words_and_no_line_breaks_before_its_question_mark(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    send(1, STEP_1 | {"mean": "1"})

    shown = client_of(student.user).get(SHEET).getvalue().decode()

    assert "1 is not it. Work out the sum of the products ÷\u00a04 again." in shown
    assert "Average: the sum of the products ÷\u00a04\u00a0=\u00a0?" in shown


def test_of_many_empty_cells_the_first_is_named(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    send(1, {"error_1": "-2.1"})

    assert (
        "9 cells are still empty. The first: error in row 2." in client_of(student.user).get(SHEET).getvalue().decode()
    )


def test_a_step_is_said_to_shrink_with_the_gradient_only_where_both_did(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    def shown() -> str:
        return client_of(student.user).get(SHEET).getvalue().decode()

    send(1, STEP_1)
    assert "w climbed from 0 to 0.7463. You did not choose the way: the gradient did." in shown()
    for w in ("11", "12", "13"):
        send(2, {"w": w})
    send(2, {"w": "10", "go_on": True})
    send(3, {"w": "6.9963"})
    after_a_leap = shown()
    send(2, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"})

    # The gradient there was 60.075 after −9.328, and the step is shorter than the leap before it.
    assert "From 10 to 6.9963." in after_a_leap
    assert "because the gradient shrank" not in after_a_leap
    assert "From 1.2127 to 1.5042: a shorter step, because the gradient shrank." in shown()


def test_a_hint_is_the_next_thought_and_builds_on_what_is_right_alone(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    page = client_of(student.user)
    # What stands in the row is not to be worked out again.
    assert "The row has w·x: 0. Take away 2.1. Below zero? Then write the minus." in page.get(SHEET).getvalue().decode()
    assert "14.925" not in page.get(SHEET).getvalue().decode()

    send(1, STEP_1 | {"w": "5"})

    shown = page.get(SHEET).getvalue().decode()
    assert "Multiply 0.05 × (−14.925). Then take it away from 0. Minus a minus is plus." in shown


def test_unchanged_answers_scratch_and_blanks_are_no_tries(send: Send) -> None:
    send(1, {"w": "1"})
    send(1, {"w": "1"})
    send(1, {"w": "1", "scratch": {"error_1": "5"}})
    reply = send(1, {})

    assert reply["progress"]["activity"]["tries"] == 1


def test_going_on_before_three_tries_is_refused_and_nothing_is_stored(send: Send) -> None:
    with pytest.raises(Conflict, match="after three checks"):
        send(1, SUMMED | {"go_on": True})

    assert Submission.objects.count() == 0


@pytest.mark.parametrize(("w", "sentence"), [("", "Write the new w"), ("1e30", "too far away")])
def test_going_on_needs_a_w_that_one_can_go_on_from(send: Send, w: str, sentence: str) -> None:
    for mean in ("1", "2", "3"):
        send(1, SUMMED | {"mean": mean})

    with pytest.raises(Conflict, match=sentence):
        send(1, SUMMED | {"w": w, "go_on": True})


def test_the_next_step_is_graded_from_ones_own_value(went_on: Send, student: Membership) -> None:
    # From 2.985: gradient 7.5 × 2.985 − 14.925 = 7.4625, so the next w is 2.985 − 0.05 × 7.4625.
    reply = went_on(2, {"error_4": "4.14", "mean": "7.4625", "w": "2.6119"})

    assert reply["carried_from"] == "2.985"
    assert (reply["accepted"], reply["matches_notebook"]) == (True, False)


def test_the_first_wrong_step_is_mended_later_and_the_later_ones_are_worked_out_again(
    went_on: Send, student: Membership
) -> None:
    went_on(2, {"error_4": "4.14", "mean": "7.4625", "w": "2.6119"})
    went_on(3, {"w": "2.3787"})
    assert standing_of(student).state == PartState.STUCK

    reply = went_on(1, STEP_1)

    standing = standing_of(student)
    assert (reply["accepted"], reply["matches_notebook"]) == (True, True)
    assert standing.state == PartState.DONE
    assert grade.summary(grade.StepsMemory(**standing.activities["by-hand"]["memory"])) == "w₃ = 1.5042"


def test_a_later_step_that_was_never_accepted_is_the_next_to_mend(went_on: Send, student: Membership) -> None:
    for w in ("7", "8", "9"):
        went_on(2, {"error_4": "4.14", "mean": "7.4625", "w": w})
    went_on(2, {"w": "9", "go_on": True})
    went_on(3, {"w": "6.3713"})

    went_on(1, STEP_1)

    standing = standing_of(student).activities["by-hand"]
    assert standing["memory"]["carried"] == [2]
    assert standing["step"] == 2
    assert standing_of(student).state != PartState.DONE


def test_a_step_that_stands_is_never_given_up_for_a_worse_one(send: Send, student: Membership) -> None:
    send(1, STEP_1)

    reply = send(1, SUMMED)

    assert not reply["accepted"]
    assert standing_of(student).activities["by-hand"]["memory"]["values"] == ["7463/10000"]


def test_a_step_rounded_early_can_be_mended_so_that_the_chain_matches(send: Send, student: Membership) -> None:
    send(1, STEP_1 | {"w": "0.75"})
    send(2, {"error_4": "-4.8", "mean": "-9.3", "w": "1.215"})
    done = send(3, {"w": "1.5056"})
    assert (done["accepted"], done["matches_notebook"]) == (True, False)

    send(1, STEP_1)

    values = standing_of(student).activities["by-hand"]["memory"]["values"]
    assert [float(n) / float(d) for n, _, d in (value.partition("/") for value in values)] == pytest.approx(
        [0.74625, 1.21266, 1.50416], abs=1e-3
    )


def test_the_page_offers_to_mend_the_first_step_and_shows_its_sheet(
    went_on: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(student.user)
    # At once, and not only when all steps are taken.
    to_its_sheet = f'href="{SHEET}?step=1#by-hand-head"'
    assert to_its_sheet in client.get(SHEET).getvalue().decode()
    went_on(2, {"error_4": "4.14", "mean": "7.4625", "w": "2.6119"})
    went_on(3, {"w": "2.3787"})

    assert "Fix step 1" in client.get(SHEET).getvalue().decode()
    mending = client.get(f"{SHEET}?step=1").getvalue().decode()

    assert "Step 1, again" in mending
    assert 'name="step" value="1"' in mending


def test_a_right_w_over_a_wrong_cell_can_be_fixed_too(
    send: Send, student: Membership, client_of: Callable[[User], Client]
) -> None:
    for mean in ("1", "2", "3"):
        send(1, STEP_1 | {"mean": mean})
    send(1, STEP_1 | {"mean": "3", "go_on": True})
    send(2, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"})
    send(3, {"w": "1.5042"})

    shown = client_of(student.user).get(SHEET).getvalue().decode()

    assert "Step 1 is still to fix" in shown
    assert "One of its cells is not right yet." in shown
    assert f'href="{SHEET}?step=1#by-hand-head"' in shown


def test_points_of_ones_own_are_the_same_each_time_and_nobody_elses(
    student: Membership, lesson: LoadedLesson, cohort: Cohort
) -> None:
    other = MembershipFactory(cohort=cohort)

    mine, again = (selectors.find_activity(student, lesson, "own-data")[1] for _ in range(2))
    theirs = selectors.find_activity(other, lesson, "own-data")[1]

    assert (mine.x, mine.y) == (again.x, again.y)
    assert (mine.x, mine.y) != (theirs.x, theirs.y)


def test_an_extra_does_not_keep_a_part_from_being_done(send: Send, student: Membership) -> None:
    send(1, {"w": "1"}, "own-data")
    assert standing_of(student).state == PartState.WORKING

    send(1, STEP_1)
    send(2, {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"})
    send(3, {"w": "1.5042"})

    assert standing_of(student).state == PartState.DONE
    assert standing_of(student).tries == 3


def test_a_sheet_of_somebody_elses_is_not_sent_in_my_name(
    student: Membership, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    other = MembershipFactory(cohort=cohort)
    sheet = {"id": uuid.uuid4(), "step": 1, "member": other.pk, "w": "0.7463"}

    answer = client_of(student.user).post(SHEET.replace("by-hand/", "activities/by-hand/check/"), sheet)

    assert answer.status_code == 403
    assert Submission.objects.count() == 0


def test_every_slip_has_words() -> None:
    assert set(slips.WORDS) == set(misconceptions.SLUGS)
