"""The lessons that come with Downhill are short to read, and their parts have the time for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
import yaml
from django.conf import settings

from lessons import catalogue
from tests.conventions import prose

pytestmark = pytest.mark.pure

FOLDERS = {name: catalogue.LESSONS_FOLDER / name for name in ("data_rules_everything", "sampler")}
# Titles of papers are not ours to shorten, nor are answers that imitate an assistant.
NOT_OURS = frozenset({"sources", "answers"})
# Read by some, behind a fold, or by nobody.
UNREAD = NOT_OURS | {"more", "key", "type", "kind", "rule", "run", "trial", "after", "measures", "params", "right"}


def read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((FOLDERS[name] / "lesson.yaml").read_text(encoding="utf-8"))
    return data


def texts(name: str) -> list[str]:
    """Every text of a lesson, of its YAML and of the Markdown beside it."""
    files = [file.read_text(encoding="utf-8") for file in sorted(FOLDERS[name].glob("*.md"))]
    return [*prose.texts_in(read(name), NOT_OURS), *files]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_sentences_are_short(name: str) -> None:
    lengths = {sentence: prose.n_words(sentence) for text in texts(name) for sentence in prose.sentences(text)}

    assert len(lengths) > 80
    assert median(lengths.values()) <= 10
    assert {sentence: n for sentence, n in lengths.items() if n > 25} == {}


def test_every_part_of_the_session_says_what_it_is_about_before_its_task() -> None:
    leads = [part.get("lead") for part in read("data_rules_everything")["parts"]]

    assert all(leads)


def in_class(part: dict[str, Any]) -> Iterator[Any]:
    """What everyone reads of a part in class by the half rule, whose questions are as many as those of the full one."""
    yield part["lead"]
    for activity in part["activities"]:
        if activity.get("extra"):
            continue
        own = {key: value for key, value in activity.items() if key not in {"items", "trials", "choices"}}
        yield from (own, activity.get("choices", [])[:6], activity.get("trials", [])[:1])
        for key in ("intro", "closing"):
            if key in activity:
                yield (FOLDERS["data_rules_everything"] / activity[key]).read_text(encoding="utf-8")
        yield from (item for item in activity.get("items", []) if not item.get("extra") and item.get("rule") != "full")


def minutes_to_read(*values: Any) -> float:
    return sum(prose.n_words(text) for value in values for text in prose.texts_in(value, UNREAD)) / prose.PACE


@pytest.mark.parametrize("key", ["by-hand", "rates", "u-curve", "bias"])
def test_a_part_is_read_in_less_than_a_third_of_its_minutes(key: str) -> None:
    part = next(part for part in read("data_rules_everything")["parts"] if part["key"] == key)

    assert minutes_to_read(*in_class(part)) < part["minutes"] / 3


def longest(texts: Any) -> str:
    return max(texts or [""], key=prose.n_words)


def words_of_case(item: dict[str, Any], shared: dict[str, dict[str, Any]]) -> list[Any]:
    """What is read of a case by somebody who gets the longest comment on each answer."""
    said = item["reveal"]
    read: list[Any] = [item["text"], item["question"], [shared.get(key, key) for key in item["choices"]]]
    read += [longest(item.get("comments", {}).values()), said.get("headline"), said.get("bars")]
    read += [said[name] for name in ("text", "exposed", "fair") if name in said]
    if "second" in item:
        second = item["second"]
        read += [second["question"], second["choices"], longest(second["comments"].values())]
    if "transfer" in item:
        alone = item["transfer"]
        read += [item["saw"]["question"], item["saw"]["choices"], item["ideas"]]
        read += [alone["question"], alone["choices"], longest(alone["comments"].values()), alone["reveal"]]
    return read


def test_the_list_of_cases_and_two_of_them_are_read_in_five_minutes() -> None:
    part = next(part for part in read("data_rules_everything")["parts"] if part["key"] == "cases")
    (activity,) = part["activities"]
    shared = {choice["key"]: {"text": choice["text"], "means": choice["means"]} for choice in activity["choices"]}
    shelf = [part["lead"], activity["note"], [[item["title"], item["note"]] for item in activity["items"]]]

    cases = sorted(minutes_to_read(*words_of_case(item, shared)) for item in activity["items"])

    assert minutes_to_read(*shelf) + sum(cases[-2:]) <= 5


def test_a_case_has_at_most_120_words_behind_its_answer_and_every_source_is_a_link() -> None:
    loaded = catalogue.get("data-rules-everything")
    assert loaded is not None
    cases = loaded.lesson.activity("cases")

    items = cases.every_item()  # type: ignore[union-attr]
    assert len(items) == 13
    assert {item.key: item.n_words_behind for item in items if item.n_words_behind > 120} == {}
    links = [source.link for item in items for source in item.reveal.sources]
    assert len(links) > 20
    assert all(link.startswith("https://") for link in links)


def plain(text: str) -> str:
    """A text without its markup, and with any hyphen as the plain one."""
    return " ".join(text.replace("*", "").replace("\N{NON-BREAKING HYPHEN}", "-").split())


def test_what_the_session_has_to_say_is_said_where_the_paper_names_it() -> None:
    paper = (settings.BASE_DIR / "docs/session.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+ \| `([^`]+)`[^|]* \| “(.+)” \|$", paper, re.MULTILINE)
    said = {file.name: plain(file.read_text(encoding="utf-8")) for file in FOLDERS["data_rules_everything"].iterdir()}

    assert len(rows) == paper.count("\n| ") - 1
    assert [words for name, words in rows if plain(words) not in said[name]] == []
