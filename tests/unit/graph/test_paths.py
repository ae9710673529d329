from __future__ import annotations

import pytest

from jupyter_flows.graph.paths import moved


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("M0 4H10L20 12", "M100 6H110L120 14"),
        ("M0 4c5 0 5 8 10 8", "M100 6c5 0 5 8 10 8"),
        ("C1 2 3 4 5 6H-7", "C101 4 103 6 105 8H93"),
        ("", ""),
    ],
)
def test_a_moved_path_has_its_places_elsewhere_and_its_steps_as_they_were(path, there):
    assert moved(path, 100.2, 1.9) == there
