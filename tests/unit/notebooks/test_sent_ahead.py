"""What is heard of a cell before its turn, message by message."""

from __future__ import annotations

import asyncio
from itertools import pairwise, product
from typing import Any

import pytest

from jupyter_flows.notebooks.cell_end import Completed
from jupyter_flows.notebooks.executor import CellExecutor
from jupyter_flows.notebooks.kernel.kernel_message import Channel, KernelMessage
from jupyter_flows.notebooks.outputs import NotebookOutputs
from jupyter_flows.notebooks.sent_ahead import NOBODY


def message(channel: Channel, kind: str, parent: str, **content: Any) -> KernelMessage:
    return KernelMessage(channel, kind, parent, content, {}, "", ())


class Kernel:
    """Says what each of two cells has to say, cut into batches at these places."""

    takes_in_line = True

    def __init__(self, *cuts: int) -> None:
        self.cuts = cuts
        self.sent: list[tuple[str, str]] = []
        self.batches: list[list[KernelMessage]] = []

    def execute(self, code: str, *, after: str = "", **_: Any) -> str:
        request = f"r{len(self.sent)}"
        self.sent.append((request, after))
        if code == "2":
            said = [part for name in ("r0", "r1") for part in self.about(name)]
            self.batches += [said[a:b] for a, b in pairwise((0, *self.cuts, len(said))) if a < b]
        elif not code:
            self.batches.append(self.about(request))
        return request

    def about(self, request: str) -> list[KernelMessage]:
        return [
            message("iopub", "status", request, execution_state="busy"),
            message("iopub", "stream", request, name="stdout", text=f"said by {request}\n"),
            message("shell", "execute_reply", request, status="ok"),
            message("iopub", "status", request, execution_state="idle"),
        ]

    async def receive(self) -> list[KernelMessage]:
        assert self.batches, "it waits for what never comes"
        for _ in range(3):  # nothing is there at once: a wait whose time is up has ended by then
            await asyncio.sleep(0)
        return self.batches.pop(0)


class Account:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def started(self, position: int) -> None:
        self.seen.append(("started", position))

    def ended(self, position: int, end: Any) -> bool:
        self.seen.append((end, position))
        return True

    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


@pytest.mark.parametrize("cuts", sorted({tuple(sorted(cuts)) for cuts in product(range(1, 8), repeat=2)}))
def test_what_is_heard_early_waits_for_its_cell_however_it_comes(cuts: tuple[int, ...]):
    cells = [
        {"cell_type": "code", "id": n, "source": n, "metadata": {}, "outputs": [], "execution_count": None}
        for n in ("1", "2")
    ]
    kernel, account, outputs = Kernel(*cuts), Account(), NotebookOutputs(cells)
    executor = CellExecutor(kernel, cells, outputs, account)  # type: ignore[arg-type]
    asyncio.run(executor.run([0, 1]))
    assert account.seen == [("started", 0), (Completed(), 0), ("started", 1), (Completed(), 1)]
    texts = ["".join(output["text"] for output in cell["outputs"]) for cell in cells]
    assert texts == ["said by r0\n", "said by r1\n"]
    assert kernel.sent[:2] == [("r0", ""), ("r1", "r0")]


def test_nobody_holds_and_refuses_nothing():
    assert not NOBODY.holds(message("iopub", "status", ""))
    assert not NOBODY.was_refused({"status": "aborted"})
