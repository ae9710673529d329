"""A task cell's body in a worker process: it gets its inputs by value, and its outcome goes home the same way."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import linecache
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_flows.cells.source import CellSource
from jupyter_flows.magics.kept import Kept, why_not
from jupyter_flows.magics.stage import Shown, as_text


class Absent:
    """Stands for an input that the notebook does not have."""


class WorkerBody:
    """What a worker process is sent in place of a cell's function.

    Parameters
    ----------
    name
        The task's.
    text, body
        The cell as written, and its code.
    inputs
        The names of its arguments, in order.
    outputs
        The names that go home.
    """

    def __init__(
        self, name: str, text: str, body: CellSource, inputs: tuple[str, ...], outputs: tuple[str, ...]
    ) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = "__main__"
        self.text, self.body, self.inputs, self.outputs = text, body, inputs, outputs
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        self.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in inputs])

    def __call__(self, *values: Any) -> Kept:
        """Run the cell and gather what it gave."""
        namespace: dict[str, Any] = {"__name__": "__main__"}
        namespace |= {name: value for name, value in zip(self.inputs, values, strict=True) if type(value) is not Absent}
        shown: list[Shown] = []
        with _screen(shown):
            self._run(namespace, shown)
            _draw_figures(shown)
        given = {name: namespace[name] for name in self.outputs if name in namespace}
        problem = why_not(self.__name__, given)
        if problem:
            raise TypeError(problem)
        return Kept(given, shown)

    def _run(self, namespace: dict[str, Any], shown: list[Shown]) -> None:
        file = f"<cell of task {self.__name__}>"
        lines = [f"# {line}" if line.startswith("%%task") else line for line in self.text.splitlines(keepends=True)]
        linecache.cache[file] = (len(self.text), None, lines, file)
        from jupyter_flows.magics.cell_program import parsed  # deferred: a worker is sent this module by its name

        tree = parsed(self.body, file)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        _evaluate(compile(tree, file, "exec", flags, dont_inherit=True), namespace)
        if isinstance(last, ast.Expr):
            value = _evaluate(compile(ast.Expression(last.value), file, "eval", flags, dont_inherit=True), namespace)
            if value is not None:
                data, metadata = _shell().display_formatter.format(value)
                shown.append(Shown("execute_result", {"data": _texts(data), "metadata": metadata, "transient": {}}))


def _evaluate(code: Any, namespace: dict[str, Any]) -> Any:
    value = eval(code, namespace)  # noqa: S307 - the user's own cell
    if code.co_flags & inspect.CO_COROUTINE:

        async def wait() -> Any:
            return await value

        return asyncio.run(wait())
    return value


def _shell() -> Any:
    """The worker's own shell: for magics in the cell, and for what is displayed."""
    from IPython.core.interactiveshell import InteractiveShell  # deferred: only who shows something pays for it

    if not InteractiveShell.initialized():
        from IPython.core.display_trap import DisplayTrap  # any configurable thing knows what a configuration is

        config: Any = type(DisplayTrap().config)()
        config.HistoryManager.enabled = False
        InteractiveShell.instance(config=config)
    return InteractiveShell.instance()


@contextmanager
def _screen(shown: list[Shown]) -> Iterator[None]:
    """Gather what is displayed, also by magics."""
    shell = _shell()

    def publish(data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **_: Any) -> None:
        kind = "update_display_data" if update else "display_data"
        shown.append(Shown(kind, {"data": _texts(data), "metadata": metadata or {}, "transient": transient or {}}))

    before = shell.display_pub.publish
    shell.display_pub.publish = publish
    try:
        yield
    finally:
        shell.display_pub.publish = before


def _draw_figures(shown: list[Shown]) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for number in pyplot.get_fignums():
        figure, file = pyplot.figure(number), io.BytesIO()
        figure.savefig(file, format="png", bbox_inches="tight")
        data = {"image/png": b64encode(file.getvalue()).decode("ascii"), "text/plain": repr(figure)}
        shown.append(Shown("display_data", {"data": data, "metadata": {}, "transient": {}}))
    pyplot.close("all")


def _texts(data: Any) -> dict[str, Any]:
    return {mime: as_text(value) for mime, value in data.items()}
