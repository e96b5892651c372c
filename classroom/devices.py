"""Known devices: a browser in which somebody has logged in before is counted apart from strangers.

So nobody locks a teacher out by typing wrong passwords for them (OWASP: Slow Down Online Guessing Attacks with Device
Cookies). The cookie names nobody: it contains a number drawn for the device, and beside it a keyed mark for each of
those who logged in here last. It opens nothing.
"""

from __future__ import annotations

import ipaddress
import secrets
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from classroom import signs
from classroom.addresses import client_network

COOKIE = "device"
SALT = "classroom.devices"
KNOWN_FOR = timedelta(days=180)
MOST_PEOPLE = 10  # of a computer that a school shares
# Addresses from which nothing is ever sent (RFC 6666): each known device is counted at one of them.
NOWHERE = ipaddress.ip_network("100::/64")

Answer = TypeVar("Answer", bound=HttpResponse)


def device_of(request: HttpRequest) -> str:
    """Give the number of a device in which somebody has logged in before, or nothing."""
    return _read(request)[0]


def remember(answer: Answer, request: HttpRequest, username: str) -> Answer:
    """Let a device be known as one of somebody who has just logged in there."""
    number, people = _read(request)
    number = number or secrets.token_hex(8)
    mark = _mark(number, username)
    people = [mark, *(other for other in people if other != mark)][:MOST_PEOPLE]
    answer.set_cookie(
        COOKIE,
        signing.dumps([number, *people], salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return answer


def counted_at(request: HttpRequest) -> str | None:
    """Give the address at which wrong passwords are counted: a device's own if it is known as one of this person."""
    number, people = _read(request)
    # Of the log-in's form or the join's. A form that has both is nobody's who means well.
    typed = [request.POST[name] for name in ("login", "username") if name in request.POST]
    if number and len(typed) == 1 and _mark(number, typed[0]) in people:
        return str(NOWHERE[int(number, 16)])
    return client_network(request) or None


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        number, *people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return "", []
    return number, people


def _mark(number: str, username: str) -> str:
    return salted_hmac(SALT, f"{number} {signs.fold(username.strip())}").hexdigest()[:12]
