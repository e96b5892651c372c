"""What `manage.py up` says once Downhill answers: where it is, who can log in, and what to do when a phone cannot."""

from __future__ import annotations

import io
import sys

import segno
from django.utils.translation import gettext as _

from classroom.models import Cohort, User
from downhill.demo import PEOPLE, Passwords
from downhill.public_password import PUBLIC_PASSWORD
from downhill.room_network import EVERYWHERE, Place

# White on black from the fixed part of the palette, which no theme changes: a terminal may be dark or light.
WHITE_ON_BLACK, AS_BEFORE = "\x1b[38;5;231;48;5;16m", "\x1b[0m"


def of(place: Place, fresh: Passwords) -> str:
    """The greeting; `fresh` are the passwords that were shown a moment ago."""
    lines = [_("Downhill is running at %(url)s") % {"url": place.urls[0]}]
    if place.is_open:
        lines += _for_the_room(place)
    lines += [*_log_ins(fresh), *([] if place.is_open else [_for_phones()]), _("Stop with Ctrl-C.")]
    return "\n".join(lines)


def passwords(fresh: Passwords) -> str:
    head = _("New passwords for the demo class, shown only this once:")
    return "\n".join([head, *(f"  {username:<12}{password}" for username, password in fresh.items())])


def qr_code(address: str) -> str:
    """An address as a QR code for a terminal, in colours of its own. Two rows of it are one line of text."""
    drawn = io.StringIO()
    segno.make(address, micro=False, error="l").terminal(drawn, compact=True, border=2)
    return "\n".join(f"  {WHITE_ON_BLACK}{line}{AS_BEFORE}" for line in drawn.getvalue().splitlines())


def _for_the_room(place: Place) -> list[str]:
    lines = [_("or at %(url)s") % {"url": url} for url in place.urls[1:]]
    if place.host in EVERYWHERE:
        lines.append(_("On this computer: %(url)s") % {"url": place.url(place.own)})
    if _can_print_blocks():
        lines += ["", qr_code(place.urls[0]), ""]
    return [
        *lines,
        _("Phones must be in the same wifi. If they still cannot open it, the wifi keeps devices apart,"),
        _("or a firewall here blocks port %(port)d. A phone’s hotspot that all join works in most rooms.")
        % {"port": place.port},
    ]


def _for_phones() -> str:
    return _("Only this computer can open it. For phones in the room, start it with: LAN=1 make run")


def _log_ins(fresh: Passwords) -> list[str]:
    """Lines on the demo class, if there is one: its code, and its passwords as far as they can be said."""
    demo = Cohort.objects.filter(slug="demo", archived=False).first()
    student = User.objects.filter(username="student").first()
    if not (demo and student):
        return []
    code = _("Join the demo class with the code %(code)s") % {"code": demo.join_code}
    names = " / ".join(PEOPLE)
    if student.check_password(PUBLIC_PASSWORD):
        return [_("Log in as %(names)s, password %(password)s") % {"names": names, "password": PUBLIC_PASSWORD}, code]
    if fresh:
        return [_("Log in as %(names)s with the new passwords above") % {"names": names}, code]
    return [
        _("Log in as %(names)s with the passwords that an earlier start showed") % {"names": names},
        _("Lost them? This makes new ones: %(command)s") % {"command": ".venv/bin/python manage.py demo_passwords"},
        code,
    ]


def _can_print_blocks() -> bool:
    """Tell whether what is printed can hold the blocks of a QR code."""
    try:
        "█▀▄".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
