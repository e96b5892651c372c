"""What is worked out once in each language."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from django.utils.translation import get_language

P = ParamSpec("P")
T = TypeVar("T")


def in_each_language(function: Callable[P, T], *, most: int = 1024) -> Callable[P, T]:
    """Keep the last results, `most` of them, of a pure function that speaks; its arguments are frozen."""

    @lru_cache(maxsize=most)
    def kept(language: str | None, *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)

    @wraps(function)
    def found(*args: P.args, **kwargs: P.kwargs) -> T:
        return kept(get_language(), *args, **kwargs)  # type: ignore[arg-type]  # they are frozen

    return found
