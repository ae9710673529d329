"""Random walks through the machine: whatever happens in whatever order, it settles and loses nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.engine.limits import Limits
from jupyter_flows.engine.machine import RunMachine
from jupyter_flows.engine.triggers import all_successful, any_failed, manual_only, one_done, one_failed, one_success
from jupyter_flows.model.commands import (
    AcquireSlots,
    ReleaseSlots,
    RunHandlers,
    RunHooks,
    SetTimer,
    Settle,
    StartAttempt,
    StopAttempt,
)
from jupyter_flows.model.events import (
    AttemptEnded,
    AttemptStarted,
    CancelRequested,
    Earlier,
    FailureSeen,
    FlowCalled,
    FlowResumed,
    HandlersAnswered,
    HooksFinished,
    Outcome,
    RunAbandoned,
    SlotsAwaited,
    SlotsGranted,
    TaskSubmitted,
    TimerFired,
    UpstreamSettled,
)
from jupyter_flows.model.records import FlowRunCreated, FlowRunTakenUp, StateEntered, TaskRunCreated
from jupyter_flows.model.runs import Owner
from jupyter_flows.model.specs import FlowSpec, RetryPolicy, TaskSpec
from jupyter_flows.model.states import (
    CANCELLED,
    COMPLETED,
    CRASHED,
    FAILED,
    FINAL,
    PAUSED,
    TRANSITIONS,
    cancelled,
    completed,
    crashed,
    failed,
    paused,
    pending,
)

OWNER = Owner("host", "boot", 1, "then", "token")
HOOKS = ("completion", "failure", "cancellation", "crashed")
SIZES = {"db": 1, "api": 2}


@dataclass
class Walk:
    """A driver without threads: it performs commands at once, or leaves them for the walk to choose from."""

    spec: FlowSpec
    limits: Limits = field(default_factory=lambda: Limits(SIZES))
    at: float = 0.0
    events: list[Any] = field(default_factory=list)
    answers: list[list[Any]] = field(default_factory=list)
    todo: list[Any] = field(default_factory=list)  # started attempts, hooks and timers
    running: dict[int, int] = field(default_factory=dict)  # number -> attempt that user code is in
    kinds: dict[int, Any] = field(default_factory=dict)
    versions: Counter[int] = field(default_factory=Counter)
    settled: Counter[int] = field(default_factory=Counter)
    submitted: list[int] = field(default_factory=lambda: [0])
    earlier: Earlier | None = None  # how the flow run stood, where it is taken up again

    def __post_init__(self) -> None:
        self.machine = RunMachine("r", self.spec)
        if self.earlier is not None:
            self.stood(0, self.earlier)
            taken_up = FlowRunTakenUp("r", self.earlier.version, OWNER, 0.0)
            self.tell(FlowResumed(0.0, taken_up, self.earlier, {1_000: "skipped before"}, 0))
            return
        created = FlowRunCreated("r", "n", "f", "flow", "", "{}", (), None, 0, None, OWNER, 0.0)
        self.tell(FlowCalled(0.0, created, 0))

    def stood(self, number: int, earlier: Earlier | None) -> None:
        """Where a run stands before it goes into a further attempt of the flow run."""
        if earlier is not None:
            self.kinds[number], self.versions[number] = earlier.kind, earlier.version

    def tell(self, event: Any) -> None:
        if self.machine.finished:
            return
        self.events.append(event)
        commands = self.machine.handle(event)
        self.answers.append(commands)
        for command in commands:
            self.perform(command)

    def perform(self, command: Any) -> None:
        kind = type(command)
        if kind is StateEntered:
            self.enter(command)
        elif kind is Settle:
            self.settle(command)
        elif kind is AcquireSlots:
            if self.limits.acquire(command.number, command.needs):
                self.tell(SlotsGranted(self.at, command.number))
            else:
                self.tell(SlotsAwaited(self.at, command.number, "waits"))
        elif kind is ReleaseSlots:
            for holder in self.limits.release(command.number):
                self.tell(SlotsGranted(self.at, holder))  # type: ignore[arg-type]
        elif kind in {StartAttempt, RunHooks, RunHandlers, SetTimer}:
            self.todo.append(command)
        else:
            assert kind in {StopAttempt, TaskRunCreated} or hasattr(command, "run_id")

    def enter(self, record: StateEntered) -> None:
        before = self.kinds.get(record.number)
        assert before is None or record.kind in TRANSITIONS[before], (record.number, before, record.kind)
        assert self.settled[record.number] == 0, f"{record.number} moved after it was settled"
        self.kinds[record.number] = record.kind
        self.versions[record.number] += 1
        assert record.version == self.versions[record.number]

    def settle(self, order: Settle) -> None:
        assert self.kinds[order.number] is order.state.kind, "the final state is written before anybody sees it"
        self.settled[order.number] += 1
        self.running.pop(order.number, None)

    def go_on(self, choice: int, outcome: Outcome) -> None:
        """Do one of the things that are to be done."""
        command = self.todo.pop(choice % len(self.todo))
        self.at += 1.0
        number = command.number
        if type(command) is SetTimer:
            self.at = max(self.at, command.at)
            self.tell(TimerFired(self.at, number, command.attempt, command.what))
        elif type(command) is RunHooks:
            self.tell(HooksFinished(self.at, number))
        elif type(command) is RunHandlers:
            changes = outcome.state.kind in FINAL and outcome.state.data is None
            answer = outcome.state if changes else command.path[-1]
            self.tell(HandlersAnswered(self.at, number, command.attempt, answer))
        elif type(command) is StartAttempt and self.settled[number] == 0:
            if number:
                self.tell(AttemptStarted(self.at, number, command.attempt))
            self.tell(AttemptEnded(self.at + 0.5, number, command.attempt, outcome, 0.25))


specs = st.builds(
    TaskSpec,
    name=st.just("t"),
    retry=st.builds(
        RetryPolicy, st.integers(0, 2), st.sampled_from([(), (5.0,), (1.0, 2.0)]), st.sampled_from([0.0, 0.5])
    ),
    timeout_seconds=st.sampled_from([0.0, 0.0, 3.0]),
    skip_on_upstream_skip=st.booleans(),
    hooked=st.frozensets(st.sampled_from(HOOKS)),
    trigger=st.sampled_from([None, None, all_successful, one_success, one_failed, one_done, manual_only, any_failed]),
    handled=st.booleans(),
)
flow_specs = st.builds(
    FlowSpec,
    name=st.just("f"),
    retry=st.builds(RetryPolicy, st.integers(0, 1)),
    timeout_seconds=st.sampled_from([0.0, 0.0, 40.0]),
    hooked=st.frozensets(st.sampled_from(HOOKS)),
    ignore_unseen_failures=st.booleans(),
    handled=st.booleans(),
)
outcomes = st.one_of(
    st.just(Outcome(completed(0.0, 1))),
    st.just(Outcome(completed(0.0, 1))),
    st.builds(
        Outcome,
        st.just(failed(0.0, ValueError("no"))),
        may_retry=st.booleans(),
        error_type=st.sampled_from(["", "E"]),
        loop=st.just(False),  # a failure asks for no other round; hypothesis would draw it
    ),
    st.just(Outcome(failed(0.0), again=True, retry_at=30.0, explicit=True)),
    st.just(Outcome(failed(0.0), again=True, explicit=True)),
    st.just(Outcome(completed(0.0, None, "", "Skipped"), explicit=True)),
    st.just(Outcome(cancelled(0.0))),
    st.just(Outcome(cancelled(0.0), explicit=True)),
    st.just(Outcome(crashed(0.0, name="Interrupted"), may_retry=False)),
    st.just(Outcome(crashed(0.0, name="WorkerLost"))),
    st.just(Outcome(paused(0.0), explicit=True)),
    st.just(Outcome(paused(0.0), explicit=True)),
    st.just(Outcome(pending(0.0), loop=True, explicit=True)),
)
standings = st.sampled_from([
    None,
    Earlier(COMPLETED, 3, 1),
    Earlier(FAILED, 9, 3),
    Earlier(FAILED, 2, 0),
    Earlier(CRASHED, 101, 1),
    Earlier(CANCELLED, 2, 0),
    Earlier(PAUSED, 4, 1),
])  # fmt: skip
needs = st.sampled_from([(), (), (("db", 1),), (("api", 1),), (("api", 1), ("db", 1))])


def submit(walk: Walk, data: st.DataObject) -> None:
    number = len(walk.submitted)
    before = st.sampled_from([*walk.submitted[1:], *([1_000] if walk.earlier else [])]) if number > 1 else st.nothing()
    chosen = data.draw(st.lists(before, max_size=3, unique=True)) if number > 1 else []
    upstreams = tuple((upstream, data.draw(st.booleans())) for upstream in chosen)
    wanted, externals = data.draw(needs), data.draw(st.sampled_from([0, 0, 0, 1]))
    inline = data.draw(st.booleans())
    spec = data.draw(specs)
    earlier = data.draw(standings) if walk.earlier else None
    started = inline and not (upstreams or wanted or externals or spec.trigger or earlier)
    walk.submitted.append(number)
    parent = data.draw(st.sampled_from([0, *[n for n in walk.submitted[1:-1] if walk.kinds.get(n) not in FINAL]]))
    event = TaskSubmitted(
        walk.at,
        number,
        spec,
        number,
        f"t{number}",
        upstreams,
        externals,
        0,
        0,
        parent,
        wanted,
        inline,
        started,
        earlier=earlier,
    )
    finished_before = walk.machine.finished
    walk.stood(number, earlier)
    walk.tell(event)
    if finished_before:
        walk.submitted.pop()
        return
    if started and walk.settled[number] == 0 and walk.machine.nodes[number].state is None:
        walk.todo.append(StartAttempt(number, 1, number))
    if externals:
        walk.todo.append(Upstream(number, data.draw(outcomes).state, data.draw(st.booleans())))


@dataclass
class Upstream:
    """An upstream of another flow run, which ends some time."""

    number: int
    state: Any
    allowed: bool


def disturb(walk: Walk, data: st.DataObject) -> None:
    """Something that may happen at any moment."""
    number = data.draw(st.sampled_from(walk.submitted))
    state = data.draw(st.sampled_from([cancelled(walk.at, "interrupted"), crashed(walk.at, "lost")]))
    walk.tell(
        data.draw(
            st.sampled_from([
                CancelRequested(walk.at, ""),
                RunAbandoned(walk.at, number, state),
                FailureSeen(walk.at, number),
                TimerFired(walk.at, number, 1, "deadline"),
                TimerFired(walk.at, number, 7, "retry"),
                AttemptStarted(walk.at, number, 9),
                AttemptEnded(walk.at, number, 9, data.draw(outcomes)),
            ])
        )
    )  # fmt: skip


def next_event(walk: Walk, data: st.DataObject, outcome: Outcome) -> None:
    choice = data.draw(st.integers(0, 1000))
    chosen = walk.todo[choice % len(walk.todo)]
    if isinstance(chosen, Upstream):
        walk.todo.remove(chosen)
        walk.tell(UpstreamSettled(walk.at, chosen.number, chosen.state, chosen.allowed))
    else:
        walk.go_on(choice, outcome)


def assert_settled(walk: Walk) -> None:
    assert walk.machine.finished, f"the flow run never ended: {walk.machine.nodes}"
    assert not walk.machine.nodes
    assert all(walk.settled[number] == 1 for number in walk.submitted), walk.settled
    assert not walk.limits._held and not walk.limits._waiting
    assert all(walk.limits.used(name) == 0 for name in SIZES)
    assert all(kind in FINAL or kind is PAUSED for kind in walk.kinds.values()), "nothing is left running"


@given(st.data(), flow_specs)
def test_whatever_happens_every_run_is_settled_once_and_nothing_is_left(data: st.DataObject, spec: FlowSpec):
    walk_on(Walk(spec), data)


ended_flows = st.sampled_from([Earlier(FAILED, 3, 1), Earlier(CRASHED, 102, 2), Earlier(CANCELLED, 4, 1)])


@given(st.data(), flow_specs, ended_flows)
def test_whatever_happens_to_a_run_that_is_taken_up_again_it_is_settled_too(
    data: st.DataObject, spec: FlowSpec, earlier: Earlier
):
    walk_on(Walk(spec, earlier=earlier), data)


def walk_on(walk: Walk, data: st.DataObject) -> None:
    spec = walk.spec
    for _ in range(data.draw(st.integers(0, 25))):
        step = data.draw(st.integers(0, 9))
        flow_body_runs = any(type(c) is StartAttempt and c.number == 0 for c in walk.todo)
        if step <= 4 and flow_body_runs:
            submit(walk, data)
        elif step == 9:
            disturb(walk, data)
        elif walk.todo:
            next_event(walk, data, data.draw(outcomes))
    for _ in range(2000):
        if not walk.todo:
            break
        next_event(walk, data, Outcome(completed(walk.at)))
    assert_settled(walk)
    replayed = RunMachine("r", spec)
    again = [replayed.handle(event) for event in walk.events]  # as texts: an error is equal to itself only
    assert list(map(repr, again)) == list(map(repr, walk.answers))


@given(st.data())
def test_a_plain_graph_completes(data: st.DataObject):
    walk = Walk(FlowSpec("f"))
    for number in range(1, data.draw(st.integers(1, 20)) + 1):
        upstreams = (
            tuple((n, False) for n in data.draw(st.sets(st.integers(1, number - 1), max_size=3))) if number > 1 else ()
        )
        walk.submitted.append(number)
        walk.tell(TaskSubmitted(0.0, number, TaskSpec("t"), number, "t", upstreams, needs=data.draw(needs)))
    while walk.todo:
        walk.go_on(data.draw(st.integers(0, 1000)), Outcome(completed(walk.at)))
    assert_settled(walk)
    assert set(walk.kinds.values()) == {COMPLETED}
