"""Cells sent to a kernel one after the other, each as often as it is to be tried, until it ends or is ended.

One coroutine, no tasks of its own: it waits for messages with one deadline at a time, so that any number of notebooks
can be executed in one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

from jupyter_flows.model.states import PAUSED
from jupyter_flows.notebooks.cell_end import (
    MAY_RAISE_TAG,
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
from jupyter_flows.notebooks.cell_ports import CellAccount, CellAttempts
from jupyter_flows.notebooks.heard_cells import HeardCells
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.kernel.ports import RunningKernel
from jupyter_flows.notebooks.nbformat4 import Node, tags_of
from jupyter_flows.notebooks.outputs import NotebookOutputs
from jupyter_flows.notebooks.sent_ahead import NOBODY, SentAhead
from jupyter_flows.notebooks.stop_watch import StopWatch
from jupyter_flows.notebooks.stopping import CANCELLED, StopHandle
from jupyter_flows.notebooks.terminal_text import without_escapes
from jupyter_flows.notebooks.told_signal import signal_of, signal_question
from jupyter_flows.notebooks.widgets import Widgets

# A kernel under a flood of output may drop the sign that it is idle, so the wait for it after a cell's reply must end.
_SILENCE_SECONDS = 10.0
# What an interrupted cell gets to clean up and to say where it was.
_INTERRUPT_SECONDS = 2.0
_PAUSING = frozenset({"Paused", "Suspended"})  # names of errors by which a plain cell suspends the run
_NOTHING: Mapping[str, Any] = {}


class CellExecutor:
    """Executes cells in one kernel.

    Parameters
    ----------
    kernel
        It answers.
    cells
        The notebook's; their outputs and execution counts are filled.
    outputs
        Folds what they show.
    account
        Keeps book.
    cell_timeout
        Seconds for each cell; None for no limit.
    stop
        Ends it from outside.
    attempts
        Knows which cells are tasks; None where none is.
    """

    def __init__(
        self,
        kernel: RunningKernel,
        cells: Sequence[Node],
        outputs: NotebookOutputs,
        account: CellAccount,
        *,
        cell_timeout: float | None = None,
        stop: StopHandle | None = None,
        attempts: CellAttempts | None = None,
    ) -> None:
        self._heard = HeardCells(kernel, cells, outputs, account, self._is_over)
        self._attempts = attempts
        self._kernel, self._cells, self._outputs, self._account = kernel, cells, outputs, account
        self._cell_timeout, self._stop = cell_timeout, stop or StopHandle()
        self._request = ""
        self._reply: Mapping[str, Any] | None = None
        self._idle = False
        self._following: Mapping[int, int] = {}  # position to that of the cell that may be sent before it has ended
        self._ahead = NOBODY

    @property
    def widgets(self) -> Widgets:
        """What the cells made."""
        return self._heard.widgets

    async def run(self, positions: Iterable[int]) -> None:
        """Execute the cells at these positions in order, until one ends the notebook.

        Raises
        ------
        Exception
            What the account raised for the cell that ended the run.
        """
        positions = list(positions)
        self._following = self._find_following(positions)
        with StopWatch(self._stop) as watch:
            for position in positions:
                # One that the kernel has already may have begun: it is ended as any that has.
                stopped = watch.reason is not None and self._ahead.position != position
                if stopped or not await self._one(position, watch):
                    return
        await self._hear_the_rest()

    async def _one(self, position: int, watch: StopWatch) -> bool:
        try:
            end = await self._run_cell(position, watch)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            # An interrupt of the main thread comes this way. The reason may be known better by who sent it.
            await self._wind_down(watch)
            self._finish(position, Stopped(watch.reason or CANCELLED))
            raise
        except BaseException as error:
            self._outputs.ended(position)
            self._account.broke(position, error)
            raise
        return end is None or self._finish(position, end)

    async def _run_cell(self, position: int, watch: StopWatch) -> CellEnd | None:
        """Run a cell, as often as its attempts ask for; None where it was put back, or ended without having begun."""
        attempts = self._attempts
        if attempts is None:
            return await self._plain(position, watch, self._cells[position]["source"], None)
        restoration = attempts.restoration(position)
        if restoration is not None:
            _, problem = await self._ask(restoration.expression, watch, restoration.code)
            if attempts.put_back(position, restoration, problem):
                return None
        try:
            async with watch.limit(None):
                state = await attempts.may_begin(position)
        except TimeoutError:
            return Stopped(watch.reason or CANCELLED)
        if state is not None:
            attempts.never_began(position, state)
            return None
        return await self._run_attempts(position, watch, attempts)

    async def _run_attempts(self, position: int, watch: StopWatch, attempts: CellAttempts) -> CellEnd:
        def ask(expression: str, code: str) -> Awaitable[Answered]:
            return self._ask(expression, watch, code)

        recalled = await attempts.recall(position, ask)
        while True:
            end = recalled or await attempts.enter(position, ask) or await self._isolated(position, watch, attempts)
            recalled = None
            if isinstance(end, Completed):
                expression = attempts.keeping(position, end)
                if expression is not None:
                    attempts.kept(position, *await self._ask(expression, watch))
                return end
            try:
                async with watch.limit(None):
                    self._outputs.ended(position)
                    if not await attempts.tries_again(position, end):
                        return end
            except TimeoutError:
                return Stopped(watch.reason or CANCELLED)

    async def _isolated(self, position: int, watch: StopWatch, attempts: CellAttempts) -> CellEnd:
        """Run an attempt between the doors of its own names, and hear what it meant by its error."""
        told = attempts.told(position)
        if not attempts.is_task(position):
            return await self._plain(position, watch, attempts.text(position), attempts.limit(position))
        end = await self._attempt(position, watch, attempts.text(position), attempts.limit(position), told)
        if isinstance(end, Raised):
            bundle, _ = await self._ask(signal_question(end.name), watch)
            end = attempts.heard(position, replace(end, signal=signal_of(bundle)))
        await attempts.leave(position, end, lambda expression, code: self._ask(expression, watch, code))
        return end

    async def _plain(self, position: int, watch: StopWatch, text: str, limit: float | None) -> CellEnd:
        """Run a plain cell: it can fail, and suspend the run, but chooses no other end."""
        end = await self._attempt(position, watch, text, limit)
        if not isinstance(end, Raised) or end.name not in _PAUSING:
            return end
        signal = signal_of((await self._ask(signal_question(end.name), watch))[0])
        if signal is None or signal.state.kind is not PAUSED:
            return end
        self._outputs.turn_errors_into(
            position, f"{signal.state.name.lower()}: {without_escapes(signal.state.message)}\n"
        )
        return replace(end, signal=signal)

    async def _attempt(
        self, position: int, watch: StopWatch, text: str, limit: float | None, told: Mapping[str, Any] = _NOTHING
    ) -> CellEnd:
        self._account.started(position)
        ahead, self._ahead = self._ahead, NOBODY
        self._request = ahead.request if ahead.position == position else self._request_for(position, text, told)
        self._reply, self._idle = None, False
        self._send_ahead(position)
        self._take(ahead.held)
        end = await self._until_ended(position, watch, limit or self._cell_timeout)
        if not ahead.was_refused(self._reply):
            return end
        self._following = {}  # there are widgets: from now on one after the other
        self._request = self._request_for(position, text, told)
        self._reply, self._idle = None, False
        return await self._until_ended(position, watch, limit or self._cell_timeout)

    def _request_for(self, position: int, text: str, told: Mapping[str, Any] = _NOTHING, after: str = "") -> str:
        metadata = {"cellId": self._cells[position].get("id"), **told}
        # After an error the kernel may be asked about it, and may take the next attempt.
        request = self._kernel.execute(text, metadata=metadata, stop_on_error=False, after=after)
        self._heard.sent(request, position)
        return request

    def _find_following(self, positions: Sequence[int]) -> Mapping[int, int]:
        """Which cell may be sent while which is executed: where nothing can happen between them but that it ended."""
        if self._attempts is not None or not self._kernel.takes_in_line:
            return {}
        return {a: b for a, b in pairwise(positions) if MAY_RAISE_TAG not in tags_of(self._cells[a])}

    def _send_ahead(self, position: int) -> None:
        following = self._following.get(position)
        if following is not None:
            request = self._request_for(following, self._cells[following]["source"], after=self._request)
            self._ahead = SentAhead(following, request)

    async def _ask(self, expression: str, watch: StopWatch, code: str = "") -> Answered:
        """Run code silently and evaluate an expression; return its bundle, or None and why there is none."""
        asked = {"answer": expression}
        self._request = self._kernel.execute(code, silent=True, store_history=False, expressions=asked)
        self._reply, self._idle = None, False
        while not (self._reply is not None and self._idle):
            loop = asyncio.get_running_loop()
            batch = await self._messages(watch, None if self._reply is None else loop.time() + _SILENCE_SECONDS)
            if batch is None and self._reply is not None:
                break
            if not batch:
                return None, "the kernel died" if batch is not None else "it was stopped meanwhile"
            self._take(batch)
        return answer_of(self._reply)

    async def _hear_the_rest(self) -> None:
        """Take what threads and programs have said beside the cells: any request makes a kernel send what it holds."""
        self._request = self._kernel.execute("", silent=True, store_history=False)
        self._reply, self._idle = None, False
        with suppress(TimeoutError):
            async with asyncio.timeout(_INTERRUPT_SECONDS):
                while not (self._reply is not None and self._idle) and (batch := await self._kernel.receive()):
                    self._take(batch)

    def _finish(self, position: int, end: CellEnd) -> bool:
        self._outputs.ended(position)
        return self._account.ended(position, end)

    async def _until_ended(self, position: int, watch: StopWatch, seconds: float | None) -> CellEnd:
        loop = asyncio.get_running_loop()
        limit = None if seconds is None else loop.time() + seconds
        patience = loop.time() + _SILENCE_SECONDS  # the reply of a cell that was sent ahead may be here already
        while not (self._reply is not None and self._idle):
            until = limit if self._reply is None else patience
            batch = await self._messages(watch, until)
            if batch is None:
                if self._reply is not None:
                    self._say_that_some_may_be_missing(position)
                    break
                if watch.reason is not None:
                    await self._wind_down(watch)
                    return Stopped(watch.reason)
                await self._interrupt()
                return PassedLimit(seconds or 0.0, answers=self._reply is not None and self._idle)
            if not batch:
                if self._reply is None:
                    return Died(str(await self._kernel.exited()))
                break
            self._take(batch)
            patience = loop.time() + _SILENCE_SECONDS
        return outcome_of(self._reply or {}, self._cells[position])

    async def _messages(self, watch: StopWatch, until: float | None) -> list[KernelMessage] | None:
        """The next messages; None when the time is up or somebody asked to stop."""
        loop = asyncio.get_running_loop()
        while True:
            pause = self._account.pause()
            again = None if pause is None else loop.time() + pause
            due = min((when for when in (until, again) if when is not None), default=None)
            try:
                async with watch.limit(due):
                    return await self._kernel.receive()
            except TimeoutError:
                asked = watch.reason is not None and self._reply is None
                if asked or (until is not None and loop.time() >= until):
                    return None

    async def _wind_down(self, watch: StopWatch) -> None:
        """Interrupt the cell for good, and take what it still has to say."""
        watch.close()
        await self._interrupt()

    async def _interrupt(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _INTERRUPT_SECONDS
        self._kernel.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while not (self._reply is not None and self._idle):
                    batch = await self._kernel.receive()
                    if not batch:
                        return
                    self._take(batch)

    def _take(self, batch: Iterable[KernelMessage]) -> None:
        for message in batch:
            if self._ahead.holds(message):
                continue
            is_own = message.parent_id == self._request
            if message.channel == "iopub":
                self._idle |= is_own and message.says_idle
                self._heard.take(message)
            elif is_own and message.type == "execute_reply":
                self._reply = message.content
                self._heard.replied(message)

    def _is_over(self, changed: int, _position: int) -> bool:
        """See `HeardCells`: only one cell is under way."""
        return self._heard.position(self._request) != changed

    def _say_that_some_may_be_missing(self, position: int) -> None:
        text = "[jupyter flows: the kernel never said that it had finished; some outputs may be missing]\n"
        self._outputs.fold(position, "stream", {"name": "stderr", "text": text})


__all__ = ["CellExecutor"]
