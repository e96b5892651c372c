"""CSS and scripts of a page: in one file of each kind where they were collected, else each by itself."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from classroom import bundles

register = template.Library()

TAGS = {"css": '<link rel="stylesheet" href="{}">', "js": '<script type="module" src="{}"></script>'}


@register.simple_tag
def media(*names: str | Sequence[str]) -> SafeString:
    """What loads these files, which are all CSS or all scripts: named one by one, or as a list."""
    asked = [name for each in names for name in ([each] if isinstance(each, str) else each)]
    if not asked:
        return SafeString("")
    bundle = bundles.name_of(asked)
    is_collected = bundle in getattr(staticfiles_storage, "hashed_files", ())
    kind = asked[0].rpartition(".")[2]
    found = [bundle] if is_collected else asked
    return format_html_join("\n", TAGS[kind], ((staticfiles_storage.url(name),) for name in found))
