from __future__ import annotations

from jupyter_flows.notebooks.kernel.preloads import preloads_of


def test_only_known_packages_are_loaded_with_those_that_come_along():
    assert preloads_of({"os", "mine", "tensorflow"}) == ()
    assert preloads_of({"pandas", "mine"}) == ("numpy", "pandas")
    assert preloads_of({"matplotlib", "pandas"}) == ("matplotlib", "numpy", "pandas")
    assert preloads_of({"pandas", "numpy"}, allowed=("numpy",)) == ("numpy",)
    assert preloads_of({"pandas"}, allowed=()) == ()
