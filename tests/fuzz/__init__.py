"""Requests that no page would send, drawn at random: a few of them in every run of the tests, many by `make fuzz`."""

from __future__ import annotations

import copy
import os
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Examples of each operation or form and each role.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
IS_LONG = EXAMPLES > 0


def drawn(n_in_short: int, *, most: int | None = None) -> settings:
    """How many examples are drawn, at most so many: those of the short form are the same in every run."""
    n_in_long = min(EXAMPLES, most) if most else EXAMPLES
    return settings(
        max_examples=n_in_long or n_in_short,
        derandomize=not IS_LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# What has broken a reader of forms somewhere: each of these has once been a 500 of some site.
NASTY: tuple[str | bytes, ...] = (
    *("", " ", "\0", "NaN", "-inf", "1,5", "1e999", "9223372036854775808", "-1", "0", "9" * 5000, "٣", "①", "½"),
    *("../../etc/passwd", "%00", "[]", "{}", "null", '{"a": [1]}', "<script>", "'; --", "\u202e", "\u3164", "\u2028"),
    *("2026-13-45", "0001-01-01", "9999-12-31", "24:00", "5f3a1c9e-0000-4000-8000-000000000001", "a" * 400),
    *(b"\xff\xfe", b"\xed\xa0\x80", b"caf\xe9"),
)
VALUES = st.sampled_from(NASTY) | st.text(max_size=40)


def fields(names: Sequence[str], given: Mapping[str, Any]) -> st.SearchStrategy[list[tuple[str, Any]]]:
    """Fields of a form: those that it has, some of them changed or left out, and others."""
    kept = [st.tuples(st.just(name), st.just(value) | VALUES) for name, value in given.items()]
    more = st.lists(st.tuples(st.sampled_from(names), VALUES), max_size=6)
    base = st.lists(st.one_of(kept), max_size=2 * len(kept)) | st.tuples(*kept).map(list) if kept else st.just([])
    return st.builds(lambda first, rest: [*first, *rest], base, more)


def ask(client: Client, method: str, path: str, sent: list[tuple[str, Any]], **headers: Any) -> Any:
    """Send a request, and undo what it changed."""
    encoded = urlencode(sent)
    undone = transaction.atomic()
    undone._from_testcase = True  # type: ignore[attr-defined]  # a password may be hashed in it
    cookies = copy.deepcopy(client.cookies)
    with undone:
        if method == "GET":
            answer = client.generic("GET", path, QUERY_STRING=encoded, **headers)
        else:
            answer = client.generic("POST", path, encoded, "application/x-www-form-urlencoded", **headers)
        answer.getvalue()  # what is streamed can fail as well
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


class Found:
    """What broke, each fault once, with what was sent."""

    def __init__(self) -> None:
        self.statuses, self.faults = Counter[int](), dict[str, str]()

    def note(self, answer: Any, asked: str, sent: object) -> None:
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            kind, error, trace = getattr(answer, "exc_info", None) or (type(answer), answer, None)
            place = traceback.extract_tb(trace)[-1] if trace else None
            where = f"{place.filename[-60:]}:{place.lineno}" if place else "nowhere"
            fault = f"{asked}: {answer.status_code} {kind.__name__} at {where}"
            self.faults.setdefault(fault, f"{str(error)[:120]}, after {str(sent)[:300]}")

    def hold(self, name: str) -> None:
        print(f"{name}: {self.statuses.total()} requests, {dict(sorted(self.statuses.items()))}")
        assert not self.faults, "\n".join(f"{fault}\n    {why}" for fault, why in self.faults.items())
