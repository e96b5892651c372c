"""Who stands behind a source: an AI assistant, or the same publisher as another."""

from __future__ import annotations

import functools
import ipaddress
import re
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

# A name made of nothing but these, a product's among them, is an assistant's: “Gemini 2.5 Pro” is one, “Gemini
# Observatory” is not.
PRODUCTS = {
    *("bard", "chatbot", "chatgpt", "claude", "copilot", "deepseek", "gemini", "gpt", "grok", "llama", "perplexity"),
}

AROUND_PRODUCTS = {
    *("ai", "an", "answer", "anthropic", "app", "assistant", "bing", "bot", "by", "chat", "flash", "from", "google"),
    *("haiku", "meta", "microsoft", "mini", "model", "my", "of", "openai", "opus", "pro", "s", "snapchat"),
    *("sonnet", "thinking", "turbo", "ultra", "version", "with", "x", "xai"),
}

# A version: 5, 4o, r1, v3.
VERSION = re.compile(r"[a-z]?\d+[a-z]?")

# Names of assistants that have no product's name in them, as `_same` writes them.
ASSISTANTS = {
    *("ai", "an ai", "ai assistant", "an ai assistant", "ai chatbot", "ai mode", "ai overview", "ai overviews"),
    *("bing chat", "character ai", "google ai mode", "google ai overview", "google ai overviews", "le chat"),
    *("meta ai", "my ai", "snapchat my ai"),
}

# Where assistants answer: a host, and of one that has more to it, the beginning of the path.
ASSISTANT_PLACES = (
    *("bard.google.com", "character.ai", "chat.com", "chat.deepseek.com", "chat.mistral.ai", "chat.openai.com"),
    *("chatgpt.com", "claude.ai", "copilot.cloud.microsoft", "copilot.microsoft.com", "duck.ai", "gemini.google.com"),
    *("grok.com", "meta.ai", "perplexity.ai", "pi.ai", "poe.com", "you.com"),
    *("bing.com/chat", "g.co/gemini", "x.com/i/grok"),
)

# They lead to what others publish, and say nothing about who that is.
GATEWAYS = ("doi.org", "hdl.handle.net")

ARCHIVED = re.compile(r"https?://web\.archive\.org/web/[^/]+/(.+)", re.IGNORECASE)


def same(name: str) -> str:
    """A publisher's name as it is compared: case, spaces, punctuation and a leading “the” do not tell two apart."""
    letters = re.sub(r"[\W_]+", " ", name.casefold()).strip()
    return letters.removeprefix("the ")


def is_assistant(who: str, where: str) -> bool:
    """Tell whether a source is an AI assistant, by its name or by its address."""
    name = same(who)
    words = name.split()
    is_product = any(word in PRODUCTS for word in words) and all(
        word in PRODUCTS or word in AROUND_PRODUCTS or VERSION.fullmatch(word) for word in words
    )
    return name in ASSISTANTS or is_product or any(_is_under(where, place) for place in ASSISTANT_PLACES)


def _is_under(where: str, place: str) -> bool:
    host, __, path = place.partition("/")
    found = host_of(where) or ""
    if found != host and not found.endswith(f".{host}"):
        return False
    return not path or where.lower().partition(f"{host}/")[2].startswith(path)


def host_of(where: str) -> str | None:
    """Give the host that a link leads to; nothing, if this is no link."""
    text = where.strip()
    if not re.match(r"https?://", text, re.IGNORECASE):
        if not re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?([/?#]\S*)?", text):
            return None
        text = f"https://{text}"
    try:
        host = urlsplit(text).hostname
        return (host or "").rstrip(".").encode("idna").decode().lower() or None
    except ValueError:
        return None


def domain_of(where: str) -> str | None:
    """Give the domain that somebody registered, of the host that a link leads to.

    ``www.bbc.co.uk`` and ``news.bbc.co.uk`` are one, two people's pages on a host for everybody are two: the public
    suffix list, which comes with its package, knows. What is archived is its publisher's. A DOI names none.
    """
    if archived := ARCHIVED.fullmatch(where.strip()):
        where = archived[1]
    host = host_of(where)
    if host is None or any(host == each or host.endswith(f".{each}") for each in GATEWAYS):
        return None
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _suffixes().privatesuffix(host) or host


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
