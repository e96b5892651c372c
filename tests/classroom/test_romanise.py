"""Names as addresses spell them."""

from __future__ import annotations

import doctest

import pytest

from classroom import romanise

pytestmark = pytest.mark.pure


def test_its_examples_hold() -> None:
    outcome = doctest.testmod(romanise)

    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Year 9, Monday", "year-9-monday"),
        ("Klasse 7b · Größe", "klasse-7b-grosse"),
        ("Łódź Ærø Þór", "lodz-aero-thor"),
        ("Щука и мышь", "shchuka-i-mysh"),
        ("Європа, Київ", "yevropa-kiyiv"),
        ("Ψηφίο Αθήνα", "psifio-athina"),
        ("Nǐ hǎo 9", "ni-hao-9"),
        ("２Ｂ", "2b"),
        ("数据 🎲", ""),
        ("İstanbul", "istanbul"),
    ],
)
def test_a_name_is_spelled_in_latin_letters(name: str, address: str) -> None:
    assert romanise.romanise(name) == address
