"""Signs of a text: which of them can be seen, and what looks alike. It knows nothing of Django."""

from __future__ import annotations

import re
import unicodedata

# What Unicode calls “default ignorable” beside the format characters: fillers, joiners, variation selectors.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
# What scripts and emoji join or choose their shapes with: it shows nothing, and what is beside it looks different.
_SHAPING = re.compile("[\u200c\u200d\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0020-\U000e007f]")
# As many as Unicode finds in any writing (UTS 39, 5.4); more of them climb out of their line.
MOST_MARKS = 4
_STACK = re.compile(f"m{{{MOST_MARKS + 1},}}")

# Letters that look like those of the keyboard, of what a username may have: from the confusables of UTS 39, Unicode 15,
# in small letters, and к, м, т and κ beside them.
_LOOKS_LIKE = {
    "2": "ᒿꛯ",
    "3": "𑣊𖼻",
    "6": "б𑣕",
    "7": "𑣆",
    "8": "ȣ৪੪ଃ𐌚",
    "9": "৭੧୨൭𑣌𑣖",
    "a": "ɑαаᗅꓮ𐊠𖽀",
    "b": "ᑲᖯᗷꓐ𐊂𐊡𐌁",
    "c": "сᴄⲥꮯ𐐽ꓚ𐊢𐌂𐔜𑣩𑣲",
    "d": "ԁᑯꓒᗞᗪꓓ",
    "e": "еҽꬲⴹꓰ𐊆",
    "f": "քẝꞙꬵᖴꓝ𐊇𐊥𐔥𑣂",
    "g": "ƍɡցᶃꓖ",
    "h": "һհᕼꓧ𐋏",
    "i": "ıɩɪιіӏꙇꭵ𑣃",
    "j": "ϳјᒍꓙ",
    "k": "кκᛕꓗ𐔘",
    "l": "1ǀ۱ᛁⵏꓲ𐊊𐌉𐌠𖼨ᒪꓡ𐔦𖼖",
    "m": "мᗰᛖꓟ𐊰𐌑",
    "n": "ոռꓠ𐔓",
    "o": "0οσоօ۵०੦૦௦ం౦ಂ೦ംഠ൦ං๐໐ဝ၀ჿᴏᴑⲟꬽ𐐬𐓪𑣈𑣗০ଠ୦ዐⵔ〇ꓳ𐊒𐊫𐔖𑓐𑣠",
    "p": "ρрⲣᑭꓑ𐊕",
    "q": "ԛգզⵕ",
    "r": "гᴦⲅꭇꭈꮁᖇꓣ𖼵",
    "s": "ѕꜱꮪ𐑈𑣁ꓢ𐊖𖼺",
    "t": "тꓔ𐊗𐊱𐌕𖼊",
    "u": "ʋυսᴜꭎꭒ𐓶𑣘ሀᑌꓴ𖽂",
    "v": "νѵᴠꮩ𑜆𑣀۷ᐯⴸꓦꛟ𐔝𖼈",
    "w": "ɯѡԝաᴡꮃ𑜊𑜎𑜏ꓪ𑣦𑣯",
    "x": "хᕁᕽᚷⵝꓫ𐊐𐊴𐌗𐌢𐔧𑣬",
    "y": "ɣʏγуүყᶌỿꭚ𑣜ꓬ𐊲𖽃",
    "z": "ᴢꮓ𑣄ꓜ𐋵𑣥",
}
_PLAIN = str.maketrans({sign: plain for plain, signs in _LOOKS_LIKE.items() for sign in signs})


def is_invisible(sign: str) -> bool:
    """Tell whether a sign shows nothing and takes no room: format characters, and all that Unicode says to ignore."""
    return unicodedata.category(sign) == "Cf" or _IGNORABLE.match(sign) is not None


def is_blank(sign: str) -> bool:
    """Tell whether nothing of a sign can be seen."""
    return sign.isspace() or sign == "\u2800" or is_invisible(sign)


def is_shaping(sign: str) -> bool:
    """Tell whether writing needs a sign that shows nothing: joiners, the look of an emoji, flags."""
    return _SHAPING.match(sign) is not None


def is_refused(sign: str) -> bool:
    """Tell whether a sign is for no name and no line: it shows nothing and is no blank, or turns the writing round."""
    if sign.isspace():
        return unicodedata.category(sign) in ("Cc", "Zl", "Zp")
    return unicodedata.category(sign) in ("Cc", "Cs", "Co") or (is_blank(sign) and not is_shaping(sign))


def shows(text: str) -> bool:
    """Tell whether something of a text can be seen: a letter, a digit, punctuation or a picture."""
    return any(unicodedata.category(sign)[0] in "LNPS" and not is_blank(sign) for sign in text)


def stack(text: str) -> str:
    """The first letter with more marks on it than any writing has, and its marks; nothing, if there is none."""
    apart = unicodedata.normalize("NFD", text)
    marks = "".join("m" if unicodedata.category(sign) in ("Mn", "Me") else "." for sign in apart)
    found = _STACK.search(marks)
    return apart[max(found.start() - 1, 0) : found.end()] if found else ""


def fold(text: str) -> str:
    """A text as it is compared: case, width, the way an accent was typed and what shows nothing do not count.

    Unicode's NFKC_Casefold, in small letters at the end: those whose folded form is the capital one (Cherokee) too.

    Examples
    --------
    >>> fold("Zoe\u0308"), fold("ＡＮＮＡ"), fold("Straße"), fold("no\u200bra")
    ('zoë', 'anna', 'strasse', 'nora')
    """
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not is_invisible(sign))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen.casefold()).lower())


def skeleton(text: str) -> str:
    """A text as it looks: two that have the same cannot be told apart (UTS 39, 4).

    >>> skeleton("аdmin") == skeleton("Admin"), skeleton("adrnin") == skeleton("admin")
    (True, True)
    """
    plain = unicodedata.normalize("NFD", fold(text)).translate(_PLAIN)
    return plain.replace("rn", "m").replace("vv", "w")
