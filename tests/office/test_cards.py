"""Log-in cards: from the admin's printer to a student who is in."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from classroom import cards, services, tokens
from classroom.models import Cohort, LoginCard, Membership, Role, User
from classroom.refusals import NotFound
from tests.factories import PASSWORD, CohortFactory, MembershipFactory

pytestmark = pytest.mark.services

PAGE = "/admin/classroom/cohort/cards/"


def make(desk: Client, **sent: Any) -> Any:
    return desk.post(PAGE, {"who": "without", "cohort": "", **sent})


def printed(page: Any) -> dict[str, dict[str, Any]]:
    return {card["username"]: card for card in page.context["cards"]}


def test_a_card_logs_in_by_its_password_and_once_by_its_code(desk: Client, student: Membership) -> None:
    page = make(desk)

    card = printed(page)["sam"]
    assert card["password"] in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert Client().post("/accounts/login/", {"login": "sam", "password": card["password"]}).status_code == 302
    assert not User.objects.get(username="sam").check_password(PASSWORD)
    assert card["password"] not in str(list(User.objects.values_list())) + str(list(LoginCard.objects.values_list()))


def test_a_look_at_the_code_uses_nothing_up_and_a_press_does(student: Membership) -> None:
    card = cards.make([student.user])[0]
    phone = Client()

    for __ in range(3):
        assert "Log in as Sam" in phone.get(f"/card/{card.key}/").text
    pressed = phone.post(f"/card/{card.key}/", follow=True)

    assert pressed.redirect_chain[0] == ("/", 302)
    assert pressed.context["user"] == student.user
    for again in (Client().get(f"/card/{card.key}/"), Client().post(f"/card/{card.key}/")):
        assert again.status_code == 404
        assert "Log in with the username and password on it." in again.text


def test_of_two_who_print_at_once_the_second_leaves_the_first_ones_card(student: Membership) -> None:
    seen = User.objects.get(pk=student.user_id)  # by the second, before the first one had finished
    first = cards.make([student.user])[0]

    assert cards.make([seen]) == []
    assert cards.owner(first.key) == student.user


def test_a_code_ends_by_its_date_by_a_new_password_and_by_a_new_card(
    student: Membership, clock: Callable[[Any], None]
) -> None:
    first = cards.make([student.user])[0]
    second = cards.make([student.user])[0]
    with pytest.raises(NotFound):
        cards.owner(first.key)
    assert cards.owner(second.key) == student.user

    student.user.set_password("four quite plain words")
    student.user.save()
    with pytest.raises(NotFound):
        cards.owner(second.key)

    third = cards.make([student.user])[0]
    clock(timezone.now() + timedelta(days=31))
    with pytest.raises(NotFound):
        cards.owner(third.key)


def test_a_code_of_somebody_who_may_not_log_in_opens_nothing(student: Membership) -> None:
    card = cards.make([student.user])[0]
    User.objects.update(is_active=False)

    assert Client().post(f"/card/{card.key}/").status_code == 404


def test_what_opened_before_a_card_opens_no_longer(
    desk: Client, student: Membership, client_of: Callable[[User], Client]
) -> None:
    open_page = client_of(student.user)
    key = tokens.make(student.user)
    User.objects.update(last_login=None)

    make(desk)

    assert open_page.get("/c/ours/lessons/data-rules-everything/").status_code == 302
    assert tokens.with_key(key) is None


def test_cards_are_for_students_who_have_never_logged_in_and_have_none(desk: Client, cohort: Cohort) -> None:
    new, other = (MembershipFactory(cohort=cohort).user for __ in range(2))
    been = MembershipFactory(cohort=cohort).user
    User.objects.filter(pk=been.pk).update(last_login=timezone.now())
    teaches = MembershipFactory(cohort=cohort).user
    MembershipFactory(user=teaches, role=Role.INSTRUCTOR)
    boss = MembershipFactory(cohort=cohort).user
    User.objects.filter(pk=boss.pk).update(is_staff=True)
    MembershipFactory(cohort=CohortFactory(archived=True))
    cards.make([other])

    first, second = make(desk), make(desk)

    assert set(printed(first)) == {new.username}
    assert second.status_code == 400
    assert "Everybody has logged in already, or has a card that still works." in second.text
    assert LogEntry.objects.get().object_id == str(new.pk)


def test_a_student_of_two_classes_gets_one_card(desk: Client, student: Membership) -> None:
    MembershipFactory(user=student.user)

    assert len(make(desk).context["cards"]) == 1


def test_all_of_a_class_get_new_cards_and_only_of_a_class_that_is_named(desk: Client, student: Membership) -> None:
    User.objects.update(last_login=timezone.now())

    refused = make(desk, who="all")
    made = make(desk, who="all", cohort=student.cohort_id)

    assert list(refused.context["form"].errors) == ["cohort"]
    assert set(printed(made)) == {"sam"}


def test_a_class_admin_makes_cards_for_their_own_classes(
    admin_of: Client, student: Membership, desk_of: Callable[..., Client]
) -> None:
    other = MembershipFactory(cohort=CohortFactory())

    refused = make(admin_of, cohort=other.cohort_id)
    made = make(admin_of)

    assert list(refused.context["form"].errors) == ["cohort"]
    assert set(printed(made)) == {"sam"}
    assert make(desk_of("auditor")).status_code == 403


def choose(desk: Client, *members: Membership) -> str:
    """Choose members in their list, for cards; gives the address that this leads to."""
    sent = {"action": "cards", "_selected_action": [each.pk for each in members]}
    answer = desk.post("/admin/classroom/membership/", sent)
    return answer.headers["Location"]


def test_those_who_were_chosen_get_cards_and_nobody_else(
    desk: Client, student: Membership, instructor: Membership, cohort: Cohort
) -> None:
    other, boss, gone = (MembershipFactory(cohort=cohort) for __ in range(3))
    User.objects.update(last_login=timezone.now())
    User.objects.filter(pk=boss.user_id).update(is_staff=True)
    services.remove(None, gone)

    address = choose(desk, student, other, instructor, boss, gone)
    asked = desk.get(address)
    made = desk.post(address)

    assert not asked.context["form"].errors
    assert {each.user.username for each in asked.context["form"].students()} == {"sam", other.user.username}
    assert {each.pk for each in asked.context["form"].left_out()} == {instructor.pk, boss.pk, gone.pk}
    assert f"Ines ({instructor.user.username})" in asked.text
    assert set(printed(made)) == {"sam", other.user.username}
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(student.user_id), str(other.user_id)}


def test_where_nobody_of_the_chosen_can_get_a_card_that_is_said(desk: Client, instructor: Membership) -> None:
    page = desk.post(choose(desk, instructor))

    assert page.status_code == 400
    assert "None of them can get a card." in page.text


def test_a_class_admin_chooses_among_their_own_and_an_address_that_is_typed_gives_no_more(
    admin_of: Client, student: Membership, desk_of: Callable[..., Client]
) -> None:
    other = MembershipFactory(cohort=CohortFactory())
    both = f"{PAGE}?member={student.pk}&member={other.pk}"

    page = admin_of.get(both)

    assert other.user.username not in page.text
    assert set(printed(admin_of.post(both))) == {"sam"}
    assert desk_of("auditor").post(both).status_code == 403
    assert admin_of.get(f"{PAGE}?member=nobody").status_code == 400


def test_the_code_on_a_card_leads_where_phones_find_this_downhill(
    desk: Client, student: Membership, settings: Any
) -> None:
    settings.ROOM_URL, settings.ALLOWED_HOSTS = "http://192.168.7.7:8000", ["*"]

    page = desk.post(PAGE, {"who": "without", "cohort": ""}, headers={"Host": "127.0.0.1:8000"})

    assert "<dd>192.168.7.7:8000</dd>" in re.sub(r"\s+", "", page.text)


def test_no_log_keeps_the_code_of_a_card(student: Membership, caplog: pytest.LogCaptureFixture) -> None:
    key = cards.make([student.user])[0].key
    with caplog.at_level("INFO", logger="downhill.access"):
        Client().get(f"/card/{key}/")
        Client().post(f"/card/{key}/")

    assert "/card/*/" in caplog.text
    assert key not in caplog.text
