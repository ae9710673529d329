"""What a kernel says once a secret is known, whichever way ipykernel hands it to its session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_flows.notebooks.guarded_kernel import GuardedSend
from jupyter_flows.secrets.resolved import forget, register

S = "hush-hush-17"


class Wire:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []
        self.guarded = GuardedSend(self._send)

    def _send(self, stream: object, kind: Any, content: Any = None, *rest: Any, **named: Any) -> None:
        whole = isinstance(kind, dict)
        self.sent.append((kind["msg_type"], kind["content"]) if whole else (kind, content))

    def prints(self, text: str, request: str = "r1", name: str = "stdout") -> None:
        """As ipykernel's streams do."""
        content = {"name": name, "text": text}
        self.guarded(None, {"msg_type": "stream", "parent_header": {"msg_id": request}, "content": content})

    def says(self, kind: str, content: Any, request: str = "r1") -> None:
        """As everything else in it does."""
        self.guarded(None, kind, content, parent={"header": {"msg_id": request}})

    def texts(self) -> list[str]:
        return [content["text"] if kind == "stream" else kind for kind, content in self.sent]


@pytest.fixture
def wire() -> Iterator[Wire]:
    register(S)
    yield Wire()
    forget()


def test_a_secret_in_two_messages_is_masked(wire: Wire):
    wire.prints(f"a {S[:5]}")
    wire.prints(f"{S[5:]} b")
    assert wire.texts() == ["a ", "•••••• b"]


def test_what_was_held_back_is_sent_before_its_cell_is_over(wire: Wire):
    wire.prints("a hush")
    wire.says("status", {"execution_state": "idle"}, "r2")
    wire.says("display_data", {"data": {"text/plain": S}})
    assert wire.sent[-1][1] == {"data": {"text/plain": "••••••"}}
    wire.says("status", {"execution_state": "idle"})
    assert wire.texts() == ["a ", "status", "display_data", "hush", "status"]


def test_each_stream_is_judged_for_itself_as_logs_join_its_pieces(wire: Wire):
    wire.prints("hush")
    wire.prints("error", name="stderr")
    wire.says("display_data", {"data": {}})
    wire.prints("-hush-17")
    assert wire.texts() == ["error", "display_data", "••••••"]


def test_cells_that_print_at_once_are_told_apart(wire: Wire):
    wire.prints("hush-")
    wire.prints("other", "r2")
    wire.prints("hush-17")
    wire.guarded.finish("r1")
    assert wire.texts() == ["other", "••••••"]


def test_a_cell_that_is_over_keeps_nothing_back(wire: Wire):
    wire.prints("hush")
    wire.guarded.finish("r1")
    wire.guarded.finish("r1")
    assert wire.texts() == ["hush"]
