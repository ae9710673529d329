"""Finding kept results by cache key: one fixed statement on a connection of its own, without SQLAlchemy."""

from __future__ import annotations

from jupyter_flows.model.records import ResultKept
from jupyter_flows.model.results import KeptResult
from jupyter_flows.store import columns
from jupyter_flows.store.store_file import StorePart

_FIND = (
    f"SELECT {', '.join(columns.RESULTS)} FROM results "  # noqa: S608 - our own names
    "WHERE cache_key = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY at DESC LIMIT 1"
)


class SqliteResultIndex(StorePart):
    """A `ResultIndex` on a current store."""

    def find(self, cache_key: str, at: float) -> ResultKept | None:
        """See `ResultIndex.find`."""
        found = self.file.read(_FIND, cache_key, at)
        if not found:
            return None
        run_id, number, attempt, kept_at, key, expires_at, *result = found[0]
        return ResultKept(run_id, number, attempt, kept_at, key, expires_at, KeptResult(*result))


__all__ = ["SqliteResultIndex"]
