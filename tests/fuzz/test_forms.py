"""No form and no address of a page breaks, whatever is posted to it or asked of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conventions import matrix
from tests.conventions.matrix import World
from tests.conventions.permission_table import ROWS, Row
from tests.fuzz import Found, ask, drawn, fields

pytestmark = [pytest.mark.slow, pytest.mark.services]

PAGES = [row for row in ROWS if not row.path.startswith(("/admin/", "/api/"))]
# Names that pages know beside those of the permission table.
OTHERS = (
    *("member", "shown", "errors_1", "products_2", "mean", "gradient", "w", "go_on", "solution", "scratch", "answer"),
    *("text", "claim", "who_1", "where_1", "when_1", "passage_1", "stance_1", "stamp", "supplied", "none", "file"),
    *("second", "read_as", "low", "high", "unit", "because", "saw", "idea", "next_time", "rate", "closer", "trial"),
    *("comment", "ticks", "item", "v", "since", "at", "page", "sort", "names", "usernames", "lesson", "format", "next"),
    *("day", "hour", "seen", "brings", "back", "display_name", "student_id", "keep_out", "printed", "knob", "seed"),
)
NAMES = (*OTHERS, *dict.fromkeys(name for row in PAGES for name in row.body))


@pytest.fixture
def world(db: None) -> World:
    return matrix.build_world()


@pytest.mark.parametrize("role", ["anonymous", "student", "instructor", "admin"])
def test_no_page_breaks_whatever_is_sent_to_it(world: World, role: str) -> None:
    client, found = world.clients[role], Found()

    def hold(row: Row, method: str) -> None:
        body = {name: str(value).format(**world.names) for name, value in row.body.items()}
        path = row.path.format(**world.names)

        @drawn(3)
        @given(sent=fields(NAMES, body if method == "POST" else {}), is_htmx=st.booleans())
        def asked(sent: list[tuple[str, str]], is_htmx: bool) -> None:
            answer = ask(client, method, path, sent, **({"HTTP_HX_REQUEST": "true"} if is_htmx else {}))
            found.note(answer, f"{method} {row.name}", sent)

        asked()

    for row in PAGES:
        for method in {"GET", "POST"} & set(row.answers):
            hold(row, method)

    found.hold(role)
