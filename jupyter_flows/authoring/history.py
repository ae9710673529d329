"""Recorded runs, as values that draw themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Container

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import RunNotFound
from jupyter_flows.graph.picture import Picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.run_timeline import RunTimeline
from jupyter_flows.graph.timeline import timeline_of_run
from jupyter_flows.model.runs import Failure, FlowRun, RunFilter, TaskRun
from jupyter_flows.model.states import State
from jupyter_flows.services.called_runs import CalledRuns
from jupyter_flows.services.usual import usual_seconds
from jupyter_flows.wiring import current_reader

_SOON = 3.0  # seconds in which nobody asks what is usual, and reading it would be a part of the run's time


class RecordedRun:
    """One flow run as the store has it; a notebook shows it as its graph.

    Parameters
    ----------
    run, task_runs, failures
        What was read.
    """

    def __init__(self, run: FlowRun, task_runs: list[TaskRun], failures: list[Failure]) -> None:
        self.run, self.task_runs, self.failures = run, task_runs, failures

    @property
    def id(self) -> str:
        """The flow run's id."""
        return self.run.id

    @property
    def name(self) -> str:
        """The flow run's name."""
        return self.run.name

    @property
    def state(self) -> State:
        """Where the run stood when it was read."""
        return self.run.state

    def graph(self) -> RunGraph:
        """Return the run's graph with its states; in a notebook it goes on as long as the run does."""
        reader = current_reader()  # one for all redrawings: opening it costs more than a read
        return _drawn(self, reader, lambda before: _drawn(_read(reader, self.id), reader, before.again, before))

    def timeline(self) -> RunTimeline:
        """Return the run on a clock: waits, tries and work of each task, and the path that decided its length."""
        reader = current_reader()
        now = None if self.state.is_final() else time.time()
        usual = usual_seconds(reader, self.run)
        return RunTimeline(timeline_of_run(self.run, self.task_runs, reader.states(self.id), now=now, usual=usual))

    def __repr__(self) -> str:
        return repr(self.graph())

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, str]:
        return self.graph()._repr_mimebundle_(include, exclude)


def _drawn(
    recorded: RecordedRun,
    reader: RunReader,
    again: Callable[[RunGraph], RunGraph] | None,
    before: RunGraph | None = None,
    follows: bool = False,
) -> RunGraph:
    run = recorded.run
    now = None if run.state.is_final() else time.time()
    usual = None if before is None else before.usual
    if usual is None and (now is None or now - run.created_at >= _SOON):
        usual = usual_seconds(reader, run)
    within = before.within if before is not None and before.within else CalledRuns(reader)

    def drawn(opened: Collection[str], like: Picture | None) -> Picture:
        return picture_of_run(
            run,
            recorded.task_runs,
            recorded.failures,
            now=now,
            usual=usual,
            like=like,
            within=within,
            opened=opened,
        )

    shown = drawn((), None if before is None else before.picture)
    return RunGraph(
        shown,
        run_id=recorded.id,
        version=run.state_version,
        again=again,
        follows=follows,
        usual=usual,
        unfold=drawn,
        within=within,
    )


def newest_graph(flow: str, before: RunGraph | None = None, reader: RunReader | None = None) -> RunGraph:
    """Return the graph of a flow's newest run; in a notebook it goes on to the next run when one begins.

    Parameters
    ----------
    flow
        The flow's name.
    before
        The graph so far, whose places are kept where they can be.
    reader
        Of the store; opened when not given.

    Raises
    ------
    RunNotFound
        The flow has not run yet.
    """
    store = reader or current_reader()
    run = _newest_run(store, flow)
    same = before if before is not None and before.run_id == run.id else None
    if same is not None and same.is_final and same.version == run.state_version:
        return same  # of a run that has ended; other runs' news must not cost reading and drawing it again
    newest = RecordedRun(run, store.task_runs(run.id), store.failures(run.id))
    return _drawn(newest, store, lambda shown: newest_graph(flow, shown, store), same, follows=True)


def coming_graph(flow: str, first: RunGraph) -> RunGraph:
    """Return a picture that stands until the flow's next run begins, and then shows that run and those after it.

    Parameters
    ----------
    flow
        The flow's name.
    first
        What to show until then.
    """
    since = time.time()
    reader = current_reader()

    def again(before: RunGraph) -> RunGraph:
        begun = reader.flow_runs(RunFilter(flow=flow, since=since, limit=1))
        return newest_graph(flow, before, reader) if begun else before

    return RunGraph(first.picture, again=again, follows=True, unfold=first.unfold)


def find_run(run: str) -> RecordedRun:
    """Return a recorded flow run.

    Parameters
    ----------
    run
        Its id, a unique start of the id, or its name.

    Raises
    ------
    RunNotFound, AmbiguousRun
    """
    return _read(current_reader(), run)


def latest_run(flow: str) -> RecordedRun:
    """Return the newest run of a flow.

    Raises
    ------
    RunNotFound
        The flow has not run yet.
    """
    reader = current_reader()
    return _read(reader, newest_id(reader, flow))


def _read(reader: RunReader, run: str) -> RecordedRun:
    found = reader.flow_run(run)
    return RecordedRun(found, reader.task_runs(found.id), reader.failures(found.id))


def newest_id(reader: RunReader, flow: str) -> str:
    """Return the id of the newest run of a flow.

    Raises
    ------
    RunNotFound
        The flow has not run yet.
    """
    return _newest_run(reader, flow).id


def _newest_run(reader: RunReader, flow: str) -> FlowRun:
    newest = reader.flow_runs(RunFilter(flow=flow, limit=1))
    if not newest:
        raise RunNotFound(flow)
    return newest[0]
