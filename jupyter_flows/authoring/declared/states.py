"""How a run of a graph ended, with the state of each task in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_flows.authoring.declared.placed import Placed
from jupyter_flows.model.states import COMPLETED, State


@dataclass(frozen=True, slots=True, repr=False)
class MappedState(State):
    """The state of a mapped task: completed, whatever became of its children.

    Parameters
    ----------
    map_states
        The children's states, in the order of the elements.
    """

    map_states: tuple[State, ...] = ()


def mapped_state(children: tuple[State, ...]) -> MappedState:
    """Gather the states of a mapped task's children; the data are their values, or their exceptions."""
    values = [state.result(raise_on_failure=False) for state in children]
    at = max((state.at for state in children), default=0.0)
    return MappedState(COMPLETED, "Mapped", f"{len(children)} children", at, values, children)


@dataclass(frozen=True, slots=True, repr=False)
class GraphState(State):
    """The state of a flow run; ``state[task]`` is the state of a task in it.

    Parameters
    ----------
    tasks
        Each placed task's state. It is also what `result` returns where the run completed.
    run_id
        The flow run's id.
    """

    tasks: Mapping[Placed, State] = field(default_factory=dict[Placed, State])
    run_id: str = ""

    def __getitem__(self, task: Any) -> State:
        """Return the state of a placed task, or of a task that has one place only.

        Raises
        ------
        KeyError
            The flow does not have it, or has it more than once.
        """
        if isinstance(task, Placed):
            found = [task] if task in self.tasks else [node for node in self.tasks if task in node.origins]
        else:
            found = [node for node in self.tasks if node.task is task]
        if len(found) != 1:
            places = f"{len(found)} times: ask for what the call of the task returned" if found else "not at all"
            raise KeyError(f"{task} was in this run {places}")
        return self.tasks[found[0]]
