"""`jupyter flows export`."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from jupyter_flows.cli.as_json import artifact_json, log_json, run_json, state_json, task_run_json
from jupyter_flows.cli.exits import BAD_INPUT, GOOD
from jupyter_flows.cli.explaining import plain_sentence, why_json
from jupyter_flows.cli.listing import title
from jupyter_flows.cli.logging_lines import level_name
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.cli.sizes import size_words
from jupyter_flows.cli.times import iso
from jupyter_flows.secrets.resolved import redact_json


def export(options: Namespace, screen: Screen) -> int:
    """Write a run as a folder or a zip file with a page, a description, its log and its files."""
    from jupyter_flows.services.recorded_run import read_record
    from jupyter_flows.services.run_export import PAGE, export_run

    now = time.time()
    with opened_store() as store:
        record = read_record(store, options.run)
        why = why_json(record.run, record.cause, plain_sentence(record.run, store, now))
    described = json.dumps(redact_json({**_described(record), "why": why}), indent=2)
    try:
        made = export_run(record, described, Path(options.target).absolute(), now)
    except FileExistsError as error:
        Screen(sys.stderr).line(f"jupyter flows: {error}")
        return BAD_INPUT
    if options.json:
        screen.json({"path": str(made.path), "files": list(made.files), "bytes": made.size})
        return GOOD
    screen.line(Cell(title(record.run), "bold"), f"  {len(made.files)} files, {size_words(made.size)}")
    shown = made.path if made.path.suffix.lower() == ".zip" else made.path / PAGE
    screen.line(Cell("  open  ", "dim"), str(shown))
    return GOOD


def _described(record: Any) -> dict[str, Any]:
    """Everything that the store has of the run."""
    return {
        "run": run_json(record.run),
        "task_runs": [task_run_json(one) for one in record.task_runs],
        "states": [
            {
                "number": one.number,
                "version": one.version,
                "attempt": one.attempt,
                "state": state_json(one.state),
                "at": iso(one.state.at),
            }
            for one in record.states
        ],
        "failures": [
            {
                "number": one.number,
                "attempt": one.attempt,
                "type": one.error_type,
                "message": one.message,
                "inputs": one.inputs,
                "traceback": one.traceback,
            }
            for one in record.failures
        ],
        "logs": [log_json(line, level_name(line.level)) for line in record.logs],
        "artifacts": [artifact_json(one, record.run) for one in record.artifacts],
        "children": [run_json(child) for child in record.children],
    }


__all__ = ["export"]
