"""Logging in and out, for a whole class behind one address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from classroom.models import Cohort, Membership, User
from downhill.wsgi import application
from tests.factories import PASSWORD, MembershipFactory, UserFactory

LOG_IN = "/accounts/login/"
SCHOOL, HOME = "203.0.113.7", "198.51.100.9"


def log_in(username: str, password: str = PASSWORD, address: str = SCHOOL, client: Client | None = None) -> Any:
    return (client or Client()).post(LOG_IN, {"login": username, "password": password}, REMOTE_ADDR=address)


def test_a_whole_class_logs_in_at_once_from_one_address(cohort: Cohort) -> None:
    pupils = MembershipFactory.create_batch(40, cohort=cohort)

    answers = [log_in(pupil.user.username) for pupil in pupils]

    assert [answer.status_code for answer in answers] == [302] * 40


def test_wrong_passwords_of_a_whole_class_lock_nobody_out(cohort: Cohort) -> None:
    pupils = MembershipFactory.create_batch(20, cohort=cohort)
    for pupil in pupils:
        log_in(pupil.user.username, "wrong")

    answers = [log_in(pupil.user.username) for pupil in pupils]

    assert [answer.status_code for answer in answers] == [302] * 20


def test_ten_wrong_passwords_lock_out_that_person_at_that_address_and_nobody_else(
    student: Membership, cohort: Cohort
) -> None:
    classmate = MembershipFactory(cohort=cohort).user.username
    wrong = [log_in("sam", f"wrong {n}") for n in range(10)]

    locked = log_in("sam")

    assert [answer.status_code for answer in wrong] == [200] * 9 + [429]
    assert locked.status_code == 429
    assert "Wait five minutes, then try again. Your work is saved." in locked.content.decode()
    assert log_in(classmate).status_code == 302
    assert log_in("sam", address=HOME).status_code == 302


@pytest.mark.parametrize("spelt", ["SAM", " sam ", "Sam"])
def test_another_spelling_of_the_name_does_not_get_ten_more_tries(student: Membership, spelt: str) -> None:
    for n in range(10):
        log_in("sam", f"wrong {n}")

    assert log_in(spelt).status_code == 429


def test_a_right_password_forgets_the_wrong_ones(student: Membership) -> None:
    for _ in range(2):
        for n in range(9):
            log_in("sam", f"wrong {n}")
        assert log_in("sam").status_code == 302


def test_an_unknown_name_and_a_wrong_password_are_told_the_same(student: Membership) -> None:
    unknown, wrong = (log_in(name, "wrong").content.decode() for name in ("nobody", "sam"))

    said = "The username and/or password you specified are not correct."
    assert said in unknown
    assert said in wrong


def test_a_person_who_was_switched_off_does_not_get_in(student: Membership) -> None:
    student.user.is_active = False
    student.user.save()
    client = Client()

    page = log_in("sam", client=client)

    assert page.status_code == 403
    assert "Your account has been switched off. Ask your instructor about it." in page.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(("role", "place"), [("student", "/c/ours/"), ("instructor", "/c/ours/class/")])
def test_after_the_log_in_each_role_lands_where_it_works(cohort: Cohort, role: str, place: str) -> None:
    member = MembershipFactory(cohort=cohort, role=role)
    client = Client()

    answer = log_in(member.user.username, client=client)
    home = client.get(answer.headers["Location"])

    assert home.headers["Location"] == place


def test_an_admin_in_no_class_lands_at_the_admin_site(db: None, client_of: Callable[[User], Client]) -> None:
    admin = UserFactory(is_staff=True, is_superuser=True)

    assert client_of(admin).get("/").headers["Location"] == "/admin/"


def test_somebody_in_two_classes_chooses(student: Membership, client_of: Callable[[User], Client]) -> None:
    MembershipFactory(user=student.user, cohort__name="Another class")

    page = client_of(student.user).get("/").content.decode()

    assert "Our class" in page
    assert "Another class" in page


def test_the_log_in_leads_on_to_the_page_that_asked_for_it(student: Membership) -> None:
    client = Client()
    wanted = "/c/ours/lessons/data-rules-everything/"
    door = client.get(wanted).headers["Location"]

    answer = client.post(door, {"login": "sam", "password": PASSWORD, "next": wanted})

    assert answer.headers["Location"] == wanted


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_the_log_in_leads_nobody_to_another_host(student: Membership, elsewhere: str) -> None:
    answer = Client().post(LOG_IN, {"login": "sam", "password": PASSWORD, "next": elsewhere})

    assert "example" not in answer.headers.get("Location", "")
    assert "javascript" not in answer.headers.get("Location", "")


def test_the_admin_site_has_no_door_of_its_own(student: Membership) -> None:
    client = Client()

    door = client.get("/admin/", follow=True)
    posted = client.post("/admin/login/", {"username": "sam", "password": PASSWORD})

    assert door.redirect_chain[-1][0].startswith(LOG_IN)
    assert posted.status_code == 405


def test_an_admin_gets_from_the_one_log_in_to_the_admin_site(db: None) -> None:
    UserFactory(username="ada", is_staff=True, is_superuser=True)
    client = Client()
    door = client.get("/admin/", follow=True).redirect_chain[-1][0]

    page = client.post(door, {"login": "ada", "password": PASSWORD, "next": "/admin/"}, follow=True)

    assert page.request["PATH_INFO"] == "/admin/"
    assert page.status_code == 200


def test_wrong_passwords_count_at_every_door_together(student: Membership) -> None:
    for n in range(10):
        Client().post(
            "/api/v1/token/", {"username": "sam", "password": f"wrong {n}"}, "application/json", REMOTE_ADDR=SCHOOL
        )

    assert log_in("sam").status_code == 429


def test_only_a_post_logs_out(student: Membership, client_of: Callable[[User], Client]) -> None:
    client = client_of(student.user)

    asked = client.get("/accounts/logout/")
    still_in = "_auth_user_id" in client.session
    client.post("/accounts/logout/")

    assert asked.status_code == 200
    assert still_in
    assert "_auth_user_id" not in client.session


def test_a_post_without_the_pages_own_token_is_refused_in_calm_words(student: Membership) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(LOG_IN)

    page = client.post(LOG_IN, {"login": "sam", "password": PASSWORD})

    assert page.status_code == 403
    assert "This page was open too long" in page.content.decode()
    assert "Go back, reload and send again." in page.content.decode()


@pytest.mark.parametrize("address", [LOG_IN, "/join/", "/join/ACDE-3467"])
def test_a_browser_without_cookies_hears_that_cookies_are_needed(student: Membership, address: str) -> None:
    page = Client(enforce_csrf_checks=True).post(address, {"login": "sam", "password": PASSWORD})

    assert page.status_code == 403
    assert "Downhill needs cookies, and your browser sent none." in page.content.decode()
    assert "open too long" not in page.content.decode()


def test_the_log_in_leads_nobody_into_the_work_of_whoever_used_the_device_before(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(student.user)

    page = client.get(LOG_IN)
    asked_for = client.get(f"{LOG_IN}?next=/c/ours/")
    sent_away = client.get(f"{LOG_IN}?next=https://elsewhere.example/")
    left = client.post("/accounts/logout/", {"next": LOG_IN}, follow=True).content.decode()

    assert "You are logged in as Sam (sam)" in page.content.decode()
    assert "Not Sam?" in page.content.decode()
    assert asked_for.status_code == 200
    assert 'class="button" href="/c/ours/"' in asked_for.content.decode()
    assert f'name="next" value="{LOG_IN}?next=/c/ours/"' in asked_for.content.decode()
    assert 'class="button" href="/"' in sent_away.content.decode()
    assert "Password" in left


def test_the_menu_under_the_name_says_which_account_this_is(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    page = client_of(student.user).get("/accounts/password/").content.decode()

    assert "Logged in as Sam (sam)" in page


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain; charset=base64", 415),
        ("text/plain; charset=rot13", 415),
        ("multipart/form-data; boundary=x; charset=unicode_escape", 415),
        ("application/x-www-form-urlencoded; charset=latin-1", 415),
        ("text/plain; charset=UTF8", 200),
        ("text/plain; charset=", 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_says_that_it_is_no_utf_8_is_refused_in_calm_words(
    db: None, method: str, content_type: str, status: int
) -> None:
    """Through the server's own door: Django itself fails before any view is reached."""
    answers: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/join/", "QUERY_STRING": "a=b", "CONTENT_TYPE": content_type}
    setup_testing_defaults(environ)

    body = b"".join(application(environ, lambda said, headers: answers.append(said))).decode()

    assert answers[0][:3] == (str(status) if status == 415 or method == "GET" else "403")  # no token, no form
    assert ("Please send it as UTF-8" in body) is (status == 415)


def test_a_new_password_opens_and_the_old_one_does_not(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    new = "four quite plain words"

    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client_of(student.user).post("/accounts/password/", sent)

    assert log_in("sam", PASSWORD).status_code == 200
    assert log_in("sam", new).status_code == 302
