"""Notebooks, carried out by a kernel of their own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import nbformat
from nbclient import NotebookClient
from nbclient.util import run_sync
from traitlets.config import Config

Types = Callable[[str], str]


class CarryOut(Protocol):
    """Carries out a notebook; gives what it asked and printed, cell by cell.

    `types` is who sits at the keyboard: it answers what a cell asks by `input` or `getpass`. Without one nothing can be
    asked, as in most programs that run notebooks.
    """

    def __call__(self, cells: dict[str, Any], types: Types | None = None) -> str: ...


@contextmanager
def kernel(**environment: str) -> Iterator[CarryOut]:
    """A kernel that carries out notebooks, one after the other.

    Each begins with no name of the one before; what was imported need not be read again.
    """
    with TemporaryDirectory() as sockets:
        # Not over TCP: two that start at once can be given the same port, and then one of them never answers.
        over = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})
        nothing = nbformat.v4.new_notebook()
        client = NotebookClient(nothing, kernel_name="python3", timeout=120, startup_timeout=120, config=over)

        def carry_out(cells: dict[str, Any], types: Types | None = None) -> str:
            made = nbformat.reads(json.dumps(cells), as_version=4)
            nbformat.validate(made)
            client.nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%reset -f")])
            client.execute_cell(client.nb.cells[0], 0)
            client.nb = made
            client.kc.allow_stdin = types is not None
            seen = []
            for n, cell in enumerate(made.cells):
                seen += run_sync(_at_the_keyboard)(client, cell, n, types)
                seen += [output.get("text", "") for output in cell.get("outputs", ())]
            return "".join(seen)

        with client.setup_kernel(env={**os.environ, **environment}):
            yield carry_out


async def _at_the_keyboard(client: NotebookClient, cell: Any, n: int, types: Types | None) -> list[str]:
    """Carry out a cell and answer what it asks; gives the questions."""
    asked: list[str] = []

    async def answer() -> None:
        while types is not None:
            question = await client.kc.get_stdin_msg()
            asked.append(question["content"]["prompt"] + "\n")
            client.kc.input(types(question["content"]["prompt"]))

    answering = asyncio.ensure_future(answer())
    try:
        await client.async_execute_cell(cell, n)
    finally:
        answering.cancel()
    return asked
