"""The shape of the house, read from the source with `ast`: nothing is imported, so a broken tree is still judged.

Each check is a function from a tree of sources to a list of complaints, one sentence each; the tests at the end hold
the package to it, and plant one violation of each kind in a small tree to see that it is caught.
"""

from __future__ import annotations

import ast
import gc
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

PACKAGE = "jupyter_flows"
ROOT = Path(__file__).parent.parent / PACKAGE

# Folder or file directly under the package -> its layer. Imports only point downward.
LAYERS = {
    **dict.fromkeys(["errors", "model", "version"], 0),
    **dict.fromkeys(["graph", "schedules", "cells", "automations"], 1),
    **dict.fromkeys(["engine"], 2),
    **dict.fromkeys(["drivers", "store", "results", "notebooks", "secrets", "notify", "settings"], 3),
    **dict.fromkeys(["key_files"], 3),
    **dict.fromkeys(["caching"], 3),
    **dict.fromkeys(["wiring"], 4),
    **dict.fromkeys(["services"], 5),
    **dict.fromkeys(["authoring"], 6),
    **dict.fromkeys(["cli", "server", "magics", "widget", "papermill_engine"], 7),
    # What users import, and nobody inside does: the package itself ("") and its public modules.
    **dict.fromkeys(
        ["", "states", "signals", "triggers", "cache_validators", "testing", "runtime", "blocks", "tasks", "compat"], 8
    ),
    **dict.fromkeys(["infrastructure"], 8),
    "pytest_plugin": 9,  # what pytest imports
}
PURE = 2  # layers up to this one reckon only
APART = {1, 3}  # in these layers the folders do not know each other

# (importing module or folder, imported module or folder) -> why two folders of one layer may meet after all.
MEETINGS = {
    ("drivers", "settings"): "settings are frozen values, read once; knowing them is not knowing an adapter",
    ("store", "settings"): "as above",
    ("results", "settings"): "as above",
    ("notebooks", "settings"): "as above",
    ("drivers", "secrets"): "what must not be shown is one fact per process; knowing it is not knowing an adapter",
    ("notebooks", "secrets"): "as above",
    ("results", "secrets"): "as above",
    ("results", "key_files"): "a file that only its user may read is neither's own",
    ("secrets", "key_files"): "as above",
}

FILE_CEILING = 400  # code lines: neither blank, comment nor docstring
FUNCTION_CEILING = 50  # lines from `def` to the end, without the docstring

IMPURE_MODULES = {
    *{"time", "uuid", "random", "secrets", "os", "logging", "socket", "threading", "subprocess", "asyncio"},
    *{"multiprocessing", "sqlite3", "tempfile", "shutil", "signal", "select", "queue", "concurrent"},
}
IMPURE_METHODS = {"now", "utcnow", "today"}
IMPURE_FUNCTIONS = {"open", "print", "input", "exec", "eval", "__import__"}
PURE_LIBRARIES = {"croniter", "dateutil"}  # reckon with instants, read no clock unless asked to

PUBLIC_MODULES = {
    "",
    "states",
    "signals",
    "triggers",
    "cache_validators",
    "testing",
    "runtime",
    "schedules",
    "automations",
    "compat",
    "blocks",
}
ONLY_NAMES = {"", "states", "signals", "triggers", "blocks", "tasks"}  # these may import and rename, never define

FORBIDDEN_FILES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "stuff"}
# Dependency -> why nothing imports it.
NOT_IMPORTED = {
    "ipykernel": "a kernel is started by its name, in a process of its own",
    "tzdata": "zoneinfo reads its files where the system has none",
}

# Words of docs/glossary.md's last column that have no second, innocent meaning in a name.
FORBIDDEN_WORDS = {"workflow", "pipeline", "job", "status", "rerun", "agent", "backend", "manager", "registration"}
INNOCENT_NAMES = {
    "resource_manager",  # the word of Prefect 1 for it
    "KubernetesJob",  # what Kubernetes calls it
    "exit_status",  # what a process gives back to its shell
}


@dataclass(frozen=True)
class Source:
    """One module of the tree."""

    module: str  # dotted, without the package: "engine.ports"; "" for the package itself
    text: str
    tree: ast.Module
    is_folder: bool

    @property
    def area(self) -> str:
        return self.module.partition(".")[0]

    @property
    def layer(self) -> int:
        return LAYERS.get(self.area, 99)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def import_nodes(self) -> list[tuple[ast.Import | ast.ImportFrom | ast.Call, bool]]:
        """Every import, also `import_module("…")` of a literal name, and whether it is only for types."""
        guards = [node for node in self.nodes if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
        for_types = {id(node) for guard in guards for part in guard.body for node in ast.walk(part)}
        return [
            (node, id(node) in for_types)
            for node in self.nodes
            if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.Call) and _is_import_module(node))
        ]

    def __str__(self) -> str:
        return f"{PACKAGE}.{self.module}" if self.module else PACKAGE


@dataclass(frozen=True)
class Import:
    """One import statement's target."""

    target: str  # dotted, absolute
    line: int
    for_types: bool  # inside `if TYPE_CHECKING:`


def read_sources(root: Path) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if any(part.startswith(".") or part == "node_modules" for part in parts):
            continue
        is_folder = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_folder else parts)
        text = path.read_text(encoding="utf-8")
        sources[module] = Source(module, text, ast.parse(text, str(path)), is_folder)
    return sources


def imports_of(source: Source, known: set[str]) -> Iterator[Import]:
    """Give every import, also those inside functions."""
    for node, for_types in source.import_nodes:
        for target in _targets(source, node, known):
            yield Import(target, node.lineno, for_types)


def _targets(source: Source, node: ast.Import | ast.ImportFrom | ast.Call, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return _from_targets(source, node, known)
    return [ast.literal_eval(node.args[0])]


def _from_targets(source: Source, node: ast.ImportFrom, known: set[str]) -> list[str]:
    base = node.module or ""
    if node.level:
        here = f"{PACKAGE}.{source.module}".rstrip(".").split(".")
        up = node.level - 1 if source.is_folder else node.level
        base = ".".join([*here[: len(here) - up], *([base] if base else [])])
    deeper = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name.removeprefix(f"{PACKAGE}.") in known else base for name in deeper]


def _is_import_module(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "import_module" and bool(call.args) and isinstance(call.args[0], ast.Constant)


def own_imports(source: Source, sources: dict[str, Source]) -> Iterator[tuple[Import, Source]]:
    known = set(sources)
    for found in imports_of(source, known):
        if found.target == PACKAGE or found.target.startswith(f"{PACKAGE}."):
            module = found.target.removeprefix(PACKAGE).removeprefix(".")
            yield found, sources.get(module) or Source(module, "", ast.Module([], []), is_folder=False)


def check_layers(sources: dict[str, Source]) -> list[str]:
    """Imports only point downward, deferred ones and those for types too."""
    complaints = [
        f"{source} has no layer: give {source.area!r} one in LAYERS"
        for source in sources.values()
        if source.area not in LAYERS
    ]
    for source in sources.values():
        for found, target in own_imports(source, sources):
            if target.layer > source.layer:
                complaints.append(
                    f"{source}:{found.line} imports {target}, which is above it "
                    f"(layer {source.layer} imports layer {target.layer}); turn it round, or join them in wiring"
                )
            elif target.area != source.area and target.layer == source.layer in APART and not may_meet(source, target):
                complaints.append(
                    f"{source}:{found.line} imports {target}: folders of layer {source.layer} do not know each other; "
                    "meet through engine.ports and join them in wiring"
                )
    return complaints


def may_meet(source: Source, target: Source) -> bool:
    return any(
        (importing, imported) in MEETINGS
        for importing in (source.module, source.area)
        for imported in (target.module, target.area)
    )


def check_cycles(sources: dict[str, Source]) -> list[str]:
    """No import cycles; deferred imports count, those for types do not."""
    graph = {
        module: {target.module for found, target in own_imports(source, sources) if not found.for_types} - {module}
        for module, source in sources.items()
    }
    complaints: list[str] = []
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            ring = [f"{PACKAGE}.{name}".rstrip(".") for name in [*path[path.index(module) :], module]]
            complaints.append(f"import cycle: {' -> '.join(ring)}; move what both need into a lower module")
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                visit(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return complaints


def check_sizes(sources: dict[str, Source]) -> list[str]:
    """No file and no function above its ceiling."""
    complaints: list[str] = []
    for source in sources.values():
        # Most files have fewer lines than that with all their comments: they need not be taken apart.
        if source.text.count("\n") >= FILE_CEILING and (lines := code_lines(source)) > FILE_CEILING:
            complaints.append(f"{source} has {lines} code lines, the ceiling is {FILE_CEILING}: split it by concept")
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1 - len(docstring_lines(node))  # type: ignore[operator]
                if length > FUNCTION_CEILING:
                    complaints.append(
                        f"{source}:{node.lineno} {node.name} has {length} lines, the ceiling is {FUNCTION_CEILING}"
                    )
    return complaints


def docstring_lines(node: ast.AST) -> range:
    body = getattr(node, "body", [])
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return range(first.lineno, (first.end_lineno or 0) + 1)
    return range(0)


def code_lines(source: Source) -> int:
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in source.nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            lines.difference_update(docstring_lines(node))
    return len(lines)


def check_purity(sources: dict[str, Source]) -> list[str]:
    """Layers 0 to 2 read no clock, draw no chance, touch no file, thread, process or logger, and know no library."""
    complaints: list[str] = []
    known = set(sources)
    for source in sources.values():
        if source.layer > PURE:
            continue
        for found in imports_of(source, known):
            library = found.target.partition(".")[0]
            if found.for_types or library == PACKAGE:
                continue
            if library in IMPURE_MODULES:
                complaints.append(f"{source}:{found.line} imports {found.target}, but layers 0 to 2 are pure")
            elif library not in sys.stdlib_module_names | PURE_LIBRARIES:
                complaints.append(f"{source}:{found.line} imports the library {library}: that belongs to an adapter")
        complaints += [
            f"{source}:{line} calls {name}(), but layers 0 to 2 are pure" for line, name in impure_calls(source)
        ]
    return complaints


def impure_calls(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in IMPURE_FUNCTIONS:
                yield node.lineno, called.id
            elif isinstance(called, ast.Attribute) and called.attr in IMPURE_METHODS:
                yield node.lineno, ast.unparse(called)


def check_exports(sources: dict[str, Source]) -> list[str]:
    """A public module's `__all__` says exactly what it offers, in order: CONSTANTS, Classes, the rest."""
    complaints: list[str] = []
    for module in sorted(PUBLIC_MODULES & set(sources)):
        source = sources[module]
        listed = listed_names(source)
        if listed is None:
            complaints.append(f"{source} is public and has no literal __all__")
            continue
        offered = offered_names(source)
        complaints += [
            f"{source} lists {name!r} in __all__ and does not have it" for name in listed if name not in offered
        ]
        complaints += [f"{source} has {name!r}, which is not in its __all__" for name in sorted(offered - set(listed))]
        if listed != sorted(listed, key=export_order):
            complaints.append(f"{source}: __all__ is not sorted; it should be {sorted(listed, key=export_order)}")
        if module in ONLY_NAMES:
            complaints += [
                f"{source}:{node.lineno} defines {node.name}; a public module only gives names to what lives elsewhere"
                for node in source.tree.body
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and not node.name.startswith("__")
            ]
    return complaints


def export_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def listed_names(source: Source) -> list[str] | None:
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def offered_names(source: Source) -> set[str]:
    """Top-level names without an underscore; of the imported ones those that the module is there to offer."""
    guarded = [part for node in source.tree.body if isinstance(node, ast.If) for part in node.body]
    defined: set[str] = set()
    imported: set[str] = set()
    renamed: set[str] = set()
    for node in [*source.tree.body, *guarded]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {target.id for target in targets if isinstance(target, ast.Name)}
            renamed |= {node.value.id} if isinstance(node.value, ast.Name) else set()
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            imported |= {alias.asname or alias.name for alias in node.names}
    imported = imported - renamed if source.module in ONLY_NAMES else imported & set(listed_names(source) or ())
    return {name for name in defined | imported if not name.startswith("_") or name == "__version__"}


def check_names(sources: dict[str, Source]) -> list[str]:
    """No drawer for odds and ends, and no public name made of a word that the glossary forbids."""
    complaints = [
        f"{source}: a file is named after its one concept, not {source.module.rpartition('.')[2]!r}"
        for source in sources.values()
        if source.module.rpartition(".")[2] in FORBIDDEN_FILES
    ]
    for source in sources.values():
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
                words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", node.name)}
                if node.name not in INNOCENT_NAMES and (bad := words & FORBIDDEN_WORDS):
                    complaints.append(
                        f"{source}:{node.lineno} {node.name} says {', '.join(sorted(bad))!r}: see docs/glossary.md"
                    )
    return complaints


@pytest.fixture(scope="module")
def house() -> dict[str, Source]:
    """The package itself, read once; looking for garbage among its millions of nodes would take twice as long again."""
    gc.disable()
    try:
        return read_sources(ROOT)
    finally:
        gc.enable()


CHECKS = [check_layers, check_cycles, check_sizes, check_purity, check_exports, check_names]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_the_house_keeps_its_shape(check, house):
    complaints = check(house)
    assert not complaints, f"{check.__doc__}\n  " + "\n  ".join(complaints)


PLANTED = {
    "upward": (
        check_layers,
        {"model/runs.py": "from jupyter_flows.store import rows"},
        "model.runs:1 imports jupyter_flows.store",
    ),
    "upward, deferred": (
        check_layers,
        {"engine/rules.py": "def f():\n    from jupyter_flows.drivers.threads import pool\n"},
        "engine.rules:2 imports jupyter_flows.drivers.threads, which is above it (layer 2 imports layer 3)",
    ),
    "upward, for types": (
        check_layers,
        {"graph/dag.py": "if TYPE_CHECKING:\n    from jupyter_flows.authoring.flow import Flow\n"},
        "graph.dag:2 imports jupyter_flows.authoring.flow",
    ),
    "upward, by name": (
        check_layers,
        {"engine/rules.py": "import_module('jupyter_flows.cli.main')\n"},
        "engine.rules:1 imports jupyter_flows.cli.main",
    ),
    "upward, relative": (
        check_layers,
        {"engine/rules.py": "from ..wiring import settings\n", "wiring.py": ""},
        "engine.rules:1 imports jupyter_flows.wiring",
    ),
    "the package itself": (
        check_layers,
        {"cli/main.py": "from jupyter_flows import flow\n"},
        "cli.main:1 imports jupyter_flows, which is above it",
    ),
    "services use authoring": (
        check_layers,
        {"services/worker.py": "import jupyter_flows.authoring.flow\n"},
        "services.worker:1 imports jupyter_flows.authoring.flow",
    ),
    "adapters meet": (
        check_layers,
        {"store/writer.py": "from jupyter_flows.drivers.context import run\n"},
        "folders of layer 3 do not know each other",
    ),
    "no layer": (check_layers, {"plumbing/pipe.py": ""}, "jupyter_flows.plumbing.pipe has no layer"),
    "cycle": (
        check_cycles,
        {
            "engine/a.py": "from jupyter_flows.engine import b\n",
            "engine/b.py": "def f():\n    from jupyter_flows.engine.a import g\n",
        },
        "import cycle: jupyter_flows.engine.a -> jupyter_flows.engine.b -> jupyter_flows.engine.a",
    ),
    "long file": (check_sizes, {"model/runs.py": "x = 1\n" * 401}, "has 401 code lines"),
    "long function": (check_sizes, {"cli/main.py": "def f():\n" + "    x = 1\n" * 50}, "cli.main:1 f has 51 lines"),
    "clock": (check_purity, {"engine/machine.py": "import time\n"}, "engine.machine:1 imports time"),
    "clock by method": (
        check_purity,
        {"model/runs.py": "from datetime import UTC, datetime\n\n\ndef born():\n    return datetime.now(UTC)\n"},
        "model.runs:5 calls datetime.now()",
    ),
    "id": (check_purity, {"graph/dag.py": "def f():\n    from uuid import uuid4\n"}, "graph.dag:2 imports uuid"),
    "file": (check_purity, {"cells/names.py": "open('x')\n"}, "cells.names:1 calls open()"),
    "library": (check_purity, {"model/runs.py": "import sqlalchemy\n"}, "imports the library sqlalchemy"),
    "missing in __all__": (
        check_exports,
        {"testing.py": "__all__ = []\n\n\ndef clock(): ...\n"},
        "jupyter_flows.testing has 'clock', which is not in its __all__",
    ),
    "too much in __all__": (
        check_exports,
        {"states.py": "from jupyter_flows.model.states import State\n\n__all__ = ['State', 'Status']\n"},
        "lists 'Status' in __all__ and does not have it",
    ),
    "import not in __all__": (
        check_exports,
        {"states.py": "from jupyter_flows.model.states import FINAL, State\n\n__all__ = ['State']\n"},
        "has 'FINAL', which is not in its __all__",
    ),
    "unsorted": (
        check_exports,
        {"states.py": "from jupyter_flows.model.states import A, B\n\n__all__ = ['B', 'A']\n"},
        "__all__ is not sorted; it should be ['A', 'B']",
    ),
    "drawer": (check_names, {"store/utils.py": ""}, "jupyter_flows.store.utils: a file is named after its one concept"),
    "glossary": (check_names, {"store/rows.py": "class JobManager: ...\n"}, "JobManager says 'job, manager'"),
}


@pytest.mark.parametrize(("check", "files", "complaint"), PLANTED.values(), ids=PLANTED)
def test_a_planted_violation_is_caught(check, files, complaint, tmp_path):
    complaints = check(plant(tmp_path, files))
    assert any(complaint in one for one in complaints), complaints


CLEAN = {
    "wiring.py": "from jupyter_flows.store import writer\nfrom jupyter_flows.drivers import session\n",
    "store/writer.py": "import os\nimport sqlalchemy\nfrom jupyter_flows.engine.ports import RunWriter\n",
    "drivers/session.py": "import threading\nfrom jupyter_flows import settings\n",
    "settings.py": "import os\n",
    "engine/ports.py": "if TYPE_CHECKING:\n    from jupyter_flows.model.runs import Run\n",
    "model/runs.py": "from datetime import datetime\n\n\ndef at(s):\n    return datetime.fromtimestamp(s)\n",
    "signals.py": "from jupyter_flows.model.runs import Run\n\n__all__ = ['RUN']\n\nRUN = Run\n",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_a_clean_tree_gives_no_complaint(check, tmp_path):
    assert check(plant(tmp_path, CLEAN)) == []


def test_a_docstring_does_not_count_as_code(tmp_path):
    text = '"""A module.\n\nOf some lines.\n"""\n\n# why\nx = """a\nb"""\n\n\ndef f():\n    """One."""\n    return x\n'
    assert code_lines(plant(tmp_path, {"model/runs.py": text})["model.runs"]) == 4


def test_each_meeting_has_a_reason_and_stays_in_its_layer():
    for pair, reason in MEETINGS.items():
        assert reason
        assert len({LAYERS[name.partition(".")[0]] for name in pair}) == 1


def test_what_is_imported_is_declared_and_what_is_declared_is_imported(house):
    known = set(house)
    imported = (
        {
            found.target.partition(".")[0]
            for source in house.values()
            for found in imports_of(source, known)
            if not found.for_types
        }
        - sys.stdlib_module_names
        - {PACKAGE}
    )
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {distribution(line) for line in project["dependencies"]}
    optional = {distribution(line) for extra in project["optional-dependencies"].values() for line in extra}
    assert imported <= core | optional, "imported, but in no list of pyproject.toml"
    assert core <= imported | set(NOT_IMPORTED), "in pyproject.toml, but nothing imports it"


def distribution(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower()
    return {"python-dateutil": "dateutil", "ipython": "IPython", "pyzmq": "zmq", "pyyaml": "yaml"}.get(
        name, name
    ).replace("-", "_")


def plant(root: Path, files: dict[str, str]) -> dict[str, Source]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_sources(root)
