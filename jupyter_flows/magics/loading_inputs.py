"""`%flow inputs`: the names of the notebook become what a failed task run was given."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.value_words import value_words
from jupyter_flows.services.failed_inputs import failed_inputs
from jupyter_flows.wiring import current_reader, current_session, result_store


def load_inputs(task_run: str, namespace: dict[str, Any]) -> None:
    """Bind the inputs of a failed task run in a namespace, and say what was bound and what could not be.

    Parameters
    ----------
    task_run
        The flow run's id or a unique start of it, a hyphen, and the task run's number.

    Raises
    ------
    JupyterFlowsError
        There is no such task run, or nothing is known of its inputs.
    """
    with closing(current_reader()) as reader:
        found = failed_inputs(reader, result_store, task_run, current_session().witness)
    for name, value in found.values.items():
        before = namespace.get(name, value)
        replaced = "" if before is value else f" (it was {value_words(before)})"
        print(f"{name}: {value_words(value)}{replaced}")
    namespace.update({name: value for name, value in found.values.items() if name.isidentifier()})
    for note in found.notes:
        print(plain(note))
    if not found.values and not found.notes:
        print(f"{plain(found.task)} takes no inputs")
