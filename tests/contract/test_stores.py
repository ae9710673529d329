"""One contract, every store."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from jupyter_flows.engine.ports import ResultIndex, RunReader, RunWriter
from jupyter_flows.errors import AmbiguousRun, RunNotFound
from jupyter_flows.model.events import ASKED_TO_CANCEL
from jupyter_flows.model.numbers import encode_numbers
from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import (
    ArtifactKept,
    DirectoryChosen,
    FailureRecorded,
    FlowRunCreated,
    FlowRunTakenUp,
    InputAsked,
    LogWritten,
    Record,
    ResultKept,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
    StateKind,
)
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader, open_result_index, open_writer
from jupyter_flows.store.liveness import this_owner
from jupyter_flows.store.memory import MemoryStore
from jupyter_flows.store.verdicts import LATE_AFTER

OWNER = this_owner("token-of-this-test")
DEAD = replace(OWNER, process_started="1", token="token-of-the-dead")
LEASE = 4_000_000_000.0


class Store(NamedTuple):
    writer: RunWriter
    reader: RunReader
    finder: ResultIndex

    def commit(self, *records: Record, owner: Owner = OWNER, durable: bool = False) -> frozenset[str]:
        batch: dict[str, list[Record]] = {}
        for record in records:
            batch.setdefault(record.run_id, []).append(record)
        return self.writer.commit(batch, owner, LEASE, durable)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        kept = MemoryStore()
        yield Store(kept, kept, kept)
        return
    settings = load_settings({"JUPYTER_DATA_DIR": str(tmp_path)})
    opened = Store(open_writer(settings), open_reader(settings), open_result_index(settings))
    yield opened
    for part in opened:
        part.close()


def born(run_id: str, at: float = 1.0, **changes: object) -> FlowRunCreated:
    record = FlowRunCreated(
        run_id=run_id,
        name=f"name-of-{run_id}",
        flow="daily",
        kind="flow",
        version="v1",
        parameters='{"day": 1}',
        tags=("a", "b"),
        parent_run_id=None,
        parent_number=0,
        directory=None,
        owner=OWNER,
        at=at,
    )
    return record._replace(**changes)


def task(run_id: str, number: int, at: float = 1.0, **changes: object) -> TaskRunCreated:
    record = TaskRunCreated(run_id, number, f"extract-{number}", "m.extract", "task", (), "", 0, 0, 0, at)
    return record._replace(**changes)


def state(
    run_id: str, number: int, version: int, kind: StateKind, at: float, attempt: int = 1, message: str = ""
) -> StateEntered:
    return StateEntered(run_id, number, version, kind, str(kind).capitalize(), message, at, attempt)


def run_of(run_id: str, *, owner: Owner = OWNER, at: float = 1.0, end: StateKind | None = None, **changes: object):
    yield born(run_id, at, owner=owner, **changes)
    yield state(run_id, 0, 1, RUNNING, at)
    if end is not None:
        yield state(run_id, 0, 2, end, at + 1)


def test_a_run_born_and_finished_in_one_batch_is_read_back_whole(store: Store):
    run_id = "run-0001"
    assert not store.commit(
        born(run_id, 1.0),
        state(run_id, 0, 1, PENDING, 1.0, 0),
        task(run_id, 1, 2.0, tags=("x",), upstreams=encode_numbers([3, 4, 5]), map_id=7, map_index=2, parent=9),
        state(run_id, 1, 1, PENDING, 2.0, 0),
        state(run_id, 0, 2, RUNNING, 3.0),
        state(run_id, 1, 2, RUNNING, 4.0),
        LogWritten(run_id, 1, 4.5, 20, "print", "a line"),
        state(run_id, 1, 3, COMPLETED, 5.0, message="well"),
        DirectoryChosen(run_id, "/somewhere"),
        state(run_id, 0, 3, COMPLETED, 6.0),
        durable=True,
    )
    run = store.reader.flow_run(run_id)
    assert (run.id, run.name, run.flow, run.kind, run.serial) == (run_id, f"name-of-{run_id}", "daily", "flow", 1)
    assert (run.version, run.parameters, run.tags, run.parent_run_id) == ("v1", '{"day": 1}', ("a", "b"), None)
    assert (run.state.kind, run.state.name, run.state.at, run.attempts) == (COMPLETED, "Completed", 6.0, 1)
    assert (run.created_at, run.started_at, run.ended_at, run.directory) == (1.0, 3.0, 6.0, "/somewhere")
    assert (run.owner, run.lease_until, run.cancel_requested_at) == (OWNER, LEASE, None)
    (done,) = store.reader.task_runs(run_id)
    assert (done.id, done.name, done.task, done.kind) == ("run-0001-1", "extract-1", "m.extract", "task")
    assert (done.tags, done.upstreams) == (("x",), (3, 4, 5))
    assert (done.map_id, done.map_index, done.parent, done.attempts) == (7, 2, 9, 1)
    assert (done.state.kind, done.state.message) == (COMPLETED, "well")
    assert (done.created_at, done.started_at, done.ended_at) == (2.0, 4.0, 5.0)
    changes = store.reader.states(run_id)
    assert [(change.number, change.version, str(change.state.kind), change.attempt) for change in changes] == [
        (0, 1, "pending", 0),
        (1, 1, "pending", 0),
        (0, 2, "running", 1),
        (1, 2, "running", 1),
        (1, 3, "completed", 1),
        (0, 3, "completed", 1),
    ]
    assert [change.version for change in store.reader.states(run_id, 1)] == [1, 2, 3]
    (line,) = store.reader.logs(run_id)
    assert (line.number, line.at, line.level, line.logger, line.message) == (1, 4.5, 20, "print", "a line")
    assert store.reader.counts() == {
        "flow_runs": 1,
        "task_runs": 1,
        "states": 6,
        "failures": 0,
        "results": 0,
        "logs": 1,
        "artifacts": 0,
    }


def test_states_spread_over_batches_give_the_same_row_as_in_one(store: Store):
    run_id = "run-0002"
    store.commit(*run_of(run_id), task(run_id, 1, 1.0), state(run_id, 1, 1, PENDING, 1.0, 0))
    store.commit(state(run_id, 1, 2, RUNNING, 2.0))
    store.commit(state(run_id, 1, 3, SCHEDULED, 3.0), state(run_id, 1, 4, RUNNING, 4.0, 2))
    assert store.reader.task_runs(run_id)[0].ended_at is None
    store.commit(state(run_id, 1, 5, FAILED, 5.0, 2, "boom"))
    (run,) = store.reader.task_runs(run_id)
    assert (run.attempts, run.started_at, run.ended_at, run.state.message) == (2, 2.0, 5.0, "boom")
    assert len(store.reader.states(run_id, 1)) == 5


def test_a_task_run_born_without_a_state_is_pending(store: Store):
    store.commit(*run_of("run-0003"), task("run-0003", 1))
    assert store.reader.task_runs("run-0003")[0].state.kind is PENDING


def test_a_run_that_leaves_a_final_state_has_no_end_and_no_cancel_request(store: Store):
    run_id = "run-0004"
    store.commit(*run_of(run_id))
    store.reader.request_cancel(run_id, 1.5)
    store.commit(state(run_id, 0, 2, CANCELLED, 2.0))
    assert store.reader.flow_run(run_id).cancel_requested_at == 1.5
    store.commit(state(run_id, 0, 3, SCHEDULED, 3.0, 1))
    run = store.reader.flow_run(run_id)
    assert (run.ended_at, run.started_at, run.cancel_requested_at) == (None, None, None)


def test_serials_count_the_runs_of_each_flow(store: Store):
    store.commit(*run_of("run-a1"), *run_of("run-b1", flow="other"))
    store.commit(*run_of("run-a2"))
    assert [store.reader.flow_run(run).serial for run in ("run-a1", "run-b1", "run-a2")] == [1, 1, 2]


def test_a_changed_token_loses_the_lease_and_only_that_run(store: Store):
    store.commit(*run_of("run-mine"), *run_of("run-taken"))
    thief = replace(OWNER, token="another")
    assert store.writer.renew(["run-mine"], OWNER, LEASE) == frozenset()
    assert store.writer.renew(["run-mine", "run-none"], thief, LEASE) == {"run-mine", "run-none"}
    mine, theirs = state("run-mine", 0, 2, COMPLETED, 9.0), state("run-taken", 0, 2, COMPLETED, 9.0)
    assert store.commit(mine, theirs, owner=thief) == {"run-mine", "run-taken"}
    assert store.commit(mine, state("run-gone", 0, 2, COMPLETED, 9.0)) == {"run-gone"}
    assert store.reader.flow_run("run-mine").state.kind is COMPLETED
    assert store.reader.flow_run("run-taken").state.kind is RUNNING


def taken_up(run_id: str, version: int, owner: Owner, at: float = 5.0) -> list[Record]:
    """What the next attempt of a run begins with."""
    again = StateEntered(run_id, 0, version + 1, SCHEDULED, "Scheduled", "resumed", at, 2)
    return [FlowRunTakenUp(run_id, version, owner, at), again, state(run_id, 0, version + 2, RUNNING, at, 2)]


ONE, TWO = replace(OWNER, token="one"), replace(OWNER, token="two")


@pytest.mark.parametrize("end", [FAILED, CRASHED, CANCELLED])
def test_a_run_that_is_taken_up_has_a_new_owner_and_the_old_one_s_words_are_refused(store: Store, end: StateKind):
    store.commit(*run_of("run-0005", end=end))
    assert not store.commit(*taken_up("run-0005", 2, ONE), owner=ONE)
    run = store.reader.flow_run("run-0005")
    assert (run.owner, run.state.kind, run.attempts, run.ended_at, run.state_version) == (ONE, RUNNING, 2, None, 4)
    late = [
        state("run-0005", 0, 3, COMPLETED, 6.0),
        task("run-0005", 1),
        LogWritten("run-0005", 0, 6.0, 20, "l", "late"),
    ]
    assert store.commit(*late) == {"run-0005"}
    assert store.commit(late[2]) == {"run-0005"}
    assert store.writer.renew(["run-0005"], OWNER, LEASE) == {"run-0005"}
    assert store.reader.flow_run("run-0005") == run
    assert (store.reader.task_runs("run-0005"), store.reader.logs("run-0005")) == ([], [])
    assert not store.commit(state("run-0005", 0, 5, COMPLETED, 7.0, 2), owner=ONE)
    assert store.reader.flow_run("run-0005").state.kind is COMPLETED


def test_of_two_who_take_a_run_up_one_wins(store: Store):
    store.commit(*run_of("run-0005", end=FAILED), *run_of("run-else"))
    assert not store.commit(*taken_up("run-0005", 2, ONE), owner=ONE)
    other = state("run-else", 0, 2, COMPLETED, 6.0)
    assert store.commit(*taken_up("run-0005", 2, TWO), other, owner=TWO) == {"run-0005", "run-else"}
    assert not store.commit(state("run-0005", 0, 5, FAILED, 7.0, 2), owner=ONE)
    assert store.commit(*taken_up("run-0005", 2, TWO), owner=TWO) == {"run-0005"}  # it ended again meanwhile
    assert store.reader.flow_run("run-0005").owner == ONE
    assert not store.commit(*taken_up("run-0005", 5, TWO, at=8.0), owner=TWO)
    assert [change.version for change in store.reader.states("run-0005", 0)] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("end", [None, PAUSED])
def test_a_run_that_has_not_ended_is_not_taken_up(store: Store, end: StateKind | None):
    store.commit(*run_of("run-0005", end=end))
    run = store.reader.flow_run("run-0005")
    assert store.commit(*taken_up("run-0005", run.state_version, ONE), owner=ONE) == {"run-0005"}
    assert store.commit(*taken_up("run-none", 2, ONE), owner=ONE) == {"run-none"}
    assert store.reader.flow_run("run-0005") == run


def test_a_cancel_request_is_not_seen_again_by_who_takes_the_run_up(store: Store):
    store.commit(*run_of("run-0005"))
    store.reader.request_cancel("run-0005", 1.5)
    assert store.writer.cancel_requests(["run-0005"]) == {"run-0005": ASKED_TO_CANCEL}
    store.commit(state("run-0005", 0, 2, CANCELLED, 2.0))
    assert not store.commit(*taken_up("run-0005", 2, OWNER))
    assert store.writer.cancel_requests(["run-0005"]) == {}


def test_a_suspended_run_is_taken_up(store: Store):
    store.commit(*run_of("run-0005"), StateEntered("run-0005", 0, 2, PAUSED, "Suspended", "", 2.0, 1))
    assert not store.commit(*taken_up("run-0005", 2, ONE), owner=ONE)
    assert store.reader.flow_run("run-0005").owner == ONE


def waiting(run_id: str) -> list[Record]:
    """A run that is in the queue."""
    return [born(run_id, owner=None), state(run_id, 0, 1, SCHEDULED, 1.0, 0)]


def test_a_run_that_nobody_owns_waits_and_is_never_called_dead(store: Store):
    assert not store.commit(*waiting("run-0006"))
    run = store.reader.flow_run("run-0006")
    assert (run.owner, run.state.kind, run.state.name, run.attempts, run.ended_at) == (
        None,
        SCHEDULED,
        "Scheduled",
        0,
        None,
    )
    assert store.reader.record_dead(LEASE + 100.0) == []
    assert store.reader.flow_run("run-0006") == run


def test_a_waiting_run_is_taken_up_for_its_first_attempt(store: Store):
    store.commit(*waiting("run-0006"))
    first = [FlowRunTakenUp("run-0006", 1, ONE, 5.0), state("run-0006", 0, 2, RUNNING, 5.0)]
    assert not store.commit(*first, owner=ONE)
    assert store.commit(*first[:1], state("run-0006", 0, 3, RUNNING, 5.0), owner=TWO) == {"run-0006"}
    run = store.reader.flow_run("run-0006")
    assert (run.owner, run.state.kind, run.attempts, run.started_at, run.serial) == (ONE, RUNNING, 1, 5.0, 1)
    assert not store.commit(state("run-0006", 0, 3, COMPLETED, 6.0), owner=ONE)
    assert [change.version for change in store.reader.states("run-0006", 0)] == [1, 2, 3]


def test_whoever_puts_a_run_into_the_queue_does_not_own_it(store: Store):
    store.commit(*waiting("run-0006"))
    assert store.commit(state("run-0006", 0, 2, RUNNING, 2.0)) == {"run-0006"}
    assert store.writer.renew(["run-0006"], OWNER, LEASE) == {"run-0006"}


def test_a_waiting_run_is_cancelled_at_once(store: Store):
    store.commit(*waiting("run-0006"))
    run = store.reader.request_cancel("run-0006", 7.0)
    assert (run.state.kind, run.state.name, run.ended_at, run.started_at) == (CANCELLED, "Cancelled", 7.0, None)
    assert run == store.reader.flow_run("run-0006") == store.reader.request_cancel("run-0006", 8.0)
    assert store.commit(FlowRunTakenUp("run-0006", 1, ONE, 8.0), owner=ONE) == {"run-0006"}
    (scheduled, end) = store.reader.states("run-0006", 0)
    assert (scheduled.state.kind, end.state, end.version) == (SCHEDULED, run.state, 2)


def test_a_run_that_is_due_and_that_nobody_takes_up_is_late(store: Store):
    due = 1_000.0
    store.writer.commit({"run-0006": waiting("run-0006")}, OWNER, due, False)
    assert store.reader.flow_run("run-0006").state.name == "Late"
    (listed,) = store.reader.flow_runs(RunFilter(state="late"))
    assert (listed.id, listed.state.kind, listed.state.at) == ("run-0006", SCHEDULED, due + LATE_AFTER)
    assert store.reader.flow_runs(RunFilter(state="scheduled")) == [listed]
    assert [change.state.name for change in store.reader.states("run-0006")] == ["Scheduled"]


def test_a_crash_that_was_recorded_takes_the_lease_and_the_run_can_be_taken_up(store: Store):
    store.commit(*run_of("run-0005", owner=DEAD), owner=DEAD)
    assert store.reader.record_dead(9.0) == ["run-0005"]
    version = store.reader.flow_run("run-0005").state_version
    assert store.commit(state("run-0005", 0, 2, COMPLETED, 9.5), owner=DEAD) == {"run-0005"}
    assert not store.commit(*taken_up("run-0005", version, ONE), owner=ONE)
    assert store.reader.record_dead(10.0) == []
    assert store.reader.flow_run("run-0005").state.kind is RUNNING


def test_a_task_run_that_is_taken_up_keeps_every_state_and_the_times_of_its_last_attempt(store: Store):
    run_id = "run-0005"
    store.commit(
        *run_of(run_id),
        task(run_id, 1),
        state(run_id, 1, 1, PENDING, 1.0, 0),
        state(run_id, 1, 2, RUNNING, 2.0),
        state(run_id, 1, 3, FAILED, 3.0, 1, "boom"),
        state(run_id, 0, 2, FAILED, 4.0),
    )
    store.commit(
        *taken_up(run_id, 2, ONE),
        state(run_id, 1, 4, SCHEDULED, 5.0, 2),
        state(run_id, 1, 5, PENDING, 5.0, 2),
        state(run_id, 1, 6, RUNNING, 6.0, 2),
        owner=ONE,
    )
    store.commit(state(run_id, 1, 7, COMPLETED, 7.0, 2), owner=ONE)
    changes = store.reader.states(run_id, 1)
    assert [(change.version, str(change.state.kind), change.state.at, change.attempt) for change in changes] == [
        (1, "pending", 1.0, 0),
        (2, "running", 2.0, 1),
        (3, "failed", 3.0, 1),
        (4, "scheduled", 5.0, 2),
        (5, "pending", 5.0, 2),
        (6, "running", 6.0, 2),
        (7, "completed", 7.0, 2),
    ]
    assert changes[2].state.message == "boom"
    (run,) = store.reader.task_runs(run_id)
    assert (run.created_at, run.started_at, run.ended_at, run.attempts) == (1.0, 6.0, 7.0, 2)


def test_renew_moves_the_lease(store: Store):
    store.commit(*run_of("run-0005"))
    assert not store.writer.renew(["run-0005"], OWNER, LEASE + 7)
    assert store.reader.flow_run("run-0005").lease_until == LEASE + 7
    assert not store.writer.renew([], OWNER, LEASE)


def test_a_cancel_request_reaches_the_owner_once_the_run_lives(store: Store):
    store.commit(*run_of("run-0006"), *run_of("run-0007"), *run_of("run-done", end=COMPLETED))
    assert store.writer.cancel_requests(["run-0006", "run-0007"]) == {}
    assert store.reader.request_cancel("run-0006", 5.0).cancel_requested_at == 5.0
    assert store.reader.request_cancel("run-0006", 6.0).cancel_requested_at == 5.0
    assert store.reader.request_cancel("run-done", 6.0).cancel_requested_at is None
    for _ in range(2):
        assert store.writer.cancel_requests(["run-0006", "run-0007"]) == {"run-0006": ASKED_TO_CANCEL}
    assert store.writer.cancel_requests(["run-0007"]) == {}


def test_lists_are_newest_first_and_filtered(store: Store):
    store.commit(
        *run_of("run-old1", at=1.0, end=COMPLETED),
        *run_of("run-old2", at=1.0, end=FAILED),
        *run_of("run-child", at=2.0, parent_run_id="run-old1", flow="sub"),
        *run_of("run-alone", at=3.0, kind="task"),
        *run_of("run-tasklet", at=4.0, kind="task", parent_run_id="run-old1"),
    )
    cases = [
        (RunFilter(), ["run-child", "run-old2", "run-old1"]),
        (RunFilter(standalone=True), ["run-tasklet", "run-alone", "run-child", "run-old2", "run-old1"]),
        (RunFilter(parent="run-old1"), ["run-tasklet", "run-child"]),
        (RunFilter(flow="sub"), ["run-child"]),
        (RunFilter(state="FAILED"), ["run-old2"]),
        (RunFilter(state="running"), ["run-child"]),
        (RunFilter(since=2.0), ["run-child"]),
        (RunFilter(until=2.0), ["run-old2", "run-old1"]),
        (RunFilter(state="failed, Running"), ["run-child", "run-old2"]),
        (RunFilter(tags=("b", "a"), flow="sub"), ["run-child"]),
        (RunFilter(tags=("a", "c")), []),
        (RunFilter(deployment="none"), []),
        (RunFilter(search="SUB a"), ["run-child"]),
        (RunFilter(search="failed"), ["run-old2"]),
        (RunFilter(search="%"), []),
        (RunFilter(search="sub nothing"), []),
        (RunFilter(limit=1), ["run-child"]),
        (RunFilter(limit=1, offset=1), ["run-old2"]),
        (RunFilter(state="completed", limit=1, offset=1), []),
        (RunFilter(state="\udc80", flow="\udc80", parent="\udc80"), []),
    ]
    for wanted, expected in cases:
        assert [run.id for run in store.reader.flow_runs(wanted)] == expected, wanted


def test_a_search_folds_letters_of_every_language(store: Store):
    store.commit(*run_of("run-1", flow="Übersicht", name="ЁЛКА"), *run_of("run-2", flow="übersehen"))
    for words, expected in (("üBERSICHT", ["run-1"]), ("ёлка übers", ["run-1"]), ("ÜBERSE", ["run-2"])):
        assert [run.id for run in store.reader.flow_runs(RunFilter(search=words))] == expected, words


def test_a_run_is_found_by_id_prefix_and_name(store: Store):
    store.commit(*run_of("abcd-1", at=1.0, name="twin"), *run_of("abcd-2", at=2.0, name="twin"), *run_of("abcd"))
    assert store.reader.flow_run("abcd-2").id == "abcd-2"
    assert store.reader.flow_run("abcd").id == "abcd"
    assert store.reader.flow_run("twin").id == "abcd-2"
    for unknown in ("abc", "nothing", "", "abc_", "abcd%", "abcd\udc80", "\x00" * 5):
        with pytest.raises(RunNotFound):
            store.reader.flow_run(unknown)
    with pytest.raises(AmbiguousRun, match="abcd-1, abcd-2"):
        store.reader.flow_run("abcd-")


def test_a_run_is_found_as_lists_call_it_by_its_flow_and_number(store: Store):
    store.commit(*run_of("abcd-1", at=1.0), *run_of("abcd-2", at=2.0), *run_of("abcd-3", at=3.0, name="twin #1"))
    flow = store.reader.flow_run("abcd-1").flow
    assert [store.reader.flow_run(f"{flow} #{number}").id for number in (1, 2)] == ["abcd-1", "abcd-2"]
    assert store.reader.flow_run("twin #1").id == "abcd-3"  # a name counts first
    for unknown in (f"{flow} #4", f"{flow} #0", f"{flow}#1", f"{flow} #1 ", "#1", " #1", f"{flow} #{'9' * 30}", "x #٣"):
        with pytest.raises(RunNotFound):
            store.reader.flow_run(unknown)


def test_a_dead_owners_run_is_seen_as_crashed_and_can_be_recorded_so(store: Store):
    run_id = "run-dead"
    store.commit(
        *run_of(run_id, owner=DEAD),
        task(run_id, 1),
        state(run_id, 1, 1, RUNNING, 2.0),
        task(run_id, 2),
        state(run_id, 2, 1, COMPLETED, 3.0),
        owner=DEAD,
    )
    store.commit(*run_of("run-live"))
    run = store.reader.flow_run(run_id)
    assert (run.state.kind, run.state.name) == (CRASHED, "Crashed")
    assert str(DEAD.pid) in run.state.message
    assert DEAD.host in run.state.message
    assert run.ended_at is not None
    assert [task.state.kind for task in store.reader.task_runs(run_id)] == [CRASHED, COMPLETED]
    assert [run.id for run in store.reader.flow_runs(RunFilter(state="crashed"))] == [run_id]
    assert [run.id for run in store.reader.flow_runs(RunFilter(state="running"))] == ["run-live"]
    assert len(store.reader.states(run_id)) == 3
    assert store.reader.record_dead(10.0) == [run_id]
    assert store.reader.record_dead(11.0) == []
    assert store.reader.flow_run(run_id).state.kind is CRASHED
    assert [(c.number, c.version) for c in store.reader.states(run_id) if c.state.kind is CRASHED] == [(0, 2), (1, 2)]
    assert store.commit(state(run_id, 0, 2, COMPLETED, 9.0), owner=DEAD) == {run_id}, "the dead may not write again"


def test_cancelling_a_dead_owners_run_records_the_crash(store: Store):
    store.commit(*run_of("run-dead", owner=DEAD), owner=DEAD)
    assert store.reader.request_cancel("run-dead", 5.0).state.kind is CRASHED
    assert store.reader.record_dead(6.0) == []


def test_a_suspended_run_has_no_process_and_is_not_dead(store: Store):
    store.commit(*run_of("run-susp", owner=DEAD), owner=DEAD)
    store.commit(state("run-susp", 0, 2, PAUSED, 2.0)._replace(name="Suspended"), owner=DEAD)
    assert store.reader.flow_run("run-susp").state.name == "Suspended"
    assert store.reader.record_dead(6.0) == []


def test_failures_come_in_order_and_the_later_word_counts(store: Store):
    run_id = "run-fail"
    store.commit(*run_of(run_id), task(run_id, 1), task(run_id, 2))
    store.commit(FailureRecorded(run_id, 2, 1, "ValueError", "first", "Traceback…", '{"x": "1"}'))
    store.commit(FailureRecorded(run_id, 1, 1, "KeyError", "second", "", ""))
    store.commit(FailureRecorded(run_id, 1, 1, "KeyError", "again", "", "{}"))
    found = store.reader.failures(run_id)
    assert [(failure.number, failure.message) for failure in found] == [(2, "first"), (1, "again")]
    assert (found[0].inputs, found[1].inputs) == ({"x": "1"}, {})


def test_logs_are_paged_by_id(store: Store):
    store.commit(*run_of("run-logs"), *run_of("run-other"))
    store.commit(*(LogWritten("run-logs", 0, 1.0, 20, "x", f"line {n}") for n in range(5)))
    store.commit(LogWritten("run-other", 0, 1.0, 20, "x", "other"))
    first = store.reader.logs("run-logs", limit=2)
    rest = store.reader.logs("run-logs", after=first[-1].id)
    assert [line.message for line in first + rest] == [f"line {n}" for n in range(5)]


def test_only_final_runs_are_deleted_with_all_that_is_theirs(store: Store):
    for run_id, end in (("run-old", COMPLETED), ("run-new", None)):
        store.commit(*run_of(run_id, end=end), task(run_id, 1), DirectoryChosen(run_id, f"/runs/{run_id}"))
        store.commit(FailureRecorded(run_id, 1, 1, "E", "", "", "{}"), LogWritten(run_id, 1, 1.0, 20, "x", "line"))
    assert store.reader.delete(["run-old", "run-new", "run-none"]) == ["/runs/run-old"]
    assert store.reader.counts() == {
        "flow_runs": 1,
        "task_runs": 1,
        "states": 1,
        "failures": 1,
        "results": 0,
        "logs": 1,
        "artifacts": 0,
    }


@pytest.mark.parametrize("read", ["task_runs", "states", "failures", "logs", "artifacts"])
def test_reading_what_belongs_to_no_run_says_so(store: Store, read: str):
    with pytest.raises(RunNotFound, match="no-such-run"):
        getattr(store.reader, read)("no-such-run")


def test_hostile_text_is_kept_or_made_storable_never_lost(store: Store):
    run_id = "run-text"
    nasty = "'; DROP TABLE logs; -- \x00 \x1b[31m <b>\u202e \U0001f600"
    store.commit(*run_of(run_id, name=nasty))
    store.commit(
        LogWritten(run_id, 0, 1.0, 20, "x", "lone \udc80 surrogate"), LogWritten(run_id, 0, 1.0, 10**30, "x", nasty)
    )
    lines = store.reader.logs(run_id)
    assert lines[0].message.startswith("lone ")
    assert lines[0].message.endswith(" surrogate")
    assert lines[1].message == nasty
    assert store.reader.flow_run(run_id).name == nasty


def test_a_run_without_records_in_a_batch_only_keeps_its_lease(store: Store):
    store.commit(*run_of("run-0008"))
    assert store.writer.commit({"run-0008": [], "run-none": []}, OWNER, LEASE + 30, False) == {"run-none"}
    assert store.reader.flow_run("run-0008").lease_until == LEASE + 30
    assert store.writer.commit({}, OWNER, LEASE, True) == frozenset()


@pytest.mark.parametrize("cuts", [(), (1,), (2,), (3,), (4,), (5,), (1, 2, 3, 4, 5, 6)], ids=str)
def test_a_run_that_is_taken_up_again_keeps_what_its_row_told(store: Store, cuts: tuple[int, ...]):
    run_id = "run-0001"
    store.commit(*run_of(run_id))
    steps: list[Record] = [
        task(run_id, 1, 2.0),
        state(run_id, 1, 1, PENDING, 2.0, 1),
        state(run_id, 1, 2, RUNNING, 3.0, 1),
        state(run_id, 1, 3, FAILED, 4.0, 1, message="no rows"),
        state(run_id, 1, 4, SCHEDULED, 5.0, 2),
        state(run_id, 1, 5, RUNNING, 6.0, 2),
        state(run_id, 1, 6, COMPLETED, 7.0, 2),
    ]
    for first, last in itertools.pairwise((0, *cuts, len(steps))):
        assert not store.commit(*steps[first:last])
    told = [(c.version, c.state.kind, c.state.message, c.state.at, c.attempt) for c in store.reader.states(run_id, 1)]
    assert told == [
        (1, PENDING, "", 2.0, 1),
        (2, RUNNING, "", 3.0, 1),
        (3, FAILED, "no rows", 4.0, 1),
        (4, SCHEDULED, "", 5.0, 2),
        (5, RUNNING, "", 6.0, 2),
        (6, COMPLETED, "", 7.0, 2),
    ]


def kept(run_id: str, number: int, at: float, key: str | None = None, expires: float | None = None) -> ResultKept:
    return ResultKept(run_id, number, 1, at, key, expires, KeptResult("json", inline=str(number), signature="s"))


def test_kept_results_are_found_by_their_key_until_they_expire_or_are_cleared(store: Store):
    store.commit(*run_of("run-0001"), task("run-0001", 1), task("run-0001", 2), task("run-0001", 3))
    first, second, third = kept("run-0001", 1, 5.0, "k"), kept("run-0001", 2, 6.0, "k", 20.0), kept("run-0001", 3, 7.0)
    assert not store.commit(first, second, third)
    assert store.reader.results("run-0001") == [first, second, third]
    assert store.reader.cached() == [second, first]
    assert [store.finder.find("k", at) for at in (10.0, 20.0)] == [second, first]
    assert store.finder.find("other", 10.0) is None
    assert store.reader.clear_cache("other") == 0
    assert store.reader.clear_cache("k") == 2
    assert store.finder.find("k", 10.0) is None
    assert [result.result.inline for result in store.reader.results("run-0001")] == ["1", "2", "3"]


def test_results_go_with_their_run(store: Store):
    store.commit(*run_of("run-0001", end=COMPLETED), task("run-0001", 1), kept("run-0001", 1, 5.0, "k"))
    store.reader.delete(["run-0001"])
    assert store.reader.cached() == []
    assert store.reader.counts()["results"] == 0


def shown(run_id: str, artifact_id: str, at: float, key: str = "", progress: float | None = None) -> ArtifactKept:
    kind = "markdown" if progress is None else "progress"
    return ArtifactKept(run_id, 1, artifact_id, at, kind, key, "about it", "text/markdown", "a.md", 3, progress)


def test_artifacts_come_newest_first_and_one_of_the_same_id_takes_the_place_of_the_earlier(store: Store):
    store.commit(*run_of("run-0001", end=COMPLETED), *run_of("run-0002"))
    first, second, third = (shown("run-0001", name, at, "key") for name, at in (("a", 5.0), ("b", 6.0), ("c", 6.0)))
    halves = [shown("run-0001", "p", 7.0 + step, "load", step / 2) for step in range(3)]
    assert not store.commit(first, halves[0], second, third, shown("run-0002", "a", 9.0))
    assert not store.commit(halves[1], halves[2])
    assert store.reader.artifacts("run-0001") == [halves[2], third, second, first]
    assert store.reader.counts()["artifacts"] == 5
    store.reader.delete(["run-0001"])
    assert store.reader.counts()["artifacts"] == 1
    assert [artifact.run_id for artifact in store.reader.artifacts("run-0002")] == ["run-0002"]


def asked(run_id: str, key: str = "pause-1", at: float = 3.0, expires_at: float | None = None) -> InputAsked:
    return InputAsked(run_id, key, '{"type": "integer"}', at, expires_at)


def test_a_question_is_there_until_it_is_answered_once(store: Store):
    store.commit(*run_of("run-0001"), asked("run-0001"), asked("run-0001", "other", 2.0))
    assert [one.key for one in store.reader.inputs("run-0001")] == ["other", "pause-1"]
    assert all(one.is_open for one in store.reader.inputs("run-0001"))
    assert store.reader.give_input("run-0001", "pause-1", "5", 4.0)
    assert not store.reader.give_input("run-0001", "pause-1", "6", 5.0)
    assert not store.reader.give_input("run-0001", "nonsense", "6", 5.0)
    assert not store.reader.give_input("nonsense", "pause-1", "6", 5.0)
    (given,) = [one for one in store.reader.inputs("run-0001") if not one.is_open]
    assert (given.key, given.value, given.given_at, given.schema) == ("pause-1", "5", 4.0, '{"type": "integer"}')


def test_a_question_that_is_asked_again_keeps_its_answer_and_takes_a_new_time(store: Store):
    store.commit(*run_of("run-0001"), asked("run-0001"), asked("run-0001", "other"))
    assert store.reader.give_input("run-0001", "pause-1", "5", 4.0)
    store.commit(asked("run-0001", at=6.0), asked("run-0001", "other", 6.0, 9.0))
    kept, again = sorted(store.reader.inputs("run-0001"), key=lambda one: one.key, reverse=True)
    assert (kept.value, kept.asked_at) == ("5", 3.0)
    assert (again.is_open, again.asked_at, again.expires_at) == (True, 6.0, 9.0)


def test_answers_and_questions_can_be_withdrawn(store: Store):
    store.commit(*run_of("run-0001"), asked("run-0001"))
    assert not store.reader.withdraw_input("run-0001", "pause-1", given=True)
    assert store.reader.give_input("run-0001", "pause-1", "5", 4.0)
    assert not store.reader.withdraw_input("run-0001", "pause-1", given=False)
    assert store.reader.withdraw_input("run-0001", "pause-1", given=True)
    assert store.reader.inputs("run-0001")[0].is_open
    assert store.reader.withdraw_input("run-0001", "pause-1", given=False)
    assert store.reader.inputs("run-0001") == []


def test_nobody_answers_a_question_whose_time_has_passed(store: Store):
    store.commit(*run_of("run-0001"), asked("run-0001", expires_at=10.0))
    assert not store.reader.give_input("run-0001", "pause-1", "5", 10.0)
    assert store.reader.give_input("run-0001", "pause-1", "5", 9.9)


def suspended_run(run_id: str):
    yield from run_of(run_id)
    yield StateEntered(run_id, 0, 2, PAUSED, "Suspended", "", 2.0, 1)


def test_a_suspended_run_is_cancelled_at_once_since_nobody_else_could(store: Store):
    store.commit(*suspended_run("run-0001"))
    run = store.reader.request_cancel("run-0001", 5.0)
    assert (run.state.kind, run.state.message, run.ended_at) == (CANCELLED, "cancelled while it was suspended", 5.0)
    assert [change.state.name for change in store.reader.states("run-0001", 0)][-1] == "Cancelled"


def test_a_suspended_run_that_nobody_resumes_in_time_is_recorded_as_timed_out(store: Store):
    store.commit(*suspended_run("run-0001"), asked("run-0001", expires_at=10.0))
    store.commit(*suspended_run("run-0002"), asked("run-0002"))
    assert store.reader.record_dead(9.0) == []
    assert store.reader.record_dead(11.0) == ["run-0001"]
    run = store.reader.flow_run("run-0001")
    assert (run.state.kind, run.state.name) == (FAILED, "TimedOut")
    assert store.reader.flow_run("run-0002").state.name == "Suspended"


def test_questions_go_with_their_run(store: Store):
    store.commit(*run_of("run-0001", end=COMPLETED), asked("run-0001"))
    store.reader.delete(["run-0001"])
    store.commit(*run_of("run-0001"))
    assert store.reader.inputs("run-0001") == []
