"""A file that knows the size and digest of what was written to it."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

from jupyter_flows.results.secrecy import HOLDS_SECRET, shows_secret

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class DigestingFile(io.RawIOBase):
    """Passes bytes on to a file without keeping them.

    Parameters
    ----------
    file
        An open binary file; closing this one leaves it open.

    Attributes
    ----------
    failure
        The error of the file itself (disk full), told apart from those of a value that cannot be written.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.failure: OSError | None = None

    @property
    def sha256(self) -> str:
        """Digest of what was written so far, hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: ReadableBuffer, /) -> int:
        with memoryview(data) as view:
            content = view.cast("B")
            if shows_secret(content):
                raise ValueError(HOLDS_SECRET)
            try:
                self._file.write(content)
            except OSError as error:
                self.failure = error
                raise
            self._digest.update(content)
            self.size += len(content)
            return len(content)

    def tell(self) -> int:
        return self.size

    def writable(self) -> bool:
        return True
