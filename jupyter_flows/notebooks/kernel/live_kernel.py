"""A kernel that runs: its process and its sockets as one thing."""

from __future__ import annotations

import asyncio
import shutil
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_flows.errors import KernelDied
from jupyter_flows.notebooks.kernel.addresses import Addresses
from jupyter_flows.notebooks.kernel.channels import Channels
from jupyter_flows.notebooks.kernel.in_line import AFTER, CALLED_OFF
from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.kernel.kernel_process import KernelProcess
from jupyter_flows.notebooks.kernel.ports import GRACE_SECONDS, START_SECONDS, SourceName
from jupyter_flows.notebooks.terminal_text import last_line

# A process that ended has written all it ever will into its sockets; how long we listen for what is on its way, which
# ZeroMQ's own thread reads: on a busy machine it may have to wait for its turn.
_SILENCE_SECONDS = 0.25

# A kernel answers on two sockets. When its reply is here and its outputs are not, they were not connected yet.
_IOPUB_SECONDS = 0.1

_FAREWELL_SECONDS = 1.0  # for the last request to be on its way

_KILLED_SECONDS = 10.0  # after SIGKILL: more only where the system itself hangs


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a kernel comes from, and what is to be given back at its end.

    Parameters
    ----------
    source
        How it came to be.
    addresses
        Where it listens.
    folder
        Its sockets; removed at the end.
    log
        What the process itself prints; removed at the end where it is empty.
    interrupts_by_message
        Otherwise by SIGINT.
    tells_all
        Whether its own queue of outputs has no bound.
    opening
        Code that it executes before anything else, once outputs are heard; nothing of it is seen.
    """

    source: SourceName
    addresses: Addresses
    folder: Path
    log: Path
    interrupts_by_message: bool
    tells_all: bool
    opening: str = ""


class LiveKernel:
    """A `RunningKernel` of any source."""

    def __init__(self, process: KernelProcess, origin: Origin) -> None:
        self._process, self._origin = process, origin
        self._channels = Channels(origin.addresses, bounded=origin.tells_all)
        self._language_info: Mapping[str, Any] = {}
        self._stopping: asyncio.Future[None] | None = None
        self._last_words = asyncio.ensure_future(self._hear_last_words())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def source(self) -> SourceName:
        return self._origin.source

    @property
    def language_info(self) -> Mapping[str, Any]:
        return self._language_info

    @property
    def tells_all(self) -> bool:
        return self._origin.tells_all

    @property
    def takes_in_line(self) -> bool:
        return self._origin.source == "forked"

    # --- speaking ---------------------------------------------------------------------------------------------

    async def ready(self, seconds: float = START_SECONDS) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._introduce()
                if self._origin.opening:
                    await self._execute_unseen(self._origin.opening)
        except TimeoutError:
            raise KernelDied(None, self._with_last_line(f"it did not answer within {seconds:g} s")) from None

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
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": dict(expressions or {}),
            "allow_stdin": allow_stdin,
            "stop_on_error": stop_on_error,
        }
        in_line = {AFTER: after} if after else {}
        return self._channels.send("shell", "execute_request", content, {**(metadata or {}), **in_line})

    def answer(self, text: str) -> None:
        self._channels.send("stdin", "input_reply", {"value": text})

    def tell(self, type: str, content: Mapping[str, Any]) -> None:
        self._channels.send("shell", type, content)

    async def receive(self) -> list[KernelMessage]:
        return await self._channels.receive()

    # --- the process ------------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        if self.takes_in_line:
            with suppress(OSError):
                (self._origin.folder / CALLED_OFF).touch()
        if self._origin.interrupts_by_message:
            self._channels.send("control", "interrupt_request", {})
        else:
            self._process.signal(signal.SIGINT)

    async def exited(self) -> KernelEnd:
        return await asyncio.shield(self._process.end)

    async def stop(self, *, grace: float = GRACE_SECONDS) -> None:
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(grace))
            # Not at its own end: a loop that is ending may cancel it before it has begun.
            self._stopping.add_done_callback(lambda _: self._give_back())
        elif grace <= 0 and not self._stopping.done():
            self._process.signal(signal.SIGKILL)
        await asyncio.wait([self._stopping])

    def dismiss(self, *, grace: float = GRACE_SECONDS) -> None:
        if self._stopping is not None:
            return
        self._stopping = asyncio.get_running_loop().create_future()
        self._stopping.set_result(None)
        if self._process.end.done():
            self._give_back()
            return
        if grace > 0:
            self._ask_to_end()
        self._last_words.cancel()
        self._channels.close(min(grace, _FAREWELL_SECONDS))
        threading.Thread(target=self._bury, args=(self._process.detach(), grace), name="kernel end").start()

    # --- within -----------------------------------------------------------------------------------------------

    async def _introduce(self) -> None:
        others: list[KernelMessage] = []
        asked = {self._ask()}
        reply, heard = await self._first_reply(asked, others)
        while not heard:
            asked.add(self._ask())
            heard = await self._hears_outputs(asked, others)
        self._language_info = reply.content.get("language_info") or {}
        self._channels.put_back(others)

    async def _execute_unseen(self, code: str) -> None:
        others: list[KernelMessage] = []
        asked = {self.execute(code, silent=True, store_history=False)}
        ends: set[str] = set()
        while len(ends) < 2:
            batch = await self._batch_at_start()
            _split(batch, asked, others)
            own = [message for message in batch if message.parent_id in asked]
            ends |= {"reply" for message in own if message.type == "execute_reply"}
            ends |= {"idle" for message in own if message.content.get("execution_state") == "idle"}
        self._channels.put_back(others)

    async def _batch_at_start(self) -> list[KernelMessage]:
        batch = await self._channels.receive()
        if not batch:
            raise KernelDied(None, self._with_last_line(f"it did not start: {await self.exited()}"))
        return batch

    def _ask(self) -> str:
        return self._channels.send("shell", "kernel_info_request", {})

    async def _first_reply(self, asked: set[str], others: list[KernelMessage]) -> tuple[KernelMessage, bool]:
        heard = False
        while True:
            batch = await self._batch_at_start()
            heard = _split(batch, asked, others) or heard
            replies = [message for message in batch if message.type == "kernel_info_reply"]
            if replies:
                return replies[0], heard or await self._hears_outputs(asked, others)

    async def _hears_outputs(self, asked: set[str], others: list[KernelMessage]) -> bool:
        try:
            async with asyncio.timeout(_IOPUB_SECONDS):
                while not _split(await self._batch_at_start(), asked, others):
                    pass
        except TimeoutError:
            return False
        return True

    async def _hear_last_words(self) -> None:
        await asyncio.shield(self._process.end)
        before = -1
        while self._channels.waiting != before:
            before = self._channels.waiting
            await asyncio.sleep(_SILENCE_SECONDS)
        self._channels.end()

    async def _stop(self, grace: float) -> None:
        if grace > 0 and not self._process.end.done():
            self._ask_to_end()
            await asyncio.wait([self._process.end], timeout=grace)
        if not self._process.end.done():
            self._process.signal(signal.SIGKILL)
            await asyncio.wait([self._process.end], timeout=_KILLED_SECONDS)

    def _ask_to_end(self) -> None:
        self._channels.send("control", "shutdown_request", {"restart": False})

    def _bury(self, wait: Callable[[float], None], grace: float) -> None:
        wait(grace)
        self._remove_files()

    def _give_back(self) -> None:
        self._last_words.cancel()
        self._channels.close()
        self._process.close()
        self._remove_files()

    def _remove_files(self) -> None:
        self._origin.addresses.release()
        shutil.rmtree(self._origin.folder, ignore_errors=True)
        log = self._origin.log
        with suppress(OSError):
            if not log.stat().st_size:
                log.unlink()

    def _with_last_line(self, why: str) -> str:
        log = self._origin.log
        line = last_line(log.read_text(encoding="utf-8", errors="replace")) if log.is_file() else ""
        return f"{why}; it said: {line}" if line else why


def _split(batch: list[KernelMessage], asked: set[str], others: list[KernelMessage]) -> bool:
    """Keep what is not about our own questions; return whether outputs are heard, which any message there shows."""
    others += [message for message in batch if message.parent_id not in asked and message.type != "iopub_welcome"]
    return any(message.channel == "iopub" for message in batch)
