"""Expressions over placed tasks: what each gives, how it is named, and what stays Python's own."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

import pytest

from jupyter_flows import Flow, Parameter, task
from jupyter_flows.errors import BadGraph


@task
def give(value):
    return value


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (lambda a, b: a + b, 9),
        (lambda a, b: 1 + a, 8),
        (lambda a, b: a - b, 5),
        (lambda a, b: 10 - a, 3),
        (lambda a, b: a * b, 14),
        (lambda a, b: 3 * a, 21),
        (lambda a, b: a / b, 3.5),
        (lambda a, b: 14 / a, 2.0),
        (lambda a, b: a // b, 3),
        (lambda a, b: 15 // a, 2),
        (lambda a, b: a % b, 1),
        (lambda a, b: 9 % a, 2),
        (lambda a, b: a**b, 49),
        (lambda a, b: 2**b, 4),
        (lambda a, b: a < b, False),
        (lambda a, b: a <= 7, True),
        (lambda a, b: a > b, True),
        (lambda a, b: a <= 8, True),
        (lambda a, b: a & give(0), 0),
        (lambda a, b: 0 & a, 0),
        (lambda a, b: give(0).or_(b), 2),
        (lambda a, b: a.is_equal(7), True),
        (lambda a, b: a.is_not_equal(b), True),
        (lambda a, b: a.not_(), False),
        (lambda a, b: (a + b) * (a - b), 45),
        (lambda a, b: Parameter("p") + 1, 4),
        (lambda a, b: give([5, 6])[b - 1], 6),
        (lambda a, b: give({"k": {"l": 1}})["k"]["l"], 1),
        (lambda a, b: Parameter("q", default=[1, 2])[1], 2),
    ],
)
def test_an_expression_gives_its_value_when_the_graph_runs(expression, wanted):
    with Flow("f") as f:
        found = expression(give(7), give(2))
    assert f.run(**({"p": 3} if f.get_tasks(slug="p") else {}))[found].result() == wanted


def test_an_expression_is_named_as_it_reads_and_a_long_one_after_its_function():
    with Flow("f") as f:
        a = give(1)
        names = [(a + 1).slug, (2 - a).slug, a.not_().slug, (a + "x" * 100).slug, (a & True).slug]
    assert names == ["give + 1", "2 - give", "not give", "add", "give and True"]
    assert f.run().is_failed()  # a number and a text


def test_equality_and_hashes_stay_those_of_the_places():
    with Flow("f"):
        a, b = give(1), give(1)
        assert a == a
        assert a != b
        assert len({a, b}) == 2
        assert bool(a)


@pytest.mark.parametrize("compare", [lambda a: a < 3, lambda a: a.is_equal(3), lambda a: a.not_()])
def test_a_comparison_has_no_truth_before_a_run(compare):
    with Flow("f"):
        found = compare(give(1))
        with pytest.raises(BadGraph, match="known only in a run; use case"):
            bool(found)


def test_an_array_on_the_left_leaves_the_operation_to_the_graph():
    numpy = pytest.importorskip("numpy")
    with Flow("f") as f:
        found = numpy.array([1, 2]) * give(10)
    assert f.run()[found].result().tolist() == [10, 20]


def test_a_task_that_is_in_no_graph_cannot_be_reckoned_with():
    with pytest.raises(BadGraph, match="task give: say which flow is meant"):
        _ = give + 1


def test_orders_may_be_written_with_signs_and_lists():
    with Flow("f") as f:
        a, b, c, d = (give(name) for name in "abcd")
        assert a >> [b, c] >> d is d
        assert d << a is a
        assert [b, c] | d is d
    pairs = [(edge.upstream, edge.downstream) for edge in f.edges]
    assert pairs == [(a, b), (a, c), (b, d), (c, d), (a, d), (b, d), (c, d)]
    assert {edge.key for edge in f.edges} == {None}


def test_a_value_is_piped_into_the_first_argument_of_another_task():
    @task
    def scale(x, by=1):
        return x * by

    with Flow("f") as f:
        found = give(3).pipe(scale, by=2).pipe(scale, by=5)
    assert f.run()[found].result() == 30
