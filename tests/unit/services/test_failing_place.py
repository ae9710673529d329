from __future__ import annotations

import pytest

from jupyter_flows.model.runs import Failure
from jupyter_flows.services.failing_place import failing_place

CELLS = {"/tmp/ipykernel_7/123.py": 3}
HEAD = "Traceback (most recent call last):\n"
IN_CELL = '  File "/tmp/ipykernel_7/123.py", line 2, in score\n    1 / 0\n    ~~^~~\n'
IN_MODULE = '  File "/home/me/reports.py", line 12, in load\n    return rows[day]\n'
IN_LIBRARY = '  File "/x/site-packages/pandas/core.py", line 9, in get\n    raise KeyError(key)\n'


@pytest.mark.parametrize(
    ("traceback", "place"),
    [
        (HEAD + IN_CELL, ("cell [3], line 2", 2, "1 / 0", 3)),
        (HEAD + IN_CELL + IN_MODULE + IN_LIBRARY, ("cell [3], line 2", 2, "1 / 0", 3)),
        (HEAD + IN_MODULE + IN_LIBRARY, ("reports.py, line 12", 12, "return rows[day]", 0)),
        (HEAD + IN_LIBRARY, None),
        ("Cell In[5], line 4\n      3 x\n----> 4 1/0\n", ("cell [5], line 4", 4, "1/0", 0)),
        ("Cell In[5], line 4\n\nno arrow", ("cell [5], line 4", 4, "", 0)),
        ("", None),
    ],
)
def test_the_last_line_of_the_users_is_found(traceback, place):
    found = failing_place(Failure(1, 1, "KeyError", "", traceback, {}), CELLS)
    assert (found and tuple(found[name] for name in ("words", "line", "code", "count"))) == place


def test_where_nothing_failed_there_is_no_place():
    assert failing_place(None, CELLS) is None
