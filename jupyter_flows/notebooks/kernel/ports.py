"""What whoever executes notebooks may ask of kernels, however they come to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.kernel.kernel_start import KernelStart

START_SECONDS = 60.0
"""How long a kernel may take to answer for the first time."""

GRACE_SECONDS = 5.0
"""How long a kernel may take to end by itself when it is asked to."""

SourceName = Literal["forked", "spawned"]


class RunningKernel(Protocol):
    """One kernel process and the way to it. Every call belongs to the event loop that started it."""

    @property
    def pid(self) -> int:
        """Its process, which leads a session and a process group of its own."""
        ...

    @property
    def source(self) -> SourceName:
        """How it came to be."""
        ...

    @property
    def language_info(self) -> Mapping[str, Any]:
        """What a notebook's metadata keep under this name; empty before `ready` returned."""
        ...

    @property
    def tells_all(self) -> bool:
        """Whether all outputs arrive, however many; a kernel that is not ours to tune may drop some in a flood."""
        ...

    @property
    def takes_in_line(self) -> bool:
        """Whether a request may be sent ``after`` another that has not ended; see `kernel.in_line`."""
        ...

    async def ready(self, seconds: float = START_SECONDS) -> None:
        """Return once it answers and its outputs reach us.

        Raises
        ------
        KernelDied
            It ended, or did not answer within ``seconds``; the message has its last words. `stop` it all the same.
        """
        ...

    def execute(
        self,
        code: str,
        *,
        silent: bool = False,
        store_history: bool = True,
        allow_stdin: bool = False,
        stop_on_error: bool = True,
        metadata: Mapping[str, Any] | None = None,
        expressions: Mapping[str, str] | None = None,
        after: str = "",
    ) -> str:
        """Send code; return the id that every message about it will name as its parent.

        Parameters
        ----------
        code
            Any text; a syntax error is the kernel's to tell.
        silent
            Say nothing on iopub but errors and the kernel's state, and count nothing.
        store_history
            Whether the kernel counts and remembers it.
        allow_stdin
            Whether ``input()`` may ask (a message ``input_request``, answered by `answer`) or raises.
        stop_on_error
            Whether requests that wait behind it are aborted when it raises.
        metadata
            Added to the request's metadata: the cell's id, run and attempt. JSON values.
        expressions
            Name to expression, evaluated after the code has run well; the reply has their values as bundles.
        after
            The request behind which this one waits; where that does not go plainly well, this one is aborted. Only
            for a kernel that `takes_in_line`.
        """
        ...

    def answer(self, text: str) -> None:
        """Answer an ``input_request``."""
        ...

    def tell(self, type: str, content: Mapping[str, Any]) -> None:
        """Send what asks for nothing back, such as a widget's ``comm_msg``."""
        ...

    async def receive(self) -> list[KernelMessage]:
        """Wait for messages and return all there are, oldest first in each channel, outputs before replies.

        One caller at a time; cancelling it loses nothing. An empty list means: the process has ended, and all that it
        said was read.
        """
        ...

    def interrupt(self) -> None:
        """Interrupt what it executes, by signal or by message as its kernelspec says."""
        ...

    async def exited(self) -> KernelEnd:
        """Wait for the end of the process, however it comes."""
        ...

    async def stop(self, *, grace: float = GRACE_SECONDS) -> None:
        """End the process and all in its process group, and give everything back. Any number of times.

        Parameters
        ----------
        grace
            Seconds it gets to end by itself, so that ``atexit`` and the like still run; 0 kills at once.
        """
        ...

    def dismiss(self, *, grace: float = GRACE_SECONDS) -> None:
        """Do what `stop` does, but in the background, and go on with that after the event loop has ended.

        Nothing more is heard of the kernel. The process waits with its own end until this is done.
        """
        ...


class KernelSource(Protocol):
    """Starts kernels, from any thread that runs an event loop."""

    async def start(self, start: KernelStart) -> RunningKernel:
        """Start a kernel; it may not answer yet when this returns (`RunningKernel.ready`).

        Raises
        ------
        KernelNotFound
            No such kernel is installed.
        KernelDied
            Its command cannot be run; the message says why.
        """
        ...
