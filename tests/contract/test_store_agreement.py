"""However the records of a run are cut into batches, every store ends with the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.engine.ports import RunReader, RunWriter
from jupyter_flows.model.records import FlowRunCreated, LogWritten, Record, StateEntered, TaskRunCreated
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.model.states import TRANSITIONS, StateKind
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader, open_writer
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.memory import MemoryStore

OWNER = this_owner("token")
LEASE = 4_000_000_000.0
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@st.composite
def histories(draw: st.DrawFn, run_id: str) -> list[list[Record]]:
    """Records of one flow run in a legal order, cut into batches."""
    records: list[Record] = [
        FlowRunCreated(
            run_id,
            draw(TEXT),
            "f",
            "flow",
            "",
            "{}",
            tuple(draw(st.lists(TEXT, max_size=2))),
            None,
            0,
            None,
            OWNER,
            0.0,
        )
    ]
    at: dict[int, tuple[StateKind, int, int]] = {0: (StateKind.PENDING, 0, 0)}
    for clock in range(1, draw(st.integers(1, 25))):
        number = draw(st.sampled_from([*at, len(at)]))
        if number not in at:
            tags = tuple(draw(st.lists(TEXT, max_size=2)))
            records.append(TaskRunCreated(run_id, number, draw(TEXT), "t", "task", tags, "", 0, 0, 0, float(clock)))
            at[number] = (StateKind.PENDING, 0, 0)
        kind, version, attempt = at[number]
        following = sorted(TRANSITIONS[kind], key=str)
        if number and not version:
            following.remove(StateKind.RUNNING)  # a task run is Pending first, which its row tells
        if not following:
            records.append(LogWritten(run_id, number, float(clock), 20, "x", draw(TEXT)))
            continue
        kind = draw(st.sampled_from(following))
        at[number] = kind, version + 1, attempt + (kind is StateKind.RUNNING)
        message = draw(TEXT)
        records.append(StateEntered(run_id, number, version + 1, kind, str(kind), message, float(clock), at[number][2]))
    cuts = sorted(draw(st.sets(st.integers(1, len(records)), max_size=6)) | {len(records)})
    return [records[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]


def told(reader: RunReader, run_id: str) -> object:
    lines = [(line.number, line.at, line.message) for line in reader.logs(run_id)]
    return reader.flow_run(run_id), reader.task_runs(run_id), reader.states(run_id), lines


@given(data=st.data())
def test_stores_agree_whatever_the_batches(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    folder = tmp_path_factory.mktemp("store")
    settings = load_settings({"JUPYTER_DATA_DIR": str(folder)})
    memory, whole = MemoryStore(), MemoryStore()
    writer: RunWriter = open_writer(settings)
    reader = open_reader(settings)
    try:
        for run_id in ("run-1", "run-2"):
            batches = data.draw(histories(run_id))
            for batch in batches:
                assert not writer.commit({run_id: batch}, OWNER, LEASE, False)
                assert not memory.commit({run_id: batch}, OWNER, LEASE, False)
            whole.commit({run_id: [record for batch in batches for record in batch]}, OWNER, LEASE, False)
            assert told(reader, run_id) == told(memory, run_id) == told(whole, run_id)
        assert reader.flow_runs(RunFilter()) == memory.flow_runs(RunFilter())
        assert reader.counts() == memory.counts()
    finally:
        reader.close()
        writer.close()


@pytest.mark.parametrize("number", [0, 1])
def test_a_run_that_ends_and_is_taken_up_in_one_batch_forgets_when_it_began_before(tmp_path: Path, number: int):
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    kinds = [StateKind.PENDING, StateKind.RUNNING, StateKind.CRASHED, StateKind.SCHEDULED, StateKind.CANCELLED]
    states: list[Record] = [
        StateEntered("run", number, version, kind, str(kind), "", float(version), min(version, 1))
        for version, kind in enumerate(kinds, 1)
    ]
    first: list[Record] = [
        FlowRunCreated("run", "", "f", "flow", "", "{}", (), None, 0, None, OWNER, 0.0),
        *([TaskRunCreated("run", 1, "", "t", "task", (), "", 0, 0, 0, 0.0)] if number else []),
        *states[:2],
    ]
    memory, writer = MemoryStore(), open_writer(settings)
    reader = open_reader(settings)
    for batch in (first, states[2:]):
        writer.commit({"run": batch}, OWNER, LEASE, False)
        memory.commit({"run": batch}, OWNER, LEASE, False)
    found = reader.task_runs("run")[0] if number else reader.flow_run("run")
    assert (found.started_at, found.ended_at) == (None, 5.0)
    assert told(reader, "run") == told(memory, "run")
    reader.close()
    writer.close()
