"""Awarded once, whichever criterion comes last; taken back, given and issued again for a reason."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from badges import catalogue, keys, reasons, rules, services
from badges import selectors as badge_selectors
from badges.evidence import FINDERS, Steps
from badges.models import Award
from classroom.models import Membership, User
from classroom.refusals import Conflict, Refusal
from lessons import reviews
from lessons import selectors as lesson_selectors
from lessons import services as lesson_services
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, PartState, Review, Submission
from tests.factories import MembershipFactory
from tests.pupils import STEPS, WHY, keep, measure, write

pytestmark = pytest.mark.services

BADGE = "data-scientist"
Do = Callable[[Membership], None]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], AbstractContextManager[Any]]:
    """Within it, what listens for commits hears of them at its end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def take_steps(student: Membership, lesson: LoadedLesson, n: int = 3) -> None:
    for step, answer in enumerate(STEPS[:n], start=1):
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)


def approve(instructor: Membership, submission: Submission) -> Review:
    return reviews.decide(instructor, submission.pk, decision="approved", met=[True] * 3, comment="")


def state(student: Membership, lesson: LoadedLesson) -> str:
    return next(part.state for part in arc_of(student, lesson).parts if part.is_badge)


def awards(student: Membership) -> list[Award]:
    return list(Award.objects.filter(membership=student, revoked_at=None))


@pytest.mark.parametrize("last", ["steps", "approval", "aloud", "measured"])
def test_whichever_comes_last_brings_the_badge_once(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any, last: str
) -> None:
    acts: dict[str, Callable[[], Any]] = {
        "steps": lambda: take_steps(student, lesson),
        "approval": lambda: approve(instructor, write(student, lesson)),
        "measured": lambda: measure(student, lesson),
        "aloud": lambda: reviews.explained_aloud(instructor, lesson, student, "u-curve-explain"),
    }
    explaining = "aloud" if last == "aloud" else "approval"
    for name in {"steps", explaining, "measured"} - {last}:
        with committed():
            acts[name]()
        assert awards(student) == []

    with committed():
        acts[last]()

    (award,) = awards(student)
    assert [each["criterion"] for each in award.evidence] == ["by-hand", "in-your-words", "measured"]
    # The numbers of the steps are everybody's to work out: a credential that is shared does not tell them.
    assert award.evidence[0]["says"] == ""
    assert award.evidence[2]["says"] == "recall for 8 over all models: 50 of 100 before, 90 after"
    assert state(student, lesson) == PartState.DONE
    assert arc_of(student, lesson).new_badge == "Data Scientist"


def test_only_an_answer_after_which_nothing_is_left_to_do_is_considered(
    student: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    with committed():
        take_steps(student, lesson, n=2)
    assert not PartProgress.objects.filter(membership=student, part="badge").exists()

    with committed():
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=3, answer=STEPS[2])

    assert state(student, lesson) == PartState.WORKING
    station = next(part for part in arc_of(student, lesson).parts if part.is_badge)
    assert station.summary == "1 of 3"


def test_the_evidence_of_a_step_is_its_newest_answer_found_in_one_pass(
    student: Membership, lesson: LoadedLesson
) -> None:
    for __ in range(6):
        take_steps(student, lesson)
    condition = catalogue.all_badges()[BADGE].criteria[0].condition
    steps = Steps(student, lesson, lesson_selectors.progress_of(student, lesson), condition)

    newest = Submission.objects.order_by("-pk")[:3]
    assert [evidence.id for evidence in steps.all()] == [str(each.pk) for each in reversed(newest)]
    if connection.vendor == "postgresql":
        # As many loops as answers, each over all of them, made a submit three times as dear after 400.
        sql, values = steps.newest().query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE) {sql}", values)
            assert set(re.findall(r"loops=(\d+)", str(cursor.fetchall()))) == {"1"}


def test_the_badges_page_considers_what_no_worker_has(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    measure(student, lesson)
    approve(instructor, write(student, lesson))
    take_steps(student, lesson)
    assert awards(student) == []
    page = client_of(student.user).get("/c/ours/lessons/data-rules-everything/badge/")

    assert len(awards(student)) == 1
    assert "You are a Data Scientist." in page.content.decode()


def test_two_of_three_are_with_the_instructor(student: Membership, lesson: LoadedLesson, committed: Any) -> None:
    with committed():
        take_steps(student, lesson)
        measure(student, lesson)
    assert state(student, lesson) == PartState.WORKING

    with committed():
        write(student, lesson)
        services.consider(student, lesson, catalogue.all_badges()[BADGE])

    station = next(part for part in arc_of(student, lesson).parts if part.is_badge)
    assert (station.state, station.summary) == (PartState.WAITING, "2 of 3, with your instructor")


def earn(student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any) -> Review:
    with committed():
        take_steps(student, lesson)
        measure(student, lesson)
        return approve(instructor, write(student, lesson))


def test_recall_need_not_have_become_better_and_help_is_no_hindrance_and_not_told(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    with committed():
        for __ in range(3):
            wrong = {**STEPS[0], "w": str(5 + __)}
            lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=wrong)
        shown = {**STEPS[0], "w": "7", "solution": "w"}
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=shown)
        take_steps(student, lesson)
        measure(student, lesson, before=0.9, after=0.2)
        approve(instructor, write(student, lesson))

    assert len(awards(student)) == 1
    page = badge_selectors.badge_page(student, lesson, catalogue.all_badges()[BADGE])
    assert page.criteria[0].says == "0.7463 · 1.2127 · 1.5042"


def test_an_approval_that_is_taken_back_takes_the_badge_and_a_new_one_brings_another(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    review = earn(student, instructor, lesson, committed)
    (first,) = awards(student)

    with committed():
        reviews.take_back(instructor, review.pk)
    assert awards(student) == []
    assert state(student, lesson) == PartState.WAITING
    with committed():
        approve(instructor, review.submission)

    (second,) = awards(student)
    assert second.uuid != first.uuid
    first.refresh_from_db()
    assert (first.revoked, first.revoked_because) == ("evidence", reasons.TAKEN_BACK)


def test_what_an_instructor_revoked_comes_back_by_an_instructor_alone(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    earn(student, instructor, lesson, committed)
    badge = catalogue.all_badges()[BADGE]

    services.revoke(instructor, student, lesson, badge, "It was somebody else's work.")
    services.consider(student, lesson, badge)
    assert services.sweep() == 0
    assert awards(student) == []
    with pytest.raises(Conflict, match="do not have this badge"):
        services.revoke(instructor, student, lesson, badge, "Once more.")
    given = services.give(instructor, student, lesson, badge, "We talked about it.")

    assert awards(student) == [given]
    with pytest.raises(Conflict, match="have this badge already"):
        services.give(instructor, student, lesson, badge, "Twice.")
    again = services.reissue(instructor, student, lesson, badge, "The name was wrong.")
    assert awards(student) == [again]
    assert again.uuid != given.uuid
    assert again.given_because == "We talked about it."
    assert Award.objects.filter(membership=student).count() == 3


def test_one_that_is_issued_again_is_earned_if_it_was_earned_and_no_news_to_who_has_seen_it(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    review = earn(student, instructor, lesson, committed)
    badge = catalogue.all_badges()[BADGE]
    services.note_seen(student, lesson, badge)

    again = services.reissue(instructor, student, lesson, badge, "The name was wrong.")

    assert (again.given_because, again.given_by, again.seen_at is not None) == ("", None, True)
    assert arc_of(student, lesson).new_badge == ""
    replaced = badge_selectors.badge_page(student, lesson, badge).replaced
    assert replaced
    assert replaced.revoked_because == "The name was wrong."
    with committed():
        reviews.take_back(instructor, review.pk)
    assert awards(student) == []


def test_a_criterion_that_comes_later_takes_nobody_the_badge(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    earn(student, instructor, lesson, committed)
    badge = catalogue.all_badges()[BADGE]
    more = badge.criteria[1].model_copy(
        update={"key": "more", "condition": rules.ExplanationApproved(type="explanation_approved", activity="stretch")}
    )
    grown = badge.model_copy(update={"criteria": (*badge.criteria, more)})

    services.consider(student, lesson, grown)

    assert len(awards(student)) == 1


def test_the_sweep_finds_an_approval_that_was_taken_back_unheard(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    review = earn(student, instructor, lesson, committed)
    reviews.take_back(instructor, review.pk)  # nobody hears of it
    assert len(awards(student)) == 1

    services.sweep()

    assert awards(student) == []


def test_a_reason_that_is_none_is_told_where_it_was_asked_for(
    student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    page = client_of(instructor.user)

    told = page.post(f"/c/ours/class/students/{student.pk}/badge/", {"act": "give", "because": "x" * 301})

    assert told.status_code == 400
    assert "At most 300 characters, please." in told.text
    assert "x" * 301 in told.text
    assert Award.objects.count() == 0


@pytest.mark.parametrize("because", ["", "  ", "x" * 301, "no\0", "\u200b" * 5, "lost \ud800"])
@pytest.mark.parametrize("act", [services.give, services.revoke, services.reissue])
def test_a_decision_needs_its_reason(
    student: Membership, instructor: Membership, lesson: LoadedLesson, act: Any, because: str
) -> None:
    with pytest.raises(Refusal):
        act(instructor, student, lesson, catalogue.all_badges()[BADGE], because)


def test_a_badge_by_hand_stays_though_nothing_is_done(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any
) -> None:
    services.give(instructor, student, lesson, catalogue.all_badges()[BADGE], "Did it all on paper.")

    with committed():
        take_steps(student, lesson)

    assert len(awards(student)) == 1


def test_the_sweep_finds_what_a_crash_has_missed_and_nothing_twice(
    student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    take_steps(student, lesson)  # nobody hears of the commits
    measure(student, lesson)
    approve(instructor, write(student, lesson))
    assert awards(student) == []

    assert [services.sweep(), services.sweep()] == [1, 0]

    assert len(awards(student)) == 1


def test_who_teaches_earns_no_badge(instructor: Membership, lesson: LoadedLesson, committed: Any) -> None:
    with committed():
        take_steps(instructor, lesson)

    assert services.consider(instructor, lesson, catalogue.all_badges()[BADGE]) is None


def test_an_answer_stands_though_its_badge_fails(
    student: Membership, instructor: Membership, lesson: LoadedLesson, committed: Any, settings: Any
) -> None:
    with committed():
        measure(student, lesson)
        reviews.explained_aloud(instructor, lesson, student, "u-curve-explain")
        take_steps(student, lesson, 2)
    settings.BADGE_KEYS = "no keys"
    keys.key_set.cache_clear()

    with committed():
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=3, answer=STEPS[2])

    assert Submission.objects.filter(membership=student, accepted=True).count() == 3
    assert awards(student) == []
    settings.BADGE_KEYS = ""
    keys.key_set.cache_clear()
    assert services.sweep() == 1


def test_the_moment_of_joy_comes_once_and_to_its_owner(
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    committed: Any,
    client_of: Callable[[User], Client],
) -> None:
    earn(student, instructor, lesson, committed)
    owner, teacher = client_of(student.user), client_of(instructor.user)
    arc, badge = "/c/ours/lessons/data-rules-everything/", "/c/ours/lessons/data-rules-everything/badge/"

    looked_at = teacher.get(f"/c/ours/class/students/{student.pk}/page/data-rules-everything/badge/")
    assert "You are a Data Scientist." in looked_at.text
    assert "is yours." in owner.get(arc).text
    assert "You are a Data Scientist." in owner.get(badge).text

    assert "You are a Data Scientist." not in owner.get(badge).text
    assert "Yours since" in owner.get(badge).text
    assert "is yours." not in owner.get(arc).text


def test_what_the_instructor_wrote_with_the_approval_is_read_beside_it(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    submission, browser = write(student, lesson), client_of(student.user)
    at = "/c/ours/lessons/data-rules-everything/badge/"
    before = browser.get(at)
    comment = "Well said.\n“Bends to each dot” is exactly it."
    reviews.decide(instructor, submission.pk, decision="approved", met=[True] * 3, comment=comment)

    page = browser.get(at).content.decode()
    told = browser.get(f"{at}since/", {"v": before.context["v"]})

    assert "Well said.<br>“Bends to each dot” is exactly it." in page
    assert '<figcaption class="soft">Ines</figcaption>' in page
    assert "Well said." in told.content.decode()


def test_its_evidence_is_the_newest_of_each_step_and_the_newest_versions(
    student: Membership, lesson: LoadedLesson
) -> None:
    for __ in range(2):
        take_steps(student, lesson)
    for number in range(7):
        write(student, lesson, f"{WHY} {number}")

    by_hand, words, __ = badge_selectors.badge_page(student, lesson, catalogue.all_badges()[BADGE]).criteria

    newest = Submission.objects.filter(membership=student, activity="by-hand").order_by("-pk")[:3]
    assert [each.id for each in by_hand.evidence] == [str(sent.pk) for sent in reversed(newest)]
    assert [each.says for each in words.evidence] == [f"version {n}" for n in (7, 6, 5, 4, 3)]


@pytest.mark.parametrize("mode", ["page", "paper"])
def test_its_evidence_is_found_where_an_instructor_stands_in(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client], mode: str
) -> None:
    take_steps(student, lesson)
    teacher = client_of(instructor.user)
    badge = teacher.get(f"/c/ours/class/students/{student.pk}/{mode}/data-rules-everything/badge/").text

    links = re.findall(r'href="([^"]*/submissions/[^"]*)"', badge)

    assert len(links) == 3
    assert [teacher.get(link).status_code for link in links] == [200] * 3


def test_whoever_is_in_two_classes_is_greeted_where_they_land(
    student: Membership,
    instructor: Membership,
    lesson: LoadedLesson,
    committed: Any,
    client_of: Callable[[User], Client],
) -> None:
    MembershipFactory(user=student.user)
    earn(student, instructor, lesson, committed)
    page = client_of(student.user)

    landed = page.get("/").text
    assert "The badge <b>Data Scientist</b> is yours." in landed
    assert '/c/ours/lessons/data-rules-everything/badge/"' in landed
    page.get("/c/ours/lessons/data-rules-everything/badge/")

    assert "is yours." not in page.get("/").text


def test_one_that_was_given_says_so_and_not_that_nobody_gave_it(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    services.give(instructor, student, lesson, catalogue.all_badges()[BADGE], "Did it all on paper.")

    greeted = client_of(student.user).get("/c/ours/lessons/data-rules-everything/badge/").text

    assert "You are a Data Scientist." in greeted
    assert "Your instructor gave it to you: Did it all on paper." in greeted
    assert "Nobody gave you this" not in greeted


def test_a_notebook_sees_how_far_it_is(
    student: Membership, lesson: LoadedLesson, committed: Any, api_of: Callable[[User], APIClient]
) -> None:
    with committed():
        take_steps(student, lesson)

    (award,) = api_of(student.user).get("/api/v1/awards/").json()["awards"]

    assert (award["badge"], award["issued_at"], award["credential"]) == (BADGE, None, None)
    assert [criterion["met"] for criterion in award["criteria"]] == [True, False, False]
    sent = Submission.objects.filter(membership=student).order_by("pk").values_list("pk", flat=True)
    assert [each["id"] for each in award["criteria"][0]["evidence"]] == [str(pk) for pk in sent]


def test_the_law_is_kept_when_its_part_is_done(
    student: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    page = client_of(student.user)
    before = page.get("/c/ours/lessons/data-rules-everything/").text

    part = lesson.part("bias")
    assert part
    for activity in part.activities:
        keep(student, lesson, activity.key, {})
    after = page.get("/c/ours/lessons/data-rules-everything/").text

    assert "Nobody has to intend bias" not in before
    assert "Nobody has to intend bias for it to be real." in after


@pytest.mark.pure
@pytest.mark.parametrize(
    ("record", "met"),
    [
        (rules.LearnerRecord(), {"by-hand": False, "in-your-words": False, "measured": False}),
        (
            rules.LearnerRecord(
                steps={"by-hand": rules.StepsTaken(3, 2)},
                explanations={"u-curve-explain": rules.Explanation(waits=True, is_approved=False)},
                measured=frozenset({"bias-run"}),
            ),
            {"by-hand": False, "in-your-words": False, "measured": False},
        ),
        (
            rules.LearnerRecord(
                steps={"by-hand": rules.StepsTaken(3, 3)},
                explanations={"u-curve-explain": rules.Explanation(waits=False, is_approved=True)},
                measured=frozenset({"bias-fix"}),
            ),
            {"by-hand": True, "in-your-words": True, "measured": True},
        ),
    ],
)
def test_the_rules_judge_a_record(record: rules.LearnerRecord, met: dict[str, bool]) -> None:
    judged = catalogue.all_badges()[BADGE].judge(record)

    assert {key: status.is_met for key, status in judged.items()} == met


@pytest.mark.pure
def test_every_criterion_names_what_can_meet_it() -> None:
    assert catalogue.check() == []


def test_each_condition_rests_on_a_kind_of_evidence_that_can_be_found() -> None:
    kinds = {condition.rests_on for condition in rules.Condition.__subclasses__()}

    assert kinds == set(FINDERS)


@pytest.mark.parametrize("because", ["No.", "…", "\u3164" * 9, "\u200b" * 9, "🎲" * 9, "aa", "x" * 301])
def test_a_reason_that_says_nothing_or_too_much_is_refused(because: str) -> None:
    with pytest.raises(Refusal):
        reasons.read(because)


@pytest.mark.parametrize("because", ["Typo", "作弊", "Its name was another's."])
def test_a_reason_says_why_in_a_word_of_any_script(because: str) -> None:
    assert reasons.read(because) == because


@pytest.mark.parametrize("kept", ["", "The name was wrong.", reasons.TAKEN_BACK])
def test_a_reason_is_said_as_it_is_kept_where_nothing_is_translated(kept: str) -> None:
    assert Award(revoked_because=kept).why_revoked == kept


def test_a_text_that_was_sent_back_is_the_first_thing_to_do_and_its_way_ends_at_the_comment(
    student: Membership, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    at, page = "/c/ours/lessons/data-rules-everything/", client_of(student.user)
    take_steps(student, lesson)
    measure(student, lesson)
    sent = write(student, lesson)
    reviews.decide(instructor, sent.pk, decision="returned", met=[False] * 3, comment="Which dots does it know?")

    badge = " ".join(page.get(f"{at}badge/").text.split())
    part = page.get(f"{at}u-curve/").text

    goal = "u-curve-explain-review"
    assert re.findall(r'<a class="button" href="([^"]+)"> ([^<]+) </a>', badge) == [
        (f"{at}u-curve/#{goal}", "Sent back: change your text →")
    ]
    assert badge.index(goal) < badge.index('class="criteria"')
    assert re.search(rf'<div class="review review--returned"[^>]* id="{goal}" tabindex="-1"', part)
    assert f'{at}u-curve/#{goal}"' in page.get(at).text


def test_each_criterion_that_is_missing_leads_to_its_task(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    at = "/c/ours/lessons/data-rules-everything/"

    badge = client_of(student.user).get(f"{at}badge/").text

    for where in ("by-hand/#by-hand-head", "u-curve/#u-curve-explain-head", "bias/#bias-fix-head"):
        assert f'href="{at}{where}"' in badge
