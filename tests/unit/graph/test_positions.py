from __future__ import annotations

from jupyter_flows.graph.layers import layered
from jupyter_flows.graph.positions import GAP, settle


def test_boxes_of_a_column_keep_their_distance():
    middle = settle(layered(4, [(0, 1), (0, 2), (0, 3)], range(4)), [48.0] * 4)
    assert middle[2] - middle[1] == middle[3] - middle[2] == 48 + GAP
    assert middle[0] == middle[2]
    assert middle[1] == 24.0


def test_what_hangs_does_not_pull():
    edges = [(0, 1), (0, 2)]
    pulled = settle(layered(3, edges, range(3)), [48.0] * 3)
    hung = settle(layered(3, edges, range(3)), [48.0] * 3, {(0, 2)})
    assert pulled[0] > pulled[1]
    assert hung[0] == hung[1] < hung[2]


def test_a_long_edge_runs_at_the_height_of_its_source_where_there_is_room():
    edges = [(0, 2), (2, 3), (1, 3)]
    layers = layered(4, edges, range(4))
    middle = settle(layers, [48.0] * 4 + [0.0])
    assert middle[layers.routes[2][1]] == middle[1]
