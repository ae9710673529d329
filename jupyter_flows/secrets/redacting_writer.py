"""The last door before the store: what goes through it holds no secret that this process has resolved."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from jupyter_flows.model.records import (
    ArtifactKept,
    FailureRecorded,
    FlowRunCreated,
    LogWritten,
    Record,
    ResultKept,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.secrets.resolved import redactor

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunWriter
    from jupyter_flows.model.owner import Owner
    from jupyter_flows.model.redaction import Redactor

# A message of this length was cut, perhaps in the middle of a secret.
_CUT = 500


class RedactingWriter:
    """A `RunWriter` that takes secrets out of what it hands on.

    Parameters
    ----------
    writer
        The one that writes.
    """

    def __init__(self, writer: RunWriter) -> None:
        self._writer = writer

    @property
    def location(self) -> str:
        """See `RunWriter.location`."""
        return self._writer.location

    def commit(
        self, batch: Mapping[str, Sequence[Record]], owner: Owner, lease_until: float, durable: bool
    ) -> frozenset[str]:
        """See `RunWriter.commit`."""
        found = redactor()
        if found is not None:
            batch = {run_id: without_secrets(records, found) for run_id, records in batch.items()}
        return self._writer.commit(batch, owner, lease_until, durable)

    def renew(self, run_ids: Collection[str], owner: Owner, lease_until: float) -> frozenset[str]:
        """See `RunWriter.renew`."""
        return self._writer.renew(run_ids, owner, lease_until)

    def cancel_requests(self, run_ids: Collection[str]) -> frozenset[str]:
        """See `RunWriter.cancel_requests`."""
        return self._writer.cancel_requests(run_ids)

    def close(self) -> None:
        """See `RunWriter.close`."""
        self._writer.close()


def without_secrets(records: Sequence[Record], found: Redactor) -> list[Record]:
    """Return records without secrets: texts are masked, and a value that holds one is not kept."""
    kept = (_without_secrets(record, found) for record in records)
    return [record for record in kept if record is not None]


def _without_secrets(record: Record, found: Redactor) -> Record | None:
    text = found.text
    match record:
        case StateEntered():
            message = text(record.message, cut=len(record.message) >= _CUT)
            secret = record.value is not None and found.holds(record.value)
            return record._replace(message=message, value=None if secret else record.value)
        case FailureRecorded(message=message):
            shown = text(message, cut=len(message) >= _CUT)
            return record._replace(message=shown, traceback=text(record.traceback), inputs=text(record.inputs))
        case LogWritten():
            return record._replace(message=text(record.message))
        case ArtifactKept():
            described, location = text(record.description), text(record.location)
            return record._replace(key=text(record.key), description=described, location=location)
        case TaskRunCreated():
            return record._replace(name=text(record.name), tags=tuple(map(text, record.tags)))
        case FlowRunCreated():
            return _created(record, found)
        case ResultKept():
            secret = found.holds(record.result.inline) or found.holds(record.cache_key or "")
            return None if secret else record
        case _:
            return record


def _created(record: FlowRunCreated, found: Redactor) -> FlowRunCreated:
    """A parameter that held a secret cannot be had again from what is written of it."""
    given: dict[str, object] = json.loads(record.parameters)
    shown = {name: found.json(value) for name, value in given.items()}
    lost = tuple(name for name in given if shown[name] != given[name] and name not in record.lost_parameters)
    return record._replace(
        name=found.text(record.name),
        tags=tuple(map(found.text, record.tags)),
        parameters=json.dumps(shown) if lost else found.text(record.parameters),
        lost_parameters=(*record.lost_parameters, *lost),
    )


__all__ = ["RedactingWriter", "without_secrets"]
