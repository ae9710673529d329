"""A headless notebook run: the author that makes a flow run of a notebook, its cells and its kernel."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.earlier_runs import EarlierRuns
from jupyter_flows.drivers.flow_runs import FlowRunHandle
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.drivers.interrupts import Terminable
from jupyter_flows.drivers.opening import open_run, reopen_run
from jupyter_flows.drivers.run_folder import folder_of
from jupyter_flows.drivers.run_of_process import variables_for_kernel
from jupyter_flows.drivers.threads import CallerPlace, run_in_caller
from jupyter_flows.engine.attempt import AttemptStopped, Post, Terminated
from jupyter_flows.errors import CellFailed, CellSignalled, JupyterFlowsError, KernelDied, RunTimedOut
from jupyter_flows.model.commands import StopAttempt
from jupyter_flows.model.events import Earlier
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.specs import FlowSpec
from jupyter_flows.model.states import FAILED, State, completed, crashed, failed
from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.cell_plan import CellPlan, plan_cells
from jupyter_flows.notebooks.document import PARAMETERS_TAG, Document, load_notebook
from jupyter_flows.notebooks.execution import ExecutionOptions, execute, executed_path
from jupyter_flows.notebooks.injection import first_tagged
from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.own_notebook import NOTEBOOK
from jupyter_flows.notebooks.page_process import page_process
from jupyter_flows.notebooks.parameters import check_parameters, declared_parameters
from jupyter_flows.notebooks.published import PublishedFile, published_as_json
from jupyter_flows.notebooks.stopping import StopHandle, StopReason
from jupyter_flows.services.answering import let_go_on
from jupyter_flows.services.earlier_cells import EarlierCells
from jupyter_flows.services.kept_files import KeptFiles
from jupyter_flows.services.kept_reader import kept_reader
from jupyter_flows.services.notebook_cells import CellRuns, NotebookWatcher
from jupyter_flows.services.notebook_choices import NotebookChoices, keep_choices
from jupyter_flows.services.notebook_graph import picture_of_notebook_run
from jupyter_flows.services.notebook_log import NotebookLog
from jupyter_flows.services.notebook_secrets import refuse_secrets
from jupyter_flows.services.notebook_tasks import NotebookTasks
from jupyter_flows.wiring import (
    current_session,
    current_settings,
    default_task_runner,
    parent_run_of_process,
    result_index,
    result_store,
)


@dataclass(frozen=True, slots=True)
class NotebookCall:
    """A notebook with checked parameters, ready to run; nothing has been written yet.

    Parameters
    ----------
    document
        The notebook.
    parameters
        The values that were given, as the kernel will get them.
    plan
        Which cells are tasks, and what joins them.
    """

    document: Document
    parameters: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    plan: CellPlan = field(default_factory=CellPlan)

    def effective_parameters(self) -> dict[str, Any]:
        """Every parameter with the value given, else its default (as it is written, where that is no literal)."""
        declared = declared_parameters(self.document)
        defaults = {one.name: one.default if one.literal else one.default_source for one in declared}
        return {**defaults, **self.parameters}


@dataclass(frozen=True, slots=True)
class NotebookRunEnd:
    """A notebook run that has ended.

    Parameters
    ----------
    run_id
        Its id.
    state
        Its final state; the published values are its data (of one in a file, what is known of the file).
    seconds
        From the start of the run to its end.
    artifacts
        ``notebook html graph log`` to the files that were written.
    kept
        Copies of the files that were to be kept.
    problems
        What could not be written beside the executed notebook.
    interruption
        What interrupted this process, if that ended the run.
    values, published
        What the notebook published: as JSON, and in files.
    """

    run_id: str
    state: State
    seconds: float
    artifacts: Mapping[str, Path]
    kept: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    interruption: BaseException | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    published: Mapping[str, PublishedFile] = field(default_factory=dict[str, PublishedFile])


def prepare_notebook(
    path: str | Path,
    given: Mapping[str, object],
    kernel_name: str | None = None,
    *,
    allow_secret_looking: bool = False,
) -> NotebookCall:
    """Read a notebook and check its parameters; nothing is started or written.

    Parameters
    ----------
    path
        The notebook.
    given
        Its parameters; secrets by reference.
    kernel_name
        An installed kernel to use instead of its own.
    allow_secret_looking
        Whether a value may pass that looks like a secret: where whoever calls has asked already, or was told to.

    Raises
    ------
    NotebookNotFound, NotANotebook, KernelNotFound
    ParameterError
        Also where a value is, or looks like, a secret: it would stand in the executed notebook.
    """
    document = load_notebook(path, kernel_name)
    refuse_secrets(document.path.name, given, allow_looking=allow_secret_looking)
    return notebook_call(document, given)


def notebook_call(document: Document, given: Mapping[str, object]) -> NotebookCall:
    """Check the parameters for a notebook that has been read.

    Raises
    ------
    ParameterError
    """
    plan = plan_cells(document)
    noted = replace(document, notes=(*document.notes, *plan.notes))
    return NotebookCall(noted, check_parameters(document, given), plan)


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """The next attempt of a notebook run that has ended.

    Parameters
    ----------
    known, stood, runs
        The run as it was read, how it stood, and its task runs.
    cells
        The same, by the notebook's cells as they are now.
    """

    known: FlowRun
    stood: Earlier
    runs: EarlierRuns
    cells: EarlierCells


def run_notebook(
    call: NotebookCall,
    watcher: NotebookWatcher,
    choices: NotebookChoices | None = None,
    attempt: NextAttempt | None = None,
) -> NotebookRunEnd:
    """Run a notebook in a fresh kernel as a recorded flow run, and keep its executed copy, page, picture and log.

    Ctrl-C, SIGTERM (where the main thread calls this), a cancel request and the time limit all stop the kernel, end
    the run in its true state and leave the executed copy saved. After SIGTERM the process then ends by it.

    Parameters
    ----------
    call
        From `prepare_notebook`.
    watcher
        Told how the cells get on.
    choices
        How.
    attempt
        The run to go on with; None for a new one.

    Raises
    ------
    OSError
        The runs directory cannot be made; nothing was recorded.
    TargetError
        ``choices.keep`` leads out of the notebook's folder.
    """
    execution = _Execution(call, watcher, choices or NotebookChoices(), attempt)
    with Terminable(stop=execution.terminate):
        return execution.run()


class _StoppingPlace(CallerPlace):
    """The notebook's flow run: to stop it is to stop the execution, for the reason that its running cell ended by."""

    __slots__ = ("cells", "handle", "stopped")

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.handle = StopHandle()
        self.cells: CellRuns | None = None
        self.stopped = False

    def stop(self, order: StopAttempt) -> None:
        self.stopped = True
        ended = self.cells.ended_from_outside() if self.cells is not None else None
        self.handle.stop(StopReason(ended.name, ended.message) if ended is not None else StopReason("Cancelled", ""))


class _Execution:
    def __init__(
        self, call: NotebookCall, watcher: NotebookWatcher, choices: NotebookChoices, attempt: NextAttempt | None
    ) -> None:
        self._settings = current_settings()
        self._published: Mapping[str, JsonValue | PublishedFile] = {}
        self._call, self._choices = call, choices
        self._kept_files = KeptFiles(call.document.path.parent, choices.keep)
        self._plan = call.plan if choices.engine == "jupyter-flows" else CellPlan()
        self._earlier = attempt.cells if attempt is not None else EarlierCells()
        self._parallel = choices.parallel and _may_be_parallel(call.document, self._plan)
        document, inputs = call.document, call.effective_parameters()
        self._run, self._opening = self._open(inputs) if attempt is None else self._reopen(inputs, attempt)
        self._directory = Path(self._run.directory or self._settings.runs_dir / self._run.id)
        assert self._run.call is not None
        self._place = _StoppingPlace(self._run.call)
        self._log = NotebookLog(self._directory / "log.txt", watcher)
        self._cells = self._place.cells = CellRuns(
            self._run, document, inputs, self._log, self._plan, self._earlier, parallel=self._parallel
        )

    def _spec(self) -> FlowSpec:
        document, limit = self._call.document, self._choices.timeout or 0.0
        version, entry = document.fingerprint[:12], str(document.path)
        return FlowSpec(document.name, "notebook", version, timeout_seconds=limit, entry=entry)

    def _open(self, inputs: dict[str, Any]) -> tuple[FlowRunHandle, Post]:
        run_id, settings = new_run_id(), self._settings
        settings.runs_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return open_run(
            current_session(),
            self._spec(),
            UserCode(self._execute, self._call.document),
            default_task_runner(),
            parameters=inputs,
            parameters_json=json.dumps(inputs, default=repr),
            run_id=run_id,
            directory=str(settings.runs_dir / run_id),
            parent_run_id=parent_run_of_process(),
        )

    def _reopen(self, inputs: dict[str, Any], attempt: NextAttempt) -> tuple[FlowRunHandle, Post]:
        run, opening = reopen_run(
            current_session(),
            self._spec(),
            UserCode(self._execute, self._call.document),
            default_task_runner(),
            known=attempt.known,
            stood=attempt.stood,
            earlier=attempt.runs,
            parameters=inputs,
        )
        from jupyter_flows.services.deployed_run import occasion_of  # deferred: it loads what reads schedules

        run.occasion = occasion_of(run.id)
        let_go_on(kept_reader(self._settings), attempt.known, time.time())
        return run, opening

    def terminate(self) -> None:
        """SIGTERM has come."""
        self._cells.terminated = True
        self._place.handle.stop(StopReason("Interrupted", "the process was told to terminate"))

    def run(self) -> NotebookRunEnd:
        call, interruption = self._place.call, None
        try:
            run_in_caller(call, self._opening, place=self._place)
        except (KeyboardInterrupt, Terminated, AttemptStopped) as error:
            interruption = None if self._place.stopped else error
        state = call.state
        assert state is not None
        self._log.close(state)
        kept, unkept = self._kept_files.copy_to(self._directory)
        written, problems = self._write_artifacts()
        seconds = max(0.0, state.at - self._run.started_at)
        files = {name: value for name, value in self._published.items() if isinstance(value, PublishedFile)}
        values = {name: value for name, value in self._published.items() if not isinstance(value, PublishedFile)}
        problems = (*unkept, *problems)
        return NotebookRunEnd(
            self._run.id, state, seconds, written, kept, problems, interruption, values=values, published=files
        )

    def _execute(self) -> State:
        """What the flow run runs as its user code."""
        document = self._call.document
        try:
            folder = folder_of(self._run)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_choices(folder, self._choices, document.kernel_name)
        except OSError as error:
            return crashed(time.time(), f"its folder cannot be made: {error}", error=error)
        if self._choices.html:
            page_process().start()
        threading.Thread(target=_load_ahead, name="loading", daemon=True).start()
        self._log.opened(self._run.id, document.path.name, self._plan.named(document.code_cells))
        self._cells.submit()
        try:
            result = execute(
                document,
                self._call.parameters,
                self._directory,
                self._cells,
                self._options(),
            )
        except JupyterFlowsError as error:
            if self._place.handle.reason is None:
                return _end_of(error, time.time())
            raise (Terminated if self._cells.terminated else AttemptStopped(self._place.call)) from None
        finally:
            self._cells.close()
        early = result.ended_early_at
        self._published = result.values
        return completed(
            time.time(), published_as_json(result.values), f"cell {early} ended the notebook" if early else ""
        )

    def _options(self) -> ExecutionOptions:
        choices = self._choices
        return ExecutionOptions(
            cell_timeout=choices.cell_timeout,
            environment=self._environment(),
            stop=self._place.handle,
            more_to_come=choices.more_to_come,
            engine=choices.engine,
            tasks=self._tasks() if self._plan.cells else None,
            parallel=self._parallel,
        )

    def _tasks(self) -> NotebookTasks:
        room = self._settings.kept_max_bytes
        places = (result_store, result_index)
        return NotebookTasks(self._cells, self._run.id, self._plan, self._earlier, *places, room)

    def _environment(self) -> dict[str, str]:
        """What leads flows inside the kernel to the same store, wherever its working directory is."""
        return {
            NOTEBOOK: str(self._call.document.path),
            **self._choices.environment,
            **variables_for_kernel(self._run),
            **self._settings.variables(),
        }

    def _write_artifacts(self) -> tuple[dict[str, Path], list[str]]:
        notebook = executed_path(self._call.document, self._directory)
        written = {"notebook": notebook} if notebook.exists() else {}
        problems: list[str] = []
        if self._log.path.exists():
            written["log"] = self._log.path
        if not written:
            return {}, problems
        svg: str | None = None
        graph, page = self._directory / "graph.svg", notebook.with_suffix(".html")
        try:
            svg = self._draw(graph)
            written["graph"] = graph
        except (OSError, JupyterFlowsError) as error:
            problems.append(f"the picture could not be written: {error}")
        try:
            if "notebook" in written and self._choices.html:
                page_process().write(notebook, page, svg)
                written["html"] = page
        except (OSError, JupyterFlowsError) as error:
            problems.append(f"the page could not be written: {error}")
        return written, problems

    def _draw(self, path: Path) -> str:
        from jupyter_flows.graph.svg import svg

        drawn = svg(picture_of_notebook_run(kept_reader(self._settings), self._run.id))
        replace_text(path, drawn, durable=False)
        return drawn


def _may_be_parallel(document: Document, plan: CellPlan) -> bool:
    """Whether there are tasks, none of them before the parameters, which are bound anew behind their cell."""
    tagged = first_tagged(document.node, PARAMETERS_TAG)
    return bool(plan.tasks) and (tagged is None or tagged < plan.tasks[0].index)


def _load_ahead() -> None:
    """Load what the picture will be drawn with while the kernel starts: that would be a fifth of a short run."""
    with contextlib.suppress(ImportError):
        import jupyter_flows.graph.svg
        import jupyter_flows.store.reads  # noqa: F401


def _end_of(error: JupyterFlowsError, at: float) -> State:
    match error:
        case CellSignalled(outcome=outcome):
            ended = outcome.state
            return failed(at, error, _one_line(error)) if ended.kind is FAILED else replace(ended, at=at, data=error)
        case CellFailed():
            return failed(at, error, _one_line(error))
        case RunTimedOut():
            return failed(at, error, _one_line(error), "TimedOut")
        case KernelDied():
            return crashed(at, _one_line(error), "KernelDied", error)
        case _:
            return crashed(at, _one_line(error), error=error)


def _one_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:500]


def copy_executed(end: NotebookRunEnd, target: Path) -> None:
    """Copy the executed notebook to a place of the user's choice.

    Raises
    ------
    OSError
    """
    source = end.artifacts.get("notebook")
    if source is not None:
        with contextlib.suppress(shutil.SameFileError):
            shutil.copyfile(source, target)
