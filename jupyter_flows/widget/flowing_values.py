"""What flows along the edges of a graph: the values that task runs gave, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from jupyter_flows.drivers.witness import Witness
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.graph.groups import Group
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.value_words import together, value_words
from jupyter_flows.graph.wording import run_label
from jupyter_flows.model.runs import TaskRun

_LOOKED_AT = 200  # task runs of one box
_NAMED = 12  # boxes on each side


class FlowingValues:
    """Values of one flow run, as they were seen by this process, else as far as they are kept.

    Parameters
    ----------
    run_id, reader
        The flow run, and where it is kept.
    witness
        Who saw the values.
    """

    def __init__(self, run_id: str, reader: RunReader, witness: Witness | None) -> None:
        self._run_id, self._reader, self._witness = run_id, reader, witness

    @cached_property
    def _sizes(self) -> Mapping[int, str]:
        """What is kept in files, by task run."""
        kept = self._reader.results(self._run_id)
        return {one.number: f"{one.result.size:,} bytes, {one.result.serializer}" for one in kept}

    def value(self, run: TaskRun) -> str:
        """Say what a task run gave; empty where that is not known."""
        if self._witness is not None and (seen := self._witness.value(self._run_id, run.number)):
            return seen
        if run.value is not None:
            try:
                return value_words(json.loads(run.value))
            except ValueError:
                return ""
        return self._sizes.get(run.number, "")

    def gave(self, runs: Sequence[TaskRun]) -> str:
        """Say what the task runs of a box gave, together."""
        looked_at = [run for run in runs if run.state.is_completed()][:_LOOKED_AT]
        return together(said for run in looked_at if (said := self.value(run)))

    def edge(self, source: Group, target: Group) -> str:
        """Say what flows from one box to another: by which name it is taken, and what it is."""
        gave = self.gave(source.runs)
        name = self._name(source.runs, target.runs)
        return plain(": ".join(part for part in (name, gave) if part), 200)

    def of(self, group: Group, runs: Sequence[TaskRun]) -> list[list[str]]:
        """List what a box takes, from whom, and what it gives, to whom."""
        numbers = {run.number for run in group.runs[:_LOOKED_AT]}
        wanted = {number for run in group.runs[:_LOOKED_AT] for number in run.upstreams}
        lines: list[list[str]] = []
        for label, before in _by_label(run for run in runs if run.number in wanted).items():
            name = self._name(before, group.runs)
            lines.append(["takes", name, label, self.gave(before)])
        after = _by_label(run for run in runs if numbers.intersection(run.upstreams))
        gave = self.gave(group.runs)
        if gave or after:
            lines.append(["gives", "", ", ".join(list(after)[:_NAMED]), gave])
        return [[plain(word, 200) for word in line] for line in lines[: _NAMED + 1]]

    def _name(self, sources: Sequence[TaskRun], targets: Sequence[TaskRun]) -> str:
        if self._witness is None:
            return ""
        numbers = {source.number for source in sources}
        for target in targets[:_LOOKED_AT]:
            for number in target.upstreams:
                if number in numbers and (name := self._witness.name(self._run_id, number, target.number)):
                    return name
        return ""


def _by_label(runs: Iterable[TaskRun]) -> dict[str, list[TaskRun]]:
    found: dict[str, list[TaskRun]] = {}
    for run in runs:
        found.setdefault(run.task if run.map_id else run_label(run), []).append(run)
    return found
