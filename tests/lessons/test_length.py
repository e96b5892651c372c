"""How much a text says: by its words, in whichever script, and never by its signs alone."""

from __future__ import annotations

import pytest

from lessons.texts import length, versions

pytestmark = pytest.mark.pure

# “It learned the old points by heart, so new ones go wrong.” and the like, as short as they can be.
SAYS_WHY = [
    "It learns the noise.",
    "模型只是背下了旧点，新点会错",
    "モデルは点を覚えただけ",
    "모델이 점을 외웠다",
    "Она выучила точки наизусть",
    "Το μοντέλο αποστήθισε",
    "النموذج حفظ النقاط القديمة",
    "המודל שינן את הנקודות",
    "मॉडल ने पुराने बिंदु रट लिए",
    "โมเดลจำจุดเก่าได้หมด",
    "மாதிரி பழைய புள்ளிகளை மனப்பாடம் செய்தது",
    "ሞዴሉ አሮጌዎቹን ነጥቦች ሸመደደ",
    "Mô hình học thuộc lòng",
]
SAYS_NOTHING = [
    "",
    " " * 80,
    "\u200b" * 80,
    "\u3164" * 30,
    "\u2800" * 30,
    "\uffa0\u115f\u1160" * 10,
    "\U000e0041" * 30,
    "🎲" * 20,
    "👩\u200d💻" * 20,
    "…" * 30,
    "!?" * 20,
    "a" * 15,
    "Aa" * 15,
    "a\u0301" * 15,
    "ha" * 10,
    "哈" * 14,
    "asd" * 3,
    "0" * 20,
    "because",
    "不知道",
]


@pytest.mark.parametrize("text", SAYS_WHY)
def test_a_sentence_that_says_why_is_long_enough_in_every_script(text: str) -> None:
    assert versions.read({"text": text}) == text


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_what_says_nothing_is_too_short_however_many_signs_it_has(text: str) -> None:
    assert length.said(text) < versions.LEAST


def test_what_cannot_be_seen_adds_nothing_to_what_a_text_says() -> None:
    assert length.said("It learns" + "\u200b\u3164\u2060" * 20) == length.said("It learns")
