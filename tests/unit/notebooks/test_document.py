from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.errors import KernelNotFound, NotANotebook, NotebookNotFound
from jupyter_flows.notebooks.document import CodeCell, load_notebook

SPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def code(source: str, number: int = 0, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": {"tags": list(tags)},
        "source": source,
        "execution_count": None,
        "outputs": [],
    }


def notebook(**changes: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": SPEC}, "cells": [code("1")]} | changes


def saved(folder: Path, content: object, name: str = "report.ipynb") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_good_notebook_is_described(tmp_path: Path) -> None:
    markdown = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# A\n", "b"]}
    cells = [
        markdown,
        code("\n# \n# Load\nx = 1", 1),
        code("  ", 2),
        code("y", 3, ("skip-execution",)),
        code("z" * 90, 4),
    ]
    path = saved(tmp_path, notebook(cells=cells))
    document = load_notebook(path)
    assert (document.path, document.kernel_name, document.language, document.name) == (
        path,
        "python3",
        "python",
        "report",
    )
    assert document.fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.code_cells == (CodeCell(1, "# Load"), CodeCell(4, "z" * 79 + "…"))
    assert document.notes == ()


def test_a_relative_path_becomes_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path, notebook())
    monkeypatch.chdir(tmp_path)
    assert load_notebook("report.ipynb").path == tmp_path / "report.ipynb"


@pytest.mark.parametrize(
    "name", ["{x.__class__}.ipynb", "{{}}.ipynb", "a;touch b.ipynb", "-h.ipynb", "%n.ipynb", "é \n.ipynb"]
)
def test_a_hostile_name_is_just_a_name(tmp_path: Path, name: str) -> None:
    assert load_notebook(saved(tmp_path, notebook(), name)).path.name == name


@pytest.mark.parametrize(
    "path",
    [
        '{{"cells": [], "nbformat": 4}}',
        json.dumps(notebook()),
        "https://example.org/a.ipynb",
        "s3://b/a.ipynb",
        "no.ipynb",
    ],
)
def test_only_a_file_is_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    # A whole notebook as the path may also be longer than a file's name can be.
    with pytest.raises((NotebookNotFound, NotANotebook), match=r"there is no notebook|File name too long"):
        load_notebook(path)


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "folder": (lambda folder: folder, "it is a folder"),
    "other ending": (lambda folder: saved(folder, notebook(), "a.json"), "does not end in .ipynb"),
    "empty": (lambda folder: saved(folder, ""), "the file is empty"),
    "blank": (lambda folder: saved(folder, "\n "), "the file is empty"),
    "not JSON": (lambda folder: saved(folder, '{"a": 1,\n  oops}'), "not JSON: line 2, column 3"),
    "deep": (lambda folder: saved(folder, "[" * 100_000), "nested too deeply"),
    "long number": (lambda folder: saved(folder, f'{{"nbformat": {"4" * 10_000}}}'), "its JSON cannot be read"),
    "JSON list": (lambda folder: saved(folder, []), "no 'nbformat' number"),
    "JSON object": (lambda folder: saved(folder, {"a": 1}), "no 'nbformat' number"),
    "text for a version": (lambda folder: saved(folder, notebook(nbformat="4")), "no 'nbformat' number"),
    "no cells": (
        lambda folder: saved(folder, {"nbformat": 4, "nbformat_minor": 5}),
        "does not fit the notebook format",
    ),
    "bad cell": (
        lambda folder: saved(folder, notebook(cells=[{"cell_type": "code"}])),
        "does not fit the notebook format",
    ),
    "cells of text": (lambda folder: saved(folder, notebook(cells=["x"])), "does not fit the notebook format"),
    "metadata of text": (lambda folder: saved(folder, notebook(metadata="x")), "does not fit the notebook format"),
    "tags of text": (
        lambda folder: saved(folder, notebook(cells=[code("1") | {"metadata": {"tags": "x"}}])),
        "cell 1 has tags that are no list",
    ),
    "output of no type": (
        lambda folder: saved(folder, notebook(cells=[code("1") | {"outputs": [{"text": "x"}]}])),
        "output of the unknown type None",
    ),
    "broken nbformat 3": (
        lambda folder: saved(folder, {"nbformat": 3, "worksheets": [1]}),
        "the old nbformat 3 and cannot be converted",
    ),
    "nbformat 9": (lambda folder: saved(folder, notebook(nbformat=9)), "newer than 4; upgrade"),
    "another language": (
        lambda folder: saved(folder, notebook(metadata={"language_info": {"name": "R"}})),
        "names no kernel and is written in R; choose one with --kernel",
    ),
}


@pytest.mark.parametrize(("make", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    path = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NotANotebook) as caught:
        load_notebook(path)
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(NotANotebook, match="not UTF-8 text"):
        load_notebook(path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = saved(tmp_path, notebook())
    monkeypatch.setattr(Path, "read_bytes", refused)  # root may read whatever the permissions say
    with pytest.raises(NotANotebook, match="you may not read it"):
        load_notebook(path)


def test_an_unknown_kernel_is_refused_with_the_installed_ones(tmp_path: Path) -> None:
    path = saved(tmp_path, notebook(metadata={"kernelspec": SPEC | {"name": "cobol"}}))
    with pytest.raises(KernelNotFound, match=r"no kernel 'cobol' here; installed: .*python3"):
        load_notebook(path)
    assert load_notebook(path, kernel_name="Python3").kernel_name == "python3"
    with pytest.raises(KernelNotFound, match="no kernel 'fortran'"):
        load_notebook(path, kernel_name="fortran")


def test_a_notebook_without_a_kernel_gets_python_and_a_note(tmp_path: Path) -> None:
    document = load_notebook(saved(tmp_path, notebook(metadata={})))
    assert document.kernel_name == "python3"
    assert document.notes == ("the notebook names no kernel; python3 is used",)


def test_missing_and_doubled_cell_ids_are_mended(tmp_path: Path) -> None:
    cells = [code("1", 1), code("2", 1), {key: value for key, value in code("3").items() if key != "id"}]
    document = load_notebook(saved(tmp_path, notebook(cells=cells)))
    assert [cell["id"] for cell in document.node["cells"]] == ["cell-1", "cell-1-2", "cell-2"]


def test_an_older_minor_version_is_raised_to_one_with_ids(tmp_path: Path) -> None:
    cell = {key: value for key, value in code("3").items() if key != "id"}
    node = load_notebook(saved(tmp_path, notebook(nbformat_minor=2, cells=[cell]))).node
    assert (node["nbformat"], node["nbformat_minor"], node["cells"][0]["id"]) == (4, 5, "cell-0")


def test_an_old_notebook_is_converted(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "language": "python", "input": ["x = 1\n", "x"], "outputs": [], "collapsed": False}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
    document = load_notebook(saved(tmp_path, old))
    assert (document.node["nbformat"], document.node["cells"][0]["source"]) == (4, "x = 1\nx")
    assert document.kernel_name == "python3"


def test_importing_the_module_loads_no_notebook_package() -> None:
    modules = "document, parameters, execution, html, published"
    text = f"import sys; from jupyter_flows.notebooks import {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout.split()
    assert not {"nbformat", "jupyter_client", "papermill", "nbclient", "nbconvert", "pydantic", "IPython"} & set(loaded)
