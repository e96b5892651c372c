"""Ready for tonight?: what an instructor checks before a class."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from classroom.models import Cohort, Membership, Rehearsal, User
from dashboard import reach, ready, ready_runs
from dashboard.reach import Reach
from experiments import events
from experiments.models import Run, RunRequest, RunState
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartProgress
from tests.factories import MembershipFactory
from tests.lessons import runs

READY = "/c/ours/class/ready/"
ROOM = Reach("http://192.168.1.20:8000", "", "192.168.1.20:8000/join/", "192.168.1.20", is_loopback=False, is_room=True)
PHONE = {"REMOTE_ADDR": "192.168.1.33", "SERVER_NAME": "192.168.1.20", "SERVER_PORT": "8000"}
Clients = Callable[[User], Client]


@pytest.fixture
def press(client_of: Clients, instructor: Membership) -> Callable[..., Any]:
    """Press a button of the list."""
    client = client_of(instructor.user)
    return lambda act, **sent: client.post(READY, {"act": act, **sent})


@pytest.fixture
def line(instructor: Membership, lesson: LoadedLesson) -> Callable[..., ready.Line]:
    """Give one line of the list as it is now."""

    def now(key: str, way_in: Reach = ROOM) -> ready.Line:
        fresh = Membership.objects.select_related("cohort", "user").get(pk=instructor.pk)
        page = ready.ready_page(fresh, lesson.lesson, way_in, "a browser")
        return next(each for each in page.lines if each.key == key)

    return now


Lines = Callable[..., ready.Line]
Press = Callable[..., Any]


def end(run: Run, state: str = RunState.DONE) -> None:
    """Let a run end as on a worker, without computing it."""
    facts = {"result": {}, "failure": "It broke."}
    Run.objects.filter(pk=run.pk).update(state=state, finished_at=timezone.now(), **facts)
    run.refresh_from_db()
    events.run_ended.send_robust(Run, run=run)


def end_all() -> None:
    """Let run after run end until none is asked for any more."""
    while waiting := Run.objects.filter(state=RunState.QUEUED).order_by("queued_at").first():
        end(waiting)


# --- the worker -----------------------------------------------------------------------------------


def test_the_worker_is_asked_for_a_small_real_run(line: Lines, press: Press) -> None:
    assert line("worker").state == "open"

    assert press("canary").headers["Location"] == f"{READY}#worker"
    assert line("worker").state == "busy"
    assert runs.work() == 1

    assert line("worker").state == "good"
    assert re.fullmatch(r"A small run came back after \d\.\d seconds\.", line("worker").says)
    assert Run.objects.get().provenance["seconds"] >= 0


def test_a_worker_that_does_not_come_is_told(line: Lines, press: Press) -> None:
    press("canary")
    Run.objects.update(queued_at=F("queued_at") - timedelta(seconds=21))

    assert line("worker").state == "bad"
    assert "start it again" in line("worker").todo


def test_a_canary_that_failed_says_why_and_one_of_yesterday_says_nothing(line: Lines, press: Press) -> None:
    press("canary")
    end(Run.objects.get(), RunState.FAILED)
    assert (line("worker").state, line("worker").says) == ("bad", "It broke.")

    RunRequest.objects.update(requested_at=timezone.now() - timedelta(hours=2))
    assert line("worker").state == "open"


# --- the first runs -------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.slow
def test_first_runs_are_there_for_whoever_has_joined_and_whoever_comes(
    line: Lines, press: Press, student: Membership, lesson: LoadedLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_runs, "CLASS_SIZE", 2)
    assert line("runs").state == "open"

    press("prepare")

    assert line("runs").state == "busy"
    assert Run.objects.filter(state=RunState.QUEUED).count() == ready_runs.AT_ONCE
    assert runs.work() == 6
    assert line("runs") == ready.Line("runs", "The first runs are computed", "good", "All 6 are there, for 2 students.")
    for member in (student, MembershipFactory(cohort=student.cohort)):
        runs.guess(member, lesson, "lowest", *runs.BEFORE_THE_RUN)
        assert [run.state for run in runs.ask(member, lesson)] == [RunState.DONE]
        assert [run.state for run in runs.ask(member, lesson, "bias-run")] == [RunState.DONE]
    assert Run.objects.count() == 6


def test_what_is_prepared_counts_as_nobodys_work(
    press: Press, student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_runs, "CLASS_SIZE", 1)
    press("prepare")
    end_all()

    assert not RunRequest.objects.filter(membership=student).exists()
    assert not PartProgress.objects.exists()


def test_preparing_stops_when_told_and_goes_on_where_it_was(
    line: Lines, press: Press, student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_runs, "CLASS_SIZE", 2)
    press("prepare")
    end(Run.objects.filter(state=RunState.QUEUED)[0])

    press("stop")

    assert not Run.objects.filter(state=RunState.QUEUED).exists()
    assert line("runs").state == "bad"
    assert line("runs").says == "1 of 6 are there, for 2 students."
    press("prepare")
    end_all()
    assert line("runs").state == "good"


def test_a_run_that_fails_holds_up_no_other_and_is_asked_for_again_by_hand(
    line: Lines, press: Press, student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready_runs, "CLASS_SIZE", 1)
    press("prepare")
    end(Run.objects.filter(state=RunState.QUEUED)[0], RunState.FAILED)
    end_all()

    assert line("runs").state == "bad"
    assert line("runs").says == "2 of 3 are there, for 1 students. 1 failed."
    press("prepare")
    end_all()
    assert line("runs").state == "good"


def test_an_instructor_can_still_send_a_small_run_meanwhile(line: Lines, press: Press, student: Membership) -> None:
    press("prepare")

    assert press("canary").status_code == 302
    assert line("worker").state == "busy"


# --- the phone ------------------------------------------------------------------------------------


@pytest.fixture
def code(client_of: Clients, instructor: Membership, settings: Settings) -> Callable[[], str]:
    """What the list shows now for a phone to open."""
    settings.ROOM_URL, settings.ALLOWED_HOSTS = ROOM.url, ["*"]
    client = client_of(instructor.user)

    def shown() -> str:
        page = client.get(READY, SERVER_NAME="127.0.0.1").content.decode()
        return re.findall(rf"QR code of {ROOM.url}(/phone/[^\"]+/)", page)[0]

    shown.client = client  # type: ignore[attr-defined]
    return shown


def opened(client: Client, place: str, **of: str) -> str:
    """What a device reads that opens the code and tells its size."""
    request: dict[str, Any] = {**PHONE, **of}
    client.get(place, **request)
    answer = client.post(place, {"width": "390", "height": "844"}, **request)
    return re.findall(r"<h1>(.*?)</h1>", answer.content.decode())[0]


@pytest.mark.usefixtures("code")
def test_a_phone_turns_the_line_green_once(code: Callable[[], str], line: Lines) -> None:
    first = code()
    assert line("phone").state == "open"

    assert "This phone gets in" in opened(Client(), first)

    assert line("phone").state == "good"
    assert line("phone").says.endswith("Its screen is 390 wide and 844 high.")
    assert "has been used" in opened(Client(), first)
    assert code() != first
    assert "This phone gets in" in opened(Client(), code())


def test_looking_alone_tells_nothing(code: Callable[[], str], line: Lines) -> None:
    Client().get(code(), **PHONE)

    assert line("phone").state == "open"


def test_the_computer_itself_is_no_phone(code: Callable[[], str], line: Lines) -> None:
    place = code()

    assert "same computer" in opened(Client(), place, SERVER_NAME="127.0.0.1", REMOTE_ADDR="127.0.0.1")
    assert "same computer" in opened(Client(), place, REMOTE_ADDR="192.168.1.20")
    assert "same computer" in opened(code.client, place)  # type: ignore[attr-defined]
    assert line("phone").state == "open"


@pytest.mark.parametrize("token", ["x", "1.0.739950.a.b", "....", "é.0.1.a.b"])
@pytest.mark.usefixtures("code")
def test_a_code_that_nobody_made_opens_nothing(token: str) -> None:
    assert Client().get(f"/phone/{token}/", **PHONE).status_code == 404


def test_a_code_of_last_week_opens_nothing(code: Callable[[], str], clock: Callable[[Any], None]) -> None:
    place = code()
    clock(timezone.now() + timedelta(days=2))

    assert Client().get(place, **PHONE).status_code == 404


def test_sizes_that_are_none_are_left_out(code: Callable[[], str], line: Lines) -> None:
    Client().post(code(), {"width": "-3", "height": "9" * 40}, **PHONE)

    assert re.fullmatch(r"One came at \d\d:\d\d\.", line("phone").says)


def test_on_a_loopback_address_the_line_says_what_to_start(line: Lines) -> None:
    alone = Reach("http://127.0.0.1:8000", "", "", "127.0.0.1", is_loopback=True, is_room=False)

    assert line("phone", alone).state == "bad"
    assert line("phone", alone).todo == "Stop Downhill and start it with: LAN=1 make run"


# --- the back row, the notebook, a rehearsal ------------------------------------------------------


def test_the_back_row_is_noted(line: Lines, press: Press) -> None:
    assert line("back-row").state == "open"

    press("back_row")

    assert line("back-row").state == "good"


@pytest.mark.parametrize(
    ("printed", "rule"),
    [("0.7463", "half"), ("0.74625", "half"), ("0,75", "half"), ("1.4925", "full"), ("1.49", "full")],
)
def test_what_the_notebook_prints_settles_the_rule(
    line: Lines, press: Press, cohort: Cohort, printed: str, rule: str
) -> None:
    press("notebook", printed=printed)

    cohort.refresh_from_db()
    assert cohort.gradient_rule == rule
    assert line("notebook").state == "good"
    assert f"The class uses the {rule} rule" in line("notebook").says


def test_a_notebook_of_something_else_is_not_right(line: Lines, press: Press) -> None:
    press("notebook", printed="1.2127")

    assert line("notebook").state == "bad"
    assert line("notebook").says == "Your notebook prints 1.2127. Expected: 0.7463, 1.4925."


def test_a_rule_that_has_graded_answers_stays_and_its_line_says_so(
    line: Lines, press: Press, cohort: Cohort, instructor: Membership, client_of: Clients
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(rule_fixed_at=timezone.now())

    answer = press("notebook", printed="1.4925")

    assert answer.headers["Location"] == f"{READY}#notebook"
    cohort.refresh_from_db()
    assert cohort.gradient_rule == "half"
    assert line("notebook").state == "bad"
    assert line("notebook").says == (
        "Your notebook prints 1.4925. The class uses the half rule: its first w is 0.7463. "
        "The gradient rule cannot change now: answers have been graded with it."
    )
    assert 'value="1.4925"' in client_of(instructor.user).get(READY).content.decode()
    press("notebook", printed="0.7463")
    assert line("notebook").state == "good"


@pytest.mark.parametrize("printed", ["half", "0.7463 or so", "\x00", "w" * 400])
def test_what_is_no_number_is_said_in_its_line(line: Lines, press: Press, printed: str) -> None:
    answer = press("notebook", printed=printed)

    assert answer.headers["Location"] == f"{READY}#notebook"
    assert line("notebook").state == "bad"
    assert line("notebook").says == "That is not a number that we can read."
    assert line("notebook").todo == "Type the number as the notebook prints it, such as 0.7463."


def test_the_rehearsal_of_a_minute_is_filled_in(client_of: Clients, instructor: Membership) -> None:
    client = client_of(instructor.user)
    [link] = re.findall(r'href="([^"]*/rehearse/\?[^"]*)"', client.get(READY).content.decode())

    page = client.get(link.replace("&amp;", "&")).content.decode()

    assert re.search(r'name="students" value="12"', page)
    assert re.search(r'name="speed" value="20"', page)


def test_an_evening_that_led_itself_is_nobodys_rehearsal(client_of: Clients, instructor: Membership) -> None:
    Rehearsal.objects.create(cohort=instructor.cohort, seed=1, speed=1, evening={})

    assert "A rehearsal began" not in client_of(instructor.user).get(READY).content.decode()
    Rehearsal.objects.update(evening=None)
    assert "A rehearsal began" in client_of(instructor.user).get(READY).content.decode()


def test_the_paper_for_class_is_one_step_away(client_of: Clients, instructor: Membership) -> None:
    assert 'href="/print/ours/' in client_of(instructor.user).get(READY).content.decode()


# --- the page -------------------------------------------------------------------------------------


def test_the_list_is_sent_again_only_when_it_changed(client_of: Clients, instructor: Membership, press: Press) -> None:
    client = client_of(instructor.user)
    page = client.get(READY).content.decode()
    since = re.findall(r'hx-get="([^"]*)"', page)[0].replace("&amp;", "&")
    assert client.get(since).status_code == 204

    press("back_row")

    assert "ready__line--good" in client.get(since).content.decode()


def test_class_and_lead_page_lead_here(client_of: Clients, instructor: Membership) -> None:
    client = client_of(instructor.user)

    for place in ("/c/ours/class/", "/c/ours/class/lead/"):
        assert f'href="{READY}' in client.get(place).content.decode()


def test_the_room_is_known_by_its_address(settings: Settings) -> None:
    assert reach.room_host() == ""
    settings.ROOM_URL = "http://[fd00::2]:8000"
    assert reach.room_host() == "fd00::2"
