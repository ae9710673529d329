"""Events that code emits: bounded, without secrets, and of the run around it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import emit_event, flow, task
from jupyter_flows.authoring.emitting import LONGEST_PAYLOAD
from jupyter_flows.errors import BadOption
from jupyter_flows.model.stored_event import StoredEvent
from jupyter_flows.secrets.resolved import register
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_events
from jupyter_flows.wiring import current_settings, use_session


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> Iterator[None]:
    use_session(load_settings({"JUPYTER_DATA_DIR": str(tmp_path)}))
    yield
    use_session(None)


def emitted() -> list[StoredEvent]:
    with open_events(current_settings()) as events:
        return [one for one in events.after(0, 1_000) if not one.kind]


def test_an_event_is_kept_with_what_it_says():
    assert emit_event("rows.loaded", resource="table:sales", payload={"rows": 3, "names": ["é", None]}) > 0
    (event,) = emitted()
    assert (event.name, event.resource, event.run_id) == ("rows.loaded", "table:sales", "")
    assert event.payload == {"rows": 3, "names": ["é", None]}


def test_an_event_belongs_to_the_run_around_it():
    @task
    def load() -> None:
        emit_event("from.task")

    @flow
    def daily() -> None:
        load()
        emit_event("from.flow")

    daily()
    assert [(one.name, one.flow) for one in emitted()] == [("from.task", "daily"), ("from.flow", "daily")]


def test_no_secret_that_is_known_is_in_it():
    register("canary-5b1f0c9e", "CANARY")
    emit_event("told", resource="at canary-5b1f0c9e", payload={"canary-5b1f0c9e": ["x canary-5b1f0c9e"]})
    data = b"".join(path.read_bytes() for path in current_settings().flows_dir.glob("flows.db*"))
    assert b"canary-5b1f0c9e" not in data
    assert len(emitted()) == 1


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("", {}, "name"),
        ("a\nb", {}, "name"),
        ("x" * 201, {}, "200"),
        ("run.failed", {}, "product's own"),
        ("automation.stopped", {}, "product's own"),
        ("x", {"resource": "r" * 1_001}, "1000 signs"),
        ("x", {"payload": {"f": object()}}, "JSON"),
        ("x", {"payload": float("nan")}, "JSON"),
        ("x", {"payload": "x" * LONGEST_PAYLOAD}, "at most 8192"),
    ],
)
def test_what_cannot_be_kept_is_refused(name: str, options: dict[str, Any], words: str):
    with pytest.raises(BadOption, match=words):
        emit_event(name, **options)
    assert emitted() == []


def test_a_store_in_memory_keeps_none_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    settings = {"JUPYTER_DATA_DIR": str(tmp_path), "JUPYTER_FLOWS_DATABASE_URL": "memory:"}
    use_session(load_settings(settings))
    assert [emit_event("x"), emit_event("x")] == [0, 0]
    assert caplog.text.count("events are not kept") <= 1


def test_a_forked_process_and_another_store_get_connections_of_their_own(tmp_path: Path):
    emit_event("parent")
    child = os.fork()
    if child == 0:
        try:
            emit_event("child")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert [one.name for one in emitted()] == ["parent", "child"]
    use_session(load_settings({"JUPYTER_DATA_DIR": str(tmp_path / "other")}))
    emit_event("elsewhere")
    assert [one.name for one in emitted()] == ["elsewhere"]
