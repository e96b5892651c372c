"""The network that a room shares: by which addresses others reach this computer. Asks nobody outside."""

from __future__ import annotations

import ctypes
import ipaddress
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from classroom.loopback import is_loopback

OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared
# Networks between this computer and what runs inside it: nobody in the room is on one.
INSIDE = re.compile(r"^(docker|br-|veth|virbr|vmnet|vboxnet|vmenet|lxc|lxdbr|podman|cni|flannel|cali|ifb|dummy)")
_UP, _LOOPBACK, _POINT_TO_POINT = 0x1, 0x8, 0x10


class _Interface(ctypes.Structure):
    """The head of C's `struct ifaddrs`, which Linux, macOS and the BSDs have in common."""


_Interface._fields_ = [
    ("next", ctypes.POINTER(_Interface)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
]


@dataclass(frozen=True)
class Place:
    """Where Downhill listens.

    `names` are those that others reach it by, the likeliest first: none for a loopback address.
    """

    host: str
    port: int
    names: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Somebody else can reach it."""
        return not is_loopback(self.host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that a request may ask for, its own computer's included."""
        return (*OWN_NAMES, *map(bracketed, self.names if self.is_open else (self.host,)))

    @property
    def own(self) -> str:
        """The host by which this computer itself reaches it."""
        return dict(zip(EVERYWHERE, ("127.0.0.1", "::1"), strict=True)).get(self.host, self.host)

    @property
    def urls(self) -> list[str]:
        return [self.url(name) for name in self.names] or [self.url(self.own)]

    def url(self, name: str) -> str:
        return f"http://{bracketed(name)}" + (f":{self.port}" if self.port != 80 else "")


def place(host: str, port: int) -> Place:
    """Find the names by which others reach what listens at `host`."""
    if is_loopback(host):
        return Place(host, port, ())
    if host not in EVERYWHERE:
        return Place(host, port, (host,))
    found = addresses()
    return Place(host, port, (*found, *(own_name() if found else ())))


def addresses() -> list[str]:
    """The IPv4 addresses by which others in the room may reach this computer, the likeliest first."""
    found = dict.fromkeys(address for name, flags, address in _interfaces() if _is_shared(name, flags, address))
    likeliest = _way_out()
    # Where the system does not tell its interfaces, the way out is all there is.
    return sorted(found or ([likeliest] if likeliest else []), key=lambda address: address != likeliest)


def own_name() -> tuple[str, ...]:
    """The computer's name in the room, if it announces one: macOS always does, Linux where Avahi runs."""
    label = socket.gethostname().partition(".")[0].lower()
    announces = sys.platform == "darwin" or Path("/run/avahi-daemon/pid").exists()
    return (f"{label}.local",) if announces and re.fullmatch(r"[a-z0-9-]{1,63}", label) else ()


def bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _is_shared(name: str, flags: int, address: str) -> bool:
    kind = ipaddress.ip_address(address)
    is_plain = flags & _UP and not flags & (_LOOPBACK | _POINT_TO_POINT)
    return bool(is_plain) and not (kind.is_loopback or kind.is_link_local or INSIDE.match(name))


def _interfaces() -> Iterator[tuple[str, int, str]]:
    """Name, flags and IPv4 address of each network interface, as the C library tells them."""
    head = ctypes.POINTER(_Interface)()
    try:
        library = ctypes.CDLL(None)
        if library.getifaddrs(ctypes.byref(head)):
            return
    except (OSError, AttributeError, TypeError):  # no such library, no such function: not on this system
        return
    try:
        each = head
        while each:
            entry = each.contents
            if address := _ipv4(entry.address):
                yield entry.name.decode(errors="replace"), entry.flags, address
            each = entry.next
    finally:
        library.freeifaddrs(head)


def _ipv4(at: int | None) -> str:
    """Read a socket address in memory: its family (on BSDs in the second byte), port and address."""
    if not at:
        return ""
    raw = ctypes.string_at(at, 8)
    family = int.from_bytes(raw[:2], sys.byteorder) if sys.platform == "linux" else raw[1]
    return socket.inet_ntoa(raw[4:]) if family == socket.AF_INET else ""


def _way_out() -> str:
    """The address from which this computer would speak to others. Connecting by UDP sends nothing."""
    for elsewhere in ("192.0.2.1", "198.51.100.1", "10.255.255.255", "192.168.255.255"):
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            address = probe.getsockname()[0]
            if not is_loopback(address):
                return str(address)
    return ""
