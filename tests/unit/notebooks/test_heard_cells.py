"""What a kernel says is written into the cell that its request was about."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows.notebooks.heard_cells import HeardCells
from jupyter_flows.notebooks.kernel.kernel_message import KernelMessage
from jupyter_flows.notebooks.outputs import NotebookOutputs
from jupyter_flows.secrets.resolved import register

NEVER = "9999-01-01T00:00:00Z"


def message(kind: str, request: str, **content: Any) -> KernelMessage:
    channel = "shell" if kind == "execute_reply" else "iopub"
    return KernelMessage(channel, kind, request, content, {}, NEVER)


class Account:
    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def changed(self, position: int) -> None:
        self.told.append(("changed", position))

    def said(self, position: int, kind: str, _content: Any) -> None:
        self.told.append(("said", position, kind))


class Heard:
    """Two cells, of which the second is under way."""

    def __init__(self) -> None:
        self.cells = [
            {"cell_type": "code", "id": n, "source": "", "metadata": {}, "outputs": [], "execution_count": None}
            for n in ("a", "b")
        ]
        self.account = Account()
        self.outputs = NotebookOutputs(self.cells)
        self.heard = HeardCells(None, self.cells, self.outputs, self.account, lambda changed, _: changed == 0)  # type: ignore[arg-type]
        for position in (0, 1):
            self.heard.sent(f"r{position}", position)

    def text(self, position: int) -> str:
        self.outputs.ended(position)
        return "".join(output["text"] for output in self.cells[position]["outputs"])


@pytest.fixture
def two() -> Heard:
    return Heard()


def test_times_and_counts_are_the_cells_own(two: Heard):
    two.heard.take(message("status", "r1", execution_state="busy"))
    two.heard.take(message("execute_input", "r1", execution_count=7))
    two.heard.replied(message("execute_reply", "r1", status="ok"))
    assert two.cells[1]["execution_count"] == 7
    assert set(two.cells[1]["metadata"]["execution"]) == {
        "iopub.status.busy",
        "iopub.execute_input",
        "shell.execute_reply",
    }
    assert two.cells[0]["metadata"] == {}


def test_what_a_cell_shows_after_its_end_is_its_last_and_is_told(two: Heard):
    two.heard.take(message("stream", "r0", name="stdout", text="late\n"))
    two.heard.take(message("stream", "r1", name="stdout", text="now\n"))
    assert two.cells[0]["outputs"][0]["text"] == "late\n"
    assert two.text(1) == "now\n"
    assert two.account.told == [("changed", 0), ("said", 0, "stream"), ("said", 1, "stream")]


def test_what_no_cell_has_asked_for_is_nobodys(two: Heard):
    two.heard.take(message("stream", "other", name="stdout", text="x"))
    two.heard.replied(message("execute_reply", "other", status="ok"))
    assert two.account.told == []
    assert all(cell["outputs"] == [] and cell["metadata"] == {} for cell in two.cells)
    assert two.heard.position("other") is None


def test_no_secret_comes_into_a_cell(two: Heard):
    register("canary-3f9a1c")
    two.heard.take(message("stream", "r1", name="stdout", text="it is canary-3f9a1c\n"))
    shown = two.text(1)
    assert shown.startswith("it is ")
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("kind", "state", "is_idle"), [("status", "idle", True), ("status", "busy", False), ("comm_msg", "idle", False)]
)
def test_a_kernel_says_idle_by_its_state_alone(kind: str, state: str, is_idle: bool):
    assert message(kind, "r", execution_state=state).says_idle is is_idle
