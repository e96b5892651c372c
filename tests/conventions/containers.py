"""Read Dockerfile, docker-compose.yml and .env.example as Docker does, as far as ours go."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from badges import keys

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "SECRET_KEY": "a-key",
    "POSTGRES_PASSWORD": "a-password",
    "REDIS_PASSWORD": "another",
    "BADGE_KEYS": keys.new(),
    "PUBLIC_URL": "https://class.test",
}
# The innermost ${NAME}, ${NAME:-default} and ${NAME:?message} of a text.
VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^${}]*))?\}")


class Missing(Exception):
    """A variable without which docker compose refuses to start."""


def filled(value: Any, environment: Mapping[str, str]) -> Any:
    """Fill the variables in, in every text of a document."""
    if isinstance(value, dict):
        return {key: filled(one, environment) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, environment) for one in value]
    if not isinstance(value, str):
        return value
    found = 1
    while found:
        value, found = VARIABLE.subn(partial(_value, environment=environment), value)
    return value.replace("$$", "$")


def _value(match: re.Match[str], environment: Mapping[str, str]) -> str:
    name, how, text = match.groups()
    if how == ":?" and not environment.get(name):
        raise Missing(text)
    return environment.get(name) or (text if how == ":-" else "")


def compose(**environment: str) -> dict[str, Any]:
    """The compose file as docker compose would carry it out with this .env."""
    return filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), environment)  # type: ignore[no-any-return]


def environment_of(service: Mapping[str, Any], **given: str) -> dict[str, str]:
    """What a container has in its environment: the image's, then the service's; a name alone hands on what is given."""
    more = {name: given.get(name) if value is None else value for name, value in service["environment"].items()}
    return {**image_environment(), **{name: value for name, value in more.items() if value is not None}}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's steps in order, each in one line."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    steps = re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
    return [(step.partition(" ")[0], step.partition(" ")[2].strip()) for step in steps if step]


def the_last(instruction: str) -> str:
    return [argument for name, argument in instructions() if name == instruction][-1]


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for name, pairs in instructions() if name == "ENV" for pair in shlex.split(pairs))


def image_command() -> list[str]:
    return json.loads(the_last("CMD"))  # type: ignore[no-any-return]


def image_health() -> list[str]:
    return json.loads(the_last("HEALTHCHECK").partition("CMD ")[2])  # type: ignore[no-any-return]


def command_of(service: Mapping[str, Any]) -> list[str]:
    return service.get("command") or image_command()


def health_of(service: Mapping[str, Any]) -> list[str]:
    """The command of a health check; nothing, where there is none."""
    check = service.get("healthcheck", {})
    if check.get("disable"):
        return []
    how, *command = check.get("test") or ["CMD", *image_health()]
    return ["sh", "-c", *command] if how == "CMD-SHELL" else command


def let_in() -> set[str]:
    """What lies in the project's folder and gets into the image: what .dockerignore makes an exception of."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return {line[1:] for line in lines if line.startswith("!")}


def example() -> dict[str, str]:
    """Every name in .env.example with what is written behind it, also where it is commented out."""
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def settings_read() -> dict[str, Any]:
    """Every name that settings.py reads from the environment, with its default; None if it is worked out."""
    tree = ast.parse((ROOT / "downhill" / "settings.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_of_env(node.func)]
    read: dict[str, Any] = {}
    for call in calls:
        name, *default = call.args
        if default or ast.literal_eval(name) not in read:
            read[ast.literal_eval(name)] = _literal(default[0]) if default else None
    return read


def _is_of_env(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "env"


def _literal(node: ast.AST) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
