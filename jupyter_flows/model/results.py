"""Where a kept value is, and how to know that it is the one that was kept."""

from __future__ import annotations

from typing import NamedTuple


class KeptResult(NamedTuple):
    """A value that outlives its process.

    Parameters
    ----------
    serializer
        Name of the serializer that wrote it: ``json``, ``parquet``, ``npy``, ``pickle`` or a registered one.
    inline
        The JSON text of a small value, which needs no file; empty where there is a file.
    location
        Path or URL of the file; empty for an inline value.
    size, sha256
        Bytes and digest of the file's content.
    signature
        HMAC over serializer, run, task run and content (hexadecimal); checked before anything is loaded.
    """

    serializer: str
    inline: str = ""
    location: str = ""
    size: int = 0
    sha256: str = ""
    signature: str = ""
