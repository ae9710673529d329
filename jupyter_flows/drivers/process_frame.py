"""The run that a worker process works for, as far as code in there may ask: who it is, and where lines are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.clock import SystemClock
from jupyter_flows.drivers.context import Frame
from jupyter_flows.drivers.logs import wants_prints
from jupyter_flows.errors import NeedsFlowProcess
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.occasion import Occasion
from jupyter_flows.model.specs import FlowSpec, TaskSpec

Surroundings = tuple[list[str], str | None]
"""The search path for modules, and the working directory."""


class FileSettings(NamedTuple):
    """The settings that concern the files of a run."""

    runs_dir: Path
    artifact_max_bytes: int


class RunFacts(NamedTuple):
    """What travels with one attempt of a task run."""

    run_id: str
    run_name: str
    flow_name: str
    flow_kind: str
    flow_version: str
    flow_tags: tuple[str, ...]
    flow_attempt: int
    parent_id: str | None
    keeps_prints: bool
    number: int
    name: str
    task_name: str
    task_kind: str
    task_tags: tuple[str, ...]
    attempt: int
    map_index: int
    loop_count: int
    loop_result: Any
    earlier: Earlier | None
    directory: str | None
    files: FileSettings
    occasion: Occasion | None = None


def run_facts(call: Call, frame: Frame) -> RunFacts:
    """Gather what code in another process may ask about its run."""
    run, task = call.run, call.spec
    return RunFacts(
        run.id,
        run.name,
        run.spec.name,
        run.spec.kind,
        run.spec.version,
        run.spec.tags,
        1 if run.call is None else run.call.attempt,
        None if run.parent is None else run.parent.id,
        wants_prints(frame),
        call.number,
        call.name,
        task.name,
        task.kind,
        task.tags,
        call.attempt,
        call.map_index,
        call.loop_count,
        call.loop_result,
        call.earlier,
        run.directory,
        FileSettings(run.session.settings.runs_dir, run.session.settings.artifact_max_bytes),
        run.occasion,
    )


class Home(Protocol):
    """The way to the process that the run lives in."""

    def keep(self, record: Any) -> None:
        """Keep a record with the run."""
        ...

    def parameters(self) -> dict[str, Any]:
        """Fetch the parameters of the flow run."""
        ...


class _Parent(NamedTuple):
    id: str


class _Session:
    """Where the log lines of a run are told."""

    clock = SystemClock()

    def __init__(self, home: Home, settings: FileSettings) -> None:
        self.settings = settings
        self._home = home

    def post_slowly(self, _run: Any, record: Any, wake: bool = True) -> None:
        """Send a line home."""
        self._home.keep(record)

    post = post_slowly


class RemoteRun:
    """A flow run, seen from a worker process. Read only."""

    def __init__(self, facts: RunFacts, home: Home) -> None:
        self.id, self.name, self.log_prints = facts.run_id, facts.run_name, facts.keeps_prints
        self.spec = FlowSpec(facts.flow_name, facts.flow_kind, version=facts.flow_version, tags=facts.flow_tags)
        self.parent = None if facts.parent_id is None else _Parent(facts.parent_id)
        self.session = _Session(home, facts.files)
        self.directory, self.occasion = facts.directory, facts.occasion
        self.call = RemoteCall(self, 0, facts.run_name, self.spec, facts.flow_attempt, -1)
        self._home = home

    @property
    def parameters(self) -> dict[str, Any]:
        """The flow run's parameters, fetched when they are asked for."""
        return self._home.parameters()

    def __getattr__(self, name: str) -> Any:
        raise NeedsFlowProcess("submitting or mapping a task")


class RemoteCall:
    """A run inside the flow run, seen from a worker process. Read only."""

    def __init__(self, run: RemoteRun, number: int, name: str, spec: Any, attempt: int, map_index: int) -> None:
        self.run, self.number, self.name, self.spec = run, number, name, spec
        self.attempt, self.map_index = attempt, map_index
        self.loop_count, self.loop_result = 1, None
        self.earlier: Earlier | None = None
        self.code = UserCode(lambda: None, None)
        self.id = f"{run.id}-{number}" if number else run.id


def remote_frame(facts: RunFacts, home: Home) -> Frame:
    """Make the frame that `runtime`, `get_run_logger` and kept prints look at."""
    run: Any = RemoteRun(facts, home)
    task = TaskSpec(facts.task_name, facts.task_name, facts.task_kind, facts.task_tags)
    call: Any = RemoteCall(run, facts.number, facts.name, task, facts.attempt, facts.map_index)
    call.loop_count, call.loop_result, call.earlier = facts.loop_count, facts.loop_result, facts.earlier
    return Frame(run, call)
