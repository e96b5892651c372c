"""What somebody did for others outlives them, without their name; and some are not erased."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

import badges.services
import classroom.services
from badges import catalogue
from badges.models import RevokedNumber
from classroom import cards, classes, events, tokens
from classroom.models import Cohort, Invitation, LearningEvent, LoginCard, Membership, Role, Token, User
from classroom.refusals import Conflict, Forbidden, NotFound, NotInClass
from lessons import pacing, reviews, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Vote
from office import roles
from privacy import erasure
from privacy.models import Erasure
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of

pytestmark = pytest.mark.services

ClientOf = Callable[[User], Client]


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(username="ada", is_staff=True, is_superuser=True)


@pytest.fixture
def school_admin(db: None) -> User:
    user = UserFactory(username="sven")
    roles.give(user, "school admin")
    return user


def note(author: User, about: User) -> LogEntry:
    LogEntry.objects.log_actions(author.pk, [about], CHANGE, "Changed.")
    return LogEntry.objects.filter(user=author).latest("pk")


def address(person: User) -> str:
    return f"/admin/classroom/user/{person.pk}/erase/"


# --- history survives its author --------------------------------------------------------------------


def test_an_instructor_leaves_an_empty_row_and_what_they_did_for_others(
    admin: User, cohort: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    ines = instructor.user
    review = reviews.decide(
        instructor, pupils.write(student, lesson).pk, decision="returned", met=[False] * 3, comment="Say why."
    )
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-b")
    voting.close_vote(instructor, lesson, "rates", "half-b")
    pacing.end_class(instructor)
    classes.invite(instructor)
    pupils.seal(instructor, lesson, "rates", "half-c", "bounces")
    told = LearningEvent.objects.filter(membership=instructor, kind="vote_opened").count()
    tokens.make(ines)
    cards.make([ines])

    erasure.erase(ines, by=admin)

    left = User.objects.get(pk=ines.pk)
    assert (left.username, left.display_name, str(left)) == (f"erased-{ines.pk}", "", f"erased-{ines.pk}")
    assert not any((left.is_active, left.is_staff, left.is_superuser, left.has_usable_password(), left.last_login))
    review.refresh_from_db()
    place = Membership.objects.get(pk=instructor.pk)
    assert (review.by, review.comment, Vote.objects.get().by, Invitation.objects.get().made_by) == (
        place,
        "Say why.",
        place,
        place,
    )
    assert told == LearningEvent.objects.filter(membership=place, kind="vote_opened").count() == 1
    assert (place.is_present, place.last_active_at, place.student_id) == (False, None, "")
    # What was theirs alone is gone.
    assert not Prediction.objects.filter(membership=place).exists()
    assert not LearningEvent.objects.filter(membership=place, kind__in=("prediction_sealed", "cohort_joined")).exists()
    assert [model.objects.count() for model in (Token, LoginCard)] == [0, 0]
    assert erasure.is_erased(left)
    with pytest.raises(NotFound):
        erasure.erase(left, by=admin)


def test_the_class_goes_on_without_an_instructor_who_was_erased(
    admin: User, cohort: Cohort, instructor: Membership, student: Membership, lesson: LoadedLesson, client_of: ClientOf
) -> None:
    reviews.decide(
        instructor, pupils.write(student, lesson).pk, decision="returned", met=[False] * 3, comment="Say why."
    )
    classroom.services.rename(instructor, student, "Samuel")
    other = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR)

    erasure.erase(instructor.user, by=admin)

    room, theirs = client_of(other.user), client_of(student.user)
    for page in ("", "people/", "reviews/", "settings/", "replay/", f"students/{student.pk}/"):
        answer = room.get(f"/c/ours/class/{page}")
        assert answer.status_code == 200
        assert "Ines" not in answer.text
    assert "Say why." in theirs.get("/c/ours/lessons/data-rules-everything/u-curve/").text


def test_an_open_link_of_theirs_makes_nobody_an_instructor(
    admin: User, instructor: Membership, client_of: ClientOf
) -> None:
    theirs, taken = classes.invite(instructor), classes.invite(instructor)
    other = classes.invite(MembershipFactory(cohort=instructor.cohort, role=Role.INSTRUCTOR))
    classes.take_invitation_back(instructor, taken.pk)
    before = Invitation.objects.get(pk=taken.pk).closed_at

    erasure.erase(instructor.user, by=admin)

    with pytest.raises(NotFound):
        classes.accept(theirs, UserFactory())
    assert Invitation.objects.get(pk=taken.pk).closed_at == before
    assert classes.accept(other, UserFactory()).is_instructor


def test_what_an_instructor_did_with_a_class_stays_when_they_were_made_a_student_since(
    admin: User, instructor: Membership
) -> None:
    classroom.services.close_joining(instructor)
    Membership.objects.filter(pk=instructor.pk).update(role=Role.STUDENT)

    assert erasure.preview(instructor.user).leaves_an_empty_row
    erasure.erase(instructor.user, by=admin)

    assert LearningEvent.objects.filter(membership=instructor).values_list("kind").get() == ("joining_closed",)
    assert not Membership.objects.get(pk=instructor.pk).is_present


def test_who_is_named_by_the_log_alone_leaves_a_row_too(admin: User, student: Membership) -> None:
    clerk = UserFactory()
    entry = note(clerk, student.user)

    erasure.erase(clerk, by=admin)

    entry.refresh_from_db()
    assert entry.user.username == f"erased-{clerk.pk}"


def test_a_username_in_the_way_stops_nobody(admin: User) -> None:
    clerk = UserFactory()
    note(clerk, admin)
    UserFactory(username=f"erased-{clerk.pk}")

    erasure.erase(clerk, by=admin)

    clerk.refresh_from_db()
    assert clerk.username.startswith(f"erased-{clerk.pk}-")


def test_the_log_is_not_deleted_with_its_author(admin: User, student: Membership) -> None:
    clerk = UserFactory()
    note(clerk, student.user)

    for delete in (clerk.delete, User.objects.filter(pk=clerk.pk).delete, User.objects.all().delete):
        with pytest.raises(ProtectedError), transaction.atomic():
            delete()

    assert User.objects.filter(pk=clerk.pk).exists()
    assert LogEntry.objects.filter(user=clerk).count() == 1
    # Whoever wrote nothing is deleted as before, and a line of the log by itself.
    User.objects.filter(pk=student.user_id).delete()
    LogEntry.objects.all().delete()
    clerk.delete()


def test_of_two_accounts_that_were_merged_the_page_names_the_other(
    admin: User, cohort: Cohort, student: Membership, client_of: ClientOf
) -> None:
    double = MembershipFactory(cohort=cohort, user__username="sam2", user__display_name="Sam")
    Membership.objects.filter(pk=double.pk).update(merged_into=student, removed_at=student.joined_at)
    desk = client_of(admin)

    assert address(double.user) in desk.get(address(student.user)).text
    assert address(student.user) in desk.get(address(double.user)).text
    desk.post(address(student.user), {"username": "sam"})
    assert Membership.objects.get(pk=double.pk).merged_into is None


def test_a_message_of_the_log_that_has_their_name_is_emptied_and_no_other(
    admin: User, cohort: Cohort, student: Membership
) -> None:
    double = MembershipFactory(cohort=cohort, user__username="sam-the-second", user__display_name="Samuel")
    Membership.objects.filter(pk=double.pk).update(merged_into=student, removed_at=student.joined_at)
    other = MembershipFactory(cohort=cohort)
    for about, says in (
        (student, "Got the work of the account sam-the-second."),
        (student, "Removed."),
        (double, "Samuel was moved."),
        (double.user, [{"changed": {"fields": ["Samuel"]}}]),
        (other, "Not sam-the-second."),
    ):
        LogEntry.objects.log_actions(admin.pk, [about], CHANGE, says)

    erasure.erase(double.user, by=None)

    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == [
        "",
        "Removed.",
        "",
        '[{"changed": {"fields": ["Samuel"]}}]',
        "Not sam-the-second.",
    ]


def test_the_log_is_told_by_number_in_as_many_statements_for_one_place_as_for_five(
    admin: User,
) -> None:
    one, many = UserFactory(), UserFactory()
    for person, n in ((one, 1), (many, 5)):
        LogEntry.objects.log_actions(admin.pk, MembershipFactory.create_batch(n, user=person), CHANGE, "Removed.")

    def n_written(person: User) -> int:
        with CaptureQueriesContext(connection) as sent:
            erasure.erase(person, by=None)
        return sum('UPDATE "django_admin_log"' in each["sql"] for each in sent)

    assert n_written(one) == n_written(many)
    assert not LogEntry.objects.exclude(object_repr__startswith="membership ").exists()


def test_wrong_log_ins_are_looked_for_in_the_one_table_that_has_any(student: Membership) -> None:
    with CaptureQueriesContext(connection) as sent:
        erasure.erase(student.user, by=None)

    assert len([each for each in sent if '"axes_' in each["sql"]]) == 1


# --- who is not erased ------------------------------------------------------------------------------


def test_nobody_erases_themself_nor_the_last_superuser(admin: User, school_admin: User) -> None:
    with pytest.raises(Conflict, match="You cannot erase yourself"):
        erasure.erase(admin, by=admin)
    with pytest.raises(Conflict, match="nobody who may do everything"):
        erasure.erase(admin, by=None)

    UserFactory(is_staff=True, is_superuser=True)
    erasure.erase(admin, by=None)

    assert not User.objects.filter(username="ada").exists()


@pytest.mark.parametrize(
    ("role", "whose", "status"),
    [
        ("superuser", "school admin", 200),
        ("superuser", "student", 200),
        ("school admin", "student", 200),
        ("school admin", "class admin", 200),
        ("school admin", "school admin", 403),
        ("school admin", "superuser", 403),
        ("class admin", "student", 403),
        ("auditor", "student", 403),
    ],
)
def test_who_outranks_somebody_may_erase_them(
    client_of: ClientOf, cohort: Cohort, role: str, whose: str, status: int
) -> None:
    actor, person = UserFactory(), MembershipFactory(cohort=cohort).user
    MembershipFactory(cohort=cohort, user=actor, role=Role.INSTRUCTOR)
    roles.give(actor, role)
    if whose != "student":
        roles.give(person, whose)
    desk = client_of(actor)

    shown = desk.get(f"/admin/classroom/user/{person.pk}/change/")
    page = desk.get(address(person))
    desk.post(address(person), {"username": person.username})

    assert page.status_code == status
    assert (address(person) in shown.text) == (status == 200)
    assert User.objects.filter(pk=person.pk, username=person.username).exists() == (status != 200)


def test_a_role_that_came_meanwhile_is_seen_under_the_lock(
    admin: User, school_admin: User, student: Membership
) -> None:
    def promoted(now: User) -> bool:
        return roles.may_touch(school_admin, now)

    roles.give(User.objects.get(pk=student.user_id), "school admin")

    with pytest.raises(Forbidden):
        erasure.erase(student.user, by=school_admin, may=promoted)
    roles.give(User.objects.get(pk=student.user_id), "superuser")
    with pytest.raises(Conflict, match="Their role has just changed"):
        erasure.erase(student.user, by=school_admin)
    assert User.objects.get(pk=student.user_id).username == "sam"


# --- the page ---------------------------------------------------------------------------------------


def test_the_page_counts_what_goes_and_wants_the_username(
    admin: User, student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: ClientOf
) -> None:
    pupils.write(student, lesson)
    pupils.seal(student, lesson, "rates", "half-a", "settles")
    desk = client_of(admin)

    page = desk.get(address(student.user))
    wrong = desk.post(address(student.user), {"username": "sem"})

    assert "1 answers and texts, 1 predictions" in page.text
    assert (wrong.status_code, "That is not the username of this person." in wrong.text) == (400, True)
    assert User.objects.filter(username="sam").exists()
    seen = version_of(student.cohort)
    answer = desk.post(address(student.user), {"username": " SAM "}, follow=True)
    assert f"Person {student.user_id} was erased." in answer.text
    assert version_of(student.cohort) > seen
    assert desk.get(address(student.user)).status_code == 404
    (line,) = LogEntry.objects.filter(object_id=str(student.user_id))
    assert (line.user, line.object_repr, line.change_message) == (admin, f"user {student.user_id}", "Erased.")


def test_the_page_names_the_classes_that_nobody_else_teaches(
    admin: User, cohort: Cohort, instructor: Membership, client_of: ClientOf
) -> None:
    both = MembershipFactory(user=instructor.user, cohort__name="Both", role=Role.INSTRUCTOR).cohort
    MembershipFactory(cohort=both, role=Role.INSTRUCTOR)
    left = MembershipFactory(user=instructor.user, cohort__name="Left", role=Role.INSTRUCTOR)
    Membership.objects.filter(pk=left.pk).update(removed_at=left.joined_at)
    MembershipFactory(user=instructor.user, cohort__name="Learns")
    closed = MembershipFactory(cohort=cohort, role=Role.INSTRUCTOR, user__is_active=False)
    desk = client_of(admin)

    alone = " ".join(desk.get(address(instructor.user)).text.split())
    User.objects.filter(pk=closed.user_id).update(is_active=True)
    beside = desk.get(address(instructor.user)).text

    assert "Nobody else teaches these classes: Our class. Give them another instructor first." in alone
    assert "Nobody else teaches" not in beside


def test_badges_stay_valid_unless_they_are_revoked(
    admin: User, student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: ClientOf
) -> None:
    badge = catalogue.all_badges()["data-scientist"]
    other = MembershipFactory(cohort=student.cohort)
    awards = [
        badges.services.give(instructor, each, lesson, badge, "They explained it well.") for each in (student, other)
    ]
    desk = client_of(admin)
    assert "Revoke the badges" in desk.get(address(student.user)).text

    desk.post(address(student.user), {"username": "sam"})
    desk.post(address(other.user), {"username": other.user.username, "revokes": "on"})

    assert list(RevokedNumber.objects.values_list("number", flat=True)) == [awards[1].pk]
    assert Client().get(f"/credentials/{awards[1].uuid}/").status_code == 404


def test_an_empty_row_is_not_made_somebody_again(admin: User, client_of: ClientOf) -> None:
    clerk = UserFactory()
    note(clerk, admin)
    erasure.erase(clerk, by=admin)
    desk = client_of(admin)

    page = desk.get(f"/admin/classroom/user/{clerk.pk}/change/").text

    assert "Erase this person" not in page
    assert 'name="username"' not in page
    assert desk.post(f"/admin/classroom/user/{clerk.pk}/change/", {"display_name": "New"}).status_code == 403


def test_a_place_that_somebody_gets_meanwhile_is_refused(admin: User, student: Membership) -> None:
    """Their object was read before; the row is gone, or is nobody's any more."""
    person = User.objects.get(pk=student.user_id)
    clerk = UserFactory()
    note(clerk, admin)
    stale = User.objects.get(pk=clerk.pk)
    erasure.erase(student.user, by=admin)
    erasure.erase(clerk, by=admin)

    for each in (person, stale):
        with pytest.raises(Conflict, match="just erased"):
            classroom.services.enrol(each, CohortFactory())
    assert not Membership.objects.filter(user__in=(person.pk, stale.pk)).exists()


@pytest.mark.parametrize("leaves", ["nothing", "a place"])
@pytest.mark.parametrize("act", ["rename", "set_student_id", "remove", "take_back", "reset_password"])
def test_what_an_instructor_does_to_them_meanwhile_is_refused(
    instructor: Membership, student: Membership, act: str, leaves: str
) -> None:
    """Whoever pressed had read them before; what is left of them is nobody's, and stays so."""
    if leaves == "a place":
        events.record(events.JoiningClosed(), student)
    stale = Membership.objects.select_related("user", "cohort").get(pk=student.pk)
    typed = {"rename": ("Samuel",), "set_student_id": ("4711",)}.get(act, ())
    erasure.erase(student.user, by=None)
    left = list(Membership.objects.values()), list(User.objects.values())

    with pytest.raises(NotInClass if leaves == "nothing" else Conflict):
        getattr(classroom.services, act)(instructor, stale, *typed)

    assert (list(Membership.objects.values()), list(User.objects.values())) == left


def test_their_sessions_end_and_no_others(admin: User, student: Membership, client_of: ClientOf) -> None:
    browser, desk = client_of(student.user), client_of(admin)

    erasure.erase(student.user, by=admin)

    assert Session.objects.count() == 1
    assert browser.get("/c/ours/").status_code == 302
    assert desk.get("/admin/").status_code == 200


def test_it_is_written_by_number_that_somebody_was_erased(admin: User, student: Membership) -> None:
    pk = student.user_id

    erasure.erase(student.user, by=None)

    assert Erasure.objects.get().number == pk
    assert not LogEntry.objects.filter(object_id=str(pk)).exists()
