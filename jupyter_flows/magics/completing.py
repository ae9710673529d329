"""What the Tab key offers after `%flow` and `%%task`."""

from __future__ import annotations

from jupyter_flows.cells.task_line import ISOLATIONS
from jupyter_flows.cells.task_line import OPTIONS as TASK_OPTIONS
from jupyter_flows.magics.flow_magic import COMMANDS, DEPLOYING, OPTIONS
from jupyter_flows.magics.notebook_flows import flows_of
from jupyter_flows.magics.workbench import Workbench


def words_after(bench: Workbench, line: str) -> list[str]:
    """What may come next on a line of the extension's magics."""
    return task_words(bench, line) if line.lstrip().startswith("%%task") else flow_words(bench, line)


def flow_words(bench: Workbench, line: str) -> list[str]:
    """What may come next on a ``%flow`` line."""
    words = line.split()
    typed = words[1:] if line.endswith(" ") else words[1:-1]
    if not typed:
        return list(COMMANDS)
    if typed[0] in DEPLOYING:
        from jupyter_flows.magics.deploying import option_words  # deferred: it loads the command line

        return option_words(typed[0])
    if typed[-1] == "--isolation":
        return list(ISOLATIONS)
    options = [f"--{option}" for option, command in OPTIONS.items() if command == typed[0]]
    names = [cell.name for cell in bench.notebook.tasks]
    if typed == ["graph"]:
        names += flows_of(bench.namespace)
    return [*(name for name in dict.fromkeys(names) if name not in typed), *options]


def task_words(bench: Workbench, line: str) -> list[str]:
    """What may come next on a ``%%task`` line."""
    words = line.split()
    before = (words if line.endswith(" ") else words[:-1])[-1:]
    if before == ["--isolation"]:
        return list(ISOLATIONS)
    if before == ["--after"]:
        return [cell.name for cell in bench.notebook.tasks]
    return [f"--{option.word}" for option in TASK_OPTIONS if option.word != "name"]
