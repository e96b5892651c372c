"""What has been kept for long enough goes, once, and nobody who is still there goes with it."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import experiments.services
from classroom import cards, classes, services, tokens
from classroom.models import (
    Cohort,
    CohortVersion,
    LearningEvent,
    LoginCard,
    Membership,
    Tally,
    Token,
    User,
)
from classroom.refusals import Conflict, NotFound
from experiments.models import Run
from lessons.authoring.loader import LoadedLesson
from lessons.models import Submission
from lessons.services import submit
from office import roles
from privacy import erasure, retention
from privacy.models import Erasure
from rehearsal import services as rehearsals
from tests.factories import CohortFactory, MembershipFactory, UserFactory
from tests.office.conftest import as_shown
from tests.pupils import STEPS
from tests.queues import Queue

pytestmark = pytest.mark.services

ADMIN = "/admin/classroom/cohort/"
ClientOf = Callable[[User], Client]


def purge(*, yes: bool = True) -> str:
    said = io.StringIO()
    call_command("purge", yes=yes, stdout=said)
    return said.getvalue()


def age(cohort: Cohort, days: int, keep_for: int | None = 30) -> None:
    """Let all that happened in a class have happened so many days ago, and its people not have been here since."""
    at = timezone.now() - timedelta(days=days)
    Cohort.objects.filter(pk=cohort.pk).update(created_at=at, keep_for=keep_for)
    members = Membership.objects.filter(cohort=cohort)
    members.exclude(last_active_at=None).update(last_active_at=at)
    LearningEvent.objects.filter(membership__in=members).update(at=at)
    Submission.objects.filter(membership__in=members).update(received_at=at)
    User.objects.filter(memberships__in=members).update(date_joined=at, last_login=None)


@pytest.fixture
def worked(cohort: Cohort, student: Membership, instructor: Membership, lesson: LoadedLesson) -> Cohort:
    """A class in which somebody has worked, forty days ago, to be kept for thirty."""
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=STEPS[0])
    age(cohort, 40)
    return cohort


# --- classes ----------------------------------------------------------------------------------------


def test_a_class_whose_time_is_over_is_shown_then_deleted_with_its_people(worked: Cohort) -> None:
    shown = purge(yes=False)

    assert "Our class (ours): last activity" in shown
    assert "kept for 30 days" in shown
    assert "Nothing was deleted. With --yes it is." in shown
    assert Submission.objects.count() == 1
    said = purge()
    assert "Deleted. 2 people erased." in said
    assert [model.objects.count() for model in (Cohort, Submission, Membership, User)] == [0, 0, 0, 0]
    assert Erasure.objects.count() == 2
    again = purge()
    assert "Classes whose time is over: 0" in again


@pytest.mark.parametrize(("days", "keep_for", "is_due"), [(40, 30, True), (29, 30, False), (4000, None, False)])
def test_days_count_from_the_last_activity_and_without_a_number_a_class_is_kept(
    worked: Cohort, days: int, keep_for: int | None, is_due: bool
) -> None:
    age(worked, days, keep_for)

    purge()

    assert Cohort.objects.exists() != is_due


@pytest.mark.parametrize("what", ["looked", "answered", "told", "session ahead", "led"])
def test_any_activity_keeps_a_class(worked: Cohort, student: Membership, lesson: LoadedLesson, what: str) -> None:
    now = timezone.now()
    if what == "looked":
        Membership.objects.filter(pk=student.pk).update(last_active_at=now)
    elif what == "answered":
        Submission.objects.update(received_at=now)
    elif what == "told":
        LearningEvent.objects.filter(membership=student).update(at=now)
    elif what == "session ahead":
        Cohort.objects.update(next_session_at=now + timedelta(days=1))
    else:
        Cohort.objects.update(led_at=now)

    purge()

    assert Cohort.objects.filter(pk=worked.pk).exists()


def test_whoever_has_something_else_here_stays(worked: Cohort, instructor: Membership) -> None:
    elsewhere, admin, author, seen, alone = (MembershipFactory(cohort=worked).user for __ in range(5))
    MembershipFactory(user=elsewhere)
    roles.give(admin, "auditor")
    LogEntry.objects.log_actions(author.pk, [alone], CHANGE, "Changed.")
    age(worked, 40)
    User.objects.filter(pk=seen.pk).update(last_login=timezone.now() - timedelta(days=1))
    new = UserFactory()  # made for next term, in no class yet

    purge()

    assert not Cohort.objects.filter(pk=worked.pk).exists()
    assert set(User.objects.all()) == {elsewhere, admin, author, seen, new}
    # The line about somebody who is gone has no name.
    assert LogEntry.objects.get(user=author).object_repr == f"user {alone.pk}"


def test_a_run_that_another_class_wants_stays(worked: Cohort, student: Membership) -> None:
    other = MembershipFactory()
    with Queue():
        for member, seeds in ((student, (1, 2)), (other, (2,))):
            for seed in seeds:
                experiments.services.request_run(member, kind="starvation", params={"n_repeats": 2}, seed=seed)
    age(worked, 40)

    purge()

    assert [run.seed for run in Run.objects.all()] == [2]


def test_a_rehearsal_goes_with_its_synthetic_students(worked: Cohort, instructor: Membership) -> None:
    made = rehearsals.begin(instructor, n_students=3, speed=5, seed=1, is_led=False)
    Cohort.objects.filter(pk=worked.pk).update(keep_for=None)
    age(made.cohort, 40)

    purge()

    assert not User.objects.filter(is_synthetic=True).exists()
    assert User.objects.filter(username="ines").exists()


def test_whoever_comes_back_at_the_last_moment_keeps_the_class(worked: Cohort, student: Membership) -> None:
    """It was due when it was listed, and is looked at again under its locks."""
    (due,) = retention.due_classes(timezone.now())
    Membership.objects.filter(pk=student.pk).update(last_active_at=timezone.now())

    with pytest.raises(Conflict, match="Somebody came back to it"):
        retention.delete_class(due, {})
    assert Cohort.objects.filter(pk=worked.pk).exists()
    assert User.objects.filter(username="sam").exists()


PAGES = [
    "",
    "after/",
    "people/",
    "reviews/",
    "students/{student}/",
    "settings/",
    "parts/by-hand/",
    "replay/",
    "grid/?v=",
]


@pytest.mark.parametrize("looked_at", PAGES)
def test_a_class_that_its_instructor_looks_at_is_not_deleted(
    worked: Cohort, instructor: Membership, student: Membership, client_of: ClientOf, looked_at: str
) -> None:
    """Looking is not doing: it gives the class the thirty days in which its end can be read, and shows nobody there."""
    address = f"/c/ours/class/{looked_at.format(student=student.pk)}"
    assert client_of(instructor.user).get(address).status_code == 200

    purge()

    due = retention.due_of(worked)
    assert due is not None
    assert timedelta(days=29, hours=23) < due.at - timezone.now() <= timedelta(days=30)
    instructor.refresh_from_db()
    assert instructor.last_active_at is None
    CohortVersion.objects.update(seen_at=timezone.now() - timedelta(days=31))
    purge()
    assert not Cohort.objects.exists()


def test_a_student_who_asks_for_a_page_of_instructors_keeps_no_class(
    worked: Cohort, student: Membership, client_of: ClientOf
) -> None:
    assert client_of(student.user).get("/c/ours/class/").status_code == 403

    assert CohortVersion.objects.get(cohort=worked).seen_at is None


def test_that_an_instructor_looks_is_written_once_an_hour(
    instructor: Membership, client_of: ClientOf, clock: Callable[[datetime], None]
) -> None:
    client, began = client_of(instructor.user), timezone.now()
    written = []
    for minutes in (0, 1, 59, 61, 62):
        clock(began + timedelta(minutes=minutes))
        with CaptureQueriesContext(connection) as asked:
            client.get("/c/ours/class/grid/?v=0")
        written.append(sum("seen_at" in query["sql"] and "UPDATE" in query["sql"] for query in asked))

    assert written == [1, 0, 0, 1, 0]


def test_a_class_that_a_projector_shows_is_kept(worked: Cohort) -> None:
    CohortVersion.objects.filter(cohort=worked).update(projected_at=timezone.now())

    assert retention.due_classes(timezone.now()) == []


def test_a_class_that_another_purge_has_deleted_is_gone_and_nobody_came_back(worked: Cohort) -> None:
    (due,) = retention.due_classes(timezone.now())
    purge()

    with pytest.raises(NotFound, match="It is gone"):
        retention.delete_class(due, {})


@pytest.mark.parametrize("keep_for", [None, 365])
def test_an_admin_who_changes_the_number_at_the_last_moment_keeps_the_class(
    worked: Cohort, keep_for: int | None
) -> None:
    (due,) = retention.due_classes(timezone.now())
    Cohort.objects.update(keep_for=keep_for)

    with pytest.raises(Conflict, match="An admin has just changed"):
        retention.delete_class(due, {})


@pytest.fixture
def stubborn(worked: Cohort) -> Iterator[Cohort]:
    """A class that cannot be deleted, beside the other one and before it."""
    cohort = CohortFactory(slug="stubborn")
    age(cohort, 50)

    def refuse(instance: Cohort, **kwargs: Any) -> None:
        if instance.pk == cohort.pk:
            raise ProtectedError("No.", {instance})

    pre_delete.connect(refuse, sender=Cohort)
    yield cohort
    pre_delete.disconnect(refuse, sender=Cohort)


def test_a_class_that_cannot_be_deleted_keeps_nothing_else_from_its_end(
    worked: Cohort, stubborn: Cohort, student: Membership
) -> None:
    Tally.objects.create(key="old", number=1, until=1)
    said, wrong = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError, match="stubborn"):
        call_command("purge", yes=True, stdout=said, stderr=wrong)

    assert "Failed (ProtectedError)" in wrong.getvalue()
    assert "Deleted. 2 people erased." in said.getvalue()
    assert list(Cohort.objects.all()) == [stubborn]
    assert not Tally.objects.exists()


def test_all_sessions_are_read_as_often_for_four_classes_as_for_one(worked: Cohort, client_of: ClientOf) -> None:
    members = MembershipFactory.create_batch(3)
    for member in members:
        age(member.cohort, 40)
    client_of(UserFactory())

    with CaptureQueriesContext(connection) as asked:
        purge()

    assert not Cohort.objects.exists()
    reads = [each["sql"] for each in asked if '"session_data" FROM "django_session"' in each["sql"]]
    # Once for who may be erased, and at the end for log-ins that were on their way meanwhile.
    assert len([each for each in reads if "WHERE" not in each]) == 2


@pytest.mark.parametrize("how", ["notebook", "browser", "notebook before", "browser before"])
def test_whoever_was_here_without_logging_in_again_is_not_erased(
    worked: Cohort, student: Membership, client_of: ClientOf, how: str
) -> None:
    """A log-in in a browser goes on while it is used, and so does a key."""
    age(worked, 40, 5)
    ago = timedelta(days=41 if how.endswith("before") else 10)
    if how.startswith("notebook"):
        tokens.make(student.user)
        Token.objects.update(last_used_at=timezone.now() - ago)
    else:
        client_of(student.user)
        User.objects.update(last_login=None)
        Session.objects.update(expire_date=timezone.now() - ago + timedelta(days=14))

    purge()

    assert not Cohort.objects.exists()
    assert User.objects.filter(pk=student.user_id).exists() != how.endswith("before")


def test_an_empty_row_goes_once_nothing_names_it_any_more(
    worked: Cohort, instructor: Membership, student: Membership
) -> None:
    logged = UserFactory(is_staff=True)
    LogEntry.objects.log_actions(logged.pk, [student], CHANGE, "Changed.")
    for person in (instructor.user, logged):
        erasure.erase(person, by=None)
    closed = UserFactory(is_active=False)
    said = purge(yes=False)
    assert "empty rows of people who were erased: 0 (nothing names them now)" in said
    assert User.objects.get(pk=instructor.user_id).username == f"erased-{instructor.user_id}"
    Cohort.objects.update(keep_for=1, keep_for_set_at=None)
    LearningEvent.objects.update(at=timezone.now() - timedelta(days=40))

    purge()

    assert not Cohort.objects.exists()
    assert set(User.objects.all()) == {logged, closed}
    assert instructor.user_id in {each.number for each in erasure.all_erased()}


# --- its number -------------------------------------------------------------------------------------


def test_an_admin_sets_it_and_copies_have_it_too(cohort: Cohort, instructor: Membership, client_of: ClientOf) -> None:
    desk = client_of(UserFactory(is_staff=True, is_superuser=True))
    address = f"/admin/classroom/cohort/{cohort.pk}/change/"

    for wrong in ("0", "-1", "99999"):
        desk.post(address, as_shown(desk, address) | {"keep_for": wrong})
        assert Cohort.objects.get(pk=cohort.pk).keep_for is None
    desk.post(address, as_shown(desk, address) | {"keep_for": "365"})

    cohort.refresh_from_db()
    instructor.cohort.refresh_from_db()
    assert cohort.keep_for == 365
    assert classes.copy_for_term(cohort, "Next term").keep_for == 365
    assert classes.make(instructor.user, name="Again", copied=instructor).keep_for == 365


@pytest.mark.parametrize("where", ["", "after/", "settings/"])
@pytest.mark.parametrize(("days", "is_told"), [(334, False), (336, True), (400, True)])
def test_instructors_are_told_thirty_days_before(
    cohort: Cohort, instructor: Membership, client_of: ClientOf, days: int, is_told: bool, where: str
) -> None:
    age(cohort, days, 365)

    shown = client_of(instructor.user).get(f"/c/ours/class/{where}").text

    until = timezone.localtime(timezone.now() + timedelta(days=30), cohort.zone)
    says = f"This class will be deleted on {until.day} {until:%B %Y}, if nobody opens it before."
    assert (says in shown) == is_told


@pytest.mark.parametrize("how", ["set", "made shorter"])
def test_a_number_that_is_new_on_an_old_class_leaves_thirty_days_to_read_it(
    worked: Cohort, client_of: ClientOf, how: str
) -> None:
    desk, address = client_of(UserFactory(is_superuser=True, is_staff=True)), f"{ADMIN}{worked.pk}/change/"
    age(worked, 400, None if how == "set" else 500)

    page = desk.post(address, as_shown(desk, address) | {"keep_for": "30"}, follow=True).text
    purge()

    until = timezone.localtime(timezone.now() + timedelta(days=30), worked.zone)
    assert f"The class will be deleted on {until.day} {until:%B %Y}, if nobody opens it before." in page
    assert Cohort.objects.filter(pk=worked.pk, keep_for=30).exists()
    Cohort.objects.update(keep_for_set_at=timezone.now() - timedelta(days=31))
    purge()
    assert not Cohort.objects.exists()


def test_a_number_that_is_taken_away_is_said_to_be(worked: Cohort, client_of: ClientOf) -> None:
    desk, address = client_of(UserFactory(is_superuser=True, is_staff=True)), f"{ADMIN}{worked.pk}/change/"
    Cohort.objects.update(keep_for_set_at=timezone.now())

    page = desk.post(address, as_shown(desk, address) | {"keep_for": ""}, follow=True).text

    assert "The class is kept for good." in page
    worked.refresh_from_db()
    assert (worked.keep_for, worked.keep_for_set_at) == (None, None)


def test_another_change_of_the_class_begins_no_thirty_days_and_says_nothing_of_them(
    worked: Cohort, client_of: ClientOf
) -> None:
    desk, address = client_of(UserFactory(is_superuser=True, is_staff=True)), f"{ADMIN}{worked.pk}/change/"

    page = desk.post(address, as_shown(desk, address) | {"name": "Renamed"}, follow=True).text

    worked.refresh_from_db()
    assert (worked.name, worked.keep_for_set_at) == ("Renamed", None)
    assert "will be deleted on" not in page


def test_a_copy_counts_from_its_own_day(cohort: Cohort, instructor: Membership) -> None:
    long_ago = timezone.now() - timedelta(days=300)
    Cohort.objects.update(keep_for=365, keep_for_set_at=long_ago)
    cohort.refresh_from_db()
    instructor.cohort.refresh_from_db()

    copies = [
        classes.copy_for_term(cohort, "Next term"),
        classes.make(instructor.user, name="Again", copied=instructor),
    ]

    for each in copies:
        assert each.keep_for_set_at is not None
        assert timezone.now() - each.keep_for_set_at < timedelta(minutes=1)


# --- what has an age of its own ---------------------------------------------------------------------


def test_what_is_dead_goes_and_what_lives_stays(student: Membership, client_of: ClientOf) -> None:
    for user in (UserFactory(), UserFactory()):
        client_of(user)
        tokens.make(user)
        cards.make([UserFactory()])
    for name in ("old", "new"):
        AccessAttempt.objects.create(username=name, failures_since_start=1)
        Tally.objects.create(key=name, number=1, until=int(time.time()))
    before = timezone.now() - timedelta(days=400)
    Session.objects.filter(pk=Session.objects.all()[:1].get().pk).update(expire_date=before)
    Token.objects.filter(pk=Token.objects.all()[:1].get().pk).update(last_used_at=before)
    LoginCard.objects.filter(pk=LoginCard.objects.all()[:1].get().pk).update(expires_at=before)
    AccessAttempt.objects.filter(username="old").update(attempt_time=before)
    Tally.objects.filter(key="old").update(until=1)
    models: list[Any] = [Session, Token, LoginCard, AccessAttempt, Tally]

    said = purge(yes=False)
    assert "sessions: 1 (expired)" in said
    assert "counts of requests: 1 (their time is over)" in said
    assert [model.objects.count() for model in models] == [2] * 5
    purge()
    assert [model.objects.count() for model in models] == [1] * 5
    purge()
    assert [model.objects.count() for model in models] == [1] * 5


# --- who came back ----------------------------------------------------------------------------------


def test_who_came_back_with_a_backup_is_erased_again_and_nobody_else(student: Membership) -> None:
    """The row is as a backup has it; what the erasure has left was carried over."""
    kept = User.objects.filter(pk=student.user_id).values().get()
    erasure.erase(student.user, by=None)
    erased = erasure.all_erased()
    Erasure.objects.all().delete()
    User.objects.create(**kept)

    n_back = erasure.remember(erased)

    assert n_back == 1
    assert "back with a backup: 1" in purge(yes=False)
    purge()
    assert not User.objects.filter(username="sam").exists()
    # A number that was given again is somebody else.
    someone = User.objects.create(pk=kept["id"], username="new")
    assert "back with a backup: 0" in purge()
    assert not erasure.is_erased(someone)
    assert User.objects.filter(username="new").exists()


def test_a_stranger_of_another_installation_with_such_a_number_is_left_alone(student: Membership) -> None:
    """Its backup was restored over this database: whoever has the number there had joined before it was erased here."""
    pk, joined_at = student.user_id, student.user.date_joined
    erasure.erase(student.user, by=None)
    erased = erasure.all_erased()
    for joined in (joined_at - timedelta(days=1), joined_at + timedelta(microseconds=1)):
        User.objects.create(pk=pk, username="stranger", date_joined=joined)

        assert erasure.remember(erased) == 0
        purge()

        assert User.objects.get(username="stranger").is_active
        User.objects.filter(pk=pk).delete()


def test_two_people_who_had_one_number_after_each_other_are_both_remembered(student: Membership) -> None:
    kept = User.objects.filter(pk=student.user_id).values().get()
    erasure.erase(student.user, by=None)
    erasure.erase(User.objects.create(pk=kept["id"], username="next"), by=None)
    User.objects.create(**kept)

    assert "back with a backup: 1" in purge()
    assert not User.objects.filter(username="sam").exists()


def test_an_empty_row_of_a_backup_stays_one_when_its_number_is_carried_over(student: Membership) -> None:
    """They came back with an older backup meanwhile, and were erased again."""
    author = UserFactory()
    LogEntry.objects.log_actions(author.pk, [student.user], CHANGE, "Changed.")
    erasure.erase(author, by=None)
    later = [
        Erasure(number=each.number, joined_at=each.joined_at, at=each.at + timedelta(days=1))
        for each in erasure.all_erased()
    ]

    assert erasure.remember(later) == 0
    assert erasure.is_erased(User.objects.get(pk=author.pk))


def test_whoever_joins_a_class_that_has_just_gone_is_told_so(worked: Cohort) -> None:
    someone, before = UserFactory(), Cohort.objects.get(pk=worked.pk)
    purge()

    with pytest.raises(NotFound, match="This class has been deleted"):
        services.join(someone, before)


@pytest.mark.parametrize("how", ["purge", "page"])
def test_the_log_tells_by_number_of_members_whose_class_is_gone(
    worked: Cohort, student: Membership, client_of: ClientOf, how: str
) -> None:
    admin = UserFactory(is_staff=True, is_superuser=True)
    LogEntry.objects.log_actions(admin.pk, [student], CHANGE, "Removed.")
    assert "Sam" in LogEntry.objects.get().object_repr

    if how == "purge":
        purge()
    else:
        Cohort.objects.update(archived=True)
        sent = {"name": worked.name, "without": "on"}
        assert client_of(admin).post(f"/admin/classroom/cohort/{worked.pk}/delete/", sent).status_code == 302

    entry = LogEntry.objects.get(object_id=str(student.pk), content_type__model="membership")
    assert entry.object_repr == f"membership {student.pk}"
