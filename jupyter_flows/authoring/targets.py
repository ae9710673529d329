"""Finding the flow that `module:flow`, `file.py:flow` or `notebook.ipynb:flow` names, as `python` would find it."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.authoring.flow import Flow
from jupyter_flows.authoring.importing import importing
from jupyter_flows.authoring.notebook_module import AnyFlow, flow_in_notebook, flows_of, module_of_notebook
from jupyter_flows.errors import NotebookError, TargetError
from jupyter_flows.model.runs import FlowRun

Found = TypeVar("Found")

_WANTED = "give NOTEBOOK.ipynb, module:flow, file.py:flow or NOTEBOOK.ipynb:flow"
_ADVICE = "decorate a function with @flow, or declare one with Flow('name')"


def is_notebook(target: str) -> bool:
    """Whether a target names a notebook: by its ending, or because it is a file that is no Python source."""
    return target.endswith(".ipynb") or (not target.partition(":")[0].endswith(".py") and Path(target).exists())


def find_flow(target: str) -> AnyFlow:
    """Import the module or file that a target names, and return its flow.

    Of a notebook, only those statements run that the flow takes to be defined.

    Raises
    ------
    TargetError
        In one line: no such module or file, an error while it was imported, no such flow (with the nearest one).
    """
    place, colon, name = target.rpartition(":")
    if not colon:
        place, name = target, ""
        if not place.endswith(".py"):
            raise TargetError(target, f"it names no flow; {_WANTED}")
    if place.endswith(".ipynb"):
        return _in_notebook(target, Path(place), name)
    module = _import(target, place)
    flows = flows_of(module)
    if not name:
        return _only(target, flows)
    return _named(target, module, name, flows)


def find_recorded(run: FlowRun) -> AnyFlow:
    """Import the file that a run's flow is in, as it was imported then, and return the flow.

    Raises
    ------
    TargetError
        It was defined in a notebook or at a prompt, or its file or the flow in it is gone.
    """
    return find_entry(run.flow, run.entry, f"; there, call flow.resume({run.id!r})")


def find_entry(name: str, entry: str, advice: str = "") -> AnyFlow:
    """Import the file of an entry ``module@file``, as it was imported then, and return the flow of that name in it.

    Parameters
    ----------
    advice
        What to do where no file is named.

    Raises
    ------
    TargetError
        It was defined in a notebook or at a prompt, or its file or the flow in it is gone.
    """
    module_name, _, file = entry.partition("@")
    path = Path(file)
    if not file or not path.is_file():
        at_prompt = f"it was defined in a notebook or at a prompt{advice}"
        raise TargetError(name, f"its file {file} is gone; put it back" if file else at_prompt)
    if path.suffix == ".ipynb":
        return _guarded(name, lambda: flow_in_notebook(path, name))
    flows = flows_of(_import_again(name, module_name, path)).values()
    found = next((flow for flow in flows if flow.name == name), None)
    if found is None:
        raise TargetError(name, f"{path} has no such flow any more; its flows: {[one.name for one in flows]}")
    return found


def _import_again(target: str, name: str, path: Path) -> ModuleType:
    if name == "__main__" or not name:
        return _import(target, str(path))
    root = path.parents[name.count(".") + (path.stem == "__init__")]
    module = _import(target, name, root)
    if Path(getattr(module, "__file__", "") or "").resolve() != path.resolve():
        return _import(target, str(path))
    return module


def _only(target: str, flows: dict[str, AnyFlow]) -> AnyFlow:
    if len(flows) == 1:
        return next(iter(flows.values()))
    if not flows:
        raise TargetError(target, f"it has no flow; {_ADVICE}")
    raise TargetError(target, f"it has several flows; name one: {', '.join(f'{target}:{name}' for name in flows)}")


def _named(target: str, module: ModuleType, name: str, flows: dict[str, AnyFlow]) -> AnyFlow:
    found: Any = module
    for part in name.split("."):  # a flow may be a class's
        found = getattr(found, part, None)
    if isinstance(found, Flow | DeclaredFlow):
        return found
    near = get_close_matches(name, flows, n=1) or get_close_matches(name, [flow.name for flow in flows.values()], n=1)
    known = f"its flows: {', '.join(flows)}" if flows else f"it has no flow; {_ADVICE}"
    hint = f"did you mean '{near[0]}'?" if near else known
    what = f"it has no '{name}'" if found is None else f"'{name}' is no flow but a {type(found).__name__}"
    raise TargetError(target, f"{what}; {hint}")


def _import(target: str, place: str, root: Path | None = None) -> ModuleType:
    """Import a file, or a module that is found from a folder (the current one when not given)."""
    is_file = place.endswith(".py")
    if is_file and not Path(place).is_file():
        raise TargetError(target, f"there is no file {place}")
    try:
        with importing():
            return _import_file(Path(place).resolve()) if is_file else _import_module(place, root or Path.cwd())
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and not is_file and error.name in _parents(place):
            why = f"there is no module '{error.name}' in {root or Path.cwd()} or installed"
        else:
            why = f"it cannot be imported: {_last_words(error)}"
        raise TargetError(target, why) from error


def _in_notebook(target: str, path: Path, name: str) -> AnyFlow:
    module = _guarded(target, lambda: module_of_notebook(path, name))
    return _named(target, module, name, flows_of(module))


def _guarded(target: str, find: Callable[[], Found]) -> Found:
    try:
        with importing():
            return find()
    except (NotebookError, TargetError):
        raise
    except (Exception, SystemExit) as error:
        raise TargetError(target, f"its cells cannot be run: {_last_words(error)}") from error


def _import_module(name: str, root: Path) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetError(name, f"it is no module's name; {_WANTED}")
    _first_on_path(root)
    return import_module(name)


def _import_file(path: Path) -> ModuleType:
    _first_on_path(path.parent)
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_file"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _first_on_path(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _last_words(error: BaseException) -> str:
    if isinstance(error, TargetError):
        return error.why
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    text = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}{f': {text}' if text else ''}{where}"


__all__ = ["AnyFlow", "find_entry", "find_flow", "find_recorded", "is_notebook"]
