"""Which names a plain cell reads and binds, as far as it must wait for them."""

from __future__ import annotations

import ast
import threading
from typing import Any

import pytest

from jupyter_flows.drivers.futures import TaskFuture
from jupyter_flows.magics.background import names_in

NAMES: dict[str, Any] = {"__name__": "__main__"}
exec("def helper():\n    return waited_for", NAMES)


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("print(rows)", True),
        ("other = 1", False),
        ("rows.append(1)", True),
        ("f'{rows}'", True),
        ("rows += [1]", True),
        ("def late():\n    return rows", False),
        ("def now():\n    return rows\nnow()", True),
        ("def now(x=rows):\n    return x", True),
        ("x = lambda: rows", True),
        ("class C:\n    x = rows", True),
        ("get_ipython().run_line_magic('time', 'y = f(rows)')", True),
        ("get_ipython().system('ls {rows}')", True),
        ("get_ipython().run_cell_magic('task', '', 'print(rows)')", False),
        ("get_ipython().run_line_magic('flow', 'run rows')", False),
        ("[rows for _ in range(3)]", True),
    ],
)
def test_the_names_that_a_cell_may_read(code, reads):
    found, _ = names_in(ast.parse(code), {})
    assert found is not None
    assert ("rows" in found) is reads


@pytest.mark.parametrize("code", ["exec('x')", "globals()['rows']", "from m import *"])
def test_a_cell_that_may_read_anything_waits_for_everything(code):
    assert names_in(ast.parse(code), {})[0] is None


def test_functions_of_the_notebook_count_with_what_they_read():
    found, _ = names_in(ast.parse("helper()"), NAMES)
    assert "waited_for" in (found or ())


def test_what_is_bound_counts_too():
    assert names_in(ast.parse("rows = 1\nimport os.path\nfrom a import b as c\ndef f(): ..."), {})[1] == {
        "rows",
        "os",
        "c",
        "f",
    }


def test_a_front_end_that_drops_late_messages_gets_the_foreground(notebook):
    ran = notebook.good("%%task --background\nx = 1\nprint(x)")
    assert ran.err == "runs in the foreground: this front end drops outputs that come late\n"
    assert ran.out == "1\n"


@pytest.fixture
def go_on(notebook, asks):
    """What a cell that runs in the background waits for: ``go_on.wait(60)``."""
    notebook.names["go_on"] = event = threading.Event()
    yield event
    event.set()
    notebook.workbench.background.wait_for_all()


def test_a_cell_that_failed_in_the_background_can_be_mended_and_run_again(notebook, asks):
    asks("c1")
    notebook.good("%%task --background\nrows = 1 / 0")
    notebook.workbench.background.wait_for_all()
    notebook.good("%%task --background\nrows = 1")
    asks("c2")
    assert notebook.good("rows").value == 1


def test_a_cell_that_runs_again_in_the_background_comes_after_its_earlier_run(notebook, asks, go_on):
    asks("c1")
    notebook.good("%%task one --background\ngo_on.wait(60)\nrows = 1 / 0")
    notebook.good("%%task one --background\nrows = 2")
    go_on.set()
    asks("c2")
    assert notebook.good("rows").value == 2


def test_a_cell_that_runs_again_in_the_foreground_waits_for_its_earlier_run(notebook, asks, go_on):
    asks("c1")
    notebook.good("%%task one --background\ngo_on.wait(60)\nrows = 1")
    notebook.names["timer"] = timer = threading.Timer(0.05, go_on.set)
    timer.start()
    ran = notebook.good("%%task one\nrows = 2")
    assert "task `one` still runs in the background: this run waits for its end" in ran.err
    assert notebook.names["rows"] == 2


def test_a_name_that_another_background_task_gives_anew_is_no_longer_the_failed_ones(notebook, asks, go_on):
    asks("c1")
    notebook.good("%%task one --background\ngo_on.wait(60)\nrows = 1 / 0")
    asks("c2")
    notebook.good("%%task two --background\nrows = 2")
    go_on.set()
    asks("c3")
    assert notebook.good("rows").value == 2


def test_a_failure_reads_the_same_each_time_that_its_name_is_read(notebook, asks):
    asks("c1")
    notebook.good("%%task one --background\nrows = 1 / 0")
    asks("c2")
    first, second = notebook.run("print(rows)"), notebook.run("len(rows)")
    assert "ZeroDivisionError" in first.out
    assert "----> 2 rows = 1 / 0" in second.out
    assert "print(rows)" not in second.out


@pytest.mark.parametrize("options", ["--background", "--isolation process", "--background --isolation process"])
def test_a_cell_that_awaits_runs_wherever_it_is_sent(notebook, asks, options):
    asks("c1")
    notebook.good(f"%%task one {options}\nimport asyncio\nawait asyncio.sleep(0)\nrows = 1")
    asks("c2")
    assert notebook.good("rows").value == 1


def test_an_interrupt_of_who_waits_says_what_goes_on_and_how_it_is_stopped(notebook, asks, go_on, monkeypatch):
    asks("c1")
    notebook.good("%%task 'my one' --background\ngo_on.wait(60)\nrows = 1")
    with monkeypatch.context() as patched:
        patched.setattr(TaskFuture, "wait", interrupted)
        asks("c2")
        ran = notebook.run("rows")
    assert isinstance(ran.error, KeyboardInterrupt)
    assert "task `my one` goes on in the background; `%flow cancel 'my one'` stops it" in ran.out
    assert "jupyter_flows" not in ran.out


def interrupted(_future):
    raise KeyboardInterrupt
