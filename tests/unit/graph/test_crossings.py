from __future__ import annotations

from jupyter_flows.graph.crossings import crossings, reduce_crossings
from jupyter_flows.graph.layers import layered


def test_crossings_are_counted_and_taken_away():
    edges = [(0, 5), (1, 4), (2, 3)]
    layers = layered(6, edges, range(6))
    assert crossings(layers) == 3
    reduce_crossings(layers)
    assert crossings(layers) == 0


def test_a_tree_has_no_crossing_whatever_order_it_is_given_in():
    edges = [(0, 1), (0, 2), (2, 3), (1, 4), (2, 5), (1, 6)]
    layers = layered(7, edges, range(7))
    reduce_crossings(layers)
    assert crossings(layers) == 0


def test_without_a_reason_the_order_of_input_stays():
    layers = layered(6, [(0, 3), (1, 4), (2, 5)], range(6))
    reduce_crossings(layers)
    assert layers.columns == [[0, 1, 2], [3, 4, 5]]
