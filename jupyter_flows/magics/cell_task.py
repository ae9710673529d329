"""From a `%%task` cell to a task: a `Task` object whose function is the cell's body."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_flows.authoring.task import Task
from jupyter_flows.cells.header import TaskCell
from jupyter_flows.cells.naming import task_name
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.errors import BadOption
from jupyter_flows.magics.cell_program import body_of, compile_cell
from jupyter_flows.magics.freshness import outputs_of
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.request import Request
from jupyter_flows.magics.worker_body import Absent, WorkerBody

_MAIN = "__main__"
# What a cell of functions cannot say: it is the caller who decides about these.
_OF_STATEMENTS = ("inputs", "outputs", "after", "mutates", "ignore", "background", "isolation")


class NamedInput:
    """An input of a cell, by its name: what it is worth is looked up when somebody asks.

    The value itself is handed to nobody: no future is looked for in it, and nothing keeps it alive.
    """

    __slots__ = ("_name", "_namespace")

    def __init__(self, name: str, namespace: dict[str, Any]) -> None:
        self._name, self._namespace = name, namespace

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way to a worker process it becomes its value."""
        if self._name in self._namespace:
            return _the_value, (self._namespace[self._name],)
        return Absent, ()

    def __repr__(self) -> str:
        return repr(self._namespace[self._name]) if self._name in self._namespace else "(not defined)"


def _the_value(value: Any) -> Any:
    return value


def known_cell(text: str, cell: TaskCell, request: Request, notebook: Notebook) -> KnownCell:
    """Describe a task cell; its name is derived where it has none."""
    body = body_of(cell.body, cell.lines_before)
    known = KnownCell(request.cell_id, text, body, cell.line, cell.line.name, request)
    if known.names.functions_only:
        known.name = ""
        known.id = known.id or f"functions-{'-'.join(known.names.functions_only)}"
    else:
        known.name = known.name or _derived_name(known, notebook)
        known.id = known.id or f"task-{known.name}"
    return known


def _derived_name(cell: KnownCell, notebook: Notebook) -> str:
    """A name that no other cell's task has; a front end that names no cells shows by the text which cell it is."""
    others = [
        task for task in notebook.tasks if (task.id != cell.id if cell.id else task.text.strip() != cell.text.strip())
    ]
    return task_name(cell.names, cell.id[:8] or str(len(others) + 1), {task.name for task in others})


def make_task(
    shell: Any, cell: KnownCell, run: Callable[[KnownCell], Any], number: int, kept: Mapping[str, Any]
) -> None:
    """Give a cell its program and its task.

    Parameters
    ----------
    kept
        The options by which what it gives is kept, and brought back.
    run
        Called by each attempt: runs the cell's program, or returns a coroutine that does.
    number
        The execution count.

    Raises
    ------
    SyntaxError, BadOption
    """
    assert cell.body is not None
    assert cell.line is not None
    cell.program = compile_cell(shell, cell.text, cell.body, number)
    inputs = [use.name for use in cell.names.reads]
    if cell.line.inputs is not None:
        inputs = list(cell.line.inputs)
    function = _async_body(cell, run) if cell.program.is_async else _body(cell, run)
    function.__name__ = function.__qualname__ = cell.name
    function.__module__ = _MAIN
    function.__doc__ = None
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in dict.fromkeys(inputs)])
    cell.task = Task(function, {**task_options(cell.line), **kept}, **_identity(cell))


def make_remote_task(cell: KnownCell, kept: Mapping[str, Any]) -> Task[..., Any]:
    """Make the task of a cell that runs in a worker process; ``kept`` as in `make_task`."""
    assert cell.task is not None
    assert cell.line is not None
    inputs = tuple(cell.task.signature.parameters)
    body: Any = WorkerBody(cell.name, cell.text, cell.source, inputs, outputs_of(cell))
    return Task(body, {**task_options(cell.line), **kept}, **_identity(cell))


def _identity(cell: KnownCell) -> dict[str, Any]:
    return {"name": cell.name, "version": cell.digest[:12], "log_prints": True}


def _body(cell: KnownCell, run: Callable[[KnownCell], Any]) -> Any:
    def body(*_inputs: NamedInput) -> Any:
        return run(cell)

    return body


def _async_body(cell: KnownCell, run: Callable[[KnownCell], Any]) -> Any:
    async def body(*_inputs: NamedInput) -> Any:
        return await run(cell)

    return body


def inputs_of(cell: KnownCell, namespace: dict[str, Any]) -> list[NamedInput]:
    """The arguments of a call of a cell's task: for people, in what is kept of a failure."""
    assert cell.task is not None
    return [NamedInput(name, namespace) for name in cell.task.signature.parameters]


def task_options(line: TaskLine) -> dict[str, Any]:
    """The options of the decorator that a task line stands for."""
    options: dict[str, Any] = {
        "retries": line.retries,
        "retry_delay_seconds": list(line.retry_delay_seconds),
        "timeout_seconds": line.timeout_seconds,
        "tags": line.tags,
    }
    return {name: value for name, value in options.items() if value}


def check_definitions(cell: KnownCell) -> None:
    """See to it, before it runs, that a cell that only defines functions asks for what tasks made of them can have.

    Raises
    ------
    BadOption
        An option that only a cell of statements can have, or a name for several tasks.
    """
    line = cell.line or TaskLine()
    default = TaskLine()
    for field in _OF_STATEMENTS:
        if getattr(line, field) != getattr(default, field):
            wanted = "its body only defines functions, which become tasks; say this where they are called"
            raise BadOption("%%task", f"--{_WORDS.get(field, field)}", getattr(line, field), wanted)
    functions = cell.names.functions_only
    if line.name and functions != (line.name,) and len(functions) > 1:
        raise BadOption("%%task", "name", line.name, f"its body defines {len(functions)} tasks, each with its own name")


def define_tasks(cell: KnownCell, namespace: dict[str, Any]) -> list[Task[..., Any]]:
    """Turn each function of a cell that only defines functions into a task of that name."""
    line = cell.line or TaskLine()
    options = {**task_options(line), **({"name": line.name} if line.name else {})}
    if line.cache_seconds is not None:
        options |= _remembered(line.cache_seconds)
    made: list[Task[..., Any]] = []
    for name in cell.names.functions_only or ():
        function = namespace[name]
        made.append(Task(function.fn if isinstance(function, Task) else function, dict(options)))
        namespace[name] = made[-1]
    return made


_WORDS = {"inputs": "in", "outputs": "out"}


def _remembered(seconds: float) -> dict[str, Any]:
    from jupyter_flows.caching.policies import INPUTS, TASK_SOURCE  # deferred: few tasks cache

    expiration = {} if seconds == float("inf") else {"cache_expiration": seconds}
    return {"cache_policy": INPUTS + TASK_SOURCE, **expiration}
