"""The pages of whoever leads: one button that follows the lesson, questions asked once, skipping, and the time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from classroom import services as people
from classroom.models import Cohort, Membership, Pace, User
from lessons import pacing, skipping, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, RevealOpening, SkippedQuestion, Stage, Vote
from tests import pupils
from tests.factories import MembershipFactory

pytestmark = pytest.mark.services

LEAD, WALL = "/c/ours/class/lead/", "/present/ours/"
REMOTE = "/present/ours/?remote=1"
HX = {"HX-Request": "true"}
EXTRA = {"act": "open_vote", "activity": "cases", "item": "exam-proctoring"}


@pytest.fixture
def cohort(cohort: Cohort) -> Cohort:
    cohort.pace = Pace.LED
    cohort.save()
    return cohort


@pytest.fixture
def front(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


def primary(page: str) -> str:
    """The words of the one button that space presses; in brackets those of one that waits, nothing while asked."""
    found = re.search(r'<button class="([^"]*)"[^>]*id="next"([^>]*)>\s*([^<]*?)\s*</button>', page, re.S)
    if found is None:
        return ""
    assert ("data-space" in found[2]) is not ('aria-disabled="true"' in found[2])
    return found[3] if "data-space" in found[2] else f"[{found[3]}]"


def asked(page: str) -> str:
    found = re.search(r'id="asked-says"[^>]*>([^<]*)<', page)
    return found[1] if found else ""


def sent_by(page: str, marks: str) -> dict[str, str]:
    """What the form sends whose button has these marks."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if marks in form)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    button = re.search(r'<button[^>]*name="act"\s+value="(\w+)"', form, re.S)
    assert button is not None
    return {name: each for name, each in fields.items() if name != "csrfmiddlewaretoken"} | {"act": button[1]}


@pytest.mark.parametrize("address", [LEAD, WALL, REMOTE])
def test_lead_page_wall_and_remote_have_one_button_that_follows_the_lesson(front: Client, address: str) -> None:
    found = []
    for __ in range(6):
        page = front.get(address).content.decode()
        assert page.count("data-space") == (not primary(page).startswith("["))
        found.append(primary(page))
        if not found[-1].startswith("["):
            front.post(address, sent_by(page, "data-space"))

    assert found == [
        "Start: Gradient descent by hand",
        "Next part: Learning-rate chaos",
        "Next: vote on “Learning rate 0.1”",
        "Close the vote",
        "Reveal: Learning rate 0.1",
        "[Opens in a moment]",
    ]


def test_the_next_part_brings_its_first_question_onto_the_wall(front: Client) -> None:
    for __ in range(2):
        front.post(WALL, sent_by(front.get(WALL).content.decode(), "data-space"))

    assert Stage.objects.get().on_wall == "rates/half-a"
    assert list(Vote.objects.all()) == []


def test_the_arrows_go_through_the_questions_as_the_acts_come_to_them(front: Client) -> None:
    asked_in_turn, at = [], "bias-guess/headline"
    for __ in range(5):
        asked_in_turn.append(at.partition("/")[2])
        page = front.get(f"{WALL}?question={at}").content.decode()
        on = sent_by(page, 'data-key="ArrowRight"')
        at = f"{on['activity']}/{on['item']}"
    back = sent_by(front.get(f"{WALL}?question={at}").content.decode(), 'data-key="ArrowLeft"')

    # The lesson asks whether to ship once the headline is revealed, after the other two votes.
    assert asked_in_turn == ["headline", "recall", "absorber", "ship", "louder"]
    assert at == "cases/text-detectors"
    assert (back["activity"], back["item"]) == ("bias-guess", "louder")


@pytest.mark.parametrize("address", [LEAD, WALL, REMOTE])
@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_one_misclick_opens_no_five_parts(
    front: Client, instructor: Membership, lesson: LoadedLesson, address: str, headers: dict[str, str]
) -> None:
    answer = front.post(address, EXTRA, headers=headers, follow=True)
    page = answer.content.decode()
    before = PartOpening.objects.count()

    sure = sent_by(page, 'id="asked-yes"')
    front.post(address, sure)

    assert asked(page).startswith("This opens 5 parts at once: Gradient descent by hand · Learning-rate chaos")
    assert address == LEAD or f"{voting.find(instructor, lesson, 'cases', 'exam-proctoring')[2].title}</h1>" in page
    assert "data-space" not in page
    assert before == 0
    assert sure == EXTRA | {"sure": "yes"}
    assert (PartOpening.objects.count(), Vote.objects.get().item) == (5, "exam-proctoring")


def test_a_question_that_is_asked_stays_until_it_is_answered(front: Client) -> None:
    at = front.post(WALL, {"act": "end_class"})["Location"]
    page = front.get(at).content.decode()
    (polled,) = re.findall(r'hx-get="(/present/ours/since/[^"]*)"', page)

    again = front.get(polled.replace("&amp;", "&").replace("v=", "v=old")).content.decode()
    front.post(WALL, sent_by(page, 'id="asked-no"'))

    assert parse_qs(urlsplit(at).query)["ask"] == ["end_class://"]
    assert asked(page) == asked(again) != ""
    assert primary(front.get(WALL).content.decode()) == "Start: Gradient descent by hand"
    assert Cohort.objects.get().pace == Pace.LED


def test_ending_the_class_is_asked_once_and_then_nothing_is_under_the_space_bar(front: Client) -> None:
    page = front.post(WALL, {"act": "end_class"}, follow=True).content.decode()
    front.post(WALL, sent_by(page, 'id="asked-yes"'))

    after = front.get(WALL).content.decode()

    assert Cohort.objects.get().ended_at is not None
    assert "data-space" not in after
    assert "Lead again" in after


def test_the_lead_page_of_a_class_that_has_ended_goes_on_to_after_class(front: Client, instructor: Membership) -> None:
    pacing.lead_class(instructor)
    while_led = front.get(LEAD).content.decode()
    pacing.end_class(instructor)

    ended = front.get(LEAD).content.decode()

    on = '<a class="button" href="/c/ours/class/after/?lesson=data-rules-everything">'
    assert on not in while_led
    assert on in ended
    assert "Lead again" in ended


def test_a_class_that_has_ended_keeps_its_run_sheet_and_has_no_clock(
    front: Client, cohort: Cohort, instructor: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    began = timezone.now()
    clock(began)
    pacing.open_part(instructor, lesson, "by-hand")
    PartOpening.objects.update(opened_at=began)
    clock(began + timedelta(minutes=31))
    pacing.end_class(instructor)
    clock(began + timedelta(days=1))

    words = " ".join(re.sub(r"<[^>]+>", " ", front.get(LEAD).content.decode()).split())

    assert "31 of 25 min" in words
    assert "min behind" not in words


def test_what_was_asked_is_not_asked_any_more_once_there_is_nothing_to_ask(
    front: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    at = front.post(WALL, {"act": "open_part", "part": "rates"})["Location"]
    pacing.open_part(instructor, lesson, "by-hand")

    assert asked(front.get(at).content.decode()) == ""


@pytest.mark.parametrize("ask", ["shout:a/b/c", "reveal", "reveal:", "reveal:///////", "open_part:nope//", ":"])
def test_an_address_that_asks_nonsense_asks_nothing(front: Client, ask: str) -> None:
    page = front.get(WALL, {"ask": ask}).content.decode()

    assert (asked(page), primary(page)) == ("", "Start: Gradient descent by hand")


def test_a_reveal_without_its_runs_is_asked_and_the_wall_says_who_is_awaited(
    front: Client, cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "u-curve-guess", "lowest")
    guessed, idle = MembershipFactory.create_batch(2, cohort=cohort)
    Membership.objects.filter(pk__in=[guessed.pk, idle.pk]).update(last_active_at=timezone.now())
    pupils.seal(guessed, lesson, "u-curve-guess", "lowest", 5)
    voting.close_vote(instructor, lesson, "u-curve-guess", "lowest")

    waits = front.get(WALL).content.decode()
    page = front.post(WALL, sent_by(waits, "Reveal without all runs"), follow=True).content.decode()
    before = RevealOpening.objects.count()
    front.post(WALL, sent_by(page, 'id="asked-yes"'))

    assert primary(waits) == "[Let the class run: 0 of 1 done]"
    assert asked(page) == "No run is done, so there is nothing to show yet. Reveal “Where is the bottom?” now?"
    assert (before, RevealOpening.objects.count()) == (0, 1)


def test_after_the_first_vote_the_wall_offers_the_reveal_beside_the_second(
    front: Client, cohort: Cohort, instructor: Membership, lesson: LoadedLesson
) -> None:
    voting.open_vote(instructor, lesson, "rates", "half-c")
    for i, each in enumerate(MembershipFactory.create_batch(6, cohort=cohort)):
        pupils.seal(each, lesson, "rates", "half-c", "bounces" if i % 2 else "explodes")
    voting.close_vote(instructor, lesson, "rates", "half-c")
    for item in ("half-a", "half-b"):
        skipping.skip(instructor, lesson, "rates", item)

    page = front.get(WALL).content.decode()

    assert primary(page) == "Second vote"
    assert sent_by(page, 'value="reveal"') == {"act": "reveal", "activity": "rates", "item": "half-c"}


def test_after_that_comes_what_is_not_under_the_button_in_whatever_order_the_class_is_led(
    front: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    def after_that() -> list[str]:
        listed = front.get(LEAD).content.decode().partition('id="coming"')[2].partition("</ol>")[0]
        return re.findall(r"<li>([^<]*)</li>", listed)

    for item in ("half-a", "half-b"):
        voting.open_vote(instructor, lesson, "rates", item)
        voting.close_vote(instructor, lesson, "rates", item)
    both_voted = primary(front.get(LEAD).content.decode()), after_that()
    voting.open_vote(instructor, lesson, "rates", "half-d")
    another_open = primary(front.get(LEAD).content.decode()), after_that()

    # The last vote is under the button; the one before it has not been revealed either.
    assert both_voted[0] == "Reveal: Learning rate 0.2"
    assert both_voted[1][:2] == ["Reveal “Learning rate 0.1”", "Vote on “Learning rate 4/15”"]
    assert another_open[0] == "Close the vote"
    assert another_open[1][:2] == ["Reveal “Learning rate 0.1”", "Reveal “Learning rate 0.2”"]


def test_a_question_that_is_shown_and_is_not_next_can_be_asked_quietly(front: Client, instructor: Membership) -> None:
    page = front.get(WALL, {"question": "rates/half-e"}).content.decode()

    assert primary(page) == "Start: Gradient descent by hand"
    assert sent_by(page, ">\n    Open the vote\n") == {"act": "open_vote", "activity": "rates", "item": "half-e"}


def test_what_is_skipped_from_the_lead_page_is_said_there_and_taken_up_after_all(
    front: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    pacing.open_part(instructor, lesson, "rates")
    page = front.get(LEAD).content.decode()
    front.post(LEAD, sent_by(page, "Skip “Learning rate 0.1”"))
    skipped = front.get(LEAD).content.decode()
    kept = SkippedQuestion.objects.count()

    front.post(LEAD, {"act": "take_up", "activity": "rates", "item": "half-a"})

    assert primary(skipped) == "Next: vote on “Learning rate 0.2”"
    assert "Take it up after all" in skipped
    assert (kept, SkippedQuestion.objects.count()) == (1, 0)


def test_every_act_of_before_is_still_on_the_lead_page(
    front: Client, instructor: Membership, lesson: LoadedLesson
) -> None:
    pacing.open_part(instructor, lesson, "u-curve")
    voting.open_vote(instructor, lesson, "rates", "half-a")
    voting.close_vote(instructor, lesson, "rates", "half-a")
    voting.open_vote(instructor, lesson, "rates", "half-e")

    page = front.get(LEAD).content.decode()

    acts = set(re.findall(r'name="act"\s+value="(\w+)"', page))
    assert acts >= {"open_part", "close_part", "free_part", "open_vote", "close_vote", "reveal", "skip", "end_class"}


def test_the_clock_is_that_of_the_class_and_the_time_goes_on(
    front: Client, cohort: Cohort, instructor: Membership, lesson: LoadedLesson, clock: Callable[[datetime], None]
) -> None:
    cohort.time_zone = "Europe/Berlin"
    cohort.save()
    began = timezone.now().replace(hour=18, minute=0, second=0, microsecond=0)
    clock(began)
    pacing.open_part(instructor, lesson, "by-hand")
    PartOpening.objects.update(opened_at=began)
    v = front.get(LEAD).context["v"]

    clock(began + timedelta(minutes=33))
    page = front.get(f"{LEAD}since/?v={v}").content.decode()

    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert re.search(r"(19|20):33 · 8 min behind", words)
    assert "8 min behind: skip the rest of “Case files”" in words
    assert "Run sheet · minute 33 of 106" in words


# --- when a session began -------------------------------------------------------------------------


def test_a_session_begins_when_it_is_led_and_goes_on_if_it_ended_by_mistake(
    cohort: Cohort, clock: Callable[[datetime], None]
) -> None:
    began = timezone.now()
    at = []
    cohort.pace = Pace.SELF
    cohort.save()
    for minutes, act in (
        (0, people.lead_class),
        (5, people.lead_class),
        (40, people.end_class),
        (42, people.lead_class),
        (90, people.end_class),
        (7 * 24 * 60, people.lead_class),
    ):
        clock(began + timedelta(minutes=minutes))
        act(cohort)
        led_at = Cohort.objects.get().led_at
        assert led_at is not None
        at.append(round((led_at - began) / timedelta(minutes=1)))

    assert at == [0, 0, 0, 0, 0, 7 * 24 * 60]
