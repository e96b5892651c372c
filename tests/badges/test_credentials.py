"""A credential is believed for its signature, its issuer and the status list, not for what it says of itself."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey

from badges import catalogue, credentials, keys, selectors, services
from badges.models import Award
from classroom.models import Membership, User
from lessons.authoring.loader import LoadedLesson
from tests.running import MANAGE

SCHEMA = Path(__file__).parents[1] / "data" / "ob_v3p0_achievementcredential_schema.json"
ISSUER = "http://127.0.0.1:8000/credentials/issuer.json"


@pytest.fixture(autouse=True)
def _own_keys(settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    settings.BADGE_KEYS = _first_keys()
    keys.key_set.cache_clear()


_made: list[str] = []


def _first_keys() -> str:
    if not _made:
        _made.append(keys.new())  # making one takes a while
    return _made[0]


@pytest.fixture
def award(student: Membership, instructor: Membership, lesson: LoadedLesson) -> Award:
    badge = catalogue.all_badges()["data-scientist"]
    return services.give(instructor, student, lesson, badge, "Did it all on paper.")


def public() -> KeySet:
    return KeySet([RSAKey.import_key(key) for key in keys.public_keys()["keys"]])


def status() -> str:
    return credentials.status_list(*selectors.revoked(), timezone.now())


def verify(token: str, **changed: Any) -> dict[str, Any]:
    return credentials.verify(token, public(), **({"issuer_id": ISSUER, "status": status()} | changed))


def signed(award: Award, key: RSAKey | None = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """The award's credential with other claims, signed with our key or another."""
    body = json.loads(jws.extract_compact(award.token.encode()).payload) | changed
    if key is None:
        return credentials.sign(body)
    return jws.serialize_compact({"alg": "RS256", "typ": "JWT", **(header or {})}, json.dumps(body), key)


def test_it_is_what_the_published_schema_asks_for_and_names_nobody(award: Award, student: Membership) -> None:
    body = credentials.credential(award)

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft201909Validator(schema, format_checker=jsonschema.FormatChecker()).validate(body)
    text = json.dumps(body)
    assert student.user.username not in text.replace("https", "").replace("schema", "")
    assert student.user.display_name not in text


def test_it_is_genuine(award: Award) -> None:
    assert verify(award.token)["id"].endswith(f"/credentials/{award.uuid}.json")
    assert award.token == Award.objects.get(pk=award.pk).token


def test_what_was_changed_is_found_out(award: Award) -> None:
    header, payload, signature = award.token.split(".")
    body = json.loads(base64.urlsafe_b64decode(payload + "=="))
    body["credentialSubject"]["achievement"]["name"] = "Professor"
    forged = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")

    with pytest.raises(credentials.NotBelieved, match="changed after it was signed"):
        verify(f"{header}.{forged}.{signature}")


def test_a_key_that_the_issuer_does_not_have_is_refused_even_if_it_is_brought_along(award: Award) -> None:
    other = RSAKey.generate_key(2048, auto_kid=True)
    ours = keys.signing_key().kid

    with pytest.raises(credentials.NotBelieved):
        verify(signed(award, other, {"jwk": other.as_dict(private=False), "kid": f"x/{other.kid}.json"}))
    for header in ({"kid": f"x/{other.kid}.json"}, {}):
        with pytest.raises(credentials.NotBelieved, match="its issuer does not list"):
            verify(signed(award, other, header))
    with pytest.raises(credentials.NotBelieved, match="changed after it was signed"):
        verify(signed(award, other, {"kid": f"x/{ours}.json"}))


def test_its_key_is_found_where_its_kid_leads_and_in_the_key_set_by_the_same_name(award: Award, client: Client) -> None:
    token = award.token
    header = jws.extract_compact(token.encode()).headers()
    assert set(header) == {"alg", "typ", "kid"}

    key = client.get(header["kid"].removeprefix("http://127.0.0.1:8000")).json()
    served = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())

    assert jws.deserialize_compact(token, RSAKey.import_key(key)).payload
    assert jws.deserialize_compact(token, served).payload
    assert key["kid"] == header["kid"]
    assert "d" not in key
    assert client.get("/credentials/keys/nobodys.json").status_code == 404


def test_a_credential_stays_valid_when_downhill_moves_to_another_address(
    award: Award, lesson: LoadedLesson, settings: Any
) -> None:
    token, list_before = award.token, status()
    settings.PUBLIC_URL = "https://class.school.test"

    for listed in (list_before, status()):
        assert verify(token, issuer_id=None, status=listed)["id"].endswith(f"{award.uuid}.json")
    services.revoke(award.given_by, award.membership, lesson, catalogue.all_badges()[award.badge], "It was not theirs.")
    with pytest.raises(credentials.NotBelieved, match="issuer has revoked it"):
        verify(token, issuer_id=None)


def test_who_leaves_does_not_make_a_revoked_credential_valid_again(
    award: Award, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    services.revoke(instructor, student, lesson, catalogue.all_badges()[award.badge], "It was not theirs.")
    student.user.delete()
    assert not Award.objects.exists()

    with pytest.raises(credentials.NotBelieved, match="issuer has revoked it"):
        verify(award.token)


def test_its_page_says_what_was_signed_whatever_the_catalogue_says_later(
    award: Award, student: Membership, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client_of(student.user)
    monkeypatch.setattr(catalogue, "all_badges", dict)

    assert "Has done gradient descent by hand" in owner.get(f"/credentials/{award.uuid}/").text
    assert owner.get(f"/credentials/{award.uuid}.json").json()["name"] == "Data Scientist"
    assert owner.get(f"/credentials/{award.uuid}.jwt").text == award.token


def test_an_unsigned_one_is_refused(award: Award) -> None:
    __, payload, ___ = award.token.split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")

    with pytest.raises(credentials.NotBelieved, match="not signed with RS256"):
        verify(f"{header}.{payload}.")


@pytest.mark.parametrize("text", ["", "hello", "a.b", "a.b.c", "ü.ü.ü", "{}"])
def test_what_is_no_credential_is_told(text: str, db: None) -> None:
    with pytest.raises(credentials.NotBelieved, match="not a signed credential"):
        verify(text)


def test_another_issuer_is_refused(award: Award) -> None:
    with pytest.raises(credentials.NotBelieved, match=r"issued by .*127\.0\.0\.1.*expected https://school\.test"):
        verify(award.token, issuer_id="https://school.test/credentials/issuer.json")
    with pytest.raises(credentials.NotBelieved, match="We expected"):
        verify(signed(award, iss="https://school.test/credentials/issuer.json"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"jti": "http://127.0.0.1:8000/credentials/other.json"}, "claims name a different credential"),
        ({"sub": "urn:uuid:other"}, "claims name a different credential"),
        ({"nbf": 1}, "claims name a different time"),
        ({"nbf": float("inf")}, "no start date"),
        ({"id": "", "jti": ""}, "claims name a different credential"),
        ({"type": ["VerifiableCredential"]}, "not an Open Badges credential"),
        ({"validFrom": "2126-01-01T00:00:00Z", "nbf": 4922899200}, "not valid yet"),
        ({"validUntil": "2020-01-01T00:00:00Z"}, "no longer valid"),
        ({"validFrom": "soon"}, "no start date"),
    ],
)
def test_what_does_not_agree_with_itself_is_refused(award: Award, changed: dict[str, Any], says: str) -> None:
    with pytest.raises(credentials.NotBelieved, match=says):
        verify(signed(award, **changed))


def test_a_revoked_one_is_refused_and_its_neighbour_is_not(
    award: Award, student: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    badge = catalogue.all_badges()["data-scientist"]
    token = award.token
    before = status()
    fresh = services.reissue(instructor, student, lesson, badge, "The name was wrong.")

    with pytest.raises(credentials.NotBelieved, match="issuer has revoked it"):
        verify(token)
    assert verify(token, status=before)
    assert verify(fresh.token)
    with pytest.raises(credentials.NotBelieved, match="status list cannot be trusted"):
        verify(token, status="a.b.c")
    with pytest.raises(credentials.NotBelieved, match="status list cannot be trusted"):
        verify(token, status=token)


@pytest.mark.parametrize(
    "entry",
    [
        lambda entry: [entry],
        lambda entry: [{**entry, "statusPurpose": "suspension"}, entry],
        lambda entry: {name: value for name, value in entry.items() if name != "statusPurpose"},
    ],
)
def test_a_revoked_one_is_found_out_however_its_status_is_written(
    award: Award, lesson: LoadedLesson, entry: Any
) -> None:
    ours = credentials.credential(award)["credentialStatus"]
    token = signed(award, credentialStatus=entry(ours))
    services.revoke(award.given_by, award.membership, lesson, catalogue.all_badges()[award.badge], "It was not theirs.")

    with pytest.raises(credentials.NotBelieved, match="issuer has revoked it"):
        verify(token)


@pytest.mark.parametrize(
    "changed",
    [{"statusListIndex": "-1"}, {"statusListIndex": float("inf")}, {"statusListIndex": "999999999"}, "a word"],
)
def test_a_status_that_cannot_be_looked_up_is_no_clean_record(award: Award, changed: Any) -> None:
    ours = credentials.credential(award)["credentialStatus"]

    with pytest.raises(credentials.NotBelieved, match="status list cannot be trusted"):
        verify(signed(award, credentialStatus={**ours, **changed} if isinstance(changed, dict) else changed))


def test_a_list_of_something_else_is_not_asked(award: Award) -> None:
    body = json.loads(jws.extract_compact(status().encode()).payload)
    body["credentialSubject"]["statusPurpose"] = "message"

    with pytest.raises(credentials.NotBelieved, match="list of something else"):
        verify(award.token, status=credentials.sign(body))


def test_one_without_a_status_is_told_so(award: Award, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bare.jwt").write_text(signed(award, credentialStatus=None))

    call_command("verify_credential", str(tmp_path / "bare.jwt"))

    assert "does not say where its issuer lists what is revoked" in capsys.readouterr().out


def test_old_keys_are_served_when_a_new_one_signs(award: Award, settings: Any) -> None:
    old = award.token
    settings.BADGE_KEYS = keys.new(keys.key_set())
    keys.key_set.cache_clear()

    served = keys.public_keys()["keys"]
    fresh = credentials.sign({"hello": "world"})

    assert len(served) == 2
    assert not any({"d", "p", "q"} & set(key) for key in served)
    assert jws.extract_compact(fresh.encode()).headers()["kid"] == served[0]["kid"]
    assert verify(old)["name"] == "Data Scientist"


def test_the_command_says_what_it_found(award: Award, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "badge.jwt"
    file.write_text(award.token)
    call_command("verify_credential", str(file))
    assert "Genuine. Data Scientist" in capsys.readouterr().out

    (tmp_path / "jwks.json").write_text(json.dumps(keys.public_keys()))
    call_command("verify_credential", str(file), "--jwks", str(tmp_path / "jwks.json"))
    assert "Not checked: whether it was revoked" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"Not genuine\. It was issued by"):
        call_command("verify_credential", str(file), "--issuer", "https://school.test/issuer")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_credential", str(tmp_path / "none.jwt"))
    (tmp_path / "jwks.json").write_text("{}")
    with pytest.raises(CommandError, match="key set cannot be read"):
        call_command("verify_credential", str(file), "--jwks", str(tmp_path / "jwks.json"))


def test_the_command_reads_what_others_write(award: Award, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An issuer by its id alone, no names, and a key set with keys of more kinds."""
    bare = {"issuer": "https://school.test/issuer", "iss": "https://school.test/issuer", "evidence": {"id": "x"}}
    keys_of_others = keys.public_keys()
    keys_of_others["keys"].append({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "x"})
    (tmp_path / "jwks.json").write_text(json.dumps(keys_of_others))
    (tmp_path / "theirs.jwt").write_text(signed(award, **bare))
    options = ["--jwks", str(tmp_path / "jwks.json"), "--issuer", "https://school.test/issuer"]

    call_command("verify_credential", str(tmp_path / "theirs.jwt"), *options)

    assert "issued by  an issuer without a name (https://school.test/issuer)" in capsys.readouterr().out
    (tmp_path / "theirs.jwt").write_text(signed(award, credentialSubject=[], **bare))
    with pytest.raises(CommandError, match="claims name a different credential"):
        call_command("verify_credential", str(tmp_path / "theirs.jwt"), *options)


@pytest.mark.slow
def test_the_command_needs_no_database_of_its_own_where_it_is_given_the_keys(award: Award, tmp_path: Path) -> None:
    """On a machine that has nothing but the files."""
    files = {"badge.jwt": award.token, "jwks.json": json.dumps(keys.public_keys()), "status.jwt": status()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"VAR_DIR": str(tmp_path / "var"), "PUBLIC_URL": "http://127.0.0.1:8000"}
    given = ["--jwks", str(tmp_path / "jwks.json"), "--status", str(tmp_path / "status.jwt")]

    def said(*options: str) -> str:
        command = [*MANAGE, "verify_credential", str(tmp_path / "badge.jwt"), *options]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert "It was not revoked." in said(*given)
    assert "CommandError: This machine has no database of what was revoked" in said()


@pytest.mark.slow
def test_keys_that_cannot_be_read_stop_downhill_and_not_the_first_badge() -> None:
    said = subprocess.run(
        [*MANAGE, "check"], env={**os.environ, "BADGE_KEYS": "garbage"}, check=False, capture_output=True, text=True
    )

    assert said.returncode != 0
    assert "BADGE_KEYS cannot be read" in said.stderr


def test_a_new_key_keeps_those_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("new_badge_key")

    said = capsys.readouterr()
    assert "It also holds 1 earlier" in said.err
    word = said.out.strip().removeprefix("BADGE_KEYS=")
    assert [key.kid for key in keys.read(word).keys[1:]] == [keys.signing_key().kid]
    assert [key.is_private for key in keys.read(word).keys] == [True, False]


def test_a_link_that_was_shared_leads_on_to_the_one_that_was_issued_again(
    award: Award, lesson: LoadedLesson, student: Membership, client_of: Callable[[User], Client]
) -> None:
    client_of(student.user).post(f"/credentials/{award.uuid}/", {"is_shared": "on", "shows_name": "on"})
    badge = catalogue.all_badges()[award.badge]
    fresh = services.reissue(award.given_by, student, lesson, badge, "The name was wrong.")

    old = Client().get(f"/credentials/{award.uuid}/").text

    assert "revoked on" in old
    assert f'href="/credentials/{fresh.uuid}/"' in old
    assert student.user.display_name in Client().get(f"/credentials/{fresh.uuid}/").text


def test_one_that_was_given_by_hand_says_so_to_everybody(award: Award, student: Membership) -> None:
    assert "Given by an instructor" in [each["name"] for each in credentials.signed_part(award)["evidence"]]
    services.share(award, is_shared=True, shows_name=False)

    page = Client().get(f"/credentials/{award.uuid}/").text

    assert "An instructor gave it and takes responsibility for it." in page
    assert award.given_because not in page
    assert award.given_because not in json.dumps(credentials.signed_part(award))


def test_its_page_leads_its_owner_and_their_instructor_back(
    award: Award, student: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    page = f"/credentials/{award.uuid}/"
    own, teacher = client_of(student.user).get(page).text, client_of(instructor.user).get(page).text

    assert 'href="/c/ours/lessons/data-rules-everything/badge/"' in own
    assert f'href="/c/ours/class/students/{student.pk}/"' in teacher


def test_a_name_is_shown_by_choice_alone(
    award: Award, student: Membership, client_of: Callable[[User], Client]
) -> None:
    page, owner, stranger = f"/credentials/{award.uuid}/", client_of(student.user), Client()
    assert stranger.get(page).status_code == 404

    kept = owner.post(page, {"shows_name": "on"}, follow=True)
    assert "Saved: only you and the instructors of your class see it." in kept.text
    assert stranger.get(page).status_code == 404
    owner.post(page, {"is_shared": "on"})
    assert student.user.display_name not in stranger.get(page).text
    owner.post(page, {"is_shared": "on", "shows_name": "on"})
    assert student.user.display_name in stranger.get(page).text
    assert student.user.display_name not in stranger.get(f"/credentials/{award.uuid}.json").text
    owner.post(page, {})

    assert stranger.get(page).status_code == 404
    assert stranger.get(f"/credentials/{award.uuid}.jwt").status_code == 404
