"""A run on a clock: one row per box, with waits, tries and work as pieces, and the path that decided its length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.groups import Group, grouped
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.ticks import ticks
from jupyter_flows.graph.wording import run_label
from jupyter_flows.model import states
from jupyter_flows.model.runs import FlowRun, StateChange, TaskRun

ROWS = 200  # what fits on a screen and a half; more are said, not drawn
LANES = 8  # rows that one map may take
_PIECES = 400  # bars of one map; of more, only the longest are drawn
_CROSS = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time in a row.

    Parameters
    ----------
    start, end
        Seconds since the run began.
    state_name
        Its look: how the try ended, or what was waited for.
    waits
        Whether nothing ran in it: drawn as a dotted line.
    label
        Said on hover.
    mark
        A few letters drawn inside where there is room.
    """

    start: float
    end: float
    state_name: str
    waits: bool = False
    label: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a task run, or one lane of a map's children.

    Parameters
    ----------
    key
        Of the graph's node.
    label
        Drawn left of it; empty for all but a map's first lane.
    pieces
        By their start.
    slow
        Whether it lies on the slowest path.
    usual
        Where it usually ends, in seconds since the run began; None where that is not known.
    """

    key: str
    label: str
    pieces: tuple[Piece, ...]
    slow: bool = False
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run on a clock.

    Parameters
    ----------
    rows
        From top to bottom, in the order in which they began.
    length
        Seconds that it covers.
    ticks
        Seconds and their words.
    now
        Seconds since the run began, while it is under way.
    sentence
        The slowest path in words.
    notice
        What is not drawn.
    name
        Start of the ids in a drawing.
    title
        The flow's name.
    """

    rows: tuple[Row, ...]
    length: float
    ticks: tuple[tuple[float, str], ...]
    now: float | None
    sentence: str
    notice: str
    name: str
    title: str


def timeline_of_run(
    flow_run: FlowRun,
    task_runs: Sequence[TaskRun],
    changes: Sequence[StateChange] = (),
    *,
    now: float | None = None,
    usual: Mapping[tuple[str, bool], float] | None = None,
) -> Timeline:
    """Lay out a run on a clock.

    Parameters
    ----------
    flow_run, task_runs
        What the store gives back.
    changes
        State changes of its task runs: they tell tries from waits. Without them each task run is one bar.
    now
        Seconds since the epoch, up to which what is under way is drawn.
    usual
        Task, and whether it is mapped, to the seconds that it usually takes.
    """
    start = min([run.started_at for run in task_runs if run.started_at is not None], default=flow_run.created_at)
    start = min(start, flow_run.started_at or start)
    history: dict[int, list[StateChange]] = {}
    for change in changes:
        if change.number:
            history.setdefault(change.number, []).append(change)
    path = slowest_path(task_runs, now)
    slow = {run.number for run in path}
    clock = _Clock(start, now)
    rows: list[Row] = []
    groups = sorted(grouped(task_runs), key=_began)
    for group in groups:
        rows += _with_usual(_rows(group, history, slow, clock), (usual or {}).get((group.task, group.mapped)))
    ended = max([piece.end for row in rows for piece in row.pieces], default=0.0)
    under_way = now is not None and not flow_run.state.is_final()
    length = max(ended, clock.since(now) if under_way and now is not None else 0.0, 0.001)
    return Timeline(
        tuple(rows[:ROWS]),
        length,
        tuple(ticks(length)),
        clock.since(now) if under_way and now is not None else None,
        _sentence(path, length, now),
        _notice(len(rows), groups),
        f"jf-{flow_run.id}-t" if flow_run.id.isalnum() else "jf-timeline",
        flow_run.flow or flow_run.name,
    )


@dataclass(frozen=True, slots=True)
class _Clock:
    start: float
    now: float | None

    def since(self, at: float) -> float:
        return max(0.0, at - self.start)


def _with_usual(rows: list[Row], seconds: float | None) -> list[Row]:
    start = min([row.pieces[0].start for row in rows if row.pieces], default=None)
    if seconds is None or start is None:
        return rows
    return [replace(row, usual=start + seconds) for row in rows]


def _began(group: Group) -> tuple[float, int]:
    starts = [run.started_at for run in group.runs if run.started_at is not None]
    return min(starts, default=float("inf")), group.runs[0].number


def _rows(group: Group, history: Mapping[int, list[StateChange]], slow: set[int], clock: _Clock) -> list[Row]:
    is_slow = any(run.number in slow for run in group.runs)
    if group.kind != "map":
        run = group.runs[0]
        return [Row(group.key, group.title, tuple(_pieces(run, history.get(run.number, ()), clock)), is_slow)]
    label = f"{group.title} · {len(group.runs):,}"
    lanes = _lanes(group.runs, history, clock)
    return [Row(group.key, "" if index else label, tuple(lane), is_slow) for index, lane in enumerate(lanes)]


def _lanes(runs: Sequence[TaskRun], history: Mapping[int, list[StateChange]], clock: _Clock) -> list[list[Piece]]:
    """Put children that do not overlap behind one another; where the lanes run out, the least full one takes them."""
    begun = [run for run in runs if run.started_at is not None]
    if len(begun) > _PIECES:
        begun = sorted(begun, key=lambda run: (run.state.kind not in states.BAD, -_seconds(run, clock.now)))[:_PIECES]
    lanes: list[list[Piece]] = []
    for run in sorted(begun, key=_start):
        pieces = _pieces(
            run, history.get(run.number, ()), clock, run.name.partition("[")[2].removesuffix("]") or f"{run.map_index}"
        )
        if not pieces:
            continue
        free = next((lane for lane in lanes if lane[-1].end <= pieces[0].start + 1e-9), None)
        if free is None and len(lanes) < LANES:
            lanes.append(free := [])
        (free if free is not None else min(lanes, key=lambda lane: lane[-1].end)).extend(pieces)
    return lanes or [[]]


def _start(run: TaskRun) -> float:
    return run.started_at if run.started_at is not None else run.created_at


def _end(run: TaskRun, now: float | None) -> float | None:
    return run.ended_at if run.ended_at is not None else now


def _seconds(run: TaskRun, now: float | None) -> float:
    end = _end(run, now)
    return 0.0 if end is None else end - _start(run)


def _pieces(run: TaskRun, changes: Sequence[StateChange], clock: _Clock, mark: str = "") -> list[Piece]:
    tries = _tries(run, changes, clock)
    if tries:
        return tries
    end = _end(run, clock.now)
    if run.started_at is None or end is None:
        return []
    words = plain(f"{run.task or run.name} {mark}: {run.state.name}, {duration_words(end - run.started_at)}", 200)
    bad = f"{mark} {_CROSS}" if run.state.kind in states.BAD else ""
    return [Piece(clock.since(run.started_at), clock.since(end), run.state.name, label=words, mark=bad)]


def _tries(run: TaskRun, changes: Sequence[StateChange], clock: _Clock) -> list[Piece]:
    """Cut a task run that was tried more than once into its tries and the waits between them."""
    if run.attempts < 2 or not changes:
        return []
    pieces: list[Piece] = []
    last = _end(run, clock.now)
    ends = [change.state.at for change in changes[1:]] + [last]
    entered = {change.version: change.state.kind for change in changes}
    for change, until in zip(changes, ends, strict=True):
        if until is None or change.state.is_final() or change.state.kind is states.PENDING:
            continue
        start, took = clock.since(change.state.at), duration_words(until - change.state.at)
        if change.state.kind is states.SCHEDULED:
            words = f"waits {took} for try {change.attempt + 1}"
            pieces.append(Piece(start, clock.since(until), "AwaitingRetry", waits=True, label=words))
            continue
        after = entered.get(change.version + 1, change.state.kind)
        failed = after is states.SCHEDULED or after in states.BAD
        name, mark = ("Failed", _CROSS) if failed else (run.state.name, "")
        pieces.append(Piece(start, clock.since(until), name, label=f"try {change.attempt}: {took}", mark=mark))
    return pieces


def slowest_path(task_runs: Sequence[TaskRun], now: float | None = None) -> list[TaskRun]:
    """Walk back from the task run that ended last: of what each waited for, the one that ended last.

    Returns
    -------
    list of TaskRun
        In the order in which they ran; empty where nothing ran.
    """
    by_number = {run.number: run for run in task_runs}
    ended = {run.number: end for run in task_runs if run.started_at is not None and (end := _end(run, now)) is not None}
    if not ended:
        return []
    callers = {run.parent for run in task_runs if run.parent}
    number = max((n for n in ended if n not in callers), key=lambda n: (ended[n], -n), default=max(ended))
    path: dict[int, TaskRun] = {}
    while number in by_number and number not in path:
        path[number] = by_number[number]
        before = [n for n in by_number[number].upstreams if n in ended]
        if not before:
            break
        number = max(before, key=lambda n: (ended[n], -n))
    return list(path.values())[::-1]


def _sentence(path: Sequence[TaskRun], length: float, now: float | None) -> str:
    if not path:
        return ""
    shown = [plain(run_label(run), 40) for run in path]
    names = " → ".join(shown if len(shown) <= 8 else [*shown[:4], "…", *shown[-3:]])
    seconds, longest = max((_seconds(run, now), name) for run, name in zip(path, shown, strict=True))
    share = seconds / length
    part = "nearly all" if share > 0.9 else "most" if share > 0.6 else "half" if share > 0.4 else ""
    what = f" {part.capitalize()} of the time is {longest}." if part and len(path) > 1 else ""
    return f"Slowest path: {names}.{what}"


def _notice(rows: int, groups: Sequence[Group]) -> str:
    notes: list[str] = []
    if rows > ROWS:
        notes.append(f"{rows - ROWS:,} more rows are not drawn")
    cut = max((len(group.runs) for group in groups), default=0)
    if cut > _PIECES:
        notes.append(f"of a map of {cut:,}, the failed and the {_PIECES} longest are drawn")
    return "; ".join(notes)
