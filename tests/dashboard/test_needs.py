"""Who needs help, and why: three stated rules, and the word that it was given."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from classroom import services as classroom_services
from classroom.acting import Acting
from classroom.models import Cohort, Membership, Rehearsal, Role, User
from dashboard import grid, grid_options
from experiments.models import Run, RunRequest, RunState
from lessons import pacing, services, voting
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


def test_three_different_tries_are_no_call_of_this_kind(
    instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    hand_in(student, lesson, SUMS[0], NO_X, SUMS[1])

    assert calls(instructor, lesson) == []


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
    instructor: Membership, student: Membership, lesson: LoadedLesson, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        hand_in(student, lesson, RIGHT)
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


def test_a_poll_that_brings_nothing_new_takes_three_queries(
    three: None, instructor: Membership, client_of: Callable[[User], Client], django_assert_num_queries: Callable
) -> None:
    client = client_of(instructor.user)
    version = client.get("/c/ours/class/").content.decode().split("?v=")[1].split("&")[0]

    with django_assert_num_queries(3):
        assert client.get(f"/c/ours/class/grid/?v={version}&sort=need").status_code == 204
