"""Walks through every page that one page leads to, and a student who has something of everything to show there."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client

from classroom.models import Membership
from lessons import reviews, services
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.lessons import runs

LESSONS = ("data-rules-everything", "sampler")
TYPED = 'Look: <a href="/c/ours/lessons/data-rules-everything/rates/">here</a>, or /c/ours/lessons/sampler/.'


def fill(student: Membership, instructor: Membership, lesson: LoadedLesson) -> None:
    """Let a student have taken steps, sealed, seen, written, been sent something back, and a run on its way."""
    student.cohort.lessons = list(LESSONS)
    student.cohort.save()
    for step, answer in enumerate((*pupils.STEPS[:2], {"w": "9"}), start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
    for item in ("half-a", "half-b", "half-c"):
        pupils.seal(student, lesson, "rates", item, "zigzags")
        sealing.open_reveal(student, lesson, "rates", item)
    pupils.seal(student, lesson, "cases", "text-detectors", "accuracy", second="non-native")
    sealing.open_reveal(student, lesson, "cases", "text-detectors")
    sealing.reconcile(student, lesson, "cases", "text-detectors", saw="more")
    runs.sweep(student, lesson)
    sent = pupils.write(student, lesson, TYPED)
    reviews.decide(instructor, sent.pk, decision="returned", met=[False] * 3, comment="Say it without a link.")
    runs.guess(student, lesson, *runs.BEFORE_THE_RUN)
    runs.ask(student, lesson, "bias-run")
    pupils.measure(student, lesson)


def walk(client: Client, *starts: str, within: str) -> Iterator[tuple[str, HttpResponse]]:
    """Every page that can be reached from these, as far as its address begins like that."""
    waiting, met = list(starts), set[str]()
    while waiting:
        at = waiting.pop()
        page = client.get(at)
        yield at, page
        met.add(at)
        links = {urlsplit(urljoin(at, each))._replace(fragment="").geturl() for each in _hrefs_in(page)}
        waiting += sorted(each for each in links - met - set(waiting) if each.startswith(within))


def _hrefs_in(page: HttpResponse) -> set[str]:
    is_page = page["Content-Type"].startswith("text/html")
    found = re.findall(r'\shref="([^"#][^"]*)"', page.content.decode()) if is_page else ()
    return {html.unescape(each) for each in found}
