"""Static files as a class is served them: under hashed names, which modules that import each other know too."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Where our own modules lie. Django would look through every script: those of others name files that they do not bring.
OWN = ("badges", "classroom", "lessons")
IMPORT = (
    r"""(?m)(?P<matched>(?P<before>^import\b[^;"']*["'])(?P<url>\.{1,2}/[^"']+)(?P<after>["']))""",
    "%(before)s%(url)s%(after)s",
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Storage that writes the hashed name of a module into each of our modules that imports it."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((f"{own}/*.js", (IMPORT,)) for own in OWN))
