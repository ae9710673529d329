"""State handlers: what they see, what they may change, and what happens when they misbehave."""

# What a type checker would refuse is among the cases.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOptionalMemberAccess=false, reportFunctionMemberAccess=false

from __future__ import annotations

import asyncio
import dataclasses
import threading

import pytest

from jupyter_flows import Completed, Failed, Flow, Retry, Skipped, Task, callback_factory, flow, runtime, task, triggers
from jupyter_flows.errors import BadOption
from jupyter_flows.model.states import State, running
from jupyter_flows.signals import SKIP


def steps(log):
    def note(subject, old, new):
        log.append((subject.name, old.name, new.name))

    return note


def ways(made):
    """The same task in each way that it can be run."""
    return {
        "call": lambda: made(return_state=True),
        "submit": lambda: made.submit(return_state=True),
        "graph": lambda: in_graph(made),
    }


def in_graph(made):
    with Flow("f") as f:
        placed = made()
    return f.run()[placed]


@pytest.mark.parametrize("way", ["call", "submit", "graph"])
def test_a_handler_sees_every_step_of_a_task(way):
    log = []

    @task(retries=1, state_handlers=[steps(log)])
    def flaky():
        if runtime.task_run.run_count == 1:
            raise ValueError
        return 3

    assert ways(flaky)[way]().result() == 3
    assert [step[1:] for step in log] == [
        ("Pending", "Running"),
        ("Running", "Failed"),
        ("Failed", "AwaitingRetry"),
        ("AwaitingRetry", "Retrying"),
        ("Retrying", "Completed"),
    ]


def test_a_handler_of_an_async_task_may_block():
    log, main = [], threading.get_ident()

    @task(state_handlers=lambda subject, old, new: log.append(threading.get_ident() != main))
    async def works():
        return 1

    @flow
    async def runs():
        return await works()

    assert asyncio.run(runs()) == 1
    assert log == [True, True]


@pytest.mark.parametrize("kind", ["flow", "graph"])
def test_a_handler_sees_the_steps_of_a_flow(kind):
    log = []

    @task
    def boom():
        raise ValueError

    if kind == "flow":
        flow(state_handlers=steps(log), name="f")(boom.fn)(return_state=True)
    else:
        with Flow("f", state_handlers=[steps(log)]) as f:
            boom()
        f.run()
    assert log == [("f", "Pending", "Running"), ("f", "Running", "Failed")]


def test_a_flow_that_is_tried_again_shows_it():
    log = []

    @flow(retries=1, state_handlers=[steps(log)])
    def fails():
        raise ValueError

    fails(return_state=True)
    assert [step[1:] for step in log] == [
        ("Pending", "Running"),
        ("Running", "Failed"),
        ("Failed", "AwaitingRetry"),
        ("AwaitingRetry", "Retrying"),
        ("Retrying", "Failed"),
    ]


def test_the_next_handler_sees_what_the_one_before_returned(history):
    log = []

    def mends(_task, _old, new):
        return Completed("mended", data=7) if new.is_failed() else None

    @task(state_handlers=[mends, steps(log)])
    def boom():
        raise ValueError

    with Flow("f") as f:
        placed = boom()
    state = f.run()
    assert (state[placed].result(), state[placed].message) == (7, "mended")
    assert log[-1] == ("boom", "Running", "Completed")
    assert history.ends() == ["Completed"]


@pytest.mark.parametrize(
    ("answer", "name"), [(Skipped("no"), "Skipped"), (Failed("no"), "Failed"), (Completed(data=1), "Completed")]
)
def test_a_handler_may_keep_a_task_from_running(answer, name):
    ran = []

    @task(state_handlers=lambda _task, _old, new: answer if new.is_running() else None)
    def works():
        ran.append(1)

    assert (works(return_state=True).name, ran) == (name, [])


def test_a_handler_may_stop_the_retries():
    ran = []

    @task(retries=5, state_handlers=lambda _task, _old, new: Failed("enough") if new.name == "AwaitingRetry" else None)
    def boom():
        ran.append(1)
        raise ValueError

    state = boom(return_state=True)
    assert (state.message, ran) == ("enough", [1])


def test_a_good_end_that_a_handler_calls_a_failure_is_tried_again():
    ran = []

    @task(retries=2, state_handlers=lambda _task, _old, new: Failed("too few") if new.data == 1 else None)
    def counts():
        ran.append(1)
        return len(ran)

    assert counts() == 2


@pytest.mark.parametrize("upstream", ["skipped", "failed"])
def test_a_handler_sees_an_end_without_an_attempt(upstream):
    log = []

    @task
    def first():
        raise {"skipped": SKIP("nothing"), "failed": ValueError()}[upstream]

    @task(state_handlers=[steps(log), lambda _task, _old, new: Completed(data=0) if new.is_failed() else None])
    def second(x):
        return x

    with Flow("f") as f:
        placed = second(first())
    state = f.run()
    if upstream == "skipped":
        assert (log, state[placed].name) == ([("second", "Pending", "Skipped")], "Skipped")
    else:
        assert (log, state[placed].result()) == ([("second", "Pending", "TriggerFailed")], 0)


def test_a_handler_sees_a_time_limit():
    log, gate = [], threading.Event()

    @task(timeout_seconds=0.01, state_handlers=[steps(log)])
    def slow():
        gate.wait(60)

    state = slow.submit(return_state=True)
    gate.set()
    assert state.name == "TimedOut"
    assert log[-1] == ("slow", "Running", "TimedOut")


# -- misbehaviour ------------------------------------------------------------------------------------------------------


def raises(_subject, _old, new):
    if new.is_final():
        raise RuntimeError("handler")


def returns_nonsense(_subject, _old, new):
    return 5 if new.is_final() else None


def goes_back(_subject, _old, new):
    return running(1.0) if new.is_final() else None


def changes_the_old(_subject, old, new):
    if new.is_final():
        old.name = "Mine"


def leaves(_subject, _old, new):
    if new.is_final():
        raise SystemExit(3)


@pytest.mark.parametrize(
    ("handler", "error", "message"),
    [
        (raises, RuntimeError, "RuntimeError: handler"),
        (returns_nonsense, TypeError, "TypeError: state handler returns_nonsense returned 5"),
        (goes_back, TypeError, "TypeError: state handler goes_back returned Running()"),
        (changes_the_old, dataclasses.FrozenInstanceError, "FrozenInstanceError: cannot assign to field 'name'"),
        (leaves, SystemExit, "SystemExit: 3"),
    ],
)
@pytest.mark.parametrize("whose", ["task", "submitted", "flow"])
def test_a_handler_that_misbehaves_fails_its_run(handler, error, message, whose, history):
    @task(state_handlers=handler)
    def works():
        return 1

    if whose == "flow":
        state = flow(state_handlers=handler)(works.fn)(return_state=True)
    else:
        state = ways(works)["call" if whose == "task" else "submit"]()
    assert state.name == "Failed"
    assert isinstance(state.data, error)
    assert state.message.startswith(message)
    assert history.run().state.is_failed()


def test_a_handler_that_breaks_before_the_start_fails_the_run_with_its_traceback(history):
    @task(state_handlers=lambda *_: 1 / 0)
    def works():
        return 1

    assert works(return_state=True).message == "ZeroDivisionError: division by zero"
    (failure,) = [failure for failure in history.failures() if failure.number == 1]
    assert failure.error_type == "ZeroDivisionError"


def test_a_handler_may_raise_a_signal():
    ran = []

    def again(_task, _old, new):
        if new.is_completed() and len(ran) < 3:
            raise Retry("once more", delay_seconds=0)

    @task(state_handlers=again)
    def works():
        ran.append(1)
        return len(ran)

    assert works() == 3


def test_a_cancel_does_not_wait_for_a_handler(history):
    inside, gate = threading.Event(), threading.Event()

    def hangs(_task, _old, new):
        if new.is_final():
            inside.set()
            gate.wait(60)

    @task(state_handlers=hangs)
    def works():
        return 1

    @flow
    def runs():
        works.submit()
        inside.wait(60)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs()
    gate.set()
    assert history.ends() == ["Cancelled"]


def test_an_interrupt_in_a_handler_of_a_flow_ends_the_flow(history):
    def interrupted(flow, old, new):
        if new.is_completed():
            raise KeyboardInterrupt

    @flow(state_handlers=[interrupted])
    def runs():
        return 1

    with pytest.raises(KeyboardInterrupt):
        runs()
    assert history.run().state.name == "Cancelled"


def test_a_handler_knows_the_run_it_is_asked_about():
    seen = []

    @task(state_handlers=lambda *_: seen.append(runtime.task_run.map_index))
    def works(x):
        return x

    @flow
    def runs():
        return works.map([1, 2])

    runs()
    assert sorted(seen) == [0, 0, 1, 1]


@pytest.mark.parametrize("given", [5, [5], "text"])
def test_what_is_no_function_is_refused(given):
    with pytest.raises(BadOption, match="state_handlers"):
        task(state_handlers=given)


# -- callbacks ---------------------------------------------------------------------------------------------------------


def test_a_callback_is_called_for_the_states_that_pass_its_check():
    seen = []
    handler = callback_factory(lambda subject, state: seen.append((subject.name, state.name)), State.is_completed)

    @task(state_handlers=[handler])
    def works():
        return 1

    works()
    assert seen == [("works", "Completed")]


class Boom(Task):
    def run(self):
        raise ValueError


def boom():
    raise ValueError


@pytest.mark.parametrize(
    "make",
    [
        lambda hook: task(retries=2, on_failure=hook)(boom),
        lambda hook: task(retries=2, on_failure=[hook])(boom),
        lambda hook: Boom(retries=2, on_failure=hook),
        lambda hook: added(task(retries=2)(boom), hook),
        lambda hook: flow(retries=2, on_failure=hook)(boom),
        lambda hook: added(flow(retries=2)(boom), hook),
        lambda hook: task(retries=2)(boom).with_options(on_failure=hook),
        lambda hook: added(task(retries=2)(boom), hook).with_options(name="boom"),
    ],
)
def test_both_forms_of_on_failure_are_told_apart(make):
    classic, today = [], []
    make(lambda subject, state: classic.append((subject.name.lower(), state.name)))(return_state=True)
    make(lambda subject, run, state: today.append((run.run_count, state.name)))(return_state=True)
    assert classic == [("boom", "Failed")] * 3
    assert today == [(3, "Failed")]


def added(definition, hook):
    definition.on_failure(hook)
    return definition


def test_a_flow_that_is_a_graph_knows_both_forms_too():
    seen = []

    @task
    def fails():
        raise ValueError

    for hook in (lambda f, state: seen.append((f.name, state.name)), lambda f, run, state: seen.append(run.flow_name)):
        with Flow("f", on_failure=hook) as f:
            fails()
        f.run()
    assert seen == [("f", "Failed"), "f"]


def test_a_classic_callback_sees_a_trigger_that_failed():
    seen = []

    @task
    def fails():
        raise ValueError

    @task(on_failure=lambda _task, state: seen.append(state.name), trigger=triggers.all_successful)
    def after(x):
        return x

    with Flow("f") as f:
        after(fails())
    f.run()
    assert seen == ["TriggerFailed"]


# -- the last word -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "name"),
    [(lambda state: None, "Failed"), (lambda state: Completed("fine"), "Completed"), (lambda state: 5, "Failed")],
)
def test_the_terminal_state_handler_has_the_last_word(answer, name, history):
    seen = []

    def decide(flow, state, reference_task_states):
        seen.append((flow.name, state.name, sorted(state.name for state in reference_task_states)))
        return answer(state)

    @task
    def one(x):
        return 1 // x

    with Flow("f", terminal_state_handler=decide) as f:
        one(0)
        one.map([1, 2])
    state = f.run()
    assert (state.name, history.run().state.name) == (name, name)
    assert seen == [("f", "Failed", ["Completed", "Completed", "Failed"])]


def test_a_terminal_state_handler_that_raises_fails_the_flow():
    @task
    def one():
        return 1

    with Flow("f", terminal_state_handler=lambda *_: 1 / 0) as f:
        one()
    assert f.run().message == "ZeroDivisionError: division by zero"
