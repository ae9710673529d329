"""`%flow` and `%flows`: what can be asked of the notebook's tasks."""

from __future__ import annotations

import json
import warnings

import pytest

from jupyter_flows.graph.run_graph import RunGraph

CELLS = (
    "limit = 3",
    "%%task raw\nraw = [1, 2, 3, 4]",
    "%%task clean\nclean = [x for x in raw if x < limit]\nprint('cleaning')",
    "%%task total\ntotal = sum(raw)",
    "%%task report\nreport = len(clean) + total",
)


@pytest.fixture
def diamond(notebook):
    for cell in CELLS:
        notebook.good(cell)
    return notebook


def rows(ran):
    return {row[0]: tuple(row[1:]) for row in ran.value.rows}


def test_every_edge_is_explained_by_its_name_cell_and_line(diamond):
    assert diamond.good("%flow explain report").out == (
        "report comes after clean\n"
        "  `report` (cell 5, line 2) reads `clean`, which `clean` (cell 3, line 2) binds\n"
        "report comes after total\n"
        "  `report` (cell 5, line 2) reads `total`, which `total` (cell 4, line 2) binds\n"
    )
    assert "raw depends on no other task" in diamond.good("%flow explain").out


def test_the_graph_has_the_tasks_with_their_states(diamond):
    graph = diamond.good("%flow graph").value
    assert isinstance(graph, RunGraph)
    assert repr(graph) == (
        "notebook\n  raw: Completed\n  clean: Completed, after raw\n  total: Completed, after raw\n"
        "  report: Completed, after clean, total"
    )
    assert "clean" in graph.svg()


def test_the_graph_of_a_task_has_all_that_leads_to_it_and_nothing_else(diamond):
    shown = diamond.good("%flow graph clean").value
    assert repr(shown) == "notebook\n  raw: Completed\n  clean: Completed, after raw"
    diamond.good("%%task\nlate = total + 1")
    assert repr(shown.again(shown)) == repr(shown)


def test_the_graph_of_a_flow_is_that_of_its_newest_run(diamond):
    diamond.good("from jupyter_flows import flow\n@flow(name='per day')\ndef daily():\n    return 3")
    assert "has not run yet" in repr(diamond.good("%flow graph daily").value)
    diamond.good("daily()")
    run = diamond.runs()[-1]
    assert diamond.good("%flow graph daily").value.run_id == run.id
    assert diamond.good("%flow graph 'per day'").value.run_id == run.id


def test_a_graph_of_nothing_is_refused_with_the_near_name(diamond):
    assert "there is no task 'claen'; did you mean 'clean'?" in diamond.run("%flow graph claen").err
    diamond.good("from jupyter_flows import flow\n@flow\ndef daily():\n    return 3")
    assert "there is no task or flow 'dayly'; did you mean 'daily'?" in diamond.run("%flow graph dayly").err
    assert "'daily' is a flow and no task" in diamond.run("%flow graph clean daily").err


def test_a_graph_shown_before_follows_the_cells(diamond):
    shown = diamond.good("%flow graph").value
    diamond.good("%%task\nlate = total + 1")
    newer = shown.again(shown)
    assert "  late: Completed, after total" in repr(newer)
    assert "clean: Completed" in repr(newer)


def test_only_what_is_stale_runs_again(diamond):
    assert {state for state, _ in rows(diamond.good("%flow run")).values()} == {"Cached"}
    diamond.good("limit = 5")
    assert rows(diamond.good("%flow status clean"))["clean"] == ("Completed", "no", "input `limit` changed")
    ran = diamond.good("%flow run")
    assert ran.out.startswith("cleaning\n")
    assert rows(ran) == {
        "raw": ("Cached", "fresh: nothing that it depends on has changed"),
        "clean": ("Completed", "stale: input `limit` changed"),
        "total": ("Cached", "fresh: nothing that it depends on has changed"),
        "report": ("Completed", "stale: upstream `clean` is stale"),
    }
    assert diamond.names["report"] == 14
    assert rows(diamond.good("%flow status"))["report"] == ("Completed", "yes", "")


def test_what_comes_out_as_it_was_makes_nothing_else_run(diamond):
    diamond.good("limit = 2.5")
    ran = rows(diamond.good("%flow run"))
    assert ran["clean"][0] == "Completed"
    assert ran["report"] == ("Cached", "fresh after all: what it depends on came out as it was")


def test_a_run_of_the_notebook_is_recorded_with_its_edges(diamond):
    diamond.good("%flow run --force")
    run = next(run for run in diamond.runs() if run.kind == "notebook")
    assert (run.flow, run.state.name) == ("notebook", "Completed")
    tasks = diamond.harness.reader.task_runs(run.id)
    assert [(task.name, task.upstreams) for task in tasks] == [
        ("raw", ()),
        ("clean", (1,)),
        ("total", (1,)),
        ("report", (2, 3)),
    ]


def test_named_tasks_run_with_what_they_depend_on(diamond):
    diamond.good("limit = 5")
    assert list(rows(diamond.good("%flow run total"))) == ["raw", "total"]
    assert rows(diamond.good("%flow run total --force"))["total"] == ("Completed", "asked for by --force")


def test_independent_cells_run_at_once_with_parallel(notebook):
    notebook.good("import threading\nboth = threading.Barrier(2, timeout=60)\ngo = False")
    for name in ("left", "right"):
        notebook.good(f"%%task {name}\nif go:\n    both.wait()\n{name} = 1")
    notebook.good("go = True")
    ran = notebook.good("%flow run --parallel")
    assert {state for state, _ in rows(ran).values()} == {"Completed"}


def test_a_failure_stops_what_depends_on_it_and_nothing_else(diamond):
    diamond.good("limit = 'x'\nraw = [1, 2]")
    ran = diamond.run("%flow run --parallel --force")
    assert isinstance(ran.error, TypeError)
    assert "----> 2 clean = " in ran.out
    assert "notebook_run" not in ran.out
    assert rows(diamond.good("%flow status"))["clean"][0] == "Failed"
    run = diamond.runs()[-1]
    ends = [(task.name, task.state.name) for task in diamond.harness.reader.task_runs(run.id)]
    assert ends == [("raw", "Completed"), ("clean", "Failed"), ("total", "Completed"), ("report", "UpstreamFailed")]
    assert run.state.name == "Failed"


def test_a_changed_function_makes_its_users_stale(notebook):
    notebook.good("def rate(x):\n    return 2 * x")
    notebook.good("%%task\npaid = rate(3)")
    notebook.good("def rate(x):  # the same\n    return 2 * x")
    assert rows(notebook.good("%flow status"))["paid"][1] == "yes"
    notebook.good("def rate(x):\n    return 3 * x")
    assert rows(notebook.good("%flow status"))["paid"] == ("Completed", "no", "function `rate` changed")


def test_a_task_that_changes_its_input_is_not_stale_because_of_itself(notebook):
    notebook.good("%%task\nrows = [1]")
    notebook.good("%%task more\nrows.append(2)")
    assert rows(notebook.good("%flow status more"))["more"][1] == "yes"


def test_two_tasks_that_bind_one_name_are_told_by_lint(notebook):
    notebook.good("%%task one\nx = 1")
    notebook.good("%%task two\nx = 2")
    out = notebook.good("%flow lint").out
    assert "`two`" in out
    assert "x" in out
    assert notebook.good("%flow lint one").out == "nothing doubtful\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rn", "%flow has no command 'rn'; did you mean 'run'?"),
        ("xyz", "commands: run"),
        ("run nope", "there is no such task; there are: raw"),
        ("explain claen", "there is no task 'claen'; did you mean 'clean'?"),
        ("status --force", "%flow status has no option --force"),
        ("run --isolation moon", "--isolation"),
        ("run --faster", "faster"),
        ("forget", "say which tasks"),
    ],
)
def test_bad_lines_are_usage_errors_without_a_traceback(line, message, diamond):
    ran = diamond.run(f"%flow {line}")
    assert type(ran.error).__name__ == "UsageError"
    assert message in ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_notebook_without_tasks_says_how_to_begin(notebook):
    assert notebook.good("%flow run").out == "no task cell has run yet: begin one with %%task\n"
    assert "begin one with %%task" in repr(notebook.good("%flow graph").value)
    assert "begin one with %%task" in repr(notebook.good("%flow").value)


def test_logs_cancel_and_forget(diamond):
    assert diamond.good("%flow logs").out == "clean: cleaning\n"
    assert diamond.good("%flow logs raw").out == "nothing was printed or logged\n"
    assert diamond.good("%flow cancel").out == "nothing runs in the background\n"
    diamond.good("%flow forget report")
    assert "report" not in rows(diamond.good("%flow status"))


def test_recent_runs_are_listed(diamond):
    diamond.good("%flow run")
    table = diamond.good("%flows").value
    assert [row[:2] for row in table.rows] == [["notebook #1", "Completed"]]
    assert len(diamond.good("%flows --all --limit 3").value.rows) == 3
    assert "no run yet" in repr(diamond.good("%flows nothing").value)
    assert "whole number" in diamond.run("%flows --limit 0").err


def test_hostile_names_are_shown_as_text(notebook):
    notebook.good('%%task "<script>alert(1)</script>"\nx = 1')
    html = notebook.good("%flow status").value._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_parameters_come_from_the_tagged_cell(notebook, asks, monkeypatch, tmp_path):
    assert "no parameters" in repr(notebook.good("%flow params").value)
    asks("p", tags=["parameters"])
    notebook.good("day: str = '2013-01-15'  # which day\ntop = 3")
    asks("q")
    notebook.good("top = 5")
    assert notebook.good("%flow params").value.rows == [
        ["day", "str", "'2013-01-15'", "'2013-01-15'", "which day"],
        ["top", "int", "3", "5", ""],
    ]
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "n = 1", "outputs": []}
    path = tmp_path / "named.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    notebook.workbench.notebook.clear()
    assert notebook.good("%flow params").value.rows == [["n", "int", "1", "", ""]]


def test_words_are_completed(diamond):
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    complete = diamond.shell.complete
    assert complete("", "%flow ")[1][:3] == ["run", "graph", "explain"]
    assert complete("cl", "%flow explain cl")[1] == ["clean"]
    assert complete("--p", "%flow run --p")[1] == ["--parallel"]
    assert complete("--ret", "%%task x --ret")[1] == ["--retries", "--retry-delay"]
    assert complete("", "%%task x --isolation ")[1] == ["shared", "copy", "process"]
    assert "report" in complete("re", "%%task x --after re")[1]


@pytest.fixture
def chain(notebook):
    notebook.good("%%task\nraw = [1, 2]")
    notebook.good("%%task clean\nclean = [*raw, 3]")
    notebook.good("del raw")
    return notebook


def test_a_name_that_was_deleted_makes_nothing_stale_by_itself(chain):
    assert {row[1] for row in rows(chain.good("%flow status")).values()} == {"yes"}
    assert [run.state.name for run in chain.runs()] == ["Completed", "Completed"]


def test_a_deleted_name_is_given_again_where_its_task_is_asked_for(chain):
    assert rows(chain.good("%flow run raw"))["raw"] == ("Completed", "stale: `raw` is not there any more")
    assert chain.names["raw"] == [1, 2]


def test_a_deleted_name_is_given_again_where_a_stale_task_needs_it(chain):
    chain.run("%%task clean\nclean = [*raw, 4]")
    ran = rows(chain.good("%flow run"))
    assert ran["raw"] == ("Completed", "stale: `raw` is not there any more")
    assert ran["clean"][0] == "Completed"
    assert chain.names["clean"] == [1, 2, 4]


@pytest.mark.parametrize("option", ["", "--parallel"])
def test_a_run_that_fails_names_the_tasks_that_did_not_complete(notebook, option):
    notebook.names["fails"] = False
    notebook.good("%%task one\nif fails:\n    1 / 0\nx = 1")
    notebook.good("%%task two\ny = x")
    notebook.good("%%task three\nz = 1")
    notebook.names["fails"] = True
    notebook.run(f"%flow run --force {option}")
    run = notebook.runs()[-1]
    assert (run.state.name, run.state.message) == ("Failed", "2 of 3 tasks did not complete: one, two")


def test_a_task_that_copies_its_inputs_gets_a_future_as_it_is(notebook):
    notebook.good("from jupyter_flows import task\n\n@task\ndef two():\n    return 2\n\nfuture = two.submit()")
    notebook.good("%%task one --isolation copy\nx = future.result()")
    assert notebook.names["x"] == 2


def test_a_future_that_cannot_go_to_a_process_says_what_to_give_instead(notebook):
    notebook.good("from jupyter_flows import task\n\n@task\ndef two():\n    return 2\n\nfuture = two.submit()")
    ran = notebook.run("%%task one --isolation process\nx = future.result()")
    assert "the future of task two is of this process alone: give its value, by .result()" in str(ran.error)
