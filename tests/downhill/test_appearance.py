"""How pages look on a device: one cookie, and no script is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from classroom.models import Membership, User
from downhill.appearance import CHOICES, chosen
from lessons.authoring.loader import LoadedLesson
from tests import pupils

ADDRESS = "/appearance/"
USUAL = {"theme": "device", "letters": "serif", "spacing": "usual"}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("words", "look"),
    [
        ([], USUAL),
        (["blackboard"], USUAL | {"theme": "blackboard"}),
        (["wide", "sans", "paper"], {"theme": "paper", "letters": "sans", "spacing": "wide"}),
        (["neon", "", '"><script>', "wide"], USUAL | {"spacing": "wide"}),
    ],
)
def test_what_nobody_could_choose_counts_for_nothing(words: list[str], look: dict[str, str]) -> None:
    assert chosen(words) == look


@pytest.mark.pure
def test_no_word_stands_in_two_rows() -> None:
    words = [word for _label, row in CHOICES.values() for word in row]

    assert len(words) == len(set(words))


def test_what_is_chosen_is_in_the_first_byte_of_every_page_of_the_device(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(student.user)

    before = client.get("/accounts/password/").content.decode()
    back = {"back": "/accounts/password/"}
    answer = client.post(ADDRESS, {"theme": "blackboard", "letters": "sans", "spacing": "wide"} | back)
    own = client.get("/accounts/password/").content.decode()
    client.post("/accounts/logout/")
    pages = [client.get(address).content.decode() for address in ("/", "/accounts/login/", "/nowhere/")]

    assert 'name="back" value="/accounts/password/"' in before
    assert answer.headers["Location"] == "/accounts/password/"
    head = 'data-theme="blackboard" data-letters="sans"\n      data-spacing="wide">'
    assert all(head in page.partition("<head>")[0] for page in [own, *pages])
    assert 'value="blackboard"\n                   checked' in own


def test_the_projector_follows_too(instructor: Membership, client_of: Callable[[User], Client]) -> None:
    client = client_of(instructor.user)
    client.post(ADDRESS, {"theme": "paper"})

    page = client.get("/present/ours/").content.decode()

    assert "wall__main" in page
    assert 'data-theme="paper"' in page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.com/",
        "//example.com/",
        "/\\example.com/",
        "javascript:alert(1)",
        "",
        # Neither an address nor the name of one.
        "abc",
        "account_login",
        "𫧽É\x8e",
    ],
)
def test_it_leads_nobody_to_another_host(db: None, elsewhere: str) -> None:
    answer = Client().post(ADDRESS, {"theme": "paper", "back": elsewhere})

    assert answer.headers["Location"] == "/"


def test_it_leads_nobody_back_to_where_only_a_form_leads(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    client = client_of(student.user)
    sealed = pupils.seal(student, lesson, "rates", "half-a", "zigzags").prediction
    address = f"/c/ours/lessons/data-rules-everything/activities/rates/seals/{sealed.client_id}/undo/"

    page = client.post(address, {"member": student.pk, "item": "half-a"}).content.decode()

    assert client.get(address).status_code == 405
    assert "data-look" in page
    assert 'name="back"' not in page
