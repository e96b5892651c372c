"""Who is logged in, read in one query with their place in the class: nobody gets in by it whom Django would refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classroom import services, visitors
from classroom.models import Cohort, Membership, User
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

ARC = "/c/ours/lessons/data-rules-everything/"


@pytest.fixture
def sams(student: Membership, client_of: Callable[[User], Client]) -> Client:
    """One whose session is remembered."""
    client = client_of(student.user)
    assert client.get(ARC).status_code == 200
    assert visitors._guessed[client.session.session_key or ""] == student.user.pk
    return client


def test_session_person_and_membership_are_one_query(sams: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert sams.get(ARC).status_code == 200

    assert sum("django_session" in query["sql"] for query in asked) == 1
    assert sum("classroom_user" in query["sql"] for query in asked) == 1
    assert sum("classroom_membership" in query["sql"] for query in asked) == 1


def log_out_elsewhere(student: Membership) -> None:
    Session.objects.all().delete()


def expire(student: Membership) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def change_password(student: Membership) -> None:
    student.user.set_password("another one")
    student.user.save()


def switch_off(student: Membership) -> None:
    User.objects.filter(pk=student.user.pk).update(is_active=False)


def forge(student: Membership) -> None:
    """A session that was written by nobody who knows the secret key."""
    Session.objects.update(session_data="eyJfYXV0aF91c2VyX2lkIjoiMSJ9:forged:signature")


@pytest.mark.parametrize("act", [log_out_elsewhere, expire, change_password, switch_off, forge])
def test_a_log_in_that_has_ended_ends_on_a_page_that_was_just_open(
    sams: Client, student: Membership, act: Callable[[Membership], None]
) -> None:
    act(student)

    answer = sams.get(ARC)

    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_whoever_was_removed_is_told_so(sams: Client, student: Membership, instructor: Membership) -> None:
    services.remove(instructor, student)

    answer = sams.get(ARC)

    assert answer.status_code == 404
    assert "You are no longer in this class." in answer.content.decode()


def test_another_class_is_not_found(sams: Client) -> None:
    MembershipFactory(cohort__slug="theirs")

    assert sams.get("/c/theirs/lessons/data-rules-everything/").status_code == 404


def test_a_wrong_guess_lets_nobody_in_as_somebody_else(sams: Client, student: Membership, cohort: Cohort) -> None:
    other = MembershipFactory(cohort=cohort, user__display_name="Olga")
    visitors._guessed[sams.session.session_key or ""] = other.user.pk

    page = sams.get(ARC).content.decode()

    assert "Sam" in page
    assert "Olga" not in page


def test_whoever_logs_in_as_somebody_else_is_them(sams: Client, cohort: Cohort) -> None:
    other = MembershipFactory(cohort=cohort, user__display_name="Olga")
    sams.force_login(other.user, "allauth.account.auth_backends.AuthenticationBackend")

    for __ in range(2):
        page = sams.get(ARC).content.decode()
        assert "Olga" in page
        assert "Sam" not in page
