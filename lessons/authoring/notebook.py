"""Notebook of a lesson, filled in for the class that it is taken away from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

PARAMETERS = "parameters"  # by this tag other tools, such as papermill, know the cell too
ASSIGNED = re.compile(r'^(\w+) = "[^"\n]*"', re.MULTILINE)


def filled_in(notebook: str, given: Mapping[str, str]) -> str:
    """Set names in the cells that are tagged ``parameters``, where a line says ``NAME = "…"``.

    Examples
    --------
    >>> cell = {"metadata": {"tags": ["parameters"]}, "source": ['RULE = "half"  # or "full"']}
    >>> json.loads(filled_in(json.dumps({"cells": [cell]}), {"RULE": "full"}))["cells"][0]["source"]
    'RULE = "full"  # or "full"'
    """

    def assign(found: re.Match[str]) -> str:
        name = found[1]
        return f"{name} = {json.dumps(given[name], ensure_ascii=False)}" if name in given else found[0]

    content = json.loads(notebook)
    for cell in content["cells"]:
        if PARAMETERS in cell.get("metadata", {}).get("tags", ()):
            cell["source"] = ASSIGNED.sub(assign, "".join(cell["source"]))
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
