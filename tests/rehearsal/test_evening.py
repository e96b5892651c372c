"""An evening that leads itself: what it looks like when it is over, and that it stands in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classroom.models import Cohort, LearningEvent, Membership, Pace, Rehearsal, Role, User
from experiments import runner
from experiments import services as run_services
from experiments.models import Run
from lessons import catalogue, pacing, reviews
from lessons.models import (
    PartOpening,
    PartProgress,
    PartState,
    Prediction,
    Reconciliation,
    RevealOpening,
    Review,
    Submission,
    Vote,
)
from rehearsal import clock, evening, services
from tests import pupils

LESSON = "data-rules-everything"


@pytest.fixture
def played(instructor: Membership) -> Callable[..., Rehearsal]:
    """Play an evening beside our class, as a worker does: its turns, and between them the runs."""

    def play(*, n_students: int = 4, turns: int = 10_000) -> Rehearsal:
        found = Rehearsal.objects.filter(cohort__slug="evening").first()
        made = found or evening.begin(
            instructor.user, instructor.cohort, slug="evening", name="An evening", n_students=n_students
        )
        for __ in range(turns):
            Rehearsal.objects.filter(pk=made.pk).update(claimed_until=timezone.now())
            if evening.play_due(made.pk) is None:
                break
            runner.execute_next()
        made.refresh_from_db()
        return made

    return play


def of(cohort: Cohort) -> Iterator[tuple[str, datetime]]:
    """All times of what hangs on a class, by where they stand."""
    for rows in (
        LearningEvent.objects.filter(membership__cohort=cohort, membership__user__is_synthetic=True),
        Submission.objects.filter(membership__cohort=cohort),
        PartProgress.objects.filter(membership__cohort=cohort),
        Prediction.objects.filter(membership__cohort=cohort),
        Reconciliation.objects.filter(membership__cohort=cohort),
        Membership.objects.filter(cohort=cohort, user__is_synthetic=True),
        PartOpening.objects.filter(stage__cohort=cohort),
        Vote.objects.filter(stage__cohort=cohort),
        RevealOpening.objects.filter(stage__cohort=cohort),
    ):
        columns = [each.name for each in rows.model._meta.fields if isinstance(each, models.DateTimeField)]
        for row in rows.values(*columns):
            yield from ((f"{rows.model.__name__}.{name}", at) for name, at in row.items() if at is not None)


@pytest.mark.slow
@pytest.mark.usefixtures("brief_runs")
def test_it_ends_as_a_led_class_does(played: Callable[..., Rehearsal], instructor: Membership) -> None:
    made = played()

    cohort = Cohort.objects.get(slug="evening")
    votes = list(Vote.objects.filter(stage__cohort=cohort).order_by("opened_at"))
    reveals = dict(RevealOpening.objects.filter(stage__cohort=cohort).values_list("item", "opens_at"))
    done = PartProgress.objects.filter(membership__cohort=cohort, part="by-hand", state=PartState.DONE).count()
    n_moves = sum(row["n"] for row in made.players.values())
    print(f"\n{n_moves} moves, {Run.objects.count()} runs, {made.ended_at} after {made.began_at}")

    # It is over, and self-paced as after every led class; nobody was asked to do anything for it.
    assert made.ended_at is not None
    assert (cohort.pace, cohort.ended_at) == (Pace.SELF, made.ended_at)
    assert evening.play_due(made.pk) is None
    # Led in the lesson's order: no two votes at once, each reveal after its votes, runs before what they tell.
    assert len(votes) >= 10
    assert all(vote.closed_at and vote.closed_at > vote.opened_at for vote in votes)
    assert all(one.closed_at <= other.opened_at for one, other in pairwise(votes) if one.closed_at)
    assert all(reveals[vote.item] > vote.closed_at for vote in votes if vote.closed_at)
    assert Prediction.objects.filter(membership__cohort=cohort, counts="vote").count() >= 2 * len(votes)
    assert done >= 3
    # Texts: some read, some waiting.
    texts = Submission.objects.filter(membership__cohort=cohort, activity="u-curve-explain").count()
    assert 0 < Review.objects.filter(submission__membership__cohort=cohort).count() < texts
    # Real runs, computed by the real runner.
    assert Run.objects.exclude(state="done").count() == 0
    assert Run.objects.filter(requests__membership__cohort=cohort, provenance__seconds__gte=0).exists()
    # Its times are those of an evening, over before the class was made.
    assert made.began_at == timezone.make_aware(
        datetime.combine(timezone.localdate() - timedelta(days=1), datetime.min.time()), cohort.zone
    ) + timedelta(hours=evening.BEGINS_AT)
    outside = {name for name, at in of(cohort) if not made.began_at <= at <= made.ended_at + clock.REACH}
    assert outside == set()
    assert made.ended_at - made.began_at > timedelta(hours=1)
    # Deleted in one act.
    services.delete(made)
    assert User.objects.filter(is_synthetic=True).count() == 0
    assert Run.objects.count() == 0
    assert Cohort.objects.filter(pk=instructor.cohort_id).exists()


@pytest.mark.slow
def test_it_stands_still_while_the_worker_has_something_to_do(
    played: Callable[..., Rehearsal], student: Membership
) -> None:
    made = played(n_students=2, turns=1)
    before = sum(row["n"] for row in made.players.values()), made.evening
    params = {"n_repeats": 5}
    run_services.request_run(student, kind="u_curve", params=params, seed=3)

    Rehearsal.objects.filter(pk=made.pk).update(claimed_until=timezone.now())
    n = evening.play_due(made.pk)

    made.refresh_from_db()
    assert n == 0
    assert (sum(row["n"] for row in made.players.values()), made.evening) == before
    runner.execute_next()
    Rehearsal.objects.filter(pk=made.pk).update(claimed_until=timezone.now())
    assert evening.play_due(made.pk)


@pytest.mark.services
def test_what_is_claimed_is_played_once(played: Callable[..., Rehearsal]) -> None:
    made = played(n_students=2, turns=1)
    Rehearsal.objects.filter(pk=made.pk).update(claimed_until=timezone.now() + services.LEASE)

    assert evening.play_due(made.pk) is None


@pytest.mark.services
def test_without_its_lesson_it_ends(played: Callable[..., Rehearsal]) -> None:
    made = played(n_students=1, turns=0)
    Cohort.objects.filter(pk=made.cohort_id).update(lessons=["alchemy"])

    assert evening.play_due(made.pk) is None
    made.refresh_from_db()
    assert made.ended_at is not None


@pytest.mark.services
def test_what_somebody_real_does_there_keeps_its_time(played: Callable[..., Rehearsal], instructor: Membership) -> None:
    made = played(n_students=2, turns=0)
    lesson = catalogue.get(LESSON)
    assert lesson is not None
    ours = Membership.objects.select_related("cohort", "user").get(cohort=made.cohort, user=instructor.user)
    pacing.open_part(ours, lesson, "u-curve")
    someone = Membership.objects.select_related("cohort", "user").filter(cohort=made.cohort, role=Role.STUDENT)[0]
    text = pupils.write(someone, lesson)
    review = reviews.decide(ours, text.pk, decision="approved", met=[True] * 3, comment="")
    at = made.began_at + timedelta(minutes=30)

    clock.settle(made.cohort, [(timezone.now(), at)])

    text.refresh_from_db()
    review.refresh_from_db()
    assert text.received_at == at
    assert review.decided_at > made.cohort.created_at


@pytest.mark.pure
def test_all_that_hangs_on_a_class_and_bears_a_time_is_dated_or_left_alone_on_purpose() -> None:
    left_alone = {
        "classroom.Cohort",  # made when it was made
        "classroom.CohortVersion",
        "classroom.Invitation",  # a real instructor's
        "classroom.Rehearsal",  # what is played, and when
        "classroom.Token",  # a notebook's, of no class
        "classroom.LoginCard",  # a person's, of no class
        "classroom.User",
        "experiments.Run",  # really computed
        "experiments.WorkerSign",  # of no class
        "lessons.Stage",  # what the class is told beside the lesson, which nobody tells it here
    }
    with_times = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in clock.APPS
        and any(isinstance(field, models.DateTimeField) for field in model._meta.fields)
    }

    assert {model._meta.label for model, *__ in clock.dated_models()} == with_times - left_alone


# --- in the demo ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_demo_has_one_once(client_of: Callable[[User], Client]) -> None:
    call_command("seed_demo", "--yes-on-a-real-server")
    call_command("seed_demo", "--yes-on-a-real-server")

    made = Rehearsal.objects.get()
    client = client_of(User.objects.get(username="instructor"))
    grid = client.get("/c/demo-evening/class/").content.decode()
    assert (made.cohort.slug, made.ended_at) == ("demo-evening", None)
    assert "nobody here is real, and the times are made up" in grid
    assert "The evening is being played right now." in grid
    assert "Demo class, after an evening" in client.get("/").content.decode()


@pytest.mark.django_db
def test_a_setting_leaves_it_out(settings: Settings) -> None:
    settings.DEMO_EVENING = False

    call_command("seed_demo", "--yes-on-a-real-server")

    assert Rehearsal.objects.count() == 0


@pytest.mark.services
def test_an_instructor_rehearses_while_an_evening_is_played(
    played: Callable[..., Rehearsal], instructor: Membership
) -> None:
    played(n_students=1, turns=0)

    begun = services.begin(instructor, n_students=1, speed=5, seed=1, is_led=False)

    assert begun.evening is None
