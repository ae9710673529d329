"""Cells executed at once in one kernel: each attempt of a task in a thread of its own, outputs below their own cells.

When a cell may begin is not decided here: each waits for the word of whoever knows what it depends on. Plain cells run
in the kernel's own thread, one at a time, as they would in a notebook.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from jupyter_flows.model.states import cancelled
from jupyter_flows.notebooks.cell_end import (
    Answered,
    CellEnd,
    Completed,
    Died,
    PassedLimit,
    Raised,
    Stopped,
    answer_of,
    outcome_of,
)
from jupyter_flows.notebooks.cell_ports import CellAttempts
from jupyter_flows.notebooks.executor import CellExecutor
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.stop_watch import StopWatch
from jupyter_flows.notebooks.stopping import CANCELLED
from jupyter_flows.notebooks.told_attempt import THREAD_KEY

_MODULE = "jupyter_flows.magics.threaded_attempts"
_ENDED = "jupyter_flows_attempt_ended"
# What an interrupted attempt gets to end.
_INTERRUPT_SECONDS = 2.0


@dataclass(slots=True)
class _Request:
    """A request that was sent, until all of its answer is here."""

    answered: asyncio.Future[Mapping[str, Any] | None]  # None where the kernel died
    ended: asyncio.Future[Mapping[str, Any] | None]
    reply: Mapping[str, Any] | None = None
    is_idle: bool = False

    def settle(self) -> None:
        """Wake who waits, where reply and idle have both come."""
        if self.reply is not None and self.is_idle and not self.answered.done():
            self.answered.set_result(self.reply)

    def give_up(self) -> None:
        """The kernel is gone."""
        for future in (self.answered, self.ended):
            if not future.done():
                future.set_result(None)


@dataclass(slots=True)
class _Course:
    """How the whole stands."""

    errors: dict[int, Exception] = field(default_factory=dict[int, Exception])
    begun: set[int] = field(default_factory=set[int])
    ended: set[int] = field(default_factory=set[int])
    is_left: bool = False  # a cell left the notebook: no further one begins


class ParallelExecutor(CellExecutor):
    """Executes cells in one kernel as soon as each may begin; takes what `CellExecutor` takes, with attempts."""

    def __init__(self, *args: Any, attempts: CellAttempts, preparation: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, attempts=attempts, **options)
        self._known, self._preparation = attempts, preparation
        self._settled: dict[int, asyncio.Event] = {}  # of every cell that is to end, by position
        self._requests: dict[str, _Request] = {}
        self._course = _Course()

    async def run(self, positions: Iterable[int]) -> None:
        """Execute the cells at these positions.

        Raises
        ------
        Exception
            What the account raised for the first cell, in the notebook's order, that failed.
        """
        left = list(positions)
        with StopWatch(self._stop) as watch:
            while left and not self._known.is_task(left[0]):  # what sets the notebook up, in its order
                if watch.reason is not None or not await self._one(left.pop(0), watch):
                    return
            hearing = asyncio.ensure_future(self._hear())
            try:
                await self._ask_all(f"prepare({json.dumps(self._preparation)!r})")
                await self._all_cells(left, watch)
            finally:
                hearing.cancel()
                await asyncio.wait([hearing])
        if self._course.errors:
            raise self._course.errors[min(self._course.errors)]

    async def _all_cells(self, positions: list[int], watch: StopWatch) -> None:
        self._settled = {position: asyncio.Event() for position in positions}
        cells = {position: asyncio.ensure_future(self._cell(position)) for position in positions}
        waiting = set(cells.values())
        try:
            while waiting:
                pause = self._account.pause()
                until = None if pause is None else asyncio.get_running_loop().time() + pause
                with suppress(TimeoutError):
                    async with watch.limit(until):
                        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                        for each in done:
                            each.result()
                if watch.reason is not None or self._course.is_left:
                    waiting = self._let_go(cells, everything=watch.reason is not None)
        finally:
            for each in cells.values():
                each.cancel()
            await asyncio.wait(cells.values())
            self._stop_what_runs(cells, watch)

    def _let_go(self, cells: Mapping[int, asyncio.Future[None]], *, everything: bool) -> set[asyncio.Future[None]]:
        """Begin nothing more; return what is still to be waited for."""
        course = self._course
        if everything:
            return set()
        for position, cell in cells.items():
            if position not in course.begun:
                cell.cancel()
        return {cell for position, cell in cells.items() if position in course.begun and not cell.done()}

    def _stop_what_runs(self, positions: Iterable[int], watch: StopWatch) -> None:
        """End what runs; first what has not begun, which would otherwise end because of that."""
        course = self._course
        for position in positions if watch.reason is not None else ():
            if position not in course.begun | course.ended:
                self._known.never_began(position, cancelled(time.time(), "the notebook ended before it", "NotRun"))
        for position in sorted(course.begun - course.ended):
            self._ended(position, Stopped(watch.reason or CANCELLED))

    # -- one cell --------------------------------------------------------------------------------------------------

    async def _cell(self, position: int) -> None:
        try:
            if not await self._is_put_back(position):
                await self._run_one(position)
        finally:
            self._settled[position].set()

    async def _is_put_back(self, position: int) -> bool:
        """Put a finished task back behind the plain cells above it; what runs begins behind those that are put back."""
        known = self._known
        restoration = known.restoration(position)
        for above in [each for each in self._settled if each < position]:
            if (known.restoration(above) is not None) if restoration is None else not known.is_task(above):
                await self._settled[above].wait()
        if restoration is None or self._course.is_left:
            return False
        self._course.begun.add(position)
        _, problem = await self._ask_of(restoration.expression, restoration.code)
        is_settled = known.put_back(position, restoration, problem)
        self._course.ended |= {position} if is_settled else set()
        return is_settled

    async def _run_one(self, position: int) -> None:
        state = await self._known.may_begin(position)
        if self._course.is_left:
            return
        if state is not None:
            self._known.never_began(position, state)
            self._course.ended.add(position)
            return
        recalled = await self._known.recall(position, self._ask_of)
        self._course.begun |= {position} if recalled is not None else set()
        while True:
            end = recalled or await self._one_attempt(position)
            recalled = None
            if isinstance(end, Completed):
                expression = self._known.keeping(position, end)
                if expression is not None:
                    self._known.kept(position, *await self._ask_of(expression, ""))
                break
            self._outputs.ended(position)
            if not await self._known.tries_again(position, end):
                break
        self._ended(position, end)

    async def _one_attempt(self, position: int) -> CellEnd:
        self._course.begun.add(position)
        self._account.started(position)
        text, seconds = self._known.text(position), self._known.limit(position) or self._cell_timeout
        is_task = self._known.is_task(position)
        names = self._known.names(position) if is_task else None
        own = None if names is None else asdict(names)
        asked = json.dumps({"text": self._cells[position]["source"], "sent": text, "names": own})
        code = f"__import__({_MODULE!r}, fromlist=['_']).begin({asked!r})" if is_task else text
        metadata = {"cellId": self._cells[position].get("id"), **self._known.told(position)}
        if is_task:
            metadata[THREAD_KEY] = True
        name, request = self._send(code, metadata=metadata)
        self._heard.sent(name, position)
        try:
            async with asyncio.timeout(seconds):
                reply = await asyncio.shield(request.answered)
                if is_task and reply is not None and reply.get("status") == "ok":
                    reply = await asyncio.shield(request.ended)
        except TimeoutError:
            return await self._passed(name, request, seconds or 0.0, is_task=is_task)
        finally:
            self._requests.pop(name, None)
        if reply is None:
            return Died(str(await self._kernel.exited()))
        end = outcome_of(reply, self._cells[position])
        return self._known.heard(position, end) if isinstance(end, Raised) and is_task else end

    async def _passed(self, name: str, request: _Request, seconds: float, *, is_task: bool) -> CellEnd:
        """Interrupt an attempt that takes too long."""
        if is_task:
            with suppress(TimeoutError):
                async with asyncio.timeout(_INTERRUPT_SECONDS):
                    await self._ask_all(f"stop({name!r})")
        else:
            self._kernel.interrupt()
        last = request.ended if is_task else request.answered
        done, _ = await asyncio.wait([last], timeout=_INTERRUPT_SECONDS)
        return PassedLimit(seconds, answers=bool(done))

    def _ended(self, position: int, end: CellEnd) -> None:
        self._course.ended.add(position)
        self._course.is_left |= isinstance(end, Died)  # no cell can begin without a kernel
        self._outputs.ended(position)
        try:
            if not self._account.ended(position, end):
                self._course.is_left = True
        except Exception as error:  # noqa: BLE001 - it ends this cell; the whole is told when the others have ended
            self._course.errors[position] = error

    # -- messages --------------------------------------------------------------------------------------------------

    def _send(self, code: str, **options: Any) -> tuple[str, _Request]:
        loop = asyncio.get_running_loop()
        request = _Request(loop.create_future(), loop.create_future())
        name = self._kernel.execute(code, stop_on_error=False, **options)
        self._requests[name] = request
        return name, request

    async def _ask_all(self, call: str) -> None:
        """Evaluate a call of the kernel's side silently."""
        await self._ask_of(f"__import__({_MODULE!r}, fromlist=['_']).{call}", "")

    async def _ask_of(self, expression: str, code: str) -> Answered:
        """See `Ask`."""
        name, request = self._send(code, silent=True, store_history=False, expressions={"answer": expression})
        try:
            return answer_of(await request.answered or {})
        finally:
            self._requests.pop(name, None)

    async def _hear(self) -> None:
        while batch := await self._kernel.receive():
            self._take(batch)
            await asyncio.sleep(0)
        for request in list(self._requests.values()):
            request.give_up()

    def _take(self, batch: Iterable[KernelMessage]) -> None:
        for message in batch:
            request = self._requests.get(message.parent_id)
            if request is None and message.type != _ENDED:
                super()._take([message])
                continue
            if message.channel == "iopub" and message.type == _ENDED:
                if request is not None and not request.ended.done():
                    request.ended.set_result(message.content)
                continue
            if message.channel == "iopub":
                self._heard.take(message)
            if request is None:
                continue
            if message.type == "execute_reply" and message.channel == "shell":
                request.reply = message.content
            elif message.says_idle:
                request.is_idle = True
            request.settle()

    def _finish(self, position: int, end: CellEnd) -> bool:
        self._course.ended.add(position)
        return super()._finish(position, end)

    def _is_over(self, changed: int, position: int) -> bool:
        """See `HeardCells`: of another cell nobody knows whether it shows more."""
        return changed != position or position in self._course.ended


__all__ = ["ParallelExecutor"]
