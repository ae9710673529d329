"""`notebook_task`: a whole parameterised notebook as the unit of retry, cache and limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.definition import calling_folder
from jupyter_flows.authoring.deployable import Deployable
from jupyter_flows.authoring.notebook_function import NotebookFunction, NotebookOptions
from jupyter_flows.authoring.options import TASK_OPTIONS, changed_options, check_options
from jupyter_flows.authoring.task import Task
from jupyter_flows.drivers.task_runners import TaskRunner, ThreadPoolTaskRunner
from jupyter_flows.errors import BadOption, CellFailed, KernelDied, NotANotebook, NotebookError, ParameterError
from jupyter_flows.notebooks.execution import Engine
from jupyter_flows.services.notebook_result import NotebookResult
from jupyter_flows.wiring import make_task_runner

if TYPE_CHECKING:
    from jupyter_flows.drivers.calls import Call, Place
    from jupyter_flows.drivers.context import Frame
    from jupyter_flows.drivers.futures import FutureList, TaskFuture
    from jupyter_flows.services.subjects import Subject

_WHAT = "notebook_task"
_OWN = frozenset(NotebookOptions.__dataclass_fields__)
_ENGINES = ("jupyter-flows", "papermill")
_threads: TaskRunner | None = None


class NotebookTask(Task[..., NotebookResult], Deployable):
    """A notebook whose runs are task runs; made by `notebook_task`.

    Calling it runs the notebook now, in a fresh kernel, and returns a `NotebookResult`; `submit` and `map` are those
    of every task. Parameters are given by name.
    """

    fn: NotebookFunction  # type: ignore[assignment]

    def __init__(self, fn: NotebookFunction, given: dict[str, Any]) -> None:
        super().__init__(fn, given)  # type: ignore[arg-type]

    def prepare(self) -> None:
        """Derive what the engine needs; the time limit is the notebook's own, whose end stops the kernel."""
        memory = self.options.memory
        if memory is not None and hasattr(memory.policy, "parts") and memory.policy.parts:
            from jupyter_flows.caching.policies import TASK_SOURCE  # deferred: loaded already where there is a policy

            memory = replace(memory, policy=memory.policy + TASK_SOURCE)
            self.options = replace(self.options, memory=memory)
        super().prepare()
        version = self.options.version or self.fn.source_fingerprint()[:12]
        self.spec = replace(self.spec, timeout_seconds=0.0, version=version)

    def with_options(self, **options: Any) -> NotebookTask:
        """Return a new task with some options changed, those of the notebook among them; this one stays as it is."""
        own = {name: options.pop(name) for name in _OWN & options.keys()}
        fn, given = self.fn, changed_options(self.given, options)
        run_options = _checked(replace(fn.run_options, **own))
        return _made(fn.notebook, fn.beside, run_options, given)

    def __get__(self, instance: Any, owner: type | None = None) -> NotebookTask:
        """A notebook is no method: as an attribute of a class it is what it was."""
        return self

    @overload
    def __call__(self, *args: Any, return_state: bool, **parameters: Any) -> Any: ...
    @overload
    def __call__(self, *args: Any, **parameters: Any) -> NotebookResult: ...

    def __call__(self, *args: Any, **parameters: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Run the notebook now and return its result; see `Task.__call__`.

        Raises
        ------
        ParameterError
            Before anything is recorded, for values without a name and for unknown and missing names; before a kernel
            starts, for values that do not fit.
        CellFailed
            A cell raised; its cell, and the kernel's traceback, are told.
        KernelDied, RunTimedOut, RunCancelled
        """
        __tracebackhide__ = True
        self._check(args, parameters)
        return super().__call__(*args, **parameters)

    @overload
    def submit(self, *args: Any, return_state: bool, **parameters: Any) -> Any: ...
    @overload
    def submit(self, *args: Any, **parameters: Any) -> TaskFuture[NotebookResult]: ...

    def submit(self, *args: Any, **parameters: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Hand the notebook to a thread and return a future at once; see `Task.submit`."""
        self._check(args, parameters)
        return super().submit(*args, **parameters)

    @overload
    def map(self, *args: Any, return_state: bool, **parameters: Any) -> Any: ...
    @overload
    def map(self, *args: Any, **parameters: Any) -> FutureList[NotebookResult]: ...

    def map(self, *args: Any, **parameters: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Run the notebook once for each element of its iterable arguments; see `Task.map`."""
        self._check(args, parameters)
        return super().map(*args, **parameters)

    def _check(self, args: tuple[Any, ...], parameters: Mapping[str, Any]) -> None:
        if open_graph() is None:  # a graph checks what is placed in it itself
            self.fn.check_names(args, [name for name in parameters if name not in _WORDS])

    def _place(self, call: Call, frame: Frame) -> Place:
        """A thread: the notebook's kernel is a process of its own, and only this process can record its run."""
        global _threads  # noqa: PLW0603 - one pool for what other task runners cannot run
        runner = frame.run.task_runner
        if isinstance(runner, ThreadPoolTaskRunner):
            return runner.place(call)
        if _threads is None:
            _threads = make_task_runner("threads")
        return _threads.place(call)

    def deployment_subject(self, notebook: str | Path | None = None, kernel: str = "") -> Subject:
        """See `Deployable.deployment_subject`."""
        from jupyter_flows.services.subjects import notebook_subject  # deferred: calls need it not

        return notebook_subject(self.fn.notebook, kernel or self.fn.run_options.kernel)

    def deployment_defaults(self) -> dict[str, Any]:
        """See `Deployable.deployment_defaults`; variables of the environment cannot be kept, they may be secret."""
        own = self.fn.run_options
        if own.environment:
            advice = "a deployment does not keep variables; write them into a file and give it as env_file"
            raise BadOption("deploy", "environment", sorted(own.environment), advice)
        found = {"kernel": own.kernel, "cell_timeout_seconds": own.cell_timeout, "artifacts": own.artifacts}
        words = {"tags": self.options.tags, "allow_secret_looking": own.allow_secret_looking}
        return {**found, **words, "timeout_seconds": self.fn.limit or None}

    def __repr__(self) -> str:
        return f"<NotebookTask {self.name}>"


_WORDS = frozenset({"return_state", "wait_for", "max_concurrency", "batch_size"})


def notebook_task(
    path: str | Path,
    *,
    name: str | None = None,
    kernel: str | None = None,
    environment: Mapping[str, str] | None = None,
    cell_timeout: float | None = None,
    engine: Engine = "jupyter-flows",
    output: str | Path | None = None,
    html: bool = True,
    artifacts: Iterable[str] = (),
    allow_secret_looking: bool = False,
    **options: Any,
) -> NotebookTask:
    """Make a task of a notebook: called with the parameters of its cell tagged ``parameters``, it runs it headless.

    ``inspect.signature`` and ``help`` show the parameters as the notebook declares them. Their values are checked
    before a kernel starts and must be JSON (dates and paths become text); a DataFrame is written to a file whose path
    is handed on. Each run is a flow run of its own, with a state for each cell, linked to the task run that called it.

    Parameters
    ----------
    path
        The notebook; a relative path is meant from the folder of the file or notebook that this is written in.
    name
        What people read; the file's name without its ending when not given.
    kernel
        An installed kernel instead of the notebook's own.
    environment
        Variables for the kernel, added to this process's.
    cell_timeout
        Seconds that each cell may take. ``timeout_seconds`` (or ``timeout``) is for the whole notebook, in each
        attempt; when either has passed, the kernel is stopped.
    engine
        ``"papermill"`` lets stock papermill execute the notebook, in a process of its own.
    output
        Where to copy the executed notebook to, beside the run's folder: a path, or a text that may name parameters,
        such as ``"done/{day}.ipynb"``. Missing folders are made.
    html
        Whether to write the executed notebook as a page too.
    artifacts
        Globs of files that the notebook makes in its folder, to be kept in the run's.
    allow_secret_looking
        Whether values that look like secrets may be parameters. A secret itself is given as ``Secret("NAME")``: the
        notebook holds only its name, and the kernel looks it up.
    options
        All those of `task`. A kept result is found again when the run is resumed, so ``persist_result`` is True when
        it is not given. Where a ``cache_policy`` is given, the notebook's content is part of the key. ``retries`` are
        for what may pass: a call that does not fit its notebook is not tried again.

    Returns
    -------
    NotebookTask
        Its value is a `NotebookResult` with ``values, path, html, graph, log, state, run_id``.

    Raises
    ------
    NotebookNotFound, NotANotebook, KernelNotFound
    UnknownOption, BadOption
    """
    file = _notebook_file(path, beside := calling_folder())
    run_options = NotebookOptions(
        kernel,
        environment or {},
        cell_timeout,
        engine,
        output,
        html,
        cast("Any", artifacts),
        bool(allow_secret_looking),
    )
    for option in options:
        check_options(_WHAT, TASK_OPTIONS | _OWN, {option: None})  # an unknown one is told by our own name
    given = {**options} if name is None else {"name": name, **options}
    return _made(file, beside, _checked(run_options), given)


def _made(file: Path, beside: Path, run_options: NotebookOptions, given: dict[str, Any]) -> NotebookTask:
    if not given.keys() & {"persist_result", "checkpoint"}:
        given = {**given, "persist_result": True}
    if not given.keys() & {"retry_condition_fn", "retry_on"}:
        given = {**given, "retry_condition_fn": may_pass}
    limit = check_options(_WHAT, TASK_OPTIONS, given).timeout_seconds
    return NotebookTask(NotebookFunction(file, beside, run_options, limit), given)


def may_pass(_task: object, _run: object, state: Any) -> bool:
    """Whether another attempt may help: not where the notebook, or the call, is wrong."""
    error = state.data
    if isinstance(error, ParameterError | BadOption):
        return False
    return isinstance(error, CellFailed | KernelDied) or not isinstance(error, NotebookError)


def _notebook_file(path: Any, beside: Path) -> Path:
    if not isinstance(path, str | Path):
        raise BadOption(_WHAT, "path", path, "give the path of a notebook")
    text = str(path)
    if isinstance(path, str) and "://" in text:
        raise NotANotebook(text[:200], "it is a URL, and notebooks are only read from files; download it first")
    if text.lstrip().startswith(("{", "[")) and not text.endswith(".ipynb"):
        raise NotANotebook(f"{text[:40]}…", "it is the text of a notebook; write it to a file and give its path")
    return beside / Path(path).expanduser()


def _checked(options: NotebookOptions) -> NotebookOptions:
    if options.engine not in _ENGINES:
        raise BadOption(_WHAT, "engine", options.engine, f"use one of {', '.join(map(repr, _ENGINES))}")
    limit: Any = options.cell_timeout
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or not limit > 0):
        raise BadOption(_WHAT, "cell_timeout", limit, "give seconds above 0")
    if options.kernel is not None and not isinstance(options.kernel, str):
        raise BadOption(_WHAT, "kernel", options.kernel, "give the name of an installed kernel")
    if options.output is not None and not isinstance(options.output, str | Path):
        raise BadOption(_WHAT, "output", options.output, "give the path of a file")
    environment = _variables(options.environment)
    return replace(options, environment=environment, artifacts=_globs(options.artifacts))


def _variables(environment: Any) -> dict[str, str]:
    given = {} if environment is None else environment
    if not isinstance(given, Mapping) or not all(isinstance(text, str) for pair in given.items() for text in pair):
        raise BadOption(_WHAT, "environment", environment, "give texts by the names of variables")
    return dict(cast("Mapping[str, str]", given))


def _globs(artifacts: Any) -> tuple[str, ...]:
    listed = () if isinstance(artifacts, str) or not isinstance(artifacts, Iterable) else tuple(artifacts)
    if not all(isinstance(glob, str) for glob in listed) or (artifacts and not listed):
        raise BadOption(_WHAT, "artifacts", artifacts, "give a list of globs such as ['*.csv']")
    return listed


__all__ = ["NotebookTask", "notebook_task"]
