from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import Picture, picture
from jupyter_flows.model.states import COMPLETED, RUNNING


def drawn(edges: str, nodes: str = "", room: float = 1e9) -> Picture:
    """A picture of edges such as "ab bc"; nodes in alphabetical order."""
    keys = sorted(set(edges.replace(" ", "")) | set(nodes))
    return picture([Node(key, key) for key in keys], [Edge(pair[0], pair[1]) for pair in edges.split()], room=room)


def boxes(image: Picture) -> dict[str, tuple[float, float, float, float]]:
    return {placed.node.key: (placed.x, placed.y, placed.width, placed.height) for placed in image.nodes}


def middles(image: Picture) -> dict[str, float]:
    return {key: y + height / 2 for key, (_, y, _, height) in boxes(image).items()}


def overlap(image: Picture) -> bool:
    placed = sorted(boxes(image).values())
    return any(
        a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        for index, a in enumerate(placed)
        for b in placed[index + 1 :]
    )


graphs = st.integers(1, 24).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=50),
    )
)


@settings(deadline=None)
@given(graphs)
def test_boxes_never_overlap_edges_go_right_and_the_picture_is_always_the_same(
    graph: tuple[int, list[tuple[int, int]]],
):
    count, pairs = graph
    nodes = [Node(str(index), f"task {index}", counts={"Completed": 2} if index % 3 else {}) for index in range(count)]
    edges = [Edge(str(min(pair)), str(max(pair))) for pair in pairs]
    image = picture(nodes, edges, room=1e9)
    assert not overlap(image)
    assert image == picture(nodes, edges, room=1e9)
    spots = boxes(image)
    for curve in image.curves:
        source, target = spots[curve.source], spots[curve.target]
        assert source[0] + source[2] < target[0]
    for x, y, width, height in spots.values():
        assert x >= 0 and x + width <= image.width
        assert y >= -0.2 and y + height <= image.height + 0.2


@settings(deadline=None)
@given(graphs)
def test_circles_and_broken_rows_still_give_a_picture_without_overlap(graph: tuple[int, list[tuple[int, int]]]):
    count, pairs = graph
    image = picture([Node(str(n), "x") for n in range(count)], [Edge(str(a), str(b)) for a, b in pairs], room=500)
    assert not overlap(image)
    assert len(image.curves) == len({pair for pair in pairs if pair[0] != pair[1]})


def test_a_chain_is_one_straight_row():
    assert len(set(middles(drawn("ab bc cd")).values())) == 1


def test_a_diamond_is_symmetric():
    at = middles(drawn("ab ac bd cd"))
    assert at["a"] == at["d"] == (at["b"] + at["c"]) / 2


def test_edges_are_ordered_so_that_they_do_not_cross():
    at = middles(drawn("af be cd"))
    assert (at["a"] < at["b"]) == (at["f"] < at["e"])
    at = middles(drawn("ax bx ay cy bz cz"))
    assert len(at) == 6


def test_a_long_edge_passes_beside_the_boxes_between():
    image = drawn("ab bc cd ad")
    spots = boxes(image)
    path = next(curve.path for curve in image.curves if (curve.source, curve.target) == ("a", "d"))
    for x, y in re.findall(r"([\d.]+) ([\d.]+)H", path):
        for left, top, width, height in spots.values():
            assert not (left <= float(x) <= left + width and top < float(y) < top + height)


def test_nodes_without_edges_stand_in_a_block():
    image = picture([Node(str(n), "lonely") for n in range(1000)])
    assert not overlap(image)
    assert 0.8 < image.width / image.height < 3
    assert len({placed.y for placed in picture([Node(str(n), "x") for n in range(5)]).nodes}) == 1


def test_a_long_row_is_broken_into_rows_of_about_equal_length():
    image = picture([Node(str(n), "cell") for n in range(12)], [Edge(str(n), str(n + 1)) for n in range(11)], room=1000)
    rows = [placed.y for placed in image.nodes]
    assert image.width <= 1100
    assert rows == sorted(rows)
    assert {rows.count(y) for y in rows} == {6}


def test_repeated_and_foreign_edges_are_left_out_and_plain_ones_win_over_calls():
    nodes = [Node("a", "a"), Node("b", "b")]
    edges = [Edge("a", "b", calls=True), Edge("a", "b"), Edge("a", "b", calls=True), Edge("a", "a"), Edge("a", "z")]
    assert [(curve.source, curve.target, curve.calls) for curve in picture(nodes, edges).curves] == [("a", "b", False)]


def test_an_edge_to_what_is_under_way_is_live():
    nodes = [Node("a", "a", state_kind=COMPLETED, state_name="Completed"), Node("b", "b", "task", RUNNING, "Running")]
    assert [curve.live for curve in picture(nodes, [Edge("a", "b")]).curves] == [True]


def test_an_edge_that_closes_a_circle_is_turned():
    assert [curve.turned for curve in drawn("ab bc ca").curves] == [False, False, True]


def test_nothing_gives_an_empty_picture():
    image = picture([])
    assert (image.nodes, image.width, image.height) == ((), 0.0, 0.0)


def test_ten_thousand_nodes_need_no_recursion():
    edges = [Edge(str(n), str(n + 1)) for n in range(9_999)]
    assert len(picture([Node(str(n), "x") for n in range(10_000)], edges).nodes) == 10_000


@pytest.mark.parametrize("given_name", ["01JABC", "a b<", "", "x" * 500])
def test_the_name_is_a_short_valid_identifier_and_deterministic(given_name: str):
    first, second = (picture([Node("a", "a\ud800")], name=given_name).name for _ in range(2))
    assert first == second
    assert re.fullmatch(r"jf[0-9a-f]{6}", first)


def test_new_words_keep_their_places():
    before = picture([Node("1", "extract", subtitle="a long line of words"), Node("2", "load")], [Edge("1", "2")])
    after = picture([Node("1", "extract"), Node("2", "load")], [Edge("1", "2")], like=before)
    assert [(p.x, p.y, p.width) for p in after.nodes] == [(p.x, p.y, p.width) for p in before.nodes]
    assert [curve.path for curve in after.curves] == [curve.path for curve in before.curves]
    assert after.nodes[0].node.subtitle == ""


def test_a_like_picture_of_another_graph_changes_nothing():
    nodes, edges = [Node("1", "extract"), Node("2", "load")], [Edge("1", "2")]
    other = picture([Node("9", "other")])
    assert picture(nodes, edges, like=other) == picture(nodes, edges)
