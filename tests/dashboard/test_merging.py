"""A double: one person's two accounts become one, and nothing of what they did is lost or counted twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

import badges.services
from badges.models import Award, RevokedNumber
from classroom import looks, services
from classroom.models import Cohort, LearningEvent, Look, Membership, User
from classroom.refusals import Conflict, NotFound
from dashboard import merging
from experiments.models import RunRequest
from lessons import help_calls, pacing, reviews, selectors, stage, voting
from lessons import services as lesson_services
from lessons.activities.predict import answers, sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven, PartProgress, PartState, Prediction, Reconciliation, Review, Submission
from tests import pupils, walks
from tests.factories import CohortFactory, MembershipFactory, version_of
from tests.lessons import runs

pytestmark = pytest.mark.services

# What hangs on a membership, and what a merge does with it.
HANDED_OVER = {
    "events": "all of it",
    "submissions": "all of it",
    "predictions": "each question once, as it was sealed first",
    "reconciliations": "each question once",
    "help_given": "each call once",
    "progress": "put together",
    "run_requests": "each wish once",
    "awards": "all of it; of two the first stands",
    "looks": "each once: they are at the work",
    "merged_from": "whoever was merged into the double is merged into the other one",
}


@pytest.fixture
def double(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")


def now(membership: Membership) -> Membership:
    return Membership.objects.select_related("cohort__version", "user", "merged_into__user").get(pk=membership.pk)


def merge(instructor: Membership, keep: Membership, double: Membership) -> bool:
    by = now(instructor)
    return merging.merge(by.cohort, keep.pk, double.pk, by=by)


def submit(member: Membership, lesson: LoadedLesson, step: int, answer: Any, activity: str = "by-hand") -> Submission:
    receipt = lesson_services.submit(member, lesson, activity, client_id=uuid.uuid4(), step=step, answer=answer)
    return receipt.submission


def seal_at(member: Membership, lesson: LoadedLesson, item: str, choice: str, minutes: int) -> Prediction:
    """Seal a guess at the rates, so many minutes from now."""
    sealed = pupils.seal(member, lesson, "rates", item, choice).prediction
    Prediction.objects.filter(pk=sealed.pk).update(sealed_at=timezone.now() + timedelta(minutes=minutes))
    return sealed


def standing(member: Membership, lesson: LoadedLesson, activity: str) -> Any:
    part, found = selectors.place_of(lesson, activity)
    row = PartProgress.objects.get(membership=member, part=part.key)
    return selectors.standing_of(row, found)


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


# --- everything goes over ---


def test_whatever_hangs_on_a_membership_is_thought_of() -> None:
    """A new table that names its member has to say what a merge does with it."""
    found = {each.get_accessor_name() for each in Membership._meta.related_objects if not each.hidden}

    assert found == set(HANDED_OVER)


def test_all_that_a_double_did_is_the_others_from_then_on(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    walks.fill(double, instructor, lesson)
    submit(student, lesson, 1, {"w": "3"})
    seal_at(student, lesson, "half-d", "explodes", 0)
    help_calls.give_help(instructor, lesson, student=double.pk, reason="run", occasion="one")
    sent = set(Submission.objects.values_list("pk", flat=True))
    before = {model: model.objects.count() for model in (Submission, Prediction, Reconciliation, RunRequest, Review)}

    assert merge(instructor, student, double)

    assert {row.membership_id for model in before for row in model.objects.all() if model is not Review} == {student.pk}
    assert {model: model.objects.count() for model in before} == before
    assert set(Submission.objects.filter(membership=student).values_list("pk", flat=True)) == sent
    assert HelpGiven.objects.get().membership == student
    assert not PartProgress.objects.filter(membership=double).exists()
    assert standing(student, lesson, "by-hand").memory.values == ("7463/10000", "12127/10000")
    gone = now(double)
    assert (gone.is_present, gone.merged_into, gone.removed_by) == (False, student, instructor)


def test_who_looked_at_a_doubles_work_has_looked_at_the_others(
    student: Membership, double: Membership, instructor: Membership
) -> None:
    looks.at_members(instructor.user, Look.Kind.PAGE, [student.pk, double.pk])
    looks.at_members(instructor.user, Look.Kind.TEXT, [double.pk])

    merge(instructor, student, double)

    assert sorted(student.looks.values_list("kind", flat=True)) == ["page", "text"]
    assert list(double.looks.values_list("kind", flat=True)) == ["page"]


def test_what_was_merged_is_told_with_who_did_it_and_pages_hear_of_it(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    seal_at(student, lesson, "half-a", "zigzags", 0)
    later = seal_at(double, lesson, "half-a", "explodes", 5)
    submit(double, lesson, 1, {"w": "3"})
    before = version_of(cohort)

    merge(instructor, student, double)

    facts = LearningEvent.objects.get(kind="accounts_merged").facts
    assert LearningEvent.objects.filter(membership=double).count() == 0
    assert (facts["other"], facts["username"], facts["entered_by"]) == (double.pk, "sam2", instructor.pk)
    assert facts["moved"] == {
        **dict.fromkeys(("predictions", "reconciliations", "help_given", "run_requests", "awards"), 0),
        "submissions": 1,
    }
    (aside,) = facts["aside"]
    assert (aside["item"], aside["choice"], aside["prediction"]) == ("half-a", "explodes", later.pk)
    assert "confidence" not in aside
    assert version_of(cohort) > before


# --- each answer once ---


def test_of_two_answers_the_one_that_was_sealed_first_counts_and_the_other_is_kept(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    first = [seal_at(double, lesson, "half-a", "crawls", -9), seal_at(student, lesson, "half-b", "settles", -9)]
    later = [seal_at(student, lesson, "half-a", "explodes", 0), seal_at(double, lesson, "half-b", "bounces", 0)]
    alone = seal_at(double, lesson, "half-c", "zigzags", 0)

    merge(instructor, student, double)

    assert set(Prediction.objects.filter(membership=student)) == {*first, alone}
    assert set(Prediction.objects.filter(membership=double)) == set(later)
    at = stage.read_for_room(cohort, lesson.lesson.slug)
    assert answers.tallies(cohort, lesson.lesson.slug, at) == {
        ("rates", "half-a"): [("crawls", "", 1)],
        ("rates", "half-b"): [("settles", "", 1)],
        ("rates", "half-c"): [("zigzags", "", 1)],
    }
    assert standing(student, lesson, "rates").n_done == 2  # the full question is not reconciled


def test_a_vote_that_both_took_part_in_counts_one_of_them(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    for member, choice in ((student, "crawls"), (double, "explodes")):
        pupils.seal(now(member), lesson, "rates", "half-a", choice)
    voting.close_vote(instructor, lesson, "rates", "half-a")

    merge(instructor, student, double)

    at = stage.read_for_room(cohort, lesson.lesson.slug)
    assert answers.tallies(cohort, lesson.lesson.slug, at) == {("rates", "half-a"): [("crawls", "", 1)]}


def test_what_was_made_of_a_reveal_comes_before_a_look_that_led_to_nothing(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    for member in (student, double):
        pupils.seal(member, lesson, "rates", "half-c", "crawls")
        sealing.open_reveal(member, lesson, "rates", "half-c")
    sealing.reconcile(double, lesson, "rates", "half-c", saw="bounces", idea="larger-is-faster")
    first_seen = Reconciliation.objects.get(membership=student).revealed_at

    merge(instructor, student, double)

    met = Reconciliation.objects.get(membership=student)
    assert (met.idea, met.revealed_at) == ("larger-is-faster", first_seen)
    assert Reconciliation.objects.get(membership=double).idea == ""


def test_what_a_device_sent_under_both_accounts_by_one_name_is_kept_twice(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    name = uuid.uuid4()
    for member in (student, double):
        lesson_services.submit(member, lesson, "by-hand", client_id=name, step=1, answer={"w": "3"})
        pupils.seal(member, lesson, "rates", "half-a", "crawls", client_id=name)
    pupils.seal(double, lesson, "rates", "half-b", "crawls")
    Prediction.objects.filter(membership=double, item="half-a").update(sealed_at=timezone.now() - timedelta(hours=1))

    merge(instructor, student, double)

    assert Submission.objects.filter(membership=student).count() == 2
    assert Prediction.objects.filter(membership=student).count() == 2
    again = lesson_services.submit(student, lesson, "by-hand", client_id=name, step=1, answer={"w": "3"})
    assert not again.is_new


def test_a_run_that_both_wanted_is_wanted_once(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    for member in (student, double):
        runs.guess(member, lesson, "lowest")
        runs.ask(member, lesson, seed=7)
    runs.ask(double, lesson, seed=8)
    runs.work()

    merge(instructor, student, double)

    wanted = RunRequest.objects.filter(withdrawn_at=None)
    assert {each.run.seed for each in wanted} == {7, 8}
    assert {each.membership_id for each in wanted} == {student.pk}
    assert standing(student, lesson, "u-curve-run").memory.runs == {"polynomial": 2}


# --- progress ---


def test_a_worksheet_goes_on_where_it_was_further_with_the_tries_of_both(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    for step, answer in enumerate(pupils.STEPS, start=1):
        submit(double, lesson, step, answer)
    for w in ("1", "2", "3"):
        submit(student, lesson, 1, {"w": w})
    submit(student, lesson, 1, {"w": "4", "solution": "w"})
    assert standing(student, lesson, "by-hand").state == PartState.STUCK

    merge(instructor, student, double)

    found = standing(student, lesson, "by-hand")
    assert (found.state, found.tries, found.helped) == (PartState.DONE, 7, (1,))
    row = PartProgress.objects.get(membership=student, part="by-hand")
    assert (row.state, row.tries) == (PartState.DONE, 7)
    assert LearningEvent.objects.filter(membership=student, kind="part_done").count() == 1


@pytest.mark.parametrize("who_wrote_last", ["student", "double"])
def test_of_two_texts_the_one_that_was_sent_last_waits(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson, who_wrote_last: str
) -> None:
    first, last = (double, student) if who_wrote_last == "student" else (student, double)
    pupils.write(first, lesson, "The first text, which is long enough to say why.")
    newest = pupils.write(last, lesson, "The last text, which is long enough to say why.")

    merge(instructor, student, double)

    assert standing(student, lesson, "u-curve-explain").memory.text.startswith("The last text")
    review = reviews.decide(now(instructor), newest.pk, decision="approved", met=[True] * 3, comment="")
    assert review.submission == newest


def test_a_text_that_was_approved_stays_approved(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    reviews.decide(instructor, pupils.write(double, lesson).pk, decision="approved", met=[True] * 3, comment="")
    pupils.write(student, lesson, "Another text, which is long enough to say why.")

    merge(instructor, student, double)

    found = standing(student, lesson, "u-curve-explain")
    assert (found.state, found.memory.is_approved) == (PartState.DONE, True)


def test_numbers_drawn_for_one_account_are_not_put_together_with_the_others(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    sent = submit(double, lesson, 1, {"w": "3"}, "own-data")
    submit(double, lesson, 1, {"w": "3"})

    merge(instructor, student, double)

    assert "own-data" not in PartProgress.objects.get(membership=student, part="by-hand").activities
    assert Submission.objects.get(pk=sent.pk).membership == student


def test_together_they_finish_a_part_and_that_is_told(
    student: Membership, double: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    for item, choice in (("half-a", "crawls"), ("half-b", "settles"), ("half-c", "crawls")):
        pupils.seal(student, lesson, "rates", item, choice)
    sealing.open_reveal(student, lesson, "rates", "half-c")
    sealing.reconcile(student, lesson, "rates", "half-c", saw="bounces", idea="larger-is-faster")
    pupils.seal(student, lesson, "rates", "half-edge", "both-settle")
    pupils.seal(double, lesson, "rates", "half-d", "explodes")

    merge(instructor, student, double)

    assert PartProgress.objects.get(membership=student, part="rates").state == PartState.DONE
    assert LearningEvent.objects.get(membership=student, kind="part_done").facts["part"] == "rates"


# --- badges ---


@pytest.fixture
def badge(lesson: LoadedLesson) -> Any:
    return badges.services.badge_of(lesson)


@pytest.mark.parametrize("who_was_first", ["student", "double"])
def test_of_two_awards_the_first_stands_and_the_page_of_the_other_says_so(
    student: Membership,
    double: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    badge: Any,
    client_of: Callable[[User], Client],
    who_was_first: str,
) -> None:
    order = (student, double) if who_was_first == "student" else (double, student)
    first, later = (badges.services.give(instructor, each, lesson, badge, "On paper.") for each in order)
    badges.services.share(later, is_shared=True, shows_name=False)

    merge(instructor, student, double)

    stands = Award.objects.get(revoked_at=None)
    assert (stands.pk, stands.membership, stands.is_shared) == (first.pk, student, True)
    assert RevokedNumber.objects.get().number == later.pk
    page = words(Client().get(f"/credentials/{later.uuid}/"))
    own = words(client_of(student.user).get(f"/credentials/{later.uuid}/"))
    assert "✗ revoked on" in page
    assert "It was issued again: the valid one" in page
    assert "It was earned twice, under two accounts. The first one counts." in own
    assert "✓ valid" in words(Client().get(f"/credentials/{first.uuid}/"))
    assert badges.services.selectors.badge_page(now(student), lesson, badge).award == first
    with pytest.raises(Conflict, match="already"):
        badges.services.give(instructor, student, lesson, badge, "Once more.")


def test_a_badge_that_both_earned_together_is_awarded_once(
    student: Membership,
    double: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for step, answer in enumerate(pupils.STEPS, start=1):
            submit(student, lesson, step, answer)
        pupils.measure(double, lesson)
        reviews.explained_aloud(instructor, lesson, double, "u-curve-explain")
    assert Award.objects.count() == 0

    merge(instructor, student, double)
    merge(instructor, student, double)

    assert Award.objects.get().membership == student


# --- whose it is now ---


def test_the_double_is_told_where_the_work_went(
    student: Membership,
    double: Membership,
    instructor: Membership,
    client_of: Callable[[User], Client],
    api_of: Callable[[User], APIClient],
) -> None:
    merge(instructor, student, double)
    browser, notebook = client_of(double.user), api_of(double.user)
    says = "Your work in this class is now in your other account, sam. Log out and log in with that one."

    pages = [
        browser.get("/c/ours/"),
        browser.get("/c/ours/lessons/data-rules-everything/"),
        browser.post("/join/ACDE-3467"),
    ]

    assert [page.status_code for page in pages] == [404, 404, 404]
    assert [page for page in pages if says not in page.content.decode()] == []
    assert "Your work in Our class is now in your other account, sam." in words(browser.get("/"))
    for query in ("", "?cohort=ours"):
        assert notebook.get(f"/api/v1/lessons/{query}").json()["detail"] == says


def test_the_school_id_of_either_is_the_ids_of_both(
    student: Membership, double: Membership, instructor: Membership
) -> None:
    services.set_student_id(instructor, double, "A-17")

    merge(instructor, student, double)

    assert (now(student).student_id, now(double).student_id) == ("A-17", "")


def test_a_third_account_is_told_of_the_last_one(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort
) -> None:
    third = MembershipFactory(cohort=cohort)
    merge(instructor, double, third)

    merge(instructor, student, double)

    assert now(third).merged_into == student


# --- refused ---


def test_a_second_press_changes_nothing(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    seal_at(double, lesson, "half-a", "crawls", 0)
    merge(instructor, student, double)
    before = version_of(cohort)

    assert not merge(instructor, student, double)
    assert version_of(cohort) == before
    assert LearningEvent.objects.filter(kind="accounts_merged").count() == 1
    with pytest.raises(Conflict, match="no longer in this class"):
        merge(instructor, double, student)


def test_it_stays_within_a_class_and_among_its_students(
    student: Membership, double: Membership, instructor: Membership
) -> None:
    elsewhere = MembershipFactory(cohort=CohortFactory())

    for one, other in ((student, elsewhere), (elsewhere, student), (student, student), (student, instructor)):
        with pytest.raises(NotFound):
            merge(instructor, one, other)
        with pytest.raises(NotFound):
            merging.preview(now(instructor).cohort, one.pk, other.pk)


def test_a_removed_one_and_an_archived_class_are_left_alone(
    student: Membership, double: Membership, instructor: Membership, cohort: Cohort
) -> None:
    services.remove(instructor, double)
    with pytest.raises(Conflict, match="no longer in this class"):
        merge(instructor, student, double)
    services.take_back(instructor, now(double))
    cohort.archived = True
    cohort.save()

    with pytest.raises(Conflict, match="archived"):
        merge(instructor, student, double)


# --- the page ---


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def test_the_page_says_what_will_happen_and_that_is_what_happens(
    desk: Client,
    student: Membership,
    double: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    badge: Any,
) -> None:
    seal_at(student, lesson, "half-a", "explodes", 0)
    seal_at(double, lesson, "half-a", "crawls", -5)
    seal_at(double, lesson, "half-b", "settles", 0)
    submit(double, lesson, 1, {"w": "3"})
    for member in (student, double):
        badges.services.give(instructor, member, lesson, badge, "On paper.")
    at = f"/c/ours/class/students/{student.pk}/merge/"

    pick, shown = desk.get(at), desk.get(f"{at}?other={double.pk}&keep={student.pk}")
    done = desk.post(at, {"other": str(double.pk), "keep": str(student.pk)}, follow=True)

    assert "Sam (sam2)" in words(pick)
    said = words(shown)
    assert "Sam (sam) stays and gets all the work of Sam (sam2)" in said
    assert "Answers and texts handed in: 1" in said
    assert "Predictions: 2" in said
    assert "Badges: 1" in said
    assert "Learning rate 0.1 crawls explodes" in said
    assert "Both earned the badge Data Scientist." in said
    facts = LearningEvent.objects.get(kind="accounts_merged").facts
    assert (facts["moved"]["submissions"], facts["moved"]["predictions"], facts["moved"]["awards"]) == (1, 2, 1)
    assert [each["choice"] for each in facts["aside"]] == ["explodes"]
    assert done.redirect_chain == [(f"/c/ours/class/students/{student.pk}/", 302)]
    assert "Got the work of the account sam2. 1 prediction was made with both: the first one counts" in words(done)


def test_the_account_that_was_used_last_stays_unless_the_other_is_asked_for(
    desk: Client, student: Membership, double: Membership
) -> None:
    Membership.objects.filter(pk=double.pk).update(last_active_at=timezone.now() + timedelta(minutes=1))
    at = f"/c/ours/class/students/{student.pk}/merge/"

    first = desk.get(f"{at}?other={double.pk}")
    other = desk.get(f"{at}?other={double.pk}&keep={student.pk}")
    desk.post(at, {"other": str(double.pk), "keep": str(double.pk)})

    assert "Merge sam into sam2" in words(first)
    assert "Merge sam2 into sam" in words(other)
    assert now(student).merged_into == double


def test_merged_accounts_are_listed_without_a_way_back(
    desk: Client, student: Membership, double: Membership, instructor: Membership
) -> None:
    merge(instructor, student, double)

    page = desk.get("/c/ours/class/people/")

    assert "merged into Sam (sam)" in words(page)
    assert "Take back" not in words(page)
    assert desk.post("/c/ours/class/people/", {"student": str(double.pk)}).status_code == 409
