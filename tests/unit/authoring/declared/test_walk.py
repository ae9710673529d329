"""Running a graph: values, orders, maps, skips, triggers, and who decides how it ends."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false, reportIndexIssue=false

from __future__ import annotations

import threading
from typing import Any

import pytest

from jupyter_flows import Flow, Parameter, flatten, task, triggers, unmapped
from jupyter_flows.errors import BadOption, ParameterError
from jupyter_flows.signals import FAIL, RETRY, SKIP, SUCCESS


@task
def inc(x):
    return x + 1


@task
def add(x, y):
    return x + y


@task
def total(values):
    return values


@task
def boom(x=0):
    raise ValueError(f"no {x}")


@task
def skip_two(x):
    if x == 2:
        raise SKIP("two is skipped")
    return x


def names(state):
    return {node.slug: end.name for node, end in state.tasks.items()}


def ran(place, **options):
    """Run a graph whose one interesting task `place` returns; give that task's state."""
    with Flow("f", **options) as f:
        wanted = place()
    return f.run()[wanted]


def test_a_graph_is_run_and_recorded_as_one_flow_run(history):
    with Flow("etl") as f:
        a = inc(1)
        b = add(a, inc(a))
    state = f.run()
    assert (state.name, state[b].result(), state.result()[a].data) == ("Completed", 5, 2)
    assert history.run().id == state.run_id
    assert [(run.name, run.upstreams) for run in history.tasks()] == [
        (
            "inc",
            (),
        ),
        ("inc", (1,)),
        ("add", (1, 2)),
    ]


def test_constants_collections_and_items():
    @task
    def make():
        return {"k": [1, 2], "i": 1}

    def place():
        made = make()
        return total([made["k"][made["i"]], (made["k"][0], "c"), {"d": inc(5)}])

    assert ran(place).result() == [2, (1, "c"), {"d": 6}]


@task(nout=2)
def two():
    return 1, 2


@task
def hinted() -> tuple[int, str, None]:
    return 1, "a", None


def test_several_values_are_taken_apart():
    def place():
        a, b = two()
        c, d, _ = hinted()
        return total([a, b, c, d])

    assert ran(place).result() == [1, 2, 1, "a"]


def test_state_dependencies_pass_nothing():
    order = []

    @task
    def note(name):
        order.append(name)

    with Flow("f") as f:
        first = note("first")
        second = note("second", upstream_tasks=[first])
        note("third", wait_for=[second])
    assert f.run().is_completed()
    assert order == ["first", "second", "third"]


def test_the_task_runner_may_be_sequential():
    assert ran(lambda: total(inc.map(inc.map([1, 2]))), task_runner="sequential").result() == [3, 4]


# -- parameters -----------------------------------------------------------------------------------------------------


def with_parameters():
    with Flow("p") as f:
        result = add(Parameter("x"), Parameter("y", default=10))
    return f, result


def test_parameters_are_given_in_either_way(history):
    f, result = with_parameters()
    assert f.run(x=1)[result].result() == 11
    assert f.run(parameters={"x": 1}, y=2)[result].result() == 3
    assert [run.parameters for run in history.runs()] == ['{"x": 1, "y": 10}', '{"x": 1, "y": 2}']


def test_missing_and_unknown_parameters_are_refused_before_anything_runs(history):
    f, _ = with_parameters()
    with pytest.raises(ValueError, match=r"z: no such parameter; this flow has: x, y; x: a value is needed"):
        f.run(z=1)
    assert history.runs() == []


def test_a_parameter_that_is_not_required_is_none():
    with Flow("p") as f:
        p = Parameter("x", required=False)
        result = total(p)
    state = f.run()
    assert (state[result].result(), state[p].result()) == (None, None)
    assert issubclass(ParameterError, ValueError)


# -- maps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        (lambda: add.map([1, 2, 3], [10, 20]), [11, 22]),
        (lambda: add.map([1, 2], unmapped(100)), [101, 102]),
        (lambda: inc.map(total([1, 2])), [2, 3]),
        (lambda: inc.map(inc.map([1, 2])), [3, 4]),
        (lambda: inc.map(flatten([[1], [2, 3]])), [2, 3, 4]),
        (lambda: inc.map(flatten(total.map([[1], [2, 3]]))), [2, 3, 4]),
        (lambda: inc.map([inc(1), inc(2)]), [3, 4]),
        (lambda: add.map(inc.map([1, 2, 3]), total([1, 1])), [3, 4]),
        (lambda: total(inc.map([1, 2])), [2, 3]),
        (lambda: total(inc.map([])), []),
        (lambda: inc.map([]), []),
        (lambda: total(inc.map(inc.map([]))), []),
        (lambda: add.map([1, 2], y=unmapped(inc(1))), [3, 4]),
    ],
)
def test_a_map_gives(place, wanted):
    assert ran(place).result() == wanted


def test_a_mapped_task_has_the_states_of_its_children(history):
    state = ran(lambda: skip_two.map([1, 2, 3]))
    assert (state.name, [child.name for child in state.map_states]) == ("Mapped", ["Completed", "Skipped", "Completed"])
    assert state.result() == [1, None, 3]
    assert [run.map_index for run in history.tasks()] == [0, 1, 2]
    assert {run.map_id for run in history.tasks()} == {1}


def test_a_map_over_a_map_goes_depth_first():
    gate = threading.Event()

    @task
    def first(x):
        if x == 0:
            assert gate.wait(60), "the second child of the second map had to wait for the first child of the first"
        return x

    @task
    def second(x):
        if x == 1:
            gate.set()
        return x

    assert ran(lambda: second.map(first.map([0, 1]))).result() == [0, 1]


def test_a_failed_child_leaves_the_others_alone_and_fails_the_reduce():
    with Flow("f") as f:
        mapped = inc.map(boom_at_two.map([1, 2, 3]))
        reduced = total(mapped)
    state = f.run()
    assert [child.name for child in state[mapped].map_states] == ["Completed", "TriggerFailed", "Completed"]
    assert (state[reduced].name, state.name) == ("TriggerFailed", "Failed")


@task
def boom_at_two(x):
    if x == 2:
        raise ValueError("two")
    return x


def test_a_skipped_child_skips_the_reduce_unless_it_says_otherwise():
    insists = total.with_options(skip_on_upstream_skip=False)
    assert ran(lambda: total(skip_two.map([1, 2]))).name == "Skipped"
    assert ran(lambda: insists(skip_two.map([1, 2, 4]))).result() == [1, None, 4]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [(boom, "TriggerFailed"), (lambda: skip_two(2), "Skipped"), (lambda: inc(1), "Failed")],
)
def test_what_has_no_elements_ends_the_mapped_task(source, wanted):
    state = ran(lambda: inc.map(source()))
    assert state.name == wanted


def test_maps_and_items_of_many_elements():
    assert len(ran(lambda: total(inc.map(list(range(500))))).result()) == 500


# -- how tasks end ----------------------------------------------------------------------------------------------------


def test_a_failure_ends_what_follows_as_trigger_failed_and_the_flow_as_failed():
    with Flow("f") as f:
        bad = boom()
        inc(inc(bad))
    state = f.run()
    assert names(state) == {"boom": "Failed", "inc": "TriggerFailed", "inc-2": "TriggerFailed"}
    assert state.message == "1 of 1 reference task runs did not complete: inc"
    with pytest.raises(Exception, match="all_successful refused"):
        state.result()


def test_a_clean_up_that_always_runs_makes_the_flow_succeed_unless_the_reference_is_another():
    clean = task(trigger=triggers.all_finished)(repr)
    with Flow("f") as f:
        bad = boom(7)
        cleaned = clean(bad)
    state = f.run()
    assert (state.name, state[cleaned].result()) == ("Completed", "ValueError('no 7')")
    f.set_reference_tasks([bad])
    assert f.run().name == "Failed"
    f.set_reference_tasks([])
    assert f.run().name == "Completed"


def test_a_mapped_reference_counts_by_its_children():
    with Flow("f") as f:
        mapped = boom_at_two.map([1, 2])
        task(trigger=triggers.always_run)(lambda x: None)(mapped)
    assert f.run().name == "Completed"
    f.set_reference_tasks([mapped])
    assert f.run().message == "1 of 2 reference task runs did not complete: boom_at_two[2]"


@pytest.mark.parametrize(
    ("signal", "wanted"), [(SKIP("s"), "Skipped"), (FAIL("f"), "Failed"), (SUCCESS("s", result=9), "Completed")]
)
def test_signals(signal, wanted):
    @task
    def say():
        raise signal

    state = ran(say)
    assert (state.name, state.message) == (wanted, str(signal))


def test_retry_and_retries():
    tries: list[Any] = []

    @task(retries=1)
    def flaky():
        tries.append(1)
        if len(tries) < 2:
            raise ValueError("not yet")
        if len(tries) < 3:
            raise RETRY("once more")
        return len(tries)

    assert ran(flaky).result() == 3


def test_a_trigger_of_the_users_own_is_asked():
    @task(trigger=lambda upstreams: all(state.is_failed() for state in upstreams.values()))
    def fallback(x):
        return "fell back"

    assert ran(lambda: fallback(boom())).result() == "fell back"
    assert ran(lambda: fallback(inc(1))).name == "TriggerFailed"


def test_not_all_skipped_takes_the_branch_that_ran():
    merge = task(trigger=triggers.not_all_skipped, skip_on_upstream_skip=False)(lambda *found: [x for x in found if x])
    assert ran(lambda: merge(skip_two(2), skip_two(1))).result() == [1]
    assert ran(lambda: merge(skip_two(2), skip_two(2))).name == "Skipped"


def test_hooks_of_the_flow_are_called():
    seen = []
    with Flow("f", on_failure=lambda flow, run, state: seen.append((flow.name, state.name))) as f:
        boom()
    f.run()
    assert seen == [("f", "Failed")]


def test_a_state_is_asked_by_the_task_where_it_has_one_place():
    with Flow("f") as f:
        inc(inc(1))
        other = add(1, 2)
    state = f.run()
    assert state[add] is state[other]
    with pytest.raises(KeyError, match="2 times"):
        state[inc]
    with pytest.raises(KeyError, match="not at all"):
        state[boom]


def test_async_tasks_are_run_too():
    @task
    async def later(x):
        return x + 1

    assert ran(lambda: total(later.map([1, 2]))).result() == [2, 3]


def test_the_same_graph_can_be_run_again_and_in_threads(in_thread):
    f, result = with_parameters()
    runs = [in_thread(lambda x=x: f.run(x=x)[result].result()) for x in range(4)]
    assert [run.result() for run in runs] == [10, 11, 12, 13]


def test_every_kind_of_argument_reaches_the_function():
    @task
    def everything(a, /, b, *rest, c=1, **more):
        return a, b, rest, c, more

    def place():
        first = inc(0)
        return everything(first, 2, inc(2), first, c=4, d=inc(5))

    assert ran(place).result() == (1, 2, (3, 1), 4, {"d": 6})


def test_an_interrupt_ends_every_task_and_goes_on_to_the_caller(history):
    @task
    def interrupted():
        raise KeyboardInterrupt

    with Flow("f", task_runner="sequential") as f:
        inc(interrupted())
    with pytest.raises(KeyboardInterrupt):
        f.run()
    assert history.run().state.name == "Cancelled"
    assert history.ends()[0] == "Cancelled"


def test_a_graph_may_be_run_by_tasks_in_a_pool():
    f, result = with_parameters()

    @task
    def nested(x):
        return f.run(x=x)[result].result()

    assert ran(lambda: nested.map(list(range(20)))).result() == list(range(10, 30))


def test_a_future_of_another_run_is_an_upstream_too():
    future = inc.submit(41)
    assert ran(lambda: inc(future)).result() == 43


@pytest.mark.parametrize(
    ("wrap", "wanted"),
    [(lambda m: m, ["Completed", "Skipped", "Completed"]), (unmapped, ["Skipped", "Skipped", "Skipped"])],
)
def test_a_mapped_task_waits_for_another_child_by_child_unless_told_otherwise(wrap, wanted):
    def place():
        return inc.map([1, 2, 3], upstream_tasks=[wrap(skip_two.map([1, 2, 3]))])

    assert [child.name for child in ran(place).map_states] == wanted


@pytest.mark.parametrize("option", ["max_concurrency", "batch_size"])
def test_a_map_in_a_graph_is_bounded(option, harness):
    lock, now, most = threading.Lock(), [0], [0]

    @task
    def counted(x):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        threading.Event().wait(0.002)
        with lock:
            now[0] -= 1
        return x

    with Flow("f") as f:
        mapped = counted.map(list(range(20)), **{option: 2})
    assert f.run()[mapped].result() == list(range(20))
    assert most[0] <= 2
    assert not harness.session.limits._limits._sizes


@pytest.mark.parametrize("bound", [0, -1, True, "2"])
def test_a_bound_that_cannot_be_meant_is_refused(bound):
    with pytest.raises(BadOption, match="max_concurrency"), Flow("f"):
        inc.map([1], max_concurrency=bound)


def test_classic_options_of_a_run_are_taken_or_told_what_to_use_instead():
    with Flow("f") as f:
        inc(1)
    assert f.run(run_on_schedule=False).is_completed()
    with pytest.raises(ParameterError, match="task_runner"):
        f.run(executor="local")
    with pytest.raises(ParameterError, match="resume"):
        f.run(task_states={})
    with Flow("g") as g:
        inc(Parameter("context"))
    assert g.run(context=1).is_completed()
