"""Task cells that run beside the notebook, and what waits for the names that they are still to give."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from types import FunctionType, ModuleType
from typing import Any

from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.drivers.inputs import allow_failure
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.model.events import CancelRequested
from jupyter_flows.model.states import State

_WAIT = "__jupyter_flows_wait__"
_WORD = re.compile(r"[^\W\d]\w*")
_OURS = frozenset({"task", "flow", "flows"})  # magics that wait by themselves
_SYNTAX = frozenset({"run_line_magic", "run_cell_magic", "system", "getoutput"})  # what IPython's syntax becomes
_ANYTHING = frozenset({"exec", "eval", "globals", "locals", "vars"})
_PLOTTERS = frozenset({"matplotlib", "matplotlib.pyplot", "pylab", "seaborn", "plotnine"})
_PLOTS = re.compile(r"\bpyplot\b|\bseaborn\b|\bpylab\b|\.(?:plot|hist|boxplot)\b")


@dataclass(slots=True)
class Behind:
    """A task cell that was started in the background.

    Parameters
    ----------
    names
        What it gives; whoever reads one of them needs its end.
    needs
        What it reads; whoever binds one of them anew must wait.
    """

    cell: KnownCell
    future: TaskFuture[Any]
    names: frozenset[str]
    needs: frozenset[str]

    def is_over(self) -> bool:
        """Whether it has ended, well or without a name that anybody could miss: nobody has to care any more."""
        return self.future.done() and (not self.names or self.future.state.is_completed())

    def concerns(self, reads: Collection[str], binds: Collection[str]) -> bool:
        """Whether its end must be waited for by who reads and binds these names."""
        return not (self.names.isdisjoint(reads) and self.names.isdisjoint(binds) and self.needs.isdisjoint(binds))


class Background:
    """Every task cell that runs beside the notebook, or failed there.

    Parameters
    ----------
    mark
        Makes an error that a cell raises on behalf of a task, shown below a heading: given the error and the heading.
    """

    def __init__(self, mark: Callable[[BaseException, str], BaseException]) -> None:
        self._mark = mark
        self._behind: dict[str, Behind] = {}

    def add(self, behind: Behind) -> None:
        """Note a task cell that was started; from now on its names come from it."""
        for each in self._behind.values():
            each.names -= behind.names
        self._behind[behind.cell.id] = behind

    def replace(self, cell_id: str) -> None:
        """Note that a task cell runs anew, once its earlier run has ended."""
        earlier = self._behind.get(cell_id)
        if earlier is not None and not earlier.future.done():
            name = earlier.cell.name
            print(f"task `{name}` still runs in the background: this run waits for its end", file=sys.stderr)
            self._end_of(earlier)
        self.forget(cell_id)

    def forget(self, cell_id: str) -> None:
        """Note that a task cell runs anew."""
        self._behind.pop(cell_id, None)

    def __iter__(self) -> Iterator[Behind]:
        for cell_id, behind in list(self._behind.items()):
            if behind.is_over():
                del self._behind[cell_id]
            else:
                yield behind

    def ends_for(self, cell_id: str, reads: Iterable[str], binds: Iterable[str]) -> list[Any]:
        """What must have ended before a cell that reads and binds these names; and well, if it reads what they give."""
        reads, binds = set(reads), set(binds)
        earlier = self._behind.get(cell_id)
        others = [each for each in self if each is not earlier and each.concerns(reads, binds)]
        waits = [each.future if each.names & reads else allow_failure(each.future) for each in others]
        return waits if earlier is None else [*waits, allow_failure(earlier.future)]

    def wait(self, reads: Iterable[str], binds: Iterable[str]) -> None:
        """Wait for the names that a cell reads or binds.

        Raises
        ------
        BaseException
            The error of a task that failed to give a name that is read.
        """
        reads, binds = set(reads), set(binds)
        for each in self:
            if each.concerns(reads, binds):
                state = self._end_of(each)
                if not state.is_completed() and each.names & reads:
                    error: Any = state.result(raise_on_failure=False)
                    raise self._mark(error, f"task `{each.cell.name}`, which ran in the background, failed:")
                each.names -= binds  # given by another cell from now on

    def _end_of(self, behind: Behind) -> State:
        try:
            return behind.future.wait().state
        except KeyboardInterrupt as error:
            name = behind.cell.name
            stop = f"`%flow cancel {quote(name)}` stops it"
            raise self._mark(error, f"task `{name}` goes on in the background; {stop}") from None

    def cancel(self, names: Collection[str] | None = None, message: str = "the kernel ended") -> list[str]:
        """Ask tasks to stop, all of them or those of these names; return the names of those that were running."""
        asked: list[str] = []
        for each in self:
            if not each.future.done() and (names is None or each.cell.name in names):
                run = each.future._call.run
                run.session.post(run, CancelRequested(run.session.clock.time(), message))
                asked.append(each.cell.name)
        return asked

    def wait_for_all(self) -> None:
        """Wait until nothing runs any more."""
        for each in self:
            self._end_of(each)


class WaitForNames:
    """An AST transformer of IPython's: a plain cell that reads a name still being computed begins by waiting for it.

    A hook would not do: what it raises is only printed, and the cell runs all the same.
    """

    for_plain_cells_only = True

    def __init__(self, background: Background, namespace: Callable[[], dict[str, Any]]) -> None:
        self._background, self._namespace = background, namespace

    def visit(self, tree: ast.Module) -> ast.Module:
        """Put a call in front of the cell, where it needs one."""
        behind = list(self._background)
        if not behind or not tree.body:
            return tree
        namespace = self._namespace()
        loads, stores = names_in(tree, namespace)
        every = frozenset[str]().union(*(each.names for each in behind))
        reads = every if loads is None else loads & every
        binds = stores & (every.union(*(each.needs for each in behind)))
        if reads or binds:
            namespace[_WAIT] = self._background.wait
            call = ast.parse(f"{_WAIT}({sorted(reads)!r}, {sorted(binds)!r})").body
            tree.body[:0] = [ast.copy_location(call[0], tree.body[0])]
            ast.fix_missing_locations(tree)
        return tree


def names_in(tree: ast.AST, namespace: Mapping[str, Any]) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return the names that a cell may read (None: any), also by its functions, and those that it binds."""
    found = _Names()
    found.visit(tree)
    while new := found.loads & found.bodies.keys():  # a function that is defined and used here
        for name in new:
            for node in found.bodies.pop(name):
                found.visit(node)
    if found.any or found.loads & _ANYTHING:
        return None, frozenset(found.stores)
    return frozenset(found.loads | _by_functions(found.loads, namespace)), frozenset(found.stores)


class _Names(ast.NodeVisitor):
    """Gathers names; the body of a function counts once somebody mentions it."""

    def __init__(self) -> None:
        self.loads: set[str] = set()
        self.stores: set[str] = set()
        self.bodies: dict[str, list[ast.stmt]] = {}
        self.any = False

    def visit_Name(self, node: ast.Name) -> None:
        (self.loads if isinstance(node.ctx, ast.Load) else self.stores).add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.loads.add(node.target.id)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        self.any |= node.name == "*"
        self.stores.add((node.asname or node.name).partition(".")[0])

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _SYNTAX:
            self.loads |= _words_of(node)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.stores.add(node.name)
        self.bodies.setdefault(node.name, []).extend(node.body)
        for each in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(each)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that ast asks for


def _words_of(call: ast.Call) -> set[str]:
    """The words of IPython's own syntax, which may be names; our own magics wait by themselves."""
    texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    magic = texts[0] if texts and isinstance(call.func, ast.Attribute) and call.func.attr.startswith("run_") else ""
    return set() if magic in _OURS else {word for text in texts for word in _WORD.findall(text)}


def _by_functions(names: Iterable[str], namespace: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        value = namespace.get(todo.pop())
        function = getattr(value, "fn", value)
        if isinstance(function, FunctionType) and function.__module__ == "__main__":
            new = set(function.__code__.co_names) - found
            found |= new
            todo += new
    return found


def why_not_behind(cell: KnownCell, namespace: Mapping[str, Any]) -> str:
    """Say why a cell cannot run in a thread beside the notebook; empty where it can."""
    for use in cell.names.reads:
        value = namespace.get(use.name)
        if isinstance(value, ModuleType) and value.__name__ in _PLOTTERS:
            return _plots(use.name, use.line)
    for number, line in enumerate(cell.text.splitlines(), start=1):
        if found := _PLOTS.search(line):
            return _plots(found[0].lstrip("."), number)
    for use in cell.names.builtins:
        if use.name == "input":
            return f"it asks with input() (line {use.line}), which only the foreground can; leave out --background"
    return ""


def _plots(what: str, line: int) -> str:
    advice = "use --isolation process, or leave out --background"
    return f"it plots (`{what}`, line {line}), and pyplot's figures belong to one thread; {advice}"
