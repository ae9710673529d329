"""Graphs that are joined, tasks that are exchanged, copies."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportOperatorIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

import pytest

from jupyter_flows import Edge, Flow, Parameter, flatten, task, unmapped
from jupyter_flows.errors import BadGraph, GraphHasCycle


@task
def one():
    return 1


@task
def inc(x):
    return x + 1


@task
def add(x, y=0):
    return x + y


@task
def boom(x=0):
    raise ValueError("no")


def pairs(f):
    return [(edge.upstream.slug, edge.downstream.slug, edge.key) for edge in f.edges]


def described(f):
    return {key: value for key, value in f.serialize().items() if key != "name"}


# -- joining --------------------------------------------------------------------------------------------------------


def test_another_flow_is_added_and_stays_as_it_is():
    with Flow("inner") as inner:
        a = one()
        b = add(a, inc(a))
    before = described(inner)
    with Flow("outer") as outer:
        own = inc(5)
        outer.update(inner)
        last = add(b, own)  # what stands for a task there does so here
    assert pairs(outer) == [
        ("one", "inc-2", "x"),
        ("one", "add", "x"),
        ("inc-2", "add", "y"),
        ("add", "add-2", "x"),
        ("inc", "add-2", "y"),
    ]
    state = outer.run()
    assert (state[last].result(), state[b].result()) == (9, 3)
    assert described(inner) == before
    assert inner.run()[b].result() == 3


def test_maps_constants_and_orders_come_along():
    with Flow("inner") as inner:
        mapped = add.map(flatten([[1], [2]]), unmapped(one()))
        after = inc(10, upstream_tasks=[mapped])
    outer = Flow("outer")
    outer.update(inner)
    assert described(outer) == described(inner)
    state = outer.run()
    assert (state[mapped].result(), state[after].result()) == ([2, 3], 11)


def test_a_flow_that_is_added_twice_is_added_once():
    with Flow("inner") as inner:
        inc(one())
    outer = Flow("outer")
    outer.update(inner)
    outer.update(inner)
    assert pairs(outer) == [("one", "inc", "x")]


def test_a_task_that_is_in_both_flows_as_it_is_is_one():
    first, second = Flow("first"), Flow("second")
    first.add_edge(one, inc, key="x")
    second.add_edge(one, add, key="x")
    first.update(second)
    assert pairs(first) == [("one", "inc", "x"), ("one", "add", "x")]
    assert first.run()[add].result() == 1


def test_an_argument_that_both_flows_give_is_refused_before_anything_is_added():
    first, second = Flow("first"), Flow("second")
    for f in (first, second):
        f.add_edge(one, inc, key="x")
    second.add_edge(one, add, key="x")
    with pytest.raises(BadGraph, match="flow 'first', task inc: its argument 'x' is given twice"):
        first.update(second)
    assert [node.slug for node in first.tasks] == ["one", "inc"]


def with_parameter(name, default):
    with Flow(name) as f:
        inc(Parameter("p", default=default))
    return f


def test_parameters_of_one_name_are_refused_unless_they_are_to_be_merged():
    f, g = with_parameter("f", 1), with_parameter("g", 10)
    with pytest.raises(BadGraph, match="flow 'f', task p: flow 'g' has such a parameter too; use merge_parameters"):
        f.update(g)
    assert len(f.tasks) == 2
    f.update(g, merge_parameters=True)
    assert [(parameter.name, parameter.default) for parameter in f.parameters()] == [("p", 10)]
    state = f.run()
    assert [state[node].result() for node in f.get_tasks(name="inc")] == [11, 11]
    assert f.run(p=2).is_completed()


def test_a_task_and_a_parameter_cannot_share_a_name():
    with Flow("f") as f:
        add(1)
        with pytest.raises(BadGraph, match="task add: a parameter needs a name of its own"):
            f.update(Flow("g", tasks=[Parameter("add")]))


def test_reference_tasks_are_merged_where_asked():
    def inner():
        with Flow("inner") as f:
            bad = boom()
            inc(1, upstream_tasks=[bad])
        f.set_reference_tasks([bad])
        return f

    plain, merged = Flow("plain"), Flow("merged", tasks=[one])
    plain.update(inner())
    merged.update(inner(), merge_reference_tasks=True)
    assert [node.slug for node in plain.reference_tasks()] == ["inc"]
    assert [node.slug for node in merged.reference_tasks()] == ["one", "boom"]


def test_a_flow_is_not_added_to_itself():
    f = Flow("f")
    with pytest.raises(BadGraph, match="add a copy"):
        f.update(f)


def test_a_copy_goes_its_own_way():
    with Flow("f", tags=["a"]) as f:
        a = one()
        b = inc(a)
    f.set_reference_tasks([a])
    g = f.copy("g")
    with g:
        inc(b)
    assert (g.name, g.options.tags, len(f.tasks), len(g.tasks)) == ("g", ("a",), 2, 3)
    assert [node.slug for node in g.reference_tasks()] == ["one"]
    assert g.run()[b].result() == 2


# -- exchanging -----------------------------------------------------------------------------------------------------


def test_a_task_takes_the_place_of_another_with_all_edges_and_arguments():
    with Flow("f") as f:
        a = one()
        b = add(a, y=10)
        c = inc(b)
        inc(100, upstream_tasks=[b])
    f.set_reference_tasks([b, c])
    new = f.replace(b, add.with_options(name="plus"))
    assert [node.slug for node in f.tasks] == ["one", "plus", "inc", "inc-2"]
    assert pairs(f) == [("one", "plus", "x"), ("plus", "inc", "x"), ("plus", "inc-2", None)]
    assert f.reference_tasks() == [new, c]
    assert f.run()[c].result() == 12
    with pytest.raises(BadGraph, match="flow 'f', task add: it was replaced"):
        f.add_edge(b, c)


def test_a_mapped_task_is_exchanged_for_a_mapped_one():
    @task
    def ten_times(x):
        return 10 * x

    with Flow("f") as f:
        mapped = inc.map([1, 2])
        last = inc.map(mapped)
    new = f.replace(mapped, ten_times)
    assert new.mapped
    assert f.run()[last].result() == [11, 21]


def test_a_parameter_is_exchanged_for_one_of_the_same_name():
    f = with_parameter("f", 1)
    f.replace(f.get_tasks(name="p")[0], Parameter("p", default=5))
    state = f.run()
    assert [state[node].result() for node in f.get_tasks(name="inc")] == [6]


def test_a_task_that_is_in_the_flow_may_take_over_as_well():
    with Flow("f") as f:
        a, b = one(), one()
        c = inc(a)
    assert f.replace(a, b) is b
    assert pairs(f) == [("one-2", "inc", "x")]
    assert f.run()[c].result() == 2
    assert f.replace(b, b) is b


@pytest.mark.parametrize(
    ("exchange", "wanted"),
    [
        (lambda f, a, b: f.replace(b, one), "task one: its function has no argument 'x', which inc is given"),
        (lambda f, a, b: f.replace(b, Parameter("p")), "task p: a parameter has no upstream tasks, and inc has"),
        (lambda f, a, b: f.replace(a, Parameter("inc")), "task inc: a parameter needs a name of its own"),
        (lambda f, a, b: f.replace(add, one), "task add: it is not in this flow"),
        (lambda f, a, b: f.replace(a, 3), "task 3: it is no task"),
    ],
)
def test_an_exchange_that_cannot_be_changes_nothing(exchange, wanted):
    with Flow("f") as f:
        a = one()
        b = inc(a)
    before = described(f)
    with pytest.raises(BadGraph) as caught:
        exchange(f, a, b)
    assert wanted in str(caught.value)
    assert described(f) == before


def test_an_exchange_that_would_make_a_circle_changes_nothing():
    with Flow("f") as f:
        a = one()
        b = inc(a)
        c = add(y=1, x=2, upstream_tasks=[b])
    with pytest.raises(GraphHasCycle, match="add"):
        f.replace(a, c)
    assert f.run()[b].result() == 2


# -- making a flow in one go ----------------------------------------------------------------------------------------


def test_a_flow_is_made_of_tasks_and_edges():
    f = Flow("f", tasks=[boom], edges=[(one, inc, "x"), Edge(inc, add, "x"), (one, add)], reference_tasks=[add])
    assert pairs(f) == [("one", "inc", "x"), ("inc", "add", "x"), ("one", "add", None)]
    state = f.run()
    assert (state.name, state[add].result(), state[boom].name) == ("Completed", 2, "Failed")
    edge = f.edges[0]
    assert (edge.upstream_task, edge.downstream_task) == (edge.upstream, edge.downstream)
