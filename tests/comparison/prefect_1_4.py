"""Ask the real Prefect 1.4.1 for its outcomes, and write them down.

Run by hand, with the Python of an environment of its own (``pip install prefect==1.4.1 'pendulum<3' 'setuptools<70'``):

    ENVIRONMENT/bin/python tests/comparison/prefect_1_4.py > tests/comparison/prefect_1_4.json

`test_prefect_1_4.py` compares this package with what was written.
"""

# Prefect 1 is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import logging
from itertools import product
from types import SimpleNamespace
from typing import Any

import prefect
from graphs import GRAPHS, told, words
from prefect import Flow, Task, task, unmapped
from prefect.core.edge import Edge
from prefect.engine import signals
from prefect.engine.state import Failed, Pending, Skipped, Success, TriggerFailed
from prefect.engine.task_runner import TaskRunner
from prefect.tasks.control_flow import merge
from prefect.utilities.edges import flatten

logging.disable(logging.CRITICAL)

ENDS = {
    "S": lambda: Success(result=1),
    "F": lambda: Failed(result=ValueError()),
    "K": Skipped,
    "T": TriggerFailed,
}
LETTER_OF = {"Success": "R", "TriggerFailed": "T", "Skipped": "K", "Paused": "P"}
some_failed, some_successful = prefect.triggers.some_failed, prefect.triggers.some_successful
NAMED = (
    "all_successful",
    "all_failed",
    "any_successful",
    "any_failed",
    "all_finished",
    "not_all_skipped",
    "manual_only",
)
TRIGGERS = {
    **{name: getattr(prefect.triggers, name) for name in NAMED},
    "some_failed(at_least=2)": some_failed(at_least=2),
    "some_failed(at_most=1)": some_failed(at_most=1),
    "some_failed(at_least=0.5, at_most=0.7)": some_failed(at_least=0.5, at_most=0.7),
    "some_successful(at_least=0.5)": some_successful(at_least=0.5),
    "some_successful(at_least=1, at_most=1)": some_successful(at_least=1, at_most=1),
}


class Given(Task):
    """A task that completes."""

    def run(self) -> int:
        return 1


def what_becomes(trigger: Any, upstreams: tuple[str, ...], propagates: bool) -> str:
    """The letter of a task's end: it Ran, its Trigger failed, it was sKipped, it Paused."""
    asked = Given(trigger=trigger, skip_on_upstream_skip=propagates)
    states = {Edge(Task(name=f"u{index}"), asked): ENDS[letter]() for index, letter in enumerate(upstreams)}
    end = TaskRunner(asked).run(state=Pending(), upstream_states=states)
    return LETTER_OF[type(end).__name__]


def row(trigger: Any, propagates: bool) -> str:
    """The letters for all upstreams of length 0, 1, 2 and 3, in the order of `itertools.product`."""
    return " ".join(
        "".join(what_becomes(trigger, upstreams, propagates) for upstreams in product("SFKT", repeat=length))
        for length in range(4)
    )


def shown(state: Any) -> str:
    """A state by name, with its children's names; and its value."""
    children = [type(child).__name__ for child in state.map_states or []] if state.is_mapped() else []
    return told(type(state).__name__, children, state.result)


def graphs() -> dict[str, Any]:
    """Run each graph."""
    api = words(
        SimpleNamespace(
            task=task,
            unmapped=unmapped,
            flatten=flatten,
            merge=merge,
            SKIP=signals.SKIP,
            all_finished=prefect.triggers.all_finished,
        )
    )
    ends: dict[str, Any] = {}
    for name, declare in GRAPHS.items():
        with Flow("f") as flow:
            looked_at = declare(api)
        end = flow.run()
        ends[name] = {
            "flow": type(end).__name__,
            **{label: shown(end.result[placed]) for label, placed in looked_at.items()},
        }
    return ends


if __name__ == "__main__":
    found = {
        "prefect": prefect.__version__,
        "triggers": {
            name: {"skips propagate": row(trigger, True), "skips count as successes": row(trigger, False)}
            for name, trigger in TRIGGERS.items()
        },
        "graphs": graphs(),
    }
    print(json.dumps(found, indent=1))
