"""A rehearsal: a class that is played, from a seed, and goes without a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from classroom.models import Cohort, LearningEvent, Membership, Rehearsal, Role, User
from classroom.refusals import Conflict, Refusal
from experiments import runner
from experiments.models import Run, RunRequest
from lessons import pacing, room, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, Prediction, Submission
from rehearsal import services, students, turns
from tests.factories import MembershipFactory
from tests.lessons import runs

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("brief_runs")]

Clock = Callable[[datetime], None]


@pytest.fixture
def begin(instructor: Membership) -> Callable[..., Rehearsal]:
    def make(*, n: int = 12, seed: int = 3, is_led: bool = False, by: Membership = instructor) -> Rehearsal:
        return services.begin(by, n_students=n, speed=20, seed=seed, is_led=is_led)

    return make


def play(rehearsal: Rehearsal, clock: Clock, minutes: float, *, works: bool = False) -> None:
    """Let so many minutes of the class pass, ten seconds at a time."""
    began = rehearsal.claimed_until  # where the last stretch ended
    for i in range(1, round(minutes * 6) + 1):
        now = began + timedelta(seconds=i * 10 / rehearsal.speed)
        clock(now)
        while services.play_due(rehearsal.pk, now):
            Rehearsal.objects.filter(pk=rehearsal.pk).update(claimed_until=now)
        Rehearsal.objects.filter(pk=rehearsal.pk).update(claimed_until=now)
        if works:
            runs.work()
    rehearsal.refresh_from_db()


def standing(rehearsal: Rehearsal) -> Counter[tuple[str, str]]:
    rows = PartProgress.objects.filter(membership__cohort=rehearsal.cohort)
    return Counter(rows.values_list("part", "state"))


def test_a_class_plays_the_lesson_with_slips_that_are_named(begin: Callable[..., Rehearsal], clock: Clock) -> None:
    rehearsal = begin()

    play(rehearsal, clock, 30)

    found = standing(rehearsal)
    slips = set(Submission.objects.exclude(slip="").values_list("slip", flat=True))
    print(f"\nafter 30 minutes: {dict(found)}; slips: {slips}")
    assert found["by-hand", "done"] >= 4
    assert slips & set(students.SLIPS)
    assert Prediction.objects.values("confidence").distinct().count() == 3
    assert {event.membership.cohort_id for event in LearningEvent.objects.filter(kind="prediction_sealed")} == {
        rehearsal.cohort_id
    }


def test_some_get_stuck_with_the_same_slip_three_times(begin: Callable[..., Rehearsal], clock: Clock) -> None:
    rehearsal = begin(n=16, seed=1)
    who = [students.draw(1, i) for i in range(16)]
    assert any(each.gets_stuck for each in who)

    states: set[tuple[str, str]] = set()
    for __ in range(6):
        play(rehearsal, clock, 4)
        states |= set(standing(rehearsal))

    assert ("by-hand", PartState.STUCK) in states


def test_the_same_seed_plays_the_same_class(begin: Callable[..., Rehearsal], clock: Clock, cohort: Cohort) -> None:
    def told() -> list[str]:
        rehearsal = begin()
        play(rehearsal, clock, 12)
        sent = Submission.objects.filter(membership__cohort=rehearsal.cohort)
        found = sorted(map(str, sent.values_list("membership__user__display_name", "step", "answer__w", "slip")))
        services.delete(rehearsal)
        return found

    one, other = told(), told()

    assert len(one) > 10
    assert one == other


@pytest.mark.services
def test_what_is_claimed_is_played_once(begin: Callable[..., Rehearsal]) -> None:
    rehearsal = begin()
    now = timezone.now() + timedelta(minutes=1)

    first, second = services.play_due(rehearsal.pk, now), services.play_due(rehearsal.pk, now)

    assert first is not None
    assert second is None


@pytest.mark.services
def test_a_move_that_is_made_twice_is_stored_once(begin: Callable[..., Rehearsal], lesson: LoadedLesson) -> None:
    rehearsal = begin()
    student = Membership.objects.filter(cohort=rehearsal.cohort, role=Role.STUDENT).select_related("user").first()
    assert student is not None
    student.cohort = rehearsal.cohort

    for __ in range(2):
        turns.move(student, lesson, students.draw(3, 0), 3, 0)

    assert Submission.objects.filter(membership=student).count() == 1


def test_in_a_led_class_everybody_waits_for_the_vote_and_then_answers(
    begin: Callable[..., Rehearsal], clock: Clock, instructor: Membership, lesson: LoadedLesson
) -> None:
    rehearsal = begin(is_led=True)
    leader = Membership.objects.select_related("cohort").get(cohort=rehearsal.cohort, role=Role.INSTRUCTOR)
    play(rehearsal, clock, 8)
    before = (Submission.objects.count(), Prediction.objects.count())
    voting.open_vote(leader, lesson, "rates", "half-a")
    play(rehearsal, clock, 8)

    voted = Prediction.objects.filter(item="half-a", counts="vote").count()
    assert before == (0, 0)
    assert 9 <= voted <= 12


def someone_in(rehearsal: Rehearsal) -> Membership:
    student = Membership.objects.filter(cohort=rehearsal.cohort, role=Role.STUDENT).select_related("user").first()
    assert student is not None
    student.cohort = rehearsal.cohort
    return student


def leader_of(rehearsal: Rehearsal) -> Membership:
    return Membership.objects.select_related("cohort").get(cohort=rehearsal.cohort, role=Role.INSTRUCTOR)


def test_who_has_not_noticed_a_vote_does_not_answer_it(begin: Callable[..., Rehearsal], lesson: LoadedLesson) -> None:
    rehearsal = begin(is_led=True)
    student, who = someone_in(rehearsal), students.draw(3, 0)
    voting.open_vote(leader_of(rehearsal), lesson, "rates", "half-a")
    by_hand = turns.At("by-hand")

    unaware = [turns.move(student, lesson, who, 3, n, by_hand, notices=False) for n in range(5)]
    n_unaware = Prediction.objects.count()
    goes = turns.move(student, lesson, who, 3, 5, by_hand)
    assert goes is not None
    answers = turns.move(student, lesson, who, 3, 6, goes.at)

    assert answers is not None
    assert n_unaware == 0
    assert {each.at for each in unaware if each} == {by_hand}
    assert (goes.what, str(goes.at)) == ("go", "rates/rates/half-a")
    assert answers.what == "seal"
    assert Prediction.objects.count() == 1


def test_a_class_notices_a_vote_within_seconds_and_some_of_it_late() -> None:
    after = sorted(turns.notices_after(students.draw(7, i), 7, "vote/rates/rates/half-a/1") for i in range(400))

    lost = sum(each > turns.LOST_FOR[0] for each in after)
    print(f"\nnoticed after {after[200]:.1f} s (median), {lost} of 400 after more than {turns.LOST_FOR[0]:.0f} s")
    assert 3 < after[200] < 8
    assert 15 < lost < 60
    assert after == sorted(turns.notices_after(students.draw(7, i), 7, "vote/rates/rates/half-a/1") for i in range(400))


def test_a_class_is_called_away_from_its_sheets_and_comes_back_to_them(
    begin: Callable[..., Rehearsal], clock: Clock, lesson: LoadedLesson
) -> None:
    rehearsal = begin(n=24, is_led=True)
    leader = leader_of(rehearsal)
    pacing.open_part(leader, lesson, "by-hand")
    play(rehearsal, clock, 8)
    sheets = Submission.objects.count()

    voting.open_vote(leader, lesson, "rates", "half-a")
    play(rehearsal, clock, 1.5)
    soon = Prediction.objects.count()
    play(rehearsal, clock, 6)

    assert 14 <= soon < 24
    assert Prediction.objects.filter(counts="vote").count() >= 22
    assert Submission.objects.count() > sheets


def test_a_paused_class_looks_up_and_one_that_is_brought_goes(
    begin: Callable[..., Rehearsal], lesson: LoadedLesson
) -> None:
    rehearsal = begin(is_led=True)
    student, leader, who = someone_in(rehearsal), leader_of(rehearsal), students.draw(3, 0)
    pacing.open_part(leader, lesson, "rates")
    room.pause(leader, lesson)

    looks_up = turns.move(student, lesson, who, 3, 0, turns.At("by-hand"))
    room.bring(leader, lesson)
    goes = turns.move(student, lesson, who, 3, 1, turns.At("by-hand"), notices=False)

    assert looks_up is not None
    assert goes is not None
    assert (looks_up.what, Submission.objects.count()) == ("", 0)
    assert (goes.what, str(goes.at)) == ("go", "rates")


def test_a_rehearsal_of_an_older_version_goes_on(begin: Callable[..., Rehearsal], clock: Clock) -> None:
    rehearsal = begin()
    rehearsal.players = {pk: [row["index"], 0, row["next_at"]] for pk, row in rehearsal.players.items()}
    rehearsal.save()

    play(rehearsal, clock, 8)

    assert Submission.objects.count() > 0


@pytest.mark.services
def test_it_goes_with_everything_in_it_and_nothing_else(
    begin: Callable[..., Rehearsal], clock: Clock, cohort: Cohort, student: Membership, lesson: LoadedLesson
) -> None:
    runs.sweep(student, lesson, seed=1)
    kept = {model: set(model.objects.values_list("pk", flat=True)) for model in (User, Run, Cohort, Submission)}
    rehearsal = begin(n=5)
    visitor = MembershipFactory(cohort=rehearsal.cohort)
    play(rehearsal, clock, 45)
    shared = RunRequest.objects.filter(membership__cohort=rehearsal.cohort).count()

    services.delete(rehearsal)

    assert shared > 0
    assert User.objects.filter(is_synthetic=True).count() == 0
    assert Rehearsal.objects.count() == 0
    assert set(User.objects.values_list("pk", flat=True)) == kept[User] | {visitor.user_id}
    assert set(Run.objects.values_list("pk", flat=True)) == kept[Run]
    assert set(Cohort.objects.values_list("pk", flat=True)) == kept[Cohort]
    assert set(Submission.objects.values_list("pk", flat=True)) == kept[Submission]


@pytest.mark.services
def test_a_worker_at_a_run_that_is_deleted_meanwhile_goes_on(
    begin: Callable[..., Rehearsal], lesson: LoadedLesson
) -> None:
    rehearsal = begin(n=1)
    student = someone_in(rehearsal)
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson)
    assert Run.objects.count() == 1

    services.delete(rehearsal)

    assert runner.execute_next() is None
    assert services.play_due(rehearsal.pk) is None


def test_a_rehearsal_ends_after_its_hours(begin: Callable[..., Rehearsal]) -> None:
    rehearsal = begin(n=2)
    late = rehearsal.began_at + services.LASTS / rehearsal.speed + timedelta(seconds=1)

    services.play_due(rehearsal.pk, late)

    rehearsal.refresh_from_db()
    assert rehearsal.ended_at == late
    assert services.play_due(rehearsal.pk, late + timedelta(seconds=30)) is None


@pytest.mark.parametrize(("n", "speed", "seed"), [(0, 5, 1), (201, 5, 1), (5, 0, 1), (5, 21, 1), (5, 5, -1)])
def test_what_is_out_of_range_is_refused(instructor: Membership, n: int, speed: int, seed: int) -> None:
    with pytest.raises(Refusal, match="a whole number from"):
        services.begin(instructor, n_students=n, speed=speed, seed=seed, is_led=False)
    assert User.objects.filter(is_synthetic=True).count() == 0


def test_one_at_a_time(begin: Callable[..., Rehearsal]) -> None:
    services.end(begin(n=1))
    begin(n=1)

    with pytest.raises(Conflict, match="You already have a rehearsal running"):
        begin(n=1)


def test_synthetic_people_cannot_log_in(begin: Callable[..., Rehearsal], client: Client) -> None:
    begin(n=1)
    user = User.objects.get(is_synthetic=True)

    answer = client.post("/accounts/login/", {"login": user.username, "password": ""})

    assert not user.has_usable_password()
    assert "_auth_user_id" not in client.session
    assert answer.status_code == 200


def test_it_is_begun_ended_and_deleted_from_its_pages(
    instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)
    sent = {"act": "begin", "students": "2", "speed": "20", "seed": "7", "pace": "led"}

    refused = client.post("/c/ours/class/rehearse/", {**sent, "students": "many"})
    begun = client.post("/c/ours/class/rehearse/", sent)
    twice = client.post("/c/ours/class/rehearse/", sent)
    grid = client.get(begun["Location"]).content.decode()
    client.post(begun["Location"] + "rehearse/", {"act": "end"})
    ended = Rehearsal.objects.get().ended_at
    client.post(begun["Location"] + "rehearse/", {"act": "delete"})

    assert (refused.status_code, twice.status_code) == (400, 409)
    assert 'value="many"' in refused.content.decode()
    assert "nobody here is real" in grid
    assert ended is not None
    assert Rehearsal.objects.count() == 0


def test_a_real_class_cannot_be_deleted_from_that_page(
    instructor: Membership, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(instructor.user).post("/c/ours/class/rehearse/", {"act": "delete"})

    assert answer.status_code == 400
    assert Cohort.objects.filter(pk=cohort.pk).exists()


def test_the_command_plays_and_deletes(instructor: Membership) -> None:
    said = StringIO()

    call_command("rehearse", cohort="ours", students=3, speed=20, seed=2, minutes=0.03, stdout=said)
    slug = Rehearsal.objects.get().cohort.slug
    call_command("rehearse", delete=slug, stdout=said)

    assert f"/c/{slug}/class/" in said.getvalue()
    assert Rehearsal.objects.count() == 0
    with pytest.raises(CommandError, match="no class “nowhere”"):
        call_command("rehearse", cohort="nowhere", stdout=said)
    with pytest.raises(CommandError, match="no rehearsal"):
        call_command("rehearse", delete="ours", stdout=said)
