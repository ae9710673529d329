"""What the Tab key offers after `%flow` and `%%task`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_flows.cells.task_line import ISOLATIONS
from jupyter_flows.cells.task_line import OPTIONS as TASK_OPTIONS
from jupyter_flows.magics.flow_magic import COMMANDS, OPTIONS
from jupyter_flows.magics.workbench import Workbench

_ADDED = "_jupyter_flows_completes"  # of the shell: what was added to its completion stays there


def add_completion(shell: Any, present: Callable[[], Workbench | None]) -> None:
    """Let a shell complete commands, options and names of tasks, as long as there is a notebook at work."""
    if getattr(shell, _ADDED, False):
        return
    setattr(shell, _ADDED, True)

    def complete_flow(_: Any, event: Any) -> list[str]:
        bench = present()
        return [] if bench is None else flow_words(bench, event.line)

    def complete_task(_: Any, event: Any) -> list[str]:
        bench = present()
        return [] if bench is None else task_words(bench, event.line)

    for key, function in (("%flow", complete_flow), ("flow", complete_flow), ("%%task", complete_task)):
        shell.set_hook("complete_command", function, str_key=key)


def flow_words(bench: Workbench, line: str) -> list[str]:
    """What may come next on a ``%flow`` line."""
    words = line.split()
    typed = words[1:] if line.endswith(" ") else words[1:-1]
    if not typed:
        return list(COMMANDS)
    if typed[-1] == "--isolation":
        return list(ISOLATIONS)
    options = [f"--{option}" for option, command in OPTIONS.items() if command == typed[0]]
    return [*(cell.name for cell in bench.notebook.tasks if cell.name not in typed), *options]


def task_words(bench: Workbench, line: str) -> list[str]:
    """What may come next on a ``%%task`` line."""
    words = line.split()
    before = (words if line.endswith(" ") else words[:-1])[-1:]
    if before == ["--isolation"]:
        return list(ISOLATIONS)
    if before == ["--after"]:
        return [cell.name for cell in bench.notebook.tasks]
    return [f"--{option.word}" for option in TASK_OPTIONS if option.word != "name"]
