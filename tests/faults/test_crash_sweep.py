"""A flow of 20 tasks is killed at one write to the store's log after the other, and resumed at once.

What the store called completed, and what something else has built on, is never run again; the value is the same;
nothing is left running; the store is sound. A ledger outside the store is the witness.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jupyter_flows.model.runs import RunFilter
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader, open_writer
from tests.faults import crash_sweep_flows as flows

SCRIPT = Path(flows.__file__)
LAST_WRITE = 100  # a run makes some 70 to 90 of them: the last points are past its end
BELOW = {
    "source": ["spread"],
    "spread": ["harden"],
    "harden": ["narrow"],
    "narrow": ["sink"],
    "sink": [],
}


@dataclass
class Place:
    """Where one run is killed and resumed."""

    home: Path
    which: str
    problems: list[str] = field(default_factory=list)
    killed: bool = False
    known: bool = False  # whether the store knew the run when it was killed
    reused: int = 0
    repeated: int = 0

    def environment(self) -> dict[str, str]:
        source = str(SCRIPT.parents[2])
        return {**os.environ, "JUPYTER_FLOWS_DIR": str(self.home), "PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *before: str, run: str = "") -> subprocess.CompletedProcess[str]:
        command = [*before, sys.executable, str(SCRIPT), self.which, str(self.home / "ledger"), *([run] if run else [])]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=60, check=False)

    def lines(self, kind: str) -> Counter[str]:
        """How often each task began or ended, by the ledger."""
        try:
            text = (self.home / "ledger").read_text()
        except FileNotFoundError:
            return Counter()
        return Counter(line.split()[1] for line in text.splitlines() if line.split()[0] == kind)

    def expect(self, truth: object, problem: str) -> None:
        if not truth:
            self.problems.append(problem)


def with_a_store(place: Place) -> Place:
    """Its schema is not what is tested here."""
    place.home.mkdir()
    open_writer(load_settings(place.environment())).close()
    return place


def kill_at(place: Place, write: int) -> None:
    """Run, kill at this write to the log, resume, and look."""
    settings = load_settings(place.environment())
    rule = f"inject=pwrite64:signal=SIGKILL:when={write}"
    log = str(place.home / "flows.db-wal")
    done = place.run("strace", "-f", "-qq", "-o", os.devnull, "-P", log, "-e", "trace=pwrite64", "-e", rule)
    place.killed = done.returncode == -signal.SIGKILL
    place.expect(place.killed or done.returncode == 0, f"exit status {done.returncode}: {done.stderr}")
    reader = open_reader(settings)
    try:
        look(place, reader, done.stdout)
    finally:
        reader.close()


def look(place: Place, reader, printed: str) -> None:
    before = place.lines("start")
    runs = reader.flow_runs(RunFilter())
    place.known = bool(runs)
    if not runs:  # killed before anything was committed: so nothing had been acknowledged
        place.expect(place.killed, "a run that went well is not in the store")
        place.expect(set(before) <= {"source"}, f"the store knows nothing of a run in which {before} began")
        return
    if runs[0].state.is_completed():  # killed after its last word, or not at all
        place.expect(place.lines("end").total() == flows.TASKS, "it completed without some of its tasks")
        finish(place, reader, runs[0].id, printed if not place.killed else str(flows.VALUE))
        return
    place.expect(runs[0].state.name == "Crashed", f"a killed run is shown as {runs[0].state}")
    completed = {run.name for run in reader.task_runs(runs[0].id) if run.state.is_completed()}
    built_on = {name for name in before if any(_is_below(other, name) for other in before)}
    place.expect(built_on <= completed, f"{built_on - completed} had been built on, and the store has not kept them")
    resumed = place.run(run=runs[0].id)
    place.expect(resumed.returncode == 0, f"resume: exit status {resumed.returncode}: {resumed.stderr}")
    after = place.lines("start")
    again = {name: after[name] - before[name] for name in after}
    place.reused = len(completed)
    place.repeated = sum(1 for name, count in again.items() if before[name] and count)
    twice = {name for name in completed if again.get(name)}
    place.expect(not twice, f"{twice} had completed and ran again")
    place.expect(all(count <= 1 for count in again.values()), f"the resume ran a task more than once: {again}")
    place.expect(len(place.lines("end")) == flows.TASKS, "some task never ended")
    finish(place, reader, runs[0].id, resumed.stdout)


def _is_below(below: str, above: str) -> bool:
    """Whether one task takes the value of another."""
    kind, _, index = above.partition("-")
    below_kind, _, below_index = below.partition("-")
    return below_kind in BELOW[kind] and (not index or not below_index or index == below_index)


def finish(place: Place, reader, run_id: str, printed: str) -> None:
    place.expect(printed.strip() == str(flows.VALUE), f"the value is {printed!r}")
    run = reader.flow_run(run_id)
    place.expect(run.state.is_completed() and run.ended_at, f"the run is {run.state}")
    tasks = reader.task_runs(run_id)
    ends = [one.state.name for one in tasks]
    place.expect(ends == ["Completed"] * flows.TASKS, f"its task runs are {Counter(ends)}")
    place.expect(len(reader.flow_runs(RunFilter())) == 1, "there is more than one run")
    for number in range(flows.TASKS + 1):
        changes = reader.states(run_id, number)
        names = [change.state.name for change in changes]
        versions = [change.version for change in changes]
        place.expect(versions == list(range(1, len(versions) + 1)), f"versions of {number}: {versions} {names}")
        place.expect(names.count("Completed") == 1, f"states of {number}: {names}")
    connection = sqlite3.connect(place.home / "flows.db")
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    place.expect(verdict == "ok", f"integrity_check: {verdict}")


@pytest.mark.needs("strace")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("which", ["direct", "declared"])
def test_a_run_that_is_killed_at_any_write_goes_on_with_all_that_had_completed(
    which, tmp_path, at_scale, record_property
):
    points = range(at_scale(21, 1), at_scale(80, LAST_WRITE), at_scale(10, 1))
    places = [with_a_store(Place(tmp_path / str(write), which)) for write in points]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        list(pool.map(kill_at, places, points))
    killed = [place for place in places if place.killed]
    told = {
        "points": len(places),
        "killed": len(killed),
        "known": sum(place.known for place in killed),
        "reused": sum(place.reused for place in places),
        "repeated": sum(place.repeated for place in places),
    }
    record_property("sweep", told)
    print(f"{which}: {told}")
    assert not {place.home.name: place.problems for place in places if place.problems}
    assert len(killed) >= len(places) // 2
