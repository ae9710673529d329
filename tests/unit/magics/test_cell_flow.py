"""`%%flow`: a cell as the body of a flow."""

from __future__ import annotations

import pytest

from jupyter_flows import Flow


def test_a_cell_becomes_the_body_of_a_flow(notebook):
    notebook.good("%%task\ndef double(x):\n    return 2 * x")
    notebook.good("%%flow daily(day: str, top: int = 10) --retries 1\nrows = [day] * top\ndouble(len(rows))")
    assert notebook.runs() == []
    daily = notebook.names["daily"]
    assert isinstance(daily, Flow)
    assert daily.options.retry.retries == 1
    assert notebook.good("daily('x', top='3')").value == 6
    assert notebook.ends() == [("daily", "Completed")]
    assert "rows" not in notebook.names


def test_its_tracebacks_show_the_cells_lines(notebook):
    notebook.good("%%flow bad\nx = 0\n\n1 / x")
    ran = notebook.run("bad()")
    assert isinstance(ran.error, ZeroDivisionError)
    assert "----> 4 1 / x" in ran.out


def test_a_body_that_awaits_makes_an_async_flow(notebook):
    notebook.good("%%flow waits\nimport asyncio\nawait asyncio.sleep(0)\n5")
    assert notebook.good("await waits()").value == 5


def test_a_cell_of_functions_makes_each_a_flow(notebook):
    notebook.good("%%flow\ndef one():\n    return 1\n\ndef two():\n    return one() + 1")
    assert notebook.good("two()").value == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "give the flow a name"),
        ("--retries 1", "give the flow a name"),
        ("daily(", "write it as in a definition"),
        ("a b", "write it as in a definition"),
        ("daily --retries x", "give a number"),
        ("daily --retires 1", "did you mean '--retries'"),
        ("daily --task-runner moon", "task_runner"),
    ],
)
def test_bad_lines_are_usage_errors(line, message, notebook):
    ran = notebook.run(f"%%flow {line}\nx = 1\nx")
    if ran.error is None:  # a task runner is looked for when the flow runs
        ran = notebook.run("daily()")
    assert message in ran.err + str(ran.error)


def test_a_cell_that_is_not_python_says_where(notebook):
    ran = notebook.run("%%flow daily\nx = 1\ny = = 2")
    assert isinstance(ran.error, SyntaxError)
    assert "line 3" in ran.out


def test_who_calls_a_flow_depends_on_what_it_reads(notebook):
    notebook.good("%%task\nraw = [1, 2]")
    notebook.good("%%flow counted\nlen(raw)")
    notebook.good("%%task\ntotal = counted()")
    assert "total comes after raw" in notebook.good("%flow explain total").out
