"""Joining a class with its code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classroom import services
from classroom.models import Cohort, LearningEvent, Membership, Role, User, new_join_code, normalise_code
from classroom.refusals import Conflict, Forbidden
from lessons import pacing
from tests import hashers
from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.services

JOIN = "/join/ACDE-3467"
SHUT = "Joining is closed. Ask your instructor."
NEWCOMER = {"username": "nora", "display_name": "Nora", "password": PASSWORD}
STUDENT_HOME = "/c/ours/"


@pytest.fixture
def visitor(cohort: Cohort) -> Client:
    """Somebody who is not logged in, in front of our class."""
    return Client()


@pytest.mark.pure
@pytest.mark.parametrize(
    "typed",
    [
        "ACDE-3467",
        "acde-3467",
        "acde3467",
        " ACDE 3467 ",
        "a c d e 3 4 6 7",
        "ACDE–3467",
        "ACDE_3467",
        "ACDE\u00a03467\u200b",
        "ＡＣＤＥ－３４６７",
        "ａｃｄｅ　３４６７",
        "https://class.example.org/join/ACDE-3467",
        "http://192.0.2.7:8000/join/acde-3467/?from=mail#top",
        "class.example.org/join/ACDE-3467/",
        "https://class.example.org/join/ＡＣＤＥ-３４６７",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert normalise_code(typed) == "ACDE-3467"


@pytest.mark.pure
def test_new_codes_hold_no_letters_that_look_alike() -> None:
    letters = set("".join(new_join_code() for _ in range(500)))

    assert letters & set("0O1IL2Z5S8B") == set()


@pytest.mark.parametrize(
    "typed", ["ACDE-3467", "acde3467", " acde 3467", "https://class.example.org/join/ACDE-3467/", "ＡＣＤＥ-３４６７"]
)
def test_the_front_door_leads_to_the_class_of_the_code(visitor: Client, typed: str) -> None:
    answer = visitor.post("/join/", {"code": typed})

    assert answer.status_code == 302
    assert "Join Our class" in visitor.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize("typed", ["NONE-9999", "x", "🦉", "../../"])
def test_a_code_that_no_class_has_is_said_so_beside_the_field(visitor: Client, typed: str) -> None:
    page = visitor.post("/join/", {"code": typed})

    assert page.status_code == 200
    assert "No open class has this code. Check it with your instructor." in page.content.decode()
    assert page.context["form"]["code"].value() == typed


def test_an_address_with_a_wrong_code_keeps_the_code_and_says_what_to_do(visitor: Client) -> None:
    page = visitor.get("/join/NONE-9999/")
    shown = page.content.decode()

    assert page.status_code == 404
    assert "No open class has this code. Check it with your instructor." in shown
    assert 'value="NONE-9999"' in shown
    assert '<form method="post" action="/join/"' in shown


@pytest.mark.parametrize(
    "address", ["/join/ACDE-3467/", "/join/acde3467", "/join/ＡＣＤＥ－３４６７", "/join/ACDE–3467/"]
)
def test_an_address_is_read_however_it_was_passed_on(visitor: Client, address: str) -> None:
    page = visitor.get(address)

    assert page.status_code == 200
    assert "Join Our class" in page.content.decode()


def test_joining_makes_a_student_logs_them_in_and_leads_to_the_lesson(visitor: Client, cohort: Cohort) -> None:
    answer = visitor.post(JOIN, NEWCOMER)

    assert answer.headers["Location"] == STUDENT_HOME
    assert visitor.get(STUDENT_HOME, follow=True).status_code == 200
    member = Membership.objects.get(user__username="nora", cohort=cohort)
    assert member.role == Role.STUDENT
    assert member.user.check_password(PASSWORD)
    assert not member.user.is_staff
    assert LearningEvent.objects.get(membership=member).kind == "cohort_joined"


def test_a_username_is_kept_in_small_letters_and_opens_in_any(visitor: Client) -> None:
    visitor.post(JOIN, {**NEWCOMER, "username": "NoRa"})

    answer = Client().post("/accounts/login/", {"login": "NORA", "password": PASSWORD})

    assert User.objects.get().username == "nora"
    assert answer.status_code == 302


@pytest.mark.parametrize("taken", ["nora", "NORA", "Nora"])
def test_a_taken_username_is_said_beside_the_field_and_everything_typed_stays(visitor: Client, taken: str) -> None:
    UserFactory(username="nora")

    page = visitor.post(JOIN, {**NEWCOMER, "username": taken}).content.decode()

    assert "Somebody already has that username." in page
    assert 'value="Nora"' in page
    assert f'value="{PASSWORD}"' in page
    assert User.objects.count() == 1


def test_whoever_tries_names_too_often_is_not_told_any_more_which_are_taken(
    visitor: Client, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "join": 2}
    UserFactory(username="nora")

    told = [visitor.post(JOIN, NEWCOMER) for _ in range(3)]

    assert [answer.status_code for answer in told] == [200, 200, 429]
    assert "already has that username" not in told[-1].content.decode()
    assert visitor.get(JOIN).status_code == 200


@pytest.mark.parametrize("address", ["/join/", "/join/NONE-9999"])
def test_wrong_codes_are_counted_and_then_right_ones_are_not_told_from_them(
    visitor: Client, settings: Settings, address: str
) -> None:
    settings.LIMITS = {**settings.LIMITS, "wrong_code": 2}

    def guess(code: str) -> int:
        return (
            visitor.post(address, {"code": code}).status_code
            if address == "/join/"
            else visitor.get(address).status_code
        )

    wrong = [guess("NONE-9999") for _ in range(3)]
    right = [visitor.post("/join/", {"code": "ACDE-3467"}), visitor.get(JOIN)]

    assert wrong[-1] == 429
    assert 429 not in wrong[:2]
    assert [answer.status_code for answer in right] == [429, 429]
    assert "Too many wrong codes came from this network." in right[0].content.decode()


def test_typed_codes_are_counted_too(visitor: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "type_code": 2}

    answers = [visitor.post("/join/", {"code": "ACDE-3467"}).status_code for _ in range(3)]

    assert answers == [302, 302, 429]


def test_whoever_comes_while_joining_is_closed_is_told_so_and_a_member_gets_in(
    visitor: Client, student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    services.close_joining(instructor)
    elsewhere = client_of(MembershipFactory().user)

    told = {
        "newcomer": visitor.get(JOIN),
        "newcomer's form": visitor.post(JOIN, NEWCOMER),
        "other class": elsewhere.get(JOIN),
        "other class's press": elsewhere.post(JOIN),
    }
    member = client_of(student.user)

    assert {who: (page.status_code, SHUT in page.content.decode()) for who, page in told.items()} == dict.fromkeys(
        told, (403, True)
    )
    assert f'href="/accounts/login/?next={JOIN}"' in told["newcomer"].content.decode()
    assert member.get(JOIN).status_code == 200
    assert member.post(JOIN).headers["Location"] == STUDENT_HOME
    assert not User.objects.filter(username="nora").exists()


def test_ending_the_class_closes_joining_and_leading_it_again_opens_it(
    visitor: Client, instructor: Membership, cohort: Cohort
) -> None:
    pacing.lead_class(instructor)
    led = visitor.get(JOIN).status_code
    pacing.end_class(instructor)
    ended = visitor.get(JOIN).status_code
    pacing.lead_class(Membership.objects.get(pk=instructor.pk))

    assert (led, ended, visitor.get(JOIN).status_code) == (200, 403, 200)


def test_a_new_code_stops_the_old_one_at_once(visitor: Client, instructor: Membership, cohort: Cohort) -> None:
    new = services.change_code(instructor.cohort, "ACDE-3467", by=instructor)

    assert new != "ACDE-3467"
    assert visitor.get(JOIN).status_code == 404
    assert visitor.get(f"/join/{new}").status_code == 200
    assert services.change_code(instructor.cohort, "ACDE-3467", by=instructor) == new  # pressed twice


def test_a_form_that_was_open_when_the_code_changed_takes_nobody_in(cohort: Cohort, instructor: Membership) -> None:
    services.change_code(instructor.cohort, "ACDE-3467", by=instructor)

    with pytest.raises(Forbidden, match=SHUT):
        services.register(cohort=cohort, code="ACDE-3467", **NEWCOMER)

    assert not User.objects.filter(username="nora").exists()


def test_a_join_that_is_refused_costs_no_hash(
    visitor: Client, cohort: Cohort, instructor: Membership, settings: Settings
) -> None:
    UserFactory(username="taken")
    hashers.hashed.clear()

    visitor.post("/join/NONE-9999", NEWCOMER)
    visitor.post(JOIN, {**NEWCOMER, "username": "taken"})
    visitor.post(JOIN, {**NEWCOMER, "password": "short"})
    services.close_joining(instructor)
    visitor.post(JOIN, NEWCOMER)

    assert hashers.hashed == []


def test_a_join_whose_answer_was_lost_is_sent_once_more_and_leads_in(cohort: Cohort) -> None:
    first, again = Client().post(JOIN, NEWCOMER), Client().post(JOIN, {**NEWCOMER, "username": " Nora"})

    assert [answer.headers["Location"] for answer in (first, again)] == [STUDENT_HOME] * 2
    assert User.objects.count() == 1


def test_a_name_that_somebody_joined_with_a_moment_ago_opens_by_their_password_alone(
    cohort: Cohort, clock: Callable[[datetime], None]
) -> None:
    Client().post(JOIN, NEWCOMER)

    wrong = [Client().post(JOIN, {**NEWCOMER, "password": f"quite other words {n}"}) for n in range(10)]
    right = Client().post(JOIN, NEWCOMER)
    clock(timezone.now() + timedelta(minutes=11))
    late = Client().post(JOIN, NEWCOMER)

    assert [answer.status_code for answer in wrong] == [200] * 9 + [429]
    assert right.status_code == 429
    assert late.status_code == 200
    assert "Somebody already has that username." in late.content.decode()


def test_a_username_taken_a_moment_ago_is_refused_by_the_database(cohort: Cohort) -> None:
    UserFactory(username="nora")

    with pytest.raises(Conflict, match="Add a letter or a number"):
        services.register(cohort=cohort, **{**NEWCOMER, "username": "NORA"})

    assert Membership.objects.count() == 0


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too short"),
        ("password1234", "too common"),
        ("nora-nora-nora", "too similar"),
        ("", "required"),
    ],
)
def test_a_weak_password_is_explained_and_everything_typed_stays(visitor: Client, password: str, why: str) -> None:
    typed = {"username": "nora-nora-nor", "display_name": "Nora the First", "password": password}

    page = visitor.post(JOIN, typed).content.decode()

    assert why in page
    assert 'value="nora-nora-nor"' in page
    assert 'value="Nora the First"' in page
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("username", "no spaces"),
        ("username", "x" * 61),
        ("username", "a\0b"),
        ("display_name", "x" * 81),
        ("display_name", "\0"),
        ("password", "x" * 129),
    ],
)
def test_what_cannot_be_kept_is_said_and_nobody_is_made(visitor: Client, field: str, typed: str) -> None:
    page = visitor.post(JOIN, {**NEWCOMER, field: typed})

    assert page.status_code == 200
    assert "field__error" in page.content.decode()
    assert User.objects.count() == 0


def test_a_name_is_shown_as_text_and_never_as_html(visitor: Client) -> None:
    visitor.post(JOIN, {**NEWCOMER, "display_name": "<b>Nora</b>"})

    assert "&lt;b&gt;Nora&lt;/b&gt;" in visitor.get(STUDENT_HOME, follow=True).content.decode()


@pytest.mark.parametrize(
    ("username", "named"),
    [
        ("no spaces", "a space"),
        ("the student on the phone 🐙 k", "a space, “🐙”"),
        ("nora!", "“!”"),
        ("a/b\\c/d", "“/”, “\\”"),
        ("no\u200bra", "an invisible character (U+200B, ZERO WIDTH SPACE)"),
        ("\u3164", "an invisible character (U+3164, HANGUL FILLER)"),
        ("no\u2028ra", "an invisible character (U+2028, LINE SEPARATOR)"),
    ],
)
def test_a_username_that_is_not_taken_is_told_which_sign_is_the_trouble(
    visitor: Client, username: str, named: str
) -> None:
    page = visitor.post(JOIN, {**NEWCOMER, "username": username})

    said = f"A username cannot contain {named}. Letters, digits and . - _ + @ are fine."
    assert page.context["form"].errors["username"] == [said]
    assert User.objects.count() == 0


def test_what_is_too_long_to_join_with_is_told_how_long_it_may_be(visitor: Client) -> None:
    page = visitor.post(JOIN, {**NEWCOMER, "username": "n" * 61, "display_name": "n" * 81})

    errors = page.context["form"].errors
    assert errors["username"] == ["This is too long. Use at most 60 characters."]
    assert errors["display_name"] == ["This is too long. Use at most 80 characters."]


def test_a_shared_device_lets_nobody_go_on_as_somebody_else_unasked(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    """The next one at the device opens the join link, and finds whoever has not logged out."""
    client = client_of(student.user)

    page = client.get(JOIN).content.decode()
    left = client.post("/accounts/logout/", {"next": JOIN}, follow=True)

    assert "You are logged in as Sam (sam) and already in this class." in page
    assert f'<a class="button" href="{STUDENT_HOME}">' in page
    assert "Not Sam?" in page
    assert '<button class="button button--quiet" type="submit">Log out</button>' in page
    assert left.redirect_chain == [(JOIN, 302)]
    assert "Username" in left.content.decode()


def test_somebody_logged_in_joins_without_a_second_account(cohort: Cohort, client_of: Callable[[User], Client]) -> None:
    elsewhere = MembershipFactory()
    client = client_of(elsewhere.user)

    asked = client.get(JOIN).content.decode()
    answer = client.post(JOIN)

    assert f"You are logged in as {elsewhere.user} ({elsewhere.user.username})." in asked
    assert f"Join as {elsewhere.user}" in asked
    assert answer.headers["Location"] == STUDENT_HOME
    assert set(elsewhere.user.memberships.values_list("cohort__slug", flat=True)) == {"ours", elsewhere.cohort.slug}
    assert User.objects.count() == 1


def test_joining_again_changes_nothing(
    instructor: Membership, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(instructor.user).post(JOIN)

    assert answer.headers["Location"] == "/c/ours/class/"
    assert Membership.objects.get().role == Role.INSTRUCTOR


@pytest.mark.parametrize("ask", [lambda c: c.get(JOIN), lambda c: c.post(JOIN, NEWCOMER)], ids=["get", "post"])
def test_an_archived_class_takes_nobody_in(visitor: Client, cohort: Cohort, ask: Callable[[Client], Any]) -> None:
    cohort.archived = True
    cohort.save()

    assert ask(visitor).status_code == 404
    assert "No open class has this code" in visitor.post("/join/", {"code": "ACDE-3467"}).content.decode()
    assert User.objects.count() == 0


def test_nobody_signs_up_without_a_class(visitor: Client) -> None:
    assert visitor.get("/accounts/signup/").status_code == 404


@pytest.mark.parametrize("typed", ["ACDE/3467", "acde 3467", "ACDE?3467", "#ACDE-3467"])
def test_a_code_with_odd_signs_in_it_leads_to_the_class(client: Client, cohort: Cohort, typed: str) -> None:
    answer = client.post("/join/", {"code": typed})

    assert answer.headers["Location"] == "/join/ACDE-3467"


@pytest.mark.parametrize("name", ["\u200b", "   ", "line\nbreak", "\u202eevil"])
def test_a_name_that_cannot_be_seen_or_reads_backwards_is_refused_with_a_sentence(
    client: Client, cohort: Cohort, name: str
) -> None:
    page = client.post("/join/ACDE-3467", {"username": "mira", "display_name": name, "password": "three words more"})

    assert page.status_code == 200
    assert page.context["form"].errors["display_name"]
    assert not User.objects.filter(username="mira").exists()


def test_a_name_in_any_script_or_with_an_emoji_is_welcome(client: Client, cohort: Cohort) -> None:
    client.post("/join/ACDE-3467", {"username": "mira", "display_name": "ميرا 👩‍🔬", "password": "three words more"})

    assert User.objects.get(username="mira").display_name == "ميرا 👩‍🔬"


def test_whoever_comes_with_a_code_meets_it_first(client: Client, db: None) -> None:
    doors = client.get("/").text

    assert doors.index('name="code"') < doors.index("Been here before?")
    assert 'class="button button--quiet" href="/accounts/login/"' in doors
