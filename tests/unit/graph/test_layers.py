from __future__ import annotations

from jupyter_flows.graph.layers import forward, layered


def test_forward_orders_nodes_and_turns_what_closes_a_circle():
    assert forward(3, [(0, 1), (1, 2), (2, 0)]) == ([0, 1, 2], {2})
    order, turned = forward(4, [(3, 1), (1, 0)])
    assert not turned
    assert order.index(3) < order.index(1) < order.index(0)


def test_long_edges_of_one_source_share_their_stations():
    edges = [(0, 1), (1, 2), (2, 3), (0, 3), (2, 4), (0, 4)]
    layers = layered(5, edges, forward(5, edges)[0])
    assert [len(column) for column in layers.columns] == [1, 2, 2, 2]
    assert layers.routes[3][:-1] == layers.routes[5][:-1] == [0, 5, 6]
    assert layers.right[6] == [3, 4]


def test_very_long_edges_beyond_the_budget_have_no_stations():
    count = 400
    edges = [(n, n + 1) for n in range(count - 1)] + [(n, count - 1) for n in range(count - 2)]
    layers = layered(count, edges, range(count))
    assert len(layers.left) < 4 * count + 3000
    assert any(len(route) == 2 and route[1] not in layers.right[route[0]] for route in layers.routes)
