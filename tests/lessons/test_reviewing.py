"""What instructors make of what students write: decided once, undone within a minute, every version kept."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.acting import Acting
from classroom.models import Cohort, Membership, Role, User
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from dashboard import grid_options, review_queue
from dashboard.grid import class_page
from lessons import reviews, selectors, services
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartState, Review, Submission
from lessons.texts.versions import TextView
from rehearsal.players.source_check import filled_in
from tests.factories import MembershipFactory
from tests.pupils import WHY, keep, write

pytestmark = pytest.mark.services

EXPLAIN = "u-curve-explain"


def decide(instructor: Membership, submission: int, decision: str = "approved", **sent: Any) -> Review:
    return reviews.decide(instructor, submission, decision=decision, **{"met": [True] * 3, "comment": "", **sent})


def meet(instructor: Membership) -> Membership:
    """What the next request of this instructor works with."""
    return Membership.objects.select_related("cohort__version", "user").get(pk=instructor.pk)


def sheet(student: Membership, lesson: LoadedLesson) -> TextView:
    part, activity = selectors.place_of(lesson, EXPLAIN)
    row = selectors.progress_of(student, lesson)[part.key]
    shown = selectors.activity_page(Acting(student), lesson, part, activity, row, {}).sheet
    assert isinstance(shown, TextView)
    return shown


def state(student: Membership, lesson: LoadedLesson, part: str = "u-curve", activity: str = EXPLAIN) -> str:
    return str(selectors.progress_of(student, lesson)[part].activities[activity]["state"])


def test_an_approved_text_is_done_and_a_later_version_is_kept_beside_it(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    sent = write(student, lesson)
    decide(instructor, sent.pk, comment="Well said.")

    late = write(student, lesson, "Something quite different, sent from a phone that was away.")

    assert state(student, lesson) == PartState.DONE
    assert sheet(student, lesson).text == WHY
    assert late.answer["text"].startswith("Something quite different")
    review = sheet(student, lesson).review
    assert review
    assert (review.comment, review.by) == ("Well said.", "Ines")


def test_a_returned_text_can_be_sent_again_and_waits_again(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    first = write(student, lesson, "Because it is a trap for everybody.")
    decide(instructor, first.pk, "returned", met=[False, True, True], comment="Which dots does it know?")
    returned = sheet(student, lesson)
    assert (returned.is_returned, state(student, lesson)) == (True, PartState.WORKING)

    second = write(student, lesson)

    again = sheet(student, lesson)
    assert (again.waits, again.text) == (True, WHY)
    assert again.review
    assert again.review.comment == "Which dots does it know?"
    decide(instructor, second.pk)
    assert state(student, lesson) == PartState.DONE


def test_what_is_returned_says_what_is_missing(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    sent = write(student, lesson)

    with pytest.raises(Refusal, match="Say what is missing"):
        decide(instructor, sent.pk, "returned")
    with pytest.raises(Refusal, match="Say what is missing"):
        decide(instructor, sent.pk, "returned", comment="\u3164\u200b")
    with pytest.raises(Refusal, match="At most 600 characters"):
        decide(instructor, sent.pk, "returned", comment="x" * 601)
    with pytest.raises(Refusal, match="Approve it or return it"):
        decide(instructor, sent.pk, "shredded")

    assert Review.objects.count() == 0
    decide(instructor, sent.pk, "returned", met=[False] * 3)


def test_the_second_instructor_is_told_who_was_faster(
    cohort: Cohort, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    other = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)
    sent = write(student, lesson)
    review = decide(instructor, sent.pk)

    with pytest.raises(Conflict, match="This one is already approved"):
        decide(other, sent.pk, "returned", comment="No.")
    with pytest.raises(Forbidden, match="Only the person who decided this"):
        reviews.take_back(other, review.pk)

    assert Review.objects.get() == review


def test_a_newer_version_is_read_in_place_of_the_old_one(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    old = write(student, lesson, "Because it is a trap for everybody.")
    write(student, lesson)

    with pytest.raises(Conflict, match="newer version"):
        decide(instructor, old.pk)


def test_a_decision_is_undone_within_a_minute_and_the_comment_before_it_comes_back(
    student: Membership, instructor: Membership, lesson: LoadedLesson, clock: Callable[[Any], None]
) -> None:
    first = write(student, lesson, "Because it is a trap for everybody.")
    decide(instructor, first.pk, "returned", comment="Which dots?")
    second = write(student, lesson)
    review = decide(instructor, second.pk)

    reviews.take_back(instructor, review.pk)

    assert state(student, lesson) == PartState.WAITING
    shown = sheet(student, lesson).review
    assert shown
    assert shown.comment == "Which dots?"
    with pytest.raises(Conflict, match="already undone"):
        reviews.take_back(instructor, review.pk)
    review = decide(instructor, second.pk)
    clock(timezone.now() + timedelta(seconds=61))
    with pytest.raises(Conflict, match="more than a minute"):
        reviews.take_back(instructor, review.pk)


def test_a_return_is_not_undone_under_a_new_version(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    review = decide(instructor, write(student, lesson).pk, "returned", comment="Which dots?")
    write(student, lesson, "The dots that it has learned from, and no others at all.")

    with pytest.raises(Conflict, match="newer version"):
        reviews.take_back(instructor, review.pk)


LATE = "Something quite different, sent from a phone that was away."


@pytest.mark.parametrize(
    ("part", "activity", "answer", "late", "claim"),
    [
        ("u-curve", EXPLAIN, {"text": WHY}, {"text": LATE}, LATE),
        (
            "mission",
            "source-check",
            filled_in("mnist", "reject"),
            filled_in("mnist", "reject") | {"claim": "It is another claim now."},
            "It is another claim now.",
        ),
    ],
)
def test_an_approval_is_undone_though_a_version_came_since_and_that_one_waits(
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    part: str,
    activity: str,
    answer: dict[str, str],
    late: dict[str, str],
    claim: str,
) -> None:
    def send(sent: dict[str, str]) -> int:
        return services.submit(student, lesson, activity, client_id=uuid.uuid4(), step=1, answer=sent).submission.pk

    keep(student, lesson, "u-curve-run", {"done": ["polynomial"], "runs": {"polynomial": 1}})
    review = decide(instructor, send(answer))
    newer = send(late)
    with pytest.raises(Conflict, match="an earlier version is approved"):
        decide(instructor, newer)

    reviews.take_back(instructor, review.pk)

    memory = selectors.progress_of(student, lesson)[part].activities[activity]["memory"]
    assert state(student, lesson, part, activity) == PartState.WAITING
    assert (memory["text"], memory.get("check", {}).get("claim", claim)) == (claim, claim)
    decide(instructor, newer)
    assert state(student, lesson, part, activity) == PartState.DONE


def test_whoever_has_read_it_is_called_as_they_are_called_now(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    decide(instructor, write(student, lesson).pk)
    User.objects.filter(pk=instructor.user_id).update(display_name="Inés")

    shown = sheet(student, lesson).review
    assert shown
    assert shown.by == "Inés"
    instructor.user.delete()
    left = sheet(student, lesson).review
    assert left
    assert left.by == "An instructor"


def test_what_is_explained_aloud_is_not_decided_once_more(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    sent = write(student, lesson)
    reviews.explained_aloud(instructor, lesson, student, EXPLAIN)

    with pytest.raises(Conflict, match="explained aloud"):
        decide(instructor, sent.pk)


def test_a_text_of_another_class_is_not_there(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    stranger = MembershipFactory(role=Role.INSTRUCTOR)
    sent = write(student, lesson)

    with pytest.raises(NotFound):
        decide(stranger, sent.pk)
    review = decide(instructor, sent.pk)
    for number in (review.pk, review.pk + 1):
        with pytest.raises(NotFound, match="does not have this review"):
            reviews.take_back(stranger, number)


def test_versions_are_kept_up_to_a_number_and_the_desk_lists_the_newest(
    student: Membership, instructor: Membership, lesson: LoadedLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_VERSIONS", 13)
    for number in range(13):
        write(student, lesson, f"{WHY} {number}")

    with pytest.raises(Conflict, match="sent this 13 times"):
        write(student, lesson)

    membership = meet(instructor)
    at_hand = review_queue.queue(membership, lesson).at_hand
    assert at_hand
    assert (at_hand.text, at_hand.n_earlier) == (f"{WHY} 12", 12)
    assert [each.text for each in at_hand.earlier] == [f"{WHY} {number}" for number in range(11, 1, -1)]


def test_a_conclusion_is_read_too(student: Membership, instructor: Membership, lesson: LoadedLesson) -> None:
    keep(student, lesson, "stretch", {"done": ["blame"], "runs": {"blame": 1}})
    sent = services.submit(student, lesson, "stretch", client_id=uuid.uuid4(), step=1, answer={"text": WHY})
    assert state(student, lesson, "mission", "stretch") == PartState.WAITING

    decide(instructor, sent.submission.pk)

    assert state(student, lesson, "mission", "stretch") == PartState.DONE


def test_the_queue_is_oldest_first_and_its_queries_do_not_grow(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    def queue() -> tuple[review_queue.Queue, int]:
        membership = meet(instructor)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            return review_queue.queue(membership, lesson), len(asked)

    sent = [write(MembershipFactory(cohort=cohort), lesson).pk]
    one, n_one = queue()
    sent += [write(MembershipFactory(cohort=cohort), lesson).pk for __ in range(3)]
    four, n_four = queue()

    assert [each.submission for each in one.waiting] == sent[:1]
    assert [each.submission for each in four.waiting] == sent
    assert [each.is_chosen for each in four.waiting] == [True, False, False, False]
    assert n_one == n_four


def test_what_was_left_stays_left_when_the_next_is_decided(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    page = client_of(instructor.user)
    left, decided, after = (write(MembershipFactory(cohort=cohort), lesson).pk for __ in range(3))
    shown = page.get(f"/c/ours/class/reviews/?item={decided}").text
    assert f'name="next" value="{after}"' in shown

    onward = page.post("/c/ours/class/reviews/", {"submission": decided, "act": "approved", "next": after}, follow=True)

    assert f'name="submission" value="{after}"' in onward.text
    assert f"item={left}" in onward.text


def test_a_newer_version_comes_up_in_place_of_the_old_one(
    cohort: Cohort,
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
) -> None:
    write(MembershipFactory(cohort=cohort), lesson)
    old, new = (write(student, lesson, f"{WHY} {n}").pk for n in range(2))

    told = client_of(instructor.user).post("/c/ours/class/reviews/", {"submission": old, "act": "approved"})

    assert told.status_code == 409
    assert "The student has sent a newer version" in told.text
    assert f'name="submission" value="{new}"' in told.text


def test_names_are_hidden_on_the_desk_as_on_the_grid(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    write(student, lesson)
    page = client_of(instructor.user)

    grid = page.get("/c/ours/class/?names=hidden").text
    assert "/c/ours/class/reviews/?lesson=data-rules-everything&amp;names=hidden" in grid
    hidden = page.get("/c/ours/class/reviews/?names=hidden").text

    assert "Sam" not in hidden
    assert "names are hidden" in hidden
    assert "Sam" in page.get("/c/ours/class/reviews/").text


def test_whose_names_are_hidden_is_told_apart_by_the_number_that_the_grid_has(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    __, bob, cleo = (MembershipFactory(cohort=cohort, user__display_name=name) for name in ("Zed", "Bob", "Cleo"))
    for student in (cleo, bob):
        write(student, lesson)

    found = review_queue.queue(meet(instructor), lesson, names="hidden")
    decide(instructor, found.waiting[0].submission)

    assert [each.name for each in found.waiting] == ["Student 03", "Student 02"]
    undo = review_queue.queue(meet(instructor), lesson, names="hidden").undo
    assert undo is not None
    assert undo.name == "Student 03"
    grid_rows = class_page(meet(instructor), lesson, grid_options.read({"names": "hidden"}, "")).rows
    assert {row.id: row.name for row in grid_rows}[cleo.pk] == "Student 03"


def test_an_archived_class_is_read_and_not_decided(
    cohort: Cohort, student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Any
) -> None:
    write(student, lesson)
    Cohort.objects.filter(pk=cohort.pk).update(archived=True)

    shown = client_of(instructor.user).get("/c/ours/class/reviews/").text

    assert WHY in shown
    assert shown.count("This class is archived") == 1
    assert 'name="comment"' not in shown


def test_an_approval_complains_of_nothing_and_what_was_sent_back_is_told_on_the_arc(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    page, path = client_of(student.user), "/c/ours/lessons/data-rules-everything/"
    sent = write(student, lesson)
    review = decide(instructor, sent.pk, "returned", met=[True, False, False], comment="Which dots?\nAnd then?")
    assert re.search(r'u-curve/#u-curve-explain-review">\s+Sent back: read it', page.get(path).text)
    assert "Which dots?<br>And then?" in page.get(f"{path}u-curve/").text
    assert page.get(f"{path}u-curve/").text.count("not yet:") == 2

    reviews.take_back(instructor, review.pk)
    decide(instructor, sent.pk, met=[True, False, False])

    assert "Sent back" not in page.get(path).text
    assert "not yet:" not in page.get(f"{path}u-curve/").text


def test_a_long_queue_lists_the_oldest_and_counts_all(
    cohort: Cohort,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(review_queue, "MOST_LISTED", 2)
    sent = [write(MembershipFactory(cohort=cohort), lesson).pk for __ in range(3)]

    shown = client_of(instructor.user).get(f"/c/ours/class/reviews/?item={sent[2]}").text

    assert "3 to read, the oldest first" in shown
    assert "and 1 more" in shown
    assert f'name="submission" value="{sent[2]}"' in shown


def test_the_grid_says_how_long_the_oldest_text_has_waited(
    student: Membership, instructor: Membership, lesson: LoadedLesson, clock: Callable[[Any], None]
) -> None:
    def grid() -> Any:
        membership = meet(instructor)
        return class_page(membership, lesson, grid_options.read({}, "")).reviews

    assert (grid().n, grid().oldest) == (0, None)
    now = timezone.now()
    clock(now)
    explained = write(student, lesson)
    checked = services.submit(
        student, lesson, "source-check", client_id=uuid.uuid4(), step=1, answer=filled_in("mnist", "reject")
    ).submission
    Submission.objects.update(received_at=now)
    clock(now + timedelta(days=1))
    decide(instructor, explained.pk)

    assert (grid().n, grid().oldest) == (1, now)
    Submission.objects.filter(pk=checked.pk).update(received_at=now + timedelta(hours=2))
    assert grid().oldest == now + timedelta(hours=2)


def test_a_comment_is_not_lost_with_the_decision(
    cohort: Cohort,
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
) -> None:
    other = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)
    sent = write(student, lesson)
    decide(instructor, sent.pk)
    page = client_of(other.user)

    told = page.post("/c/ours/class/reviews/", {"submission": sent.pk, "act": "returned", "comment": "Think again."})

    assert told.status_code == 409
    was_faster = "Ines was faster. This one is already approved. Your comment was: “Think again.”"
    assert was_faster in " ".join(told.text.split())
    gone = page.post("/c/ours/class/reviews/", {"submission": 0, "act": "approved", "comment": "Well!"})
    assert "Your class has no such text. Your comment was: “Well!”" in " ".join(gone.text.split())


def test_ticks_and_comment_stay_with_a_refusal_and_come_back_with_an_undo(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    page, sent = client_of(instructor.user), write(student, lesson)
    ticked = {"submission": sent.pk, "tick_0": "on", "tick_1": "on", "tick_2": "on"}

    refused = page.post("/c/ours/class/reviews/", ticked | {"act": "returned"})
    assert (refused.status_code, refused.text.partition("<main")[2].count(" checked>")) == (400, 3)
    assert "Say what is missing" in refused.text

    page.post("/c/ours/class/reviews/", ticked | {"act": "returned", "comment": "Which dots?"})
    review = Review.objects.get()
    assert review.met == [True] * 3
    undone = page.post("/c/ours/class/reviews/", {"act": "undo", "review": review.pk}, follow=True)

    assert undone.text.partition("<main")[2].count(" checked>") == 3
    assert "Which dots?</textarea>" in undone.text
