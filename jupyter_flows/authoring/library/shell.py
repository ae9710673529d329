"""Run a command."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from jupyter_flows.authoring.task import task
from jupyter_flows.drivers.logs import get_run_logger
from jupyter_flows.errors import CommandFailed

_TAIL = 20  # lines of a failed command that its error shows
_LONGEST = 10_000_000  # characters that are returned
_GRACE = 5.0  # seconds between asking a command to end and killing it


@task(name="shell")
def shell(
    command: str | Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    log: bool = True,
    allowed: Sequence[int] = (0,),
) -> str:
    """Run a command, log what it says, and return it.

    Parameters
    ----------
    command
        A list of words, which no shell reads; or a text for ``bash -c`` (``sh`` where there is none). Do not build such
        a text from values that others choose.
    cwd
        Where it works; the flow's own folder when not given.
    env
        Variables on top of this process's.
    log
        Whether each line goes to the run's log.
    allowed
        Exit statuses that are no failure.

    Returns
    -------
    str
        What it wrote to standard output and error, in order; of more than 10 million characters, the end.

    Raises
    ------
    CommandFailed
        With its exit status and its last lines.
    """
    words = ["bash" if os.path.exists("/bin/bash") else "sh", "-c", command] if isinstance(command, str) else [*command]  # noqa: PTH110
    shown = command if isinstance(command, str) else " ".join(command)
    said: deque[str] = deque()
    length = 0
    logger = get_run_logger() if log else None
    try:
        with _running(words, cwd, env) as (process, out):
            for line in out:
                if logger is not None:
                    logger.info("%s", line.rstrip("\n"))
                said.append(line)
                length += len(line)
                while length > _LONGEST and len(said) > 1:
                    length -= len(said.popleft())
            status = process.wait()
    except FileNotFoundError as error:
        raise CommandFailed(shown, 127, f"there is no {error.filename}") from None
    if status not in allowed:
        raise CommandFailed(shown, status, "".join([*said][-_TAIL:]).strip())
    return "".join(said)


@contextmanager
def _running(
    words: list[str], cwd: str | None, env: Mapping[str, str] | None
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Start a command in a group of its own, which ends with the block, whatever ends that."""
    process = subprocess.Popen(
        words,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout
    finally:
        process.stdout.close()
        if process.poll() is None:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


__all__ = ["shell"]
