"""Static files as a class is served them: under hashed names, which modules that import each other know too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where our own modules lie. Django would look through every script: those of others name files that they do not bring.
OWN = ("activities", "badges", "classroom", "lessons")
IMPORT = (
    r"""(?m)(?P<matched>(?P<before>^import\b[^;"']*["'])(?P<url>\.{1,2}/[^"']+)(?P<after>["']))""",
    "%(before)s%(url)s%(after)s",
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Storage that writes the hashed name of a module into each of our modules that imports it."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((f"{own}/*.js", (IMPORT,)) for own in OWN))

    def post_process(self, paths: Iterable[str], **options: Any) -> Any:
        # As they were copied here: a finder's own name for a file lacks the folder of its type, by which patterns ask.
        return super().post_process({name: (self, name) for name in paths}, **options)
