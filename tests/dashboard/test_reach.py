"""The address that an instructor's pages give out to phones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from classroom.models import Membership, User

ROOM = "http://192.168.1.20:8000"
Clients = Callable[[User], Client]


@pytest.fixture
def page_of(client_of: Clients, instructor: Membership, settings: Settings) -> Callable[[str, str], str]:
    """What a page says to an instructor who came by a host."""
    settings.ALLOWED_HOSTS = ["*"]
    client = client_of(instructor.user)
    return lambda place, host: client.get(place, SERVER_NAME=host, SERVER_PORT="8000").content.decode()


Page = Callable[[str, str], str]
PLACES = ("/present/ours/", "/c/ours/class/lead/")


@pytest.mark.parametrize("place", PLACES)
def test_a_loopback_address_is_given_out_to_nobody(page_of: Page, place: str) -> None:
    page = page_of(place, "127.0.0.1")

    assert "Phones cannot open 127.0.0.1." in page
    assert "LAN=1 make run" in page
    assert "QR code of" not in page


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "192.168.1.20"])
def test_in_a_room_the_wall_gives_out_what_phones_reach(
    page_of: Page, place: str, host: str, settings: Settings
) -> None:
    settings.ROOM_URL = ROOM

    page = page_of(place, host)

    assert "Phones cannot open" not in page
    assert "192.168.1.20:8000/join/" in page
    assert "wifi may keep devices apart" in " ".join(page.split())


def test_the_code_to_scan_leads_into_the_room(page_of: Page, settings: Settings) -> None:
    settings.ROOM_URL = ROOM

    assert f"QR code of {ROOM}/join/ACDE-3467" in page_of("/present/ours/", "127.0.0.1")
    assert f"{ROOM}/join/ACDE-3467" in page_of("/c/ours/class/", "127.0.0.1")


def test_a_name_that_works_for_whoever_asks_is_given_on(page_of: Page, settings: Settings) -> None:
    settings.ROOM_URL = ROOM

    assert "QR code of http://maria.local:8000/join/ACDE-3467" in page_of("/present/ours/", "maria.local")


def test_a_server_says_nothing_of_wifi(page_of: Page) -> None:
    page = page_of("/present/ours/", "class.test")

    assert "QR code of http://class.test:8000/join/ACDE-3467" in page
    assert "wifi" not in page
