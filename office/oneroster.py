"""OneRoster 1.2, as student information systems export it: a zip of CSV files, read as the lines of a roster.

Of a bundle, people, classes and enrolments are read (1EdTech, “OneRoster 1.2 CSV Binding”, files users.csv,
classes.csv and enrollments.csv). Whoever is to be deleted is left out: nothing is taken away by a roster.
"""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from classroom.refusals import Refusal

FILES = ("users.csv", "classes.csv", "enrollments.csv")
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)
MOST_BYTES = 50 * 1024 * 1024  # of a file in the bundle, unpacked
ROLES = {"student": "student", "teacher": "instructor"}
# Line, student ID, name, username, class, role.
Line = tuple[int, str, str, str, str, str]


def is_bundle(given: bytes) -> bool:
    return given.startswith(b"PK\x03\x04")


def is_spreadsheet(given: bytes) -> bool:
    """Tell a spreadsheet's own file, which is a zip as well: of Excel, LibreOffice or Numbers."""
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as bundle:
            names = set(bundle.namelist())
    except BROKEN:
        return False
    return bool(names & {"[Content_Types].xml", "content.xml"}) or any(name.endswith(".iwa") for name in names)


def read(given: bytes) -> Iterator[Line]:
    """Read a bundle; the number of a line is that of its enrolment.

    Raises
    ------
    Refusal
        If it is no such bundle, or names what is not in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as bundle:
            users, classes, enrolments = (list(_rows(bundle, name)) for name in FILES)
    except (*BROKEN, KeyError, UnicodeDecodeError, csv.Error, NotImplementedError, RuntimeError) as error:
        says = _("This is no OneRoster bundle: it needs %(files)s, in UTF-8.")
        raise Refusal(says % {"files": ", ".join(FILES)}) from error
    by_user = {row.get("sourcedId", ""): row for __, row in users}
    by_class = {row.get("sourcedId", ""): row for __, row in classes}
    for at, row in enrolments:
        role = ROLES.get(row.get("role", ""))
        if role is None or row.get("status") == "tobedeleted":
            continue
        user, cohort = by_user.get(row.get("userSourcedId", "")), by_class.get(row.get("classSourcedId", ""))
        if user is None or cohort is None:
            says = _("Line %(at)d of enrollments.csv names a person or a class that the bundle does not have.")
            raise Refusal(says % {"at": at})
        name = user.get("preferredFirstName") or user.get("givenName", "")
        family = user.get("preferredLastName") or user.get("familyName", "")
        number = user.get("identifier") or user.get("sourcedId", "")
        title = cohort.get("classCode") or cohort.get("title", "")
        yield at, number.strip(), f"{name} {family}".strip(), user.get("username", "").strip(), title.strip(), role


def _rows(bundle: zipfile.ZipFile, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    # Some systems put the files in a folder.
    path = next((each for each in bundle.namelist() if each.rpartition("/")[2] == name), name)
    if bundle.getinfo(path).file_size > MOST_BYTES:
        raise Refusal(_("%(file)s in this bundle is too large.") % {"file": name})
    with bundle.open(path) as file:
        lines = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
        for row in lines:
            yield lines.line_num, {key: value or "" for key, value in row.items() if isinstance(key, str)}
