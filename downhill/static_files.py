"""Static files as a class is served them: under hashed names, and what a page loads in one file of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from classroom import bundles

# Where our own modules lie. Django would look through every script: those of others name files that they do not bring.
OWN = ("activities", "badges", "classroom", "lessons")
IMPORT = (
    r"""(?m)(?P<matched>(?P<before>^import\b[^;"']*["'])(?P<url>\.{1,2}/[^"']+)(?P<after>["']))""",
    "%(before)s%(url)s%(after)s",
)
# What a template loads by names that it knows.
_MEDIA = re.compile(r"""{%\s*media\s+((?:["'][^"']+["']\s*)+)%}""")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Storage that writes the hashed name of a module into each of our modules that imports it, and makes bundles."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, *((f"{own}/*.js", (IMPORT,)) for own in OWN))

    def post_process(self, paths: Iterable[str], **options: Any) -> Any:
        # As they were copied here: a finder's own name for a file lacks the folder of its type, by which patterns ask.
        names = dict.fromkeys(paths)
        for loaded in dict.fromkeys(_loaded_together()):
            if all(self.exists(name) for name in loaded):
                names[self._bundle(loaded)] = None
        return super().post_process({name: (self, name) for name in names}, **options)

    def _bundle(self, names: Sequence[str]) -> str:
        bundle = bundles.name_of(names)
        self.delete(bundle)
        self.save(bundle, ContentFile(bundles.text_of(names, self._text)))
        return bundle

    def _text(self, name: str) -> str:
        with self.open(name) as file:
            text: bytes = file.read()
        return text.decode()


def _loaded_together() -> Iterator[tuple[str, ...]]:
    """What pages load, by the names that `{% media %}` is asked for: in templates, and by the types on a part."""
    # Settings name this module before there are any apps.
    from lessons import catalogue, part_media

    for file in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        for names in _MEDIA.findall(file.read_text(encoding="utf-8")):
            yield tuple(re.findall(r"""["']([^"']+)["']""", names))
    for loaded in catalogue.all_lessons().values():
        for part in loaded.lesson.parts:
            yield from part_media.loaded_together(loaded, part)
