"""`jupyter flows run NOTEBOOK.ipynb`."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import INTERRUPTED
from jupyter_flows.cli.progress import LiveNotebook, PlainNotebook, live
from jupyter_flows.cli.run_end import end_json, exit_status, print_end, print_failure, print_result
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.typed_values import as_named, refuse_in_shell, with_references
from jupyter_flows.errors import TargetError
from jupyter_flows.services.notebook_run import (
    NextAttempt,
    NotebookCall,
    NotebookChoices,
    NotebookRunEnd,
    copy_executed,
    prepare_notebook,
    run_notebook,
)

_WORDS = (("notebook", "notebook"), ("html", "page"), ("graph", "graph"), ("log", "log"))


def run_a_notebook(options: Namespace, screen: Screen) -> int:
    """Run a notebook headless in a fresh kernel."""
    target = Path(options.target)
    texts = as_named(target.name, options.parameters)
    output = None if options.output is None else _checked_output(target, Path(options.output))
    if not options.allow_secret_looking:
        refuse_in_shell(target.name, texts)
    call = prepare_notebook(target, with_references(texts), options.kernel, allow_secret_looking=True)
    for note in call.document.notes:
        print(f"jupyter flows: note: {escaped(note)}", file=sys.stderr)
    end = watched_run(call, _choices(options), as_json=options.json)
    status = tell_notebook(call, end, screen, as_json=options.json)
    if output is not None:
        copy_executed(end, output)
    return status


def tell_notebook(call: NotebookCall, end: NotebookRunEnd, screen: Screen, *, as_json: bool) -> int:
    """Tell how a notebook run ended; return what the process gives back to its shell."""
    status = exit_status(end.state)
    if as_json:
        screen.json(_as_json(end))
    else:
        _tell(call, end, screen)
    return INTERRUPTED if end.interruption is not None else status


def _checked_output(target: Path, output: Path) -> Path:
    """Where the executed notebook is to be copied; refused before anything runs where that cannot be done."""
    if not output.parent.is_dir():
        raise TargetError(str(output), "its folder does not exist; make it first, or choose another --output")
    if output.is_dir():
        raise TargetError(str(output), "it is a folder; give --output a file's name")
    if output.exists() and target.exists() and output.samefile(target):
        raise TargetError(str(output), "it is the notebook itself, which is never written to; choose another --output")
    return output


def watched_run(
    call: NotebookCall, choices: NotebookChoices, *, as_json: bool, attempt: NextAttempt | None = None
) -> NotebookRunEnd:
    """Run a notebook and show on standard error how its cells get on."""
    screen = Screen(sys.stderr)
    if not screen.is_terminal:
        watcher, shown = PlainNotebook(screen, quiet=as_json), nullcontext()
    else:
        watcher = LiveNotebook(screen)
        shown = live(screen, watcher.picture)
    with shown:
        return run_notebook(call, watcher, choices, attempt)


def _choices(options: Namespace) -> NotebookChoices:
    return NotebookChoices(
        timeout=options.timeout,
        cell_timeout=options.cell_timeout,
        html=not options.no_html,
        parallel=options.parallel,
        keep=tuple(options.artifacts),
        engine=options.engine or "jupyter-flows",
    )


def _as_json(end: NotebookRunEnd) -> dict[str, object]:
    described = end_json(end.run_id, end.state)
    described["values"] = described["result"] or {}
    described["artifacts"] = {name: str(path) for name, path in end.artifacts.items()}
    described["kept"] = [str(path) for path in end.kept]
    return described


def _tell(call: NotebookCall, end: NotebookRunEnd, screen: Screen) -> None:
    if not end.state.is_completed():
        print_failure(end.run_id)
    print_end(screen, call.document.path.name, end.run_id, end.state, end.seconds)
    if end.state.is_completed() and end.state.data:
        print_result(screen, end.state.data)
    for name, word in _WORDS:
        if name in end.artifacts:
            screen.line(Cell(f"  {word:<8}  ", "dim"), str(end.artifacts[name]))
    for path in end.kept:
        screen.line(Cell("  kept      ", "dim"), str(path))
    for problem in end.problems:
        print(f"jupyter flows: {escaped(problem)}", file=sys.stderr)
