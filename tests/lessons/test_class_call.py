"""The call of a led class: where the class is, said on every page of every student, and what else it is told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

import badges.services
from badges.models import Award
from classroom.acting import Acting
from classroom.models import Cohort, LearningEvent, Membership, Pace, User
from classroom.refusals import Conflict, Refusal
from dashboard import projector
from lessons import class_call, pacing, room, services, stage, voting
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.class_call import Call, Page
from lessons.models import PartProgress, PartState, RevealOpening, Stage
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

RATES = ("rates", "half-a")
TWICE = ("rates", "half-c")  # may be voted on twice
LESSON = "/c/ours/lessons/data-rules-everything/"
ELSEWHERE = Page("by-hand")
THERE = Page("rates", frozenset({RATES}))


@pytest.fixture
def cohort(cohort: Cohort) -> Cohort:
    cohort.pace = Pace.LED
    cohort.save()
    return cohort


class Leader:
    """Who leads the class: each act by its name, and what a page of the student says of it."""

    def __init__(self, instructor: Membership, student: Membership, lesson: LoadedLesson) -> None:
        self.instructor, self.student, self.lesson = instructor, student, lesson

    def open_part(self, key: str) -> None:
        pacing.open_part(self.instructor, self.lesson, key)

    def open_vote(self, key: stage.Key = RATES) -> None:
        voting.open_vote(self.instructor, self.lesson, *key)

    def close_vote(self, key: stage.Key = RATES) -> None:
        voting.close_vote(self.instructor, self.lesson, *key)

    def reveal(self, key: stage.Key = RATES) -> None:
        voting.reveal(self.instructor, self.lesson, *key)
        RevealOpening.objects.filter(item=key[1]).update(opens_at=timezone.now())

    def do(self, act: Callable[..., None], *typed: str) -> None:
        act(self.instructor, self.lesson, *typed)

    def call(self, page: Page = ELSEWHERE, by: Membership | None = None) -> Call:
        member = Membership.objects.select_related("cohort__version").get(pk=(by or self.student).pk)
        found = class_call.read(Acting(member), self.lesson, page)
        assert found is not None
        return found

    def told(self, page: Page = ELSEWHERE) -> tuple[str, str]:
        found = self.call(page)
        return found.look, found.line


@pytest.fixture
def leader(instructor: Membership, student: Membership, lesson: LoadedLesson) -> Leader:
    return Leader(instructor, student, lesson)


# --- where the class is ---------------------------------------------------------------------------


def test_before_anything_is_opened_nobody_is_called(leader: Leader) -> None:
    assert not leader.call().is_shown


def test_the_class_is_at_the_part_that_was_opened_last(leader: Leader) -> None:
    leader.open_part("rates")

    assert leader.told() == ("loud", "part 2, “Learning-rate chaos”")
    assert leader.call().title == "Part 2 is open"


def test_the_class_is_at_a_vote_as_long_as_it_is_open(leader: Leader) -> None:
    leader.open_vote()
    leader.open_part("u-curve")

    assert leader.told() == ("loud", "vote open on “Learning rate 0.1”")
    assert leader.call().title == "Vote open"
    assert leader.call().says == "The class: vote open on “Learning rate 0.1”."


def test_after_a_vote_the_class_talks_about_its_question(leader: Leader) -> None:
    leader.open_vote()
    leader.close_vote()

    assert leader.told() == ("loud", "at “Learning rate 0.1”, the vote is closed")


def test_a_second_vote_calls_those_who_answered_the_first(leader: Leader, lesson: LoadedLesson) -> None:
    leader.open_vote(TWICE)
    pupils.seal(leader.student, lesson, *TWICE, "bounces")
    leader.close_vote(TWICE)
    before = leader.told()

    leader.open_vote(TWICE)

    assert before == ("quiet", "at “Learning rate 4/15”, the vote is closed")
    assert leader.told() == ("loud", "second vote on “Learning rate 4/15”")


def test_a_reveal_calls_until_it_was_seen(leader: Leader, lesson: LoadedLesson) -> None:
    leader.open_vote()
    pupils.seal(leader.student, lesson, *RATES, "settles")
    leader.close_vote()
    leader.reveal()
    before = leader.told()

    sealing.open_reveal(leader.student, lesson, *RATES)

    assert before == ("loud", "the answer to “Learning rate 0.1”")
    assert leader.told()[0] == "quiet"


def test_a_reveal_that_can_still_be_taken_back_calls_nobody(leader: Leader) -> None:
    leader.open_vote()
    leader.close_vote()

    voting.reveal(leader.instructor, leader.lesson, *RATES)

    assert leader.call().place.kind == "closed"  # type: ignore[union-attr]


def test_a_part_that_was_closed_again_calls_nobody(leader: Leader) -> None:
    leader.open_part("by-hand")
    leader.open_vote()

    pacing.close_part(leader.instructor, leader.lesson, "rates")

    assert leader.told(Page()) == ("loud", "part 1, “Gradient descent by hand”")


def test_in_a_part_that_was_let_go_nobody_is_called_to_a_question(leader: Leader) -> None:
    leader.open_vote()

    pacing.free_part(leader.instructor, leader.lesson, "rates")

    assert leader.told() == ("loud", "part 2, “Learning-rate chaos”")


@pytest.mark.parametrize("act", ["open_part", "open_vote", "reveal"])
def test_where_the_student_is_already_the_strip_does_not_nag(leader: Leader, act: str) -> None:
    leader.open_part("rates")
    if act != "open_part":
        leader.open_vote()
    if act == "reveal":
        leader.close_vote()
        leader.reveal()

    found = leader.call(THERE)

    assert (found.look, found.title, found.says) == ("here" if act != "open_part" else "", "", "")
    assert found.is_shown is found.is_floating


def test_another_question_of_the_same_part_is_elsewhere(leader: Leader) -> None:
    leader.open_vote()

    assert leader.told(Page("rates", frozenset({("rates", "half-b")})))[0] == "loud"


def test_a_part_that_the_student_has_done_is_told_quietly(leader: Leader) -> None:
    leader.open_part("by-hand")
    PartProgress.objects.create(
        membership=leader.student, lesson=leader.lesson.lesson.slug, part="by-hand", state=PartState.DONE
    )

    assert leader.told(Page()) == ("quiet", "part 1, “Gradient descent by hand”")


# --- who waits ------------------------------------------------------------------------------------


def test_who_waits_sees_how_many_of_those_here_have_sealed_as_the_wall_counts_them(
    leader: Leader, lesson: LoadedLesson, cohort: Cohort
) -> None:
    leader.open_vote()
    here = MembershipFactory.create_batch(3, cohort=cohort)
    gone = MembershipFactory(cohort=cohort)
    Membership.objects.filter(pk__in=[leader.student.pk, *(each.pk for each in here)]).update(
        last_active_at=timezone.now()
    )
    for each in (leader.student, here[0], gone):
        pupils.seal(each, lesson, *RATES, "settles")

    found = leader.call(THERE)

    question = projector.wall(leader.instructor, lesson, "/".join(RATES)).question
    assert question is not None
    assert found.look == "quiet"
    assert found.sealed == class_call.Sealed(2, 4)
    assert (question.n_sealed, question.n_here) == (2, 4)


def test_nobody_is_told_how_many_have_sealed_before_they_have(leader: Leader, lesson: LoadedLesson) -> None:
    leader.open_vote()
    pupils.seal(MembershipFactory(cohort=leader.student.cohort), lesson, *RATES, "settles")

    assert leader.call(THERE).sealed is None


def test_a_poll_brings_a_new_count_alone_and_only_if_there_is_one(
    leader: Leader, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    leader.open_vote()
    pupils.seal(leader.student, lesson, *RATES, "settles")
    page = client_of(leader.student.user)
    page.get(f"{LESSON}rates/")  # who comes is news to the class
    shown = page.get(f"{LESSON}rates/").text
    asks = dict(re.findall(r'type="hidden" name="(called|here|sealed)" value="([^"]*)"', shown))
    asks["v"] = re.findall(r"since/\?v=([^&\"]+)", shown)[0]

    nothing_new = page.get(f"{LESSON}rates/since/", asks, headers={"HX-Request": "true"})
    pupils.seal(MembershipFactory(cohort=leader.student.cohort), lesson, *RATES, "settles")
    news = page.get(f"{LESSON}rates/since/", asks, headers={"HX-Request": "true"})

    assert nothing_new.status_code == 204
    assert news["HX-Reswap"] == "none"
    assert 'hx-swap-oob="true"' in news.text
    assert 'id="part"' not in news.text


# --- every page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "by-hand/", "badge/", "what-i-did.html", "submissions/{}/"])
def test_every_page_of_a_student_has_the_call_and_asks_for_it(
    leader: Leader, lesson: LoadedLesson, client_of: Callable[[User], Client], address: str
) -> None:
    leader.open_part("by-hand")
    sent = services.submit(
        leader.student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=pupils.STEPS[0]
    ).submission
    page = client_of(leader.student.user)
    at = LESSON + address.format(sent.pk)
    before = page.get(at).text
    asks = re.findall(r'hx-get="([^"]+)"', before)[0].replace("&amp;", "&")
    called = re.findall(r'name="called" value="([^"]*)"', before)[0]

    leader.open_vote()
    now = page.get(at).text
    brought = page.get(asks, {"called": called}, headers={"HX-Request": "true"}).text

    for shown in (now, brought):
        assert "vote open on “Learning rate 0.1”" in shown
        assert f'href="{LESSON}rates/?item=half-a#card"' in shown
        assert "Learning-rate chaos, soon" not in " ".join(shown.split())
        assert "your class is here" in shown
    assert "<title>● Vote open · " in now
    assert 'id="class-call" hx-swap-oob="true"' in brought


@pytest.mark.parametrize("address", ["", "by-hand/", "what-i-did.html"])
def test_who_goes_at_their_own_pace_is_not_called(
    leader: Leader, client_of: Callable[[User], Client], address: str
) -> None:
    leader.open_vote()
    leader.do(room.say, "Two more minutes")

    pacing.end_class(leader.instructor)

    assert "The class:" not in client_of(leader.student.user).get(LESSON + address).text
    assert "Two more minutes" not in client_of(leader.student.user).get(LESSON + address).text


def test_an_instructors_look_at_a_students_page_is_not_called(
    leader: Leader, client_of: Callable[[User], Client]
) -> None:
    leader.open_vote()

    page = client_of(leader.instructor.user).get(
        f"/c/ours/class/students/{leader.student.pk}/page/data-rules-everything/by-hand/"
    )

    assert page.status_code == 200
    assert 'id="class-call"' not in page.text


def test_a_tab_that_nobody_looks_at_is_told_and_nobody_counts_as_here(
    leader: Leader, client_of: Callable[[User], Client]
) -> None:
    leader.open_vote()

    told = client_of(leader.student.user).get(f"{LESSON}call.html", {"called": "led0.0", "away": "yes"})

    leader.student.refresh_from_db()
    assert "vote open on “Learning rate 0.1”" in told.text
    assert "data-poll" not in told.text
    assert leader.student.last_active_at is None


# --- what the class is told beside the lesson -----------------------------------------------------


def kinds() -> list[str]:
    return list(LearningEvent.objects.order_by("id").values_list("kind", flat=True))


def test_a_pause_is_on_every_page_until_it_is_over_and_nothing_is_refused_for_it(
    leader: Leader, lesson: LoadedLesson
) -> None:
    leader.open_vote()
    leader.do(room.pause)
    leader.do(room.pause)

    pupils.seal(leader.student, lesson, *RATES, "settles")

    assert leader.call(THERE).is_paused
    assert leader.call(THERE).says == "Eyes up front."
    leader.do(room.resume)
    leader.do(room.resume)
    assert not leader.call(THERE).is_paused
    assert [kind for kind in kinds() if "class" in kind] == ["class_paused", "class_resumed"]


@pytest.mark.parametrize("act", ["open_vote", "bring"])
def test_what_students_need_their_screens_for_ends_a_pause(leader: Leader, act: str) -> None:
    leader.open_part("rates")
    leader.do(room.pause)

    if act == "bring":
        leader.do(room.bring)
    else:
        leader.open_vote()

    assert not leader.call().is_paused


def test_a_line_to_all_is_text_and_can_be_taken_back(leader: Leader, client_of: Callable[[User], Client]) -> None:
    page = client_of(leader.student.user)
    leader.do(room.say, "  Table 3:\n <b>thank you</b>  ")
    shown = page.get(LESSON).text

    leader.do(room.unsay)

    assert "Table 3: &lt;b&gt;thank you&lt;/b&gt;" in shown
    assert "Table 3" not in page.get(LESSON).text
    assert kinds()[-2:] == ["message_shown", "message_taken_back"]


@pytest.mark.parametrize(
    ("text", "says"),
    [(" ", "Type a message first."), ("x" * 141, "A message has at most 140 characters. This one has 141.")],
)
def test_a_line_that_is_empty_or_too_long_is_refused(leader: Leader, text: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        leader.do(room.say, text)

    assert refused.value.detail == says
    assert not Stage.objects.exclude(message="").exists()


def test_a_timer_counts_down_and_closes_nothing(
    leader: Leader, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    now = timezone.now()
    clock(now)
    leader.open_vote()
    leader.do(room.start_timer, "2")
    clock(now + timedelta(seconds=37))
    during = leader.call().clock
    clock(now + timedelta(seconds=500))

    assert during == "1:23"
    assert leader.call().time_left == 0
    assert stage.read(leader.student, lesson.lesson.slug).open_vote(RATES) is not None
    leader.close_vote()
    assert leader.call().time_left is None


@pytest.mark.parametrize("act", ["open_part", "open_vote", "reveal"])
def test_a_timer_that_has_run_out_says_nothing_of_what_is_opened_next(
    leader: Leader, act: str, clock: Callable[[datetime], None]
) -> None:
    now = timezone.now()
    clock(now)
    leader.open_vote()
    leader.close_vote()
    leader.do(room.start_timer, "2")
    clock(now + timedelta(seconds=121))
    before = leader.call().time_left

    if act == "open_part":
        leader.open_part("u-curve")
    elif act == "open_vote":
        leader.open_vote(TWICE)
    else:
        leader.reveal()

    assert (before, leader.call().time_left) == (0, None)


def test_a_timer_that_runs_goes_on_when_something_is_opened(leader: Leader) -> None:
    leader.open_part("by-hand")
    leader.do(room.start_timer, "2")

    leader.open_vote()

    assert leader.call().time_left is not None


@pytest.mark.parametrize("typed", ["", "0", "61", "1.5", "two"])
def test_no_number_of_minutes_is_no_timer(leader: Leader, typed: str) -> None:
    with pytest.raises(Refusal, match="Type a whole number of minutes from 1 to 60"):
        leader.do(room.start_timer, typed)


def test_everybody_is_brought_to_where_the_class_is_for_half_a_minute(
    leader: Leader, clock: Callable[[datetime], None]
) -> None:
    now = timezone.now()
    clock(now)
    leader.open_vote()
    before = leader.call().brought
    leader.do(room.bring)
    first = leader.call().brought
    clock(now + timedelta(seconds=5))
    leader.do(room.bring)
    second = leader.call().brought
    clock(now + timedelta(seconds=36))

    assert before == ""
    assert first
    assert second not in ("", first)
    assert leader.call().brought == ""


def test_nobody_is_brought_to_nowhere(leader: Leader) -> None:
    with pytest.raises(Conflict, match="Open a part or a vote first"):
        leader.do(room.bring)


def test_what_a_class_is_told_exchanges_no_page(leader: Leader, lesson: LoadedLesson) -> None:
    leader.open_vote()
    before = stage.tokens(leader.student, lesson.lesson.slug)

    leader.do(room.say, "Two more minutes")

    after = stage.tokens(leader.student, lesson.lesson.slug)
    assert after.page == before.page
    assert after.call != before.call


def test_the_end_of_a_class_ends_all_that_it_is_told(leader: Leader) -> None:
    leader.open_vote()
    for act, *typed in ((room.bring,), (room.pause,), (room.say, "Soon"), (room.start_timer, "3")):
        leader.do(act, *typed)

    pacing.end_class(leader.instructor)
    pacing.lead_class(leader.instructor)

    found = leader.call(THERE)
    assert (found.is_paused, found.message, found.time_left, found.brought) == (False, "", None, "")


def test_who_leads_has_the_tools_and_the_wall_shows_pause_and_time(
    leader: Leader, client_of: Callable[[User], Client]
) -> None:
    leader.open_vote()
    lead = client_of(leader.instructor.user)
    address = "/c/ours/class/lead/?lesson=data-rules-everything"

    for sent in ({"act": "pause"}, {"act": "start_timer", "minutes": "2"}, {"act": "say", "message": "Look up"}):
        lead.post(address, sent)
    page, wall, remote = (lead.get(at).text for at in (address, "/present/ours/", "/present/ours/?remote=1"))

    for tools in (page, remote):
        assert "Let them go on" in tools
        assert "“Look up”" in tools
        assert 'data-left="1' in tools
    assert "Eyes up front" in wall
    assert 'data-left="1' in wall
    for act in ("resume", "unsay", "stop_timer", "bring"):
        assert lead.post(address, {"act": act}).status_code == 302
    assert "Eyes up front" not in lead.get("/present/ours/").text


def test_a_class_with_several_lessons_is_called_on_the_page_of_its_lessons(
    leader: Leader, cohort: Cohort, client_of: Callable[[User], Client]
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["sampler", "data-rules-everything"])
    leader.open_vote()
    page = client_of(leader.student.user)

    shown = page.get("/c/ours/").text
    asks = re.findall(r'hx-get="([^"]+)"', shown)[0].replace("&amp;", "&")
    brought = page.get(f"{asks}&called=", headers={"HX-Request": "true"}).text

    for told in (shown, brought):
        assert "vote open on “Learning rate 0.1”" in told
    assert 'id="rail"' not in brought  # the page has none to exchange


def test_ones_own_credential_has_the_call_and_a_shared_one_has_none(
    leader: Leader, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> None:
    leader.open_vote()
    badge = badges.services.badge_of(lesson)
    award = badges.services.give(leader.instructor, leader.student, lesson, badge, "They explained it to the class.")
    Award.objects.update(is_shared=True)
    address = f"/credentials/{award.uuid}/"

    own, shared = client_of(leader.student.user).get(address).text, Client().get(address).text

    assert "vote open on “Learning rate 0.1”" in own
    assert 'id="class-call"' not in shared
