"""A runner in a process of its own, whose children are stand-ins; it prints its events."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from types import FrameType

from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.settings import load_settings

CHILD = (sys.executable, str(Path(__file__).with_name("stand_in_child.py")))


def main() -> None:
    options = RunnerOptions(workers=2, grace_seconds=0.5, child_grace_seconds=0.5, keep_ready=False, command=CHILD)
    runner = Runner(load_settings(), options, lambda event: print(event.kind, event.run_id, event.text, flush=True))
    signal.signal(signal.SIGTERM, lambda *_: runner.request_stop())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_disk(_: int, __: FrameType | None) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        os.write(1, b"full\n")  # no `print`: it may be in one already

    signal.signal(signal.SIGUSR1, fill_disk)
    signal.signal(signal.SIGUSR2, lambda *_: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)))
    runner.run()


if __name__ == "__main__":
    main()
