"""The second step of a log-in: nothing walks around it, and whoever loses it gets back in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from classroom import cards, second_factor, tokens
from classroom.models import Membership, Role, Token, User
from office import roles
from tests.conventions import matrix
from tests.conventions.permission_table import ROWS
from tests.factories import PASSWORD, MembershipFactory, UserFactory
from tests.steps import code_of, recovery_codes_of, secret_of, with_app

pytestmark = pytest.mark.django_db

LOG_IN, STEP = "/accounts/login/", "/accounts/second-step/log-in/"


@pytest.fixture
def teacher(db: None) -> User:
    found: User = MembershipFactory(role=Role.INSTRUCTOR).user
    return found


@pytest.fixture
def required(settings: Settings) -> None:
    settings.SECOND_FACTOR = True


def logged_in(user: User, client: Client | None = None) -> Client:
    """A browser in which somebody has given their username and password."""
    client = client or Client()
    client.post(LOG_IN, {"login": user.username, "password": PASSWORD})
    return client


def confirmed(user: User) -> Client:
    """The same, in which they have given the password once more."""
    client = logged_in(user)
    client.post("/accounts/confirm/", {"password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


# What follows a commit is part of it.
@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_and_asked_for_at_the_next_log_in(teacher: User) -> None:
    client = confirmed(teacher)
    page = client.get("/accounts/second-step/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]  # type: ignore[index]

    wrong = client.post("/accounts/second-step/app/", {"code": "000000"})
    assert "This code is not right" in wrong.content.decode()
    done = client.post("/accounts/second-step/app/", {"code": code_of(secret, -1)})
    codes = re.findall(r"<li><code>(\d{8})</code>", client.get(done["Location"]).content.decode())

    assert len(codes) == 10
    assert "shown when they were made" in client.get("/accounts/second-step/codes/").content.decode()
    again = logged_in(teacher)
    assert not is_in(again)
    again.post(STEP, {"code": code_of(secret)})
    assert is_in(again)


def test_a_code_works_once(teacher: User) -> None:
    secret = with_app(teacher)
    code = code_of(secret)
    logged_in(teacher).post(STEP, {"code": code})

    cache.clear()  # another web process has another one
    thief = logged_in(teacher)
    answer = thief.post(STEP, {"code": code})

    assert "This code is not right. Each works once" in answer.content.decode()
    assert not is_in(thief)


def test_a_used_code_is_known_however_it_is_spelled(teacher: User) -> None:
    code = code_of(with_app(teacher))
    logged_in(teacher).post(STEP, {"code": code})

    for spelled in (f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", f" {code}."):
        cache.clear()
        thief = logged_in(teacher)
        thief.post(STEP, {"code": spelled})
        assert not is_in(thief)


def test_a_recovery_code_works_once(teacher: User) -> None:
    with_app(teacher)
    code = recovery_codes_of(teacher)[3]

    first, second = logged_in(teacher), logged_in(teacher)
    first.post(STEP, {"code": code})
    second.post(STEP, {"code": code})

    assert (is_in(first), is_in(second)) == (True, False)
    assert len(recovery_codes_of(teacher)) == 9


def test_codes_are_not_tried_out(teacher: User) -> None:
    secret = with_app(teacher)
    for _ in range(5):  # ten wrong ones, in five log-ins
        client = logged_in(teacher)
        client.post(STEP, {"code": "000000"})
        client.post(STEP, {"code": "000000"})

    answer = client.post(STEP, {"code": code_of(secret)})

    assert "Too many wrong codes. Wait an hour, or ask an admin." in answer.content.decode()
    assert not is_in(client)


def test_wrong_codes_are_forgotten_after_a_right_one(teacher: User) -> None:
    secret = with_app(teacher)
    for at in (-1, 0):
        client = logged_in(teacher)
        for _ in range(8):
            client.post(STEP, {"code": "000000"})
        client.post(STEP, {"code": code_of(secret, at)})
        assert is_in(client)


def test_the_second_step_keeps_the_way_on(teacher: User) -> None:
    secret = with_app(teacher)
    client = Client()
    client.post(LOG_IN, {"login": teacher.username, "password": PASSWORD, "next": "/join/"})

    assert client.post(STEP, {"code": code_of(secret)})["Location"] == "/join/"


def test_a_card_where_somebody_else_is_logged_in_leads_to_its_owners_second_step(teacher: User) -> None:
    student = MembershipFactory().user
    card = cards.make([student])[0]
    secret = with_app(student)
    client = logged_in(teacher)

    client.post(client.post(f"/card/{card.key}/")["Location"], {"code": code_of(secret)})

    assert student.get_username() in client.get("/accounts/").content.decode()


def test_a_card_does_not_replace_a_second_step(db: None) -> None:
    student = MembershipFactory().user
    card = cards.make([student])[0]
    with_app(student)
    client = Client()

    answer = client.post(f"/card/{card.key}/")

    assert answer["Location"] == STEP
    assert not is_in(client)


@pytest.mark.django_db(transaction=True)
def test_a_log_in_elsewhere_and_notebooks_end_when_a_second_step_is_set_up(teacher: User) -> None:
    other, client = logged_in(teacher), confirmed(teacher)
    tokens.make(teacher)
    client.get("/accounts/second-step/app/")
    client.post("/accounts/second-step/app/", {"code": code_of(client.session["mfa.totp.secret"])})

    assert is_in(client)
    assert not is_in(other)
    assert not Token.objects.exists()


# What no browser says of a passkey.
NO_CREDENTIALS = (
    "",
    "{}",
    "[]",
    "7",
    '{"id":1}',
    '{"id":"a","rawId":"a","response":{},"type":"public-key"}',
    '{"id":{},"rawId":[],"response":{"clientDataJSON":1}}',
    '{"id":"é","rawId":"é","response":{"clientDataJSON":"é","attestationObject":"é"},"type":"public-key"}',
    '{"id":"AA","rawId":"AA","response":{"clientDataJSON":"e30","attestationObject":"oA"},"type":"public-key"}',
    '{"id":"\\u0000"}',
    "[" * 10_000,
    "1" * 5000,
    '{"id":"' + "A" * 100_000 + '"}',
)


@pytest.mark.parametrize("sent", NO_CREDENTIALS, ids=lambda sent: sent[:12])
def test_what_is_no_passkey_is_refused(teacher: User, required: None, sent: str) -> None:
    client = logged_in(teacher)
    client.get("/accounts/second-step/passkeys/add/")
    assert client.post("/accounts/second-step/passkeys/add/", {"credential": sent}).status_code == 200
    with_app(teacher)
    waiting = logged_in(teacher)
    assert waiting.post(STEP, {"credential": sent}).status_code == 200
    again = Client()
    again.force_login(teacher, "allauth.account.auth_backends.AuthenticationBackend")
    assert again.post("/accounts/second-step/confirm/passkey/", {"credential": sent}).status_code == 302
    assert not Authenticator.objects.filter(type="webauthn").exists()


# --- tokens ---------------------------------------------------------------------------------------


def ask_for_token(user: User) -> tuple[int, str]:
    answer = Client().post(
        "/api/v1/token/", {"username": user.username, "password": PASSWORD}, content_type="application/json"
    )
    return answer.status_code, answer.json().get("detail", "")


def test_a_password_alone_gets_no_token(teacher: User) -> None:
    assert ask_for_token(teacher)[0] == 200
    with_app(teacher)

    status, says = ask_for_token(teacher)

    assert (status, "Make a token on your account page" in says) == (403, True)
    assert Token.objects.count() == 1  # the one from before


def test_a_password_alone_gets_no_token_where_a_second_step_is_asked_of_everybody(
    teacher: User, required: None
) -> None:
    assert ask_for_token(teacher)[0] == 403
    assert ask_for_token(MembershipFactory().user)[0] == 200


def test_a_wrong_password_does_not_tell_who_has_a_second_step(teacher: User) -> None:
    with_app(teacher)
    sent = {"username": teacher.username, "password": "something else"}

    assert Client().post("/api/v1/token/", sent, content_type="application/json").status_code == 400


def test_a_key_is_made_on_the_account_page(teacher: User, required: None) -> None:
    secret = with_app(teacher)
    client = logged_in(teacher)
    client.post(STEP, {"code": code_of(secret)})

    page = client.post("/accounts/notebooks/", {"act": "make", "name": "Colab"}).content.decode()

    key = re.search(r"<code>([0-9a-f]{40})</code>", page)[1]  # type: ignore[index]
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Token {key}"})
    assert answer.json()["username"] == teacher.username
    assert Token.objects.get().name == "Colab"
    assert key not in client.get("/accounts/notebooks/").content.decode()


def test_a_key_is_for_those_who_have_passed_a_second_step(teacher: User) -> None:
    client = logged_in(teacher)

    client.post("/accounts/notebooks/", {"act": "make", "name": "Colab"})

    assert not Token.objects.exists()


def test_a_token_from_before_opens_nothing_once_a_second_step_is_asked_for(teacher: User, settings: Settings) -> None:
    student = MembershipFactory().user
    keys = {user: tokens.make(user) for user in (teacher, student)}
    settings.SECOND_FACTOR = True

    answers = {
        user: Client().get("/api/v1/me/", headers={"Authorization": f"Token {key}"}).status_code
        for user, key in keys.items()
    }

    assert answers == {teacher: 403, student: 200}


# --- where it is asked of all instructors and admins ----------------------------------------------

# What an instructor or admin may open without it: what everybody may, and the way to it.
OPEN_WITHOUT = ("account", "mfa_", "docs", "schema")


@pytest.mark.slow
@pytest.mark.parametrize("role", ["instructor", "admin"])
def test_no_address_opens_to_an_instructor_or_admin_without_it(required: None, role: str) -> None:
    """Every address of the table, asked in a session that has passed a password alone: it answers a stranger so too,
    leads to the second step, or refuses.
    """
    world = matrix.build_world()
    found = []
    for row in ROWS:
        if row.name.startswith(OPEN_WITHOUT):
            continue
        for method in ("GET", "POST"):
            answer = matrix.ask(world, row, method, role)
            if answer.status_code < 300 and matrix.ask(world, row, method, "anonymous").status_code >= 300:
                found.append(f"{method} {row.path}: {answer.status_code}")

    assert found == []


@pytest.mark.django_db(transaction=True)
def test_whoever_has_none_sets_one_up_and_goes_on(teacher: User, required: None) -> None:
    membership = Membership.objects.get(user=teacher)
    grid = reverse("dashboard:grid", args=[membership.cohort.slug])
    client = logged_in(teacher)

    asked = client.get(grid)
    assert asked["Location"] == f"/accounts/second-step/?{urlencode({'next': grid})}"
    assert "Set one up to go on" in client.get(asked["Location"]).content.decode()
    client.get("/accounts/second-step/app/")
    client.post("/accounts/second-step/app/", {"code": code_of(client.session["mfa.totp.secret"])})
    codes = client.get("/accounts/second-step/codes/").content.decode()

    assert f'href="{grid}"' in codes
    assert client.get(grid).status_code == 200


def test_what_is_no_address_is_no_way_on(teacher: User) -> None:
    secret = with_app(teacher)
    client = logged_in(teacher)
    client.post(STEP, {"code": code_of(secret)})

    for sent in ("abc", "𫧽É\x8e", "home"):
        assert client.get("/accounts/second-step/", {"next": sent}).status_code in (200, 302)


def test_whoever_came_in_without_it_confirms_it(teacher: User, required: None) -> None:
    membership = Membership.objects.get(user=teacher)
    grid = reverse("dashboard:grid", args=[membership.cohort.slug])
    secret = with_app(teacher)
    client = Client()
    client.force_login(teacher, "allauth.account.auth_backends.AuthenticationBackend")

    asked = client.get(client.get(grid)["Location"])["Location"]
    assert asked.startswith("/accounts/second-step/confirm/?next=")
    assert client.post(asked, {"code": code_of(secret)})["Location"] == grid

    assert client.get(grid).status_code == 200
    assert client.get("/accounts/second-step/").status_code == 200


@pytest.mark.parametrize("path", ["app/", "app/off/", "passkeys/add/", "codes/", "codes/new/"])
def test_a_password_alone_changes_no_second_step(teacher: User, path: str) -> None:
    """Whoever came in without the one that there is (as before it was set up) confirms by it."""
    with_app(teacher)
    client = Client()
    client.force_login(teacher, "allauth.account.auth_backends.AuthenticationBackend")
    confirmed = client.post("/accounts/confirm/", {"password": PASSWORD})
    assert confirmed["Location"].startswith("/accounts/second-step/confirm/")

    for answer in (client.get(f"/accounts/second-step/{path}"), client.post(f"/accounts/second-step/{path}")):
        assert answer.status_code == 405 or answer["Location"].startswith("/accounts/second-step/")
    assert Authenticator.objects.filter(user=teacher).count() == 2


def test_the_admin_site_leads_to_it(required: None) -> None:
    admin = UserFactory(is_staff=True, is_superuser=True)
    client = logged_in(admin)

    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == "/accounts/second-step/?next=%2Fadmin%2F"


def test_what_is_kept_of_them_is_behind_it_too(teacher: User, required: None) -> None:
    answer = logged_in(teacher).post("/accounts/data/")

    assert answer["Location"].startswith("/accounts/second-step/?next=")


def test_a_page_in_use_is_not_swapped_for_it(teacher: User, required: None) -> None:
    membership = Membership.objects.get(user=teacher)
    client = logged_in(teacher)

    answer = client.get(reverse("dashboard:grid", args=[membership.cohort.slug]), headers={"HX-Request": "true"})

    assert answer.status_code == 403
    assert "What you typed stays" in html.unescape(answer.content.decode())


def test_students_set_none_up(required: None) -> None:
    client = logged_in(MembershipFactory().user)

    assert client.get("/accounts/second-step/app/").status_code == 403
    assert client.get("/accounts/second-step/passkeys/add/").status_code == 403


def test_where_it_is_offered_setting_one_up_takes_the_password(teacher: User) -> None:
    """Nobody locks another one out at a laptop that was left open."""
    assert logged_in(teacher).get("/accounts/second-step/app/")["Location"].startswith("/accounts/confirm/")


def test_students_are_asked_for_nothing(required: None) -> None:
    student = MembershipFactory()
    client = logged_in(student.user)

    assert client.get(reverse("lessons:cohort", args=[student.cohort.slug]), follow=True).status_code == 200
    assert "Second step" not in client.get("/accounts/").content.decode()


def test_the_only_one_can_be_replaced(teacher: User, required: None) -> None:
    """Whoever turns it off keeps what is open, and is asked for a new one at the next log-in."""
    secret = with_app(teacher)
    client = logged_in(teacher)
    client.post(STEP, {"code": code_of(secret)})

    client.post("/accounts/second-step/app/off/")

    assert not Authenticator.objects.filter(user=teacher).exists()
    assert "Set one up to go on" in client.get("/accounts/second-step/").content.decode()


# --- when it is lost ------------------------------------------------------------------------------


def test_an_admin_takes_it_away(teacher: User, client_of: Callable[[User], Client]) -> None:
    secret = with_app(teacher)
    theirs = logged_in(teacher)
    theirs.post(STEP, {"code": code_of(secret)})
    admin = UserFactory(is_staff=True, is_superuser=True)
    desk = client_of(admin)
    page = f"/admin/classroom/user/{teacher.pk}/"
    assert f"{page}second-step/" in desk.get(f"{page}change/").content.decode()

    desk.post(f"{page}second-step/")

    assert not is_in(theirs)
    assert is_in(logged_in(teacher))
    assert LogEntry.objects.get(object_id=teacher.pk).change_message == "Took the second step away."


def test_nobody_takes_it_away_from_whom_they_do_not_outrank(client_of: Callable[[User], Client]) -> None:
    first, second = (UserFactory(is_staff=True, is_superuser=True) for _ in range(2))
    with_app(second)
    other = UserFactory(is_staff=True)
    roles.give(other, "school admin")

    assert client_of(other).post(f"/admin/classroom/user/{second.pk}/second-step/").status_code == 403
    assert second_factor.has(second)
    assert first.is_superuser


def test_it_is_taken_away_at_the_server(teacher: User) -> None:
    with_app(teacher)

    call_command("take_second_step", teacher.username)

    assert not second_factor.has(teacher)
    with pytest.raises(CommandError, match="has no second step"):
        call_command("take_second_step", teacher.username)
    with pytest.raises(CommandError, match="Nobody has the username"):
        call_command("take_second_step", "nobody-of-this-name")


@pytest.mark.django_db(transaction=True)
def test_an_admin_helps_whoever_has_tried_too_often(teacher: User, required: None) -> None:
    with_app(teacher)
    client = logged_in(teacher)
    for _ in range(11):
        client.post(STEP, {"code": "000000"})

    second_factor.take_away(teacher)

    client = logged_in(teacher)
    client.get("/accounts/second-step/app/")
    client.post("/accounts/second-step/app/", {"code": code_of(client.session["mfa.totp.secret"])})
    assert second_factor.has(teacher)


def test_whoever_waits_for_it_meanwhile_gets_in(teacher: User) -> None:
    with_app(teacher)
    client = logged_in(teacher)

    second_factor.take_away(teacher)

    assert client.get(STEP)["Location"] == "/"
    assert is_in(client)


def test_a_new_password_ends_a_log_in_that_is_half_done(teacher: User) -> None:
    secret = with_app(teacher)
    client = logged_in(teacher)
    teacher.set_password("four quite plain words")
    teacher.save()

    answer = client.post(STEP, {"code": code_of(secret)})

    assert answer["Location"] == LOG_IN
    assert not is_in(client)


def test_what_was_opened_with_a_passkey_that_is_removed_ends(teacher: User) -> None:
    secret = with_app(teacher)
    here, there = (logged_in(teacher) for _ in range(2))
    here.post(STEP, {"code": code_of(secret)})
    there.post(STEP, {"code": code_of(secret, 1)})

    here.post("/accounts/second-step/app/off/")

    assert (is_in(here), is_in(there)) == (True, False)


# --- what is stored -------------------------------------------------------------------------------


def test_a_copy_of_the_database_opens_nothing(teacher: User) -> None:
    secret = with_app(teacher)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        stored = str(cursor.fetchall())

    assert secret not in stored
    assert not any(code in stored for code in recovery_codes_of(teacher))
    assert secret_of(teacher) == secret


def test_a_lost_key_of_the_server_is_said(teacher: User, settings: Settings) -> None:
    secret = with_app(teacher)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key, with which nothing was set up, and long enough"
    client = logged_in(teacher)

    answer = client.post(STEP, {"code": code_of(secret)})

    assert answer.status_code == 409
    assert "Ask an admin to take it away" in answer.content.decode()
    settings.SECRET_KEY_FALLBACKS = [before]
    client.post(STEP, {"code": code_of(secret, 1)})
    assert is_in(client)
