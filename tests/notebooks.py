"""Notebooks, carried out by a kernel of their own."""

from __future__ import annotations

import json
import os
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config


def carried_out(cells: dict[str, Any], **environment: str) -> str:
    """Run a notebook from top to bottom; give all that it printed."""
    made = nbformat.reads(json.dumps(cells), as_version=4)
    nbformat.validate(made)
    with TemporaryDirectory() as sockets:
        # Not over TCP: two that start at once can be given the same port, and then one of them never answers.
        over = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        client = NotebookClient(made, kernel_name="python3", timeout=120, startup_timeout=120, config=over)
        client.execute(env={**os.environ, **environment})
    outputs = [output for cell in made.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.get("text", "") for output in outputs)
