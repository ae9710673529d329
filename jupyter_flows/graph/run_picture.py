"""The picture of one run: its tasks, where each stands, and why it failed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from jupyter_flows.graph.called_flows import CalledFlow, Within, called_flows
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.folding import LIMIT, folded
from jupyter_flows.graph.groups import Group, group_edges, grouped
from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.picture import Header, Picture, picture
from jupyter_flows.graph.plain_text import first_line, plain
from jupyter_flows.graph.unfolding import ALL_SHOWN, EVERYTHING, SHOWN, inside, members
from jupyter_flows.graph.wording import Told, cause_words, counted_words, counts_of, run_label, state_of_all, words
from jupyter_flows.model.runs import Failure, FlowRun, TaskRun, failed_task_runs
from jupyter_flows.model.states import BAD, FOLLOWING

_PARAMETERS, _VALUE = 3, 24
_COUNTED = 24  # called flows whose task runs are counted, on one level


def picture_of_run(
    flow_run: FlowRun,
    task_runs: Sequence[TaskRun],
    failures: Iterable[Failure] = (),
    *,
    retries: Mapping[str, int] | None = None,
    now: float | None = None,
    usual: Mapping[tuple[str, bool], float] | None = None,
    limit: int = LIMIT,
    like: Picture | None = None,
    within: Within | None = None,
    opened: Collection[str] = (),
) -> Picture:
    """Draw a run as it stands.

    Parameters
    ----------
    flow_run, task_runs
        What the store gives back.
    failures
        Why attempts failed, in the order they failed; the last of each task run is shown.
    retries
        Task name to its number of retries, for "try 2 of 4".
    now
        Seconds since the epoch, for how long what is under way has taken; left out when unknown.
    usual
        Task, and whether it is mapped, to the seconds that it usually takes.
    limit
        How many boxes to show before the same and neighbouring ones fold into counted ones.
    like
        An earlier picture of the run, whose places are kept where they can be.
    within
        Knows the flows that it called; left out, they are not drawn.
    opened
        Keys of the boxes that are unfolded; `EVERYTHING` for all that only folding made.

    Returns
    -------
    Picture
        With header, notice (what is folded) and cause (of a failure).
    """
    told = Told({failure.number: failure for failure in failures}, retries or {}, now, usual or {})
    groups = grouped(task_runs)
    kept, between = folded(groups, group_edges(groups), limit)
    called = called_flows(within.called_by(flow_run.id)) if within else []
    return _Unfolding(told, within, opened, like).draw(
        kept,
        between,
        called,
        name=flow_run.id,
        header=_header(flow_run, task_runs, now),
        notice=_notice(flow_run, len(groups), len(kept)),
        cause=_cause(flow_run, task_runs, told),
        hidden=_hidden(groups, kept),
    )


def picture_of_plan(
    task_runs: Sequence[TaskRun], limit: int = LIMIT, *, opened: Collection[str] = (), like: Picture | None = None
) -> Picture:
    """Draw task runs that are yet to come, folded as their run will be; see `picture_of_run`."""
    groups = grouped(task_runs)
    kept, between = folded(groups, group_edges(groups), limit)
    return _Unfolding(Told(), None, opened, like).draw(
        kept, between, notice=_folded_words(len(groups), len(kept)), hidden=_hidden(groups, kept)
    )


def _hidden(groups: Sequence[Group], kept: Sequence[Group]) -> int:
    """How many boxes were folded away and could be shown."""
    return len(groups) - len(kept) if len(groups) <= ALL_SHOWN else 0


@dataclass(frozen=True, slots=True)
class _Unfolding:
    """How far a picture is unfolded: draws one level of boxes with what is inside those that are open."""

    told: Told
    within: Within | None = None
    opened: Collection[str] = ()
    like: Picture | None = None
    insides: dict[str, Picture] = field(default_factory=dict[str, Picture])

    def draw(
        self, groups: Sequence[Group], edges: Sequence[Edge], called: Sequence[CalledFlow] = (), **around: Any
    ) -> Picture:
        """Draw a level; ``around`` are words for `picture`."""
        everything = EVERYTHING in self.opened
        nodes = _nodes(groups, edges, self.told)
        key_of = {run.number: group.key for group in groups for run in group.runs} if called else {}
        calls = [Edge(key_of[one.caller], one.key, calls=True) for one in called if one.caller in key_of]
        for group in groups:
            if len(group.runs) > 1 and (group.key in self.opened or (everything and not group.mapped)):
                shown = ALL_SHOWN if everything else SHOWN
                self.insides[group.key] = replace(self, insides={}).draw(*members(group, shown))
        for place, one in enumerate(called):
            nodes.append(self._node(one, counted=place < _COUNTED))
            if one.key in self.opened:
                self.insides[one.key] = self._inside(one)
        return picture(nodes, [*edges, *calls], like=self.like, insides=self.insides, **around)

    def _node(self, called: CalledFlow, *, counted: bool) -> Node:
        assert self.within is not None
        several = len(called.runs) > 1
        task_runs = self.within.record(called.runs[0])[0] if counted and not several else ()
        return called.node(task_runs, self.told, opens=several or bool(task_runs) or not counted)

    def _inside(self, called: CalledFlow) -> Picture:
        assert self.within is not None
        run, *others = called.runs
        if others:
            return replace(self, insides={}).draw([], [], called.each())
        task_runs, failures = self.within.record(run)
        told = replace(self.told, failures={failure.number: failure for failure in failures})
        groups = grouped(task_runs)
        level = inside(called.key, *folded(groups, group_edges(groups), SHOWN))
        further = called_flows(self.within.called_by(run.id), around=f"{called.key}/")
        return replace(self, told=told, insides={}).draw(*level, further)


def _nodes(groups: Sequence[Group], edges: Sequence[Edge], told: Told) -> list[Node]:
    open_names = {group.key: group.title for group in groups if not all(run.state.is_final() for run in group.runs)}
    waits: dict[str, list[str]] = {}
    for edge in edges:
        if edge.source in open_names:
            waits.setdefault(edge.target, []).append(open_names[edge.source])
    return [_node(group, waits.get(group.key, []), told) for group in groups]


def _node(group: Group, waits_for: Sequence[str], told: Told) -> Node:
    runs = group.runs
    pace = told.pace(group.task, group.mapped, runs)
    said = [] if pace is None else [str(pace)]
    if group.kind == "map":
        kind, name = state_of_all(runs)
        counts = counts_of(runs)
        tooltip = " · ".join([", ".join(f"{number} {state}" for state, number in counts.items()), *said])
        said_of_all = counted_words(runs, told)
        return Node(group.key, group.title, "map", kind, name, said_of_all, counts, tooltip, pace, opens=len(runs) > 1)
    run = runs[0]
    named = [f"run of {run.task}"] if run.name != run.task and run.task else []
    subtitle, tooltip = words(run, waits_for, told), " · ".join([*named, *said])
    return Node(group.key, group.title, group.kind, run.state.kind, run.state.name, subtitle, {}, tooltip, pace)


def _header(flow_run: FlowRun, task_runs: Sequence[TaskRun], now: float | None) -> Header:
    # A run that has failed says so itself, and its cause says how many; one under way must not hide it.
    bad = sum(run.state.kind in BAD and run.state.name not in FOLLOWING for run in task_runs)
    alert = f"{bad} failed" if bad and flow_run.state.kind not in BAD else ""
    serial = f"#{flow_run.serial}" if flow_run.serial else ""
    subtitle = " · ".join(part for part in (serial, _parameters(flow_run.parameters)) if part)
    return Header(
        flow_run.flow or flow_run.name,
        subtitle,
        flow_run.state.kind,
        flow_run.state.name,
        alert,
        elapsed(flow_run.started_at, flow_run.ended_at, now),
        counts_of(task_runs),
    )


def _parameters(text: str) -> str:
    try:
        found: object = json.loads(text or "{}")
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    named = cast("dict[str, object]", found)
    shown = [f"{name} = {_value(value)}" for name, value in list(named.items())[:_PARAMETERS]]
    more = [f"+{len(named) - _PARAMETERS}"] if len(named) > _PARAMETERS else []
    return ", ".join([*shown, *more])


def _value(value: object) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE)


def _notice(flow_run: FlowRun, all_boxes: int, shown: int) -> str:
    if not all_boxes:
        return "no task has run" if flow_run.state.is_final() else "no task has started yet"
    return _folded_words(all_boxes, shown)


def _folded_words(all_boxes: int, shown: int) -> str:
    if shown < all_boxes:
        return f"{all_boxes:,} tasks folded into {shown:,} {'boxes' if shown > 1 else 'box'}, with counts"
    return ""


def _cause(flow_run: FlowRun, task_runs: Sequence[TaskRun], told: Told) -> str:
    failed = failed_task_runs(task_runs)
    if not failed:
        return first_line(flow_run.state.message) if flow_run.state.kind in BAD else ""
    first = failed[0]
    why = cause_words(first.state, told.failures.get(first.number)) or first.state.name
    more = len(failed) - 1
    return plain(f"{run_label(first)}: {why}") + (f" · and {more} more failed" if more else "")
