"""The notebook as its kernel knows it."""

from __future__ import annotations

from jupyter_flows.magics.notebook import Notebook
from jupyter_flows.magics.notebook_name import notebook_name
from jupyter_flows.magics.request import Request, current_request


def test_a_plain_cell_is_known_by_its_id_or_else_by_its_text():
    notebook = Notebook()
    notebook.see_plain("a = 1", Request(cell_id="c1"))
    notebook.see_plain("a = 2", Request(cell_id="c1"))
    notebook.see_plain("b = a", Request())
    notebook.see_plain("b = a", Request())
    assert [cell.text for cell in notebook] == ["a = 2", "b = a"]
    assert notebook.number("c1") == 1


def test_deleted_cells_are_forgotten():
    notebook = Notebook()
    notebook.see_plain("a = 1", Request(cell_id="c1"))
    notebook.forget(["c1", "never seen"])
    assert list(notebook) == []


def test_outside_a_kernel_there_is_no_request():
    assert current_request(object()) == Request()
    assert not Request(cell_id="c1").keeps_late_messages
    assert Request({"header": {}}, "c1").keeps_late_messages


def test_a_request_may_hold_anything():
    assert Request(metadata={"tags": "task", "deletedCells": 3}).deleted == []
    assert not Request(metadata={"tags": "task"}).is_tagged
    assert Request(metadata={"tags": ["task"]}).is_tagged


def test_a_notebook_is_called_after_its_file(tmp_path, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook_name({}) == "notebook"
    path = tmp_path / "delays.ipynb"
    assert notebook_name({"__vsc_ipynb_file__": str(path)}) == "notebook"
    path.touch()
    assert notebook_name({"__vsc_ipynb_file__": str(path)}) == "delays"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert notebook_name({}) == "delays"
