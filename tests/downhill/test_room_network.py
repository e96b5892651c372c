"""By which addresses others reach this computer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from classroom.loopback import is_loopback
from downhill import room_network

pytestmark = pytest.mark.pure
PLAIN, LOOP, TUNNEL, DOWN = 0x1043, 0x49, 0x10D1, 0x1002
Found = Callable[..., None]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Found:
    """Say which interfaces there are, by which the way out leads, and the computer's name."""

    def say(
        *interfaces: tuple[str, int, str], out: str = "", name: str = "Marias-Laptop.lan", mac: bool = False
    ) -> None:
        monkeypatch.setattr(room_network, "_interfaces", lambda: iter(interfaces))
        monkeypatch.setattr(room_network, "_way_out", lambda: out)
        monkeypatch.setattr(socket, "gethostname", lambda: name)
        monkeypatch.setattr(room_network.sys, "platform", "darwin" if mac else "linux")

    return say


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST.", "demo.localhost", "::1", "[::1]", "::ffff:127.0.0.1"],
)
def test_a_loopback_name_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "*", "::", "10.0.0.1", "localhost.evil.test", "127.0.0.1.evil.test", ".localhos", "testserver"],
)
def test_any_other_name_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_the_way_out_comes_first_and_what_nobody_in_the_room_reaches_not_at_all(found: Found) -> None:
    found(
        ("lo", LOOP, "127.0.0.1"),
        ("docker0", PLAIN, "172.17.0.1"),
        ("br-1f2e", PLAIN, "172.18.0.1"),
        ("tun0", TUNNEL, "10.8.0.2"),
        ("eth1", DOWN, "10.9.0.2"),
        ("eth0", PLAIN, "169.254.7.7"),
        ("en5", PLAIN, "10.0.0.5"),
        ("wlan0", PLAIN, "192.168.1.20"),
        out="192.168.1.20",
    )

    assert room_network.addresses() == ["192.168.1.20", "10.0.0.5"]


def test_a_system_that_tells_no_interface_is_asked_for_the_way_out(found: Found) -> None:
    found(out="192.168.1.20")

    assert room_network.addresses() == ["192.168.1.20"]


def test_a_way_out_through_a_tunnel_is_none_for_the_room(found: Found) -> None:
    found(("tun0", TUNNEL, "10.8.0.2"), ("wlan0", PLAIN, "192.168.1.20"), out="10.8.0.2")

    assert room_network.addresses() == ["192.168.1.20"]


def test_the_real_interfaces_are_read_without_a_fault() -> None:
    told: Iterator[Any] = room_network._interfaces()

    assert "127.0.0.1" in [address for _name, _flags, address in told]


def test_all_that_is_printed_is_allowed_and_nothing_else(found: Found) -> None:
    found(("en0", PLAIN, "192.168.1.20"), ("en5", PLAIN, "10.0.0.5"), out="192.168.1.20", mac=True)

    place = room_network.place("0.0.0.0", 8000)  # noqa: S104 - only compared

    assert place.urls == ["http://192.168.1.20:8000", "http://10.0.0.5:8000", "http://marias-laptop.local:8000"]
    assert place.hosts == (
        *("localhost", "127.0.0.1", "[::1]"),
        *("192.168.1.20", "10.0.0.5", "marias-laptop.local"),
    )
    assert place.own == "127.0.0.1"


def test_a_computer_in_no_network_has_no_name_there(found: Found) -> None:
    found(("lo", LOOP, "127.0.0.1"), mac=True)

    assert room_network.place("0.0.0.0", 8000).names == ()  # noqa: S104 - only compared


@pytest.mark.parametrize(
    ("host", "url", "allowed"),
    [
        ("192.168.1.20", "http://192.168.1.20:8000", "192.168.1.20"),
        ("laptop.school.test", "http://laptop.school.test:8000", "laptop.school.test"),
        ("fd00::2", "http://[fd00::2]:8000", "[fd00::2]"),
        ("127.0.0.2", "http://127.0.0.2:8000", "127.0.0.2"),
    ],
)
def test_an_address_that_was_asked_for_is_allowed(host: str, url: str, allowed: str) -> None:
    place = room_network.place(host, 8000)

    assert place.urls == [url]
    assert place.hosts == ("localhost", "127.0.0.1", "[::1]", allowed)
