"""papermill's own command with our engine, and with its default one, side by side: the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytestmark = pytest.mark.timeout(
    290
)  # eight notebooks one after the other, half of them by an engine that takes its time

METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
BOOKS: dict[str, list[Any]] = {
    "plain": [
        new_markdown_cell("# Title"),
        new_code_cell("x = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("import sys\nprint(x)\nprint('e', file=sys.stderr)\nx"),
        new_code_cell("await __import__('asyncio').sleep(0)\n%timeit -n1 -r1 -q 1"),
        new_code_cell("  \n"),
        new_code_cell("oops", metadata={"tags": ["skip-execution"]}),
        new_code_cell("!echo shell; exit 3\n_exit_code"),
        new_code_cell("%%bash\necho words"),
        new_markdown_cell("end"),
    ],
    "rich": [
        new_code_cell(
            "from IPython.display import HTML, Image, JSON, Markdown, SVG, clear_output, display\n"
            "display(HTML('<b>x</b>'), Markdown('*y*'), JSON({'z': [1]}))\n"
            "shown = display('one', display_id=True)\nshown.update('two')"
        ),
        new_code_cell("shown.update('three')\nprint('gone')\nclear_output(wait=True)\nprint('here')"),
        new_code_cell("import matplotlib.pyplot as plt\nimport pandas as pd\nplt.plot([1, 2])\nplt.show()"),
        new_code_cell("pd.DataFrame({'a': [1, 2]})"),
        new_code_cell("SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')"),
        new_code_cell("Image(data=bytes.fromhex('89504e470d0a1a0a'), format='png')"),
    ],
    "failing": [new_code_cell("print(1)"), new_code_cell("print(2)\n1/0"), new_code_cell("3")],
    "exiting": [new_code_cell("import sys; sys.exit(0)"), new_code_cell("2")],
}
GIVEN = {"plain": ["-p", "x", "5"]}

RUN = """
import json, sys
from papermill import PapermillExecutionError
from papermill.cli import papermill
for name, engine, given in json.loads(sys.argv[1]):
    choice = ["--engine", engine] if engine else []
    command = [f"{name}.ipynb", f"{name}-{engine}.ipynb", *choice, *given, "--no-progress-bar"]
    try:
        papermill(command, standalone_mode=False)
    except PapermillExecutionError as error:
        print(name, engine, error.ename)
"""
OURS, DEFAULT = "jupyter-flows", ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("books")
    for name, cells in BOOKS.items():
        nbformat.write(new_notebook(cells=cells, metadata=METADATA), made / f"{name}.ipynb")
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> list[str]:
    runs = [(name, engine, GIVEN.get(name, [])) for name in BOOKS for engine in (DEFAULT, OURS)]
    script = [sys.executable, "-W", "ignore", "-c", RUN, json.dumps(runs)]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, timeout=270)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def comparable(path: Path) -> Any:
    # A shell command ends its lines as on a terminal; we keep them as they show.
    node = json.loads(path.read_text().replace(r"\r\n", r"\n"))
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


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("plain", ["stream", "stream", "execute_result", "stream", "execute_result", "stream"]),
        ("rich", ["display_data"] * 4 + ["stream", "display_data", *["execute_result"] * 3]),
        ("failing", ["stream", "stream", "error"]),
    ],
)
def test_the_files_are_those_of_papermills_default_engine(
    folder: Path, told: list[str], name: str, kinds: list[str]
) -> None:
    assert told == ["failing  ZeroDivisionError", "failing jupyter-flows ZeroDivisionError"]
    ours, theirs = (comparable(folder / f"{name}-{engine}.ipynb") for engine in (OURS, DEFAULT))
    assert ours == theirs
    assert [output["output_type"] for cell in ours["cells"] for output in cell["outputs"]] == kinds


def test_cells_after_an_exit_are_not_said_to_be_completed(folder: Path, told: list[str]) -> None:
    del told
    node = nbformat.read(folder / "exiting-jupyter-flows.ipynb", as_version=4)
    assert [cell.metadata.papermill.status for cell in node.cells] == ["failed", "pending"]


def test_the_engines_module_loads_nothing_heavy() -> None:
    text = "import sys, jupyter_flows.papermill_engine; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"nbformat", "papermill", "zmq", "asyncio", "nbconvert", "sqlalchemy", "IPython", "jupyter_core"}
    assert not heavy & set(loaded)
