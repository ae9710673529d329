"""Tasks: what a call, a submit and their options mean."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false, reportOperatorIssue=false

from __future__ import annotations

import copy
import functools
import inspect
import threading
from collections import namedtuple
from dataclasses import dataclass
from datetime import timedelta

import pytest

from jupyter_flows import (
    INPUTS,
    Completed,
    Failed,
    Flow,
    SequentialTaskRunner,
    Skipped,
    Task,
    ThreadPoolTaskRunner,
    allow_failure,
    flow,
    quote,
    runtime,
    task,
)
from jupyter_flows.errors import BadOption, FailedRun, UnknownOption, UpstreamFailed


@task
def add(x, y=1):
    """Add two numbers."""
    return x + y


@task
def boom(message="no"):
    raise ValueError(message)


# -- definition ------------------------------------------------------------------------------------------------------


def test_a_task_keeps_its_functions_face():
    assert isinstance(add, Task)
    assert (add.__name__, add.__doc__, add.name, add.description) == (
        "add",
        "Add two numbers.",
        "add",
        "Add two numbers.",
    )
    assert inspect.signature(add) == inspect.signature(add.fn)
    assert add.__wrapped__ is add.fn


def test_the_raw_function_records_nothing(history):
    assert add.fn(1, 2) == 3
    assert history.runs() == []


@pytest.mark.parametrize("options", [{}, {"name": "sum", "tags": ["a"], "retries": 1}])
def test_a_task_with_and_without_options_runs(options):
    assert task(**options)(lambda x: x * 2)(4) == 8


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("retrys", "did you mean 'retries'"),
        ("timeout_secs", "did you mean 'timeout_seconds'"),
        ("zzz", "known options"),
    ],
)
def test_an_unknown_option_is_named_with_the_nearest(option, hint):
    with pytest.raises(UnknownOption, match=rf"@task has no option .{option}.; {hint}") as caught:
        task(**{option: 1})
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("retries", "max_retries"),
        ("retry_delay_seconds", "retry_delay"),
        ("timeout_seconds", "timeout"),
        ("log_prints", "log_stdout"),
    ],
)
def test_both_names_of_one_setting_are_refused(first, second):
    with pytest.raises(BadOption, match=r"is another name of|given too"):
        task(**{first: 1 if first != "log_prints" else True, second: 1 if first != "log_prints" else True})


def test_the_classic_names_mean_the_same():
    @task(max_retries=2, retry_delay=timedelta(seconds=3), timeout=timedelta(minutes=1))
    def classic():
        pass

    @task(retries=2, retry_delay_seconds=3, timeout_seconds=60)
    def modern():
        pass

    assert classic.options.retry == modern.options.retry
    assert classic.spec.timeout_seconds == modern.spec.timeout_seconds == 60


@pytest.mark.parametrize(
    "options",
    [
        {"retries": -1},
        {"retries": 1.5},
        {"retries": True},
        {"retry_delay_seconds": -1},
        {"retry_delay_seconds": [1] * 51},
        {"retry_jitter_factor": -0.1},
        {"timeout_seconds": float("nan")},
        {"tags": "one"},
        {"tags": [1]},
        {"name": 3},
        {"log_prints": 1},
        {"on_failure": "mail"},
        {"retry_condition_fn": 3},
        {"retry_on": ["ValueError"]},
        {"retry_on": ValueError, "retry_condition_fn": lambda *_: True},
        {"task_run_name": 5},
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_at_decoration(options):
    with pytest.raises(BadOption, match="@task"):
        task(**options)


def test_what_cannot_be_called_cannot_be_a_task():
    with pytest.raises(BadOption, match="decorate a function"):
        task(3)


def test_with_options_leaves_the_original_alone():
    more = add.with_options(retries=3, name="plus")
    assert (more.retries, more.name, add.retries, add.name) == (3, "plus", 0, "add")
    assert more(1, 2) == 3


def test_with_options_may_give_the_other_name_of_a_setting():
    @task(max_retries=2)
    def classic():
        pass

    assert classic.with_options(retries=5).retries == 5


def test_pytest_does_not_take_a_task_for_a_test():
    assert not getattr(Task, "__test__", True)


class Counter:
    def __init__(self, start):
        self.start = start

    @task
    def plus(self, x):
        return self.start + x

    @task
    @classmethod
    def name_of(cls):
        return cls.__name__

    @task
    @staticmethod
    def double(x):
        return 2 * x


class Louder(Counter):
    pass


def test_methods_are_tasks(history):
    @flow
    def calls():
        counter = Louder(10)
        submitted = counter.plus.submit(5), Louder.name_of.submit(), counter.double.submit(4)
        mapped = counter.plus.map([1, 2])
        return [counter.plus(1), Counter.name_of(), Louder.double(2)], [f.result() for f in submitted], mapped.result()

    assert calls() == ([11, "Counter", 4], [15, "Louder", 8], [11, 12])
    assert set(history.ends()) == {"Completed"}


def test_the_other_order_of_decorators_works_for_static_methods():
    class Tools:
        @staticmethod
        @task
        def triple(x):
            return 3 * x

    assert Tools.triple(2) == Tools().triple(2) == 6


def test_partials_and_callable_objects_are_tasks():
    class Adds:
        def __call__(self, x):
            return x + 1

    assert task(functools.partial(lambda x, y: x + y, 1))(2) == 3
    assert task(Adds())(2) == 3


def test_a_generator_task_gives_the_list_of_what_it_yields():
    @task
    def numbers(n):
        yield from range(n)

    @flow
    def collects():
        return numbers(3), numbers.submit(2).result()

    assert collects() == ([0, 1, 2], [0, 1])


# -- direct calls ----------------------------------------------------------------------------------------------------


def test_a_direct_call_gives_the_plain_value_in_the_callers_thread(history):
    @task
    def here():
        return threading.get_ident()

    @flow
    def calls():
        return here() == threading.get_ident(), add(1, y=2)

    assert calls() == (True, 3)
    assert history.ends() == ["Completed", "Completed"]
    assert history.states(1) == ["Pending", "Running", "Completed"]


def test_a_call_outside_any_flow_is_a_run_of_its_own(history):
    assert add(1, 2) == 3
    run = history.run()
    assert (run.kind, run.flow, run.state.name) == ("task", "add", "Completed")
    assert history.ends() == ["Completed"]


def test_submit_and_map_work_outside_any_flow(history):
    assert add.submit(1, 2).result() == 3
    assert add.map([1, 2]).result() == [2, 3]
    assert [run.kind for run in history.runs()] == ["task", "task"]


def test_return_state_does_not_raise():
    @flow
    def calls():
        return [boom(return_state=True), boom.submit(return_state=True), add(1, return_state=True)][:2]

    state = calls(return_state=True)
    assert state.is_failed()


def test_a_state_is_returned_where_it_is_asked_for():
    good, bad, late = add(1, return_state=True), boom(return_state=True), boom.submit(return_state=True)
    assert (good.name, good.result()) == ("Completed", 2)
    assert isinstance(bad.data, ValueError) and isinstance(late.data, ValueError)
    assert bad.message == "ValueError: no"
    with pytest.raises(ValueError, match="no"):
        bad.result()


def test_wrong_arguments_are_the_tasks_own_type_error(history):
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        add(1, z=3)
    assert history.ends() == ["Failed"]


# -- futures as arguments --------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "left right")


@dataclass
class Box:
    inside: object
    label: str = "box"


@dataclass(frozen=True, slots=True)
class Frozen:
    inside: object


@task
async def same_later(value):
    return value


@task
def same(value):
    return value


@pytest.mark.parametrize(
    ("wrap", "wanted"),
    [
        (lambda f: f, 2),
        (lambda f: [f, 5], [2, 5]),
        (lambda f: (f,), (2,)),
        (lambda f: {"k": f, "l": [f]}, {"k": 2, "l": [2]}),
        (lambda f: {f}, {2}),
        (lambda f: Pair(f, 1), Pair(2, 1)),
        (Box, Box(2)),
        (lambda f: Frozen([f]), Frozen([2])),
        (lambda f: [{"deep": (Box([f]),)}], [{"deep": (Box([2]),)}]),
    ],
)
@pytest.mark.parametrize("how", ["call", "submit"])
def test_futures_in_arguments_become_values(wrap, wanted, how, history):
    @flow
    def passes():
        argument = wrap(add.submit(1))
        return same(argument) if how == "call" else same.submit(argument).result()

    value = passes()
    assert value == wanted and type(value) is type(wanted)
    assert history.tasks()[1].upstreams == (1,)


def test_a_collection_without_futures_is_the_very_same_object():
    given = {"rows": [[1, 2], [3]], "box": Box(1)}

    @flow
    def passes():
        return same(given) is given, same.submit(given).result() is given

    assert passes() == (True, True)


def test_a_large_array_is_the_same_object_downstream():
    numpy = pytest.importorskip("numpy")

    @task
    def make():
        return numpy.zeros(100_000_000, dtype="u1")

    @flow
    def passes():
        made = make.submit()
        return same.submit(made).result() is made.result()

    assert passes()


def test_quote_hands_on_the_same_object_unseen():
    @flow
    def passes():
        hidden = [add.submit(1)]
        return same(quote(hidden)) is hidden

    assert passes()


def test_a_data_frame_is_never_walked():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1]})

    @flow
    def passes():
        return same(frame) is frame, same.submit([frame]).result()[0] is frame

    assert passes() == (True, True)


def test_what_needs_a_failed_future_ends_as_upstream_failed(history):
    @flow
    def passes():
        failing = boom.submit()
        return same.submit([failing])

    with pytest.raises(UpstreamFailed, match="needs boom, which did not complete"):
        passes()
    assert history.ends() == ["Failed", "UpstreamFailed"]


def test_a_direct_call_on_a_failed_future_raises_upstream_failed(history):
    @flow
    def passes():
        return same(boom.submit())

    with pytest.raises(UpstreamFailed):
        passes()
    assert history.ends() == ["Failed", "UpstreamFailed"]


def test_allow_failure_hands_on_the_exception():
    @flow
    def passes():
        got = same.submit(allow_failure(boom.submit())).result(), same(allow_failure([boom.submit()]))
        return type(got[0]), type(got[1][0])

    assert passes() == (ValueError, ValueError)


def test_wait_for_orders_and_passes_nothing(history):
    order = []

    @task
    def first(gate):
        gate.wait(60)
        order.append("first")

    @task
    def second():
        order.append("second")

    @flow
    def runs():
        gate = threading.Event()
        early = first.submit(gate)
        late = second.submit(wait_for=[early])
        gate.set()
        late.wait()

    runs()
    assert order == ["first", "second"]
    assert history.tasks()[1].upstreams == (1,)


def test_wait_for_a_failure_stops_what_waits(history):
    @flow
    def runs():
        add.submit(1, wait_for=[boom.submit()]).wait()
        add(1, wait_for=[allow_failure(boom.submit())])
        return 1

    assert runs() == 1
    assert history.ends() == ["Failed", "UpstreamFailed", "Failed", "Completed"]


def test_futures_of_another_flow_run_are_waited_for():
    outer = add.submit(1)

    @flow
    def uses(value):
        return same.submit(value).result(), value

    @flow
    def later():
        return same.submit(outer).result()

    assert later() == 2
    assert uses(outer) == (2, 2)


@pytest.mark.parametrize("runner", [ThreadPoolTaskRunner(), SequentialTaskRunner()], ids=["threads", "sequential"])
@pytest.mark.parametrize(
    "ask",
    [
        same,
        lambda future: same.submit(future).result(),
        lambda future: same.submit([{"deep": future}]).result()[0]["deep"],
        lambda future: same.submit(2, wait_for=[future]).result(),
        lambda future: same.map([future]).result()[0],
        lambda future: same_later.submit(future).result(),
    ],
    ids=["called", "submitted", "in a collection", "waited for", "mapped", "async"],
)
def test_a_run_of_another_flow_run_that_has_ended_is_not_waited_for(ask, runner):
    ended = add.submit(1).wait()

    @flow(task_runner=runner)
    def runs():
        return ask(ended)

    assert [ask(ended), runs()] == [2, 2]


def test_a_run_of_another_flow_run_that_has_failed_stops_what_waits_for_it(history):
    failed = boom.submit().wait()

    @flow
    def runs():
        assert same.submit(failed).wait().state.message == "needs boom, which did not complete"
        return same.submit(allow_failure(failed)).wait().state.name

    assert runs() == "Completed"
    assert history.ends(history.runs()[-1].id) == ["UpstreamFailed", "Completed"]


# -- skips -----------------------------------------------------------------------------------------------------------


def test_a_skip_spreads_unless_the_task_says_otherwise(history):
    @task
    def skips():
        raise Skipped("nothing new")

    @task(skip_on_upstream_skip=False)
    def always(value):
        return value

    @flow
    def runs():
        skipped = skips.submit()
        return [same.submit(skipped), always.submit(skipped)]

    assert runs() == [None, None]
    assert history.ends() == ["Skipped", "Skipped", "Completed"]


# -- states as values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "name", "message"),
    [
        (lambda: Completed("enough", data=3), "Completed", "enough"),
        (lambda: Completed(data=3, name="Partial"), "Partial", ""),
        (lambda: Failed("no rows"), "Failed", "no rows"),
        (lambda: Skipped("nothing"), "Skipped", "nothing"),
    ],
)
@pytest.mark.parametrize("how", ["return", "raise"])
def test_a_state_may_be_returned_or_raised(end, name, message, how):
    @task
    def ends():
        if how == "raise":
            raise end()
        return end()

    state = ends(return_state=True)
    assert (state.name, state.message) == (name, message)


def test_a_raised_failed_is_what_the_flow_catches():
    @task
    def ends():
        raise Failed("no rows")

    @flow
    def falls_back():
        try:
            return ends()
        except Failed as error:
            return f"fell back: {error.message}"

    assert falls_back() == "fell back: no rows"


def test_a_returned_failed_state_is_raised_by_a_direct_call():
    @task
    def ends():
        return Failed("no rows")

    with pytest.raises(Failed, match="no rows"):
        ends()


def test_the_state_of_another_run_may_be_returned():
    @task
    def ends():
        return boom(return_state=True)

    with pytest.raises(ValueError, match="no"):
        ends()


def test_a_failed_state_without_an_exception_raises_failed_run():
    from jupyter_flows.states import failed

    @task
    def ends():
        return failed(0.0, None, "by hand")

    with pytest.raises(FailedRun, match="by hand"):
        ends()


# -- nesting ---------------------------------------------------------------------------------------------------------


def test_a_task_may_call_tasks_and_the_caller_is_recorded(history):
    @task
    def outer():
        return add(1) + add.submit(2).result()

    @flow
    def runs():
        return outer()

    assert runs() == 5
    assert [(run.task, run.parent) for run in history.tasks()] == [("outer", 0), ("add", 1), ("add", 1)]


@pytest.mark.parametrize("workers", [1, 2])
def test_tasks_that_submit_tasks_never_starve_a_small_pool(workers):
    @task
    def down(depth):
        return 0 if depth == 0 else 1 + sum(down.map([depth - 1] * 2).result())

    @flow(task_runner=ThreadPoolTaskRunner(workers))
    def runs():
        return down.submit(5).result()

    assert runs() == 2**5 - 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_flow_in_a_submitted_task_does_not_starve_a_small_pool(workers):
    runner = ThreadPoolTaskRunner(workers)

    @flow(task_runner=runner)
    def inner(n):
        return sum(add.map(range(n)).result())

    @task
    def calls(n):
        return inner(n)

    @flow(task_runner=runner)
    def outer():
        return calls.map([2, 3, 4]).result()

    assert outer() == [3, 6, 10]


def test_a_flow_leaves_the_runner_of_its_caller_open():
    runner = ThreadPoolTaskRunner(1)

    @task
    def thread():
        return threading.get_ident()

    @flow(task_runner=runner)
    def inner():
        return thread.submit().result()

    @flow(task_runner=runner)
    def outer():
        return inner(), thread.submit().result()

    assert len(set(outer())) == 1


def test_the_sequential_runner_runs_in_the_callers_thread(history):
    @task
    def here():
        return threading.get_ident()

    @flow(task_runner=SequentialTaskRunner())
    def runs():
        future = here.submit()
        return future.done() and future.result() == threading.get_ident(), add.map([1, 2]).result()

    assert runs() == (True, [2, 3])
    assert set(history.ends()) == {"Completed"}


def test_the_sequential_runner_keeps_failures_in_their_futures():
    @flow(task_runner="sequential")
    def runs():
        return type(boom.submit().result(raise_on_failure=False))

    assert runs() is ValueError


# -- names and context -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{x}-plus-{y}", "4-plus-1"),
        (lambda: "fixed", "fixed"),
        (lambda x, **_: f"x is {x}", "x is 4"),
        (lambda y: f"y is {y}", "y is 1"),
    ],
)
def test_run_names_are_rendered(template, name, history):
    add.with_options(task_run_name=template)(4)
    assert history.tasks()[0].name == name


def test_a_name_that_cannot_be_made_never_ends_a_run(history, caplog):
    assert add.with_options(task_run_name="{unknown}")(4) == 5
    assert history.tasks()[0].name == "add"
    assert "cannot be made" in caplog.text


def test_the_runtime_knows_the_present_run(history):
    @task(tags=["fast"])
    def tells(x):
        return runtime.task_run, runtime.flow_run

    @flow(name="outer", tags=["daily"])
    def runs(day):
        assert runtime.task_run is None
        return tells.submit(1).result()

    one, whole = runs("monday")
    assert (one.task_name, one.run_count, one.tags, one.flow_name) == ("tells", 1, ("fast",), "outer")
    assert (whole.name, whole.parameters, whole.tags) == (history.run().name, {"day": "monday"}, ("daily",))
    assert one.flow_run_id == whole.id == history.run().id
    assert one.id == history.tasks()[0].id
    assert (runtime.task_run, runtime.flow_run) == (None, None)


def test_tags_are_recorded(history):
    @task(tags=["b", "a", "b"])
    def tagged():
        pass

    tagged()
    assert history.tasks()[0].tags == ("b", "a")


def test_a_redefined_task_runs_its_new_code():
    def define(value):
        @task
        def redefined():
            return value

        return redefined

    @flow
    def runs():
        return [define(n)() for n in range(3)]

    assert runs() == [0, 1, 2]


def test_a_task_can_be_copied():
    assert copy.copy(add)(1) == 2


def test_with_options_keeps_what_a_task_is_bound_to():
    class Tools:
        @task
        @classmethod
        def name_of(cls):
            return cls.__name__

    Tools.renamed = vars(Tools)["name_of"].with_options(name="other")
    assert (Tools.renamed(), Tools().renamed.name) == ("Tools", "other")
    assert Counter(1).plus.with_options(retries=1)(2) == 3


@pytest.mark.parametrize(
    ("classic", "modern"),
    [
        ({"max_retries": 2, "retry_delay": timedelta(seconds=3)}, {"retries": 2, "retry_delay_seconds": 3}),
        ({"timeout": timedelta(seconds=5)}, {"timeout_seconds": 5}),
        ({"log_stdout": True}, {"log_prints": True}),
        ({"checkpoint": True}, {"persist_result": True}),
        (
            {"cache_for": timedelta(hours=1), "cache_policy": INPUTS},
            {"cache_expiration": 3600, "cache_policy": INPUTS},
        ),
    ],
)
def test_classic_names_are_those_of_the_same_settings(classic, modern):
    def body():
        return None

    class Classic(Task):
        def run(self):
            return None

    wanted = task(**modern)(body).options
    assert task(**classic)(body).options == Classic(**classic).options == wanted


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ("result", "persist_result=True"),
        ("result_handler", "result_serializer"),
    ],
)
def test_a_classic_option_that_has_another_form_says_which(option, advice):
    with pytest.raises(UnknownOption, match=f"@task has no option '{option}'; use .*{advice}") as caught:
        task(**{option: object()})
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("option", "hint"), [("task_runer", "task_runner"), ("cache_for", "known options"), ("slug", "log|known")]
)
def test_a_flow_refuses_what_only_tasks_have(option, hint):
    with pytest.raises(UnknownOption, match=hint):
        flow(**{option: 1})
    with pytest.raises(UnknownOption, match=hint):
        Flow("f", **{option: 1})
