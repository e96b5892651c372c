"""Names in Latin letters, for addresses: Latin, Greek and Cyrillic ones are spelled out, others are left out."""

from __future__ import annotations

import re
import unicodedata

_SPELLED = str.maketrans(
    "øđðłıαβγδεζηικλμνξοπρστυφωςабвгдезийклмнопрстуфыэіґ", "oddliavgdeziiklmnxoprstyfosabvgdeziyklmnoprstufyeig"
) | str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng", "θ": "th", "χ": "ch", "ψ": "ps", "ж": "zh", "х": "kh"}
    | {"ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya", "є": "ye", "ї": "yi"}
)


def romanise(name: str) -> str:
    """Spell a name with a to z, digits and hyphens; nothing, if none of its letters are known.

    >>> romanise("Größe 9b, Привет!")
    'grosse-9b-privet'
    >>> romanise("数据")
    ''
    """
    # Spelled before and after, since “й” would fall apart into “и” and its breve, and “ή” has to.
    spelled = unicodedata.normalize("NFC", name).lower().translate(_SPELLED)
    letters = (letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letters).translate(_SPELLED)).strip("-")
