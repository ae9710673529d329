"""Run every notebook below some folders headless, here and by stock papermill, and compare what they became.

Run by hand. The folders are unpacked source distributions, of which each is a row of the table that is printed:

    pip download --no-binary :all: --no-deps nbconvert nbclient papermill ipywidgets
    .venv/bin/python tests/comparison/notebooks_of_sdists.py nbconvert-*/ nbclient-*/ papermill-*/ ipywidgets-*/

A folder ``kernels/python3`` in one that ``JUPYTER_PATH`` names takes the kernels of another environment, which has what
the notebooks import. ``docs/conformance.md`` has the table and explains the differences, by the same words as here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CELL_SECONDS = 20  # the slowest of them sleeps for ten
Facets = dict[str, Any]

# --- what is not compared --------------------------------------------------------------------------------------------

# In every text of every output; what differs from run to run of the same executor.
TEXTS: tuple[tuple[str, str], ...] = (
    (r"\b0x[0-9a-f]{6,16}\b", "ADDRESS"),
    (r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b", "ID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", "TIME"),
    (r"/ipykernel_\d+/\d+\.py", "/CELL.py"),
)


def plain(value: Any, folder: str) -> Any:
    """A value without what differs from run to run."""
    text = json.dumps(value, sort_keys=True).replace(folder, "FOLDER")
    for pattern, word in TEXTS:
        text = re.sub(pattern, word, text)
    return json.loads(text)


def spelled_out(value: Any, widgets: Mapping[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """A value in which each widget's id, which is drawn anew in each run, is replaced by what the widget is."""
    if isinstance(value, dict):
        return {name: spelled_out(part, widgets, seen) for name, part in value.items()}
    if isinstance(value, list):
        return [spelled_out(part, widgets, seen) for part in value]
    name = value.removeprefix("IPY_MODEL_") if isinstance(value, str) else ""
    if name not in widgets:
        return value
    return "ABOVE" if name in seen else spelled_out(widgets[name], widgets, (*seen, name))


def joined(outputs: list[Any]) -> list[Any]:
    """Outputs with the parts of a stream in one: how many there are is chance."""
    found: list[Any] = []
    for output in outputs:
        output = {name: value for name, value in output.items() if name != "transient"}  # noqa: PLW2901
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
            if found and found[-1].get("name") == output["name"]:
                found[-1]["text"] += output["text"]
                continue
        found.append(output)
    return found


def facets_of(node: Mapping[str, Any], end: str, folder: Path) -> Facets:
    """All that is compared of an executed notebook, by what it is about."""
    marked = "papermill-error-cell-tag"  # papermill points at an error by cells of its own
    cells = [cell for cell in node["cells"] if marked not in cell["metadata"].get("tags", ())]
    widgets = _widgets(node)
    everything = sorted((spelled_out(state, widgets) for state in widgets.values()), key=json.dumps)
    found: Facets = {"end": end, "widgets": everything, "language": _language(node)}
    found["cells"] = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    for number, cell in enumerate(cells, 1):
        found[f"state of cell {number}"] = cell["metadata"].get("papermill", {}).get("status")
        found[f"tags of cell {number}"] = cell["metadata"].get("tags")
        if cell["cell_type"] == "code":
            found[f"count of cell {number}"] = cell["execution_count"]
            found[f"outputs of cell {number}"] = spelled_out(joined(cell["outputs"]), widgets)
    return {name: plain(value, str(folder)) for name, value in found.items()}


def _widgets(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = node["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    return json.loads(json.dumps(kept.get("state", {}), sort_keys=True))


def _language(node: Mapping[str, Any]) -> Any:
    return {name: node["metadata"].get(name) for name in ("language_info", "kernelspec")}


# --- the ways to run one ---------------------------------------------------------------------------------------------


class Quiet:
    """A watcher that looks away."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_: None


def by_papermill(path: Path, kernel: str, engine: str = "nbclient") -> tuple[Path, str]:
    """Execute by `papermill.execute_notebook`; return the executed copy, and how the run ended."""
    import papermill

    target, end = path.with_name(f"executed by {engine}.ipynb"), "Completed"
    choices = {"kernel_name": kernel, "engine_name": engine, "execution_timeout": CELL_SECONDS}
    try:
        papermill.execute_notebook(str(path), str(target), cwd=str(path.parent), progress_bar=False, **choices)
    except Exception as error:
        end = ENDS.get(type(error).__name__, f"{type(error).__name__}: {error}")
    return target, end


ENDS = {
    "PapermillExecutionError": "Failed",
    "CellTimeoutError": "TimedOut",
    "RunTimedOut": "TimedOut",
    "DeadKernelError": "KernelDied",
    "KernelDied": "KernelDied",
}


def by_ourselves(path: Path, kernel: str) -> tuple[Path, str]:
    """Execute as `jupyter flows run` does; kernels are forked, as soon as they can be."""
    from jupyter_flows.services.notebook_run import NotebookChoices, prepare_notebook, run_notebook

    watcher: Any = Quiet()
    choices = NotebookChoices(html=False, more_to_come=True, cell_timeout=CELL_SECONDS)
    end = run_notebook(prepare_notebook(path, {}, kernel), watcher, choices)
    return end.artifacts["notebook"], end.state.name


def by_ourselves_spawned(path: Path, kernel: str) -> tuple[Path, str]:
    """Do the same with a kernel that is started anew."""
    os.environ["JUPYTER_FLOWS_KERNEL_START"] = "spawned"
    try:
        return by_ourselves(path, kernel)
    finally:
        del os.environ["JUPYTER_FLOWS_KERNEL_START"]


def by_our_engine(path: Path, kernel: str) -> tuple[Path, str]:
    """Execute as `papermill --engine jupyter-flows` does."""
    return by_papermill(path, kernel, "jupyter-flows")


# What a notebook draws by chance is the same in each run: kernels of all ways read these files.
STARTUP = """
import contextlib, random
random.seed(1)
with contextlib.suppress(ImportError):
    import numpy
    numpy.random.seed(1)
"""


def same_chances(folder: Path) -> None:
    """Let kernels have a profile that seeds, and pictures ids that are not drawn."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "seeds.py").write_text(STARTUP)
    (folder / "matplotlibrc").write_text("svg.hashsalt: one\n")
    os.environ |= {"IPYTHONDIR": str(folder / "ipython"), "MATPLOTLIBRC": str(folder / "matplotlibrc")}


Way = Callable[[Path, str], tuple[Path, str]]
WAYS: dict[str, Way] = {
    "run, forked": by_ourselves,
    "run, spawned": by_ourselves_spawned,
    "papermill --engine": by_our_engine,
}


# --- the differences that are meant ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One facet of one notebook that the two disagree on."""

    facet: str
    theirs: Any
    ours: Any
    end: str  # of the run, by stock papermill
    allowed_to_raise: bool


CUT_SHORT = ("TimedOut", "KernelDied")

# What is said of it in the documentation -> whether a difference is that one.
EXPLAINED: dict[str, Callable[[Difference], bool]] = {
    "a cell that never ran is called completed by papermill": lambda it: (
        it.facet.startswith("state") and (it.theirs, it.ours) == ("completed", "pending")
    ),
    "a cell that was cut short is called completed by papermill": lambda it: (
        it.facet.startswith("state") and (it.theirs, it.ours) == ("completed", "failed") and it.end in CUT_SHORT
    ),
    "a cell that was cut short says here why": lambda it: (
        it.facet.startswith("outputs") and it.end in CUT_SHORT and it.ours[: len(it.theirs)] == it.theirs
    ),
    "papermill counts a cell itself, also where its kernel died before it could say its count": lambda it: (
        it.facet.startswith("count") and it.end == "KernelDied" and it.ours is None
    ),
    "papermill leaves the old language in a file whose run was cut short": lambda it: (
        it.facet == "language" and it.end in CUT_SHORT
    ),
    "a cell that leaves the notebook with exit status 0 is called failed by papermill, which ends well": lambda it: (
        it.facet.startswith("state") and (it.theirs, it.ours, it.end) == ("failed", "completed", "Completed")
    ),
    "a parameters cell that is no Python is refused here before a kernel starts": lambda it: (
        it.facet == "end" and it.theirs == "Failed" and "its parameters cell" in it.ours
    ),
    "papermill runs all cells, and then fails for one that was allowed to raise": lambda it: (
        it.facet == "end" and (it.theirs, it.ours) == ("Failed", "Completed") and it.allowed_to_raise
    ),
}


def explanation(difference: Difference) -> str | None:
    """Why a difference is meant; None where nobody has said so."""
    return next((why for why, holds in EXPLAINED.items() if holds(difference)), None)


# --- the comparison --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Row:
    """What became of the notebooks of one distribution."""

    name: str
    notebooks: int = 0
    left_out: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])  # of the runs by papermill
    found: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])  # way -> equal, meant, different

    def count(self, way: str, word: str) -> None:
        self.found.setdefault(way, Counter())[word] += 1

    def told(self, way: str) -> str:
        """The row of the table."""
        counts = (self.found.get(way, Counter())[word] for word in ("equal", "meant", "different"))
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return " | ".join(["", self.name, str(self.notebooks), *map(str, counts), str(self.left_out), ends, ""]).strip()


def kernel_for(path: Path) -> str | None:
    """The kernel that a notebook names where it is installed, else Python's where it is in Python, else None."""
    from jupyter_flows.notebooks.kernels import installed_kernels

    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    spec = metadata.get("kernelspec", {})
    if (name := str(spec.get("name", "")).lower()) in installed_kernels():
        return name
    language = str(spec.get("language") or metadata.get("language_info", {}).get("name") or "python")
    named_otherwise = name and not name.startswith("python")
    return None if named_otherwise or not language.lower().startswith("python") else "python3"


@contextmanager
def own_place(notebook: Path) -> Iterator[Path]:
    """A copy of the notebook, and of all that is beside it, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="nb-") as place:
        folder = Path(place) / "book"
        shutil.copytree(notebook.parent, folder)
        partners = Path(place) / "partners"  # of nbclient's two notebooks that wait for each other
        partners.mkdir()
        for name in "AB":
            (partners / f"test_file_{name}.txt").write_text(f"Hello from {name}")
        os.environ["NBEXECUTE_TEST_PARALLEL_TMPDIR"] = str(partners)
        yield folder / notebook.name


def executed(way: Way, notebook: Path, kernel: str) -> Facets:
    from jupyter_flows.errors import NotANotebook

    with own_place(notebook) as path:
        try:
            target, end = way(path, kernel)
        except NotANotebook as refused:
            return {"end": f"Refused: {refused}"}
        return facets_of(json.loads(target.read_text(encoding="utf-8")), end, path.parent)


def differences(theirs: Facets, ours: Facets) -> list[Difference]:
    refused = ours["end"].startswith("Refused")
    names = ["end"] if refused else [name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)]
    may = any("raises-exception" in (tags or ()) for name, tags in theirs.items() if name.startswith("tags"))
    return [Difference(name, theirs.get(name), ours.get(name), theirs["end"], may) for name in names]


def compare(notebook: Path, row: Row, meant: dict[str, set[str]]) -> None:
    """Run one notebook in all ways and count what came of it."""
    row.notebooks += 1
    kernel = kernel_for(notebook)
    if kernel is None:
        row.left_out += 1
        print(f"   {notebook.name}: left out; {refusals(notebook)}", flush=True)
        return
    theirs = executed(by_papermill, notebook, kernel)
    row.ends[theirs["end"]] += 1
    for name, way in WAYS.items():
        found = differences(theirs, executed(way, notebook, kernel))
        reasons = {explanation(one) for one in found}
        word = "different" if None in reasons else "meant" if found else "equal"
        row.count(name, word)
        print(f"   {notebook.name} ({theirs['end']}), {name}: {word}", flush=True)
        for one in found:
            why = explanation(one)
            print(f"      {one.facet}: {why or 'DIFFERENT'}")
            if why is not None:
                meant.setdefault(why, set()).add(notebook.name)
            else:
                print(f"         theirs: {json.dumps(one.theirs)[:1500]}")
                print(f"         ours:   {json.dumps(one.ours)[:1500]}")


def refusals(notebook: Path) -> str:
    """What stock papermill and we say of a notebook whose kernel is not installed."""
    from jupyter_flows.errors import KernelNotFound

    name = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"]
    with own_place(notebook) as path:
        _, theirs = by_papermill(path, name)
        try:
            _, ours = by_ourselves(path, name)
        except KernelNotFound as refused:
            ours = f"KernelNotFound: {refused}"
    return f"papermill: {theirs}; here: {ours}"


def main(folders: list[Path]) -> int:
    rows: list[Row] = []
    meant: dict[str, set[str]] = {}
    for folder in folders:
        row = Row(folder.name)
        rows.append(row)
        print(folder.name, flush=True)
        for notebook in sorted(folder.rglob("*.ipynb")):
            compare(notebook, row, meant)
    for way in WAYS:
        print(f"\n{way}\n\n| notebooks of | all | equal | as meant | different | left out | ended, by papermill |")
        print("|---|---|---|---|---|---|---|", *(row.told(way) for row in rows), sep="\n")
    print("\nAs meant:", *(f"- {why}: {', '.join(sorted(names))}" for why, names in meant.items()), sep="\n")
    return int(any(counts["different"] for row in rows for counts in row.found.values()))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as data:
        os.environ["JUPYTER_FLOWS_DIR"] = str(Path(data) / "flows")
        same_chances(Path(data))
        sys.exit(main([Path(argument).resolve() for argument in sys.argv[1:]]))
