"""What YAML objects to, in an author's words: a table of its complaints, each with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

QUOTE = "put the whole text in quotes"


@dataclass(frozen=True)
class _Place:
    """The line of a complaint, and what stands where it was made."""

    line: str
    rest: str


def _colon(at: _Place) -> str:
    if found := re.match(r"\s*(?:- )?(\w+): (.*:\s.*)$", at.line):
        return f"a text with a colon and a space in it needs quotes. Write {found[1]}: {_quoted(found[2])}"
    return _column(at)


def _begins(at: _Place) -> str:
    sign = at.rest[:1]
    if sign == "\t":
        return "there is a tab before this line; use spaces"
    return f"a text cannot begin with {sign} unless it is in quotes. Write {_quoted(at.rest)}"


def _alias(at: _Place) -> str:
    sign = "*" if "*" in at.line else "&"
    text = at.line[at.line.find(sign) :]
    return f"a text cannot begin with {sign} unless it is in quotes. Write {_quoted(text)}"


def _key(at: _Place) -> str:
    if re.search(r": '", at.line):
        return "a text in '…' ends at its first apostrophe; put it in \"…\""
    if re.search(r': "', at.line):
        return 'a text in "…" ends at its second "; put it in \'…\''
    return _column(at)


def _column(at: _Place) -> str:
    return "this line begins in another column than those it belongs to; count the spaces before it"


def _said(words: str) -> Callable[[_Place], str]:
    return lambda at: words


# What YAML says, the place that counts (where it noticed, or what it was reading then), and our words. The first that
# fits; both parsers are there, PyYAML's and libyaml's.
_TABLE: tuple[tuple[str, str, Callable[[_Place], str]], ...] = (
    ("mapping values are not allowed", "problem", _colon),
    ("block sequence entries are not allowed", "problem", _said("a list begins on a line of its own, below its word")),
    ("tab", "problem", _said("there is a tab before this line; use spaces")),
    (r"'\\t' that cannot start", "problem", _said("there is a tab before this line; use spaces")),
    ("cannot start any token", "problem", _begins),
    ("expected alphabetic or numeric", "problem", _alias),
    ("undefined alias|could not find .*anchor|duplicate anchor", "problem", _alias),
    ("unknown escape", "problem", _said(r'in "…" a \ begins something special; write it twice')),
    (
        r"expected ',' or '[\]}]'",
        "context",
        _said("what opens here is not closed, or a text in it needs quotes"),
    ),
    (
        "expected ':'",
        "context",
        _said("write “word: value”, with a space after the colon"),
    ),
    ("expected '-' indicator|but found '<block mapping start>'|but found '\\?'", "problem", _column),
    ("expected key|but found '<scalar>'|expected <block end>", "problem", _key),
    ("expected <document start>|expected a single document", "problem", _column),
    ("constructor for the tag", "problem", _said("a text cannot begin with ! unless it is in quotes")),
    ("unhashable|expected node content", "problem", _said("a text cannot begin with { or [ unless it is in quotes")),
    (
        "not allowed|unacceptable character",
        "problem",
        _said("it has a character that cannot be shown"),
    ),
    ("end of stream", "context", _said("what opens here is not closed")),
)


def advice(error: yaml.YAMLError, text: str) -> tuple[int | None, str]:
    """Line of what YAML objects to, counted from one, and what to do there."""
    lines = text.split("\n")
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    noticed: Any = getattr(error, "problem_mark", None)
    if noticed is not None and (open_line := _open_quote(lines[: noticed.line])) is not None:
        return open_line + 1, "a quote opens in this line and is not closed"
    for pattern, which, words in _TABLE:
        if re.search(pattern, said):
            mark = (getattr(error, "context_mark", None) if which == "context" else None) or noticed
            if mark is None:
                return None, words(_Place("", ""))
            line = lines[mark.line] if mark.line < len(lines) else ""
            return mark.line + 1, words(_Place(line, line[mark.column :]))
    return (noticed.line + 1 if noticed else None), said


def _open_quote(lines: list[str]) -> int | None:
    """The last of these lines in which a text begins with a quote that is not closed there."""
    for number in reversed(range(len(lines))):
        if found := re.match(r"\s*(?:- )*(?:\w+: +)?([\"'])(.*)$", lines[number]):
            after = [found[2], *lines[number + 1 :]]
            return number if not any(found[1] in line for line in after) else None
    return None


def _quoted(text: str) -> str:
    text = text.strip()
    return f"'{text}'" if '"' in text else f'"{text}"'
