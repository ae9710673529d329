"""The extension sleeps until it is used, and nobody can tell."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_flows.magics.extension import Extension, load_ipython_extension, unload_ipython_extension
from jupyter_flows.magics.loaded import ATTRIBUTE


def is_awake(notebook: Any) -> bool:
    extension = getattr(notebook.shell, ATTRIBUTE)
    assert isinstance(extension, Extension)
    return extension._whole is not None


@pytest.mark.parametrize(
    ("text", "wakes"),
    [
        ("x = 1", False),
        ("print('%%time')", False),
        ("%%task\nx = 1", True),
        ("%flow", True),
        ("%flows", True),
        ("from jupyter_flows import flow", True),
        ("get_ipython().run_line_magic('fl' + 'ow', 'status')", True),
        ("get_ipython().run_cell_magic('ta' + 'sk', '', 'x = 1')", True),
    ],
)
def test_what_uses_it_wakes_it(notebook, monkeypatch, text, wakes):
    monkeypatch.delitem(sys.modules, "jupyter_flows.authoring", raising=False)
    notebook.good(text)
    assert is_awake(notebook) is wakes


def test_the_cells_that_were_run_before_are_known(notebook, monkeypatch):
    monkeypatch.delitem(sys.modules, "jupyter_flows.authoring", raising=False)
    notebook.good("n = 2")
    assert not is_awake(notebook)
    notebook.good("%%task double\ndouble = 2 * n")
    assert [cell.text for cell in notebook.workbench.notebook] == ["n = 2", "%%task double\ndouble = 2 * n"]
    assert [end for _, end in notebook.ends()] == ["Completed"]


def test_help_and_the_tab_key_answer_as_if_it_were_awake(notebook):
    told = notebook.good("get_ipython().find_cell_magic('task').__doc__").value
    assert "--retries" in told
    unload_ipython_extension(notebook.shell)
    load_ipython_extension(notebook.shell)
    complete = notebook.shell.strdispatchers["complete_command"]
    found = next(iter(complete.s_matches("%flow")))
    assert "status" in found(SimpleNamespace(line="%flow "))


def test_unloading_takes_all_of_it_away_asleep_or_awake(notebook):
    shell = notebook.shell
    for text in ("1", "%flow"):
        notebook.good(text)
        unload_ipython_extension(shell)
        assert "task" not in shell.magics_manager.magics["cell"]
        assert not [one for one in shell.input_transformers_cleanup if "jupyter_flows" in repr(one)]
        load_ipython_extension(shell)


def test_loading_it_imports_next_to_nothing():
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance();"
        "s.run_line_magic('load_ext', 'jupyter_flows');"
        "print(sorted(name for name in sys.modules if name.startswith('jupyter_flows.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(
        [
            "jupyter_flows.magics",
            "jupyter_flows.magics.extension",
            "jupyter_flows.magics.loaded",
            "jupyter_flows.version",
        ]
    )
