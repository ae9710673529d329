from __future__ import annotations

import pytest

from jupyter_flows.notebooks.kernel.preloads import packages_imported, preloads_of


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import numpy as np, os.path", {"numpy", "os"}),
        ("from pandas.api import types", {"pandas"}),
        ("from . import here", set()),
        ("def f():\n    import matplotlib.pyplot as plt", {"matplotlib"}),
        ("%matplotlib inline\nimport numpy\n!ls", {"numpy"}),
        ("if True:\n    %time x = 1\n    import numpy", {"numpy"}),
        ("this is no python", set()),
        ("%%bash\nimport everything from", set()),
        ("", set()),
        ("\0", set()),
    ],
)
def test_imports_are_read_from_code(source, found):
    assert packages_imported([source]) == found


def test_only_known_packages_are_loaded_with_those_that_come_along():
    assert preloads_of({"os", "mine", "tensorflow"}) == ()
    assert preloads_of({"pandas", "mine"}) == ("numpy", "pandas")
    assert preloads_of({"matplotlib", "pandas"}) == ("matplotlib", "numpy", "pandas")
    assert preloads_of({"pandas", "numpy"}, allowed=("numpy",)) == ("numpy",)
    assert preloads_of({"pandas"}, allowed=()) == ()
