"""The doors: addresses at which a password is hashed or checked, which takes as long as ten answers.

The web server gives them a thread of their own, so that a whole class at the log-in holds up nobody who works.
"""

from __future__ import annotations

import re

DOORS = re.compile(
    "|".join(
        (
            r"/accounts/(confirm|login|password)/",
            r"/admin/classroom/user/(add|[^/]+/password)/",
            r"/admin/classroom/cohort/cards/",
            r"/api/v1/token/",
            r"/c/[^/]+/class/students/[^/]+/password/",
            r"/join/.+",
            r"/teach/.+",
        )
    )
)


def is_door(method: str, path: str) -> bool:
    """Tell whether a request may cost the hash of a password."""
    return method == "POST" and DOORS.fullmatch(path) is not None
