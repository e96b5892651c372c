"""A school's roster, from its file to the classes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classroom import services
from classroom.models import Cohort, LearningEvent, Membership, Role, User
from classroom.refusals import Refusal
from office import roster
from tests.factories import CohortFactory, MembershipFactory, UserFactory, version_of

pytestmark = pytest.mark.services

PAGE, FILE = "/admin/classroom/cohort/roster/", "/admin/classroom/cohort/roster.csv"
TABLE = """student_id,name,username,class,role
4711,Ada Lovelace,ada.l,ours,student
4712,Alan Turing,,ours,
,Grace Hopper,grace,ours,instructor
"""


SPREADSHEET = "This is a spreadsheet. Open it, save it as CSV, and choose that file."


def bundle_of(*names: str) -> bytes:
    """A zip of empty files."""
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as made:
        for name in names:
            made.writestr(name, "")
    return packed.getvalue()


def look(desk: Client, table: str | bytes, **more: Any) -> Any:
    data = table.encode() if isinstance(table, str) else table
    return desk.post(PAGE, {"file": SimpleUploadedFile("roster.csv", data), "look": "", **more})


def press(desk: Client, page: Any) -> Any:
    kept = {"kept": page.context["kept"], "mark": page.context["plan"].mark, "apply": ""}
    return desk.post(PAGE, kept, follow=True)


def acts(page: Any) -> list[str]:
    return [entry.act for entry in page.context["plan"].entries]


def said(page: Any) -> list[str]:
    return [entry.says for entry in page.context["plan"].entries if entry.says]


def test_a_table_is_shown_first_and_then_applied(desk: Client, cohort: Cohort) -> None:
    before = version_of(cohort)

    shown = look(desk, TABLE)
    assert acts(shown) == ["new", "new", "new"]
    assert not Membership.objects.exists()
    done = press(desk, shown)

    assert "Done: 3 new people." in done.text
    members = {each.user.username: (each.user.display_name, each.student_id, each.role) for each in _members(cohort)}
    assert members == {
        "ada.l": ("Ada Lovelace", "4711", "student"),
        "alan.turing": ("Alan Turing", "4712", "student"),
        "grace": ("Grace Hopper", "", "instructor"),
    }
    assert version_of(cohort) > before
    assert LearningEvent.objects.filter(kind="cohort_joined").count() == 3
    assert not any(user.has_usable_password() for user in User.objects.exclude(username="ada"))


def _members(cohort: Cohort) -> list[Membership]:
    return list(Membership.objects.filter(cohort=cohort).select_related("user"))


def test_the_second_time_there_is_nothing_to_do(desk: Client, cohort: Cohort) -> None:
    press(desk, look(desk, TABLE))
    before = version_of(cohort)

    again = look(desk, TABLE)

    assert acts(again) == ["same", "same", "same"]
    assert "There is nothing to change." in again.text
    press(desk, again)
    assert (User.objects.count(), version_of(cohort)) == (4, before)


def test_what_differs_is_shown_with_what_it_was(desk: Client, cohort: Cohort) -> None:
    press(desk, look(desk, TABLE))
    changed = TABLE.replace("Ada Lovelace", "Ada King").replace("4712", "4713").replace("instructor", "student")

    shown = look(desk, changed)

    assert [entry.changes for entry in shown.context["plan"].entries] == [
        [("name", "Ada Lovelace", "Ada King")],
        [],
        [("role", "instructor", "student")],
    ]
    # Without a username a person is known by their number: another number is another person.
    assert acts(shown) == ["changed", "new", "changed"]
    assert "<del>Ada Lovelace</del> <ins>Ada King</ins>" in shown.text
    press(desk, shown)
    assert User.objects.get(username="ada.l").display_name == "Ada King"
    assert LearningEvent.objects.filter(kind="member_renamed").count() == 1


def test_who_is_missing_stays_and_who_was_removed_comes_back(
    desk: Client, cohort: Cohort, student: Membership, instructor: Membership
) -> None:
    press(desk, look(desk, TABLE))
    left = Membership.objects.get(student_id="4711")
    services.remove(instructor, left, keep_out=True)

    shown = look(desk, TABLE.splitlines()[0] + "\n4711,Ada Lovelace,,ours,student\n")
    press(desk, shown)

    assert acts(shown) == ["back"]
    left.refresh_from_db()
    assert (left.is_present, left.kept_out) == (True, False)
    assert Membership.objects.present().filter(cohort=cohort).count() == 5


def test_a_broken_line_leaves_everything_as_it_is(desk: Client, cohort: Cohort) -> None:
    shown = look(desk, TABLE + "4713,Bad\u202eName,,ours,student\n")
    done = press(desk, shown)

    assert acts(shown) == ["new", "new", "new", "wrong"]
    assert "Some lines are wrong." in shown.text
    assert not Membership.objects.exists()
    assert done.status_code == 400


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,Ann,,nowhere,", "There is no class “nowhere”."),
        ("1,Ann,,,", "This line names no class."),
        ("1,Ann,,ours,boss", "“boss” is no role."),
        ("1,,,ours,", "This line has no name."),
        ("1,,ann,ours,", "This person is new and has no name."),
        ("=1,Ann,,ours,", "A student ID has letters"),
        ("1,Ann,a nn,ours,", "A username cannot contain a space."),
        ("1,\u3164,,ours,", "This name is invisible."),
        ("1,Ann,аda,ours,", "This looks like the username of an instructor or admin."),
        ("1,Ann,,long-ago,", "This class is archived."),
        ("1,Ann,,twin,", "Several classes are called “twin”."),
        ("1,Ann,,theirs,", "There is no class “theirs”."),
    ],
)
def test_what_is_wrong_with_a_line_is_said_at_the_line(desk: Client, cohort: Cohort, line: str, says: str) -> None:
    CohortFactory(slug="long-ago", archived=True)
    CohortFactory.create_batch(2, name="Twin")

    shown = look(desk, f"student_id,name,username,class,role\n{line}\n")

    assert acts(shown) == ["wrong"]
    assert said(shown)[0].startswith(says)
    assert '<td class="number">2</td>' in shown.text


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("1,Ann,,ours,\n1,Bea,,ours,\n", "Line 2 is about the same person in this class."),
        ("1,Ann,ann,ours,\n2,Ann,ANN,ours,\n", "Line 2 is about the same person in this class."),
        ("17,Ann,ann,ours,\n", "Somebody else in this class has that student ID."),
    ],
)
def test_one_number_is_one_person_in_a_class(desk: Client, student: Membership, lines: str, says: str) -> None:
    Membership.objects.filter(pk=student.pk).update(student_id="17")

    assert said(look(desk, f"student_id,name,username,class,role\n{lines}")) == [says]


def test_somebody_in_several_classes_of_the_table_is_one_person(desk: Client, cohort: Cohort) -> None:
    other = CohortFactory(slug="other")
    table = "student_id,name,class\n1,Ann Lee,ours\n1,Ann Lee,other\n2,Ann Lee,other\n"

    press(desk, look(desk, table))

    assert [each.user.username for each in (*_members(cohort), *_members(other))] == ["ann.lee", "ann.lee", "ann.lee2"]
    assert acts(look(desk, table)) == ["same", "same", "same"]


def test_a_table_of_names_alone_goes_into_the_class_that_is_chosen(desk: Client, cohort: Cohort) -> None:
    table = "Name\nAnn Lee\nAnn Lee\nBo\n"

    assert acts(look(desk, table)) == ["wrong", "wrong", "wrong"]
    press(desk, look(desk, table, into=cohort.pk))

    assert [each.user.username for each in _members(cohort)] == ["ann.lee", "ann.lee2", "bo"]
    assert acts(look(desk, table, into=cohort.pk)) == ["same", "same", "same"]


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("kind", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_read_as_any_spreadsheet_writes_it(desk: Client, cohort: Cohort, between: str, kind: str) -> None:
    table = f"Student ID{between}Full name{between}Section\r\n1{between}Zoë Müller{between}ours\r\n\r\n"

    shown = look(desk, table.encode(kind))

    assert [entry.row.name for entry in shown.context["plan"].entries] == ["Zoë Müller"]
    assert acts(shown) == ["new"]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"", "This file is empty."),
        (b"\xef\xbb\xbf \r\n\r\n", "This file is empty."),
        (b"name\n", "This file has no line below its first one."),
        (b"colour,shape\nred,round\n", "“name” is missing."),
        (b"name,Name\nAnn,Ann\n", "The first line names “name” twice."),
        (b'name\n"Ann\n', "Line 2 cannot be read"),
        (b"name\nAnn,Bea\n", "Line 2 has more cells than the first line has names."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "This is not a text file."),
        (b"PK\x03\x04 nothing", "This is no OneRoster bundle"),
        (bundle_of("readme.txt"), "This is no OneRoster bundle"),
        (bundle_of("[Content_Types].xml", "xl/workbook.xml"), SPREADSHEET),  # xlsx
        (bundle_of("mimetype", "content.xml"), SPREADSHEET),  # ods
        (bundle_of("Index/Document.iwa"), SPREADSHEET),  # numbers
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 xls", SPREADSHEET),
        (b"%PDF-1.7 of plain letters, name, and more\n1 0 obj\n", "This is a PDF. Save the table as CSV"),
        (b"name\n" + b"Ann\n" * 10_001, "This table has 10001 lines. 10000 is the most. Split it into several"),
    ],
)
def test_what_is_no_roster_is_refused_in_words(desk: Client, cohort: Cohort, table: bytes, says: str) -> None:
    page = look(desk, table)

    assert page.status_code == 400
    assert says in page.text


def test_a_pasted_table_that_is_too_long_is_refused_in_words(desk: Client, cohort: Cohort) -> None:
    page = desk.post(PAGE, {"text": "name\n" + "Ann\n" * 80_000, "look": ""})

    assert page.status_code == 413
    assert "That is too much at once. Go back and send less. Choose a long roster as a file." in page.text


def test_columns_that_mean_nothing_are_named(desk: Client, cohort: Cohort) -> None:
    page = look(desk, "name,class,Shoe size\nAnn,ours,38\n")

    assert "Columns that mean nothing here: Shoe size." in page.text


def test_a_preview_that_is_overtaken_shows_what_would_be_done_now(desk: Client, cohort: Cohort) -> None:
    shown = look(desk, TABLE)
    UserFactory(username="alan.turing")

    again = press(desk, shown)

    assert again.status_code == 409
    assert "Something changed meanwhile." in again.text
    assert not Membership.objects.exists()
    press(desk, again)
    assert [each.user.username for each in _members(cohort)] == ["ada.l", "alan.turing2", "grace"]


def test_who_was_kept_out_meanwhile_is_not_brought_back_by_another_change(
    desk: Client, cohort: Cohort, instructor: Membership
) -> None:
    press(desk, look(desk, TABLE))
    shown = look(desk, TABLE.replace("Ada Lovelace", "Ada King"))
    left = Membership.objects.get(student_id="4711")
    services.remove(instructor, left, keep_out=True)

    again = press(desk, shown)

    left.refresh_from_db()
    assert (again.status_code, left.is_present) == (409, False)


def test_what_was_shown_cannot_be_forged(desk: Client, cohort: Cohort) -> None:
    answer = desk.post(PAGE, {"kept": "W10:1abc:def", "mark": "x", "apply": ""})

    assert answer.status_code == 409
    assert "This preview is too old." in answer.text


def test_the_roster_as_it_is_changes_nothing_when_it_is_read_again(desk: Client, cohort: Cohort) -> None:
    names = ["=HYPERLINK(1)", "Ann; =Lee", "O'Hara", 'Ann "A" Lee', "名前", "@home", "Zoë  Q"]
    for n, name in enumerate(names):
        user = UserFactory(username=f"@user{n}" if n else "-user", display_name=name)
        Membership.objects.filter(pk=MembershipFactory(cohort=cohort, user=user).pk).update(student_id=f"{n}")
    MembershipFactory(cohort=CohortFactory(archived=True))

    answer = desk.get(FILE)
    file = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a streamed one

    assert answer.headers["Content-Disposition"] == 'attachment; filename="roster.csv"'
    assert len(list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))) == len(names) + 1
    assert acts(look(desk, file)) == ["same"] * len(names)


def test_a_oneroster_bundle_is_read(desk: Client, cohort: Cohort) -> None:
    page = look(desk, bundle())

    rows = [(e.row.student_id, e.row.name, e.row.username, e.role) for e in page.context["plan"].entries]
    assert rows == [("4711", "Ada Lovelace", "ada.l", Role.STUDENT), ("t1", "Grace Hopper", "grace", Role.INSTRUCTOR)]
    press(desk, page)
    assert {each.user.username for each in _members(cohort)} == {"ada.l", "grace"}
    assert acts(look(desk, bundle())) == ["same", "same"]


def test_a_oneroster_bundle_that_names_what_it_lacks_is_refused(desk: Client, cohort: Cohort) -> None:
    page = look(desk, bundle(extra="e9,active,c9,4711,student\n"))

    assert "Line 6 of enrollments.csv names a person or a class that the bundle does not have." in page.text


def bundle(extra: str = "") -> bytes:
    files = {
        "manifest.csv": "propertyName,value\noneroster.version,1.2\n",
        "users.csv": "sourcedId,status,enabledUser,username,givenName,familyName,identifier\n"
        "u1,active,true,ada.l,Ada,Lovelace,4711\nt1,active,true,grace,Grace,Hopper,\nu3,active,true,gone,Gone,By,3\n",
        "classes.csv": "sourcedId,status,title,classCode\nc1,active,Our class,\n",
        "enrollments.csv": "sourcedId,status,classSourcedId,userSourcedId,role\n"
        "e1,active,c1,u1,student\ne2,active,c1,t1,teacher\ne3,tobedeleted,c1,u3,student\ne4,active,c1,u3,parent\n"
        + extra.replace("4711", "u1"),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


@pytest.mark.parametrize("role", ["class admin", "auditor"])
def test_who_may_not_add_people_has_no_roster(desk_of: Callable[..., Client], cohort: Cohort, role: str) -> None:
    client = desk_of(role, cohort)

    assert client.get(PAGE).status_code == 403
    assert look(client, TABLE).status_code == 403
    assert "Roster" not in client.get("/admin/classroom/cohort/").text


def test_a_class_admin_downloads_the_roster_of_their_classes_alone(admin_of: Client, student: Membership) -> None:
    MembershipFactory(cohort=CohortFactory(), user__display_name="Olga")

    file = b"".join(admin_of.get(FILE).streaming_content).decode()  # type: ignore[attr-defined]  # a streamed one

    assert ("Sam" in file, "Olga" in file) == (True, False)


def test_five_thousand_lines_are_seen_and_applied_with_few_questions(
    desk: Client, django_assert_max_num_queries: Any
) -> None:
    cohorts = CohortFactory.create_batch(40)
    table = "student_id,name,username,class,role\n" + "".join(
        f"{n},Student Number {n},user{n:05},{cohorts[n % 40].slug},student\n" for n in range(5000)
    )

    with django_assert_max_num_queries(40):
        shown = look(desk, table)
    assert len(shown.context["kept"]) < 256 * 1024
    with django_assert_max_num_queries(200):
        press(desk, shown)

    assert Membership.objects.count() == 5000
    assert set(acts(look(desk, table))) == {"same"}


@given(data=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_whatever_is_given_as_a_file_is_read_or_refused(data: bytes) -> None:
    with suppress(Refusal):
        rows, unread = roster.read(data)
        assert rows
        assert all(isinstance(name, str) for name in unread)
