"""One flow run's machine: it knows every run in it and answers each event with the commands that follow.

It never blocks, reads a clock, makes an id or logs; time is a field of the event. The same events give the same
commands, so that a recorded run can be replayed. Illegal moves raise and leave the run untouched.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from jupyter_flows.engine.ended_runs import EndedRuns
from jupyter_flows.engine.node import Node
from jupyter_flows.engine.pausing import Pauses, unless_paused
from jupyter_flows.engine.recording import failure_recorded, task_run_created
from jupyter_flows.engine.rules import (
    AnotherRound,
    End,
    TakeSlots,
    TryAgain,
    Verdict,
    after_attempt,
    before_start,
    flow_end,
    not_run,
    passed_limit,
    path_ahead,
)
from jupyter_flows.model.commands import (
    AcquireSlots,
    Command,
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
    Event,
    FailureSeen,
    FlowCalled,
    FlowContinued,
    FlowPaused,
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
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import (
    CANCELLED,
    CANCELLING,
    COMPLETED,
    PAUSED,
    PENDING,
    RUNNING,
    SCHEDULED,
    State,
    cancelled,
    pending,
    running,
    scheduled,
)


class RunMachine:
    """Every run of one flow run.

    Parameters
    ----------
    run_id
        The flow run's id, which all its records carry.
    spec
        What the rules need to know of the flow.
    """

    def __init__(self, run_id: str, spec: FlowSpec) -> None:
        self.run_id = run_id
        self.spec = spec
        self.nodes: dict[int, Node] = {}
        self.ended = EndedRuns()
        self._called = False
        self.ending: State | None = None  # how everything is being ended, whatever user code still says
        self._returned: Outcome | None = None  # how the flow's own code ended, while its task runs go on
        self._hooks_of_flow_ran = False
        self._pauses = Pauses()
        self._inline: dict[int, int] = {}  # live direct calls: number -> parent
        self._out: list[Command] = []
        self._settled: deque[tuple[Node, State]] = deque()
        self._handlers: dict[type, Callable[..., None]] = {
            FlowCalled: self._flow_called,
            FlowResumed: self._flow_resumed,
            TaskSubmitted: self._task_submitted,
            UpstreamSettled: self._upstream_settled,
            AttemptStarted: self._attempt_started,
            AttemptEnded: self._attempt_ended,
            RunAbandoned: self._run_abandoned,
            TimerFired: self._timer_fired,
            HooksFinished: self._hooks_finished,
            HandlersAnswered: self._handlers_answered,
            SlotsGranted: self._slots_granted,
            SlotsAwaited: self._slots_awaited,
            FlowPaused: self._flow_paused,
            FlowContinued: self._flow_continued,
            CancelRequested: self._cancel_requested,
            FailureSeen: self._failure_seen,
        }

    @property
    def finished(self) -> bool:
        """Whether the flow run has ended and been settled."""
        return self._called and 0 not in self.nodes

    def handle(self, event: Event) -> list[Command]:
        """Take in one event and return what must be written and done, in order."""
        self._out = out = list[Command]()
        self._handlers[type(event)](event)
        while self._settled:
            self._release_dependents(*self._settled.popleft())
        if len(self.nodes) == 1:
            if self._returned is not None:
                self._finish_flow(event.at)
            elif self._hooks_of_flow_ran:
                self._settle_flow()
        return out

    # -- transitions ---------------------------------------------------------------------------------------------

    def _enter(self, node: Node, state: State) -> None:
        self._out.append(node.enter(self.run_id, state))

    def _end(self, node: Node, state: State) -> None:
        """Bring a run to a state that it will not leave by itself; hooks come first, then everybody may see it."""
        self._enter(node, state)
        if node.holds:
            self._out.append(ReleaseSlots(node.number))
            node.holds = False
        which = node.hooks_for(state)
        if which is not None:
            node.state = state
            self._out.append(RunHooks(node.number, node.call, which, state))
        else:
            self._settle(node, state)

    def _settle(self, node: Node, state: State) -> None:
        del self.nodes[node.number]
        if node.inline:
            del self._inline[node.number]
        self.ended.note(node, state)
        self._out.append(Settle(node.number, node.call, state))
        if node.dependents:
            self._settled.append((node, state))

    def _start(self, node: Node) -> None:
        node.ordered = True
        self._out.append(StartAttempt(node.number, node.attempt, node.call, node.released))

    def _ready(self, node: Node, at: float) -> None:
        """All upstreams have ended: ask the rules."""
        if self.ending is None and node.needs_no_rule():
            self._start(node)
            return
        verdict = before_start(node.start_facts(at, self.ending))
        if isinstance(verdict, End):
            self._propose(node, Outcome(verdict.state), verdict, at, pending(at))
        elif isinstance(verdict, TakeSlots):
            node.holds = True
            self._out.append(AcquireSlots(node.number, node.needs))
        else:
            self._start(node)

    def _release_dependents(self, node: Node, state: State) -> None:
        for number, allow_failure in node.dependents or ():
            dependent = self.nodes.get(number)
            if dependent is None:
                continue
            dependent.waiting -= 1
            dependent.released = True
            if state.kind is not COMPLETED or state.name == "Skipped":
                dependent.note_upstream(state.kind, state.name, node.name, allow_failure)
            if dependent.may_begin():
                self._ready(dependent, state.at)

    # -- events: the flow -----------------------------------------------------------------------------------------

    def _flow_called(self, event: FlowCalled) -> None:
        self._called = True
        self.nodes[0] = node = Node(0, self.spec, event.call, self.spec.name)
        self._out.append(event.created)
        self._enter(node, pending(event.at))
        self._start_flow(node, event.at)

    def _flow_resumed(self, event: FlowResumed) -> None:
        self._called = True
        self.nodes[0] = node = Node(0, self.spec, event.call, self.spec.name)
        self.ended.note_earlier(event.skipped, event.failed or {})
        self._out.append(event.taken_up)
        self._take_up(node, event.earlier, event.at)
        self._start_flow(node, event.at)

    def _take_up(self, node: Node, earlier: Earlier, at: float) -> None:
        node.continue_from(earlier)
        self._enter(node, pending(at) if earlier.kind is SCHEDULED else scheduled(at, "resumed"))

    def _start_flow(self, node: Node, at: float) -> None:
        self._enter(node, running(at, node.attempt))
        self._out += self._pauses.begin_attempt(node, at)
        self._out.append(StartAttempt(0, node.attempt, node.call))

    def _finish_flow(self, at: float) -> None:
        node, outcome = self.nodes[0], self._returned
        if outcome is None or node.state is not None or node.asked is not None:
            return
        self._returned = None
        if self.ending is not None:  # of these ends only a time limit allows another attempt
            outcome = Outcome(self.ending, may_retry=self.ending.name == "TimedOut", explicit=True)
        state = flow_end(self.spec, outcome, self.ended.unseen.values(), self.ended.paused.values(), at)
        outcome = outcome._replace(state=state, loop=False)
        attempt = node.attempt - node.earlier_attempts
        verdict = after_attempt(self.spec.retry, attempt, outcome, at, 0.5)
        before, self.ending = self.ending, state
        self._propose(node, outcome, verdict, at, None if before else node.running(at))

    def _cancel_requested(self, event: CancelRequested) -> None:
        node = self.nodes.get(0)
        if node is None or self.ending is not None or node.state is not None:
            return
        message = event.message or "somebody asked to cancel the run"
        waiting = node.kind not in {RUNNING, PAUSED}
        self._enter(node, State(CANCELLING, "Cancelling", message, event.at))
        self._end_everything(event.ending or cancelled(event.at, message))
        if waiting:
            self._returned = Outcome(event.ending or cancelled(event.at, message))
        self._stop_flow_code(node)

    def _flow_paused(self, event: FlowPaused) -> None:
        if 0 in self.nodes and self.ending is None:
            self._out += self._pauses.begin(self.run_id, self.nodes[0], event)

    def _flow_continued(self, event: FlowContinued) -> None:
        if 0 in self.nodes:
            self._out += self._pauses.end(self.run_id, self.nodes[0], event.at)

    def _stop_flow_code(self, node: Node) -> None:
        if self._returned is None:
            self._out.append(StopAttempt(0, node.attempt, node.call))

    def _end_everything(self, state: State) -> None:
        """End every task run at once; the flow run follows when its own code has ended."""
        self.ending = state
        live = [node for node in self.nodes.values() if node.number and node.state is None]
        stopped = [node for node in live if node.kind is RUNNING]
        for node in live:
            self._end(node, state if node.ordered else not_run(state))
        for node in stopped:  # last: a thread that is replaced must not begin what is being ended
            self._out.append(StopAttempt(node.number, node.attempt, node.call))

    def _end_now(self, node: Node, state: State) -> None:
        stop = node.kind is RUNNING
        self._end(node, state)
        if stop:
            self._out.append(StopAttempt(node.number, node.attempt, node.call))

    # -- events: task runs ----------------------------------------------------------------------------------------

    def _task_submitted(self, event: TaskSubmitted) -> None:
        number, at, node = event.number, event.at, Node.of(event)
        self.nodes[number] = node
        if event.inline:
            self._inline[number] = event.parent
        earlier = event.earlier and (self.ended.take_up(number) or event.earlier)
        if earlier is None:
            self._out.append(task_run_created(self.run_id, event))
        else:
            self._take_up(node, earlier, at)
        self._enter(node, pending(at))
        node.waiting = event.externals
        node.upstreams = event.externals + len(event.upstreams)
        for upstream, allow_failure in event.upstreams:
            self._depend(node, upstream, allow_failure)
        if self.ending is not None:
            self._ready(node, at)
        elif event.started:
            self._begin_attempt(node, at)
        elif node.may_begin():
            self._ready(node, at)

    def _depend(self, node: Node, upstream: int, allow_failure: bool) -> None:
        live = self.nodes.get(upstream)
        if live is None:
            self.ended.see(upstream)
            end = self.ended.get(upstream)
            if end is not None:
                node.note_upstream(end.kind, end.name, end.title, allow_failure)
            return
        live.take_dependent(node, allow_failure)

    def _upstream_settled(self, event: UpstreamSettled) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.kind is not PENDING:
            return
        node.waiting -= 1
        node.note_upstream(event.state.kind, event.state.name, event.name, event.allow_failure)
        if node.may_begin():
            self._ready(node, event.at)

    def _begin_attempt(self, node: Node, at: float) -> None:
        node.ordered = True
        self._enter(node, node.running(at))
        if node.spec.timeout_seconds:
            self._out.append(SetTimer(at + node.spec.timeout_seconds, node.number, node.attempt, "deadline"))

    def _attempt_started(self, event: AttemptStarted) -> None:
        node = self.nodes.get(event.number)
        if node is not None and node.attempt == event.attempt and node.kind is PENDING and node.number:
            self._begin_attempt(node, event.at)

    def _attempt_ended(self, event: AttemptEnded) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.attempt != event.attempt or node.state is not None or node.asked is not None:
            return
        self._end_orphans(node.number, event.at)
        self._note_failure(node, event.outcome)
        if event.outcome.kept is not None:
            self._out.append(event.outcome.kept)
        if node.number == 0:
            if node.kind in {RUNNING, PAUSED, CANCELLING}:
                self._flow_ended(event.outcome._replace(state=unless_paused(node, event.outcome.state)))
        elif node.kind is RUNNING:
            self._decide(node, event.outcome, event.at, event.draw)

    def _flow_ended(self, outcome: Outcome) -> None:
        self._returned = outcome
        state = outcome.state
        if self.ending is None and not outcome.explicit and (state.kind is CANCELLED or state.name == "Interrupted"):
            self._end_everything(state)

    def _decide(self, node: Node, outcome: Outcome, at: float, draw: float, before: State | None = None) -> None:
        verdict = after_attempt(node.spec.retry, node.attempt - node.earlier_attempts, outcome, at, draw)
        self._propose(node, outcome, verdict, at, before)

    def _propose(self, node: Node, outcome: Outcome, verdict: Verdict, at: float, before: State | None) -> None:
        """Let the state handlers see what is to come, and change it; where there are none, go on.

        Parameters
        ----------
        before
            The state that the run leaves; None where handlers have seen the outcome already.
        """
        path = path_ahead(outcome, verdict, at, before)
        if node.spec.handled and len(path) > 1:
            node.asked = (outcome, verdict)
            self._out.append(RunHandlers(node.number, node.attempt, node.call, path))
        else:
            self._follow(node, outcome, verdict, at)

    def _handlers_answered(self, event: HandlersAnswered) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.asked is None or node.state is not None or node.attempt != event.attempt:
            return
        (outcome, verdict), node.asked = node.asked, None
        if event.state.kind is not SCHEDULED:
            outcome, verdict = outcome._replace(state=event.state), End(event.state)
        self._follow(node, outcome, verdict, event.at)

    def _follow(self, node: Node, outcome: Outcome, verdict: Verdict, at: float) -> None:
        if isinstance(verdict, TryAgain):
            if node.number == 0:
                self.ended.clear()
                self.ending = None
            self._await_retry(node, outcome.state, verdict.at, at)
        elif isinstance(verdict, AnotherRound):
            self._enter(node, verdict.state)
            node.begin_round()
            self._start(node)
        else:
            node.value = outcome.value
            self._end(node, verdict.state)

    def _await_retry(self, node: Node, last: State, when: float, at: float) -> None:
        """Record the failed attempt's reason in the waiting state's message, give slots back and set the timer."""
        if node.holds:
            self._out.append(ReleaseSlots(node.number))
            node.holds = False
        self._enter(node, scheduled(at, last.message, "AwaitingRetry"))
        node.attempt += 1
        self._out.append(SetTimer(when, node.number, node.attempt, "retry"))

    def _note_failure(self, node: Node, outcome: Outcome) -> None:
        if outcome.error_type:
            self._out.append(failure_recorded(self.run_id, node, outcome))

    def _end_orphans(self, caller: int, at: float) -> None:
        """End direct calls whose caller has gone on without them: it was interrupted between two of our steps."""
        for number, parent in list(self._inline.items()):
            node = self.nodes[number]
            if parent == caller and node.state is None:
                self._end(node, cancelled(at, "its caller was interrupted"))

    def _run_abandoned(self, event: RunAbandoned) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.state is not None:
            return
        state = unless_paused(node, replace(event.state, at=event.at))
        if event.number:
            self._end_orphans(event.number, event.at)
            self._end_now(node, state)
            return
        if self.ending is None or node.asked is not None:  # who asked the handlers is not there to answer
            self._end_everything(state)
        node.asked, self._returned = None, Outcome(state)

    def _timer_fired(self, event: TimerFired) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.attempt != event.attempt or node.state is not None or node.asked is not None:
            return
        if event.what == "retry" and node.kind is not RUNNING:
            self._retry(node, event.at)
        elif event.what == (self._pauses.timer if node.number == 0 else "deadline") and node.kind is RUNNING:
            self._time_out(node, event.at)

    def _retry(self, node: Node, at: float) -> None:
        if node.number == 0:
            self._start_flow(node, at)
            return
        self._enter(node, pending(at))
        node.released = True
        self._ready(node, at)

    def _time_out(self, node: Node, at: float) -> None:
        outcome = passed_limit(node.spec.timeout_seconds, node.stoppable, at)
        self._note_failure(node, outcome)
        if node.number:
            stop = StopAttempt(node.number, node.attempt, node.call)
            self._decide(node, outcome, at, 0.5, node.running(at))
            self._out.append(stop)
        else:
            self._end_everything(outcome.state)
            self._stop_flow_code(node)

    def _hooks_finished(self, event: HooksFinished) -> None:
        node = self.nodes.get(event.number)
        if node is None or node.state is None:
            return
        if node.number == 0:
            self._hooks_of_flow_ran = True  # a thread that was left behind may have submitted a task since
        else:
            self._settle(node, node.state)

    def _settle_flow(self) -> None:
        node = self.nodes.get(0)
        if node is not None and node.state is not None:
            self._settle(node, node.state)

    def _slots_granted(self, event: SlotsGranted) -> None:
        node = self.nodes.get(event.number)
        if node is not None and node.holds and node.kind is PENDING:
            self._start(node)

    def _slots_awaited(self, event: SlotsAwaited) -> None:
        node = self.nodes.get(event.number)
        if node is not None and node.holds and node.kind is PENDING:
            self._enter(node, pending(event.at, event.message, "AwaitingSlot"))

    def _failure_seen(self, event: FailureSeen) -> None:
        self.ended.see(event.number)
        node = self.nodes.get(event.number)
        if node is not None:
            node.seen = True
