"""Client addresses: where a request comes from, behind as many proxies as `TRUST_PROXY` says there are.

Log-ins, rates and logs ask here and nowhere else.
"""

from __future__ import annotations

import ipaddress
import re

from django.conf import settings
from django.http import HttpRequest

_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](:\d+)?|(?P<v4>[\d.]+):\d+")


def client_address(request: HttpRequest) -> str:
    """Give the address that a request was sent from, or nothing where it cannot be told, as behind a socket file.

    Each proxy writes at the end of X-Forwarded-For who asked it. What is further to the front than our own proxies
    reach was written by whoever sent the request, and may be made up.
    """
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if settings.TRUST_PROXY else []
    named = told[-settings.TRUST_PROXY] if len(told) >= settings.TRUST_PROXY > 0 else ""
    return _read(named) or _read(request.META.get("REMOTE_ADDR", ""))


def client_network(request: HttpRequest) -> str:
    """Give the address, or for IPv6 the /64 around it: so many belong to one household."""
    address = client_address(request)
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)


def _read(text: str) -> str:
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found["v6"] or found["v4"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
