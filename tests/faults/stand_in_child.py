"""Stands in for `jupyter flows execute`: takes its run up and does what the run's parameter ``do`` says."""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from jupyter_flows.model.records import FlowRunTakenUp, Record, StateEntered
from jupyter_flows.model.states import COMPLETED, CRASHED, FAILED, RUNNING, StateKind
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_queue, open_writer
from jupyter_flows.store.liveness import this_owner

END = {"complete": (COMPLETED, "Completed"), "fail": (FAILED, "Failed"), "interrupted": (CRASHED, "Interrupted")}


def ordered(lifeline: int) -> str | None:
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(lifeline, 1)
        if not part:
            return None
        line += part
    return json.loads(line)["run"]


class Run:
    def __init__(self, run_id: str) -> None:
        self.id, settings = run_id, load_settings()
        self.writer, self.owner = open_writer(settings), this_owner(os.urandom(8).hex())
        with open_queue(settings) as queue:
            query = "SELECT parameters, state_version, attempts FROM flow_runs WHERE id = ?"
            ((text, self.version, attempts),) = queue.file.read(query, run_id)
        self.words, self.attempt = json.loads(text), attempts + 1

    def commit(self, *records: Record) -> bool:
        until = time.time() + float(os.environ["JUPYTER_FLOWS_LEASE_SECONDS"])
        return not self.writer.commit({self.id: list(records)}, self.owner, until, False)

    def enter(self, kind: StateKind, name: str, *first: Record) -> bool:
        self.version += 1
        entered = StateEntered(self.id, 0, self.version, kind, name, "", time.time(), self.attempt)
        return self.commit(*first, entered)

    def begin(self) -> bool:
        return self.enter(RUNNING, "Running", FlowRunTakenUp(self.id, self.version, self.owner, time.time()))

    def interrupt(self, *_: object) -> None:
        self.enter(*END["interrupted"])
        os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run", nargs="?")
    for name in ("--lifeline", "--grace", "--prepare"):
        parser.add_argument(name)
    options = parser.parse_args()
    lifeline = int(options.lifeline)
    run_id = options.run or ordered(lifeline)
    if run_id is None:
        return
    run = Run(run_id)
    do = run.words.get("do", "complete")
    if do == "never begin" or (do == "fail, then never begin" and run.attempt > 1):
        print("nothing works here", file=sys.stderr)
        sys.exit(7)
    if not run.begin():
        sys.exit(2)
    perform(run, do, lifeline)


def perform(run: Run, do: str, lifeline: int) -> None:
    def parted() -> None:
        while os.read(lifeline, 100):
            pass
        run.interrupt()

    if do == "ignore everything":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        threading.Thread(target=parted, daemon=True).start()

        def terminated(_: int, __: FrameType | None) -> None:
            run.interrupt()

        signal.signal(signal.SIGTERM, terminated)
    if do == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "print a lot":
        sys.stdout.write("x" * 10_000_000)
    if do == "fail once":
        do = "fail" if run.attempt == 1 else "complete"
    if do == "fail, then never begin":
        do = "fail"
    if do in {"wait", "ignore everything"}:
        signal.pause() if do == "wait" else threading.Event().wait()
    last(run.words.get("seconds", 0), run.words.get("until"))
    run.enter(*END.get(do, END["complete"]))


def last(seconds: float, until: str | None) -> None:
    """Take some time, and wait for a file."""
    select.select([], [], [], seconds)  # libfaketime breaks `time.sleep`
    while until is not None and not Path(until).exists():
        select.select([], [], [], 0.01)


if __name__ == "__main__":
    main()
