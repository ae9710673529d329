"""How a kernel hears the page while a cell runs: on the subshell that the page names, or on its control channel."""

from __future__ import annotations

from typing import Any


def let_page_choose_subshell(comm: Any) -> None:
    """Let the page's messages go to the subshell that they name, so that Cancel is heard while a cell runs.

    ipykernel from 7.4 on sends them to the shell that said something last: the main one, which is busy just then.
    Others have no such rule, and nothing to change.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, named: named  # noqa: SLF001 - there is no other way to say it


def heard_on_control(comm: Any) -> str:
    """Let a kernel without subshells hear the page on its control channel, which has a thread of its own.

    Returns
    -------
    str
        The comm's id, by which the page says whom it means; empty where the kernel hears the page anyway.
    """
    kernel = getattr(comm, "kernel", None)
    handlers, comms = getattr(kernel, "control_handlers", None), getattr(kernel, "comm_manager", None)
    if handlers is None or comms is None or getattr(kernel, "_supports_kernel_subshells", False):
        return ""
    handlers.setdefault("comm_msg", comms.comm_msg)
    return comm.comm_id


__all__ = ["heard_on_control", "let_page_choose_subshell"]
