"""The driver's handle of one flow run: its identity, its numbers, its machine (the session's own), its memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jupyter_flows.drivers.calls import Call
from jupyter_flows.drivers.earlier_runs import EarlierChildren, EarlierRun, EarlierRuns, Place
from jupyter_flows.drivers.provenance import Provenance
from jupyter_flows.engine.machine import RunMachine
from jupyter_flows.model.occasion import Occasion
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import State

if TYPE_CHECKING:
    from jupyter_flows.drivers.session import Session
    from jupyter_flows.drivers.task_runners import TaskRunner


class FlowRunHandle:
    """One flow run, as its authors hold it.

    Parameters
    ----------
    run_id, name
        Identity.
    parent, parent_number
        The flow run (and the task run in it) that called this one.
    task_runner
        Where submitted task runs are run.
    keeps_ends
        Whether the ends of task runs are remembered for a further attempt of the flow.
    earlier
        The task runs of earlier attempts, where the run is taken up again.
    occasion
        Why the run takes place, where it is of a deployment.
    lazy_calls
        Whether a direct call in the flow's own body is handed to the task runner, and gives a stand-in for its value.
    """

    __slots__ = (
        "begun",
        "call",
        "children",
        "directory",
        "earlier",
        "earlier_children",
        "ended",
        "first_lines",
        "id",
        "keeps_ends",
        "kept_ends",
        "lazy_calls",
        "log_prints",
        "loop",
        "machine",
        "name",
        "numbers",
        "occasion",
        "ordinals",
        "parameters",
        "parent",
        "parent_number",
        "pauses",
        "provenance",
        "session",
        "spec",
        "started_at",
        "task_runner",
    )

    def __init__(
        self,
        run_id: str,
        name: str,
        spec: FlowSpec,
        session: Session,
        task_runner: TaskRunner,
        parent: FlowRunHandle | None = None,
        parent_number: int = 0,
    ) -> None:
        self.id, self.name, self.spec, self.session = run_id, name, spec, session
        self.task_runner = task_runner
        self.parent, self.parent_number = parent, parent_number
        self.parameters: dict[str, Any] = {}
        self.directory: str | None = None
        self.occasion: Occasion | None = None if parent is None else parent.occasion
        self.log_prints = False
        self.lazy_calls = False
        self.pauses = itertools.count(1)  # of its own code, in this attempt
        self.loop: Any = None  # the event loop of an async flow
        self.started_at = 0.0
        self.begun = False  # whether its code was called
        self.first_lines: Iterable[tuple[int, str]] = ()  # of its log, with their levels
        self.numbers = itertools.count(1)
        self.provenance = Provenance()
        self.keeps_ends = spec.retry.retries > 0
        self.earlier: EarlierRuns | None = None
        self.earlier_children: EarlierChildren | None = None
        self.kept_ends: dict[Place, Call] = {}
        self.ordinals: dict[tuple[int, str, int], int] = {}
        self.children: list[FlowRunHandle] | None = None  # the session's thread only
        self.machine: RunMachine | None = None  # the session's thread only
        self.ended: State | None = None  # set by the session when nothing is taken in any more
        self.call: Call | None = None

    def begin_attempt(self, attempt: int) -> None:
        """Forget how often each task was called, so that a further attempt finds the ends of the earlier one."""
        self.begun = True
        self.ordinals.clear()
        self.pauses = itertools.count(1)
        if self.call is not None:
            self.call.attempt = attempt

    def take_up(self, earlier: EarlierRuns) -> None:
        """Go on with the task runs of earlier attempts, made in another process."""
        self.earlier, self.keeps_ends = earlier, True
        self.numbers = itertools.count(earlier.last_number + 1)

    def close_task_runner(self) -> None:
        """Let the threads of its task runner end, unless a run that called this one works with it too."""
        around = self.parent
        while around is not None and around.task_runner is not self.task_runner:
            around = around.parent
        if around is None:
            self.task_runner.close()

    def recall(self, caller: int, task: str, digest: int) -> tuple[Place, Call | EarlierRun | None]:
        """Return the place of this call in the flow, and what an earlier attempt did in that place.

        Only used where `keeps_ends`.
        """
        base = (caller, task, digest)
        ordinal = self.ordinals[base] = self.ordinals.get(base, 0) + 1
        place = (*base, ordinal)
        known = self.kept_ends.get(place)
        if known is None and self.earlier is not None:
            return place, self.earlier.find(place)
        return place, known
