"""Inside a kernel that executes a notebook in parallel: each attempt of a cell in a thread, below its own cell.

The process that executes the notebook asks by one expression per attempt, and hears of the end by a message of our own
on iopub, whose parent is that request. Nothing of it shows.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.drivers.tracebacks import without_our_frames
from jupyter_flows.magics.cell_program import CellProgram, compile_cell
from jupyter_flows.magics.copied_names import copies_of, take_over
from jupyter_flows.magics.loaded import workbench_of
from jupyter_flows.magics.stage import Stage, Theatre
from jupyter_flows.notebooks.cell_source import cell_python
from jupyter_flows.notebooks.own_kernel import kernel_shell
from jupyter_flows.notebooks.told_attempt import IN_THREAD, attempt_of
from jupyter_flows.notebooks.told_signal import told_signal

ENDED = "jupyter_flows_attempt_ended"

_threads: dict[str, threading.Thread] = {}
_theatres: list[Theatre] = []


def begin(request: str) -> None:
    """Begin an attempt and return at once.

    Parameters
    ----------
    request
        JSON object: ``text``, the cell as its author wrote it, ``sent``, what is to be run of it, and ``names``: of a
        task that runs with copies of its inputs, its ``task``, what it ``needs`` and what it ``gives``.

    Raises
    ------
    SyntaxError
        With the line in the cell.
    """
    asked, shell = json.loads(request), kernel_shell()
    parent: Mapping[str, Any] = shell.get_parent()
    program = compile_cell(shell, asked["text"], cell_python(asked["sent"]), shell.execution_count)
    stage = Stage(parent, is_away=True, count=shell.execution_count)
    name = parent["header"]["msg_id"]
    bench = workbench_of(shell)
    if bench is not None:
        bench.executed.began(parent["metadata"].get("cellId", ""))
    work = [_theatre(shell), program, stage, name, asked.get("names")]
    thread = threading.Thread(target=_run, args=work, name=f"cell {name}", daemon=True)
    _threads[name] = thread
    thread.start()


def stop(name: str) -> None:
    """Raise KeyboardInterrupt in an attempt, as soon as its thread runs Python again."""
    thread = _threads.get(name)
    if thread is not None and thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))


def prepare(request: str) -> None:
    """Run imports and plain definitions before any cell; what fails will fail again in its own cell, and be told.

    Parameters
    ----------
    request
        JSON object: ``ambient``, a list of Python, and ``cells``: see `ExecutedCells.know`.
    """
    asked, shell = json.loads(request), kernel_shell()
    bench, namespace = workbench_of(shell), shell.user_ns
    if bench is not None:
        bench.executed.know(asked["cells"])
    for source in asked["ambient"]:
        if not analyse(source).problem:
            with suppress(Exception):
                exec(compile(source, "<imports and definitions>", "exec"), namespace)  # noqa: S102 - the user's own


def _theatre(shell: Any) -> Theatre:
    if not _theatres:
        _theatres.append(Theatre(shell))
        _theatres[0].open()
    return _theatres[0]


def _run(theatre: Theatre, program: CellProgram, stage: Stage, name: str, isolated: Mapping[str, Any] | None) -> None:
    shell = kernel_shell()
    IN_THREAD.set(attempt_of(stage.parent))
    content: dict[str, Any] = {"status": "ok"}
    failure: BaseException | None = None
    with theatre.on(stage):
        try:
            _perform(program, theatre, shell.user_ns, isolated)
        except BaseException as error:  # noqa: BLE001 - SystemExit and the interrupt are ends of the cell, too
            failure, content = error, _error(shell, error)
            told = told_signal(error)
            content["signal"] = None if told is None else told._repr_mimebundle_()
            theatre.tell_error(stage.parent, error, content["traceback"])
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
    _threads.pop(name, None)
    bench = workbench_of(shell)
    if bench is not None:
        with suppress(Exception):  # what is noted for `%flow` must not keep the attempt from its end
            bench.executed.ended(stage.parent["metadata"].get("cellId", ""), failure)
    publisher = shell.display_pub
    publisher.session.send(publisher.pub_socket, ENDED, content, parent=dict(stage.parent), ident=ENDED.encode())


def _perform(
    program: CellProgram, theatre: Theatre, namespace: dict[str, Any], isolated: Mapping[str, Any] | None
) -> None:
    names = namespace
    if isolated is not None:
        names = {**namespace, **copies_of(namespace, isolated["needs"], isolated["task"])}
    before = dict(names)
    if program.is_async:
        asyncio.run(program.run_async(names, theatre.show))
    else:
        program.run(names, theatre.show)
    if isolated is not None:
        take_over(namespace, names, before, isolated["gives"])


def _error(shell: Any, error: BaseException) -> dict[str, Any]:
    kind, traceback = type(error), without_our_frames(error).__traceback__
    lines = shell.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset=0)
    return {"status": "error", "ename": kind.__name__, "evalue": str(error), "traceback": [str(line) for line in lines]}


__all__ = ["ENDED", "begin", "prepare", "stop"]
