from __future__ import annotations

import pytest

from jupyter_flows.cells.analysis import analyse
from jupyter_flows.cells.naming import task_name


@pytest.mark.parametrize(
    ("source", "taken", "name"),
    [
        ("import os\n_t = 1\nclean = 1\nother = 2", (), "clean"),
        ("df['x'] = 1", (), "df"),
        ("print(1)", (), "cell-ab12"),
        ("clean = 1", ("clean", "clean-2"), "clean-3"),
    ],
)
def test_a_task_without_a_name_is_called_by_what_it_gives(source: str, taken: tuple[str, ...], name: str) -> None:
    assert task_name(analyse(source), "ab12", taken) == name
