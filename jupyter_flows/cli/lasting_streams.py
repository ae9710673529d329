"""Standard streams that a run outlives: when nobody reads them any more (`| head`), it goes on, they lead nowhere."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _LastingFile(io.FileIO):
    """A pipe that becomes the null device when its reader is gone: for this process, and for all it then starts."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return super().write(data) or 0


@contextmanager
def lasting_streams() -> Iterator[None]:
    """Let nothing that is printed in this block fail because its reader is gone."""
    around = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_lasting(stream) for stream in around)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = around


def open_what_is_closed() -> None:
    """Give a process that was started without standard output or error (``>&-``) streams that lead nowhere.

    Otherwise the next file that it opens would have their number, and get what its children print.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_WRONLY)
            os.set_inheritable(handle, True)
            setattr(sys, name, os.fdopen(handle, "w", encoding="utf-8"))


def _lasting(stream: Any) -> Any:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    with suppress(OSError, ValueError):  # it has no file behind it
        stream.flush()
        file: Any = _LastingFile(stream.fileno(), "w", closefd=False)
        return io.TextIOWrapper(
            file if stream.write_through else io.BufferedWriter(file),  # as Python makes them, with -u and without
            stream.encoding,
            stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
    return stream


__all__ = ["lasting_streams", "open_what_is_closed"]
