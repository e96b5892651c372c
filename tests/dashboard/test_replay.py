"""The replay: how a room moved, in counts of five or more, without a name."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom.models import Cohort, Membership, User
from dashboard import replay, slip_counts
from dashboard.evidence import Moved
from lessons import pacing, services, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import RevealOpening, Submission
from tests import pupils
from tests.factories import MembershipFactory

KEY = ("rates", "half-c")
SUM = {**pupils.STEPS[0], "mean": "-59.7", "w": "2.985"}


@pytest.fixture
def led(instructor: Membership) -> Membership:
    pacing.lead_class(instructor)
    return instructor


def vote(led: Membership, lesson: LoadedLesson, students: list[Membership], said: list[str], round_: int) -> None:
    voting.open_vote(led, lesson, *KEY)
    for student, choice in zip(students, said, strict=True):
        student.refresh_from_db()
        pupils.seal(student, lesson, *KEY, choice, round_=round_, confidence="guess")
    voting.close_vote(led, lesson, *KEY)


def reveal(led: Membership, lesson: LoadedLesson) -> None:
    voting.reveal(led, lesson, *KEY)
    RevealOpening.objects.update(opens_at=timezone.now())


def test_it_tells_both_votes_who_changed_and_what_was_made_of_it(
    led: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    students = MembershipFactory.create_batch(6, cohort=cohort)
    vote(led, lesson, students, ["settles"] * 4 + ["bounces"] * 2, 1)
    voting.count_hands(led, lesson, *KEY, {"explodes": "2"})
    vote(led, lesson, students, ["bounces"] * 3 + ["settles", "bounces", "crawls"], 2)
    reveal(led, lesson)
    for student in students[:5]:
        sealing.open_reveal(student, lesson, *KEY)
        sealing.reconcile(student, lesson, *KEY, saw="bounces")

    (moment,) = replay.replay_of(led, lesson).moments

    first, second = moment.rounds
    assert first.bars is not None
    assert second.bars is not None
    assert {row.text: row.label for row in first.bars.rows if row.label != "0"} == {
        "settles smoothly": "4",
        "bounces forever": "2",
        "explodes": "2",
    }
    assert [row.text for row in second.bars.rows if row.is_right] == ["bounces forever"]
    assert moment.changed == Moved(came=3, left=1, stayed=2, other=0)
    assert moment.saw is not None
    assert {row.text: row.label for row in moment.saw.rows if row.label != "0"} == {"bounces forever": "5"}
    assert moment.ideas is None
    assert [act.what for act in moment.acts] == [
        "Vote 1 opened",
        "Vote 1 closed",
        "Vote 2 opened",
        "Vote 2 closed",
        "Revealed",
    ]
    assert {act.by for act in moment.acts} == {"Ines", ""}


def test_under_five_answers_nothing_is_drawn(led: Membership, cohort: Cohort, lesson: LoadedLesson) -> None:
    students = MembershipFactory.create_batch(5, cohort=cohort)
    vote(led, lesson, students, ["bounces"] * 5, 1)
    vote(led, lesson, students[:4], ["bounces"] * 4, 2)
    reveal(led, lesson)

    (moment,) = replay.replay_of(led, lesson).moments

    first, second = moment.rounds
    assert first.bars is not None
    assert (second.n, second.bars, moment.changed) == (4, None, None)
    assert {n for __, n in moment.confidence} == {None}


def test_a_class_that_is_led_is_shown_no_bars_before_the_reveal(
    led: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    students = MembershipFactory.create_batch(6, cohort=cohort)
    vote(led, lesson, students, ["bounces"] * 6, 1)

    before = replay.replay_of(led, lesson)
    page = client_of(led.user).get("/c/ours/class/replay/").content.decode()
    reveal(led, lesson)
    after = replay.replay_of(led, lesson)

    assert (before.moments, before.unrevealed) == ((), ("Learning rate 4/15",))
    assert "bounces forever" not in page
    assert "Nobody has predicted anything yet." not in page
    assert ([each.title for each in after.moments], after.unrevealed) == (["Learning rate 4/15"], ())


def test_a_class_that_went_alone_is_told_too(cohort: Cohort, instructor: Membership, lesson: LoadedLesson) -> None:
    for student in MembershipFactory.create_batch(5, cohort=cohort):
        pupils.seal(student, lesson, *KEY, "bounces")

    (moment,) = replay.replay_of(instructor, lesson).moments

    assert [(each.title, each.n) for each in moment.rounds] == [("At their own pace", 5)]


def test_slips_are_told_by_time_with_the_commonest_one(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    began = timezone.now().replace(hour=10, minute=0, second=30)
    sent_after = (0, 0, 1, 1, 1, 3, 16, 16, 17, 17, 17, 17)
    students = MembershipFactory.create_batch(len(sent_after), cohort=cohort)
    for minutes, student in zip(sent_after, students, strict=True):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)
        Submission.objects.filter(membership=student).update(received_at=began + timedelta(minutes=minutes))

    found = replay.replay_of(instructor, lesson).slips

    assert found is not None
    assert (found.minutes, [stretch.n for stretch in found.stretches]) == (2, [5, *[None] * 7, 6])
    assert found.says == "The most common slip: “forgot to average”. 12 students made it."
    assert found.commonest == (("forgot to average", 12, 12),)


def test_slips_of_fewer_than_five_students_are_not_told_however_often_they_made_them(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    for student in MembershipFactory.create_batch(4, cohort=cohort):
        for w in ("2.985", "2.986"):
            answer = {**SUM, "w": w}
            services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)

    assert replay.replay_of(instructor, lesson).slips is None


def test_the_same_cells_checked_again_are_no_new_try_in_a_class_either(
    student: Membership, lesson: LoadedLesson
) -> None:
    for answer in (SUM, SUM, SUM | {"w": "2.9851"}, SUM | {"w": "2.9851", "solution": ""}):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)

    (made,) = slip_counts.slips_made(Submission.objects.all())

    assert (made.words, made.n_students, made.n_tries) == ("forgot to average", 1, 2)


def test_stretches_are_as_long_as_lets_most_of_them_be_shown_and_end_with_the_session(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    began = timezone.now().replace(hour=10, minute=0, second=30)
    sent_after = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2000)
    for minutes, student in zip(
        sent_after, MembershipFactory.create_batch(len(sent_after), cohort=cohort), strict=True
    ):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)
        Submission.objects.filter(membership=student).update(received_at=began + timedelta(minutes=minutes))
    instructor.cohort.ended_at = began + timedelta(minutes=120)

    found = replay.replay_of(instructor, lesson).slips

    assert found is not None
    assert (found.minutes, [stretch.n for stretch in found.stretches]) == (5, [5, 5])


def test_a_question_that_too_few_answered_is_named_at_the_end(
    cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    for student in MembershipFactory.create_batch(4, cohort=cohort):
        pupils.seal(student, lesson, *KEY, "bounces")

    found = replay.replay_of(instructor, lesson)

    assert (found.moments, found.left_out) == ((), ("Learning rate 4/15",))


def test_the_page_names_no_student_and_an_empty_one_says_what_to_do(
    led: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client = client_of(led.user)
    empty = client.get("/c/ours/class/replay/").content.decode()
    students = [MembershipFactory(cohort=cohort, user__display_name=f"Gwendolyn {i}") for i in range(6)]
    vote(led, lesson, students, ["bounces"] * 6, 1)
    reveal(led, lesson)
    for student in students:
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)

    page = client.get("/c/ours/class/replay/").content.decode()

    assert "Nobody has predicted anything yet." in empty
    assert "Learning rate 4/15" in page
    assert "forgot to average" in page
    assert "Gwendolyn" not in page


def test_it_asks_as_often_for_six_students_as_for_one(
    led: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client, counted = client_of(led.user), []
    client.get("/c/ours/class/replay/")  # from the second page on it is remembered whose a session is
    voting.open_vote(led, lesson, *KEY)
    for n in (1, 5):
        for student in MembershipFactory.create_batch(n, cohort=cohort):
            pupils.seal(student, lesson, *KEY, "bounces")
            services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=SUM)
        with CaptureQueriesContext(connection) as asked:
            client.get("/c/ours/class/replay/")
        counted.append(len(asked))

    assert counted[0] == counted[1] < 20
