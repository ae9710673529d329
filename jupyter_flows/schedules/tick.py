"""One tick: the instant at which a schedule says that something should run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

__all__ = ["Tick"]

_PARTS = 2**32


class Tick(NamedTuple):
    """One instant of a schedule, and what its run is given.

    Parameters
    ----------
    at
        Aware, in the schedule's zone. It names the tick, whatever the jitter.
    parameters
        Templates and plain JSON values: see `resolve_parameters`.
    jitter
        The run starts up to this much later.
    """

    at: datetime
    parameters: Mapping[str, object]
    jitter: timedelta = timedelta()

    def starts_at(self, key: str = "") -> datetime:
        """Return when the tick's run should start: its instant, and later by a share of the jitter.

        Parameters
        ----------
        key
            What the share is drawn from, beside the instant: the same key and tick always give the same share, on any
            machine; different keys (such as ids of deployments) spread over the whole jitter.
        """
        if not self.jitter:
            return self.at
        seed = f"{key}\0{self.at.astimezone(UTC).isoformat()}".encode("utf-8", "surrogatepass")
        share = int.from_bytes(sha256(seed).digest()[:4], "big")
        later = self.at.astimezone(UTC) + self.jitter * share // _PARTS
        return later.astimezone(self.at.tzinfo)
