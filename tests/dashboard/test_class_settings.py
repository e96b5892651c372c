"""Classes that instructors make, copy, change, archive and share, without the admin site."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classroom import classes, services
from classroom.models import Cohort, CohortVersion, GradientRule, Invitation, LearningEvent, Membership, Role, User
from classroom.refusals import Conflict, Forbidden
from dashboard import class_settings
from rehearsal import services as rehearsals
from tests.factories import PASSWORD, MembershipFactory, UserFactory, version_of

pytestmark = pytest.mark.services

AT = "/c/ours/class/settings/"
SENT = {
    "name": "Year 9, Monday",
    "lessons": ["data-rules-everything"],
    "gradient_rule": "full",
    "time_zone": "Europe/Berlin",
    "day": "2026-12-07",
    "hour": "18:30",
}
SIX_THIRTY = datetime(2026, 12, 7, 17, 30, tzinfo=UTC)  # 18:30 in Berlin


@pytest.fixture
def ines(instructor: Membership, client_of: Callable[[User], Client]) -> Client:
    return client_of(instructor.user)


@pytest.fixture
def noor(cohort: Cohort) -> Membership:
    """A second instructor of our class."""
    return MembershipFactory(cohort=cohort, user__username="noor", user__display_name="Noor", role=Role.INSTRUCTOR)


def text_of(page: HttpResponse) -> str:
    return html.unescape(page.content.decode())


def shown(page: HttpResponse) -> dict[str, Any]:
    """What a browser would send from the settings of our class, if nothing were changed in it."""
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "")}
    if "hour" in sent:
        sent["hour"] = f"{sent['hour']:%H:%M}"
    return {**sent, "seen": page.context["seen"]}


# --- a new class ----------------------------------------------------------------------------------


def test_an_instructor_makes_a_class_and_teaches_it(ines: Client, instructor: Membership) -> None:
    answer = ines.post("/classes/new/", SENT)

    made = Cohort.objects.get(name="Year 9, Monday")
    assert re.fullmatch(r"year-9-monday-[a-z0-9]{4}", made.slug)
    assert answer["Location"] == f"/c/{made.slug}/class/"
    assert (made.gradient_rule, made.time_zone, made.next_session_at) == ("full", "Europe/Berlin", SIX_THIRTY)
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", made.join_code)
    assert CohortVersion.objects.filter(cohort=made).exists()
    assert [(each.user, each.role) for each in made.memberships.all()] == [(instructor.user, Role.INSTRUCTOR)]
    assert ines.get(answer["Location"]).status_code == 200


def test_two_classes_of_one_name_have_two_addresses(instructor: Membership) -> None:
    made = [classes.make(instructor.user, name="数据") for __ in range(3)]

    assert len({cohort.slug for cohort in made}) == 3
    assert all(cohort.slug.startswith("class-") for cohort in made)


def test_the_form_begins_with_what_the_last_class_had(ines: Client, cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(time_zone="Asia/Kolkata", gradient_rule=GradientRule.FULL)

    page = ines.get("/classes/new/")

    assert page.context["form"]["time_zone"].value() == "Asia/Kolkata"
    assert page.context["form"]["gradient_rule"].value() == "full"
    assert page.context["form"]["name"].value() == ""
    assert "What first w does your notebook print?" in text_of(page)
    assert "0.7463 → half" in text_of(page)
    assert "1.4925 → full" in text_of(page)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": " "}, "Give the class a name."),
        ({"name": "\u200b"}, "This name is invisible. Use at least one letter."),
        ({"name": "Nine\u202e"}, "cannot contain an invisible character (U+202E, RIGHT-TO-LEFT OVERRIDE)."),
        ({"name": "\u3164\u2800"}, "This name is invisible. Use at least one letter."),
        ({"name": "Z" + "\u0300" * 9}, "has more than 4 accents on one letter. Take some away."),
        ({"time_zone": "localtime"}, "“localtime” is not a time zone."),
        ({"time_zone": "Factory"}, "“Factory” is not a time zone."),
        ({"name": "n" * 121}, "This is too long. Use at most 120 characters."),
        ({"lessons": []}, "Choose at least one lesson."),
        ({"lessons": ["alchemy"]}, "alchemy"),
        ({"gradient_rule": ""}, "This field is required."),
        ({"time_zone": "Mars/Phobos"}, "“Mars/Phobos” is not a time zone. Write one such as Europe/Berlin."),
        ({"time_zone": ""}, "Name a time zone, such as Europe/Berlin."),
        ({"day": ""}, "Add the date."),
        ({"hour": ""}, "Add the time."),
        ({"day": "soon"}, "Write a date such as 2026-12-31."),
        ({"hour": "evening"}, "Write a time such as 18:00."),
        ({"day": "2026-03-29", "hour": "02:30"}, "this time is skipped"),
        ({"day": "0001-01-01", "hour": "00:00"}, "Choose a date nearer to today."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    ines: Client, wrong: dict[str, Any], says: str
) -> None:
    page = ines.post("/classes/new/", {**SENT, **wrong})

    (errors,) = page.context["form"].errors.values()
    assert page.status_code == 400
    assert says in str(errors[0])
    assert says in text_of(page)
    for name, value in {**SENT, **wrong}.items():
        assert page.context["form"][name].value() == value
    assert Cohort.objects.count() == 1


@pytest.mark.pure
@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("utc", "UTC"),
        ("US/Eastern", "US/Eastern"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
    ],
)
def test_a_time_zone_is_read_as_people_type_it(typed: str, zone: str) -> None:
    form = class_settings.ClassForm({**SENT, "time_zone": typed})

    assert form.is_valid(), form.errors
    assert form.settings()["time_zone"] == zone


def test_a_student_makes_no_class(student: Membership, client_of: Callable[[User], Client]) -> None:
    answer = client_of(student.user).post("/classes/new/", SENT)

    assert answer.status_code == 403
    assert "Ask an admin for your first one." in text_of(answer)
    with pytest.raises(Forbidden):
        classes.make(student.user, name="Mine")


def test_a_server_can_keep_it_to_its_admins(
    ines: Client, cohort: Cohort, settings: Settings, client_of: Callable[[User], Client]
) -> None:
    settings.MOST_OPEN_CLASSES = 0
    admin = client_of(UserFactory(is_staff=True, is_superuser=True))

    assert ines.post("/classes/new/", SENT).status_code == 403
    assert admin.post("/classes/new/", SENT).status_code == 302


def test_nobody_fills_the_server_with_classes(ines: Client, instructor: Membership, settings: Settings) -> None:
    settings.MOST_OPEN_CLASSES = 2
    second = classes.make(instructor.user, name="Second")
    rehearsals.begin(instructor, n_students=1, speed=5, seed=1, is_led=False)  # does not count

    page = ines.post("/classes/new/", SENT)
    archived = Membership.objects.get(user=instructor.user, cohort=second)
    classes.archive(archived)
    third = ines.post("/classes/new/", SENT)
    with pytest.raises(Conflict, match="You teach 2 open classes"):
        classes.reopen(archived)

    assert "You teach 2 open classes. That is the most. Archive one first." in text_of(page)
    assert page.context["form"]["name"].value() == "Year 9, Monday"
    assert third.status_code == 302


def test_the_way_to_a_new_class_is_where_instructors_are(
    ines: Client, instructor: Membership, student: Membership, client_of: Callable[[User], Client]
) -> None:
    MembershipFactory(user=student.user)
    MembershipFactory(user=instructor.user)

    assert 'href="/classes/new/"' in text_of(ines.get("/"))
    assert 'href="/c/ours/class/copy/"' in text_of(ines.get("/"))
    assert 'href="/classes/new/"' in text_of(ines.get("/c/ours/class/"))
    assert 'href="/c/ours/class/settings/"' in text_of(ines.get("/c/ours/class/"))
    assert "/classes/new/" not in text_of(client_of(student.user).get("/"))


# --- a copy ---------------------------------------------------------------------------------------


def test_a_copy_takes_settings_and_no_people_and_no_work(
    ines: Client, cohort: Cohort, student: Membership, noor: Membership
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(
        time_zone="Asia/Kolkata", gradient_rule="full", next_session_at=timezone.now(), archived=True
    )
    page = ines.get("/c/ours/class/copy/")
    sent = {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}

    answer = ines.post("/c/ours/class/copy/", sent)

    made = Cohort.objects.exclude(pk=cohort.pk).get()
    assert answer.status_code == 302
    assert (made.name, made.time_zone, made.gradient_rule) == ("Our class, copy", "Asia/Kolkata", "full")
    assert (made.next_session_at, made.archived, made.rule_fixed_at) == (None, False, None)
    assert [each.user.username for each in made.memberships.all()] == ["ines"]
    assert LearningEvent.objects.get(kind="class_made").facts == {"copied_from": "ours"}


def test_a_copy_brings_its_instructors_if_wished(ines: Client, student: Membership, noor: Membership) -> None:
    page = ines.get("/c/ours/class/copy/")

    ines.post("/c/ours/class/copy/", {**SENT, "brings": "on"})

    made = Cohort.objects.get(name="Year 9, Monday")
    assert "Its other instructors teach the new class too: Noor" in re.sub(r"\s+", " ", text_of(page))
    assert set(made.memberships.values_list("user__username", "role")) == {
        ("ines", "instructor"),
        ("noor", "instructor"),
    }


# --- settings -------------------------------------------------------------------------------------


def test_settings_are_saved_and_recorded(ines: Client, cohort: Cohort, instructor: Membership) -> None:
    before = version_of(cohort)

    answer = ines.post(AT, SENT, follow=True)

    cohort.refresh_from_db()
    assert "Saved ✓" in text_of(answer)
    assert (cohort.name, cohort.slug) == ("Year 9, Monday", "ours")
    assert (cohort.gradient_rule, cohort.next_session_at) == ("full", SIX_THIRTY)
    assert version_of(cohort) > before
    told = LearningEvent.objects.get(kind="class_changed")
    assert told.membership == instructor
    assert told.facts["changed"]["name"] == ["Our class", "Year 9, Monday"]
    assert told.facts["changed"]["next_session_at"] == [None, SIX_THIRTY.isoformat()]
    assert "lessons" not in told.facts["changed"]


def test_what_is_saved_unchanged_changes_nothing(ines: Client, cohort: Cohort) -> None:
    ines.post(AT, SENT)
    before = version_of(cohort)

    ines.post(AT, shown(ines.get(AT)))

    assert version_of(cohort) == before
    assert LearningEvent.objects.filter(kind="class_changed").count() == 1


def test_two_who_save_at_once_keep_each_others_changes(
    ines: Client, cohort: Cohort, noor: Membership, client_of: Callable[[User], Client]
) -> None:
    other = client_of(noor.user)
    mine, theirs = shown(ines.get(AT)), shown(other.get(AT))

    first = other.post(AT, {**theirs, "name": "Renamed by Noor"})
    second = ines.post(AT, {**mine, "time_zone": "Europe/Berlin"})

    cohort.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 302)
    assert (cohort.name, cohort.time_zone) == ("Renamed by Noor", "Europe/Berlin")


def test_two_who_change_the_same_thing_hear_of_it(
    ines: Client, cohort: Cohort, noor: Membership, client_of: Callable[[User], Client]
) -> None:
    other = client_of(noor.user)
    mine, theirs = shown(ines.get(AT)), shown(other.get(AT))
    other.post(AT, {**theirs, "name": "Noor's name", "time_zone": "Asia/Kolkata"})

    told = ines.post(AT, {**mine, "name": "Ines's name"})
    cohort.refresh_from_db()
    kept = cohort.name
    again = {**mine, "name": "Ines's name", "seen": told.context["seen"]}
    ines.post(AT, again)

    cohort.refresh_from_db()
    assert told.status_code == 400
    assert "Somebody else just changed this to “Noor's name”." in text_of(told)
    assert told.context["form"]["name"].value() == "Ines's name"
    assert kept == "Noor's name"
    assert (cohort.name, cohort.time_zone) == ("Ines's name", "Asia/Kolkata")


def test_the_rule_stays_once_an_answer_was_graded(ines: Client, cohort: Cohort) -> None:
    seen = shown(ines.get(AT))
    services.fix_gradient_rule(cohort)

    page = ines.get(AT)
    ines.post(AT, {**seen, "gradient_rule": "full", "name": "Renamed"})

    cohort.refresh_from_db()
    assert "It is fixed: answers have been graded with it." in text_of(page)
    assert (cohort.gradient_rule, cohort.name) == ("half", "Renamed")
    with pytest.raises(Conflict, match="The gradient rule cannot change now"):
        classes.change(
            Membership.objects.get(role=Role.INSTRUCTOR),
            seen={"gradient_rule": "half"},
            wished={"gradient_rule": "full"},
        )


def test_a_lesson_that_is_no_longer_in_the_catalogue_stays_with_its_class(ines: Client, cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["data-rules-everything", "alchemy"])

    ines.post(AT, {**shown(ines.get(AT)), "name": "Renamed"})

    cohort.refresh_from_db()
    assert (cohort.name, cohort.lessons) == ("Renamed", ["data-rules-everything", "alchemy"])


@pytest.mark.parametrize("seen", ["", "no json", "[1]", '{"next_session_at": "soon", "name": 3}'])
def test_a_page_that_does_not_say_what_it_showed_is_taken_at_its_word(ines: Client, cohort: Cohort, seen: str) -> None:
    answer = ines.post(AT, {**SENT, "name": "Our class", "seen": seen})

    cohort.refresh_from_db()
    assert answer.status_code in (302, 400)
    assert cohort.name == "Our class"


def test_a_class_is_archived_and_opened_again(ines: Client, cohort: Cohort) -> None:
    ines.post("/c/ours/class/archive/", {"act": "archive"})
    cohort.refresh_from_db()
    was_archived = cohort.archived
    page = ines.get(AT)
    ines.post("/c/ours/class/archive/", {"act": "reopen"})

    cohort.refresh_from_db()
    assert was_archived
    assert "Open it again" in text_of(page)
    assert 'name="name"' not in text_of(page)
    assert not cohort.archived
    assert [event.kind for event in LearningEvent.objects.filter(kind__startswith="class_").order_by("pk")] == [
        "class_archived",
        "class_reopened",
    ]
    assert ines.post("/c/ours/class/archive/", {"act": "burn"}).status_code == 400


# --- a second instructor --------------------------------------------------------------------------


def link_of(cohort: Cohort) -> str:
    return f"/teach/{Invitation.objects.get(cohort=cohort).code}/"


def test_a_link_makes_one_person_an_instructor_once(
    ines: Client, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    ben, eve = UserFactory(username="ben"), UserFactory(username="eve")
    ines.post("/c/ours/class/invite/")
    link = link_of(cohort)
    on_page = text_of(ines.get(AT))

    asked = text_of(client_of(ben).get(link))
    taken = client_of(ben).post(link)
    late = client_of(eve).post(link)

    assert link in on_page
    assert "Ines invites you to be an instructor of this class." in asked
    assert taken["Location"] == "/c/ours/class/"
    assert Membership.objects.get(user=ben).role == Role.INSTRUCTOR
    assert late.status_code == 404
    assert "This link has stopped working." in text_of(late)
    assert not Membership.objects.filter(user=eve).exists()
    assert link not in text_of(ines.get(AT))


def test_somebody_without_an_account_makes_one_at_the_link(ines: Client, cohort: Cohort) -> None:
    ines.post("/c/ours/class/invite/")
    newcomer = Client()
    sent = {"username": "nora", "display_name": "Nora", "password": PASSWORD}

    wrong = newcomer.post(link_of(cohort), {**sent, "password": "short"})
    right = newcomer.post(link_of(cohort), sent)

    assert wrong.status_code == 200
    assert wrong.context["form"]["username"].value() == "nora"
    assert right["Location"] == "/c/ours/class/"
    assert newcomer.get("/c/ours/class/").status_code == 200


@pytest.mark.parametrize("how", ["expired", "taken back", "archived", "never made"])
def test_links_that_lead_nowhere_look_alike(ines: Client, instructor: Membership, cohort: Cohort, how: str) -> None:
    made = classes.invite(instructor)
    if how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "taken back":
        ines.post("/c/ours/class/invite/", {"back": str(made.pk)})
    elif how == "archived":
        classes.archive(instructor)
    code = "no-such-code" if how == "never made" else made.code

    answer = Client().get(f"/teach/{code}/")

    assert answer.status_code == 404
    assert "This link has stopped working. Ask the person who sent it for a new one." in text_of(answer)
    assert "Our class" not in text_of(answer)


def test_a_student_of_the_class_keeps_being_one(
    instructor: Membership, student: Membership, client_of: Callable[[User], Client]
) -> None:
    made = classes.invite(instructor)

    answer = client_of(student.user).post(f"/teach/{made.code}/")

    student.refresh_from_db()
    assert answer.status_code == 409
    assert student.role == Role.STUDENT
    assert classes.invitation_with(made.code) == made


def test_an_instructor_who_follows_the_link_leaves_it_for_whom_it_is_meant(
    instructor: Membership, ines: Client
) -> None:
    made = classes.invite(instructor)

    assert ines.post(f"/teach/{made.code}/").status_code == 302
    assert classes.invitation_with(made.code) == made


def test_an_instructor_takes_back_links_of_their_own_class_only(instructor: Membership, ines: Client) -> None:
    foreign = classes.invite(MembershipFactory(role=Role.INSTRUCTOR))

    ines.post("/c/ours/class/invite/", {"back": str(foreign.pk)})

    assert classes.invitation_with(foreign.code) == foreign


def test_links_are_not_made_without_end(instructor: Membership) -> None:
    for __ in range(classes.MOST_INVITATIONS):
        classes.invite(instructor)

    with pytest.raises(Conflict, match=r"10 links are open\. Take one back first."):
        classes.invite(instructor)
