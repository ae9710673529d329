"""A worker: the child process that executes one run, in a process group of its own, and ends with its runner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic

from jupyter_flows.settings import Settings

EXECUTE = (sys.executable, "-m", "jupyter_flows.cli.main", "execute")
SECRET_KNOWN = b"\x00a secret is known\x00\n"
"""What a child prints once it has looked up a secret: only itself could take that out of what comes after."""

_KEPT_OUTPUT = 4096  # bytes: enough for the last line of an error


class Worker:
    """One child process.

    Parameters
    ----------
    command
        What to start; the options that it needs are added.
    settings
        Of the store that it uses.
    grace
        Seconds that user code gets to end by itself, in the child's care.
    run_id
        The run to execute; None for a child that makes itself ready and waits for one.
    prepare
        Name of the deployment that the awaited run will probably be of.

    Raises
    ------
    OSError
        The process cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        settings: Settings,
        grace: float,
        run_id: str | None = None,
        prepare: str | None = None,
    ) -> None:
        self.run_id = run_id
        self.deployment = prepare or ""
        self.started_at = monotonic()
        self.ends_by = float("inf")  # on the monotonic clock; past it the whole group is killed
        self.was_told_to_end = False
        self.earlier_attempts = 0  # of the run, before this worker's
        self._output = b""
        self._knows_secret = False
        theirs, self._lifeline = os.pipe()
        order = [run_id] if run_id is not None else (["--prepare", prepare] if prepare else [])
        try:
            self._process = subprocess.Popen(
                [*command, *order, "--lifeline", str(theirs), "--grace", f"{grace:g}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(theirs,),
                env={**os.environ, **_variables(settings)},
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(theirs)
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        # Readable when the process has ended, so that nobody has to look; only Linux has it.
        self.ending = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else None

    @property
    def pid(self) -> int:
        """The process, which leads its group."""
        return self._process.pid

    def give(self, run_id: str) -> bool:
        """Let a waiting child execute a run; False where it has died."""
        self.run_id = run_id
        try:
            os.write(self._lifeline, json.dumps({"run": run_id}).encode() + b"\n")
        except OSError:
            return False
        return self.exit_code() is None

    def exit_code(self) -> int | None:
        """What the process gave back; None while it lives."""
        return self._process.poll()

    def read_output(self) -> bool:
        """Take what it has printed (a pipe that is full would stop it); False when it can print no more."""
        try:
            while part := os.read(self.output, 65536):
                self._keep(part)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def _keep(self, part: bytes) -> None:
        if not self._knows_secret:
            self._output, mark, _ = (self._output + part).partition(SECRET_KNOWN)
            self._output = self._output[-_KEPT_OUTPUT:]
            self._knows_secret = bool(mark)

    def last_words(self) -> str:
        """The last line that it printed, before it looked up a secret; empty for none."""
        self.read_output()
        lines = self._output.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def part(self) -> None:
        """Close the lifeline: a waiting child ends, one that executes a run ends that first."""
        with suppress(OSError):
            os.close(self._lifeline)
        self._lifeline = -1

    def terminate(self) -> None:
        """Ask the process to end its run and itself."""
        self.was_told_to_end = True
        self._process.terminate()

    def kill(self) -> None:
        """Kill the process and everything in its group."""
        self.was_told_to_end = True
        kill_group(self.pid)

    def close(self) -> None:
        """Give back what belongs to a process that has ended; what is left of its group is killed."""
        self._process.wait()
        kill_group(self.pid)
        if self._lifeline >= 0:
            self.part()
        if self.ending is not None:
            os.close(self.ending)
        if self._process.stdout is not None:
            self._process.stdout.close()


def kill_group(pid: int) -> None:
    """Kill a process group by its leader's number."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _variables(settings: Settings) -> Mapping[str, str]:
    """The settings that a child must share, also where this process was given them in other ways."""
    return {
        **settings.variables(),
        "JUPYTER_FLOWS_HEARTBEAT_SECONDS": repr(settings.heartbeat_seconds),
        "JUPYTER_FLOWS_LEASE_SECONDS": repr(settings.lease_seconds),
        "JUPYTER_FLOWS_POLL_SECONDS": repr(settings.poll_seconds),
    }


def tell_secret_known(_secret: str = "") -> None:
    """Let the runner keep nothing of what this child of it prints from now on."""
    with suppress(OSError):
        os.write(1, SECRET_KNOWN)


__all__ = ["EXECUTE", "SECRET_KNOWN", "Worker", "kill_group", "tell_secret_known"]
