"""The class at a glance: a constant number of queries, however large the class."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import selectors
from classroom.models import Cohort, GradientRule, Membership
from dashboard import needs, slip_counts
from dashboard.class_rows import ClassRows
from dashboard.grid_options import GridOptions, name_by_number
from dashboard.needs import Group, Helped, Need, StillRoom
from experiments.liveness import Silence
from lessons.activities.base import AnyType, type_of
from lessons.arc import badge_summary, part_state
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.models import FINISHED, HelpGiven, PartProgress, PartState
from lessons.selectors import standing_of
from lessons.standings import Standing, badge_in

N_SLIPS = 5  # of those made most, beside the grid
N_HELPED = 3
UNFOLDED_UP_TO = 6  # calls beside the grid; of more, each cause shows its count and unfolds


NEED = "need"
# What a cell's mark can say.
SHAPES: Mapping[str, Promise | str] = {
    PartState.SOON.value: PartState.SOON.label,
    PartState.NOT_STARTED.value: PartState.NOT_STARTED.label,
    PartState.WORKING.value: PartState.WORKING.label,
    NEED: gettext_lazy("needs help"),
    PartState.WAITING.value: PartState.WAITING.label,
    PartState.DONE.value: PartState.DONE.label,
}
IN_LEGEND = tuple(shape for shape in SHAPES if shape != PartState.SOON)


def _shape(state: str, *, is_call: bool) -> str:
    """How a mark looks: red where somebody calls for help, and nowhere else."""
    if is_call:
        return NEED
    return PartState.WORKING.value if state == PartState.STUCK else state


class GridCell(NamedTuple):
    """Where a student stands in a part: `note` says it in the cell, after its shape."""

    part: str
    state: str
    tries: int
    slip: str
    since: datetime | None
    note: str = ""
    # Somebody should look here, whatever the state.
    is_call: bool = False

    @property
    def shape(self) -> str:
        """How its mark looks."""
        return _shape(self.state, is_call=self.is_call)


@dataclass(frozen=True)
class GridRow:
    id: int
    # By the order in which they joined: stands for the name where names are hidden.
    number: int
    name: str
    is_here: bool
    cells: tuple[GridCell, ...]

    @property
    def n_done(self) -> int:
        return sum(cell.state in FINISHED for cell in self.cells)

    @property
    def needs_help(self) -> bool:
        return any(cell.is_call for cell in self.cells)


@dataclass(frozen=True)
class GridColumn:
    key: str
    title: str
    number: int
    n_done: int
    is_soon: bool
    # Little is ever said in its cells: it is a badge, or done at home.
    is_narrow: bool = False


@dataclass(frozen=True)
class Grid:
    """Students × parts, as of `version`."""

    version: int
    n_here: int
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]


@dataclass(frozen=True)
class SlipCount:
    """How many students made a slip at least once; a count and no names."""

    words: str
    n_students: int
    # Of the longest bar, in percent.
    share: int


@dataclass(frozen=True)
class Reviews:
    """What waits to be read by an instructor, and since when."""

    n: int
    oldest: datetime | None


@dataclass(frozen=True)
class CallLine:
    """A call for help that waits, with its student's name as it may be shown; `detail` is said of them alone."""

    key: str
    name: str
    detail: str
    need: Need


@dataclass(frozen=True)
class CallGroup:
    """The calls of one cause, the longest wait first. `again` names the activity whose failed run can be asked for.

    `shared` is what is to be said of each of them, if that is the same.
    """

    key: str
    says: str
    about: str
    shared: str
    again: str
    is_unfolded: bool
    lines: tuple[CallLine, ...]

    @property
    def since(self) -> datetime:
        return self.lines[0].need.since


@dataclass(frozen=True)
class HelpedLine:
    key: str
    name: str
    helped: Helped


@dataclass(frozen=True)
class ClassPage:
    """The grid as it is looked at, and beside it who needs help, the slips, and what is to be read."""

    grid: Grid
    n_students: int
    rows: tuple[GridRow, ...]
    call_groups: tuple[CallGroup, ...]
    # More than a third are still: said once, in place of their calls.
    still_room: StillRoom | None
    helped: tuple[HelpedLine, ...]
    slips: tuple[SlipCount, ...]
    reviews: Reviews
    is_compact: bool
    is_projected: bool
    hides_names: bool
    led_up_to: GridColumn | None
    # The led session has ended, or the class is archived.
    is_over: bool
    # No worker has given a sign of life for more than a minute.
    worker: Silence | None

    @property
    def calls(self) -> tuple[CallLine, ...]:
        """Every call that waits."""
        return tuple(line for group in self.call_groups for line in group.lines)


def grid_of(membership: Membership, lesson: LoadedLesson) -> Grid:
    """Every student of the instructor's cohort against every part of the lesson."""
    # The version was read with the membership, so before all of this: whatever was committed since has a higher one.
    return _grid(membership.cohort.version.number, ClassRows(membership.cohort, lesson), {})


def class_page(membership: Membership, lesson: LoadedLesson, options: GridOptions) -> ClassPage:
    """The instructor's page of the class."""
    version, cohort = membership.cohort.version, membership.cohort
    stored = ClassRows(cohort, lesson)
    students, calls = stored.students, needs.calls(stored)
    found = _grid(version.number, stored, {(need.student, need.part): need.short for need in calls.open})
    is_projected = selectors.is_projected(version)
    hides_names = options.hides_names(is_projected=is_projected)
    if options.names == "usernames":
        named = {student.pk: selectors.with_username(student) for student in students}
        found = replace(found, rows=tuple(replace(row, name=named[row.id]) for row in found.rows))
    if hides_names:
        rows = tuple(replace(row, name=name_by_number(row.number)) for row in found.rows)
        found = replace(found, rows=tuple(sorted(rows, key=lambda row: row.number)))
    names = {row.id: row.name for row in found.rows}
    return ClassPage(
        grid=found,
        n_students=len(students),
        rows=_looked_at(found.rows, options),
        call_groups=tuple(_group(group, lesson, names, n_calls=len(calls.open)) for group in calls.groups),
        still_room=calls.room,
        helped=tuple(HelpedLine(_key(each), names[each.student], each) for each in calls.helped[:N_HELPED]),
        slips=_most_made(stored),
        reviews=_reviews(stored),
        is_compact=options.is_compact(len(students)),
        is_projected=is_projected,
        hides_names=hides_names,
        led_up_to=_led_up_to(stored, found.columns),
        is_over=needs.is_over(cohort),
        worker=stored.worker,
    )


def shapes_of(cohort: Cohort, lesson: LoadedLesson) -> Mapping[int, Mapping[str, str]]:
    """How the mark of each part looks for each student: on every page as in the grid."""
    stored = ClassRows(cohort, lesson)
    red = {(need.student, need.part) for need in needs.calls(stored).open}
    return {
        student: {
            part.key: _shape(part_state(part, by_part.get(part.key)), is_call=(student, part.key) in red)
            for part in lesson.lesson.parts
        }
        for student, by_part in stored.progress.items()
    }


def _group(group: Group, lesson: LoadedLesson, names: Mapping[int, str], *, n_calls: int) -> CallGroup:
    place = lesson.find_activity(group.about) if group.reason == HelpGiven.Reason.RUN else None
    details = {need.detail for need in group.needs}
    shared = details.pop() if len(details) == 1 < len(group.needs) else ""
    return CallGroup(
        key=slugify(f"{group.reason} {group.about}"),
        says=group.says,
        about=place[1].title if place else "",
        shared=shared,
        again=group.about if place else "",
        is_unfolded=len(group.needs) == 1 or n_calls <= UNFOLDED_UP_TO,
        lines=tuple(
            CallLine(_key(need), names[need.student], "" if shared else need.detail, need) for need in group.needs
        ),
    )


def _key(call: Need | Helped) -> str:
    """Names a call on the page."""
    return f"{call.student}-{call.reason}-{zlib.crc32(call.occasion.encode()):08x}"


def _grid(version: int, stored: ClassRows, calls: Mapping[tuple[int, str], str]) -> Grid:
    """Lay out the grid. `calls` says what the cells say that an open call for help is about."""
    parts, rule = stored.lesson.lesson.parts, GradientRule(stored.cohort.gradient_rule)
    notes = {part.key: _Notes(part, rule) for part in parts}
    numbers = selectors.numbers_of(student.pk for student in stored.students)
    names = selectors.told_apart(stored.students)
    rows = []
    for student in stored.students:
        by_part, pk = stored.progress[student.pk], student.pk
        cells = tuple(_cell(part, by_part.get(part.key), notes[part.key], calls.get((pk, part.key))) for part in parts)
        rows.append(GridRow(pk, numbers[pk], names[pk], selectors.is_here(student), cells))
    columns = tuple(
        GridColumn(
            part.key,
            part.title,
            i + 1,
            n_done=sum(row.cells[i].state == PartState.DONE for row in rows),
            is_soon=part.soon,
            is_narrow=part.badge is not None or part.homework,
        )
        for i, part in enumerate(parts)
    )
    return Grid(version, sum(row.is_here for row in rows), columns, tuple(rows))


def _cell(part: Part, row: PartProgress | None, notes: _Notes, call: str | None) -> GridCell:
    state, is_call = part_state(part, row), call is not None
    if row is None:
        return GridCell(part.key, state, 0, "", None, call or "", is_call)
    return GridCell(part.key, state, row.tries, row.slip, row.since, call or notes.on(row), is_call)


class _Notes:
    """Says in a few words where a student stands in one part."""

    def __init__(self, part: Part, rule: GradientRule) -> None:
        # As a class of this rule meets them.
        self.core = [activity.for_member("", rule) for activity in part.activities if not activity.extra]
        self.badge = part.badge

    def on(self, row: PartProgress) -> str:
        if row.state == PartState.DONE:
            return ""
        if self.badge is not None:
            return badge_summary(badge_in(row.activities, self.badge), is_for_instructor=True)
        standings = [(type_of(each), each, standing_of(row, each)) for each in self.core]
        remarks = dict.fromkeys(kind.remark(standing) for kind, __, standing in standings)
        return " · ".join(filter(None, [*_at_hand(row, standings), *remarks]))


def _at_hand(row: PartProgress, standings: Sequence[tuple[AnyType, AnyActivity, Standing[Any]]]) -> Sequence[str]:
    """Say where somebody is in the first activity that is not behind them."""
    if row.state == PartState.WAITING:
        return (_("to review"),)
    at_hand = next((each for each in standings if not each[2].is_finished), None)
    if at_hand is None:
        return ()
    kind, activity, standing = at_hand
    return kind.note(activity, standing, row.slip)


def _looked_at(rows: Sequence[GridRow], options: GridOptions) -> tuple[GridRow, ...]:
    shown: Callable[[GridRow], bool] = {
        "all": lambda row: True,
        "need": lambda row: row.needs_help,
        "here": lambda row: row.is_here,
        "review": lambda row: any(cell.state == PartState.WAITING for cell in row.cells),
        "absent": lambda row: not any(cell.since for cell in row.cells),
    }[options.show]
    # Rows come by name, and sorting keeps the order of equals.
    key: Callable[[GridRow], Any] = {
        "name": lambda row: 0,
        "need": lambda row: not row.needs_help,
        "progress": lambda row: (-row.n_done, -sum(cell.since is not None for cell in row.cells)),
    }[options.sort]
    return tuple(sorted(filter(shown, rows), key=key))


def _most_made(stored: ClassRows) -> tuple[SlipCount, ...]:
    """The slips that most students of a class made in a lesson."""
    found = slip_counts.counted(("", each.slip, each.student, 1) for each in stored.tries)[:N_SLIPS]
    most = found[0].n_students if found else 1
    return tuple(SlipCount(each.words, each.n_students, round(100 * each.n_students / most)) for each in found)


def _reviews(stored: ClassRows) -> Reviews:
    """How many texts wait, and since when the oldest: a later version takes its own place in the queue."""
    waiting = [
        (student, key)
        for student, by_part in stored.progress.items()
        for row in by_part.values()
        for key, activity in row.activities.items()
        if activity.get("state") == PartState.WAITING
    ]
    since = [stored.texts[each] for each in waiting if each in stored.texts]
    return Reviews(len(waiting), min(since, default=None))


def _led_up_to(stored: ClassRows, columns: Sequence[GridColumn]) -> GridColumn | None:
    """The last part that is open to a led class."""
    opened = stored.stage.opened if stored.stage.is_led else {}
    return next((column for column in reversed(columns) if column.key in opened), None)


def progress_report(found: Grid) -> dict[str, Any]:
    """The grid as the API gives it."""
    return {
        "version": found.version,
        "here": found.n_here,
        "students": [
            {
                "id": row.id,
                "name": row.name,
                "parts": {
                    cell.part: {
                        "state": cell.state,
                        "tries": cell.tries,
                        "slip": cell.slip or None,
                        "since": cell.since,
                    }
                    for cell in row.cells
                },
            }
            for row in found.rows
        ],
        "totals": {column.key: column.n_done for column in found.columns},
    }
