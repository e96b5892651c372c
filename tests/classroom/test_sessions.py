"""Where somebody is logged in: seen, and ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from classroom import sessions
from classroom.models import User
from tests.factories import PASSWORD, MembershipFactory

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
CHROMEBOOK = (
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 Edg/140.0"
)
SAMSUNG = (
    "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def person(db: None) -> User:
    found: User = MembershipFactory().user
    return found


def logged_in(user: User, user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": user_agent})
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == 200


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (IPHONE, "Safari, iPhone"),
        (CHROMEBOOK, "Chrome, Chromebook"),
        (EDGE, "Edge, Windows"),
        (SAMSUNG, "Samsung Internet, Android"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_in_words(user_agent: str, words: str) -> None:
    assert sessions.device_in_words(user_agent) == words


def test_they_are_listed_the_newest_first(person: User) -> None:
    logged_in(person, IPHONE)
    here = logged_in(person)

    page = here.get("/accounts/devices/").content.decode()

    assert page.index("Firefox, Windows") < page.index("Safari, iPhone")
    assert page.count("here</span>") == 1
    assert page.count('name="device"') == 1


def test_no_address_and_no_more_of_the_browser_is_kept(person: User) -> None:
    logged_in(person)

    row = UserSession.objects.get()

    assert (row.ip, row.user_agent, row.data) == ("::", "Firefox, Windows", {})


def test_one_is_ended(person: User) -> None:
    there, here = logged_in(person, IPHONE), logged_in(person)
    row = UserSession.objects.get(user_agent="Safari, iPhone")

    here.post("/accounts/devices/", {"device": row.pk})

    assert (is_in(there), is_in(here)) == (False, True)
    assert UserSession.objects.count() == 1


def test_nobody_ends_what_is_anothers(person: User) -> None:
    theirs, other = logged_in(MembershipFactory().user), logged_in(person)
    row = UserSession.objects.exclude(user=person).get()

    for sent in (str(row.pk), "x", "9" * 30):
        assert other.post("/accounts/devices/", {"device": sent}).status_code == 302

    assert is_in(theirs)


def test_all_others_are_ended(person: User, client_of: Callable[[User], Client]) -> None:
    """Those too that are older than the list: they are on none."""
    unlisted, there, here = client_of(person), logged_in(person, IPHONE), logged_in(person)
    stranger = logged_in(MembershipFactory().user)
    assert is_in(unlisted)

    here.post("/accounts/devices/", {"act": "end_others"})

    assert [is_in(each) for each in (unlisted, there, here, stranger)] == [False, False, True, True]
    assert UserSession.objects.filter(user=person).count() == 1


def test_this_one_is_listed_though_it_is_older_than_the_list(person: User, client_of: Callable[[User], Client]) -> None:
    assert "here</span>" in client_of(person).get("/accounts/devices/").content.decode()


def test_a_session_that_ended_is_on_the_list_no_more(person: User) -> None:
    there, here = logged_in(person, IPHONE), logged_in(person)
    there.post("/accounts/logout/")

    assert "Safari, iPhone" not in here.get("/accounts/devices/").content.decode()
    assert UserSession.objects.count() == 1


def test_a_new_password_keeps_this_one_and_ends_the_others(person: User) -> None:
    there, here = logged_in(person, IPHONE), logged_in(person)
    new = "four quite plain words"

    here.post("/accounts/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert (is_in(there), is_in(here)) == (False, True)
    page = here.get("/accounts/devices/").content.decode()
    assert (page.count("Firefox, Windows"), page.count("Safari, iPhone")) == (1, 0)


def test_joining_and_logging_in_where_somebody_else_was_are_listed_too(person: User) -> None:
    client = logged_in(MembershipFactory().user)
    client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    cohort = MembershipFactory().cohort
    newcomer = Client(headers={"User-Agent": IPHONE})
    newcomer.post(
        f"/join/{cohort.join_code}",
        {"username": "newcomer", "display_name": "Newcomer", "password": "four quite plain words"},
    )

    keys = set(Session.objects.values_list("session_key", flat=True))
    assert UserSession.objects.get(user__username="newcomer").session_key in keys
    assert "here</span>" in newcomer.get("/accounts/devices/").content.decode()
