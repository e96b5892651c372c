"""The addresses: whether names, TLS and proxies agree, and what is open to others that should not be."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext as _

from classroom.loopback import is_loopback
from classroom.models import User
from downhill.demo import PEOPLE
from downhill.doctor.finding import Finding, broken, warning
from downhill.public_password import PUBLIC_PASSWORD, reaches_others

MOST_PROXIES = 2  # ours, and another one that ends TLS


def names() -> Iterator[Finding]:
    url = urlsplit(settings.PUBLIC_URL)
    host = url.hostname or ""
    words = {"url": settings.PUBLIC_URL, "host": host}
    if url.scheme not in ("http", "https") or not host or url.path.strip("/"):
        yield broken(
            _("PUBLIC_URL is “%(url)s”, which is no address of a whole server.") % words,
            _("Set it to the address that browsers open: https:// and a name, without a path."),
        )
    elif is_loopback(host) and reaches_others() and not settings.LAN:
        yield warning(
            _("PUBLIC_URL is “%(url)s”, and others come in: their badges would name an address that is their own.")
            % words,
            _("Set PUBLIC_URL to the address that browsers open."),
        )
    elif not is_loopback(host) and not settings.LAN and not validate_host(host, settings.ALLOWED_HOSTS):
        yield broken(
            _("Anyone who opens %(url)s is refused, since ALLOWED_HOSTS does not name %(host)s.") % words,
            _("Add the name to ALLOWED_HOSTS. Or leave ALLOWED_HOSTS out: it follows from PUBLIC_URL."),
        )


def tls() -> Iterator[Finding]:
    url = urlsplit(settings.PUBLIC_URL)
    if settings.HTTPS and not settings.TRUST_PROXY:
        yield broken(
            _("HTTPS is on and TRUST_PROXY is 0: every page leads to itself, for Downhill does not hear of the TLS."),
            _("Set TRUST_PROXY to the number of proxies in front; the one that ends TLS is the first."),
        )
    if settings.HTTPS and url.scheme == "http":
        yield broken(
            _("HTTPS is on, and PUBLIC_URL begins with http: verifiers of badges are sent elsewhere."),
            _("Let PUBLIC_URL begin with https, or leave HTTPS out."),
        )
    elif not settings.HTTPS and url.scheme == "https":
        yield warning(
            _("PUBLIC_URL begins with https, and HTTPS is off: cookies travel without protection."),
            _("Leave HTTPS out: it follows from PUBLIC_URL."),
        )
    elif url.scheme == "http" and reaches_others() and not settings.LAN and not is_loopback(url.hostname or ""):
        yield warning(
            _("Others come in over plain http: anyone in the same network can read passwords."),
            _("Put a proxy with a certificate in front: docs/operate.md says how."),
        )


def proxies() -> Iterator[Finding]:
    if settings.TRUST_PROXY > MOST_PROXIES:
        yield warning(
            _("TRUST_PROXY is %(n)d. If fewer proxies are in front, anybody can claim any address.")
            % {"n": settings.TRUST_PROXY},
            _("Set it to the number of proxies that a request really passes: 1 with docker compose, 2 behind another."),
        )
    elif settings.TRUST_PROXY and not reaches_others():
        yield warning(
            _("TRUST_PROXY is %(n)d, and no name in ALLOWED_HOSTS is for others: what asks may claim any address.")
            % {"n": settings.TRUST_PROXY},
            _("Set it to 0 where there is no proxy, or set PUBLIC_URL."),
        )


def debug() -> Iterator[Finding]:
    if settings.DEBUG and reaches_others():
        yield broken(
            _("DEBUG is on, and others come in: anyone who meets an error reads code and settings."),
            _("Leave DEBUG out of the environment, and restart."),
        )


def public_passwords() -> Iterator[Finding]:
    if not reaches_others():
        return
    people = User.objects.filter(username__in=PEOPLE, is_active=True).order_by("pk")
    public = [user.username for user in people if user.check_password(PUBLIC_PASSWORD)]
    if public:
        yield warning(
            _("Others come in, and the public password of the demo still belongs to %(names)s.")
            % {"names": ", ".join(public)},
            _("Say “manage.py demo_passwords”: it prints new ones. Until then these people cannot log in."),
        )
