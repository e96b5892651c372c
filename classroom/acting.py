"""Acting for somebody: whose work a page is about, and who is at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.urls import get_script_prefix, reverse

from classroom.models import Membership


@dataclass(frozen=True)
class Acting:
    """A member at their own pages, or an instructor who stands in for them: to look, or to enter what is on paper.

    `routes` is what the names of these pages begin with. `way_back` is where the instructor goes back to.
    """

    member: Membership
    by: Membership | None = None
    is_looking: bool = False
    routes: str = "lessons:"
    way_back: str = ""

    @property
    def is_own(self) -> bool:
        return self.by is None

    def address(self, name: str, *args: object) -> str:
        """The address of a page of a lesson, or of what it sends to, so that whoever is at it stays with this member.

        Raises
        ------
        NoReverseMatch
            If it is the member's alone, or nothing is sent from a page to look at.
        """
        cohort = self.member.cohort.slug
        whose = (cohort,) if self.is_own else (cohort, self.member.pk)
        return _address(f"{self.routes}{name}", (*whose, *args), get_script_prefix())


@lru_cache(maxsize=4096)  # a page of a class has a dozen, and they are everybody's
def _address(route: str, args: tuple[object, ...], prefix: str) -> str:
    return reverse(route, args=args)
