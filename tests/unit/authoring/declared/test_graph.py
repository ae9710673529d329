"""Declaring a graph: what is placed, how it is ordered, and what is refused."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false
# pyright: reportUnhashable=false

from __future__ import annotations

import json

import pytest

from jupyter_flows import Flow, Parameter, Task, flatten, flow, mapped, task, triggers, unmapped
from jupyter_flows.authoring.declared.graph import DeclaredFlow
from jupyter_flows.errors import BadGraph, BadOption, GraphHasCycle, UnknownOption


@task
def one():
    return 1


@task
def inc(x):
    return x + 1


@task
def add(x, y=0):
    return x + y


def pairs(f):
    return [(edge.upstream.slug, edge.downstream.slug, edge.key) for edge in f.edges]


def test_a_call_in_the_block_only_places():
    calls = []

    @task
    def count():
        calls.append(1)

    with Flow("f") as f:
        count()
        count()
    assert isinstance(f, DeclaredFlow)
    assert (calls, [node.slug for node in f.tasks]) == ([], ["count", "count-2"])
    f.run()
    assert calls == [1, 1]


def test_arguments_make_keyed_edges_also_inside_collections():
    with Flow("f") as f:
        a = one()
        add({"k": [a]}, y=inc(a))
    assert pairs(f) == [("one", "inc", "x"), ("one", "add", "x"), ("inc", "add", "y")]


def test_a_flow_of_a_function_is_the_imperative_one():
    def body():
        return 3

    assert Flow(body)() == 3
    assert flow(body)() == 3


def test_the_graph_can_be_asked():
    with Flow("f") as f:
        a = one()
        b, c = inc(a), add(a)
        d = add(b, c)
    assert (f.root_tasks(), f.terminal_tasks(), f.reference_tasks()) == ([a], [d], [d])
    assert f.sorted_tasks() == (a, b, c, d)
    assert (f.upstream_tasks(d), f.downstream_tasks(a)) == ([b, c], [b, c])
    assert [edge.key for edge in f.edges_to(d)] == ["x", "y"]
    assert [edge.downstream for edge in f.edges_from(a)] == [b, c]
    assert f.get_tasks(name="add") == [c, d]
    assert f.get_tasks(slug="add-2") == [d]


def test_the_imperative_words():
    f = Flow("f")
    a, b, c = one, inc, add
    f.set_dependencies(b, keyword_tasks={"x": a}, downstream_tasks=[c])
    c.bind(5, flow=f)
    c.set_upstream(a, key="y", flow=f)
    assert pairs(f) == [("one", "inc", "x"), ("inc", "add", None), ("one", "add", "y")]
    state = f.run()
    assert (state[b].result(), state[c].result()) == (2, 6)


def test_pipes_and_chains_only_order():
    with Flow("f") as f:
        first, second, third = one(), add(1), add(2)
        assert first | second | third is third
    assert pairs(f) == [("one", "add", None), ("add", "add-2", None)]
    g = Flow("g")
    g.chain(
        *(
            task(
                lambda: 0,
            )
            for _ in range(3)
        )
    )
    assert len(g.edges) == 2


def test_a_task_class_is_placed_by_calling_an_instance():
    class Power(Task):
        def __init__(self, exponent, **options):
            self.exponent = exponent
            super().__init__(**options)

        def run(self, x):
            return x**self.exponent

    square = Power(2, retries=1)
    assert (square.name, square.run(3), square.retries, square.with_options(retries=0).name) == ("Power", 9, 1, "Power")
    with Flow("f") as f:
        found = square(4)
    assert f.run()[found].result() == 16


def test_a_task_class_needs_run():
    with pytest.raises(BadOption, match="run"):
        Task()


def cyclic():
    with Flow("f"):
        a, b = one(), inc(1)
        a.set_upstream(b)
        b.set_upstream(a)


def foreign_reference():
    with Flow("f"):
        a = one()
    with Flow("g") as g:
        one()
    g.set_reference_tasks([a])


def unknown_reference():
    with Flow("g") as g:
        one()
    g.set_reference_tasks([inc])


def foreign_argument():
    with Flow("f"):
        a = one()
    with Flow("g"):
        inc(a)


def duplicate_key():
    with Flow("f") as f:
        f.add_edge(one(), inc(1), key="x")


def unknown_key():
    with Flow("f") as f:
        f.add_edge(one(), inc(1), key="z")


def parameter_with_upstream():
    with Flow("f"):
        Parameter("p").set_upstream(one())


def two_parameters_of_one_name():
    with Flow("f"):
        add(Parameter("p"), Parameter("p"))


def run_inside():
    with Flow("f") as f:
        one()
        f.run()


def submitted_inside():
    with Flow("f"):
        inc.submit(1)


def nothing_to_map():
    with Flow("f"):
        inc.map(unmapped([1]))


def mapped_over_a_number():
    with Flow("f"):
        add.map([1], 100)


def mapped_over_star():
    with Flow("f"):
        Task(lambda x, *rest: x, {"name": "star"}).map([1], [2])


def argument_missing():
    f = Flow("f")
    f.add_task(inc)
    f.run()


def no_flow():
    inc.set_upstream(one)


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (foreign_reference, "flow 'g', task one: it belongs to flow 'f'"),
        (unknown_reference, "flow 'g', task inc: it is not in this flow"),
        (foreign_argument, "flow 'g', task one: it belongs to flow 'f'"),
        (duplicate_key, "flow 'f', task inc: its argument 'x' is given twice"),
        (unknown_key, "flow 'f', task inc: its function has no argument 'z'"),
        (parameter_with_upstream, "flow 'f', task p: a parameter has no upstream tasks"),
        (two_parameters_of_one_name, "flow 'f', task p: a parameter needs a name of its own"),
        (run_inside, "flow 'f': run it after its `with` block"),
        (submitted_inside, "task inc: in the block of a flow, call the task"),
        (nothing_to_map, "flow 'f', task inc: there is nothing to map over"),
        (mapped_over_a_number, "argument 'y' cannot be mapped over: it is a int; wrap it in unmapped"),
        (mapped_over_star, "flow 'f', task star: *rest cannot be mapped over; give what is mapped over by name"),
        (argument_missing, "flow 'f', task inc: it needs 'x'"),
        (no_flow, "task inc: say which flow is meant"),
    ],
)
def test_what_cannot_be_is_refused_by_name(build, wanted):
    with pytest.raises(BadGraph) as caught:
        build()
    assert wanted in str(caught.value)


def test_a_cycle_is_refused_by_name():
    with pytest.raises(GraphHasCycle, match=r"one -> inc -> one|inc -> one -> inc"):
        cyclic()


def test_arguments_that_do_not_fit_are_refused_when_placed():
    with Flow("f"), pytest.raises(TypeError, match="inc: missing a required argument: 'x'"):
        inc()


def test_an_unknown_option_is_refused():
    with pytest.raises(UnknownOption, match="retries"):
        Flow("f", retries=3)


def test_a_value_that_cannot_be_taken_apart_says_how():
    with Flow("f"), pytest.raises(TypeError, match="nout"):
        _a, _b = inc(1)


def test_a_parameter_cannot_be_taken_apart_either():
    with Flow("f"), pytest.raises(TypeError, match="p cannot be taken apart"):
        _a, _b = Parameter("p")


def test_a_placed_task_has_no_value_outside_a_run():
    with Flow("f"):
        a = one()
    with pytest.raises(BadGraph, match="task one: it has a value only in a run"):
        inc(a)


def test_a_block_inside_a_run_places_and_what_it_runs_does_not():
    @flow
    def around():
        with Flow("inner") as inner:
            found = inc(1)
        return inner.run()[found].result()

    assert around() == 2


def test_the_picture_has_every_task():
    with Flow("f") as f:
        inc.map(flatten([[1], [2]]))
        inc(one())
    shown = repr(f.visualize())
    assert "inc" in shown and "one" in shown
    state = f.run()
    assert "<svg" in f.visualize(state).svg()
    assert "Completed" in repr(f.visualize(state))


# -- what is made in a block and never placed -----------------------------------------------------------------------


def test_a_task_that_is_made_in_the_block_and_never_placed_is_named_in_a_warning():
    wanted = "flow 'f': made in its block and never placed: p, slow; call each of them there"

    def build():
        with Flow("f"):
            Parameter("p")
            inc.with_options(name="slow")
            inc(1)

    with pytest.warns(UserWarning, match=wanted):
        build()


def test_what_is_placed_in_any_way_gives_no_warning():
    class Power(Task):
        def run(self, x):
            return x**2

    with Flow("f") as f:
        Power()(Parameter("p", default=2)[0] + 1)
        inc(one.with_options(name="a"), upstream_tasks=[Power(name="b").bind(1)])
        inc.with_options(name="c")(1, task_args={"name": "d", "retries": 2})
        g = Flow("g", tasks=[Parameter("in-another-flow")])
        with pytest.raises(TypeError):
            inc.with_options(name="e")()
    assert len(g.tasks) == 1
    assert [node.task.retries for node in f.get_tasks(name="d")] == [2]


def test_a_block_that_raises_gives_no_warning():
    def build():
        with Flow("f"):
            Parameter("p")
            raise KeyError

    with pytest.raises(KeyError):
        build()


# -- words of a call, options ---------------------------------------------------------------------------------------


def test_a_slug_may_be_chosen():
    with Flow("f") as f:
        places = [inc.with_options(slug="fixed")(1), inc(1, task_args={"slug": "fixed"}), inc(1)]
    assert [(node.slug, node.name) for node in places] == [("fixed", "inc"), ("fixed-2", "inc"), ("inc", "inc")]
    assert f.get_tasks(slug="fixed") == places[:1]


def test_mapped_marks_what_a_call_is_mapped_over():
    with Flow("f") as f:
        places = [
            add(mapped([1, 2]), 10),
            add(mapped(inc.map([0, 1])), unmapped(10)),
            add.map(mapped([1, 2]), unmapped(10)),
            add([1, 2], y=mapped([10, 10]), task_args={"name": "lists"}),
            inc([1, 2], mapped=True),
        ]
    state = f.run()
    assert [state[node].result() for node in places[:3]] == [[11, 12]] * 3
    assert all(node.mapped for node in places)
    assert state[places[4]].result() == [2, 3]


def test_mapped_is_for_declared_flows():
    @flow
    def imperative():
        with pytest.raises(TypeError, match=r"use \.map"):
            add(mapped([1, 2]), 1)
        with pytest.raises(TypeError, match=r"use \.map"):
            add.submit(1, mapped([1, 2]))
        return add.map(mapped([1, 2]), 1).result()

    assert imperative() == [2, 3]


def test_flatten_without_a_map_gives_one_list():
    @task
    def same(x):
        return x

    with Flow("f") as f:
        places = [
            same(flatten([[1], [2, 3]])),
            same(flatten(same.map([[1], [2]]))),
            add.map([[0], [1]], unmapped(flatten([[5], [6]]))),
        ]
    state = f.run()
    assert [state[node].result() for node in places] == [[1, 2, 3], [1, 2], [[0, 5, 6], [1, 5, 6]]]


def test_a_word_of_every_call_cannot_be_an_argument_of_the_task():
    @task
    def unlucky(task_args):
        return task_args

    with Flow("f"), pytest.raises(BadGraph, match="task unlucky: its argument 'task_args' has a meaning in every call"):
        unlucky(task_args=1)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({"executor": "sequential"}, "task_runner"), ({"log_stdout": True}, "log_prints")],
)
def test_classic_names_of_a_flows_options(options, wanted):
    assert getattr(Flow("f", **options).options, wanted) == next(iter(options.values()))


# -- asking ---------------------------------------------------------------------------------------------------------


def test_more_can_be_asked():
    with Flow("f") as f:
        p = Parameter("p", default=3)
        a = inc(p)
        b = add(a, y=[1, 2], upstream_tasks=[p])
        c = add.map([1, 2], unmapped(7))
    place = f.get_tasks(task_type=Parameter)
    assert [node.task for node in place] == [p]
    assert f.all_upstream_edges() == {place[0]: [], a: f.edges_to(a), b: f.edges_to(b), c: []}
    assert f.all_downstream_edges()[place[0]] == f.edges_from(p)
    assert f.constants == {b: {"y": [1, 2]}, c: {"x": [1, 2], "y": 7}}


def test_a_graph_is_described_in_plain_data():
    @task(retries=2, retry_delay_seconds=[1, 2], tags=["slow"], description="adds", trigger=triggers.all_finished)
    def busy(x, y):
        return x, y

    with Flow("f", description="about", version="1", tags=["a"]) as f:
        p = Parameter("p", default=object)
        busy.map(inc.map([1, 2]), unmapped({1: p}), upstream_tasks=[one()])
        busy(1, object())
    found = f.serialize(build=True)
    assert json.loads(json.dumps(found)) == found
    assert [found[key] for key in ("name", "description", "version", "tags")] == ["f", "about", "1", ["a"]]
    assert found["parameters"] == [{"name": "p", "type": "Parameter", "required": False, "default": "<class 'object'>"}]
    assert [task["slug"] for task in found["tasks"]] == ["inc", "one", "p", "busy", "busy-2"]
    busy_ones = found["tasks"][3:]
    assert {key: busy_ones[0][key] for key in ("retries", "retry_delay_seconds", "tags", "mapped", "trigger")} == {
        "retries": 2,
        "retry_delay_seconds": [1.0, 2.0],
        "tags": ["slow"],
        "mapped": True,
        "trigger": "all_finished",
    }
    assert busy_ones[1]["constants"]["x"] == 1 and "<object object" in busy_ones[1]["constants"]["y"]
    assert found["edges"][0] == {
        "upstream": "inc",
        "downstream": "busy",
        "key": "x",
        "mapped": True,
        "flattened": False,
    }
    assert found["reference_tasks"] == ["busy", "busy-2"]


def test_a_description_may_check_the_graph_first():
    f = Flow("f", tasks=[inc])
    assert f.serialize()["tasks"][0]["constants"] == {}
    with pytest.raises(BadGraph, match="needs 'x'"):
        f.serialize(build=True)


def test_dependencies_may_be_said_of_a_task():
    f = Flow("f")
    inc.set_dependencies(f, upstream_tasks=[one], downstream_tasks=[add], keyword_tasks={"x": one})
    assert pairs(f) == [("one", "inc", "x"), ("one", "inc", None), ("inc", "add", None)]


def test_a_builtin_without_a_signature_is_a_task_as_well():
    with Flow("f") as f:
        found = task(max)(one(), inc(5), key=abs)
    assert f.run()[found].result() == 6
