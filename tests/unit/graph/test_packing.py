from __future__ import annotations

from jupyter_flows.graph.packing import grid_columns, parts, shelves


def test_what_hangs_together_is_one_part():
    assert parts(6, [(0, 4), (4, 2), (1, 5)]) == ([[0, 2, 4], [1, 5]], [3])


def test_a_grid_is_a_little_wider_than_high():
    assert grid_columns(3, 150, 70) == 3
    assert grid_columns(20, 150, 70) == 5
    assert 60 < grid_columns(10_000, 150, 70) < 100


def test_blocks_stand_on_shelves_in_their_order_without_touching():
    sizes = [(100.0, 40.0)] * 30
    spots = shelves(sizes, 10)
    assert spots == sorted(spots, key=lambda spot: (spot[1], spot[0]))
    assert len(set(spots)) == 30
    assert shelves([(900.0, 40.0), (100.0, 40.0)], 10) == [(0.0, 0.0), (0.0, 50.0)]
