from __future__ import annotations

from typing import Any

import nbformat
import pytest
from papermill.parameterize import parameterize_notebook
from papermill.translators import translate_parameters

from jupyter_flows.errors import NotebookError
from jupyter_flows.notebooks.imported_names import imported_names, used_names
from jupyter_flows.notebooks.injection import first_tagged, inject, source_of

VALUES: dict[str, Any] = {
    "a": 1, "b": -2.5, "c": True, "d": None, "e": "say \"hi\"\n\té\\ 😀 'x'", "f": [1, "x", [None]],
    "g": {"k\n": {"x": 1}}, "h": [], "i": {}, "j": 10**30,
}  # fmt: skip


def cell(number: int, *tags: str) -> dict[str, Any]:
    base = {"cell_type": "code", "id": f"c{number}", "metadata": {"tags": list(tags)}, "source": f"x = {number}"}
    return base | {"execution_count": None, "outputs": []}


def test_python_is_written_as_papermill_writes_it() -> None:
    assert source_of(VALUES, "python3", "python") == translate_parameters("python3", "python", VALUES)
    names: dict[str, Any] = {}
    exec(source_of(VALUES, "python3", "python"), names)
    assert {name: names[name] for name in VALUES} == VALUES


@pytest.mark.parametrize(
    ("kernel", "language", "line"), [("ir", "r", "a = 1"), ("bash", "bash", "a=1"), ("julia-1.9", "julia", "a = 1")]
)
def test_other_languages_are_written_by_papermills_translators(kernel: str, language: str, line: str) -> None:
    assert line in source_of({"a": 1}, kernel, language).splitlines()


def test_a_language_that_nobody_can_write_is_told() -> None:
    with pytest.raises(NotebookError, match="a kernel of the language 'cobol'"):
        source_of({"a": 1}, "cob", "cobol")


@pytest.mark.parametrize(
    "cells",
    [
        [cell(0), cell(1, "parameters"), cell(2)],
        [cell(0, "parameters"), cell(1, "injected-parameters"), cell(2)],
        [cell(0), cell(1)],
    ],
    ids=["after the tagged cell", "in the place of the earlier one", "first"],
)
def test_the_cell_goes_where_papermill_puts_it(cells: list[dict[str, Any]]) -> None:
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"papermill": {}}, "cells": cells}
    theirs = nbformat.from_dict(node)
    theirs = parameterize_notebook(theirs, {"a": 1}, kernel_name="python3", language="python")
    inject(node, {"a": 1}, "python3", "python")
    assert [one["source"] for one in node["cells"]] == [one["source"] for one in theirs.cells]
    position = first_tagged(node, "injected-parameters")
    assert position == first_tagged(theirs, "injected-parameters")
    assert {**theirs.cells[position], "id": ""} == {**node["cells"][position], "id": ""}


def test_imported_names_are_guessed_from_the_text() -> None:
    sources = [
        "import numpy as np, pandas.io.json\nfrom matplotlib.pyplot import plot",
        "def f():\n    import os.path\nfrom . import x\n# import no\nx = 'import nothing'",
        "%%bash\nimport me",
    ]
    assert imported_names(sources) == {"numpy", "pandas", "matplotlib", "os", "me"}


@pytest.mark.parametrize(
    ("sources", "used"),
    [
        (["import numpy as np", "np.arange(3)"], {"numpy"}),
        (["import numpy as np\nimport pandas as pd", "x = numpy = 1\npd.DataFrame()"], {"pandas"}),
        (["import matplotlib.pyplot", "matplotlib.pyplot.plot([1])"], {"matplotlib"}),
        (["from matplotlib.pyplot import (plot as p, show)\np([1])"], {"matplotlib"}),
        (["from matplotlib import pyplot", "x.pyplot"], set()),
        (["import pandas", "# nothing"], set()),
        (["import numpy.linalg; print(numpy.linalg)", ""], set()),
        (["%%bash\nimport me"], set()),
    ],
)
def test_a_used_name_is_one_that_the_code_goes_on_with(sources: list[str], used: set[str]) -> None:
    assert used_names(sources) == used
