"""Errors that leave their process: what is known of them travels along."""

from __future__ import annotations

import pickle

import pytest

from jupyter_flows.errors import (
    CellFailed,
    JupyterFlowsError,
    KernelDied,
    KernelNotFound,
    NotANotebook,
    NotebookNotFound,
)


@pytest.mark.parametrize(
    ("error", "fields"),
    [
        (CellFailed(3, "x = 1", "ValueError", "no", "Traceback"), ("cell", "label", "error_name", "traceback")),
        (KernelDied(2, "signal 9"), ("cell", "why")),
        (KernelDied(None), ("cell", "why")),
        (KernelNotFound("r", ["python3"]), ("name", "known")),
        (NotebookNotFound("a.ipynb"), ("path",)),
        (NotANotebook("a.ipynb", "it is empty"), ("path", "why")),
    ],
)
def test_an_error_of_a_notebook_comes_back_from_a_pickle_as_it_was(
    error: JupyterFlowsError, fields: tuple[str, ...]
) -> None:
    error.add_note("told by the kernel")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert [getattr(again, field) for field in fields] == [getattr(error, field) for field in fields]
