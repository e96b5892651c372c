"""Who needs help, and why: one call a student, by stated rules, and the word that it was given."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qsl, urljoin

import pytest
from django.test import Client
from django.utils import timezone

import badges.services
import experiments.services
from classroom import services as classroom_services
from classroom.acting import Acting
from classroom.models import Cohort, LearningEvent, Membership, Rehearsal, Role, User
from dashboard import grid, grid_options
from dashboard.needs import StillRoom
from experiments.models import Run, RunRequest, RunState
from experiments.services import MAX_WAITING
from lessons import help_calls, pacing, services, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven, PartProgress
from tests import pupils
from tests.factories import MembershipFactory
from tests.lessons import runs

RIGHT = {
    "errors": ["-2.1", "-3.9", "-6.2", "-7.8"],
    "products": ["-2.1", "-7.8", "-18.6", "-31.2"],
    "mean": "-14.925",
    "w": "0.7463",
}
SUMS = [RIGHT | {"mean": "-59.7", "w": w} for w in ("2.985", "2.9851", "2.9849", "2.9852", "2.9848", "2.9853")]
SINCE = "/c/ours/lessons/data-rules-everything/by-hand/since/"
NO_X = RIGHT | {"mean": "-5", "w": "0.25"}


def hand_in(membership: Membership, lesson: LoadedLesson, *answers: dict[str, object], step: int = 1) -> None:
    for answer in answers:
        services.submit(membership, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)


def seen_now(membership: Membership) -> None:
    Membership.objects.filter(pk=membership.pk).update(last_active_at=timezone.now())


def calls(instructor: Membership, lesson: LoadedLesson) -> list[tuple[str, str]]:
    """Who calls for help, and in which words, as the page shows it."""
    instructor = Membership.objects.select_related("cohort__version", "user").get(pk=instructor.pk)
    page = grid.class_page(instructor, lesson, grid_options.read({}, ""))
    return [(call.name, call.need.says) for call in page.calls]


def move_back(membership: Membership, part: str, minutes: float) -> None:
    """Let the last move in a part have been so many minutes ago."""
    PartProgress.objects.filter(membership=membership, part=part).update(
        moved_at=timezone.now() - timedelta(minutes=minutes)
    )


# --- the same slip three times --------------------------------------------------------------------


@pytest.mark.parametrize(("n_tries", "is_called"), [(2, False), (3, True), (5, True)])
def test_the_same_slip_three_times_at_one_step_is_a_call(
    instructor: Membership, student: Membership, lesson: LoadedLesson, n_tries: int, is_called: bool
) -> None:
    hand_in(student, lesson, *SUMS[:n_tries])

    expected = [("Sam", f"forgot to average, {n_tries} times, step 1 of “Three steps by hand”")] if is_called else []
    assert calls(instructor, lesson) == expected


def test_a_call_and_a_cell_lead_to_the_student_who_calls(
    instructor: Membership, student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    hand_in(student, lesson, *SUMS[:3])
    room = client_of(instructor.user)
    page = room.get("/c/ours/class/")

    found = re.findall(r'<a[^>]*href="([^"]*part=by-hand[^"]*)"', page.text)
    assert len(found) >= 2  # the call's own, and the row's
    for href in found:
        theirs = room.get(urljoin("/c/ours/class/", unescape(href)))
        assert theirs.status_code == 200
        assert theirs.context["student"] == student


def test_three_different_tries_at_one_step_are_a_call_too_and_the_same_slip_tells_more(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    hand_in(student, lesson, SUMS[0], NO_X)
    after_two = calls(instructor, lesson)
    hand_in(student, lesson, SUMS[1])
    after_three = calls(instructor, lesson)
    hand_in(student, lesson, SUMS[2])

    assert after_two == []
    assert after_three == [("Sam", "3 tries at step 1 of “Three steps by hand”")]
    assert calls(instructor, lesson) == [("Sam", "forgot to average, 3 times, step 1 of “Three steps by hand”")]


def test_a_step_that_was_taken_calls_no_more(instructor: Membership, student: Membership, lesson: LoadedLesson) -> None:
    hand_in(student, lesson, *SUMS[:3], RIGHT)

    assert calls(instructor, lesson) == []


def test_an_instructors_own_tries_and_another_class_call_nobody(instructor: Membership, lesson: LoadedLesson) -> None:
    hand_in(instructor, lesson, *SUMS[:3])
    hand_in(MembershipFactory(), lesson, *SUMS[:3])

    assert calls(instructor, lesson) == []


# --- five minutes without a move ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "says"), [(4.9, ""), (5.1, "inactive for 5 minutes on “Gradient descent by hand”")]
)
def test_five_minutes_without_a_move_on_a_part_that_was_begun_is_a_call(
    instructor: Membership, student: Membership, lesson: LoadedLesson, minutes: float, says: str
) -> None:
    hand_in(student, lesson, NO_X)
    seen_now(student)
    move_back(student, "by-hand", minutes)

    assert calls(instructor, lesson) == ([("Sam", says)] if says else [])


def test_whoever_types_without_checking_is_not_still_until_they_stop(
    instructor: Membership,
    student: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    clock: Callable[[datetime], None],
) -> None:
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "by-hand")
    opened, asks = timezone.now(), client_of(student.user)
    found = []
    for minutes in range(1, 15):
        clock(opened + timedelta(minutes=minutes, seconds=minutes))
        asks.get(SINCE, {"typed": "yes"} if minutes <= 8 else {})
        found.append(calls(instructor, lesson))

    assert found[:12] == [[]] * 12
    assert found[12] == [("Sam", "inactive for 5 minutes on “Gradient descent by hand”")]
    assert not LearningEvent.objects.filter(membership=student).exclude(kind="cohort_joined").exists()


def test_a_room_that_types_is_not_still(
    instructor: Membership,
    cohort: Cohort,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    clock: Callable[[datetime], None],
) -> None:
    people = named(cohort, *"ABCDEFGH")
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "by-hand")
    opened, rooms = timezone.now(), []
    for minutes, sent in ((3, {"typed": "yes"}), (6, {}), (9, {})):
        clock(opened + timedelta(minutes=minutes))
        for each in people:
            client_of(each.user).get(SINCE, sent)
        page = page_of(instructor, lesson)
        rooms.append((len(page.calls), page.still_room))

    assert rooms == [(0, None), (0, None), (0, StillRoom(8, 8, 6))]


def test_whoever_has_gone_or_has_finished_is_not_still(
    instructor: Membership, student: Membership, lesson: LoadedLesson, cohort: Cohort
) -> None:
    hand_in(student, lesson, NO_X)  # and left: nobody has seen them since
    done = MembershipFactory(cohort=cohort)
    for step, answer in enumerate(pupils.STEPS, start=1):
        hand_in(done, lesson, answer, step=step)
    seen_now(done)
    for each in (student, done):
        move_back(each, "by-hand", 9)

    assert calls(instructor, lesson) == []


def test_whoever_moves_elsewhere_is_not_still(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    hand_in(student, lesson, NO_X)
    move_back(student, "by-hand", 9)
    pupils.seal(student, lesson, "rates", "half-a", "crawls")
    seen_now(student)

    assert calls(instructor, lesson) == []


def test_what_is_done_at_home_takes_its_time(instructor: Membership, student: Membership, lesson: LoadedLesson) -> None:
    services.submit(student, lesson, "corpus-check", client_id=uuid.uuid4(), step=1, answer={"none": True})
    seen_now(student)
    move_back(student, "mission", 50)

    assert calls(instructor, lesson) == []


def test_a_badge_that_came_nearer_is_not_the_part_where_somebody_is_still(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    hand_in(student, lesson, RIGHT)
    badges.services.consider(student, lesson, badges.services.badge_of(lesson))
    assert PartProgress.objects.filter(membership=student, part="badge").exists()
    seen_now(student)
    move_back(student, "by-hand", 7)

    assert calls(instructor, lesson) == [("Sam", "inactive for 7 minutes on “Gradient descent by hand”")]


def test_in_a_led_class_a_part_that_is_open_and_not_begun_counts_from_its_opening(
    instructor: Membership, student: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    pacing.lead_class(instructor)
    pacing.open_part(instructor, lesson, "by-hand")
    opened = timezone.now()
    found = []
    for minutes in (4, 6):
        clock(opened + timedelta(minutes=minutes))
        seen_now(student)
        found.append(calls(instructor, lesson))

    assert found == [[], [("Sam", "inactive for 6 minutes on “Gradient descent by hand”")]]


def test_in_a_led_class_nobody_is_still_who_waits_for_the_instructor(
    instructor: Membership, student: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    student.refresh_from_db()
    PartProgress.objects.create(membership=student, lesson="data-rules-everything", part="by-hand", state="done")
    asked, found = timezone.now(), []
    for act in (
        lambda: None,  # the vote is open, and they have not answered
        lambda: pupils.seal(student, lesson, "rates", "half-a", "crawls"),
        lambda: voting.close_vote(instructor, lesson, "rates", "half-a"),
    ):
        act()
        PartProgress.objects.filter(membership=student).update(moved_at=asked)
        clock(asked + timedelta(minutes=6))
        seen_now(student)
        found.append(bool(calls(instructor, lesson)))

    assert found == [True, False, False]


def test_whoever_waits_for_a_run_of_their_own_is_not_still(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson)
    seen_now(student)
    move_back(student, "u-curve", 8)
    waiting = calls(instructor, lesson)
    runs.work()
    move_back(student, "u-curve", 8)

    assert waiting == []
    assert [says for __, says in calls(instructor, lesson)] == ["inactive for 8 minutes on “The U-curve”"]


def test_the_minutes_of_a_rehearsal_pass_faster(
    instructor: Membership, student: Membership, lesson: LoadedLesson, cohort: Cohort
) -> None:
    Rehearsal.objects.create(cohort=cohort, seed=1, speed=5)
    hand_in(student, lesson, NO_X)
    seen_now(student)
    move_back(student, "by-hand", 1.3)

    assert [says for __, says in calls(instructor, lesson)] == ["inactive for 6 minutes on “Gradient descent by hand”"]


# --- a run that failed ----------------------------------------------------------------------------


def test_a_run_that_failed_is_a_call_until_another_is_asked_for(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    runs.guess(student, lesson, "lowest")
    (run,) = runs.ask(student, lesson)
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, failure="It took too long.", finished_at=timezone.now())
    failed = calls(instructor, lesson)
    RunRequest.objects.update(requested_at=timezone.now() - timedelta(seconds=5))
    runs.ask(student, lesson, seed=4)

    assert (
        failed == [("Sam", "a run of “Run it” failed: It took too long.")]
        or "failed: It took too long." in failed[0][1]
    )
    assert calls(instructor, lesson) == []


# --- one call a student, and one definition of it -------------------------------------------------


def page_of(instructor: Membership, lesson: LoadedLesson, query: str = "") -> grid.ClassPage:
    instructor = Membership.objects.select_related("cohort__version", "user").get(pk=instructor.pk)
    return grid.class_page(instructor, lesson, grid_options.read(dict(parse_qsl(query)), ""))


def causes(page: grid.ClassPage) -> list[tuple[str, list[str]]]:
    """The groups of calls as they stand beside the grid, each with the names in it."""
    return [(group.says, [line.name for line in group.lines]) for group in page.call_groups]


def red(page: grid.ClassPage) -> set[tuple[str, str]]:
    """The red marks of the grid: whose, and in which part."""
    return {(row.name, cell.part) for row in page.rows for cell in row.cells if cell.shape == grid.NEED}


def named(cohort: Cohort, *names: str) -> list[Membership]:
    return [MembershipFactory(cohort=cohort, user__display_name=name) for name in names]


def fail(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, failure="It took too long.", finished_at=timezone.now())


def lead(instructor: Membership, lesson: LoadedLesson, *votes: str) -> None:
    """Lead a class through some votes of a part, each opened and closed."""
    pacing.lead_class(instructor)
    for item in votes:
        voting.open_vote(instructor, lesson, "rates", item)
        voting.close_vote(instructor, lesson, "rates", item)


def test_who_is_called_for_several_things_is_called_once_for_the_most_telling(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    ann, bob, cleo = named(cohort, "Ann", "Bob", "Cleo")
    for student in (ann, bob):
        hand_in(student, lesson, *SUMS[:3])
        seen_now(student)
        move_back(student, "by-hand", 9)
    hand_in(cleo, lesson, NO_X, *SUMS[:2])
    seen_now(cleo)
    move_back(cleo, "by-hand", 9)
    runs.guess(ann, lesson, "lowest")
    fail(runs.ask(ann, lesson)[0])

    assert sorted(causes(page_of(instructor, lesson))) == [
        ("forgot to average", ["Bob"]),
        ("the run failed", ["Ann"]),
        ("three tries at one step", ["Cleo"]),
    ]


def test_every_red_mark_is_a_call_and_every_call_a_red_mark(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    ann, bob, __ = named(cohort, "Ann", "Bob", "Cleo")
    hand_in(ann, lesson, RIGHT | {"w": "1"}, RIGHT | {"w": "2"}, RIGHT | {"w": "3"}, RIGHT | {"w": "4"})
    hand_in(bob, lesson, *SUMS[:3])
    client = client_of(instructor.user)

    page = page_of(instructor, lesson)
    assert red(page) == {("Ann", "by-hand"), ("Bob", "by-hand")}
    assert {(line.name, line.need.part) for line in page.calls} == red(page)
    assert [row.name for row in page_of(instructor, lesson, "show=need").rows] == ["Ann", "Bob"]

    press(client, client.get("/c/ours/class/").content.decode(), "helped")
    page = page_of(instructor, lesson)
    assert len(page.calls) == 1
    assert {(line.name, line.need.part) for line in page.calls} == red(page)
    assert len(page_of(instructor, lesson, "show=need").rows) == 1


def test_calls_are_grouped_by_cause_the_longest_wait_first_and_nobody_is_out_of_sight(
    instructor: Membership,
    cohort: Cohort,
    lesson: LoadedLesson,
    clock: Callable[[datetime], None],
    client_of: Callable[[User], Client],
) -> None:
    began = timezone.now()
    slipped = named(cohort, *(f"Slip {n:02d}" for n in range(12)))
    waits = named(cohort, *(f"Run {n:02d}" for n in range(11)))
    for n, student in enumerate((*slipped[::-1], *waits)):
        clock(began + timedelta(seconds=n))
        if student in slipped:
            hand_in(student, lesson, *SUMS[:3])
        else:
            runs.guess(student, lesson, "lowest")
            runs.ask(student, lesson, seed=4)
    fail(Run.objects.get())

    found = causes(page_of(instructor, lesson))
    shown = client_of(instructor.user).get("/c/ours/class/").content.decode().partition('id="calls"')[2]

    assert found == [
        ("forgot to average", [str(student.user) for student in slipped[::-1]]),
        ("the run failed", sorted(str(student.user) for student in waits)),
    ]
    assert [str(student.user) for student in (*slipped, *waits) if f"{student.user}\n" not in shown] == []
    assert shown.count("<details") == 2
    assert "Ask again for all 11" in shown


def test_the_longest_wait_counts_from_the_first_moment_of_the_trouble(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    began = timezone.now()
    ann, bob = named(cohort, "Ann", "Bob")
    for seconds, student, answers in ((0, ann, SUMS[:3]), (60, bob, SUMS[:3]), (120, ann, SUMS[3:5])):
        clock(began + timedelta(seconds=seconds))
        hand_in(student, lesson, *answers)

    assert causes(page_of(instructor, lesson)) == [("forgot to average", ["Ann", "Bob"])]


# --- asked for again, for all of them -------------------------------------------------------------

AGAIN = "/c/ours/class/runs-again/"


@pytest.fixture
def shared(cohort: Cohort, lesson: LoadedLesson) -> list[Membership]:
    """Ten students who had asked for one run, which failed."""
    students = MembershipFactory.create_batch(10, cohort=cohort)
    for student in students:
        runs.guess(student, lesson, "lowest")
        runs.ask(student, lesson, seed=4)
        seen_now(student)
        move_back(student, "u-curve", 8)
    fail(Run.objects.get())
    return students


def test_a_shared_run_that_failed_is_one_cause_and_is_asked_for_again_in_one_act(
    instructor: Membership, shared: list[Membership], lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    failed = page_of(instructor, lesson)
    client = client_of(instructor.user)

    client.post(AGAIN, {"activity": "u-curve-run"})
    asked = RunRequest.objects.count()
    client.post(AGAIN, {"activity": "u-curve-run"})

    assert [(group.says, group.again, len(group.lines)) for group in failed.call_groups] == [
        ("the run failed", "u-curve-run", 10)
    ]
    assert failed.still_room is None  # they wait for that run
    assert Run.objects.exclude(state=RunState.FAILED).count() == 1
    assert (asked, RunRequest.objects.count()) == (20, 20)
    assert causes(page_of(instructor, lesson)) == []
    told = LearningEvent.objects.filter(kind="run_asked", facts__entered_by=instructor.pk)
    assert {event.membership_id for event in told} == {student.pk for student in shared}
    assert told.count() == 10


def test_the_run_that_is_asked_for_again_reaches_everybody(
    instructor: Membership, shared: list[Membership], lesson: LoadedLesson
) -> None:
    assert help_calls.ask_again(instructor, lesson, "u-curve-run") == 10

    assert runs.work() == 1

    rows = PartProgress.objects.filter(membership__in=shared, part="u-curve")
    assert {row.activities["u-curve-run"]["memory"]["done"][0] for row in rows} == {"polynomial"}


def test_whoever_has_their_share_of_runs_on_the_way_is_left_out_and_the_others_are_not(
    instructor: Membership, shared: list[Membership], lesson: LoadedLesson
) -> None:
    for seed in range(MAX_WAITING):
        experiments.services.request_run(shared[0], kind="u_curve", params={"n_repeats": 5}, seed=seed)

    assert help_calls.ask_again(instructor, lesson, "u-curve-run") == 9


def test_a_run_that_fails_again_calls_again(
    instructor: Membership, shared: list[Membership], lesson: LoadedLesson
) -> None:
    help_calls.ask_again(instructor, lesson, "u-curve-run")
    fail(Run.objects.exclude(state=RunState.FAILED).get())

    assert [len(group.lines) for group in page_of(instructor, lesson).call_groups] == [10]


# --- the room -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_still", "n_moving", "is_room"), [(4, 0, False), (5, 9, True), (5, 10, False)])
def test_more_than_a_third_who_are_still_are_the_room_and_no_calls(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson, n_still: int, n_moving: int, is_room: bool
) -> None:
    still, moving = (MembershipFactory.create_batch(n, cohort=cohort) for n in (n_still, n_moving))
    for student in (*still, *moving):
        hand_in(student, lesson, NO_X)
        seen_now(student)
    for student in still:
        move_back(student, "by-hand", 6)

    page = page_of(instructor, lesson)

    assert page.still_room == (StillRoom(n_still, n_still + n_moving, 6) if is_room else None)
    assert len(page.calls) == (0 if is_room else n_still)
    assert len(red(page)) == len(page.calls)


def test_in_a_room_that_is_still_other_calls_are_heard(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    for student in MembershipFactory.create_batch(6, cohort=cohort):
        hand_in(student, lesson, NO_X)
        seen_now(student)
        move_back(student, "by-hand", 7)
    (ann,) = named(cohort, "Ann")
    hand_in(ann, lesson, *SUMS[:3])
    seen_now(ann)

    shown = client_of(instructor.user).get("/c/ours/class/").content.decode()

    assert causes(page_of(instructor, lesson)) == [("forgot to average", ["Ann"])]
    assert shown.count("6 of 7 here have been inactive for about 7 minutes. It is the room.</p>") == 1


# --- votes that were missed -----------------------------------------------------------------------


def test_three_votes_in_a_row_without_a_word_are_a_call_and_two_are_none(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    student.refresh_from_db()
    pupils.seal(student, lesson, "rates", "half-a", "crawls")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    found = []
    for item in ("half-b", "half-c", "half-d"):
        lead(instructor, lesson, item)
        seen_now(student)
        found.append(calls(instructor, lesson))
    pupils.seal(student, lesson, "rates", "half-d", "crawls")  # late, and a word

    assert found == [[], [], [("Sam", "voted in 1 of 4")]]
    assert calls(instructor, lesson) == []


def test_votes_before_somebody_joined_are_not_theirs_and_who_is_not_here_misses_none(
    instructor: Membership, student: Membership, cohort: Cohort, lesson: LoadedLesson
) -> None:
    lead(instructor, lesson, "half-a", "half-b")
    (late,) = named(cohort, "Late")
    lead(instructor, lesson, "half-c")
    seen_now(late)

    assert [says for __, says in calls(instructor, lesson)] == []  # Sam has not been seen, Late has missed one
    seen_now(student)
    assert calls(instructor, lesson) == [("Sam", "voted in 0 of 3")]


# --- who comes late, who has gone, and the end ----------------------------------------------------


def test_a_latecomer_who_does_nothing_is_a_call_counted_from_when_they_came(
    instructor: Membership, cohort: Cohort, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    began, found = timezone.now(), []
    lead(instructor, lesson, "half-a")  # the class has gone on, and waits for its instructor
    (late,) = named(cohort, "Late")
    Membership.objects.filter(pk=late.pk).update(joined_at=began + timedelta(minutes=20))
    for minutes in (24, 26):
        clock(began + timedelta(minutes=minutes))
        seen_now(late)
        found.append(calls(instructor, lesson))

    assert found == [[], [("Late", "inactive for 6 minutes on “Gradient descent by hand”")]]


def test_whoever_has_done_nothing_is_not_said_to_be_long_at_what_was_opened_just_now(
    instructor: Membership, student: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    began = timezone.now()
    clock(began)
    lead(instructor, lesson)
    pacing.open_part(instructor, lesson, "by-hand")
    clock(began + timedelta(minutes=24.5))
    voting.open_vote(instructor, lesson, "rates", "half-a")
    seen_now(student)

    ((who, says),) = calls(instructor, lesson)

    assert (who, says) == ("Sam", "nothing done yet, for 24 minutes")


def test_whoever_has_left_a_led_class_calls_no_more(
    instructor: Membership, student: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    lead(instructor, lesson, "half-a")
    student.refresh_from_db()
    hand_in(student, lesson, *SUMS[:3])
    seen_now(student)
    began, found = timezone.now(), []
    for minutes in (10, 21):
        clock(began + timedelta(minutes=minutes))
        found.append(len(calls(instructor, lesson)))

    assert found == [1, 0]


@pytest.mark.parametrize("end", ["ended", "archived"])
def test_after_the_end_nobody_calls_and_nothing_is_red(
    instructor: Membership,
    shared: list[Membership],
    cohort: Cohort,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    end: str,
) -> None:
    lead(instructor, lesson, "half-a", "half-b", "half-c")
    hand_in(shared[0], lesson, *SUMS[:3])
    before = page_of(instructor, lesson)
    if end == "ended":
        pacing.end_class(instructor)
    else:
        Cohort.objects.filter(pk=cohort.pk).update(archived=True)

    page = page_of(instructor, lesson)

    assert len(before.calls) == 10
    assert (page.calls, page.still_room, red(page)) == ((), None, set())
    shown = client_of(instructor.user).get("/c/ours/class/").content.decode()
    assert "This class has ended. Nobody is waiting for help." in shown


def test_whoever_was_helped_has_five_minutes_to_go_on(
    instructor: Membership, student: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    began, found = timezone.now(), []
    hand_in(student, lesson, NO_X)
    clock(began + timedelta(minutes=6))
    seen_now(student)
    (call,) = page_of(instructor, lesson).calls
    need = call.need
    help_calls.give_help(instructor, lesson, student=student.pk, reason=need.reason, occasion=need.occasion)
    HelpGiven.objects.update(at=began + timedelta(minutes=6))
    for minutes in (6, 10, 12):
        clock(began + timedelta(minutes=minutes))
        seen_now(student)
        found.append(len(calls(instructor, lesson)))

    assert found == [0, 0, 1]


# --- helped ---------------------------------------------------------------------------------------


@pytest.fixture
def stuck(student: Membership, lesson: LoadedLesson) -> Membership:
    hand_in(student, lesson, *SUMS[:3])
    return student


def press(client: Client, page: str, act: str) -> str:
    """Press a call's button as its form sends it; gives the page that follows."""
    form = page.split(f'value="{act}"')[0].rpartition("<form")[2]
    fields = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("student", "reason", "occasion")}
    return client.post("/c/ours/class/help/", {**fields, "act": act}, follow=True).content.decode()


def test_helped_takes_the_call_away_for_every_instructor_and_says_who(
    instructor: Membership, stuck: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    other = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)
    client = client_of(instructor.user)

    press(client, client.get("/c/ours/class/").content.decode(), "helped")
    theirs = client_of(other.user).get("/c/ours/class/").content.decode()
    undone = press(client, theirs, "undo")

    assert "helped by Ines" in theirs
    assert 'value="helped"' not in theirs
    assert 'value="helped"' in undone
    assert HelpGiven.objects.count() == 0


def test_a_part_is_red_on_every_page_exactly_where_somebody_calls(
    instructor: Membership, stuck: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)
    pages = ("/c/ours/class/", f"/c/ours/class/students/{stuck.pk}/", "/c/ours/class/parts/by-hand/")

    def red() -> list[int]:
        # The class page's legend and the part's page name the shape, red or not: there its number counts.
        grid, student, part = (client.get(page).content.decode() for page in pages)
        n_in_part = int(re.findall(r"needs help <b class=\"number\">(\d+)", part)[0])
        return [grid.count("grid__cell--need"), student.count("shape--need"), n_in_part]

    before = red()
    press(client, client.get("/c/ours/class/").content.decode(), "helped")

    assert before == [1, 1, 1]
    assert red() == [0, 0, 0]
    assert "shape--stuck" not in "".join(client.get(page).content.decode() for page in pages)


def test_the_same_trouble_again_is_a_new_call(
    instructor: Membership, stuck: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)
    press(client, client.get("/c/ours/class/").content.decode(), "helped")

    found = []
    for answer in SUMS[3:]:
        hand_in(stuck, lesson, answer)
        found.append(len(calls(instructor, lesson)))

    assert found == [0, 0, 1]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"act": "helped", "student": "x", "reason": "slip", "occasion": "a"}, 400),
        ({"act": "helped", "student": "9999999", "reason": "slip", "occasion": "a"}, 404),
        ({"act": "helped", "student": "{sam}", "reason": "confidence", "occasion": "a"}, 400),
        ({"act": "helped", "student": "{sam}", "reason": "slip", "occasion": "a" * 161}, 400),
        ({"act": "helped", "student": "{sam}", "reason": "slip", "occasion": "a\0b"}, 400),
        ({"act": "undo", "student": "{sam}", "reason": "a\0b", "occasion": "a\0b"}, 302),
        ({"act": "nothing", "student": "{sam}", "reason": "slip", "occasion": "a"}, 400),
    ],
)
def test_help_for_nobody_or_for_no_reason_is_refused(
    instructor: Membership, student: Membership, client_of: Callable[[User], Client], sent: dict[str, str], status: int
) -> None:
    filled = {name: value.format(sam=student.pk) for name, value in sent.items()}

    assert client_of(instructor.user).post("/c/ours/class/help/", filled).status_code == status
    assert HelpGiven.objects.count() == 0


# --- the grid -------------------------------------------------------------------------------------


def names_on(client: Client, query: str) -> list[str]:
    """The rows of the grid, from above."""
    page = client.get(f"/c/ours/class/?{query}").content.decode()
    return [row.split('class="grid__name"')[1].split(">")[1].split("<")[0] for row in page.split('<tr id="row-')[1:]]


@pytest.fixture
def three(cohort: Cohort, lesson: LoadedLesson) -> None:
    """Ada has finished, Bo has not begun, Cy forgot to average three times and is here."""
    ada, __, cy = (MembershipFactory(cohort=cohort, user__display_name=name) for name in ("Ada", "Bo", "Cy"))
    for step, answer in enumerate(pupils.STEPS, start=1):
        hand_in(ada, lesson, answer, step=step)
    hand_in(cy, lesson, *SUMS[:3])
    classroom_services.note_activity(Acting(cy))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ada", "Bo", "Cy"]),
        ("sort=need", ["Cy", "Ada", "Bo"]),
        ("sort=progress", ["Ada", "Cy", "Bo"]),
        ("show=need", ["Cy"]),
        ("show=here", ["Cy"]),
        ("show=absent", ["Bo"]),
        ("show=review", []),
        ("sort=nothing&show=nobody", ["Ada", "Bo", "Cy"]),
        ("names=hidden&sort=need", ["Student 03", "Student 01", "Student 02"]),
    ],
)
def test_the_grid_is_sorted_filtered_and_shown_without_names(
    three: None, instructor: Membership, client_of: Callable[[User], Client], query: str, names: list[str]
) -> None:
    assert names_on(client_of(instructor.user), query) == names


def test_while_a_projector_shows_the_class_its_names_are_hidden_unless_asked_for(
    three: None, instructor: Membership, client_of: Callable[[User], Client], clock: Callable[[datetime], None]
) -> None:
    client = client_of(instructor.user)
    client.get("/present/ours/?remote=1")
    with_a_remote = names_on(client, "")
    client.get("/present/ours/")
    hidden, shown = names_on(client, ""), names_on(client, "names=shown")
    page = client.get("/c/ours/class/").content.decode()
    clock(timezone.now() + timedelta(seconds=16))

    assert with_a_remote == shown == ["Ada", "Bo", "Cy"]
    assert hidden == ["Student 01", "Student 02", "Student 03"]
    assert [name for name in ("Ada", "Bo", "Cy") if f">{name}<" in page or f"{name}:" in page] == []
    assert names_on(client, "") == ["Ada", "Bo", "Cy"]


@pytest.mark.parametrize(("n", "is_compact"), [(20, False), (21, True)])
def test_rows_are_tight_in_a_large_class_and_say_so(
    instructor: Membership, cohort: Cohort, client_of: Callable[[User], Client], n: int, is_compact: bool
) -> None:
    MembershipFactory.create_batch(n, cohort=cohort)

    page = client_of(instructor.user).get("/c/ours/class/").content.decode()

    assert ("compact rows" in page) == is_compact == ("class--compact" in page)


def test_a_poll_that_brings_nothing_new_takes_one_query(
    three: None, instructor: Membership, client_of: Callable[[User], Client], django_assert_num_queries: Callable
) -> None:
    client = client_of(instructor.user)
    version = client.get("/c/ours/class/").content.decode().split("?v=")[1].split("&")[0]

    with django_assert_num_queries(1):
        assert client.get(f"/c/ours/class/grid/?v={version}&sort=need").status_code == 204
