"""`@task`: a function as the unit of retry, cache and limit."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterable
from contextvars import copy_context
from threading import get_ident
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

from jupyter_flows.authoring.declared.building import open_graph
from jupyter_flows.authoring.declared.linking import Linkable
from jupyter_flows.authoring.definition import Definition, answer, code_of, kind_of, version_of
from jupyter_flows.authoring.lazy_value import LazyValue
from jupyter_flows.authoring.mapping import check_bound, map_task, plan_map
from jupyter_flows.authoring.naming import run_name
from jupyter_flows.authoring.options import TASK_OPTIONS, changed_options, check_options
from jupyter_flows.authoring.runs import close_detached, open_detached, open_flow_run
from jupyter_flows.authoring.submitting import announce, enlist, needed_slots, upstream_calls
from jupyter_flows.authoring.unrecorded_call import call_unrecorded
from jupyter_flows.drivers.calls import Call, UserCode
from jupyter_flows.drivers.context import Frame, current_frame, in_forked_child
from jupyter_flows.drivers.futures import FutureList, TaskFuture, see
from jupyter_flows.drivers.held_loops import is_held, loop_here, refuse_own_loop
from jupyter_flows.drivers.interrupts import Terminable, can_stop_here
from jupyter_flows.drivers.threads import run_in_caller, wait_for_call
from jupyter_flows.engine.triggers import all_finished
from jupyter_flows.errors import BadGraph, BadOption
from jupyter_flows.model.specs import FlowSpec, TaskSpec, Trigger
from jupyter_flows.model.states import State
from jupyter_flows.wiring import default_task_runner

if TYPE_CHECKING:
    from jupyter_flows.authoring.declared.graph import DeclaredFlow
    from jupyter_flows.authoring.declared.placed import Placed
    from jupyter_flows.drivers.calls import Memory, Place

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)  # an async function's task is a task of any coroutine
Q = ParamSpec("Q")
T = TypeVar("T")


class Task(Definition, Linkable, Generic[P, R_co]):
    """A function whose calls are recorded, retried and timed.

    Calling it runs it now and returns its plain value; `submit` returns a future at once; `map` one future for each
    element. Outside any flow a call is a run of its own. The raw function is ``fn``. In the block of a declared flow
    (``with Flow("name")``) a call only places the task in the graph.

    A subclass with a method ``run`` is a task as well: its instances take the options.
    """

    __test__ = False  # pytest must not take a task named test_... for a test
    __name__: str
    fn: Callable[P, R_co]
    was_placed = False  # in any graph

    def __init__(
        self,
        fn: Callable[P, R_co] | staticmethod[P, R_co] | classmethod[Any, P, R_co] | None = None,
        given: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if fn is None:
            if type(self).run is Task.run:
                raise BadOption("Task", "run", None, "define a method `run` in your subclass, or use @task")
            fn = self.run
        raw: Any = fn.__func__ if isinstance(fn, staticmethod | classmethod) else fn
        if not callable(raw):
            raise BadOption("@task", "function", fn, "decorate a function or method")
        self.binding = type(fn) if isinstance(fn, staticmethod | classmethod) else None
        self.fn = cast("Any", raw)
        self.given = {**(given or {}), **options}
        self.options = check_options("@task", TASK_OPTIONS, self.given)
        functools.update_wrapper(self, raw)
        self.prepare()
        graph = open_graph()
        if graph is not None:
            graph.note(self)

    def _memory(self) -> Memory | None:
        if self.options.memory is None:
            return None
        from jupyter_flows.authoring.task_memory import TaskMemory  # deferred: few tasks keep values

        return TaskMemory(self, self.options.memory)

    def prepare(self) -> None:
        """Derive what the engine needs from the options."""
        options = self.options
        owner = getattr(self.fn, "__self__", None)  # of a subclass's own method
        named = type(owner) if isinstance(owner, Task) else self.fn
        self.name: str = options.name or getattr(named, "__name__", type(self.fn).__name__)
        self.key: str = f"{getattr(self.fn, '__module__', '')}.{getattr(self.fn, '__qualname__', self.name)}"
        self.code = UserCode(
            self.fn,
            self,
            kind_of(self.fn),
            options.log_prints,
            options.retry_condition,
            {which: hooks for which, hooks in options.hooks.items() if hooks},
            None if isinstance(options.trigger, Trigger) else options.trigger,
            self._memory(),
            self.given.get("persist_result") is not False,
            handlers=options.handlers,
        )
        self.spec = TaskSpec(
            self.name,
            self.key,
            "task",
            options.tags,
            options.retry,
            options.timeout_seconds,
            options.skip_on_upstream_skip,
            frozenset(options.hooks) - {"running"},
            # A trigger of the user's own is asked in the attempt: until then, how upstreams ended holds nothing back.
            all_finished if self.code.trigger is not None else cast("Trigger | None", options.trigger),
            options.version or ("" if (code := code_of(self.fn)) is None else version_of(code)),
            handled=bool(options.handlers),
        )

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The function's signature; anything goes where it has none, as some builtins."""
        try:
            return inspect.signature(self.fn)
        except ValueError:
            return inspect.signature(_anything)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Call the raw function: nothing is recorded. Subclasses define what they do here."""
        return self.fn(*args, **kwargs)

    def placed(self, flow: DeclaredFlow | None = None) -> Placed:
        """Add this very task to a declared flow, once, and return its place there."""
        graph = flow if flow is not None else open_graph()
        if graph is None:
            raise BadGraph("?", [self.name], "say which flow is meant: flow=..., or do this in its `with` block")
        return graph.add_task(self)

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to filter by; one that names a concurrency limit takes a slot of it."""
        return self.options.tags

    @property
    def retries(self) -> int:
        """Further attempts after the first."""
        return self.options.retry.retries

    def with_options(self, **options: Any) -> Task[P, R_co]:
        """Return a new task with some options changed; this one stays as it is."""
        return cast("Task[P, R_co]", Task(self._as_given(), changed_options(self.given, options)))

    def _as_given(self) -> Any:
        binding: Any = self.binding
        return self.fn if binding is None else binding(self.fn)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Task[P, R_co]: ...
    @overload
    def __get__(
        self: Task[Concatenate[Any, Q], R_co], instance: object, owner: type | None = None
    ) -> Task[Q, R_co]: ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind a method's task to its instance or class, as a function would be bound."""
        if self.binding is staticmethod or (instance is None and self.binding is None):
            return self
        bound = copy.copy(self)
        bound.__dict__.pop("signature", None)
        bound.fn = self.fn.__get__(owner if self.binding is classmethod else instance)  # type: ignore[attr-defined]
        bound.binding = staticmethod  # bound once
        bound.prepare()
        return bound

    # -- running ---------------------------------------------------------------------------------------------------

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, *args: Any, return_state: bool, wait_for: Iterable[Any] | None = None, **kwargs: Any) -> Any: ...
    @overload
    def __call__(self, *args: Any, wait_for: Iterable[Any] | None, **kwargs: Any) -> R_co: ...

    def __call__(
        self, *args: Any, return_state: bool = False, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Run the task now, in this thread, and return its value (a coroutine of it for an async task).

        In the body of a flow with ``concurrency="auto"`` the task is submitted, and what is returned stands in for its
        value.

        Parameters
        ----------
        return_state
            Return the final `State` instead of the value; a failure is then not raised.
        wait_for
            Futures that must have completed first; they pass nothing.
        """
        __tracebackhide__ = True
        graph = open_graph()
        if graph is not None:
            return graph.place(self, args, {**kwargs, "wait_for": wait_for} if wait_for is not None else kwargs)
        if in_forked_child():
            return call_unrecorded(self, args, kwargs, wait_for, return_state)
        frame = current_frame()
        if frame is not None and frame.run.lazy_calls and not frame.call.number:
            future = self._submit(frame, args, kwargs, wait_for)
            return future.wait().state if return_state else LazyValue(future._call)
        if self.code.is_async:
            from jupyter_flows.authoring.asynchronous import call_task  # deferred: asyncio is heavy

            return call_task(self, args, kwargs, wait_for, return_state)
        state = self._run(args, kwargs, wait_for)
        return answer(state, return_state)

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Iterable[Any] | None) -> State:
        frame = current_frame()
        if frame is None:
            return self._run_alone(args, kwargs, wait_for)
        call = enlist(self, frame, args, kwargs)
        if call.state is not None:
            return see(call)
        if self.spec.timeout_seconds and not can_stop_here():
            # A time limit must free this thread: let another one run the code.
            self.send(call, frame, wait_for)
            wait_for_call(call, None)
            return see(call)
        upstreams = upstream_calls(call, wait_for)
        needs = needed_slots(call.run.session, self.spec.tags)
        opening, started = announce(call, frame, upstreams, needs=needs, inline=True)
        refuse_own_loop(call)
        return run_in_caller(call, opening, started)

    def _run_alone(self, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Iterable[Any] | None) -> State:
        code = UserCode(lambda: self._run(args, kwargs, wait_for), self, log_prints=self.options.log_prints)
        run, opening = open_flow_run(self.lone_spec(), code, default_task_runner())
        with Terminable():
            return run_in_caller(cast("Call", run.call), opening)

    def lone_spec(self) -> FlowSpec:
        """The flow run that a call outside any flow is."""
        return FlowSpec(self.name, "task", tags=self.spec.tags)

    @overload
    def submit(self, *args: Any, return_state: bool, wait_for: Iterable[Any] | None = None, **kwargs: Any) -> Any: ...
    @overload
    def submit(
        self: Task[P, Coroutine[Any, Any, T]], *args: Any, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> TaskFuture[T]: ...
    @overload
    def submit(self, *args: Any, wait_for: Iterable[Any] | None = None, **kwargs: Any) -> TaskFuture[R_co]: ...

    def submit(
        self, *args: Any, return_state: bool = False, wait_for: Iterable[Any] | None = None, **kwargs: Any
    ) -> Any:
        """Hand the task to the task runner and return a future at once.

        Parameters
        ----------
        return_state
            Wait and return the final state instead of a future.
        wait_for
            Futures that must have completed first; they pass nothing.
        """
        if open_graph() is not None:
            raise BadGraph("?", [self.name], "in the block of a flow, call the task to place it; nothing is submitted")
        frame = current_frame()
        if frame is None:
            run = open_detached(self.lone_spec(), self, default_task_runner())
            try:
                future = self._submit(Frame(run, cast("Call", run.call)), args, kwargs, wait_for)
            finally:
                close_detached(run)
        else:
            future = self._submit(frame, args, kwargs, wait_for)
        return future.wait().state if return_state else future

    def _submit(
        self, frame: Frame, args: tuple[Any, ...], kwargs: dict[str, Any], wait_for: Iterable[Any] | None
    ) -> TaskFuture[R_co]:
        call = enlist(self, frame, args, kwargs)
        if call.state is None:
            self.send(call, frame, wait_for)
        return TaskFuture(call)

    def send(
        self,
        call: Call,
        frame: Frame,
        wait_for: Iterable[Any] | None = None,
        needs: tuple[tuple[str, int], ...] = (),
        map_id: int = 0,
    ) -> None:
        """Hand a call to where submitted task runs of its flow run are run."""
        run = call.run
        upstreams = upstream_calls(call, wait_for)
        needs = (*needs, *needed_slots(run.session, self.spec.tags))
        if run.task_runner.inline and not self.code.is_async:
            for upstream, _ in upstreams:
                wait_for_call(upstream, None)
            opening, started = announce(call, frame, upstreams, needs=needs, map_id=map_id, inline=True)
            run_in_caller(call, opening, started)
            return
        if call.context is None:
            call.context = copy_context()
        call.place = self._place(call, frame)
        stoppable = getattr(call.place, "stoppable", True)
        opening, _ = announce(call, frame, upstreams, needs=needs, map_id=map_id, stoppable=stoppable)
        run.session.post_slowly(run, opening.kind(run.session.clock.time(), *opening.fields))

    def _place(self, call: Call, frame: Frame) -> Place:
        if not self.code.is_async:
            return call.run.task_runner.place(call)
        from jupyter_flows.drivers.loops import SubmittedPlace, background_loop  # deferred: heavy

        loop = loop_here() if frame.run.loop is not None else None
        if loop is None or is_held(loop):
            return SubmittedPlace(background_loop())
        return SubmittedPlace(loop, get_ident())

    @overload
    def map(self: Task[P, Coroutine[Any, Any, T]], *args: Any, **options: Any) -> FutureList[T]: ...
    @overload
    def map(self, *args: Any, **options: Any) -> FutureList[R_co]: ...

    def map(
        self,
        *args: Any,
        return_state: bool = False,
        wait_for: Iterable[Any] | None = None,
        max_concurrency: int | None = None,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Submit the task once for each element of its iterable arguments, and return the list of futures.

        Iterables must be of one length; what is not iterable (or a text), or is wrapped in `unmapped`, is the same
        for every child. A future as an argument is waited for, since its value's length decides.

        Parameters
        ----------
        return_state
            Wait and return the list of final states.
        max_concurrency, batch_size
            Children that may run at a time (two names of one bound); no bound but the task runner's when not given.

        Raises
        ------
        MappingLengthMismatch, MappingMissingIterable
            Before anything is submitted.
        """
        bound = max_concurrency if max_concurrency is not None else batch_size
        graph = open_graph()
        if graph is not None:
            check_bound(self.name, bound)
            waits = {"wait_for": wait_for} if wait_for is not None else {}
            node = graph.place(self, args, {**kwargs, **waits}, mapped=True)
            node.bound = bound
            return node
        plan = plan_map(self.name, args, kwargs, bound)
        frame = current_frame()
        if frame is None:
            run = open_detached(self.lone_spec(), self, default_task_runner())
            try:
                futures = map_task(self, Frame(run, cast("Call", run.call)), plan, wait_for)
            finally:
                close_detached(run)
        else:
            futures = map_task(self, frame, plan, wait_for)
        if return_state:
            return [future.state for future in futures.wait()]
        return futures

    def run_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Render the name of one run from the ``task_run_name`` option."""
        if self.options.run_name is None:
            return self.name
        try:
            bound = inspect.signature(self.fn).bind_partial(*args, **kwargs)
        except TypeError:
            return self.name
        bound.apply_defaults()
        return run_name(self.options.run_name, bound.arguments, self.name)

    def __repr__(self) -> str:
        return f"<Task {self.name}>"


def _anything(*args: Any, **kwargs: Any) -> None: ...


@overload
def task(fn: staticmethod[..., Any] | classmethod[Any, ..., Any], /) -> Any: ...
@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(fn: None = None, /, **options: Any) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def task(fn: Any = None, /, **options: Any) -> Any:
    """Turn a function into a task: ``@task`` or ``@task(retries=3, ...)``.

    Parameters
    ----------
    name, description, version, tags, task_run_name
        What people read and filter by; the run name may be a template such as ``"{day}-extract"``.
    retries, retry_delay_seconds, retry_jitter_factor, retry_condition_fn, retry_on
        Further attempts after a failure, and the waits before them.
    timeout_seconds
        Time limit of one attempt.
    log_prints
        Keep what the task prints with its run.
    on_running, on_completion, on_failure, on_cancellation, on_crashed
        Hooks ``(task, task_run, state)``; one or a list. An ``on_failure`` of two arguments, ``(task, state)``, is
        called at each failure, also before a retry.
    state_handlers
        Functions ``(task, old_state, new_state)`` that see each state before it is entered. What they return takes its
        place; None keeps it; what they raise fails the run. Ends that are forced from outside are not theirs to see.
    skip_on_upstream_skip
        Whether a skipped upstream skips this task too (the default).
    nout
        How many values the task returns, to take it apart in a declared flow: ``a, b = two()``.
    trigger
        Whether to run, told by how the upstreams ended: one of `jupyter_flows.triggers`, or a function that gets a
        dict of futures to states and returns whether. Without one, an upstream that failed ends the run as
        UpstreamFailed. A value that an upstream failed to give is its exception.
    persist_result, result_serializer, result_storage_key
        Keep the value beyond the run, how, and where.
    cache_policy, cache_key_fn, cache_expiration, refresh_cache
        Find the value that an earlier run kept under the same key; see ``docs/caching.md``.
    cache_for, cache_validator, cache_key, target, checkpoint
        The classic words for the same.
    max_retries, retry_delay, timeout, log_stdout
        Classic names of the same settings.

    Raises
    ------
    UnknownOption, BadOption
        At decoration.
    """
    if fn is None:
        check_options("@task", TASK_OPTIONS, options)
        return lambda function: Task(function, options)
    if not callable(fn) and not isinstance(fn, staticmethod | classmethod):
        raise BadOption("@task", "function", fn, "decorate a function, or give options by name")
    return Task(fn, options)


__all__ = ["Task", "task"]
