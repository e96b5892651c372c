"""Notebooks, carried out by a kernel of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

CarryOut = Callable[[dict[str, Any]], str]


@contextmanager
def kernel(**environment: str) -> Iterator[CarryOut]:
    """A kernel that carries out notebooks, one after the other: gives all that one of them printed.

    Each begins with no name of the one before; what was imported need not be read again.
    """
    with TemporaryDirectory() as sockets:
        # Not over TCP: two that start at once can be given the same port, and then one of them never answers.
        over = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        nothing = nbformat.v4.new_notebook()
        client = NotebookClient(nothing, kernel_name="python3", timeout=120, startup_timeout=120, config=over)

        def carry_out(cells: dict[str, Any]) -> str:
            made = nbformat.reads(json.dumps(cells), as_version=4)
            nbformat.validate(made)
            client.nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%reset -f")])
            client.execute_cell(client.nb.cells[0], 0)
            client.nb = made
            for n, cell in enumerate(made.cells):
                client.execute_cell(cell, n)
            outputs = [output for cell in made.cells if cell.cell_type == "code" for output in cell.outputs]
            return "".join(output.get("text", "") for output in outputs)

        with client.setup_kernel(env={**os.environ, **environment}):
            yield carry_out
