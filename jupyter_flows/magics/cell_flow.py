"""`%%flow`: a cell as the body of a flow."""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING, Any

from jupyter_flows.authoring.flow import Flow
from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.source import CellSource
from jupyter_flows.errors import BadOption, UnknownOption
from jupyter_flows.magics.cell_program import body_of, parsed

if TYPE_CHECKING:
    from jupyter_flows.magics.workbench import Workbench

_MAGIC = "%%flow"
# Word on the line -> the option of `@flow`, and how its value is read.
_OPTIONS: dict[str, tuple[str, Any]] = {
    "retries": ("retries", int),
    "retry-delay": ("retry_delay_seconds", float),
    "timeout": ("timeout_seconds", float),
    "tags": ("tags", lambda text: [word for word in text.split(",") if word]),
    "task-runner": ("task_runner", str),
    "concurrency": ("concurrency", str),
}


def define_flows(bench: Workbench, line: str, body: str) -> None:
    """Make the flow, or the flows, that a cell defines, and give them their names.

    Raises
    ------
    BadOption, UnknownOption
        The line cannot be meant.
    SyntaxError
    """
    text, number, before = bench.written("flow", line, body)
    source = body_of(body, before)
    signature, options = _read(line)
    if analyse(source).functions_only:
        if signature is not None:
            raise BadOption(
                _MAGIC, "name", line, "its body only defines functions, which become flows by their own names"
            )
        _each_function(bench, text, source, number, options)
        return
    if signature is None:
        raise BadOption(_MAGIC, "name", line, "give the flow a name, and its parameters: %%flow daily(day: str)")
    tree = _as_function(parsed(source), signature)
    name = bench.cached(text, number)
    exec(bench.shell.compile(tree, name, "exec"), bench.namespace)  # noqa: S102 - the user's own cell
    bench.namespace[signature.name] = _flow(bench.namespace[signature.name], options)
    as_defined = ast.unparse(tree)
    bench.define_plainly(text, CellSource(as_defined, (1,) * (as_defined.count("\n") + 1)))


def _each_function(bench: Workbench, text: str, source: CellSource, number: int, options: dict[str, Any]) -> None:
    tree = parsed(source)
    name = bench.cached(text, number)
    exec(bench.shell.compile(tree, name, "exec"), bench.namespace)  # noqa: S102 - the user's own cell
    for function in analyse(source).functions_only:
        bench.namespace[function] = _flow(bench.namespace[function], options)
    bench.define_plainly(text, source)


def _flow(function: Any, options: dict[str, Any]) -> Flow[..., Any]:
    return Flow(function.fn if isinstance(function, Flow) else function, dict(options))


def _read(line: str) -> tuple[ast.FunctionDef | None, dict[str, Any]]:
    """Read ``name(parameters) --options``."""
    head, dashes, rest = line.partition("--") if line.startswith("--") else line.partition(" --")
    return _signature(head.strip()), _options(dashes.strip() + rest)


def _signature(text: str) -> ast.FunctionDef | None:
    if not text:
        return None
    try:
        (function,) = ast.parse(f"def {text if '(' in text else text + '()'}: pass").body
    except (SyntaxError, ValueError):
        function = None
    if not isinstance(function, ast.FunctionDef):
        raise BadOption(_MAGIC, "name", text, "write it as in a definition: daily(day: str, top: int = 10)")
    return function


def _options(text: str) -> dict[str, Any]:
    try:
        words = shlex.split(text)
    except ValueError:
        raise BadOption(_MAGIC, "line", text, "a quotation mark is not closed") from None
    options: dict[str, Any] = {}
    while words:
        word, equals, value = words.pop(0).partition("=")
        option = _OPTIONS.get(word.removeprefix("--")) if word.startswith("--") else None
        if option is None:
            raise UnknownOption(_MAGIC, word, [f"--{known}" for known in _OPTIONS])
        if not equals:
            value = words.pop(0) if words else ""
        try:
            options[option[0]] = option[1](value)
        except ValueError:
            raise BadOption(_MAGIC, word, value, "give a number") from None
    return options


def _as_function(tree: ast.Module, signature: ast.FunctionDef) -> ast.Module:
    """Make a cell's statements the body of a function; its last expression is returned."""
    body = tree.body or [ast.Pass(lineno=1, col_offset=0)]
    last = body[-1]
    if isinstance(last, ast.Expr):
        body = [*body[:-1], ast.copy_location(ast.Return(last.value), last)]
    plain = _defined(ast.FunctionDef, signature, body)
    try:
        compile(plain, "<cell>", "exec", dont_inherit=True)
    except SyntaxError:  # it awaits; any other mistake is told when it is compiled to be run
        return _defined(ast.AsyncFunctionDef, signature, body)
    return plain


def _defined(kind: Any, signature: ast.FunctionDef, body: list[ast.stmt]) -> ast.Module:
    function = kind(signature.name, signature.args, body, [], signature.returns, lineno=1, col_offset=0)
    return ast.fix_missing_locations(ast.Module([function], []))
