"""What the API reads. Apart from `classroom.web`, since Django REST framework loads it while it loads itself."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JsonParser(parsers.JSONParser):
    """JSON that can be read to its end and said back: no endless nesting, no half characters."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            sent = super().parse(*args, **kwargs)
            json.dumps(sent, ensure_ascii=False).encode()
        except (RecursionError, UnicodeEncodeError) as error:
            raise ParseError(_("This JSON is nested too deeply, or contains an incomplete character.")) from error
        return sent
