"""The words that people read are those of the glossary; phrases that we gave up do not come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from tests.conventions import prose, words

pytestmark = pytest.mark.pure

ROOT = settings.BASE_DIR
GLOSSARY = ROOT / "docs/glossary.md"
APPS = ("badges", "classroom", "dashboard", "downhill", "experiments", "lessons", "office", "privacy", "rehearsal")
# Decisions and the changelog tell what was said at their time; the glossary and the session's list quote.
HELD = (
    "lessons/content/**/*.yaml",
    "lessons/content/**/*.md",
    "badges/catalogue.yaml",
    "templates/**/*.html",
    "templates/**/*.txt",
    *(f"{app}/**/*.py" for app in APPS),
    *(
        f"{app}/**/static/**/*.js"
        for app in APPS
        if app not in ("dashboard", "downhill", "experiments", "office", "privacy", "rehearsal")
    ),
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "docs/running.md",
    "docs/operate.md",
    "docs/settings.md",
    "docs/how/*.md",
)


@pytest.fixture(scope="module")
def phrases() -> dict[str, tuple[str, ...]]:
    return prose.given_up(GLOSSARY.read_text(encoding="utf-8"))


@pytest.mark.parametrize("pattern", HELD)
def test_no_phrase_that_was_given_up_comes_back(pattern: str, phrases: dict[str, tuple[str, ...]]) -> None:
    files = words.files(ROOT, pattern)
    found = {
        file.relative_to(ROOT).as_posix(): found
        for file in files
        if (found := [phrase for text in prose.visible(file) for phrase in prose.found_in(text, phrases)])
    }

    assert files
    assert found == {}


def test_the_glossary_gives_up_phrases_and_says_where_some_may_stay(phrases: dict[str, tuple[str, ...]]) -> None:
    assert len(phrases) > 80
    assert phrases["for ever"] == ()
    assert phrases["run it"] == ("run it on", "run it again", "before you run it")
    # A row that gives up what it shows would leave nothing to write.
    shown = [line.split("|")[1] for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert [cell for cell in shown if prose.found_in(cell, phrases) and "“" not in cell] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It bounces for ever.", ["for ever"]),
        ("It bounces for\n  ever.", ["for ever"]),
        ("For everyone, and for every w.", []),
        ("Mend that one first.", ["mend"]),
        ("We recommend to amend it.", []),
        ("Run it", ["run it"]),
        ("Nobody just now. Here stand: a run that failed.", ["just now", "here stand"]),
        ("What is behind this question has been opened.", ["what is behind", "is behind this question"]),
        (
            "This JSON is nested too deep, or holds half a character.",
            ["or holds", "nested too deep,", "half a character"],
        ),
        ("There is no such class among yours.", ["there is no such"]),
        ("Kept for you. Go on as Sam, or go back to the arc.", ["back to the arc", "go on as"]),
        ("Note your guess before you run it.", []),
        ("The minus signs that cannot be lost.", []),
    ],
)
def test_a_planted_phrase_is_found_as_whole_words(
    text: str, found: list[str], phrases: dict[str, tuple[str, ...]]
) -> None:
    assert prose.found_in(text, phrases) == found


@pytest.mark.parametrize(
    ("name", "source", "read"),
    [
        ("a.yaml", "title: One\n# Two\nparts: [{key: three, n: 4}]", ["One", "three"]),
        ("a.html", "<p class='two'>{% translate \"One\" %}{{ two }}</p>", ["One"]),
        ("b.html", "{% blocktranslate trimmed with n=two %}One {{ n }}{% endblocktranslate %}", ["One {{ n }}"]),
        ("a.py", "def f() -> str:\n    'Two'\n    return _('One') + ngettext('%(n)d a', '%(n)d b', n)", None),
    ],
)
def test_what_people_read_of_a_file_is_read(tmp_path: Path, name: str, source: str, read: list[str] | None) -> None:
    file = tmp_path / name
    file.write_text(source, encoding="utf-8")

    assert prose.visible(file) == (read or ["One", "%(n)d a", "%(n)d b"])


def test_no_sentence_is_glued_from_pieces() -> None:
    """A translator gets whole sentences: a piece that is to be joined to others begins or ends with a blank."""
    files = words.files(ROOT, "templates/**/*.html", *(f"{app}/**/*.py" for app in APPS))
    glued = {
        file.relative_to(ROOT).as_posix(): pieces
        for file in files
        if (pieces := [text for text in prose.translated(file) if text != text.strip()])
    }

    assert glued == {}


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("From 0 to 3.98, and back.", ["From 0 to 3.98, and back."]),
        ("**One.** “Two?” Three", ["One.", "“Two?"]),
        ("1. **One.** Two.\n2. Three: four; five.\n\nA label", ["One.", "Two.", "Three: four; five."]),
        ("> **A heading**\n>\n> One.", ["One."]),
        ("settles smoothly", []),
    ],
)
def test_a_text_is_cut_into_its_sentences(text: str, cut: list[str]) -> None:
    assert list(prose.sentences(text)) == cut


def test_a_sign_by_itself_is_no_word() -> None:
    assert prose.n_words("New w = old w − 0.05 × gradient") == 6
