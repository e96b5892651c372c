"""A part as a row of cards: its lead first, one card at hand, what is done folded, the way on in one place."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from django.test import Client
from numpy.polynomial import legendre

from classroom.models import Cohort, Membership, Pace, User
from experiments.maths import digits
from lessons import pacing, services
from lessons.activities.predict import sealing
from lessons.authoring import loader, pictures
from lessons.authoring.lesson import LEAD_WORDS, Part
from lessons.authoring.loader import LoadedLesson
from lessons.authoring.source import LessonError
from lessons.models import Reconciliation
from tests import pupils
from tests.factories import MembershipFactory
from tests.lessons import runs

LESSON = "/c/ours/lessons/data-rules-everything/"
CONTENT = Path(__file__).parents[2] / "lessons" / "content" / "data_rules_everything"
ClientOf = Callable[[User], Client]


@pytest.fixture
def look(student: Membership, client_of: ClientOf) -> Callable[[str], str]:
    """The student's page of a part, or the arc, as HTML in one line."""
    client = client_of(student.user)
    return lambda part="": " ".join(client.get(f"{LESSON}{part}").content.decode().split())


def take_the_steps(student: Membership, lesson: LoadedLesson) -> None:
    for step, answer in enumerate(pupils.STEPS, start=1):
        services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)


def blocks(html: str) -> list[str]:
    return re.findall(r'data-block="([^"]+)"', html)


# --- the lead -------------------------------------------------------------------------------------


def test_the_lead_comes_before_the_task_and_folds_once_something_is_done(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    before = look("rates/")
    pupils.seal(student, lesson, "rates", "half-a", "settles")
    after = look("rates/")

    lead, why = 'class="lead-text"', '<details class="why"'
    assert before.index("<svg") < before.index(why) < before.index("predict__form")
    assert before.index(lead) < before.index(why)
    assert after.index(why) < after.index(lead)
    assert 'class="picture"' not in after


def test_a_lead_is_read_in_a_breath(lesson: LoadedLesson) -> None:
    data = {"key": "p", "title": "P", "line": "l", "minutes": 1, "prose": "p.md", "soon": True}

    with pytest.raises(ValueError, match=f"has {LEAD_WORDS + 1} words, and at most {LEAD_WORDS} are read"):
        Part.model_validate(data | {"lead": "word " * (LEAD_WORDS + 1)})
    # Every part in which something is done has one.
    assert [part.key for part in lesson.lesson.parts if part.activities and not (part.lead or part.homework)] == []


# --- one card at hand -----------------------------------------------------------------------------


def test_nothing_is_offered_that_cannot_be_done_yet(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    guessing = look("u-curve/")
    runs.guess(student, lesson, "lowest")
    sealed = look("u-curve/")

    assert "u-curve-run" not in guessing
    assert "u-curve-run.start.polynomial" in blocks(sealed)
    assert "u-curve-explain" not in sealed


def test_a_question_behind_one_says_what_came_of_it(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "explodes")
    sealing.open_reveal(student, lesson, "rates", "half-a")

    html = look("rates/")

    fold = re.search(r'<li class="folds__fold">.*?</li>', html)
    assert fold
    said = re.sub(r"<[^>]+>", "", fold[0])
    assert " ".join(said.split()).removeprefix("✓ ") == "Learning rate 0.1 · you said explodes · settles smoothly"


def test_a_case_that_was_answered_folds_above_the_next_one(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    pupils.seal(student, lesson, "cases", "face-analysis", "accuracy", second="women")

    assert "Man or woman, says the software" in "".join(
        re.findall(r'"folds__fold">.*?</li>', look("cases/?item=cv-scorer"))
    )
    assert "folds__fold" not in look("cases/")


def test_what_is_folded_tells_nothing_that_is_sealed(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    runs.guess(student, lesson, "headline", "recall")

    folds = " ".join(re.findall(r'<li class="folds__fold">.*?</li>', look("bias/?item=absorber")))

    assert "you said 60" in folds
    assert "<b>" not in folds


def test_what_is_folded_tells_what_is_so_only_once_its_reveal_was_looked_at(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")

    def folds() -> str:
        return " ".join(re.findall(r'<li class="folds__fold">.*?</li>', look("rates/?item=half-b")))

    unseen, n_looks = folds(), Reconciliation.objects.count()
    look("rates/?item=half-a")
    seen = folds()

    assert n_looks == 0  # and whoever has not looked may be asked once more
    assert "settles smoothly" not in unseen
    assert "see the result" in unseen
    assert "<b>settles smoothly</b>" in seen
    assert "see the result" not in seen


def test_a_law_is_told_once_it_is_earned(look: Callable[[str], str]) -> None:
    assert "Law #2" not in look("bias/")
    assert "Law #2" not in look()


# --- the way on -----------------------------------------------------------------------------------


def test_a_part_that_is_done_leads_straight_into_the_next(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    before = look("by-hand/")
    take_the_steps(student, lesson)
    after = look("by-hand/")

    assert "onward.rates" not in blocks(before)
    assert f'href="{LESSON}rates/"> Part 2 · Learning-rate chaos →' in after


def test_in_a_led_class_the_way_on_says_what_it_waits_for(
    student: Membership, cohort: Cohort, lesson: LoadedLesson, instructor: Membership, look: Callable[[str], str]
) -> None:
    take_the_steps(student, lesson)
    cohort.pace = Pace.LED
    cohort.save()
    pacing.open_part(instructor, lesson, "by-hand")

    html = look("by-hand/")

    assert "Part 2, “Learning-rate chaos”, opens with your class." in html


# --- the arc --------------------------------------------------------------------------------------


def test_the_arc_begins_with_what_to_do_now_and_folds_its_story_after_the_first_visit(
    look: Callable[[str], str],
) -> None:
    first, again = look(), look()

    assert first.index("arc__title") < first.index('class="now"') < first.index("stations")
    assert again.index('class="now"') < again.index('<details class="hero"')
    assert f'href="{LESSON}by-hand/"> Start' in again


def test_whoever_waits_in_a_led_class_is_told_that_they_are_in(cohort: Cohort, look: Callable[[str], str]) -> None:
    cohort.pace = Pace.LED
    cohort.save()

    assert "You are in. Part 1 opens soon." in look()


# --- the pictures of the leads --------------------------------------------------------------------


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<svg", "is not SVG"),
        ('<g xmlns="http://www.w3.org/2000/svg"><text>8</text></g>', "is a <g>; a page takes an <svg>"),
        ("<svg><script>alert(1)</script></svg>", "holds <script>"),
        ('<svg><path onload="x" d=""/></svg>', "<path> has onload"),
        ('<svg><image href="https://elsewhere.example/a.png"/></svg>', "holds <image>"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "a declaration or a comment"),
        (f"<svg>{' ' * pictures.LARGEST}</svg>", "a page takes"),
    ],
)
def test_a_picture_is_shapes_and_words_alone(text: str, says: str) -> None:
    with pytest.raises(pictures.BadPicture, match=re.escape(says)):
        pictures.as_html(text, "")


def test_a_picture_that_a_page_does_not_take_is_told_with_its_line(tmp_path: Path) -> None:
    for file in CONTENT.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "bias.svg").write_text("<svg><video/></svg>")

    with pytest.raises(LessonError, match=r"lesson.yaml:\d+: .*picture, file: names bias.svg, which holds <video>"):
        loader.load(tmp_path)


def _tree(name: str) -> ElementTree.Element:
    return ElementTree.fromstring((CONTENT / name).read_text())  # noqa: S314  # our own file


def test_the_curves_of_the_lead_are_least_squares_fits_of_its_dots() -> None:
    panels = [each for each in _tree("u_curve.svg") if each.tag.endswith("g")]
    dots = [
        [(float(each.get("cx", 0)), float(each.get("cy", 0))) for each in panel if each.tag.endswith("circle")]
        for panel in panels
    ]
    assert dots[0] == dots[1] == dots[2]
    x, y = np.array(dots[0]).T
    scaled = (x - x.mean()) / (np.ptp(x) / 2)

    for panel, degree in zip(panels, (1, 5, 15), strict=True):
        path = next(each.get("d", "") for each in panel if each.get("class") == "curve")
        at, drawn = np.array([[float(n) for n in point.split()] for point in path[1:].split("L")]).T
        fit = legendre.legfit(scaled, y, degree)
        fitted = legendre.legval((at - x.mean()) / (np.ptp(x) / 2), fit)
        # The file keeps one decimal of a dot's place: of the wild curve that leaves a unit or two.
        assert np.abs(fitted - drawn).max() < (0.5 if degree < 15 else 6)


def test_the_images_of_the_lead_are_five_8s_and_ninety_3s_of_the_dataset() -> None:
    paths = {each.get("class", ""): each.get("d", "") for each in _tree("bias.svg").iter() if each.tag.endswith("path")}
    drawn = np.zeros((55, 230), dtype=int)
    for name, path in paths.items():
        for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", path):
            drawn[int(y), int(x) : int(x) + int(length)] = int(name[-1])
    images, targets = digits.images()
    shades = np.minimum(3, (images * digits.BRIGHTEST * 4 // 17).astype(int)).reshape(-1, 8, 8)

    def known(x: int, y: int, digit: int) -> bool:
        return bool((shades[targets == digit] == drawn[y : y + 8, x : x + 8]).all(axis=(1, 2)).any())

    assert all(known(0, 11 * row, 8) for row in range(5))
    assert all(known(17 + 11 * column, 11 * row, 3) for row in range(5) for column in range(18))


@pytest.mark.parametrize("address", ["rates/", "u-curve/", "cases/?item=text-detectors"])
def test_a_guess_says_itself_what_it_lacks(look: Callable[[str], str], address: str) -> None:
    form = re.search(r'<form class="predict__form".*?</form>', look(address))
    assert form

    named = set(re.findall(r'name="(\w+)"[^>]* required', form[0]))

    assert " novalidate " in form[0][: form[0].index("<input")]
    assert set(re.findall(r'data-error="(\w+)"[^>]* data-missing="[^"]+" hidden', form[0])) == named


def test_a_guess_that_lacks_something_comes_back_as_it_was_without_javascript(
    student: Membership, client_of: ClientOf, look: Callable[[str], str]
) -> None:
    form = re.search(r'<form class="predict__form".*?</form>', look("rates/"))
    assert form
    (action,) = re.findall(r' action="([^"]+)"', form[0])
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))

    answer = client_of(student.user).post(action, {**hidden, "confidence": "sure"})

    html = " ".join(answer.content.decode().split())
    assert re.search(r'data-error="choice"[^>]*>Choose an answer first.<', html)
    assert re.search(r'value="sure" required checked', html)


def test_a_run_says_once_what_its_seed_decides_and_no_more_once_it_is_done(
    student: Membership, cohort: Cohort, lesson: LoadedLesson, client_of: ClientOf
) -> None:
    other = MembershipFactory(cohort=cohort)
    runs.guess(other, lesson, *runs.BEFORE_THE_RUN)
    runs.starve(student, lesson)

    said = [client_of(each.user).get(f"{LESSON}bias/?trial=starve").text for each in (other, student)]

    assert [" ".join(html.split()).count("seed decides which") for html in said] == [1, 0]


def test_whoever_asks_for_one_experiment_finds_the_others_folded_as_they_were(
    student: Membership, lesson: LoadedLesson, look: Callable[[str], str]
) -> None:
    runs.starve(student, lesson)
    runs.look_at_the_harm(student, lesson)

    is_folded = [
        '<details class="folded">' in look(f"bias/{asked}") for asked in ("", "?trial=louder", "?trial=starve")
    ]

    assert is_folded == [True, True, False]
