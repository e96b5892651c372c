"""Whose run comes next: short before long, people in turn, nobody waits forever; and a long run gives way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models.functions import Now

from classroom.models import Cohort, Membership
from experiments import registry, runner, services, turns
from experiments.models import Run, RunState
from experiments.services import Requested
from tests.experiments.conftest import Doing, Queue, Report
from tests.factories import CohortFactory, MembershipFactory

pytestmark = pytest.mark.services

Ask = Callable[..., Requested]
MakeUp = Callable[..., Run]


@pytest.fixture
def classmate(cohort: Cohort) -> Membership:
    return MembershipFactory(cohort=cohort)


@pytest.fixture
def wants(queue: Queue) -> Callable[..., Run]:
    """Let members want a run that takes so many seconds, and has waited so many."""

    def want(*members: Membership, seconds: float, waited: float = 0) -> Run:
        n = Run.objects.count()
        run = Run.objects.create(kind="blame", params={}, seed=n, fingerprint=f"{n}", expected_seconds=seconds)
        # Each a little later: two within the same millisecond would come in either order.
        Run.objects.filter(pk=run.pk).update(queued_at=Now() - timedelta(seconds=waited - n / 100))
        for member in members:
            run.requests.create(membership=member)
        return run

    return want


Wants = Callable[..., Run]


def taken(n: int = 99) -> list[int]:
    """The seeds of the next runs, in the order in which a worker takes them; each is done as soon as it is taken."""
    seeds = []
    while len(seeds) < n and (run := runner.claim()) is not None:
        Run.objects.filter(pk=run.pk).update(state=RunState.DONE, result={}, finished_at=Now())
        seeds.append(run.seed)
    return seeds


# --- the order ------------------------------------------------------------------------------------


def test_a_short_run_comes_before_a_long_one(student: Membership, classmate: Membership, wants: Wants) -> None:
    long, short = wants(student, seconds=10, waited=5), wants(classmate, seconds=1)

    assert taken() == [short.seed, long.seed]


def test_people_come_in_turn_however_many_runs_one_of_them_wants(
    student: Membership, classmate: Membership, wants: Wants
) -> None:
    hogs = [wants(student, seconds=10, waited=5).seed for _ in range(4)]
    theirs = wants(classmate, seconds=10).seed

    assert taken() == [hogs[0], theirs, *hogs[1:]]


def test_one_person_in_two_classes_is_one_person(student: Membership, classmate: Membership, wants: Wants) -> None:
    again = MembershipFactory(cohort=CohortFactory(), user=student.user)
    hogs = [wants(student, seconds=10, waited=5).seed, wants(again, seconds=10, waited=5).seed]
    theirs = wants(classmate, seconds=10).seed

    assert taken() == [hogs[0], theirs, hogs[1]]


def test_a_long_run_that_has_waited_comes_before_short_ones_that_are_new(
    student: Membership, classmate: Membership, wants: Wants
) -> None:
    long = wants(student, seconds=10, waited=12)
    for _ in range(3):
        wants(classmate, seconds=1)

    assert taken(1) == [long.seed]


def test_what_was_computed_long_ago_is_forgotten(student: Membership, classmate: Membership, wants: Wants) -> None:
    had = wants(student, seconds=60)
    taken(1)
    mine, theirs = wants(student, seconds=5, waited=1), wants(classmate, seconds=5)
    assert str(turns.next_run()) == str(theirs.pk)

    Run.objects.filter(pk=had.pk).update(started_at=Now() - turns.REMEMBERED)

    assert str(turns.next_run()) == str(mine.pk)


def test_a_run_that_several_want_comes_in_the_turn_of_the_first_of_them(
    student: Membership, classmate: Membership, wants: Wants
) -> None:
    wants(student, seconds=60)
    taken(1)
    third = MembershipFactory(cohort=student.cohort)
    other, shared = wants(third, seconds=10), wants(student, classmate, seconds=9)

    assert taken() == [shared.seed, other.seed]


def test_who_joins_a_run_under_way_is_not_charged_for_it_and_who_leaves_it_is(
    student: Membership, classmate: Membership, wants: Wants
) -> None:
    under_way = wants(student, seconds=60)
    taken(1)
    under_way.requests.update(withdrawn_at=Now())
    under_way.requests.create(membership=classmate)
    mine, theirs = wants(student, seconds=5, waited=1), wants(classmate, seconds=5)

    assert taken() == [theirs.seed, mine.seed]


def test_a_rehearsal_is_one_person(student: Membership, wants: Wants) -> None:
    played = CohortFactory()
    players = [MembershipFactory(cohort=played, user__is_synthetic=True) for _ in range(3)]
    invented = [wants(player, seconds=10, waited=5).seed for player in players]
    real = wants(student, seconds=10).seed

    assert taken() == [invented[0], real, *invented[1:]]


def test_a_page_counts_the_runs_that_are_really_before_it(
    student: Membership, classmate: Membership, wants: Wants
) -> None:
    under_way = wants(student, seconds=10)
    runner.claim()
    hogs = [wants(student, seconds=10, waited=5) for _ in range(2)]
    theirs = wants(classmate, seconds=10)

    assert turns.places() == {theirs.pk: 1, hogs[0].pk: 2, hogs[1].pk: 3}
    assert under_way.pk not in turns.places()


def test_what_a_run_is_expected_to_take_is_stored_with_it(student: Membership, ask: Ask) -> None:
    few, many = (ask(student, n_repeats=n).request.run for n in (2, 20))

    assert 0 < 9 * few.expected_seconds < many.expected_seconds < 11 * few.expected_seconds


@pytest.mark.parametrize(
    ("kind", "params", "is_short"),
    [
        ("u_curve", {}, True),
        ("u_curve", {"model": "tree"}, True),
        ("u_curve", {"model": "knn"}, False),
        ("starvation", {}, True),
        ("starvation", {"n_repeats": 50}, False),
        ("blame", {}, True),
        ("tipping_point", {}, False),
        ("tipping_point", {"kept": [0, 5], "n_repeats": 1}, True),
    ],
)
def test_what_students_begin_with_is_short(kind: str, params: dict[str, Any], is_short: bool) -> None:
    assert (registry.expected_seconds(kind, registry.read(kind, params, 0)) <= turns.SHORT) == is_short


# --- everybody's share ----------------------------------------------------------------------------


def test_a_person_in_two_classes_has_no_more_on_their_way_than_others(student: Membership, ask: Ask) -> None:
    again = MembershipFactory(cohort=CohortFactory(), user=student.user)
    for seed in range(services.MAX_WAITING):
        ask(student if seed % 2 else again, seed=seed)

    with pytest.raises(services.TooMany):
        ask(again, seed=9)


# --- giving way -----------------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BETWEEN_WRITES", 0)


def state_of(run: Run) -> tuple[str, int]:
    found = Run.objects.get(pk=run.pk)
    return found.state, found.attempt


def counts_to(n: int, seen: list[Any], look: Callable[[], Any]) -> Doing:
    def does(report: Report) -> dict[str, Any]:
        for done in range(n + 1):
            report(done, n, "counting")
            seen.append(look())
        return {"counted": n}

    return does


@pytest.mark.usefixtures("at_once")
def test_a_long_run_gives_way_to_a_short_one_and_both_are_done(make_up: MakeUp, ask: Ask, student: Membership) -> None:
    asked: list[Run] = []

    def does(report: Report) -> dict[str, Any]:
        report(0, 2, "counting")
        asked.append(ask(student, n_repeats=1).request.run)
        report(1, 2, "counting")
        asked.append(Run.objects.get(pk=asked[0].pk))
        return {"counted": 2}

    long = make_up(does, seconds=10)

    runner.execute_next()

    assert asked[1].state == RunState.DONE
    assert asked[1].result["digit"] == 8
    assert Run.objects.get(pk=long.pk).result == {"counted": 2}
    assert [state_of(run) for run in (long, asked[0])] == [("done", 1), ("done", 1)]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("seconds", "other"), [(10, 10), (1, 1)])
def test_neither_gives_a_long_run_way_to_a_long_one_nor_a_short_one_at_all(
    make_up: MakeUp, seconds: float, other: float
) -> None:
    seen: list[Any] = []
    make_up(counts_to(2, seen, lambda: state_of(waits)), seconds=seconds)
    waits = make_up(lambda report: {}, seconds=other)
    Run.objects.filter(pk=waits.pk).update(queued_at=Now() + timedelta(minutes=1))

    runner.execute_next()

    assert seen == [("queued", 0)] * 3


@pytest.mark.usefixtures("at_once")
def test_a_long_run_goes_on_though_short_ones_come_without_end(make_up: MakeUp) -> None:
    """It gives away as much time as it has itself."""
    n_done: list[int] = []

    def lasts(report: Report) -> dict[str, Any]:
        time.sleep(turns.SHORT / 2)
        n_done.append(1)
        make_up(lasts, seconds=1)
        return {}

    long = make_up(lambda report: report(0, 1, "") or report(1, 1, "") or {}, seconds=10)
    make_up(lasts, seconds=1)
    Run.objects.filter(pk=long.pk).update(queued_at=Now() - timedelta(minutes=1))

    runner.execute(runner.claim() or long)

    assert state_of(long) == ("done", 1)
    assert 1 <= len(n_done) <= 3


@pytest.mark.usefixtures("at_once")
def test_a_run_whose_time_is_up_while_another_runs_inside_it_is_failed_and_the_other_waits(make_up: MakeUp) -> None:
    def is_struck(report: Report) -> dict[str, Any]:
        raise SoftTimeLimitExceeded

    long = make_up(lambda report: report(0, 1, "") or {}, seconds=10)
    inner = make_up(is_struck, seconds=1)
    Run.objects.filter(pk=long.pk).update(queued_at=Now() - timedelta(minutes=1))

    runner.execute_next()

    assert state_of(long) == ("failed", 1)
    assert state_of(inner) == ("queued", 0)


@pytest.mark.usefixtures("at_once")
def test_a_run_that_breaks_inside_another_costs_it_nothing(make_up: MakeUp) -> None:
    def breaks(report: Report) -> dict[str, Any]:
        raise RuntimeError("its own")

    long = make_up(lambda report: report(0, 1, "") or {"fine": 1}, seconds=10)
    inner = make_up(breaks, seconds=1)
    Run.objects.filter(pk=long.pk).update(queued_at=Now() - timedelta(minutes=1))

    runner.execute_next()

    assert (state_of(long), state_of(inner)) == (("done", 1), ("failed", 1))


@pytest.mark.usefixtures("at_once")
def test_a_run_that_gives_way_shows_signs_of_life_and_counts_its_own_seconds(make_up: MakeUp) -> None:
    beats: list[bool] = []

    def lasts(report: Report) -> dict[str, Any]:
        Run.objects.filter(pk=long.pk).update(heartbeat_at=Now() - timedelta(seconds=settings.RUN_STALE_AFTER + 1))
        time.sleep(0.5)
        report(0, 1, "")
        beats.append(Run.objects.filter(turns.stale(), pk=long.pk).exists())
        return {}

    long = make_up(lambda report: report(0, 1, "") or {}, seconds=10)
    make_up(lasts, seconds=1)
    Run.objects.filter(pk=long.pk).update(queued_at=Now() - timedelta(minutes=1))

    runner.execute_next()

    assert beats == [False]
    assert Run.objects.get(pk=long.pk).provenance["seconds"] < 0.5
