"""What the students of a class sent, as rows for a spreadsheet: one for each submission, prediction and run.

How sure somebody was of a prediction is in none of them: it is shown to nobody but themselves, and to others only as
counts of five or more, which a table with a row for each answer would undo.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from classroom.models import Cohort
from classroom.selectors import by_students
from experiments.models import RunRequest
from lessons.models import Prediction, Submission
from lessons.run_context import RunContext

Names = Literal["names", "pseudonyms"]
AT_ONCE = 500  # rows that are fetched and held together
COLUMNS = (
    "kind",
    "student",
    "username",
    "student_id",
    "lesson",
    "activity",
    "step, item or trial",
    "round",
    "answer",
    "text",
    "result",
    "slip",
    "seed",
    "at",
    "entered from paper",
    "made by the system",
    "lesson hash",
)
NAMED = ("user__display_name", "user__username", "student_id")
# A spreadsheet takes a cell that begins so for a formula, also behind blanks.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
Row = Sequence[Any]


class Line:
    """What the csv module writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def lines(cohort: Cohort, names: Names) -> Iterator[str]:
    """The export, line by line, with the mark that tells spreadsheets of its encoding. Three queries.

    Rows that come while it is being read may be in it or not; none is in it twice.
    """
    write = csv.writer(Line()).writerow
    yield "\ufeff" + str(write(COLUMNS))
    for row in _rows(cohort, names):
        yield str(write([neutral(cell) for cell in row]))


def neutral(cell: Any) -> str:
    """A cell as text that no spreadsheet takes for a formula: an apostrophe comes before what might be one.

    Some part cells at a semicolon: what follows one is looked at as well.
    """
    text = "" if cell is None else str(cell)
    return ";".join(f"'{part}" if part.lstrip(" ").startswith(FORMULAS) else part for part in text.split(";"))


def pseudonym(cohort: Cohort, membership: int) -> str:
    """A name that stays the same within a class, and that nobody can lead back without the server's secret."""
    return "S-" + salted_hmac("export", f"{cohort.pk}/{membership}", algorithm="sha256").hexdigest()[:10]


def _rows(cohort: Cohort, names: Names) -> Iterator[Row]:
    zone = cohort.zone

    def who(membership: int, *named: str) -> tuple[str, ...]:
        return named if names == "names" else (pseudonym(cohort, membership), "", "")

    mine = by_students(cohort)
    for pk, *named, lesson, activity, step, answer, accepted, is_try, slip, by, hash_, at in _each(
        Submission.objects.filter(mine),
        ("lesson", "activity", "step", "answer", "accepted", "is_try", "slip", "entered_by", "lesson_hash"),
        "received_at",
    ):
        text = answer.get("text", "") if isinstance(answer, Mapping) else ""
        result = "accepted" if accepted else ("not yet" if is_try else "no try")
        typed = "" if text else _typed(answer)
        row = ("submission", *who(pk, *named), lesson, activity, step, "", typed, text, result, slip, "")
        yield (*row, _at(at, zone), _yes(by), "", hash_)
    for pk, *named, lesson, activity, item, round_, choice, second, because, counts, by, hash_, at in _each(
        Prediction.objects.filter(mine),
        ("lesson", "activity", "item", "round", "choice", "second", "because", "counts", "entered_by", "lesson_hash"),
        "sealed_at",
    ):
        said = " · ".join(filter(None, (choice, second)))
        row = ("prediction", *who(pk, *named), lesson, activity, item, round_, said, because, counts, "", "")
        yield (*row, _at(at, zone), _yes(by), "", hash_)
    for pk, *named, context, withdrawn, kind, params, state, seed, at in _each(
        RunRequest.objects.filter(mine),
        ("context", "withdrawn_at", "run__kind", "run__params", "run__state", "run__seed"),
        "requested_at",
    ):
        asked_for = RunContext.parse(context)
        place = (asked_for.lesson, asked_for.activity, asked_for.in_activity) if asked_for else ("", "", "")
        result = "taken back" if withdrawn else state
        asked = "; ".join([f"kind={kind}", *(f"{key}={value}" for key, value in params.items())])
        # What a student's own run is compared with was asked for in their name, and not by them.
        by_system = _yes(asked_for and asked_for.is_beside)
        yield ("run", *who(pk, *named), *place, "", asked, "", result, "", seed, _at(at, zone), "", by_system, "")


def _each(rows: QuerySet[Any], fields: Sequence[str], at: str) -> Iterator[tuple[Any, ...]]:
    wanted = ("membership", *(f"membership__{each}" for each in NAMED), *fields, at)
    return rows.order_by("pk").values_list(*wanted).iterator(chunk_size=AT_ONCE)


def _typed(answer: Any) -> str:
    """The cells of a worksheet as they were typed, such as “w=0.7463; mean=-14.925”."""
    if not isinstance(answer, Mapping):
        return str(answer)
    return "; ".join(f"{name}={value}" for name, value in answer.items() if value not in ("", None))


def _at(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _yes(is_so: object) -> str:
    return "yes" if is_so else ""
