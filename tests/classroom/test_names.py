"""Names: what can be seen counts, and a username is the same however it is typed."""

from __future__ import annotations

import doctest
import re
import unicodedata
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from classroom import selectors, services, signs
from classroom.models import Cohort, Membership, Role, User
from classroom.names import validate_display_name, validate_username
from tests.classroom.test_accounts import log_in
from tests.downhill.test_joining import JOIN, NEWCOMER
from tests.factories import PASSWORD, MembershipFactory, UserFactory

pytestmark = pytest.mark.services

NFD = {"zoë": "zoe\u0308", "अनिता": "अनिता", "nguyễn": unicodedata.normalize("NFD", "nguyễn")}


@pytest.mark.pure
def test_the_examples_hold() -> None:
    outcome = doctest.testmod(signs)

    assert (outcome.failed, outcome.attempted) == (0, 2)


@pytest.mark.pure
@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    folded = signs.fold(text)

    assert signs.fold(folded) == folded
    assert folded == folded.lower()
    assert {signs.fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")} == {folded}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("\u3164", "This name is invisible."),
        ("\u2800\u2800", "This name is invisible."),
        ("\u115f\u1160", "This name is invisible."),
        ("\ufe0f", "This name is invisible."),
        ("Sam\u3164", "an invisible character (U+3164, HANGUL FILLER)"),
        ("S\u2800am", "an invisible character (U+2800, BRAILLE PATTERN BLANK)"),
        ("\u202emaS", "an invisible character (U+202E, RIGHT-TO-LEFT OVERRIDE)"),
        ("Sam\u200b\u00ad", "(U+200B, ZERO WIDTH SPACE), an invisible character (U+00AD, SOFT HYPHEN)"),
        ("Sam\x07", "an invisible character (U+0007)"),
        ("S" + "\u0301" * 5 + "am", "more than 4 accents on one letter"),
        ("S\u20dd\u20dd\u20dd\u20dd\u20ddam", "more than 4 accents on one letter"),
    ],
)
def test_a_name_that_cannot_be_seen_is_refused_and_its_sign_named(name: str, says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(says)):
        validate_display_name(name)


@pytest.mark.pure
@pytest.mark.parametrize(
    "name",
    [
        *(
            "Sam",
            "Zoë",
            "Zoe\u0308",
            "Nguyễn Thị Ánh",
            unicodedata.normalize("NFD", "Nguyễn Thị Ánh"),
            "Љубица",
            "Ἀθηνᾶ",
        ),
        *(
            "ميرا 👩‍🔬",
            "علی‌رضا",
            "שִׁמְעוֹן",
            "अनिता",
            "शर्‍मा",
            "தமிழ்ச்செல்வி",
            "สมชาย",
            "น้ำฝน",
            "ပြည့်စုံ",
            "ངག་དབང་",
            "김민준",
            "美咲",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿 Tom",
            "❤️",
        ),
        *("O’Brien-Smith", "7", "…", "ᏣᎳᎩ"),
    ],
)
def test_a_name_of_any_script_can_be_shown(name: str) -> None:
    validate_display_name(name)


@pytest.mark.parametrize(
    "username",
    ["अनिता", "สมชาย", "தமிழ்", "น้ำฝน", "zoe\u0308", "ＡＮＮＡ", "Straße", "ΣΊΣΥΦΟΣ", "علی‌رضا", "ᏣᎳᎩ", "İpek", "ﬁona"],
)
def test_a_username_of_any_script_joins_and_logs_in_however_it_is_typed(cohort: Cohort, username: str) -> None:
    joined = Client().post(JOIN, {**NEWCOMER, "username": username})

    assert joined.status_code == 302
    forms = {unicodedata.normalize(form, username) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    typed = {*forms, username.lower(), f" {username} ", username.casefold(), username.replace("\u200c", "")}
    for spelt in typed:
        assert log_in(spelt).status_code == 302, ascii(spelt)
        sent = {"username": spelt, "password": PASSWORD}
        assert Client().post("/api/v1/token/", sent, "application/json").status_code == 200, ascii(spelt)
        again = Client().post(JOIN, {**NEWCOMER, "username": spelt, "password": "quite other words"})
        assert "Somebody already has that username." in again.content.decode()


def test_a_notebooks_name_is_refused_by_its_sign_too(student: Membership) -> None:
    sent = {"username": "sam", "password": PASSWORD, "name": "my\u202enotebook"}

    refused = Client().post("/api/v1/token/", sent, "application/json")

    assert refused.status_code == 400
    assert "U+202E, RIGHT-TO-LEFT OVERRIDE" in refused.json()["errors"]["name"][0]


@pytest.mark.pure
@pytest.mark.parametrize("username", ["\u0301", "a" + "\u0301" * 9, "sam\u202e", "sam\ue000", "a b", "sam²b!"])
def test_a_username_that_cannot_be_read_aloud_is_refused(username: str) -> None:
    with pytest.raises(ValidationError):
        validate_username(username)


def test_ten_wrong_passwords_are_ten_however_the_name_is_typed(cohort: Cohort) -> None:
    UserFactory(username="zoë")
    spelt = ["zoë", "zoe\u0308", "ZOË", "ｚｏë"]

    for n in range(10):
        log_in(spelt[n % 4], f"wrong {n}")

    assert [log_in(name).status_code for name in spelt] == [429] * 4


@pytest.mark.parametrize("typed", ["аdmin", "ADМIN".lower(), "adrnin", "ɑdmin", "ａdmіn"])
@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}, None], ids=["staff", "root", "teacher"])
def test_a_look_alike_of_a_staff_name_is_refused(cohort: Cohort, typed: str, rights: dict[str, bool] | None) -> None:
    staff = UserFactory(username="admin", **(rights or {}))
    if rights is None:
        MembershipFactory(user=staff, role=Role.INSTRUCTOR)

    page = Client().post(JOIN, {**NEWCOMER, "username": typed})

    said = "This looks like the username of an instructor or admin. Choose another one."
    assert page.context["form"].errors["username"] == [said]
    assert User.objects.count() == 1


def test_students_may_have_names_that_look_alike_and_are_told_apart_by_their_usernames(cohort: Cohort) -> None:
    UserFactory(username="sam1")

    assert Client().post(JOIN, {**NEWCOMER, "username": "saml"}).status_code == 302
    twins = [MembershipFactory(cohort=cohort, user__display_name=name) for name in ("Sam", "Ѕаm")]
    assert all(
        each.user.username in name for each, name in zip(twins, selectors.told_apart(twins).values(), strict=True)
    )


def test_whoever_has_a_username_keeps_it_beside_a_look_alike_that_became_staff(student: Membership) -> None:
    UserFactory(username="ѕam", is_staff=True)

    student.user.display_name = "Samuel"

    student.user.full_clean()


@pytest.mark.parametrize("spelt", ["nora", "NORA", "ｎｏｒａ"])
def test_whoever_makes_people_otherwise_cannot_make_one_twice(db: None, spelt: str) -> None:
    User.objects.create_user("Nora", PASSWORD)

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.unsaved(spelt, None).save()

    assert User.objects.get_by_natural_key(spelt).username == "nora"


def _migrate() -> None:
    migration = import_module("classroom.migrations.0012_usernames_as_compared")
    migration.fold_usernames(apps, connection.schema_editor())


def test_usernames_from_before_open_after_the_migration_as_they_did(db: None) -> None:
    before = ["straße", "strasse", "ａｎｎａ", "sisyphos", "σίσυφος", "weiß"]
    made = {name: User(username=name) for name in before}
    for name, user in made.items():
        user.set_password(f"password of {name}")
        user.save()

    _migrate()

    kept = {name: User.objects.get(pk=user.pk).username for name, user in made.items()}
    assert kept == {
        "straße": "straße",  # somebody else has the other one
        "strasse": "strasse",
        "ａｎｎａ": "anna",
        "sisyphos": "sisyphos",
        "σίσυφος": "σίσυφοσ",
        "weiß": "weiss",
    }
    for name, user in made.items():
        client = Client()
        assert log_in(name, f"password of {name}", client=client).status_code == 302
        assert client.session["_auth_user_id"] == str(user.pk)
    assert log_in("weiss", "password of weiß").status_code == 302


class TestPasswords:
    PRECOMPOSED, DECOMPOSED = "fünf große Äpfel", unicodedata.normalize("NFD", "fünf große Äpfel")

    @pytest.mark.parametrize("joined_with", [PRECOMPOSED, DECOMPOSED])
    @pytest.mark.parametrize("typed", [PRECOMPOSED, DECOMPOSED, "ｆünf große Äpfel"])
    def test_a_password_opens_from_every_keyboard(self, cohort: Cohort, joined_with: str, typed: str) -> None:
        Client().post(JOIN, {**NEWCOMER, "password": joined_with})

        assert log_in("nora", typed).status_code == 302

    def test_one_that_was_hashed_as_it_was_typed_opens_and_is_replaced(self, db: None) -> None:
        User.objects.create(username="nora", password=make_password(self.DECOMPOSED))

        answers = [log_in("nora", typed).status_code for typed in (self.PRECOMPOSED, self.DECOMPOSED, self.PRECOMPOSED)]

        assert answers == [200, 302, 302]

    def test_the_public_password_is_known_in_wide_letters_too(self, db: None, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["testserver"]
        User.objects.create_user("nora", "downhill")

        page = log_in("nora", "ｄｏｗｎｈｉｌｌ")

        assert page.status_code == 200
        assert "This password is public" in page.content.decode()


@pytest.mark.parametrize(
    "typed", ["ab cd ef gh", "abcd efgh", "https://class.example.org/join/ABCD-EFGH/", "ＡＢＣＤ-EFGH"]
)
def test_the_join_code_of_a_class_is_read_as_the_join_page_reads_it(db: None, typed: str) -> None:
    code = Cohort._meta.get_field("join_code").clean(typed, None)

    assert code == "ABCD-EFGH"


def test_looking_for_look_alikes_reads_the_usernames_of_staff_once(
    cohort: Cohort, django_assert_max_num_queries: Any
) -> None:
    services.enrol(UserFactory(username="ines"), cohort, Role.INSTRUCTOR)

    with django_assert_max_num_queries(2):
        User(username="nora").clean()
