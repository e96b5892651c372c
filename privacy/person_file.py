"""A person's own file: everything that is kept of them, as a zip that opens anywhere.

`data.json` has all of it, `index.html` is the same to read, without script and without a network, and each badge is
there as its signed credential. A prediction is their own choice; what the lesson says of it is in the page once they
have seen it, by the accounts of “What I did”. What a run of theirs gave is in `data.json` at once, before its reveal
too, as the API gives it to whoever asked for it (docs/decisions/0038). No lesson and no notebook is in it: they are the
same for everybody.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.contrib.admin.utils import get_fields_from_path
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from badges import credentials
from badges.models import Award
from classroom.models import Cohort, Membership, User
from lessons import catalogue
from lessons.activities.base import type_of
from lessons.models import PartProgress
from lessons.selectors import accounts_of
from privacy.person_rows import SECTIONS, Row, Section

FORMAT = 1  # raised when a key of `data.json` goes or means something else
IN_MEMORY = 8_000_000  # bytes of a file that are not written to the disk meanwhile
SHOWN = 200  # rows of a section on the page; all of them are in `data.json`
STYLE = Path(__file__).with_name("person_file.css")
ENCODER = DjangoJSONEncoder(ensure_ascii=False)


def make(person: User, *, for_admin: bool = False) -> tuple[IO[bytes], str]:
    """Everything that is kept of a person, as an open file, and what to call it.

    It is put together row by row, so that what is held in memory does not depend on how much they did. An admin's copy
    is without predictions that are still sealed and without credentials: to show these is for their owner.
    """
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # whoever sends it closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("data.json", "w", force_zip64=True) as entry, TextIOWrapper(entry, "utf-8") as text:
            counts = _write_data(person, text, for_admin=for_admin)
        archive.writestr("index.html", _page(person, counts, for_admin=for_admin))
        archive.writestr("style.css", STYLE.read_text(encoding="utf-8"))
        for name, credential in () if for_admin else _credentials(person):
            archive.writestr(name, credential)
    file.seek(0)
    return file, f"downhill-{person.get_username()}-{timezone.now():%Y-%m-%d}.zip"


def _write_data(person: User, text: TextIOWrapper, *, for_admin: bool) -> dict[str, int]:
    """Write `data.json`; give how many rows each section has."""
    about = {
        "format": FORMAT,
        "made_at": timezone.now(),
        "made_for": "admin" if for_admin else "owner",
        "times": "ISO 8601 in UTC; each class has its time_zone.",
    }
    text.write(ENCODER.encode(about)[:-1])
    counts = {}
    for section in SECTIONS:
        text.write(f',\n"{section.name}": [')
        n = 0
        for row in section.rows(person, for_admin=for_admin):
            text.write(",\n" if n else "\n")
            text.write(ENCODER.encode(row))
            n += 1
        text.write("]")
        counts[section.name] = n
    text.write("}\n")
    return counts


def _credentials(person: User) -> Iterator[tuple[str, str]]:
    """The badges of a person, signed and to be read, by the names of their files."""
    for award in Award.objects.filter(membership__user=person).order_by("pk"):
        name = f"badges/{award.badge}-{award.pk}"
        yield f"{name}.jwt", award.token
        yield f"{name}.json", json.dumps(credentials.signed_part(award), ensure_ascii=False, indent=2)


# --- the page -------------------------------------------------------------------------------------


def _page(person: User, counts: Mapping[str, int], *, for_admin: bool) -> str:
    members = list(Membership.objects.filter(user=person).select_related("cohort", "user").order_by("pk"))
    in_words = _InWords([each.cohort for each in members])
    sections = [
        {
            "name": section.name,
            "title": section.title,
            "n": counts[section.name],
            "rows": [in_words.row(section, row) for row in section.rows(person, for_admin=for_admin, newest=SHOWN)],
        }
        for section in SECTIONS
        if counts[section.name]
    ]
    context = {
        "person": person,
        "for_admin": for_admin,
        "now": timezone.now(),
        "first": [each for each in sections if each["name"] in ("account", "classes")],
        "sections": [each for each in sections if each["name"] not in ("account", "classes")],
        "did": [found for each in members for found in _did(each)],
        "shown": SHOWN,
    }
    return render_to_string("privacy/person_file.html", context)


def _did(member: Membership) -> Iterator[dict[str, Any]]:
    """What a person did in the lessons of one class, as their page “What I did” says it."""
    worked_in = PartProgress.objects.filter(membership=member).order_by("lesson").values_list("lesson", flat=True)
    for slug in worked_in.distinct():
        lesson = catalogue.get(slug)
        if lesson is not None:
            with timezone.override(member.cohort.zone):
                parts = accounts_of(member, lesson)
            yield {"class": member.cohort, "lesson": lesson.lesson, "parts": parts, "mark": f"{member.pk}-{slug}-"}


class _InWords:
    """Cells of a row as the page says them: times in the zone of their class, classes and lessons by their names."""

    def __init__(self, classes: Sequence[Cohort]) -> None:
        self.zones = {each.slug: each.zone for each in classes}
        self.titles = {("slug", each.slug): each.name for each in classes}
        for slug, loaded in catalogue.all_lessons().items():
            self.titles["lesson", slug] = loaded.lesson.title
            self.titles |= {("part", part.key): part.title for part in loaded.lesson.parts}
            self.titles |= {("activity", each.key): each.title for each in loaded.lesson.activities}

    def row(self, section: Section, row: Row) -> list[tuple[Any, str]]:
        zone = self.zones.get(row.get("class", ""))
        row = self._as_sealed(row) if "item" in row else row
        told = [
            (column.label, self._cell(section, column.path, row[column.name], zone))
            for column in section.columns
            if column.label and row[column.name] not in (None, "", [], {})
        ]
        return [(label, said) for label, said in told if said]

    @staticmethod
    def _as_sealed(row: Row) -> Row:
        """A row about a question of a lesson, with its title, and with what was said of it in words."""
        lesson = catalogue.get(row.get("lesson", ""))
        place = lesson.find_activity(row["activity"]) if lesson else None
        if place is None:
            return row
        kind, said = type_of(place[1]), (row.get("choice", ""), row.get("second", ""))
        title, words = kind.as_sealed(place[1], row["item"], *said)
        return row | {"item": title} | ({"choice": words, "second": ""} if "choice" in row else {})

    def _cell(self, section: Section, path: str, value: Any, zone: ZoneInfo | None) -> str:
        if isinstance(value, datetime):
            at = timezone.localtime(value, zone or timezone.get_current_timezone())
            return f"{date_format(at, 'j F Y, H:i')} {at.tzname()}"
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, str):
            return self._key(section, path, value)
        return self._flat(value)

    def _key(self, section: Section, path: str, value: str) -> str:
        """The words of something that is kept by its key, and anything else as it was typed."""
        field = get_fields_from_path(section.model, path)[-1]
        if field.choices:
            return str(capfirst(dict(field.flatchoices).get(value, value)))
        if field.name == "kind":
            return str(capfirst(value.replace("_", " ")))
        return self.titles.get((field.name, value), value)

    def _flat(self, value: Any) -> str:
        """A value of an answer, such as “products: 1, 2, 6; mean: 3”."""
        if isinstance(value, Mapping):
            return "; ".join(f"{name}: {self._flat(each)}" for name, each in value.items() if each not in ("", None))
        if isinstance(value, list):
            return ", ".join(self._flat(each) for each in value)
        return str(value)
