"""The lessons that there are, while their files change: nothing restarts, and one that is broken is alone with it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from badges import services as badge_services
from classroom.models import Cohort, Membership, User
from dashboard.class_settings import ClassForm
from lessons import catalogue
from lessons.models import PartProgress
from office.forms import CohortForm
from tests.lessons.little import HEAD

pytestmark = pytest.mark.django_db

LogIn = Callable[[User], Client]
PART = """\
parts:
  - key: read
    title: Read
    line: One page.
    minutes: 5
    prose: arc.md
    activities:
      - {type: reading, key: page, title: A page, text: arc.md}
sentence: I read.
"""


@pytest.fixture
def root(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of lessons beside those that come with Downhill; files in it are read as soon as they are written."""
    monkeypatch.setattr(catalogue, "QUIET", 0)
    settings.LESSONS_FOLDERS = [*settings.LESSONS_FOLDERS, tmp_path]
    return tmp_path


@pytest.fixture
def folder(root: Path) -> Path:
    return write(root / "little")


@pytest.fixture
def given(cohort: Cohort, folder: Path) -> Cohort:
    """The class has the session's lesson and the little one."""
    cohort.lessons = ["data-rules-everything", "little"]
    cohort.save()
    return cohort


def write(folder: Path, slug: str = "little", title: str = "A little lesson") -> Path:
    folder.mkdir(exist_ok=True)
    text = (HEAD + PART).replace("slug: little", f"slug: {slug}").replace("title: A little lesson", f"title: {title}")
    (folder / "arc.md").write_text("Words.", encoding="utf-8")
    (folder / "lesson.yaml").write_text(text, encoding="utf-8")
    return folder


def spoil(folder: Path) -> str:
    """Break a lesson; give what is said of it."""
    file = folder / "lesson.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("minutes: 5", "minutes: five"), encoding="utf-8")
    return f"{file}:12: part 1 “read”, minutes: “five” is not a whole number"


def said() -> list[str]:
    return [message.msg for message in catalogue.check()]


def until(is_so: Callable[[], bool]) -> None:
    """Ask as pages do until something is so."""
    ends_at = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


# --- what there is --------------------------------------------------------------------------------


def test_lessons_are_read_from_several_folders(root: Path) -> None:
    write(root / "one", "one")

    assert set(catalogue.all_lessons()) == {"data-rules-everything", "sampler", "one"}


def test_a_lesson_is_the_same_until_its_files_change(folder: Path) -> None:
    first = catalogue.get("little")
    catalogue.refresh()

    assert catalogue.get("little") is first


@pytest.mark.parametrize("name", ["lesson.yaml", "arc.md"])
def test_a_change_appears_without_a_restart(folder: Path, name: str) -> None:
    before = catalogue.get("little")
    others = catalogue.get("sampler")
    file = folder / name
    file.write_text(file.read_text(encoding="utf-8").replace("Words.", "Others.").replace("Read", "Open"), "utf-8")

    until(lambda: catalogue.get("little") is not before)

    after = catalogue.get("little")
    assert before is not None
    assert after is not None
    assert before.content_hash != after.content_hash
    assert catalogue.get("sampler") is others


def test_a_new_lesson_appears_and_one_taken_away_goes(root: Path) -> None:
    assert catalogue.get("one") is None
    write(root / "one", "one")
    until(lambda: catalogue.get("one") is not None)

    shutil.rmtree(root / "one")
    until(lambda: catalogue.get("one") is None)


def test_whoever_asks_after_a_long_time_waits_for_a_look(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalogue.get("one") is None
    write(root / "one", "one")
    monkeypatch.setattr(catalogue, "UNSEEN", 0)

    assert catalogue.get("one") is not None


def test_what_is_being_written_is_left_alone_for_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue.get("little")
    monkeypatch.setattr(catalogue, "QUIET", 1)
    write(folder, title="Another one")

    catalogue.refresh()
    assert catalogue.get("little") is before

    for file in folder.iterdir():
        os.utime(file, (time.time() - 2, time.time() - 2))
    catalogue.refresh()
    assert catalogue.get("little") is not before


def test_a_file_that_is_being_replaced_takes_no_lesson_away(folder: Path) -> None:
    before = catalogue.get("little")
    (folder / "lesson.yaml").rename(folder / "lesson.yaml.new")

    catalogue.refresh()

    assert catalogue.get("little") is before
    assert said() == [f"{folder / 'lesson.yaml'}: cannot be read: No such file or directory"]


def test_everyone_waits_for_nobody_who_reads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that hangs, as on a mount that is away, holds up no page."""
    before = catalogue.get("little")
    monkeypatch.setattr(catalogue, "EVERY", 0)
    monkeypatch.setattr(catalogue, "_renew", lambda shelf: time.sleep(0.5))

    began = time.monotonic()
    assert [catalogue.get("little") for __ in range(100)] == [before] * 100
    assert time.monotonic() - began < 0.4


# --- what is broken -------------------------------------------------------------------------------


def test_a_broken_lesson_takes_no_other_with_it(root: Path) -> None:
    write(root / "one", "one")
    fault = spoil(write(root / "two", "two"))

    assert set(catalogue.all_lessons()) == {"data-rules-everything", "sampler", "one"}
    assert said() == [fault]


def test_check_warns_of_a_broken_lesson_and_passes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fault = spoil(write(root / "two", "two"))

    call_command("check")

    assert f"(lessons.W002) {fault}" in capsys.readouterr().err


def test_check_warns_of_a_folder_that_is_not_there(root: Path, settings: Settings) -> None:
    settings.LESSONS_FOLDERS = [*settings.LESSONS_FOLDERS, root / "nowhere"]

    assert said() == [f"LESSONS_FOLDERS names a folder that is not there: {root / 'nowhere'}"]
    assert catalogue.get("sampler") is not None


def test_check_passes_where_the_lesson_of_a_badge_is_broken(settings: Settings, tmp_path: Path) -> None:
    spoil(write(tmp_path / "two", "data-rules-everything"))
    settings.LESSONS_FOLDERS = [tmp_path]

    call_command("check")

    assert badge_services.sweep() == 0


def test_of_two_lessons_with_one_slug_the_first_is_used(root: Path) -> None:
    write(root / "one", "sampler")

    found = catalogue.get("sampler")

    assert found is not None
    assert found.lesson.title == "A lesson to learn lessons from"
    assert said() == [f"{root / 'one' / 'lesson.yaml'}:1: slug: “sampler” is the slug of another lesson too"]


def test_what_was_there_before_a_fault_stays_in_use_and_it_is_said(folder: Path) -> None:
    before = catalogue.get("little")
    fault = spoil(folder)

    catalogue.refresh()

    assert catalogue.get("little") is before
    assert said() == [fault]


def test_once_it_is_mended_nothing_is_said_any_more(folder: Path) -> None:
    assert catalogue.get("little") is not None
    spoil(folder)
    catalogue.refresh()
    write(folder, title="Mended at last")
    catalogue.refresh()

    found = catalogue.get("little")
    assert found is not None
    assert found.lesson.title == "Mended at last"
    assert said() == []


@pytest.mark.parametrize("is_kept", [True, False])
def test_those_who_choose_lessons_read_what_is_wrong(given: Cohort, folder: Path, is_kept: bool) -> None:
    if is_kept:
        assert catalogue.get("little") is not None
    fault = spoil(folder)
    if is_kept:
        catalogue.refresh()

    told = "is in use as it was before its last change, which has a fault" if is_kept else "cannot be used"
    for form in (CohortForm(instance=given), ClassForm(cohort=given)):
        field = form.fields["lessons"]
        assert field.help_text == f"“little” {told}: {fault.removeprefix(f'{folder.parent}/')}."
        label = "A little lesson" if is_kept else "little (cannot be opened right now)"
        assert dict(field.choices)["little"] == label  # type: ignore[attr-defined]  # a field of choices


def test_what_an_author_wrote_is_no_html_for_those_who_choose(given: Cohort, folder: Path) -> None:
    text = (folder / "lesson.yaml").read_text(encoding="utf-8")
    (folder / "lesson.yaml").write_text(text.replace("type: reading", "type: <b onclick=x>"), encoding="utf-8")

    for form in (CohortForm(instance=given), ClassForm(cohort=given)):
        assert "“&lt;b onclick=x&gt;” is no type of activity" in form.fields["lessons"].help_text
        assert "<b" not in form.fields["lessons"].help_text


def test_students_read_a_sentence_and_their_other_lesson_works(
    given: Cohort, folder: Path, student: Membership, client_of: LogIn
) -> None:
    client = client_of(student.user)
    base = f"/c/{given.slug}/lessons"
    sent = {"id": uuid4(), "member": student.pk, "step": 1}
    assert client.post(f"{base}/little/activities/page/check/", sent).status_code == 302
    spoil(folder)
    catalogue.forget()

    answers = [
        client.get(f"/c/{given.slug}/"),
        *(client.get(f"{base}/little/{page}") for page in ("", "read/", "read/since/", "call.html", "what-i-did.html")),
        client.post(f"{base}/little/activities/page/check/", sent),
    ]

    for answer in answers:
        assert "its files have to be repaired first" in answer.content.decode()
    assert [answer.status_code for answer in answers] == [200, *[503] * 6]
    assert client.get(f"{base}/data-rules-everything/").status_code == 200
    assert client.get("/api/v1/lessons/little/").json()["title"] == "This lesson is being repaired"
    assert PartProgress.objects.get(membership=student, lesson="little").activities["page"]["state"] == "done"
    write(folder)
    catalogue.refresh()
    assert client.get(f"{base}/little/read/").status_code == 200


@pytest.mark.parametrize("lessons", [["little"], ["data-rules-everything", "little"]])
def test_an_instructor_of_its_class_reads_a_sentence(
    given: Cohort, folder: Path, instructor: Membership, client_of: LogIn, lessons: list[str]
) -> None:
    Cohort.objects.filter(pk=given.pk).update(lessons=lessons)
    spoil(folder)
    catalogue.forget()
    client = client_of(instructor.user)

    answer = client.get(f"/c/{given.slug}/class/")

    assert answer.status_code == (200 if len(lessons) > 1 else 503)
    assert "its files have to be repaired first" in answer.content.decode()
    settings = client.get(f"/c/{given.slug}/class/settings/").content.decode()
    assert "minutes: “five” is not a whole number" in settings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    catalogue.forget()
