"""A notebook as a function of its parameters: what a notebook task calls."""

from __future__ import annotations

import atexit
import time
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.secret import SecretText
from jupyter_flows.authoring.secret_parameters import refuse_secret_looking
from jupyter_flows.drivers.context import current_frame
from jupyter_flows.errors import BadOption, CellFailed, NotebookError, ParameterError
from jupyter_flows.model.states import State
from jupyter_flows.notebooks.coercion import annotated_type
from jupyter_flows.notebooks.document import Document, load_notebook
from jupyter_flows.notebooks.execution import Engine
from jupyter_flows.notebooks.parameters import NotebookParameter, check_names, declared_parameters
from jupyter_flows.services.notebook_result import NotebookResult
from jupyter_flows.services.notebook_run import (
    NotebookCall,
    NotebookChoices,
    NotebookRunEnd,
    copy_executed,
    prepare_notebook,
    run_notebook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_flows.drivers.calls import Call
    from jupyter_flows.notebooks.document import CodeCell

_SECONDS_TO_END = 10.0


@dataclass(frozen=True, slots=True)
class NotebookOptions:
    """How a notebook task runs its notebook; see `jupyter_flows.notebook_task`."""

    kernel: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    cell_timeout: float | None = None
    engine: Engine = "jupyter-flows"
    output: str | Path | None = None
    html: bool = True
    artifacts: tuple[str, ...] = ()
    allow_secret_looking: bool = False


@dataclass(frozen=True, slots=True)
class WrittenDefault:
    """A default that is no literal, such as ``date.today()``: only the notebook itself can tell its value."""

    source: str

    def __repr__(self) -> str:
        return self.source


class NotebookFunction:
    """Runs a notebook with the parameters that it is called with.

    The notebook is read again with each call: it may have been edited since.

    Parameters
    ----------
    notebook
        The file; absolute.
    beside
        The folder that a relative ``output`` is meant from.
    run_options
        How it is run.
    limit
        Seconds for the whole notebook; none when 0.
    """

    def __init__(self, notebook: Path, beside: Path, run_options: NotebookOptions, limit: float) -> None:
        self.notebook, self.beside, self.run_options, self.limit = notebook, beside, run_options, limit
        self._read: tuple[tuple[int, int], Document] | None = None
        document = self.document()
        self._signature = _signature_of(document)
        _refuse_reserved(document)
        self.__name__, self.__qualname__, self.__module__ = notebook.stem, notebook.stem, str(notebook.parent)
        self.__doc__ = described(document)

    def document(self) -> Document:
        """Read the notebook, unless its file is as it was.

        Raises
        ------
        NotebookNotFound, NotANotebook, KernelNotFound
        """
        stamp = (0, 0)
        with suppress(OSError):
            found = self.notebook.stat()
            stamp = (found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != stamp or stamp == (0, 0):
            self._read = stamp, load_notebook(self.notebook, self.run_options.kernel)
        return self._read[1]

    @property
    def __signature__(self) -> Signature:
        with suppress(NotebookError):  # it is gone: what it was is the best answer
            self._signature = _signature_of(self.document())
        return self._signature

    def source_fingerprint(self) -> str:
        """What a cache key tells the notebook's content by."""
        return self.document().fingerprint

    def check_names(self, args: Sequence[Any], names: Sequence[str]) -> None:
        """Refuse a call by what can be told before its values are there.

        Raises
        ------
        ParameterError
            Values without a name, unknown names and missing ones, all at once.
        """
        document = self.document()
        problems = check_names(document, names)
        if args:
            known = ", ".join(f"{one.name}=..." for one in declared_parameters(document)) or "it takes none"
            problems[f"{len(args)} without a name"] = f"a notebook's parameters are given by name ({known})"
        if problems:
            raise ParameterError(self.__name__, problems)

    def __call__(self, *args: Any, **parameters: Any) -> NotebookResult | State:
        """Run the notebook; in a task run, the state of a notebook that did not end well is the task run's own.

        Raises
        ------
        CellFailed, KernelDied, RunTimedOut, RunCancelled
            Outside a task run.
        ParameterError, NotebookNotFound, NotANotebook, KernelNotFound
            Before a kernel starts.
        """
        if args:
            self.check_names(args, tuple(parameters))
        options = self.run_options
        self._refuse_secrets(parameters)
        call = prepare_notebook(self.notebook, parameters, options.kernel, allow_secret_looking=True)
        output = self._output(call)
        with _until_ended():
            end = run_notebook(call, _Quiet(), self._choices())
        if output is not None:
            copy_executed(end, output)
        if end.interruption is not None:
            raise end.interruption
        if end.state.is_completed():
            return NotebookResult(self.__name__, end)
        return _not_completed(call, end)

    def _refuse_secrets(self, parameters: Mapping[str, Any]) -> None:
        """Refuse the values of secrets: they would stand in the executed notebook and with the run."""
        shown = [name for name, value in parameters.items() if isinstance(value, SecretText)]
        if shown:
            why = 'it is the value of a secret; give the secret itself, Secret("NAME"), and the kernel looks it up'
            raise ParameterError(self.__name__, dict.fromkeys(shown, why))
        if not self.run_options.allow_secret_looking:
            refuse_secret_looking(self.__name__, parameters, "make the task with allow_secret_looking=True")

    def _choices(self) -> NotebookChoices:
        options = self.run_options
        return NotebookChoices(
            timeout=self.limit or None,
            cell_timeout=options.cell_timeout,
            html=options.html,
            keep=options.artifacts,
            engine=options.engine,
            more_to_come=True,
            environment=options.environment,
        )

    def _output(self, call: NotebookCall) -> Path | None:
        """Where the executed notebook is to be copied too; refused before anything runs where that cannot be done."""
        given = self.run_options.output
        if given is None:
            return None
        try:
            text = given.format(**call.effective_parameters()) if isinstance(given, str) else str(given)
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            wanted = f"a template may name the notebook's parameters ({type(error).__name__}: {error})"
            raise BadOption("notebook_task", "output", given, wanted) from None
        target = self.beside / text
        if target.is_dir() or not target.name:
            raise BadOption("notebook_task", "output", str(target), "it is a folder; name a file")
        if target.exists() and target.samefile(self.notebook):
            raise BadOption("notebook_task", "output", str(target), "it is the notebook, which is never written to")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


class _Quiet:
    """Nobody looks on: what happens is in the store and in the log of the run."""

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None: ...

    def started(self, number: int) -> None:
        """See `NotebookWatcher`; by now everything that serves notebooks has said what it does at exit."""
        global _waits_at_exit  # noqa: PLW0603 - one fact per process
        if not _waits_at_exit:
            _waits_at_exit = True
            atexit.register(_wait_at_exit)  # called before what was registered earlier: that closes what is needed

    def printed(self, number: int, line: str) -> None: ...
    def showing(self, number: int, text: str) -> None: ...
    def ended(self, number: int, state: State) -> None: ...


def _not_completed(call: NotebookCall, end: NotebookRunEnd) -> State:
    state = end.state
    error = state.result(raise_on_failure=False)
    if isinstance(error, CellFailed) and error.traceback and not getattr(error, "__notes__", None):
        error.add_note(f"In {call.document.path}, cell {error.cell}, as the kernel told it:\n{error.traceback}")
    if isinstance(error, BaseException) and current_frame() is None:
        raise error
    return State(state.kind, state.name, state.message, state.at, error)


# -- what people see of it --------------------------------------------------------------------------------------


def described(document: Document) -> str:
    """Describe a notebook and its parameters, for ``help``."""
    declared = declared_parameters(document)
    lines = [f"The notebook {document.path.name}, run in a fresh kernel."]
    if declared:
        lines += ["", "Parameters", "----------"]
    for one in declared:
        default = "" if one.default_source is None else f", default {one.default_source}"
        lines.append(f"{one.name}{f' : {one.type}' if one.type else ''}{default}")
        told = [one.help] if one.help else []
        told += [f"One of {', '.join(map(repr, one.choices))}."] if one.choices else []
        lines += [f"    {line}" for line in told]
    lines += ["", "Returns", "-------", "NotebookResult", "    With ``values, path, html, graph, state, run_id``."]
    return "\n".join(lines)


def _signature_of(document: Document) -> Signature:
    declared = declared_parameters(document)
    if document.language != "python":  # its declarations cannot be read
        return Signature([Parameter("parameters", Parameter.VAR_KEYWORD)], return_annotation=NotebookResult)
    return Signature([_as_argument(one) for one in declared], return_annotation=NotebookResult)


def _as_argument(parameter: NotebookParameter) -> Parameter:
    # By name only: the order in which a cell assigns its variables is nothing to rely on.
    default: Any = Parameter.empty
    if parameter.default_source is not None:
        default = parameter.default if parameter.literal else WrittenDefault(parameter.default_source)
    annotation: Any = Parameter.empty
    if parameter.annotation is not None:
        annotation = annotated_type(parameter.annotation)
        annotation = parameter.annotation if annotation is Any else annotation
    return Parameter(parameter.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


_RESERVED = frozenset({"return_state", "wait_for", "max_concurrency", "batch_size"})


def _refuse_reserved(document: Document) -> None:
    taken = sorted({one.name for one in declared_parameters(document)} & _RESERVED)
    if taken:
        why = "a call of a task takes a word of that name for itself; rename the notebook's parameter"
        raise ParameterError(document.name, dict.fromkeys(taken, why))


# -- the end of the process -------------------------------------------------------------------------------------

_under_way: set[Call] = set()
_waits_at_exit = False


@contextmanager
def _until_ended() -> Iterator[None]:
    """Note the task run in which a notebook runs, for as long as it does."""
    frame = current_frame()
    if frame is None:
        yield
        return
    _under_way.add(frame.call)
    try:
        yield
    finally:
        _under_way.discard(frame.call)


def _wait_at_exit() -> None:
    """Let notebooks whose task runs were ended from outside stop their kernels and save their executed copies."""
    give_up = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < give_up and any(call.state is not None for call in set(_under_way)):
        time.sleep(0.01)


__all__ = ["NotebookFunction", "NotebookOptions", "WrittenDefault", "described"]
