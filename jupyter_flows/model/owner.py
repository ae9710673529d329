"""Who holds a flow run: apart from `model.runs`, because every run needs it and only readers need those."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a flow run's lease and alone may write to it.

    Parameters
    ----------
    host, boot_id
        The machine, and which start of it (process numbers mean nothing across a reboot).
    pid, process_started
        The process; its start time tells a recycled number apart.
    token
        Drawn once per process: the fence against a late writer.
    """

    host: str
    boot_id: str
    pid: int
    process_started: str
    token: str
