"""The proof by addition: an activity type added by one folder works everywhere, and what it lacks is named."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from classroom.models import Cohort, Membership, User
from lessons import catalogue, reviews, selectors
from lessons.activities import complete, registry
from lessons.models import PartProgress, PartState, Submission
from rehearsal import students, turns
from rehearsal.players import PLAYERS, player_of
from tests.activities.estimate.activity import EstimateType
from tests.activities.estimate.player import EstimatePlayer

FOLDER = Path(__file__).parent / "estimate"
WHY = "A talk has about a hundred words a minute."
ADDRESS = "/api/v1/lessons/sampler/activities/how-many/"


def sampler_with(part: dict[str, Any] | None, folder: Path) -> None:
    """The sampler as an author has it who tries the new type, or has forgotten to."""
    shutil.copytree(catalogue.LESSONS_FOLDER, folder)
    if part is not None:
        file = folder / "sampler" / "lesson.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        data["parts"].append(part)
        file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Callable[..., None]]:
    """Start a Downhill with this type beside the others, an example in the sampler, and what the type brings."""

    def hand_over(
        kind: type[EstimateType] = EstimateType,
        *,
        is_shown: bool = True,
        has_templates: bool = True,
        has_static: bool = True,
        has_player: bool = True,
    ) -> None:
        part = yaml.safe_load((FOLDER / "part.yaml").read_text(encoding="utf-8")) if is_shown else None
        sampler_with(part, tmp_path / "lessons")
        settings.LESSONS_FOLDERS = [tmp_path / "lessons"]
        if has_templates:
            [engine] = settings.TEMPLATES
            settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], FOLDER / "templates"]}]
        if has_static:
            # As settings find what lies beside the other types.
            settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, ("activities/estimate", FOLDER / "static")]
        if has_player:
            monkeypatch.setitem(PLAYERS, "estimate", EstimatePlayer())
        registry.hand_over((*registry.TYPES, kind()))

    yield hand_over
    registry.hand_over()


@pytest.fixture
def estimator(add: Callable[..., None], cohort: Cohort, student: Membership) -> Membership:
    """A student whose class has the lesson with an estimate."""
    add()
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["sampler"])
    student.cohort.refresh_from_db()
    return student


@pytest.fixture
def sent(estimator: Membership, api_of: Callable[[User], APIClient]) -> Submission:
    """Their estimate, handed in over the API."""
    wish = {"id": str(uuid.uuid4()), "step": 1, "answer": {"number": "1000", "text": WHY}}
    answer = api_of(estimator.user).post(f"{ADDRESS}submissions/", wish, format="json")
    assert answer.status_code == 201, answer.json()
    return Submission.objects.get(membership=estimator)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_stands_on_the_arc_and_on_its_page(estimator: Membership, client_of: Callable[[User], Client]) -> None:
    client = client_of(estimator.user)

    arc = read(client, "/c/ours/lessons/sampler/")
    page = read(client, "/c/ours/lessons/sampler/estimate/")

    assert "Estimate" in arc
    assert "How many words does a ten-minute talk have?" in page


def test_its_css_and_scripts_are_loaded_on_its_part_and_on_no_other(
    estimator: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(estimator.user)

    page = read(client, "/c/ours/lessons/sampler/estimate/")
    others = [read(client, f"/c/ours/lessons/sampler/{part}/") for part in ("start-here", "two-steps", "at-home")]

    assert re.findall(r'"/static/(activities/[^"]+)"', page) == [
        "activities/estimate/estimate.css",
        "activities/estimate/estimate.js",
        "activities/estimate/typing.js",
    ]
    assert not any("activities/estimate" in other for other in others)


def test_whoever_looks_at_somebodys_page_gets_none_of_their_own_scripts(
    estimator: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    page = read(client_of(instructor.user), f"/c/ours/class/students/{estimator.pk}/page/sampler/estimate/")

    assert "activities/estimate/estimate.js" in page
    assert "activities/estimate/typing.js" not in page


def test_its_static_files_are_found(add: Callable[..., None]) -> None:
    add()

    assert finders.find("activities/estimate/estimate.css") == str(FOLDER / "static" / "estimate.css")


def test_an_answer_from_the_page_is_kept_and_shown_there(
    estimator: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(estimator.user)
    address = reverse("lessons:check", args=["ours", "sampler", "how-many"])

    client.post(address, {"id": str(uuid.uuid4()), "step": "1", "number": "1000", "text": WHY})

    assert "1000 words" in read(client, "/c/ours/lessons/sampler/estimate/")
    assert "done, your instructor will read it" in read(client, "/c/ours/lessons/sampler/")


def test_an_answer_that_cannot_be_read_is_told_so(estimator: Membership, api_of: Callable[[User], APIClient]) -> None:
    wish = {"id": str(uuid.uuid4()), "step": 1, "answer": {"number": "many", "text": WHY}}

    answer = api_of(estimator.user).post(f"{ADDRESS}submissions/", wish, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"number": ["Give a whole number."]}


def test_the_api_tells_what_it_is_and_how_far_it_is(sent: Submission, api_of: Callable[[User], APIClient]) -> None:
    client = api_of(sent.membership.user)

    facts = client.get(ADDRESS).json()
    outline = client.get("/api/v1/lessons/sampler/").json()["parts"][-1]["activities"]

    assert (facts["type"], facts["quantity"], facts["whole"], facts["state"]) == (
        "estimate",
        "How many words does a ten-minute talk have?",
        True,
        "waiting",
    )
    assert outline == [{"key": "how-many", "type": "estimate", "state": "waiting", "tries": 1}]


def test_the_grid_and_the_timeline_say_where_its_student_is(
    sent: Submission, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    client = client_of(instructor.user)

    grid = read(client, "/c/ours/class/?lesson=sampler")
    timeline = read(client, f"/c/ours/class/students/{sent.membership_id}/?lesson=sampler")

    assert "to review" in grid
    assert "words: 1000" in timeline
    assert f"Why: {WHY}" in timeline


def test_it_is_read_at_the_desk_line_by_line_and_decided(
    sent: Submission, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    desk = read(client_of(instructor.user), "/c/ours/class/reviews/?lesson=sampler")
    reviews.decide(instructor, sent.pk, decision="approved", met=[True], comment="")
    page = read(client_of(sent.membership.user), "/c/ours/lessons/sampler/estimate/")

    assert "How many words does a ten-minute talk have?" in desk
    assert "Says how you came to it." in desk
    assert "1000" in desk
    assert "approved" in page.lower()


def test_it_is_in_the_export(sent: Submission, instructor: Membership, api_of: Callable[[User], APIClient]) -> None:
    answer = api_of(instructor.user).get("/api/v1/cohorts/ours/export.csv")

    rows = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # it is streamed

    assert f",how-many,1,,,{WHY},accepted" in rows


def test_a_synthetic_student_does_it_in_a_rehearsal(estimator: Membership) -> None:
    lesson = catalogue.all_lessons()["sampler"]
    for part in lesson.lesson.parts[:-1]:
        PartProgress.objects.create(membership=estimator, lesson="sampler", part=part.key, state=PartState.DONE)

    move = turns.move(estimator, lesson, students.draw(1, 0), 1, 0)

    assert move is not None
    assert move.what == "text"
    assert (
        Submission.objects.get(membership=estimator, activity="how-many").answer["text"]
        == "A talk has a hundred words a minute."
    )


def test_nothing_is_missing(add: Callable[..., None]) -> None:
    add()

    call_command("check")


class WithoutSchema(EstimateType):
    schema = None  # type: ignore[assignment]  # as if it had been forgotten


class WithoutTemplate(EstimateType):
    template = None  # type: ignore[assignment]  # likewise


class WithoutPage(EstimateType):
    page = complete.base.ActivityType.page  # type: ignore[assignment]  # likewise


class WithoutGrade(EstimateType):
    grade = complete.base.ActivityType.grade


class WithoutNote(EstimateType):
    note = complete.base.ActivityType.note


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (WithoutTemplate, "activity type “estimate” has no `template`"),
        (WithoutPage, "activity type “estimate” does not say how its page is laid out: `page`"),
        (WithoutGrade, "activity type “estimate” does not say how an answer is graded: `grade`"),
        (WithoutNote, "activity type “estimate” does not say what the grid's cell says: `note`"),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else "",
)
def test_a_piece_that_is_missing_is_named(add: Callable[..., None], kind: type[EstimateType], says: str) -> None:
    add(kind)

    with pytest.raises(SystemCheckError, match=says):
        call_command("check")


def test_a_type_without_a_schema_stops_downhill_and_is_named(add: Callable[..., None]) -> None:
    with pytest.raises(ImproperlyConfigured, match="The activity type WithoutSchema has no `schema`"):
        add(WithoutSchema)


def test_a_template_that_is_missing_is_named(add: Callable[..., None]) -> None:
    add(has_templates=False)

    with pytest.raises(SystemCheckError, match=r"names a template that is not there: activities/estimate/page\.html"):
        call_command("check")


def test_a_static_file_that_is_missing_is_named(add: Callable[..., None]) -> None:
    add(has_static=False)

    with pytest.raises(
        SystemCheckError, match=r"names a static file that is not there: activities/estimate/typing\.js"
    ):
        call_command("check")


def test_an_example_that_is_missing_is_named(add: Callable[..., None]) -> None:
    add(is_shown=False)

    with pytest.raises(SystemCheckError, match="activity type “estimate” has no example in the sampler"):
        call_command("check")


def test_a_player_that_is_missing_is_named(add: Callable[..., None]) -> None:
    add(has_player=False)

    with pytest.raises(SystemCheckError, match="activity type “estimate” has no player in rehearsal/players"):
        call_command("check")


def test_a_rehearsal_that_meets_a_type_without_a_player_names_it(
    estimator: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(PLAYERS, "estimate")
    __, activity = selectors.place_of(catalogue.all_lessons()["sampler"], "how-many")

    with pytest.raises(ValueError, match="activity type “estimate” has no player"):
        player_of(activity)


@pytest.mark.parametrize("written", ["schema.py", "activity.py", "__init__.py"])
def test_a_row_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str) -> None:
    (tmp_path / "estimate").mkdir()
    shutil.copy(FOLDER / written, tmp_path / "estimate")
    monkeypatch.setattr(complete, "FOLDER", tmp_path)

    with pytest.raises(SystemCheckError, match="activity type “estimate” has a folder, and no row in the registry"):
        call_command("check")
