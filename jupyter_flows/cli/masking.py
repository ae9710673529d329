"""What user code prints while `jupyter flows` runs it: the terminal, a file or a mail may keep it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_flows.secrets.pieces import Pieces


class MaskedStream:
    """A stream without the secrets that this process has resolved; in all else the stream itself.

    Parameters
    ----------
    stream
        Where the rest is written.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._pieces = Pieces()

    def write(self, text: str) -> int:
        """Write a piece; its end waits for the next one where it may be the beginning of a secret."""
        if shown := self._pieces.add(text):
            self._stream.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write pieces."""
        for line in lines:
            self.write(line)

    def finish(self) -> None:
        """Write what was held back: there is no more to come."""
        if rest := self._pieces.finish():
            self._stream.write(rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def masked_streams() -> Iterator[None]:
    """Mask standard output and standard error of this process."""
    around = sys.stdout, sys.stderr
    masked = MaskedStream(sys.stdout), MaskedStream(sys.stderr)
    streams: Any = masked
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        for stream in masked:
            stream.finish()
        sys.stdout, sys.stderr = around


__all__ = ["MaskedStream", "masked_streams"]
