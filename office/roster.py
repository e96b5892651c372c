"""A school's roster: who is in which class. It is read from a file, compared with what is stored, shown, and applied.

Nothing is taken away: who is missing in the file stays as they are.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from classroom import events, services, signs
from classroom.models import Cohort, LearningEvent, Membership, Role, User
from classroom.refusals import Refusal
from classroom.romanise import romanise
from dashboard.exports import FORMULAS, Line, neutral
from office import oneroster

COLUMNS = ("student_id", "name", "username", "class", "role")
MOST_ROWS = 10_000  # as many as go to the page and back
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # and whatever else Office wrote before 2007
# What schools call the columns, without blanks and signs.
CALLED = {
    "studentid": "student_id",
    "id": "student_id",
    "number": "student_id",
    "name": "name",
    "displayname": "name",
    "student": "name",
    "fullname": "name",
    "username": "username",
    "login": "username",
    "user": "username",
    "class": "class",
    "cohort": "class",
    "section": "class",
    "role": "role",
}
ROLES = {"": Role.STUDENT, "student": Role.STUDENT, "instructor": Role.INSTRUCTOR, "teacher": Role.INSTRUCTOR}
NEW, ADDED, CHANGED, BACK, SAME, WRONG = "new", "added", "changed", "back", "same", "wrong"
ACTS = {
    NEW: gettext_lazy("new person"),
    ADDED: gettext_lazy("joins the class"),
    BACK: gettext_lazy("taken back"),
    CHANGED: gettext_lazy("changes"),
    SAME: gettext_lazy("as it is"),
    WRONG: gettext_lazy("wrong"),
}


CHANGES = {"name": gettext_lazy("name"), "student_id": gettext_lazy("student ID"), "role": gettext_lazy("role")}


@dataclass(frozen=True)
class Row:
    """A line of a roster as it was given; `at` is its number in the file."""

    at: int
    student_id: str
    name: str
    username: str
    cohort: str
    role: str


@dataclass
class Entry:
    """What a line comes to."""

    row: Row
    act: str = SAME
    # For each column that changes: its name, what stood there, what will.
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    says: str = ""
    user: User | None = None
    cohort: Cohort | None = None
    membership: Membership | None = None
    role: str = Role.STUDENT
    username: str = ""

    @property
    def words(self) -> str:
        return str(ACTS[self.act])

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """What changes, in words."""
        return [(str(CHANGES[name]), was, now) for name, was, now in self.changes]


def in_words(act: str, n: int) -> str:
    """What some lines come to, after their number."""
    if act == NEW:
        return ngettext("new person", "new people", n)
    if act == ADDED:
        return ngettext("joins the class", "join the class", n)
    if act == CHANGED:
        return ngettext("changes", "change", n)
    return ngettext("as it is", "as they are", n) if act == SAME else str(ACTS[act])


@dataclass(frozen=True)
class Plan:
    """What a roster would do, line by line."""

    entries: tuple[Entry, ...]
    unread: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        met = Counter(entry.act for entry in self.entries)
        return {act: met[act] for act in ACTS if met[act]}

    @property
    def sums(self) -> list[tuple[int, str]]:
        """How many lines come to what, in words."""
        return [(n, in_words(act, n)) for act, n in self.counts.items()]

    @property
    def is_wrong(self) -> bool:
        return any(entry.act == WRONG for entry in self.entries)

    @property
    def does_nothing(self) -> bool:
        return all(entry.act == SAME for entry in self.entries)

    @property
    def mark(self) -> str:
        """Tells whether what is applied is what was shown."""
        told = [
            [at.row.at, at.act, at.changes, at.username, at.cohort and at.cohort.pk, at.user and at.user.pk]
            for at in self.entries
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def read(given: bytes) -> tuple[list[Row], tuple[str, ...]]:
    """Read the lines of a file, and the names of its columns that mean nothing here.

    Parameters
    ----------
    given : CSV in UTF-8, with or without its mark, UTF-16 with it, or Windows-1252; between its cells stand commas,
        semicolons or tabs. Or a bundle of OneRoster 1.2.

    Raises
    ------
    Refusal
        If it is no such file, with what is wrong and where.
    """
    _refuse_other_kinds(given)
    if oneroster.is_bundle(given):
        found = [Row(*each) for each in oneroster.read(given)]
        unread: tuple[str, ...] = ()
    else:
        found, unread = _read_csv(_decode(given))
    if len(found) > MOST_ROWS:
        says = _("This table has %(n)d lines. %(most)d is the most. Split it into several files.")
        raise Refusal(says % {"n": len(found), "most": MOST_ROWS})
    if not found:
        raise Refusal(_("This file has no line below its first one. Add a line for each student."))
    return found, unread


def _refuse_other_kinds(given: bytes) -> None:
    if given.startswith(OLD_EXCEL) or (oneroster.is_bundle(given) and oneroster.is_spreadsheet(given)):
        raise Refusal(_("This is a spreadsheet. Open it, save it as CSV, and choose that file."))
    if given.startswith(b"%PDF"):
        raise Refusal(_("This is a PDF. Save the table as CSV where it was made, and choose that file."))
    if not given.removeprefix(codecs.BOM_UTF8).strip():
        raise Refusal(_("This file is empty."))


def _decode(given: bytes) -> str:
    is_utf_16 = given.startswith((b"\xff\xfe", b"\xfe\xff"))
    for kind in ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252"]:
        try:
            text = given.decode(kind)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refusal(_("This is not a text file. Save the table as CSV, with UTF-8, and choose that file."))


def _read_csv(text: str) -> tuple[list[Row], tuple[str, ...]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    between = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        return _rows_of(lines)
    except csv.Error as error:
        says = _("Line %(at)d cannot be read: a quotation mark is open or stands in the middle.")
        raise Refusal(says % {"at": lines.line_num}) from error


def _rows_of(lines: Any) -> tuple[list[Row], tuple[str, ...]]:
    columns: list[str] = []
    unread: list[str] = []
    found = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns, unread = _columns_of(cells)
            continue
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            says = _("Line %(at)d has more cells than the first line has names.")
            raise Refusal(says % {"at": lines.line_num})
        given = {name: _plain(cell) for name, cell in zip(columns, cells, strict=False) if name}
        found.append(Row(lines.line_num, *(given.get(name, "") for name in COLUMNS)))
    return found, tuple(unread)


def _columns_of(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    names = [CALLED.get("".join(filter(str.isalnum, cell)).casefold(), "") for cell in cells]
    twice = [name for name, n in Counter(filter(None, names)).items() if n > 1]
    if twice:
        raise Refusal(_("The first line names “%(column)s” twice.") % {"column": twice[0]})
    if "name" not in names and "username" not in names:
        says = _("The first line has to name the columns: student_id, name, username, class, role. “name” is missing.")
        raise Refusal(says)
    return names, [cell.strip() for cell, name in zip(cells, names, strict=True) if cell.strip() and not name]


def _plain(cell: str) -> str:
    """A cell without the apostrophes that keep a spreadsheet from computing it (`dashboard.exports.neutral`)."""
    parts = (
        part[1:] if part.startswith("'") and part[1:].lstrip(" ").startswith(FORMULAS) else part
        for part in cell.split(";")
    )
    return " ".join(";".join(parts).split())


def compare(
    rows: Iterable[Row], *, classes: Sequence[Cohort], into: Cohort | None = None, unread: Sequence[str] = ()
) -> Plan:
    """Work out what each line comes to. Five queries.

    Parameters
    ----------
    classes : those that may be named
    into : the class of lines that name none
    """
    rows = list(rows)
    return Plan(tuple(_Comparison(rows, classes, into).entries()), tuple(unread))


class _Comparison:
    def __init__(self, rows: Sequence[Row], classes: Sequence[Cohort], into: Cohort | None) -> None:
        self.rows, self.into = rows, into
        self.classes: dict[str, list[Cohort]] = {}
        for cohort in classes:
            for name in {cohort.slug, cohort.name.casefold(), cohort.join_code.casefold()}:
                self.classes.setdefault(name, []).append(cohort)
        named = {User.normalize_username(row.username) for row in rows if row.username}
        self.by_username = {user.username: user for user in _in_parts(User.objects.all(), "username", named)}
        ids = {row.student_id for row in rows if row.student_id}
        cohorts = {each.pk: each for row in rows if (each := self._class_of(row)) is not None}
        self.by_id: dict[str, list[Membership]] = {}
        self.places: dict[tuple[int, int], Membership] = {}
        members = Membership.objects.select_related("user")
        for each in _in_parts(members, "student_id", ids):
            self.by_id.setdefault(each.student_id, []).append(each)
        for each in _in_parts(members, "cohort", set(cohorts)):
            self.places[each.cohort_id, each.user_id] = each
        self.taken_ids = {
            (each.cohort_id, each.student_id): each.user_id for each in self.places.values() if each.student_id
        }
        self.new_names: dict[tuple[str, str], str] = {}
        # Usernames that cannot be drawn; asked for only if one is to be.
        draws = any(not row.username for row in rows)
        self.drawn: set[str] = set(User.objects.values_list("username", flat=True)) if draws else set()
        self.drawn |= named
        self.staff = {signs.skeleton(name) for name in User.objects.staff().values_list("username", flat=True)}
        self.met: dict[tuple[int, str], int] = {}
        # Of those who are told by their name alone: the first line of a name is the first person of it.
        self.by_name: dict[tuple[int, str], list[User]] = {}
        for place in sorted(self.places.values(), key=lambda place: -place.pk):
            self.by_name.setdefault((place.cohort_id, place.user.display_name.casefold()), []).append(place.user)

    def entries(self) -> Iterator[Entry]:
        for row in self.rows:
            entry = Entry(row)
            try:
                self._work_out(entry)
            except Refusal as refused:
                entry.act, entry.says = WRONG, str(refused.detail)
            yield entry

    def _class_of(self, row: Row) -> Cohort | None:
        if not row.cohort:
            return self.into
        found = self.classes.get(row.cohort.casefold(), [])
        return found[0] if len(found) == 1 else None

    def _work_out(self, entry: Entry) -> None:
        row = entry.row
        entry.cohort = self._named_class(row)
        entry.cohort.refuse_if_archived()
        if row.role.casefold() not in ROLES:
            raise Refusal(_("“%(role)s” is no role. Write student or instructor.") % {"role": row.role})
        entry.role = ROLES[row.role.casefold()]
        entry.user = self._person(row, entry.cohort)
        self._check(entry)
        if entry.user is None:
            entry.act, entry.username = NEW, self._new_username(row)
        else:
            entry.username = entry.user.username
            entry.membership = self.places.get((entry.cohort.pk, entry.user.pk))
            self._compare(entry)
        self._refuse_twice(entry)

    def _named_class(self, row: Row) -> Cohort:
        found = self._class_of(row)
        if found is not None:
            return found
        if not row.cohort:
            raise Refusal(_("This line names no class. Choose one for lines without, or fill in the column."))
        says = _("There is no class “%(class)s”. Write a name, an address or a join code.")
        if self.classes.get(row.cohort.casefold()):
            says = _("Several classes are called “%(class)s”. Write the address of one.")
        raise Refusal(says % {"class": row.cohort})

    def _person(self, row: Row, cohort: Cohort) -> User | None:
        """The person that a line means: by username, else by their number in this class, else in another one."""
        if row.username:
            return self.by_username.get(User.normalize_username(row.username))
        if not row.student_id:
            same = self.by_name.get((cohort.pk, row.name.casefold()))
            return same.pop() if same else None
        known = self.by_id.get(row.student_id, [])
        here = [each.user for each in known if each.cohort_id == cohort.pk]
        if here:
            return here[0]
        people = {each.user_id: each.user for each in known if each.user.display_name.casefold() == row.name.casefold()}
        if len(people) > 1:
            says = _("Several people have the student ID %(id)s and this name. Write the username of one.")
            raise Refusal(says % {"id": row.student_id})
        return next(iter(people.values()), None)

    def _check(self, entry: Entry) -> None:
        row, user = entry.row, entry.user
        if user is None and not row.name:
            raise Refusal(_("This person is new and has no name.") if row.username else _("This line has no name."))
        try:
            if row.name:
                User._meta.get_field("display_name").clean(row.name, user)
            if row.student_id:
                Membership._meta.get_field("student_id").clean(row.student_id, None)
            if user is None and row.username:
                username = User._meta.get_field("username").clean(row.username, None)
                if signs.skeleton(username) in self.staff:
                    raise Refusal(_("This looks like the username of an instructor or admin. Choose another one."))
        except ValidationError as error:
            raise Refusal(" ".join(error.messages)) from error

    def _compare(self, entry: Entry) -> None:
        row, user, place = entry.row, entry.user, entry.membership
        assert user is not None
        if user.is_synthetic or not user.is_active:
            raise Refusal(_("%(username)s may not log in. Open their log-in first.") % {"username": user.username})
        if row.name and row.name != " ".join(user.display_name.split()):
            if user.is_staff or user.is_superuser:
                says = _("%(username)s is an admin. Rename them on their own page.")
                raise Refusal(says % {"username": user.username})
            entry.changes.append(("name", user.display_name, row.name))
        if place is None:
            entry.act = ADDED
            return
        if place.merged_into_id is not None:
            raise Refusal(_("This account was merged into another one. Its work is there."))
        if row.student_id and row.student_id != place.student_id:
            entry.changes.append(("student_id", place.student_id or "–", row.student_id))
        if row.role and entry.role != place.role:
            entry.changes.append(("role", place.role, entry.role))
        entry.act = SAME if place.is_present and not entry.changes else CHANGED if place.is_present else BACK

    def _refuse_twice(self, entry: Entry) -> None:
        cohort = entry.cohort
        assert cohort is not None
        for what in (entry.username, f"#{entry.row.student_id}" if entry.row.student_id else ""):
            if what and (at := self.met.setdefault((cohort.pk, what), entry.row.at)) != entry.row.at:
                raise Refusal(_("Line %(at)d is about the same person in this class.") % {"at": at})
        holder = self.taken_ids.get((cohort.pk, entry.row.student_id))
        if holder is not None and (entry.user is None or holder != entry.user.pk):
            raise Refusal(_("Somebody else in this class has that student ID."))

    def _new_username(self, row: Row) -> str:
        if row.username:
            return str(User.normalize_username(row.username))
        # Somebody new who is in several classes of the file is one person.
        known = (row.student_id, row.name.casefold()) if row.student_id else None
        if known in self.new_names:
            return self.new_names[known]
        name = self._free(self._wish(row))
        if known is not None:
            self.new_names[known] = name
        return name

    def _wish(self, row: Row) -> str:
        return romanise(row.name).replace("-", ".")[:40].strip(".") or "student"

    def _free(self, wish: str) -> str:
        name, n = wish, 1
        while name in self.drawn or signs.skeleton(name) in self.staff:
            n += 1
            name = f"{wish}{n}"
        self.drawn.add(name)
        return name


def _in_parts(rows: Any, name: str, values: set[Any]) -> Iterator[Any]:
    """Rows by the values of a column, asked for a thousand at a time."""
    ordered = sorted(values)
    for at in range(0, len(ordered), 1000):
        yield from rows.filter(**{f"{name}__in": ordered[at : at + 1000]})


def lock(plan: Plan) -> None:
    """Let the classes of a plan, and who is in them, stay as they are until the transaction ends."""
    cohorts = {entry.cohort.pk for entry in plan.entries if entry.cohort}
    list(Cohort.objects.select_for_update(no_key=True).filter(pk__in=cohorts).order_by("pk").values_list("pk"))
    members = Membership.objects.select_for_update(of=("self",)).filter(cohort__in=cohorts)
    list(members.order_by("pk").values_list("pk"))


def apply(plan: Plan) -> dict[str, int]:
    """Carry out a plan, all of it or nothing, and give what was done. New people cannot log in yet: cards let them.

    Raises
    ------
    Refusal
        If a line of it is wrong.
    IntegrityError
        If somebody else has just taken a username or a student ID; then nothing was done.
    """
    if plan.is_wrong:
        raise Refusal(_("Some lines are wrong. Nothing was changed."))
    with transaction.atomic():
        cohorts = {entry.cohort.pk: entry.cohort for entry in plan.entries if entry.cohort and entry.act != SAME}
        services.hold({entry.user.pk: entry.user for entry in plan.entries if entry.user}.values())
        people = _store_people(plan.entries)
        told = [*_store_places(plan.entries, people), *_change(plan.entries)]
        LearningEvent.objects.bulk_create(told, batch_size=1000)
        for pk in sorted(cohorts):
            services.touch(cohorts[pk])
    return plan.counts


def _store_people(entries: Iterable[Entry]) -> Mapping[str, User]:
    new: dict[str, User] = {}
    for entry in entries:
        if entry.act == NEW and entry.username not in new:
            user = User(username=entry.username, display_name=entry.row.name)
            user.set_unusable_password()
            new[entry.username] = user
    User.objects.bulk_create(new.values(), batch_size=1000)
    return new


def _store_places(entries: Iterable[Entry], people: Mapping[str, User]) -> list[LearningEvent]:
    made = []
    for entry in entries:
        if entry.act in (NEW, ADDED):
            user = people[entry.username] if entry.act == NEW else entry.user
            made.append(Membership(user=user, cohort=entry.cohort, role=entry.role, student_id=entry.row.student_id))
    Membership.objects.bulk_create(made, batch_size=1000)
    return [events.told(events.CohortJoined(), each) for each in made]


def _change(entries: Iterable[Entry]) -> list[LearningEvent]:
    told = []
    for entry in entries:
        row, user, place = entry.row, entry.user, entry.membership
        if user is not None and any(name == "name" for name, __, __ in entry.changes):
            was, user.display_name = user.display_name, row.name
            User.objects.filter(pk=user.pk).update(display_name=row.name)
            if place is not None:
                told.append(events.told(events.MemberRenamed(was, row.name), place))
        if place is None or entry.act not in (CHANGED, BACK):
            continue
        if row.student_id and row.student_id != place.student_id:
            told.append(events.told(events.StudentIdSet(place.student_id, row.student_id), place))
            place.student_id = row.student_id
        if row.role:
            place.role = entry.role
        if entry.act == BACK:
            place.removed_at, place.removed_by, place.kept_out = None, None, False
            told.append(events.told(events.MemberReturned(), place))
        back = ["removed_at", "removed_by", "kept_out"] if entry.act == BACK else []
        place.save(update_fields=["student_id", "role", *back])
    return told


def lines(members: Iterable[Membership]) -> Iterator[str]:
    """The members of classes as a file that, read again, changes nothing."""
    write = csv.writer(Line()).writerow
    yield "\ufeff" + write(COLUMNS)
    for each in members:
        cells = (each.student_id, each.user.display_name, each.user.username, each.cohort.slug, each.role)
        yield write([neutral(cell) for cell in cells])
