from __future__ import annotations

import pytest

from jupyter_flows.cells.ambient import ambient_code
from jupyter_flows.cells.source import CellSource

CODE = {
    "imports and functions, on their lines": (
        "import os\nx = 1\n@cache\ndef f():\n    return x\ny = f()",
        "import os\n\n@cache\ndef f():\n    return x\n\n",
    ),
    "not what needs an output": ("n = 1\ndef f(k=n): ...\ndef g(k=f): ...\ndef h(): ...", "\n\n\ndef h(): ...\n"),
    "not what shares a line": ("import os; x = 1", ""),
    "not what is bound otherwise too": ("import a\na = f()", ""),
    "nothing": ("x = 1", ""),
    "no Python": ("x = (", ""),
}


@pytest.mark.parametrize(("source", "wanted"), CODE.values(), ids=CODE.keys())
def test_imports_and_plain_definitions_are_taken_out(source: str, wanted: str) -> None:
    assert ambient_code(CellSource(source)) == wanted
