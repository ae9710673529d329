"""`%%task`: cells as tasks, in a shell."""

from __future__ import annotations

import pytest

from jupyter_flows import Task
from jupyter_flows.testing import Harness


def test_a_cell_runs_as_a_task_of_its_own_run(notebook):
    notebook.good("x = 3")
    ran = notebook.good("%%task total --tags slow,daily\ntotal = x + 1\ntotal")
    assert notebook.names["total"] == 4
    assert ran.value == 4
    assert ran.out.endswith("4\n")
    (run,) = notebook.runs()
    assert (run.kind, run.flow, run.state.name) == ("task", "total", "Completed")
    (task_run,) = notebook.harness.reader.task_runs(run.id)
    assert (task_run.name, task_run.tags, task_run.state.name) == ("total", ("slow", "daily"), "Completed")


def test_a_failing_cell_is_tried_again(notebook):
    notebook.good("tries = []")
    notebook.good("%%task --retries 2\ntries.append(1)\nif len(tries) < 3:\n    raise OSError('not yet')\ndone = True")
    (run,) = notebook.runs()
    (task_run,) = notebook.harness.reader.task_runs(run.id)
    assert task_run.attempts == 3
    assert notebook.names["tries"] == [1, 1, 1]


def test_a_traceback_shows_the_users_lines_and_no_others(notebook):
    ran = notebook.run("%%task bad\nz = 1\n\ndef divide(a):\n    return a / 0\n\ndivide(z)\n")
    assert isinstance(ran.error, ZeroDivisionError)
    assert "line 7" in ran.out
    assert "line 5, in divide" in ran.out
    assert "----> 7 divide(z)" in ran.out
    for word in ("run_cell_magic", "jupyter_flows", "interactiveshell", "hidden"):
        assert word not in ran.out
    assert notebook.ends() == [("bad", "Failed")]
    assert not hasattr(ran.error, "_render_traceback_")


def test_a_failure_is_kept_with_its_inputs(notebook):
    notebook.good("x = 3")
    notebook.run("%%task bad\nx / 0")
    (failure, *_) = notebook.harness.reader.failures(notebook.runs()[0].id)
    assert failure.inputs == {"x": "3"}
    assert "jupyter_flows" not in failure.traceback


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%task sx\nz = 1\nq = = 3\n", "line 3"),
        ("\n\n%%task sx\nq = = 3\n", "line 4"),
        ("%%task sx\nif True:\nq = 3", "line 3"),
        ("%%task sx\nreturn 3", "line 2"),
        ("%%task\nx = (", "line 2"),
    ],
)
def test_a_cell_that_is_not_python_is_told_by_its_line_and_runs_nothing(cell, line, notebook):
    ran = notebook.run(cell)
    assert isinstance(ran.error, SyntaxError)
    assert line in ran.out
    assert "run_cell_magic" not in ran.out
    assert notebook.runs() == []
    assert notebook.workbench.notebook.tasks == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--retires 3", "%%task has no option '--retires'; did you mean '--retries'?"),
        ("--after laod", "no earlier task of that name; there are: none"),
        ("--out y", "the cell never binds it; bind it, or take it out of --out"),
        ("--retries many", "give a whole number"),
        ("clean dirty", "there is a name already"),
        ("--retries", "write --retries N"),
        ("--timeout -3", "--timeout"),
        ("--retry-delay " + ",".join(["1"] * 60), "retry_delay_seconds"),
        ('"unclosed', "a quotation mark is not closed"),
    ],
)
def test_bad_options_are_usage_errors_without_a_traceback(line, message, notebook):
    ran = notebook.run(f"%%task {line}\nx = 1")
    assert type(ran.error).__name__ == "UsageError"
    assert message in ran.err
    assert "Traceback" not in ran.out + ran.err
    assert notebook.runs() == []
    assert "x" not in notebook.names


def test_a_cell_after_a_task_that_is_not_there_is_refused_until_it_is(notebook):
    notebook.good("%%task load\nrows = 1")
    ran = notebook.run("%%task tell --after laod\ntold = 1")
    assert "did you mean 'load'?" in ran.err
    assert [cell.name for cell in notebook.workbench.notebook.tasks] == ["load"]
    assert notebook.good("%%task tell --after load\ntold = 1").err == ""
    assert notebook.good("%flow explain tell").out.startswith("tell comes after load")


def test_a_cell_that_cannot_come_after_a_later_one_says_so_and_runs(notebook):
    notebook.good("%%task tell\ntold = 1")
    notebook.good("%%task load\nrows = 1")
    ran = notebook.good("%%task tell --after load\ntold = 2")
    assert ran.err.startswith("--after load counts for nothing: it comes later (cell 2); `%flow forget tell`")
    notebook.good("%flow forget tell")
    assert notebook.good("%%task tell --after load\ntold = 2").err == ""


def test_names_in_the_line_are_taken_as_they_are(notebook):
    notebook.good("what = 'surprise'")
    notebook.good("%%task {what}$what\n1")
    assert notebook.ends() == [("{what}$what", "Completed")]


def test_a_cell_may_await(notebook):
    ran = notebook.good("%%task waited\nimport asyncio\nawait asyncio.sleep(0)\nw = 5\nw")
    assert (ran.value, notebook.names["w"]) == (5, 5)
    ran = notebook.run("%%task waited\nawait asyncio.sleep(0)\n\nw = 5 / 0")
    assert isinstance(ran.error, ZeroDivisionError)
    assert "----> 4 w = 5 / 0" in ran.out
    assert "await get_ipython" not in ran.out
    assert [end for _, end in notebook.ends()] == ["Completed", "Failed"]


def test_ipython_syntax_works_and_keeps_its_lines(notebook, capfd):
    ran = notebook.run("%%task\nfiles = !echo a b\n%time q = 3\n\n1 / 0")
    assert notebook.names["files"] == ["a b"]
    assert notebook.names["q"] == 3
    assert "----> 5 1 / 0" in ran.out
    notebook.good("%%task\n%%bash\necho from bash")


def test_a_cell_of_functions_defines_tasks_and_runs_nothing(notebook):
    notebook.good(
        "%%task --retries 1\nimport math\n\ndef load(n):\n    return n + 1\n\ndef other():\n    return load(1)"
    )
    assert notebook.runs() == []
    load = notebook.names["load"]
    assert isinstance(load, Task)
    assert load.retries == 1
    assert notebook.good("load(3)").value == 4
    assert notebook.good("other()").value == 2
    notebook.good("%%task\ndef load(n):\n    return 10 * n")
    assert notebook.good("load(3)").value == 30


def test_options_of_statements_are_refused_for_a_cell_of_functions(notebook):
    ran = notebook.run("%%task --in a\ndef load(n):\n    return n")
    assert "--in" in ran.err
    assert "only defines functions" in ran.err


def test_a_rerun_cell_replaces_its_task(notebook):
    notebook.good("%%task one\na = 1")
    notebook.good("%%task two\nb = a")
    notebook.good("%%task one\na = 2")
    assert [cell.name for cell in notebook.workbench.notebook.tasks] == ["one", "two"]
    assert "a = 2" in notebook.workbench.notebook.task("one").text


def test_unnamed_cells_are_named_by_what_they_give(notebook):
    for cell in ("%%task\nrows = [1]", "%%task\nrows.append(2)", "%%task\nprint(rows)", "%%task\nrows = [1]"):
        notebook.good(cell)
    assert [cell.name for cell in notebook.workbench.notebook.tasks] == ["rows", "rows-2", "cell-3"]


def test_a_skipped_cell_is_no_error(notebook):
    ran = notebook.good("%%task\nfrom jupyter_flows import Skipped\nraise Skipped('no rows')")
    assert ran.err == "skipped: no rows\n"
    assert [end for _, end in notebook.ends()] == ["Skipped"]


def test_a_semicolon_silences_the_last_value(notebook):
    assert notebook.good("%%task\n1 + 1;").out == ""
    assert notebook.good("%%task\n1 + 1").out.endswith("2\n")


def test_the_shells_setting_decides_what_is_shown(notebook):
    notebook.shell.ast_node_interactivity = "all"
    try:
        ran = notebook.good("%%task\n11\n12\nx = 13")
    finally:
        notebook.shell.ast_node_interactivity = "last_expr"
    assert "11" in ran.out
    assert "12" in ran.out


def test_input_can_be_asked_for(notebook, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt="": "typed")
    notebook.good("%%task\nanswer = input('?')")
    assert notebook.names["answer"] == "typed"


def test_sys_exit_in_a_cell_fails_its_run(notebook):
    with pytest.warns(UserWarning, match="To exit"):
        ran = notebook.run("%%task\nraise SystemExit(3)")
    assert isinstance(ran.error, SystemExit)
    assert [end for _, end in notebook.ends()] == ["Failed"]


def test_prints_are_shown_and_kept(notebook):
    ran = notebook.good("%%task talks\nprint('hello')")
    assert ran.out == "hello\n"
    lines = notebook.harness.reader.logs(notebook.runs()[0].id)
    assert [line.message for line in lines] == ["hello"]


def test_the_help_names_every_option(notebook):
    text = notebook.shell.find_cell_magic("task").__doc__
    for option in ("--retries", "--cache", "--in", "--background", "NAME"):
        assert option in text


def test_loading_twice_is_loading_once_and_unloading_takes_all_away(notebook):
    events = notebook.shell.events.callbacks
    before = {name: len(found) for name, found in events.items()}
    notebook.good("%load_ext jupyter_flows")
    notebook.good("%reload_ext jupyter_flows")
    assert {name: len(found) for name, found in events.items()} == before
    notebook.good("%unload_ext jupyter_flows")
    assert notebook.shell.find_cell_magic("task") is None
    ran = notebook.run("%%task\nx = 1")
    assert "not found" in ran.err
    notebook.good("%load_ext jupyter_flows\n")
    notebook.good("%%task\nx = 1")


def test_a_tagged_cell_is_the_same_task(notebook, asks):
    asks("c1", tags=["task"], jupyter_flows={"name": "clean", "retries": 1})
    notebook.good("x = 1\nx")
    assert notebook.ends() == [("clean", "Completed")]
    assert notebook.workbench.notebook.task("clean").task.retries == 1
    ran = notebook.run("\nx = 1\nx / 0")
    assert "----> 3 x / 0" in ran.out
    asks("c2", tags=["task"], jupyter_flows={"retires": 1})
    assert "did you mean 'retries'" in notebook.run("y = 1").err


def test_a_front_end_that_names_its_cells_tells_edits_renames_and_deletions(notebook, asks):
    asks("c1")
    notebook.good("%%task one\na = 1")
    asks("c2")
    notebook.good("%%task two\nb = 1")
    asks("c1")
    notebook.good("%%task renamed\na = 2")
    assert [cell.name for cell in notebook.workbench.notebook.tasks] == ["renamed", "two"]
    asks("c3", deletedCells=["c2"])
    notebook.good("x = 1")
    assert [cell.name for cell in notebook.workbench.notebook.tasks] == ["renamed"]
    asks("c4")
    assert "replaced" in notebook.good("%%task renamed\na = 3").err
    asks("c4")
    notebook.good("a = 3  # plain again")
    assert notebook.workbench.notebook.tasks == []


def test_an_error_of_a_task_stays_picklable(notebook):
    import pickle

    ran = notebook.run("%%task\nraise ValueError('plain')")
    assert str(pickle.loads(pickle.dumps(ran.error))) == "plain"


def test_the_harness_is_each_tests_own(notebook):
    assert isinstance(notebook.harness, Harness)
    assert notebook.runs() == []


def test_a_cell_of_definitions_that_is_refused_defines_nothing(notebook):
    ran = notebook.run("%%task both\ndef one():\n    pass\n\ndef two():\n    pass")
    assert "its body defines 2 tasks" in ran.err
    assert "one" not in notebook.names


@pytest.mark.parametrize(
    ("body", "state", "message"),
    [("x = 1 / 0", "Failed", "ZeroDivisionError"), ("import time\ntime.sleep(60)", "TimedOut", "time limit of 0.2 s")],
)
def test_the_run_of_a_cell_in_a_process_ends_as_its_task(notebook, body, state, message):
    notebook.run(f"%%task apart --isolation process --timeout {0.2 if state == 'TimedOut' else 60}\n{body}")
    (run,) = notebook.runs()
    assert run.state.name == state
    assert message in run.state.message
