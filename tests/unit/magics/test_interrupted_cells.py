from __future__ import annotations

import pytest

from jupyter_flows.magics.extension import load_ipython_extension, unload_ipython_extension

WAITS = {
    "a future": "later.submit().result()",
    "a map": "later.map([1]).result()",
    "futures": "wait([later.submit()])",
    "in a flow": "whole()",
}


@pytest.fixture
def interrupted(notebook, monkeypatch):
    """A notebook in which every wait for a future is interrupted."""

    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    notebook.good("from jupyter_flows import flow, task, wait\n@task\ndef later(n=0):\n    return n")
    notebook.good("@flow\ndef whole():\n    return later.submit().result()")
    assert notebook.workbench
    monkeypatch.setattr("jupyter_flows.drivers.futures.wait_for_call", interrupt)
    return notebook


@pytest.mark.parametrize("text", WAITS.values(), ids=WAITS)
def test_a_cell_that_is_interrupted_while_it_waits_shows_the_users_lines_only(text, interrupted):
    ran = interrupted.run(text)
    assert isinstance(ran.error, KeyboardInterrupt)
    assert f"----> 1 {text}" in ran.out
    assert "KeyboardInterrupt" in ran.out
    assert "jupyter_flows/" not in ran.out
    assert "hidden" not in ran.out


def test_the_failure_of_a_map_shows_the_users_lines_only(notebook):
    notebook.good("from jupyter_flows import task\n@task\ndef bad(n):\n    raise ValueError(n)")
    ran = notebook.run("bad.map([1, 2]).result()")
    assert "----> 1 bad.map([1, 2]).result()" in ran.out
    assert "----> 4     raise ValueError(n)" in ran.out
    assert "jupyter_flows/" not in ran.out


def test_who_shows_errors_in_a_way_of_his_own_still_does(notebook):
    shell = notebook.shell
    unload_ipython_extension(shell)
    shown: list[str] = []
    shell.set_custom_exc((KeyboardInterrupt,), lambda *_, **__: shown.append("his"))
    try:
        load_ipython_extension(shell)
        assert notebook.workbench
        notebook.run("raise KeyboardInterrupt")
        unload_ipython_extension(shell)
        notebook.run("raise KeyboardInterrupt")
        assert shown == ["his", "his"]
    finally:
        shell.set_custom_exc((), None)


def test_the_extension_takes_its_way_with_it(notebook):
    assert notebook.workbench
    assert notebook.shell.custom_exceptions == (KeyboardInterrupt,)
    unload_ipython_extension(notebook.shell)
    assert notebook.shell.custom_exceptions == ()
