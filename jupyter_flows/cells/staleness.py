"""Whether what a task cell gave last is still what it would give now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Digests:
    """What a run of a task cell depends on; each value tells only whether something is still the same.

    Parameters
    ----------
    source
        Its code, see `digest.source_digest`.
    functions
        The functions of the user's that it uses, by name.
    inputs
        Its inputs by name: their content, or the run that gave them.
    parameters
        The notebook's parameters that it reads.
    files
        Files that it declares.
    environment
        What it runs in, such as the version of Python.
    """

    source: str
    functions: Mapping[str, str] = field(default_factory=dict[str, str])
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    environment: str = ""


@dataclass(frozen=True, slots=True)
class LastRun:
    """How a task cell ran last.

    Parameters
    ----------
    digests
        What it depended on then.
    state
        The name of the state that it ended in, such as ``Completed`` or ``Failed``.
    is_completed
        Whether it gave its outputs.
    """

    digests: Digests
    state: str = "Completed"
    is_completed: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """A task cell as it stands now.

    Parameters
    ----------
    id
        The cell.
    name
        The task's name.
    now
        What it depends on now.
    last
        How it ran last; None when it never did.
    upstreams
        Ids of the task cells that it comes after.
    givers
        Input to the name of the task that gives it.
    gone
        Names that it gave, that are not there any more and that are missed.
    """

    id: str
    name: str
    now: Digests
    last: LastRun | None = None
    upstreams: tuple[str, ...] = ()
    givers: Mapping[str, str] = field(default_factory=dict[str, str])
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a task cell must run again.

    Parameters
    ----------
    reasons
        Why it must, in words; none when it is fresh.
    """

    reasons: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Whether it must run again."""
        return bool(self.reasons)

    def __str__(self) -> str:
        return f"stale: {'; '.join(self.reasons)}" if self.reasons else "fresh"


def judge_freshness(standings: Iterable[Standing]) -> dict[str, Freshness]:
    """Judge which task cells are stale.

    Parameters
    ----------
    standings
        The task cells, each after its upstreams.

    Returns
    -------
    dict
        Cell to its freshness, in the same order. A cell after a stale one is stale.
    """
    judged: dict[str, Freshness] = {}
    names: dict[str, str] = {}
    for standing in standings:
        names[standing.id] = standing.name
        stale = [names[each] for each in standing.upstreams if each in judged and judged[each].is_stale]
        judged[standing.id] = Freshness((*_own_reasons(standing), *(f"upstream `{name}` is stale" for name in stale)))
    return judged


def _own_reasons(standing: Standing) -> Iterator[str]:
    last = standing.last
    if last is None:
        yield "never ran"
        return
    if not last.is_completed:
        yield f"its last run ended as {last.state}"
    now, then = standing.now, last.digests
    if now.source != then.source:
        yield "source changed"
    yield from _changes("function", now.functions, then.functions, _NONE)
    yield from _changes("input", now.inputs, then.inputs, standing.givers)
    yield from _changes("parameter", now.parameters, then.parameters, _NONE)
    yield from _changes("file", now.files, then.files, _NONE)
    if now.environment != then.environment:
        yield "environment changed"
    for name in standing.gone:
        yield f"`{name}` is not there any more"


def _changes(what: str, now: Mapping[str, str], then: Mapping[str, str], givers: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(now.keys() | then.keys()):
        if name not in then:
            yield f"{what} `{name}` is new"
        elif name not in now:
            yield f"{what} `{name}` is not used any more"
        elif now[name] != then[name]:
            giver = f": task `{givers[name]}` ran again" if name in givers else ""
            yield f"{what} `{name}` changed{giver}"
