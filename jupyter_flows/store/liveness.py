"""Who is alive: this process as an owner, and the verdict on another owner."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from jupyter_flows.model.owner import Owner

_STARTED_FIELD = 22  # of /proc/PID/stat, see proc_pid_stat(5)
_STATE_FIELD = 3


def this_owner(token: str) -> Owner:
    """Describe the calling process.

    Parameters
    ----------
    token
        The fence, drawn once per process.
    """
    pid = os.getpid()
    seen = _process(pid)
    return Owner(_host(), _boot_id(), pid, seen[1] if seen else "", token)


def owner_is_dead(owner: Owner, lease_until: float, now: float) -> bool:
    """Tell whether an owner can never write again.

    On this machine the process itself is looked at: gone, recycled or a zombie is dead at once, stopped is dead once
    its lease has passed, and alive is never dead however long it is silent. Of another machine only the lease is known.

    Parameters
    ----------
    owner
        Whose life is asked about.
    lease_until, now
        Seconds since the epoch.
    """
    if owner.host != _host():
        return lease_until < now
    if owner.boot_id != _boot_id():
        return True
    seen = _process(owner.pid)
    if seen is None or (owner.process_started and seen[1] != owner.process_started):
        return True
    return seen[0] in "ZX" or (seen[0] in "Tt" and lease_until < now)


def is_this_machine(owner: Owner) -> bool:
    """Whether an owner's process number means something here: the same machine, not restarted since."""
    return owner.host == _host() and owner.boot_id == _boot_id()


@functools.cache
def _host() -> str:
    return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")


@functools.cache
def _boot_id() -> str:
    """Which start of the machine this is; in a container, also which container."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import psutil  # where /proc is missing

        return f"booted-{int(psutil.boot_time())}"


def _process(pid: int) -> tuple[str, str] | None:
    """Return the state letter and the start time of a process, None when there is none."""
    if not sys.platform.startswith("linux"):
        return _process_elsewhere(pid)
    try:
        with Path(f"/proc/{pid}/stat").open("rb", buffering=0) as file:
            text = file.read(4096).decode("ascii", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    rest = text.rpartition(")")[2].split()
    return rest[_STATE_FIELD - 3], rest[_STARTED_FIELD - 3]


def _process_elsewhere(pid: int) -> tuple[str, str] | None:
    import psutil  # heavy, and only where /proc is missing

    try:
        process = psutil.Process(pid)
        letters = {psutil.STATUS_ZOMBIE: "Z", psutil.STATUS_DEAD: "X", psutil.STATUS_STOPPED: "T"}
        return letters.get(process.status(), "S"), f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
