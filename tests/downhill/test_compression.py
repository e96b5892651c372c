"""Long pages are compressed, and those that show a secret are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLPattern

import dashboard.urls
import downhill.urls
from classroom.models import Membership, User
from downhill.compression import SECRET

ROOM = "/c/ours/class/"
LESSON = "/c/ours/lessons/data-rules-everything/"


@pytest.fixture
def encoding_of(client_of: Callable[[User], Client]) -> Callable[[Membership, str], str]:
    def found(member: Membership, address: str) -> str:
        answer = client_of(member.user).get(address, headers={"Accept-Encoding": "gzip, deflate, br"})
        assert answer.status_code == 200
        return answer.get("Content-Encoding", "")

    return found


@pytest.mark.parametrize("address", [LESSON, f"{LESSON}by-hand/", f"{LESSON}rates/"])
def test_a_students_pages_are_compressed(
    student: Membership, encoding_of: Callable[[Membership, str], str], address: str
) -> None:
    assert encoding_of(student, address) == "gzip"


@pytest.mark.parametrize("address", [ROOM, f"{ROOM}grid/?v=0", f"{ROOM}lead/", f"{ROOM}people/"])
def test_an_instructors_pages_are_compressed(
    instructor: Membership, encoding_of: Callable[[Membership, str], str], address: str
) -> None:
    assert encoding_of(instructor, address) == "gzip"


@pytest.mark.parametrize("address", [f"{ROOM}settings/", f"{ROOM}ready/"])
def test_what_shows_a_secret_is_not(
    instructor: Membership, encoding_of: Callable[[Membership, str], str], address: str
) -> None:
    assert encoding_of(instructor, address) == ""


def test_a_new_password_is_not(
    student: Membership, instructor: Membership, encoding_of: Callable[[Membership, str], str]
) -> None:
    assert encoding_of(instructor, f"{ROOM}students/{student.pk}/password/") == ""


def test_what_is_short_is_not(client: Client) -> None:
    answer = client.get("/healthz", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer


def test_two_answers_with_the_same_text_differ_in_length(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    """Nobody reads from a length what stands beside the text that they put in (BREACH)."""
    browser = client_of(student.user)
    lengths = {len(browser.get(LESSON, headers={"Accept-Encoding": "gzip"}).content) for _ in range(8)}

    assert len(lengths) > 1


def test_each_address_that_is_left_out_is_there() -> None:
    patterns = {f"dashboard:{each.name}" for each in dashboard.urls.urlpatterns} | {
        each.name for each in downhill.urls.urlpatterns if isinstance(each, URLPattern)
    }

    assert patterns >= SECRET
