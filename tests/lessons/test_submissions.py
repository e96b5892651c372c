"""Handing in: graded, kept once, and everything that follows from it in the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

import classroom.services
from classroom.acting import Acting
from classroom.models import Cohort, GradientRule, LearningEvent, Membership
from classroom.refusals import Conflict, NotFound, Refusal
from lessons import catalogue, selectors, services
from lessons.authoring.loader import LoadedLesson
from lessons.events import PartDone, StepAccepted
from lessons.models import PartProgress, PartState, Submission
from lessons.services import Receipt
from tests.factories import CohortFactory, MembershipFactory, version_of

pytestmark = pytest.mark.services

STEP_1 = {
    "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
    "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
    "mean": "-14.925",
    "w": "0.7463",
}
# From the learner's own 0.7463, as typed.
STEP_2 = {"error_4": "-4.8148", "mean": "-9.3278", "w": "1.2127"}
STEP_3 = {"w": "1.5042"}


@pytest.fixture
def send(student: Membership, lesson: LoadedLesson) -> Callable[..., Receipt]:
    def submit(step: int = 1, answer: Any = STEP_1, client_id: uuid.UUID | None = None) -> Receipt:
        return services.submit(
            student, lesson, "by-hand", client_id=client_id or uuid.uuid4(), step=step, answer=answer
        )

    return submit


def progress_of(membership: Membership) -> PartProgress:
    return PartProgress.objects.get(membership=membership, part="by-hand")


def test_a_right_step_is_accepted_and_kept_as_it_was_typed(
    send: Callable[..., Receipt], student: Membership, lesson: LoadedLesson
) -> None:
    receipt = send()

    assert receipt.is_new
    assert receipt.submission.accepted
    stored = Submission.objects.get(membership=student)
    assert stored.answer["product_4"] == "-31.2"
    assert stored.reply == receipt.submission.reply
    assert stored.lesson_hash == lesson.content_hash
    assert {cell["state"] for cell in stored.reply["cells"].values()} == {"right"}


def test_a_receipt_says_where_its_member_stands_as_it_was_stored(
    send: Callable[..., Receipt], student: Membership
) -> None:
    for answer in ({"w": "1"}, STEP_1):
        receipt = send(answer=answer)

        stored = progress_of(student)
        assert receipt.progress is not None
        row = receipt.progress["by-hand"]
        assert (row.pk, row.activities, row.state) == (stored.pk, stored.activities, stored.state)


def test_the_same_id_is_stored_once_and_gets_its_first_reply_back(send: Callable[..., Receipt]) -> None:
    first = send()

    again = send(client_id=first.submission.client_id)

    assert not again.is_new
    assert again.submission == first.submission
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"step": 2},
        {"answer": {**STEP_1, "w": "99"}},
        {"answer": {**STEP_1, "scratch": "2·2"}},
        {"answer": {**STEP_1, "go_on": "yes"}},
    ],
)
def test_the_same_id_with_something_else_is_refused_and_changes_nothing(
    send: Callable[..., Receipt], student: Membership, other: dict[str, Any]
) -> None:
    first = send().submission
    before = progress_of(student)

    with pytest.raises(services.IdTaken, match="Send this one with a new id"):
        send(**{"step": 1, "answer": STEP_1, "client_id": first.client_id, **other})

    assert Submission.objects.get() == first
    assert progress_of(student).activities == before.activities


def test_the_same_id_for_another_activity_is_refused_even_where_that_is_closed(
    send: Callable[..., Receipt], student: Membership, lesson: LoadedLesson
) -> None:
    first = send().submission

    for activity in ("source-check", "no-such"):
        with pytest.raises(services.IdTaken):
            services.submit(student, lesson, activity, client_id=first.client_id, step=1, answer=STEP_1)


def test_an_answer_from_before_anything_was_compared_gets_its_first_reply_back(send: Callable[..., Receipt]) -> None:
    first = send().submission
    Submission.objects.update(sent_hash="")

    assert send(step=3, answer={"w": "99"}, client_id=first.client_id).submission == first


def test_the_same_id_from_somebody_else_is_another_submission(
    send: Callable[..., Receipt], lesson: LoadedLesson, cohort: Cohort
) -> None:
    first = send()

    other = services.submit(
        MembershipFactory(cohort=cohort),
        lesson,
        "by-hand",
        client_id=first.submission.client_id,
        step=1,
        answer={"w": "1"},
    )

    assert other.is_new
    assert Submission.objects.count() == 2


def test_the_database_itself_refuses_the_same_id_twice(send: Callable[..., Receipt]) -> None:
    stored = send().submission
    stored.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        stored.save(force_insert=True)


def test_progress_goes_from_not_started_to_done(send: Callable[..., Receipt], student: Membership) -> None:
    states = []
    for step, answer in enumerate((STEP_1, STEP_2, STEP_3), start=1):
        send(step, answer)
        states.append(progress_of(student).state)

    assert states == [PartState.WORKING, PartState.WORKING, PartState.DONE]
    assert progress_of(student).tries == 3


def test_three_tries_at_one_step_without_success_are_stuck_and_success_frees(
    send: Callable[..., Receipt], student: Membership
) -> None:
    states = []
    for w in ("1", "2", "3"):
        send(answer={"w": w})
        states.append(progress_of(student).state)
    send()

    assert states == [PartState.WORKING, PartState.WORKING, PartState.STUCK]
    assert progress_of(student).state == PartState.WORKING


@pytest.mark.parametrize("answer", [{}, {"w": ""}, {"w": "   "}, {"errors": ["", None]}])
def test_a_blank_sheet_is_kept_but_is_no_try(
    send: Callable[..., Receipt], student: Membership, answer: dict[str, Any]
) -> None:
    receipt = send(answer=answer)

    assert not receipt.submission.is_try
    assert progress_of(student).tries == 0


def test_the_same_answer_again_is_kept_but_is_no_new_try(send: Callable[..., Receipt], student: Membership) -> None:
    send(answer={"w": "1"})
    again = send(answer={"w": "1"})

    assert not again.submission.is_try
    assert Submission.objects.count() == 2
    assert progress_of(student).tries == 1


def test_a_step_opens_only_when_the_one_before_it_was_accepted(send: Callable[..., Receipt]) -> None:
    with pytest.raises(Conflict, match=r"Step 1 comes first\."):
        send(step=2, answer=STEP_2)

    assert Submission.objects.count() == 0
    assert PartProgress.objects.count() == 0


def test_a_step_that_the_sheet_does_not_have_is_refused(send: Callable[..., Receipt]) -> None:
    with pytest.raises(Conflict, match="This worksheet has 3 steps"):
        send(step=4)


def test_a_cell_that_the_sheet_does_not_have_is_refused_by_name(send: Callable[..., Receipt]) -> None:
    with pytest.raises(Refusal) as refused:
        send(answer={"w": "1", "error_9": "2"})

    assert refused.value.errors == {"error_9": ["This worksheet does not have this cell."]}
    assert Submission.objects.count() == 0


def test_an_activity_that_the_lesson_does_not_have_is_not_found(student: Membership, lesson: LoadedLesson) -> None:
    with pytest.raises(NotFound, match="does not have this activity yet"):
        services.submit(student, lesson, "haiku", client_id=uuid.uuid4(), step=1, answer={})


def test_grading_goes_on_from_the_learners_own_value(send: Callable[..., Receipt]) -> None:
    send()

    reply = send(step=2, answer=STEP_2).submission.reply

    assert reply["carried_from"] == "0.7463"
    assert reply["accepted"]


def test_a_value_that_was_rounded_early_is_accepted_and_said_so(send: Callable[..., Receipt]) -> None:
    reply = send(answer={**STEP_1, "w": "0.75"}).submission.reply

    assert reply["accepted"]
    assert reply["cells"]["w"]["state"] == "rounded"
    assert reply["cells"]["w"]["feedback"] == "Right, but rounded early. Keep four decimals until the last line."


def test_a_wrong_cell_is_told_what_happened_in_its_own_numbers(send: Callable[..., Receipt]) -> None:
    reply = send(answer={**STEP_1, "errors": ["2.1", "-3.9", "-6.2", "-7.8"]}).submission.reply

    assert not reply["accepted"]
    assert reply["cells"]["error_1"]["state"] == "not_yet"
    assert reply["cells"]["error_1"]["feedback"] == "You lost the minus: 0 − 2.1 = −2.1."
    right = {"state": "right", "follows": False, "slip": None, "candidates": [], "feedback": ""}
    assert reply["cells"]["error_2"] == right


def test_the_full_rule_asks_for_the_gradient_and_takes_twice_the_average(lesson: LoadedLesson, db: None) -> None:
    student = MembershipFactory(cohort=CohortFactory(gradient_rule=GradientRule.FULL))
    half = {**STEP_1, "w": "0.7463"}

    reply = services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=half).submission.reply
    full = {**STEP_1, "gradient": "-29.85", "w": "1.4925"}
    mended = services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=full).submission.reply

    assert (reply["cells"]["gradient"]["state"], reply["cells"]["w"]["state"]) == ("empty", "not_yet")
    assert mended["accepted"]


def test_the_first_submission_fixes_the_rule_of_the_class(send: Callable[..., Receipt], cohort: Cohort) -> None:
    send(answer={"w": "1"})

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is not None
    with pytest.raises(Conflict, match="cannot change now"):
        classroom.services.set_gradient_rule(cohort, GradientRule.FULL)


def test_an_archived_class_takes_nothing_new_but_still_acknowledges_what_it_has(
    send: Callable[..., Receipt], student: Membership
) -> None:
    first = send()
    student.cohort.archived = True
    student.cohort.save()

    again = send(client_id=first.submission.client_id)
    with pytest.raises(Conflict, match="This class is archived"):
        send(step=2, answer=STEP_2)

    assert again.submission == first.submission
    assert Submission.objects.count() == 1


def test_every_submission_raises_the_version_of_the_class(send: Callable[..., Receipt], cohort: Cohort) -> None:
    before = version_of(cohort)
    receipt = send()
    after_first = version_of(cohort)
    send(client_id=receipt.submission.client_id)

    assert after_first > before
    assert version_of(cohort) == after_first


def test_what_happened_is_recorded_and_told_after_the_commit(
    send: Callable[..., Receipt], student: Membership, django_capture_on_commit_callbacks: Any, told: list[Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for step, answer in enumerate((STEP_1, STEP_2, STEP_3), start=1):
            send(step, answer)
        assert told == []

    kinds = LearningEvent.objects.filter(membership=student).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["cohort_joined", "step_accepted", "step_accepted", "step_accepted", "part_done"]
    slug = "data-rules-everything"
    assert told == [
        StepAccepted(slug, "by-hand", 1, 1, False),
        StepAccepted(slug, "by-hand", 2, 2, False),
        StepAccepted(slug, "by-hand", 3, 3, True),
        PartDone(slug, "by-hand"),
    ]


def test_going_back_to_a_step_that_stands_changes_nothing_that_stands(
    send: Callable[..., Receipt], student: Membership
) -> None:
    send()
    before = progress_of(student).activities["by-hand"]["memory"]

    send(answer={"w": "5"})

    after = progress_of(student).activities["by-hand"]["memory"]
    assert {**after, "wrong": {}} == {**before, "wrong": {}}


def test_a_part_that_is_done_stays_done_whatever_is_sent_after(
    send: Callable[..., Receipt], student: Membership
) -> None:
    for step, answer in enumerate((STEP_1, STEP_2, STEP_3), start=1):
        send(step, answer)
    since = progress_of(student).since

    send(step=3, answer={"w": "77"})

    assert progress_of(student).state == PartState.DONE
    assert progress_of(student).since == since
    assert LearningEvent.objects.filter(kind="part_done").count() == 1


def test_a_reading_is_done_when_the_reader_says_so(db: None) -> None:
    sampler = catalogue.get("sampler")
    assert sampler is not None
    reader = MembershipFactory(cohort=CohortFactory(lessons=["sampler"]))

    receipt = services.submit(reader, sampler, "why-small", client_id=uuid.uuid4(), step=1, answer={})

    assert receipt.submission.accepted
    assert PartProgress.objects.get(membership=reader, part="start-here").state == PartState.DONE


def test_an_early_rounded_chain_is_accepted_and_yet_does_not_match_the_notebook(send: Callable[..., Receipt]) -> None:
    first = send(answer=STEP_1 | {"w": "0.75"})
    second = send(2, {"error_4": "-4.8", "mean": "-9.3", "w": "1.22"})

    assert [receipt.submission.accepted for receipt in (first, second)] == [True, True]
    assert [receipt.submission.reply["matches_notebook"] for receipt in (first, second)] == [False, False]


def test_a_wrong_answer_to_an_old_step_from_another_tab_shows_nowhere_on_the_new_sheet(
    send: Callable[..., Receipt], student: Membership, lesson: LoadedLesson
) -> None:
    send()
    send(2, {"w": "1.3"})
    send(1, STEP_1 | {"error_4": "77"})

    row = progress_of(student)
    page = selectors.activity_page(Acting(student), lesson, *lesson.find_activity("by-hand"), row, {})  # type: ignore[misc]  # it is there

    assert page.sheet.step == 2
    assert page.sheet.new_w.typed == "1.3"
    assert page.sheet.rows[3].error.typed == ""
    assert row.activities["by-hand"]["tries_at"] == {"1": 2, "2": 1}


def test_scratch_work_is_kept_but_is_no_new_try(send: Callable[..., Receipt], student: Membership) -> None:
    send()
    send(2, {"w": "1.3"})

    again = send(2, {"w": "1.3", "scratch": {"error_1": "-1.3537"}})

    assert again.submission.answer["scratch"] == {"error_1": "-1.3537"}
    assert not again.submission.is_try


def test_an_instructor_who_tries_the_sheet_does_not_fix_the_rule_of_the_class(
    instructor: Membership, lesson: LoadedLesson, cohort: Cohort
) -> None:
    services.submit(instructor, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=STEP_1)

    cohort.refresh_from_db()
    assert cohort.rule_fixed_at is None


def test_somebody_taken_out_of_the_class_meanwhile_is_told_so(student: Membership, lesson: LoadedLesson) -> None:
    Membership.objects.filter(pk=student.pk).delete()

    with pytest.raises(NotFound, match="no longer in this class"):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=STEP_1)
