"""How much an answer sends, compressed. Whoever raises a number says why."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from classroom.models import Cohort, Membership, User
from lessons.models import Prediction
from tests.factories import MembershipFactory
from tests.pupils import shown_on

LESSON = "/c/ours/lessons/data-rules-everything/"
CHECK = f"{LESSON}activities/by-hand/check/"
RIGHT = {
    **{f"error_{row}": error for row, error in enumerate(("-2.1", "-3.9", "-6.2", "-7.8"), start=1)},
    **{f"product_{row}": product for row, product in enumerate(("-2.1", "-7.8", "-18.6", "-31.2"), start=1)},
    "mean": "-14.925",
    "w": "0.7463",
}
IN_PLACE = {"HX-Request": "true", "Accept-Encoding": "gzip"}
MOST_BYTES = {
    "the first": 7_500,
    "a wrong sheet": 4_100,
    "a right sheet": 6_500,
    "a seal": 6_700,
    "a look at a reveal": 6_600,
    "a poll with nothing new": 0,
    "the grid of 40": 5_000,
    "the grid of 400": 24_000,
}


def test_an_answer_is_short(
    student: Membership, client_of: Callable[[User], Client], cohort: Cohort, instructor: Membership
) -> None:
    phone = client_of(student.user)
    sizes: dict[str, int] = {}

    def check(name: str, html: str, **answer: str) -> str:
        sent = {"id": str(uuid.uuid4()), "member": student.pk, "step": 1, "shown": shown_on(html), **RIGHT, **answer}
        compressed = phone.post(CHECK, sent, headers=IN_PLACE).content
        sizes[name] = len(compressed)
        return gzip.decompress(compressed).decode()

    html = check("the first", phone.get(f"{LESSON}by-hand/").text, product_2="7.8")
    html = check("a wrong sheet", html, product_2="7.9", w="0.5")
    check("a right sheet", html)
    seal = {"id": str(uuid.uuid4()), "member": student.pk, "item": "half-a", "round": 1, "choice": "zigzags"}
    sealed = phone.post(f"{LESSON}activities/rates/seal/", {**seal, "confidence": "sure"}, headers=IN_PLACE)
    assert sealed.status_code == 200
    sizes["a seal"] = len(sealed.content)
    Prediction.objects.update(sealed_at=timezone.now() - timedelta(minutes=1))
    revealed = phone.get(f"{LESSON}rates/since/", {"item": "half-a"}, headers=IN_PLACE)
    assert b"verdict" in gzip.decompress(revealed.content)
    sizes["a look at a reveal"] = len(revealed.content)
    room = client_of(instructor.user)
    version = re.search(r"v=(\w+[^\"&]*)", room.get("/c/ours/class/").text)
    assert version is not None
    nothing = room.get(f"/c/ours/class/grid/?v={version.group(1)}", headers=IN_PLACE)
    sizes["a poll with nothing new"] = len(nothing.content)
    MembershipFactory.create_batch(39, cohort=cohort)
    sizes["the grid of 40"] = len(room.get("/c/ours/class/grid/?v=0", headers=IN_PLACE).content)
    MembershipFactory.create_batch(360, cohort=cohort)
    sizes["the grid of 400"] = len(room.get("/c/ours/class/grid/?v=0", headers=IN_PLACE).content)

    print(f"\nbytes of an answer, compressed: {sizes}")
    assert sizes.keys() == MOST_BYTES.keys()
    assert {name: sizes[name] for name in sizes if sizes[name] > MOST_BYTES[name]} == {}
