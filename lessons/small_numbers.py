"""Small numbers: what a count of a class may show, so that nobody's own answer can be told from it.

One rule for every wall, replay and print. A question's bars and flows are shown whole from five answers on, single
counts of one to four included, and below five not at all. What is nearer to a person, which is a slip or how sure
somebody was, is shown in counts of five or more, and never so that the others could be worked out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

LEAST = 5
K = TypeVar("K", bound=Hashable)


def are_enough(n: int) -> bool:
    """Tell whether this many answers are shown: then whole, else not at all."""
    return n >= LEAST


def shown(n: int) -> int | None:
    """Count of people as it is shown where no total stands beside it: None under five."""
    return n if are_enough(n) else None


def shown_together(counts: Mapping[K, int]) -> dict[K, int | None]:
    """Counts as they are shown where their total is known: None for what is kept back.

    That is never one count alone, nor fewer than five answers together: the total would tell it.
    """
    kept = {name for name, n in counts.items() if not are_enough(n)}
    while kept and kept != set(counts) and (len(kept) == 1 or not are_enough(sum(counts[name] for name in kept))):
        kept.add(min(counts.keys() - kept, key=lambda name: counts[name]))
    return {name: None if name in kept else n for name, n in counts.items()}
