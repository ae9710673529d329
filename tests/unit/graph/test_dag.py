from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.errors import DefinitionError, GraphHasCycle
from jupyter_flows.graph.dag import in_order


def test_order_keeps_the_order_of_input_where_edges_allow():
    assert in_order("abc", []) == ("a", "b", "c")
    assert in_order("cab", [("a", "c")]) == ("a", "c", "b")
    assert in_order("dcba", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]) == ("a", "c", "b", "d")


def test_repeated_edges_count_once_and_unlisted_ends_are_added():
    assert in_order(["c"], [("a", "b"), ("a", "b")]) == ("c", "a", "b")


@pytest.mark.parametrize(
    ("edges", "circle"),
    [
        ([("a", "a")], {"a"}),
        ([("a", "b"), ("b", "a")], {"a", "b"}),
        ([("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "z")], {"a", "b", "c"}),
    ],
)
def test_a_cycle_is_refused_and_its_members_are_named(edges: list[tuple[str, str]], circle: set[str]):
    with pytest.raises(GraphHasCycle) as caught:
        in_order("zabcx", edges)
    assert set(caught.value.nodes) == circle
    pairs = zip(caught.value.nodes, caught.value.nodes[1:] + caught.value.nodes[:1], strict=True)
    assert set(pairs) <= set(edges)
    assert "remove one" in str(caught.value)
    assert isinstance(caught.value, DefinitionError) and isinstance(caught.value, ValueError)


def test_ten_thousand_in_a_row_need_no_recursion():
    assert in_order(range(9_999, -1, -1), [(i, i + 1) for i in range(9_999)]) == tuple(range(10_000))
    with pytest.raises(GraphHasCycle):
        in_order(range(10_000), [(i, (i + 1) % 10_000) for i in range(10_000)])


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] < pair[1]), max_size=80))
def test_order_respects_every_edge(edges: list[tuple[int, int]]):
    order = in_order(range(30, -1, -1), edges)
    place = {key: index for index, key in enumerate(order)}
    assert all(place[source] < place[target] for source, target in edges)
    assert sorted(order) == list(range(31))
