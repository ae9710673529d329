from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.errors import DefinitionError, GraphHasCycle
from jupyter_flows.graph.dag import Dag

DIAMOND = Dag("abcde", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])


def test_order_keeps_the_order_of_input_where_edges_allow():
    assert Dag("abc", []).order() == ("a", "b", "c")
    assert Dag("cab", [("a", "c")]).order() == ("a", "c", "b")


def test_layers_follow_the_longest_way():
    assert Dag("abcd", [("a", "b"), ("b", "c"), ("a", "c")]).layers() == (("a", "d"), ("b",), ("c",))


def test_neighbours_are_known():
    assert DIAMOND.before("d") == ("b", "c")
    assert DIAMOND.after("a") == ("b", "c")
    assert "a" in DIAMOND and "z" not in DIAMOND and len(DIAMOND) == 5


def test_repeated_edges_count_once_and_unlisted_ends_are_added():
    dag = Dag(["a"], [("a", "b"), ("a", "b")])
    assert dag.edges == (("a", "b"),)
    assert dag.nodes == ("a", "b")


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
        Dag("zabcx", edges)
    assert set(caught.value.nodes) == circle
    pairs = zip(caught.value.nodes, caught.value.nodes[1:] + caught.value.nodes[:1], strict=True)
    assert set(pairs) <= set(edges)
    assert "remove one" in str(caught.value)
    assert isinstance(caught.value, DefinitionError) and isinstance(caught.value, ValueError)


def test_ten_thousand_in_a_row_need_no_recursion():
    dag = Dag(range(10_000), [(i, i + 1) for i in range(9_999)])
    assert len(dag.layers()) == 10_000
    with pytest.raises(GraphHasCycle):
        Dag(range(10_000), [(i, (i + 1) % 10_000) for i in range(10_000)])


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] < pair[1]), max_size=80))
def test_order_respects_every_edge(edges: list[tuple[int, int]]):
    dag = Dag(range(31), edges)
    place = {key: index for index, key in enumerate(dag.order())}
    assert all(place[source] < place[target] for source, target in edges)
    assert dag.order() == tuple(range(31))
