"""The last door before the store: what goes through it holds no secret that this process has resolved."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from jupyter_flows.model.records import FlowRunCreated, Record, ResultKept, StateEntered
from jupyter_flows.secrets.resolved import redactor

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunWriter
    from jupyter_flows.model.owner import Owner
    from jupyter_flows.model.redaction import Redactor

# A message of this length was cut, perhaps in the middle of a secret.
_CUT = 500

# Drawn or chosen by us, or where files are: a mask in them would only break what refers to them.
_OUR_OWN = frozenset({"run_id", "id", "parent_run_id", "kind", "upstreams", "directory", "entry", "media_type"})


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

    def cancel_requests(self, run_ids: Collection[str]) -> Mapping[str, str]:
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
    match record:
        case StateEntered(value=value) if value is not None and found.holds(value):
            return _masked(record._replace(value=None), found)
        case FlowRunCreated():
            return _masked(_with_lost_parameters(record, found), found)
        case ResultKept():
            secret = found.holds(record.result.inline) or found.holds(record.cache_key or "")
            return None if secret else record
        case _:
            return _masked(record, found)


def _masked(record: Record, found: Redactor) -> Record:
    """Mask every text of a record, whatever record it is, but those that are our own words and places."""
    if not _may_show(record, found):
        return record
    changed: dict[str, Any] = {}
    for name, value in record._asdict().items():  # noqa: SLF001 - what named tuples offer to everybody
        if name in _OUR_OWN or not value:
            continue
        if type(value) is str:
            changed[name] = found.text(value, cut=name == "message" and len(value) >= _CUT)
        elif type(value) is tuple and all(type(part) is str for part in cast("tuple[object, ...]", value)):
            changed[name] = tuple(map(found.text, cast("tuple[str, ...]", value)))
    return record._replace(**changed) if changed else record


def _may_show(record: Record, found: Redactor) -> bool:
    """Whether a record needs a closer look: most do not, and one look at all of its texts together says so."""
    texts: list[str] = []
    for value in record:
        if type(value) is str:
            if len(value) >= _CUT:
                return True
            texts.append(value)
        elif type(value) is tuple:
            texts += map(str, cast("tuple[object, ...]", value))
    return found.holds("\0".join(texts))


def _with_lost_parameters(record: FlowRunCreated, found: Redactor) -> FlowRunCreated:
    """A parameter that held a secret cannot be had again from what is written of it."""
    given: dict[str, object] = json.loads(record.parameters)
    shown = {name: found.json(value) for name, value in given.items()}
    lost = tuple(name for name in given if shown[name] != given[name] and name not in record.lost_parameters)
    if not lost:
        return record
    return record._replace(parameters=json.dumps(shown), lost_parameters=(*record.lost_parameters, *lost))


__all__ = ["RedactingWriter", "without_secrets"]
