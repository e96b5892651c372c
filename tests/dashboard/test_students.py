"""One student, as their instructor sees them: the timeline, their own page, what is entered and settled for them."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from classroom.models import Cohort, LearningEvent, Membership, Role, User
from lessons import pacing, services, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress, Prediction, Reconciliation, Submission
from tests import pupils
from tests.factories import MembershipFactory, version_of
from tests.lessons import runs
from tests.pupils import write

pytestmark = pytest.mark.services

SENTENCE = "It learns the noise by heart, and new points have other noise."


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def text_of(answer: object) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))  # type: ignore[attr-defined]


def base(student: Membership) -> str:
    return f"/c/ours/class/students/{student.pk}/"


# --- the timeline ---------------------------------------------------------------------------------


def test_the_timeline_tells_predictions_runs_and_reveals_and_never_how_sure_somebody_was(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags", confidence="sure", because="It looked like it.")
    sealing.open_reveal(student, lesson, "rates", "half-a")
    runs.sweep(student, lesson, seed=4)

    text = text_of(desk.get(base(student)))

    assert "Predicted “Learning rate 0.1” zigzags, settles: It looked like it." in text
    assert "Saw the answer to “Learning rate 0.1”" in text
    assert re.search(r"Asked for a run: .*seed 4 ✓ done", text)
    assert [word for word in ("sure", "think so", "guess") if re.search(rf"\b{word}\b", text)] == []


def test_the_timeline_of_one_part_leaves_the_others_out(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1"})

    text = text_of(desk.get(base(student) + "?part=rates"))

    assert "Predicted" in text
    assert "Three steps by hand, step 1" not in text


def test_a_late_prediction_and_a_failed_run_say_so(
    desk: Client, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    student.refresh_from_db()
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")

    assert "late: outside the vote" in text_of(desk.get(base(student)))


# --- their own page, to read ----------------------------------------------------------------------


def test_their_page_is_what_they_see_and_nothing_in_it_can_be_sent(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags", confidence="sure")
    before = version_of(student.cohort)

    page = desk.get(f"{base(student)}page/data-rules-everything/rates/?item=half-a").content.decode()

    assert '<fieldset class="stand-in__page" disabled>' in page
    assert "zigzags, settles" in page
    assert "sure)" not in page
    assert "You were sure" not in page
    assert "/c/ours/lessons/data-rules-everything/rates" not in page
    assert f"{base(student)}page/data-rules-everything/rates/?item=half-b" in page
    assert Reconciliation.objects.count() == 0
    assert Membership.objects.get(pk=student.pk).last_active_at is None
    assert version_of(student.cohort) == before


def test_what_they_wrote_is_shown_as_they_wrote_it_addresses_too(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    said = "I asked for help at /c/ours/lessons/data-rules-everything/u-curve/ and at another page."
    write(student, lesson, said)

    for mode in ("page", "paper"):
        assert said in desk.get(f"{base(student)}{mode}/data-rules-everything/u-curve/").text


def test_looking_at_a_finished_run_notes_nothing_in_their_name(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    runs.guess(student, lesson, "lowest")
    runs.ask(student, lesson)
    PartProgress.objects.filter(membership=student).delete()
    runs.work()
    PartProgress.objects.filter(membership=student).delete()

    answer = desk.get(f"{base(student)}page/data-rules-everything/u-curve/")

    assert answer.status_code == 200
    assert (PartProgress.objects.count(), Reconciliation.objects.count()) == (0, 0)


def test_their_arc_leads_to_their_pages(desk: Client, student: Membership) -> None:
    page = desk.get(f"{base(student)}page/data-rules-everything/").content.decode()

    assert f'href="{base(student)}page/data-rules-everything/by-hand/"' in page
    assert 'href="/c/ours/lessons/data-rules-everything/by-hand/"' not in page
    assert "/c/ours/lessons/data-rules-everything/notebook.ipynb" in page


def test_nothing_can_be_sent_from_the_page_to_read(desk: Client, student: Membership) -> None:
    address = f"{base(student)}page/data-rules-everything/activities/by-hand/check/"

    assert desk.post(address, {"id": uuid.uuid4(), "step": 1, "w": "1"}).status_code == 404
    assert Submission.objects.count() == 0


# --- results from paper ---------------------------------------------------------------------------


def test_a_worksheet_from_paper_is_stored_as_theirs_with_who_entered_it(
    desk: Client, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    address = f"{base(student)}paper/data-rules-everything/activities/by-hand/check/"
    cells = {f"error_{i}": value for i, value in enumerate(pupils.STEPS[0]["errors"], start=1)}
    cells |= {f"product_{i}": value for i, value in enumerate(pupils.STEPS[0]["products"], start=1)}

    answer = desk.post(
        address,
        {"id": str(uuid.uuid4()), "member": student.pk, "step": 1, **cells, "mean": "-14.925", "w": "0.7463"},
    )

    sent = Submission.objects.get()
    assert answer["Location"].startswith(f"{base(student)}paper/data-rules-everything/by-hand/")
    assert (sent.membership, sent.accepted, sent.entered_by) == (student, True, instructor)
    event = LearningEvent.objects.get(kind="step_accepted")
    assert (event.membership, event.facts["entered_by"]) == (student, instructor.pk)
    assert "entered from paper by Ines" in text_of(desk.get(base(student)))
    assert Membership.objects.get(pk=student.pk).last_active_at is None


def test_a_prediction_from_paper_is_sealed_as_theirs(desk: Client, student: Membership, instructor: Membership) -> None:
    address = f"{base(student)}paper/data-rules-everything/activities/rates/seal/"
    sent = {"item": "half-a", "round": 1, "choice": "crawls", "confidence": "guess"}

    desk.post(address, {"id": str(uuid.uuid4()), "member": student.pk, **sent})

    sealed = Prediction.objects.get()
    assert (sealed.membership, sealed.choice, sealed.entered_by) == (student, "crawls", instructor)


def test_what_is_missing_on_paper_is_said_at_its_field_and_what_was_typed_stays(
    desk: Client, student: Membership
) -> None:
    address = f"{base(student)}paper/data-rules-everything/activities/rates/seal/"
    sent = {"item": "half-c", "round": 1, "confidence": "guess", "because": "It was written very small."}

    answer = desk.post(address, {"id": str(uuid.uuid4()), "member": student.pk, **sent})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "It was written very small." in page
    assert f'action="{address}"' in page


def test_a_page_made_for_one_student_enters_nothing_for_another(
    desk: Client, student: Membership, cohort: Cohort
) -> None:
    other = MembershipFactory(cohort=cohort)
    address = f"{base(student)}paper/data-rules-everything/activities/by-hand/check/"

    answer = desk.post(address, {"id": str(uuid.uuid4()), "member": other.pk, "step": 1, "w": "1"})

    assert answer.status_code == 403
    assert Submission.objects.count() == 0


# --- explained aloud ------------------------------------------------------------------------------


def explain_state(student: Membership) -> str:
    row = PartProgress.objects.filter(membership=student, part="u-curve").first()
    return str(row.activities.get("u-curve-explain", {}).get("state")) if row else "none"


def test_explained_aloud_counts_and_can_be_taken_back(
    desk: Client, student: Membership, client_of: Callable[[User], Client]
) -> None:
    found = []
    for act in ("heard", "heard", "undo"):
        desk.post(f"{base(student)}aloud/", {"activity": "u-curve-explain", "act": act})
        found.append(explain_state(student))
        if act == "heard":
            page = client_of(student.user).get("/c/ours/lessons/data-rules-everything/u-curve/")
            assert "You explained this aloud to your instructor" in text_of(page)

    assert found == ["done", "done", "working"]
    kinds = [event.kind for event in LearningEvent.objects.exclude(kind="cohort_joined").order_by("pk")]
    assert kinds == ["explained_aloud", "aloud_taken_back"]
    assert "Explained aloud: " in text_of(desk.get(base(student)))


def test_what_is_written_after_explaining_aloud_is_kept_and_waits_for_nobody(
    desk: Client, student: Membership, lesson: LoadedLesson
) -> None:
    runs.sweep(student, lesson)
    desk.post(f"{base(student)}aloud/", {"activity": "u-curve-explain"})
    services.submit(student, lesson, "u-curve-explain", client_id=uuid.uuid4(), step=1, answer={"text": SENTENCE})
    heard = explain_state(student)
    desk.post(f"{base(student)}aloud/", {"activity": "u-curve-explain", "act": "undo"})

    assert (heard, explain_state(student)) == ("done", "waiting")


def test_only_an_explanation_can_be_given_aloud(desk: Client, student: Membership) -> None:
    assert desk.post(f"{base(student)}aloud/", {"activity": "by-hand"}).status_code == 404


# --- a new password -------------------------------------------------------------------------------


def test_a_new_password_is_said_once_and_ends_their_log_ins(
    desk: Client, student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    theirs = client_of(student.user)
    asked = desk.get(f"{base(student)}password/").content.decode()
    said = desk.post(f"{base(student)}password/").content.decode()
    password = said.split('class="password number">')[1].split("<")[0]

    assert "password number" not in asked
    assert User.objects.get(pk=student.user_id).check_password(password)
    assert theirs.get("/").status_code != 200 or "Sam" not in theirs.get("/").content.decode()
    event = LearningEvent.objects.get(kind="password_reset")
    assert (event.membership, event.facts) == (student, {"entered_by": instructor.pk})
    assert password not in str(list(LearningEvent.objects.values_list("facts", flat=True)))


@pytest.mark.parametrize("who", ["staff", "superuser", "instructor elsewhere"])
def test_nobody_takes_the_log_in_of_somebody_who_is_more_than_a_student(
    desk: Client, student: Membership, who: str
) -> None:
    if who == "instructor elsewhere":
        MembershipFactory(user=student.user, role=Role.INSTRUCTOR)
    else:
        User.objects.filter(pk=student.user_id).update(**{f"is_{who}": True})
    before = User.objects.get(pk=student.user_id).password

    assert desk.post(f"{base(student)}password/").status_code == 403
    assert User.objects.get(pk=student.user_id).password == before


def test_a_student_of_another_class_is_nobody_here(desk: Client) -> None:
    stranger = MembershipFactory()
    paths = ("", "password/", "page/data-rules-everything/", "paper/data-rules-everything/rates/")

    assert {desk.get(base(stranger) + path).status_code for path in paths} == {404}
