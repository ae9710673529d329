"""Interleaved rounds: every subject and its floor once per round, in fresh processes, medians at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).resolve().parents[1]


def _environment(folder: str) -> dict[str, str]:
    # Compiled modules are kept, as they are in an installed package.
    dropped = ("JUPYTER_FLOWS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "JUPYTER_DATA_DIR": folder, "PYTHONPATH": str(_ROOT)}


def workload(name: str) -> dict[str, float]:
    """Run one workload in a fresh process, with a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.workloads", name],
            env=_environment(folder),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def notebook(name: str, rounds: int) -> dict[str, float]:
    """Run one notebook workload in a fresh process, with a store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.notebooks", name, str(rounds)],
            env=_environment(folder),
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


def prepare(folder: str) -> None:
    """Create the store, so that no figure holds its first migration."""
    script = "from jupyter_flows.settings import load_settings as s; from jupyter_flows.store import open_writer as o"
    subprocess.run([sys.executable, "-c", f"{script}; o(s()).close()"], env=_environment(folder), check=True)


def script_seconds(script: str, folder: str) -> float:
    """Time a script from process start to exit."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], env=_environment(folder), check=True)
    return time.perf_counter() - started


def script_figures(script: str, folder: str) -> dict[str, float]:
    """Run a script that prints one JSON object."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=_environment(folder), check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def middle(values: list[float]) -> float:
    """The median."""
    return median(values)
