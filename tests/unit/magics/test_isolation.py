"""Where a cell's code runs: with the notebook's names, with a copy of them, in a process of its own."""

from __future__ import annotations


def test_a_copy_leaves_what_it_changes_in_place_as_it_was(notebook):
    notebook.good("rows = [1]")
    notebook.good(
        "%%task total --isolation copy --ignore rows --in more,rows --out total\nrows.append(2)\ntotal = len(rows)"
    )
    assert notebook.names["rows"] == [1]
    assert notebook.names["total"] == 2


def test_a_declared_change_comes_out_of_a_copy(notebook):
    notebook.good("rows = [1]")
    kept = notebook.names["rows"]
    notebook.good("%%task --isolation copy\nrows.append(2)\nn = len(rows)")
    assert notebook.names["rows"] == [1, 2]
    assert kept == [1]


def test_what_cannot_be_copied_is_named(notebook):
    notebook.good("stream = (x for x in [1, 2])")
    ran = notebook.run("%%task total --isolation copy\ntotal = sum(stream)")
    assert "`stream` (generator) cannot be copied" in ran.out
    assert "shared" in ran.out


def test_a_process_gets_inputs_and_gives_outputs_by_value(notebook):
    notebook.good("import os\nbase, here = 10, os.getpid()\n\ndef double(x):\n    return 2 * x")
    notebook.good("%%task apart --isolation process\nprint('there')\npid = os.getpid()\nresult = double(base)\nresult")
    assert notebook.names["result"] == 20
    assert notebook.names["pid"] != notebook.names["here"]
    ran = notebook.run("%%task bad --isolation process\nworse = double(base)\n\nworse / 0")
    assert isinstance(ran.error, ZeroDivisionError)
    assert "line 4" in ran.out
    ran = notebook.run("%%task stream --isolation process\nstream = (x for x in [1])")
    assert "`stream` (generator)" in ran.out
    notebook.good("%%task twice\ntwice = 2 * result")
    notebook.good("base = 11")
    table = {row[0]: row[1] for row in notebook.run("%flow run apart twice --isolation process").result.result.rows}
    assert table == {"apart": "Completed", "twice": "Completed"}
    assert notebook.names["twice"] == 44
