"""papermill's own API with our engine, and stock papermill, side by side: the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
BOOKS: dict[str, list[Any]] = {
    "outputs": [
        new_markdown_cell("# Title"),
        new_code_cell("x = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("import sys\nprint(x)\nprint('e', file=sys.stderr)\nx"),
        new_code_cell(
            "from IPython.display import HTML, clear_output, display\ndisplay(HTML('<b>x</b>'))\n"
            "shown = display('one', display_id=True)\nshown.update('two')"
        ),
        new_code_cell("shown.update('three')\nprint('gone')\nclear_output(wait=True)\nprint('here')"),
        new_code_cell("await __import__('asyncio').sleep(0)\n%timeit -n1 -r1 -q 1"),
        new_markdown_cell("end"),
    ],
    "failing": [new_code_cell("print(1)"), new_code_cell("1/0"), new_code_cell("3")],
    "allowed": [new_code_cell("import sys; sys.exit(0)"), new_code_cell("2")],
}

RUN = """
import json, sys, papermill
for name, engine in json.loads(sys.argv[1]):
    try:
        papermill.execute_notebook(
            f"{name}.ipynb", f"{name}-{engine}.ipynb", {"x": 5} if name == "outputs" else {},
            engine_name=engine, progress_bar=False,
        )
    except papermill.PapermillExecutionError as error:
        print(name, engine, error.ename)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("books")
    for name, cells in BOOKS.items():
        nbformat.write(new_notebook(cells=cells, metadata=METADATA), made / f"{name}.ipynb")
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> list[str]:
    runs = [(name, engine) for name in BOOKS for engine in ("nbclient", "jupyter-flows")]
    script = [sys.executable, "-W", "ignore", "-c", RUN, json.dumps(runs)]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def comparable(path: Path) -> Any:
    node = json.loads(path.read_text())
    account = node["metadata"]["papermill"]
    for key in ("start_time", "end_time", "duration", "output_path"):
        account.pop(key)
    for cell in node["cells"]:
        cell["id"] = ""
        cell["metadata"].get("papermill", {}).update(start_time="", end_time="", duration=0)
        cell["metadata"]["execution"] = sorted(cell["metadata"].get("execution", {}))
        cell["outputs"] = joined(cell.get("outputs", []))
    return node


def joined(outputs: list[Any]) -> list[Any]:
    found: list[Any] = []
    for output in outputs:
        if output["output_type"] == "stream" and found and found[-1].get("name") == output["name"]:
            found[-1]["text"] += output["text"]
        else:
            found.append(output)
    return found


@pytest.mark.parametrize("name", ["outputs", "failing"])
def test_the_files_are_those_of_papermills_own_engine(folder: Path, told: list[str], name: str) -> None:
    assert told == ["failing nbclient ZeroDivisionError", "failing jupyter-flows ZeroDivisionError"]
    ours, theirs = (comparable(folder / f"{name}-{engine}.ipynb") for engine in ("jupyter-flows", "nbclient"))
    assert ours == theirs


def test_cells_after_an_exit_are_not_said_to_be_completed(folder: Path, told: list[str]) -> None:
    del told
    node = nbformat.read(folder / "allowed-jupyter-flows.ipynb", as_version=4)
    assert [cell.metadata.papermill.status for cell in node.cells] == ["failed", "pending"]


def test_the_engines_module_loads_nothing_heavy() -> None:
    text = "import sys, jupyter_flows.papermill_engine; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"nbformat", "papermill", "zmq", "asyncio", "nbconvert", "sqlalchemy", "IPython", "jupyter_core"}
    assert not heavy & set(loaded)
