"""Pictures of the kinds of run: each kind has its own, and is asked only for what it tells."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from experiments.models import Run
from lessons import catalogue
from lessons.activities.experiment import outcomes
from lessons.activities.experiment.pictures import registry
from lessons.activities.predict.schema import Item, Predict
from lessons.authoring.loader import load

pytestmark = pytest.mark.pure

SAMPLER = catalogue.LESSONS_FOLDER / "sampler"


def item(key: str) -> Item:
    """A question of the sampler that waits for a run."""
    found = load(SAMPLER).lesson.activity("expect")
    assert isinstance(found, Predict)
    return next(each for each in found.every_item() if each.key == key)


def test_a_kind_without_a_picture_is_named_and_drawn_as_no_other() -> None:
    run = Run(kind="lottery", params={}, result={})

    for ask in (outcomes.draw, outcomes.evidence):
        with pytest.raises(ValueError, match="runs of kind 'lottery' have no picture, only those of u_curve, starv"):
            ask(run, None)


@pytest.mark.parametrize("kind", ["starvation", "tipping_point", "blame"])
def test_what_a_kind_does_not_tell_is_said_with_kind_and_question(kind: str) -> None:
    run = Run(kind=kind, params={}, result={})

    for tell in (
        lambda: registry.find(kind).truth(item("bottom"), run, None),
        lambda: registry.find(kind).draw_at_question(item("bottom"), run, None, None),
    ):
        with pytest.raises(ValueError, match=f"item bottom asks for best, which no run of kind {kind} tells"):
            tell()


@pytest.mark.parametrize("kind", registry.types())
def test_a_decision_has_no_right_answer_whatever_the_run_is(kind: str) -> None:
    truth = registry.find(kind).truth(item("ship"), Run(kind=kind, params={}, result={}), None)

    assert (truth.right, truth.also, truth.number) == (frozenset(), frozenset(), None)


@pytest.mark.parametrize("kind", registry.types())
def test_evidence_of_one_run_sums_up_no_repair(kind: str) -> None:
    pictures = registry.find(kind)

    assert pictures.summary({"run": "a"}) == pictures.in_words({"run": "a"}) == ""


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("", "", ""),
        ("run: sweep", "run: starve", "item “bottom” asks for best, which no run of “Few examples” tells"),
        ("run: starve\n            poll", "run: sweep\n            poll", "item “ship” asks for poll, which no run of"),
        ("beside: {fix: none}", "", "item “weight” asks for change, which no run of “Few that weigh more” tells"),
    ],
)
def test_an_author_is_warned_of_a_question_that_no_run_answers(
    tmp_path: Path, old: str, new: str, warning: str
) -> None:
    folder = tmp_path / "sampler"
    shutil.copytree(SAMPLER, folder)
    file = folder / "lesson.yaml"
    # In the order that its acts have by themselves, whatever waits for which run.
    written = re.sub(r"    acts:\n(      - .*\n)+", "", file.read_text(encoding="utf-8"))
    assert old in written
    file.write_text(written.replace(old, new, 1) if old else written, encoding="utf-8")

    told = [each for each in catalogue.lint(load(folder)).warnings if "which no run of" in each]

    assert [each.startswith(warning) for each in told] == ([True] if warning else [])
