"""Errors that leave their process: what is known of them travels along."""

from __future__ import annotations

import inspect
import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_flows import errors
from jupyter_flows.errors import CellFailed, CellSignalled, JupyterFlowsError, RunError
from jupyter_flows.model.events import Outcome
from jupyter_flows.model.states import State, StateKind

KINDS = [
    kind
    for kind in (getattr(errors, name) for name in errors.__all__)
    if issubclass(kind, JupyterFlowsError) and kind is not CellSignalled
]
GIVEN = {"Iterable": ["a", "b"], "Sequence": ["a", "b"], "Mapping": {"a": "b"}, "bool": True, "int": 3, "float": 2.5}


def made(kind: type[JupyterFlowsError]) -> JupyterFlowsError:
    """Make an error with some value for each of its fields."""
    if "__init__" not in vars(kind) and not issubclass(kind, RunError):
        return kind("said")
    fields = list(inspect.signature(kind).parameters.values())
    return kind(*(GIVEN.get(str(field.annotation).split("[")[0].split(" ")[0], "text") for field in fields))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_from_a_pickle_as_it_was(kind: type[JupyterFlowsError]) -> None:
    error = made(kind)
    error.add_note("told by the kernel")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


def test_what_python_keeps_beside_the_arguments_comes_back_too() -> None:
    again = pickle.loads(pickle.dumps(errors.MissingExtra("hashing", "numpy", "demo")))
    assert again.msg == "hashing needs numpy: pip install 'jupyter-flows[demo]'"


def test_a_signal_of_a_cell_crosses_without_what_it_carries() -> None:
    error = CellSignalled(
        3, "x = 1", "Failed", "no", "Traceback", Outcome(State(StateKind.FAILED, "Failed", data=lambda: None))
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is CellFailed
    assert (again.cell, again.error_name, str(again)) == (3, "Failed", str(error))


def test_the_tree_of_the_docstring_names_every_error() -> None:
    told = errors.__doc__ or ""
    assert [name for name in errors.__all__ if name not in told] == []


def test_ipython_shows_the_users_lines_of_an_error_and_none_of_ours(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("from jupyter_flows import task\n\ntask(retires=1)")
    shown = capsys.readouterr().out
    assert "----> 3 task(retires=1)" in shown
    assert "@task has no option 'retires'; did you mean 'retries'?" in shown
    for word in ("/jupyter_flows/", "interactiveshell", "hidden"):
        assert word not in shown
