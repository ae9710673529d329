"""`emit_event`: say that something happened, for automations to act on and for people to read."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from jupyter_flows.drivers.context import current_frame
from jupyter_flows.errors import BadOption, StoreUnavailable
from jupyter_flows.secrets.resolved import redact, redact_json
from jupyter_flows.settings import MEMORY
from jupyter_flows.store import open_events
from jupyter_flows.wiring import current_settings, parent_run_of_process

if TYPE_CHECKING:
    from jupyter_flows.store.events import Events

LONGEST_PAYLOAD = 8_192  # characters of JSON
_LONGEST_NAME, _LONGEST_RESOURCE = 200, 1_000
_OURS = ("run.", "automation.", "file.")
_log = logging.getLogger("jupyter_flows.events")
_opening = threading.Lock()
_opened: tuple[int, str, Events] | None = None
_inherited: list[object] = []  # of the process that this one was forked from: closing them would take its locks
_warned = False


def emit_event(name: str, *, resource: str = "", payload: Any = None) -> int:
    """Say that something happened. Secrets that this process has resolved are taken out.

    Inside a flow, or a notebook that is run headless, the event belongs to that run.

    Parameters
    ----------
    name
        Such as ``"rows.loaded"``, of up to 200 signs; names that begin with ``run.``, ``file.`` or ``automation.`` are
        the product's own.
    resource
        What it is about, such as ``"table:sales"``; up to 1,000 signs.
    payload
        What JSON knows, up to 8 KB.

    Returns
    -------
    int
        The event's id. 0, and a warning in the log, where runs are kept in memory: nobody could see it there.

    Raises
    ------
    BadOption
        Nothing was kept.
    StoreUnavailable
    """
    text = _checked(name, resource, payload)
    frame = current_frame()
    run_id = frame.run.id if frame is not None else parent_run_of_process() or ""
    if current_settings().database_url == MEMORY:
        _warn_once()
        return 0
    with _opening:
        return _events().add(time.time(), redact(name), redact(resource), run_id, text)


def _checked(name: Any, resource: Any, payload: Any) -> str | None:
    if not isinstance(name, str) or not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise BadOption("emit_event", "name", name, f"give a text of up to {_LONGEST_NAME} signs")
    if name.startswith(_OURS):
        raise BadOption("emit_event", "name", name, f"names that begin with {', '.join(_OURS)} are the product's own")
    if not isinstance(resource, str) or len(resource) > _LONGEST_RESOURCE:
        raise BadOption("emit_event", "resource", type(resource).__name__, f"up to {_LONGEST_RESOURCE} signs of text")
    if payload is None:
        return None
    try:
        text = json.dumps(redact_json(payload), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        why = f"give what JSON knows ({redact(str(error))})"
        raise BadOption("emit_event", "payload", type(payload).__name__, why) from None
    if len(text) > LONGEST_PAYLOAD:
        wanted = f"at most {LONGEST_PAYLOAD}; keep it as a result or a file, and give its place"
        raise BadOption("emit_event", "payload", f"{len(text)} characters", wanted)
    return text


def _events() -> Events:
    """The events of the present store, on a connection that is kept open for the next one."""
    global _opened  # noqa: PLW0603 - one per process
    settings = current_settings()
    if _opened is not None:
        process, where, events = _opened
        if process != os.getpid():
            _inherited.append(events)
        elif where == settings.database_url and _is_there(events):
            return events
        else:
            events.close()
    _opened = (os.getpid(), settings.database_url, open_events(settings))
    return _opened[2]


def _is_there(events: Events) -> bool:
    try:
        events.file.check()
    except StoreUnavailable:
        return False
    return True


def _warn_once() -> None:
    global _warned  # noqa: PLW0603
    if not _warned:
        _warned = True
        _log.warning("events are not kept: runs are in memory here, and end with this process")


def _forget_after_fork() -> None:
    global _opening  # noqa: PLW0603 - a thread of the parent may have held it
    _opening = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)

__all__ = ["LONGEST_PAYLOAD", "emit_event"]
