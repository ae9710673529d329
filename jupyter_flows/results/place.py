"""What a place for result files offers, and what all of them share."""

from __future__ import annotations

import errno
import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple, Protocol

from jupyter_flows.errors import StoreUnavailable
from jupyter_flows.results.digesting import DigestingFile

Filling = Callable[[DigestingFile], None]  # writes the content; raises OSError only for the file itself

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Stored(NamedTuple):
    """A file that was written: its path or URL, bytes and digest."""

    location: str
    size: int
    sha256: str


class Place(Protocol):
    """A folder here or elsewhere that holds result files and nothing else."""

    @property
    def name(self) -> str:
        """Where it is, for messages."""
        ...

    def keep(self, folder: str, name: Callable[[DigestingFile], str], fill: Filling) -> Stored:
        """Write a file whose name may depend on its content; in full or not at all."""
        ...

    def fetch(self, location: str, size: int) -> bytearray:
        """Return the content of a file of this place, or raise ResultMissing."""
        ...

    def delete(self, location: str, sha256: str) -> None:
        """Remove a file of this place if it has this content."""
        ...


def has_digest(content: bytearray, sha256: str) -> bool:
    """Whether this is the content that was kept."""
    return hmac.compare_digest(hashlib.sha256(content).hexdigest().encode(), sha256.encode("utf-8", "replace"))


def unwritable(place: str, error: BaseException) -> StoreUnavailable:
    """Return the error for a file that could not be written."""
    told = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if getattr(error, "errno", None) in _FULL:
        return StoreUnavailable(
            place, f"the disk is full ({told})", "free some space; nothing of the value was left there"
        )
    return StoreUnavailable(place, f"a result cannot be written: {told}", "give the right to write there")
