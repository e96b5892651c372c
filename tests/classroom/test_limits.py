"""Limits: counted in the database, once for all web processes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from classroom import limits
from classroom.limits import Counter
from classroom.models import Cohort, Membership, Tally
from classroom.refusals import TooMany
from tests import hashers
from tests.classroom.test_accounts import HOME, SCHOOL, log_in
from tests.factories import PASSWORD, CohortFactory

pytestmark = pytest.mark.services


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stop the clock at a second."""
    return lambda second: monkeypatch.setattr(limits.time, "time", lambda: second)


def test_a_minute_has_as_many_as_it_may_and_the_next_one_begins_again(db: None, at: Any) -> None:
    counter = Counter({"tries mine": 2})
    at(1000.0)
    counter.count()
    at(1030.0)
    counter.count()

    with pytest.raises(TooMany) as refused:
        counter.count()
    at(1060.0)
    counter.count()

    assert refused.value.retry_after == 30
    assert Tally.objects.get().number == 1


def test_looking_counts_nothing(db: None) -> None:
    counter = Counter({"tries mine": 1})

    for _ in range(3):
        counter.refuse_if_full()
    counter.count()

    with pytest.raises(TooMany):
        counter.refuse_if_full()


def test_what_is_long_over_is_forgotten(db: None, at: Any) -> None:
    at(1000.0)
    Counter({"tries theirs": 1}).count()
    at(2000.0)
    Counter({"tries mine": 1}).count()

    assert list(Tally.objects.values_list("key", flat=True)) == ["tries mine"]


def join(cohort: Cohort, username: str, **more: Any) -> Any:
    sent = {"username": username, "display_name": "Nora", "password": PASSWORD}
    return Client().post(f"/join/{cohort.join_code}", sent, **{"REMOTE_ADDR": SCHOOL, **more})


def test_seven_classes_of_thirty_join_from_one_school_in_the_same_minute(db: None, settings: Settings) -> None:
    """Each types the code, mistypes it first, and needs a second try at the form. Every class has thirty of them; what
    one class costs is counted here, and seven times that is looked for in the limits."""
    cohort = CohortFactory(join_code="ACDE-3467")
    for n in range(30):
        phone = Client(REMOTE_ADDR=SCHOOL)
        phone.post("/join/", {"code": "ACDE-3468"})
        phone.post("/join/", {"code": "ACDE-3467"})
        phone.post("/join/ACDE-3467", {"username": f"nora{n}", "display_name": "Nora", "password": "short"})
        assert join(cohort, f"nora{n}").status_code == 302

    counted = {tally.key.split()[0]: tally.number for tally in Tally.objects.all()}

    assert counted == {"type_code": 60, "wrong_code": 30, "join": 60, "join_class": 60}
    assert all(7 * counted[name] <= settings.LIMITS[name] for name in ("type_code", "wrong_code", "join"))


def test_one_class_that_is_flooded_holds_up_no_other(cohort: Cohort, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "join_class": 1}
    other = CohortFactory()

    flooded = [join(cohort, f"nora{n}").status_code for n in range(2)]

    assert flooded == [302, 429]
    assert join(other, "nora9").status_code == 302


def test_behind_a_proxy_joins_of_two_clients_are_counted_apart(cohort: Cohort, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "join": 1}
    settings.TRUST_PROXY = 1

    def ask(username: str, client: str) -> int:
        proxied = {"REMOTE_ADDR": "172.18.0.1", "headers": {"X-Forwarded-For": client}}
        return int(join(cohort, username, **proxied).status_code)

    answers = [ask("nora", SCHOOL), ask("nina", SCHOOL), ask("nils", HOME), ask("noel", f"{HOME}, {SCHOOL}")]

    assert answers == [302, 429, 302, 429]


def test_a_known_device_is_held_up_by_no_stranger_and_may_do_a_tenth(student: Membership, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "wrong_code": 20}
    own = Client(REMOTE_ADDR=SCHOOL)
    log_in("sam", client=own)
    for n in range(20):
        Client(REMOTE_ADDR=SCHOOL).get(f"/join/NONE-99{n:02}")

    strangers = Client(REMOTE_ADDR=SCHOOL).get("/join/ACDE-3467").status_code
    known = [own.get(f"/join/NONE-99{n:02}").status_code for n in range(3)]

    assert strangers == 429
    assert known == [404, 404, 429]


def test_many_devices_that_one_makes_do_no_more_than_strangers(student: Membership, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "wrong_code": 20}

    def guess_twice(n: int) -> list[int]:
        device = Client(REMOTE_ADDR=SCHOOL)
        log_in("sam", client=device)
        return [device.get(f"/join/NONE-9{n:02}{i}").status_code for i in range(2)]

    answers = [status for n in range(11) for status in guess_twice(n)]

    assert answers == [404] * 20 + [429] * 2


def test_wrong_log_ins_of_notebooks_are_refused_before_a_hash_is_worked_out(
    student: Membership, settings: Settings
) -> None:
    settings.LIMITS = {**settings.LIMITS, "wrong_token": 2}

    def ask(username: str, address: str = SCHOOL) -> Any:
        sent = {"username": username, "password": PASSWORD}
        return Client().post("/api/v1/token/", sent, "application/json", REMOTE_ADDR=address)

    wrong = [ask(f"nobody{n}").status_code for n in range(2)]
    hashers.hashed.clear()
    refused = ask("sam")

    assert wrong == [400, 400]
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["detail"] == "Too many requests. Wait a minute, then try again."
    assert hashers.hashed == []
    assert ask("sam", HOME).status_code == 200


def test_a_page_that_refuses_says_when_to_come_again(student: Membership, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "log_in": 1}

    log_in("sam", "wrong")
    refused = log_in("sam")

    assert refused.status_code == 429
    assert "Wait a minute, then try again." in refused.content.decode()
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_a_password_is_changed_ten_times_in_a_minute_at_most(student: Membership, client_of: Any) -> None:
    browser = client_of(student.user)
    sent = {"oldpassword": "wrong", "password1": "four quite plain words", "password2": "four quite plain words"}

    answers = [browser.post("/accounts/password/", sent).status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]
