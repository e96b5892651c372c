"""The proof by addition: a kind of run with a picture of its own works in a lesson, and what is missing is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

import experiments.registry
from classroom.models import Cohort, Membership, User
from experiments import runner
from lessons import catalogue
from lessons.activities.experiment.api import RunWish
from lessons.activities.experiment.pictures import registry
from lessons.authoring.loader import LoadedLesson, load
from lessons.authoring.source import LessonError
from tests import pupils
from tests.activities.experiment.coin_toss.picture import CoinTossType
from tests.experiments import fifth
from tests.factories import MembershipFactory

FOLDER = Path(__file__).parent / "coin_toss"
LogIn = Callable[[User], Client]


def of_100(seed: int) -> int:
    """What the same coin gives without Downhill."""
    return int((np.random.default_rng(seed).random(100) < 0.5).sum())


def write_sampler(place: Path) -> Path:
    """The sampler with a part more, in which the coin is tossed."""
    folder = place / "sampler"
    shutil.copytree(catalogue.LESSONS_FOLDER / "sampler", folder)
    file = folder / "lesson.yaml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    written["parts"].append(yaml.safe_load((FOLDER / "part.yaml").read_text(encoding="utf-8")))
    file.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture
def kind(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """The kind, its picture and that one's templates."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], FOLDER / "templates"]}]
    with fifth.added(tmp_path / "kinds"):
        registry.register(CoinTossType())
        yield
        if "coin_toss" in registry.types():
            registry.unregister("coin_toss")


@pytest.fixture
def sampler(kind: None, cohort: Cohort, student: Membership, tmp_path: Path, settings: Settings) -> LoadedLesson:
    """The class has the sampler in which the coin is tossed."""
    write_sampler(tmp_path / "lessons")
    settings.LESSONS_FOLDERS = [tmp_path / "lessons"]
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["sampler"])
    for each in (cohort, student.cohort):
        each.refresh_from_db()
    found = catalogue.get("sampler")
    assert found is not None
    return found


def toss(who: Membership, lesson: LoadedLesson, client_of: LogIn, *, seed: int) -> None:
    """Guess if need be, start a run on the page, and have it carried out."""
    if not who.predictions.exists():
        pupils.seal(who, lesson, "call-it", "heads", "50")
    address = reverse("lessons:start", args=["ours", "sampler", "toss"])
    wish = {"member": who.pk, "trial": "fair", "seed": seed, "n_tosses": "100"}
    assert client_of(who.user).post(address, wish).status_code == 302
    assert runner.execute_next() is not None


def read(client: Client, address: str, **asked: str) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


PART = "/c/ours/lessons/sampler/coin/"


@pytest.mark.slow
def test_its_author_has_nothing_to_mend(sampler: LoadedLesson) -> None:
    found = catalogue.lint(sampler)

    assert found.faults == []
    assert [warning for warning in found.warnings if "heads" in warning] == []


def test_its_run_is_started_on_the_page_and_told_at_the_question(
    sampler: LoadedLesson, student: Membership, client_of: LogIn
) -> None:
    toss(student, sampler, client_of, seed=3)

    page = read(client_of(student.user), PART, item="heads")

    assert f"{of_100(3)} of 100 were heads; you had said 50." in page


def test_a_run_more_is_drawn_by_itself_and_the_class_beside_it(
    sampler: LoadedLesson, cohort: Cohort, student: Membership, client_of: LogIn
) -> None:
    toss(MembershipFactory(cohort=cohort), sampler, client_of, seed=9)
    toss(student, sampler, client_of, seed=3)
    read(client_of(student.user), PART, item="heads")
    toss(student, sampler, client_of, seed=4)

    page = read(client_of(student.user), PART, trial="fair")

    assert f"{of_100(4)} of 100 were heads." in page
    assert f"2 of the class: {(of_100(9) + of_100(3)) / 2:.0f} of 100 on average." in page


@pytest.mark.slow
def test_the_arc_says_what_was_measured(sampler: LoadedLesson, student: Membership, client_of: LogIn) -> None:
    toss(student, sampler, client_of, seed=3)

    assert f"heads: {of_100(3)} of 100" in read(client_of(student.user), "/c/ours/lessons/sampler/")


def test_it_is_on_the_timeline_and_in_the_export(
    sampler: LoadedLesson,
    student: Membership,
    instructor: Membership,
    client_of: LogIn,
    api_of: Callable[[User], APIClient],
) -> None:
    toss(student, sampler, client_of, seed=3)

    timeline = read(client_of(instructor.user), f"/c/ours/class/students/{student.pk}/", lesson="sampler")
    export = api_of(instructor.user).get("/api/v1/cohorts/ours/export.csv")
    rows = b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]  # it is streamed

    assert "Asked for a run: A fair coin, seed 3" in timeline
    assert ",sampler,toss,fair,,kind=coin_toss; n_tosses=100; bias=0.5,,done,,3," in rows


def test_a_program_asks_for_it_and_it_counts_for_the_experiment(
    sampler: LoadedLesson, student: Membership, api_of: Callable[[User], APIClient]
) -> None:
    pupils.seal(student, sampler, "call-it", "heads", "50")
    api = api_of(student.user)

    asked = api.post("/api/v1/runs/", {"kind": "coin_toss", "seed": 3, "activity": "toss"}, format="json")
    runner.execute_next()

    assert asked.status_code == 202
    assert api.get(f"/api/v1/runs/{asked.json()['id']}/").json()["result"] == {"heads": of_100(3) / 100}
    kept: dict[str, Any] = student.progress.get(part="coin").activities["toss"]["memory"]
    assert (kept["done"], kept["evidence"]["heads"]) == (["fair"], str(of_100(3)))


def test_the_documentation_of_the_api_names_it_with_the_others(kind: None) -> None:
    said = str(RunWish().fields["kind"].help_text)

    assert [name for name in experiments.registry.names() if f"`{name}`" not in said] == []
    assert "coin_toss" in said


# --- what is missing ------------------------------------------------------------------------------


def complaints() -> list[str]:
    """What `manage.py check` says about pictures."""
    try:
        call_command("check")
    except SystemCheckError as error:
        return [line for line in str(error).splitlines() if "(lessons.E002)" in line]
    return []


def test_a_kind_with_its_picture_lacks_nothing(kind: None) -> None:
    assert complaints() == []


def test_a_kind_without_a_picture_is_named(kind: None) -> None:
    registry.unregister("coin_toss")

    [said] = complaints()
    assert "kind of run “coin_toss” has no picture" in said


def test_a_picture_without_a_kind_is_named(kind: None) -> None:
    experiments.registry.unregister("coin_toss")

    [said] = complaints()
    assert "there is a picture of runs of kind “coin_toss”, and no such kind" in said


def test_a_picture_without_its_template_is_named(kind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CoinTossType, "template", "activities/experiment/pictures/lost.html")

    [said] = complaints()
    assert "kind of run “coin_toss” names a template that is not there: activities/experiment/pictures/lost" in said


def test_a_kind_has_no_two_pictures(kind: None) -> None:
    with pytest.raises(ValueError, match="runs of kind 'coin_toss' have pictures already"):
        registry.register(CoinTossType())


def test_an_author_who_names_no_kind_is_told_which_there_are(kind: None, tmp_path: Path) -> None:
    folder = write_sampler(tmp_path / "lessons")
    file = folder / "lesson.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("kind: coin_toss", "kind: dice"), encoding="utf-8")

    with pytest.raises(LessonError) as refusal:
        load(folder)

    told = "there is no kind of run “dice”; write u_curve, starvation, tipping_point, blame or coin_toss"
    assert [problem.message for problem in refusal.value.problems] == [told]
