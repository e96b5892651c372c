"""What the files for Docker name exists, and they say the same as the code. `make check` looks at their form."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from downhill.celery import app
from downhill.management.commands import up
from downhill.room_network import Place
from tests.conventions import containers, settings_table

pytestmark = pytest.mark.pure

SERVICES = containers.compose(**containers.SECRETS)["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("downhill:")}
# What the image settles, what is for a laptop alone, and what only some of the services are given.
NOT_HANDED_ON = {"VAR_DIR", "DEBUG", "LAN", "ROOM_URL"}
IN_A_CONTAINER = Place("0.0.0.0", 8000, ())  # noqa: S104 - only compared
# Read by others than settings.py: manage.py up, and docker-compose.yml itself.
READ_ELSEWHERE = {"PORT", "LISTEN", "POSTGRES_PASSWORD", "REDIS_PASSWORD"} | {
    "POSTGRES_MAX_CONNECTIONS",
    "WEB_MEMORY",
    "WORKER_MEMORY",
}


def options(command: list[str]) -> list[str]:
    """A command without the name of its Python."""
    return command[1:]


# --- commands -------------------------------------------------------------------------------------------


def test_each_image_is_built_in_one_place_and_bears_the_version() -> None:
    version = tomllib.loads((containers.ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert {name: service["image"] for name, service in OURS.items()} == {
        "migrate": f"downhill:{version}",
        "web": f"downhill:{version}",
        "beat": f"downhill:{version}",
        "worker": f"downhill:{version}-worker",
    }
    assert {name: service["build"]["target"] for name, service in OURS.items() if "build" in service} == {
        "web": "web",
        "worker": "worker",
    }
    assert ("ARG", f"VERSION={version}") in containers.instructions()


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_there(name: str) -> None:
    program, first, second, *_rest = containers.command_of(OURS[name])

    assert program == "python"
    if first == "-m":
        assert importlib.util.find_spec(second) is not None
    else:
        assert (containers.ROOT / first).is_file()
        assert second in get_commands()


def test_the_web_server_is_the_one_that_up_starts() -> None:
    _name, command, _environment = up.web(IN_A_CONTAINER)

    assert options(containers.image_command()) == options(command)
    assert "command" not in OURS["web"]


def test_a_worker_is_the_one_that_up_starts_but_for_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELERY_CONCURRENCY", raising=False)
    _name, command, environment = up.worker(IN_A_CONTAINER)
    its_own = {name: environment[name] for name in ("OMP_NUM_THREADS", "REMAP_SIGTERM")}

    assert options(containers.command_of(OURS["worker"])) == [one for one in options(command) if one != "--beat"]
    assert its_own.items() <= OURS["worker"]["environment"].items()


def test_the_concurrency_of_a_worker_is_a_setting() -> None:
    worker = containers.compose(**containers.SECRETS, CELERY_CONCURRENCY="4")["services"]["worker"]

    assert worker["command"][worker["command"].index("--concurrency") + 1] == "4"


def test_how_many_connections_postgresql_takes_is_a_setting() -> None:
    usual, more = (
        containers.compose(**containers.SECRETS, **given)["services"]["postgres"]["command"]
        for given in ({}, {"POSTGRES_MAX_CONNECTIONS": "300"})
    )

    assert usual == ["postgres", "-c", "max_connections=200"]
    assert more == ["postgres", "-c", "max_connections=300"]


def test_there_is_a_clock_and_something_for_it_to_remind_of() -> None:
    app.loader.import_default_modules()

    assert "beat" in OURS["beat"]["command"]
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
    assert settings.CELERY_BEAT_SCHEDULE


def test_any_number_of_workers_can_start() -> None:
    assert not {"container_name", "ports", "hostname"} & set(OURS["worker"])


# --- health ---------------------------------------------------------------------------------------------


def test_the_health_check_asks_an_address_that_there_is() -> None:
    check = containers.image_health()[-1]
    (address,) = re.findall(r"'(/[a-z]+)'", check)
    (port,) = re.findall(r"'127\.0\.0\.1', (\d+)", check)

    assert resolve(address).url_name == "healthz"
    assert port == containers.the_last("EXPOSE")
    assert f"--port {port}" in " ".join(containers.image_command())
    assert f" web:{port} " in (containers.ROOT / "deploy" / "haproxy.cfg").read_text()


def test_the_clock_is_seen_by_the_schedule_that_it_writes() -> None:
    (pattern,) = re.findall(r"glob\('(.+)\*'\)", containers.health_of(OURS["beat"])[-1])
    home = Path(containers.the_last("WORKDIR"))
    var_dir = Path(containers.image_environment()["VAR_DIR"])

    assert home / pattern == var_dir / Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).relative_to(settings.VAR_DIR)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"backup", "migrate"}))
def test_everything_that_stays_has_a_health_check(name: str) -> None:
    assert name == "web" or SERVICES[name]["healthcheck"]["test"]
    assert containers.health_of(SERVICES[name])


@pytest.mark.parametrize("name", OURS)
def test_what_is_waited_for_can_come_about(name: str) -> None:
    for other, wait in OURS[name]["depends_on"].items():
        if wait["condition"] == "service_healthy":
            assert containers.health_of(SERVICES[other])
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert other in ("backup", "migrate")
            assert SERVICES[other]["restart"] == "no"


# --- settings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", containers.SECRETS)
def test_nothing_starts_without_a_secret(name: str) -> None:
    with pytest.raises(containers.Missing, match=f"set {name} in .env"):
        containers.compose(**{**containers.SECRETS, name: ""})


def test_the_services_are_reached_with_their_own_passwords() -> None:
    environment = containers.environment_of(OURS["web"])

    assert environment["DATABASE_URL"] == "postgres://downhill:a-password@postgres:5432/downhill"
    assert SERVICES["postgres"]["environment"] == {
        "POSTGRES_USER": "downhill",
        "POSTGRES_DB": "downhill",
        "POSTGRES_PASSWORD": "a-password",
    }
    assert environment["REDIS_URL"] == "redis://:another@redis:6379/0"
    assert SERVICES["redis"]["command"][-2:] == ["--requirepass", "another"]
    assert SERVICES["redis"]["environment"] == {"REDISCLI_AUTH": "another"}


def test_services_on_another_machine_can_be_named() -> None:
    elsewhere = {"DATABASE_URL": "postgres://elsewhere/downhill", "REDIS_URL": "redis://elsewhere"}
    worker = containers.compose(**containers.SECRETS, **elsewhere)["services"]["worker"]

    assert elsewhere.items() <= containers.environment_of(worker).items()


@pytest.mark.parametrize("name", OURS)
def test_every_setting_reaches_every_part(name: str) -> None:
    handed_on = set(OURS[name]["environment"])

    assert handed_on >= set(containers.settings_read()) - NOT_HANDED_ON
    assert handed_on - set(containers.settings_read()) <= {"OMP_NUM_THREADS", "REMAP_SIGTERM"}


def test_debug_is_off_in_the_image() -> None:
    assert containers.environment_of(OURS["web"], HTTPS="1") == {
        **containers.image_environment(),
        "DEBUG": "0",
        "SECRET_KEY": "a-key",
        "BADGE_KEYS": containers.SECRETS["BADGE_KEYS"],
        "PUBLIC_URL": containers.SECRETS["PUBLIC_URL"],
        "DATABASE_URL": "postgres://downhill:a-password@postgres:5432/downhill",
        "REDIS_URL": "redis://:another@redis:6379/0",
        "HTTPS": "1",
        "TRUST_PROXY": "1",
        "WEB_STOPS_AFTER": "5",
        "LESSONS_FOLDERS": "/own_lessons",
    }


def test_the_example_has_every_setting_and_no_other() -> None:
    assert set(containers.example()) == set(containers.settings_read()) | READ_ELSEWHERE


def test_every_name_that_the_compose_file_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (containers.ROOT / "docker-compose.yml").read_text()))

    assert asked <= set(containers.example())
    assert asked >= READ_ELSEWHERE


@pytest.mark.parametrize(
    ("name", "default"), [(name, value) for name, value in containers.settings_read().items() if value is not None]
)
def test_the_example_shows_the_default(name: str, default: Any) -> None:
    as_text = (
        ",".join(default) if isinstance(default, list) else str(int(default) if isinstance(default, bool) else default)
    )

    assert containers.example()[name] == as_text


def test_the_table_of_settings_says_what_the_example_says() -> None:
    assert settings_table.FILE.read_text(encoding="utf-8") == settings_table.page(), "make settings"


def test_every_setting_has_a_row_with_its_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:–|`(.+?)`) \| (.+) \|$", settings_table.page(), re.MULTILINE)

    assert {name: default for name, default, _meaning in rows} == containers.example()
    assert [name for name, _default, meaning in rows if len(meaning.split()) < 3] == []


def test_the_example_gives_no_secret_away() -> None:
    assert {containers.example()[name] for name in containers.SECRETS} == {""}


# --- image and data -------------------------------------------------------------------------------------


def test_the_image_gets_what_downhill_runs_with_and_nothing_else() -> None:
    apps = {app for app in settings.INSTALLED_APPS if (containers.ROOT / app).is_dir()}

    assert containers.let_in() == apps | {"templates", "manage.py", "LICENSE", "NOTICE", "THIRD_PARTY_NOTICES"} | {
        "requirements.txt",
        "requirements-web.txt",
    }
    assert all((containers.ROOT / name).exists() for name in containers.let_in())
    assert (containers.ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    steps = containers.instructions()

    installs = [step for name, step in steps if name == "RUN" and " install " in step]
    assert len(installs) == 2
    assert all("--require-hashes" in step for step in installs)
    assert containers.the_last("USER") == "10001:10001"
    assert "--uid 10001 --gid 10001" in next(step for name, step in steps if "useradd" in step)


def test_the_image_has_a_python_that_downhill_runs_on() -> None:
    needed = tomllib.loads((containers.ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    (python,) = [argument for name, argument in containers.instructions() if argument.startswith("PYTHON_IMAGE=")]
    version = re.fullmatch(r"PYTHON_IMAGE=python:3\.(\d+)\.\d+-slim-\w+", python)
    assert version
    assert int(version[1]) >= int(needed.removeprefix(">=3."))


def test_what_must_not_be_lost_is_on_a_volume() -> None:
    volumes = containers.compose(**containers.SECRETS)["volumes"]

    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert set(volumes) == {"postgres", "redis"}
    assert SERVICES["redis"]["command"][1:5] == ["--appendonly", "yes", "--appendfsync", "everysec"]
    # Nothing is written there: lessons come from outside.
    assert {tuple(service["volumes"]) for service in OURS.values()} == {("./own_lessons:/own_lessons:ro",)}


def test_no_service_but_the_proxy_can_be_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}


def test_no_log_grows_without_end() -> None:
    assert all(service["logging"]["options"]["max-size"] for service in SERVICES.values())


# --- the readers themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("${A}", "1"),
        ("${B:-2}", "2"),
        ("${A:-2}", "1"),
        ("${B}", ""),
        ("x${B:-y${A}z}", "xy1z"),
        ("${A:?say it}", "1"),
        ("celery@$$HOSTNAME", "celery@$HOSTNAME"),
    ],
)
def test_variables_are_filled_in_as_docker_compose_does(text: str, says: str) -> None:
    assert containers.filled(text, {"A": "1", "B": ""}) == says


def test_settings_are_found_where_they_are_read() -> None:
    read = containers.settings_read()

    assert read["DEMO_EVENING"] is True
    assert read["DATABASE_URL"] == ""
    assert read["VAR_DIR"] is None
    assert len(read) > 15
