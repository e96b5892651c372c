"""How phones reach this Downhill: the address that an instructor's pages give out, and whether it works elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from classroom.loopback import is_loopback
from classroom.models import Cohort


@dataclass(frozen=True)
class Reach:
    """The way in for phones.

    `url` has scheme and host alone. `join_url` leads straight to the class; `join_at` is typed from a wall: without a
    scheme, and with the code below.
    """

    url: str
    join_url: str
    join_at: str
    # The host in both, for the sentence that no phone can open it.
    host: str
    is_loopback: bool
    # A laptop serves the room's own network, whose wifi may keep devices apart.
    is_room: bool


def address(request: HttpRequest) -> str:
    """Find the address to give out: the one that was asked for, unless only this computer can use it."""
    url = request.build_absolute_uri("/").rstrip("/")
    return settings.ROOM_URL if settings.ROOM_URL and is_loopback(_host(url)) else url


def of(request: HttpRequest, cohort: Cohort) -> Reach:
    """Tell how phones come into a class."""
    url = address(request)
    return Reach(
        url=url,
        join_url=url + reverse("join", args=[cohort.join_code]),
        join_at=urlsplit(url).netloc + reverse("account_signup"),
        host=_host(url),
        is_loopback=is_loopback(_host(url)),
        is_room=bool(settings.ROOM_URL),
    )


def room_host() -> str:
    """The host by which the room reaches this computer; nothing where it serves no room."""
    return _host(settings.ROOM_URL)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
