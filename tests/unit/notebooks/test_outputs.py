from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.notebooks.outputs import NotebookOutputs, OutputLimits
from jupyter_flows.notebooks.terminal_text import overwritten


class File:
    def __init__(self, name: str) -> None:
        self.name, self.text = name, ""

    @property
    def said(self) -> str:
        return f"see {self.name}"

    def write(self, text: str) -> None:
        self.text += text


class Files:
    def __init__(self) -> None:
        self.made: list[File] = []

    def file(self, cell: int, ending: str = "txt", *, numbered: bool = False) -> File:
        self.made.append(File(f"{cell}{f'-{len(self.made)}' if numbered else ''}.{ending}"))
        return self.made[-1]


class Kernel:
    """Two cells and what is said to them."""

    def __init__(self, limits: OutputLimits | None = None) -> None:
        self.cells: list[Any] = [{"outputs": []}, {"outputs": []}]
        self.files = Files()
        self.outputs = NotebookOutputs(self.cells, limits, self.files)

    def say(self, position: int, kind: str, **content: Any) -> tuple[int, ...]:
        return self.outputs.fold(position, kind, content)

    def print(self, text: str, name: str = "stdout", position: int = 0) -> None:
        self.say(position, "stream", name=name, text=text)

    def show(self, text: str, display_id: str | None = None, kind: str = "display_data", position: int = 0) -> Any:
        return self.say(position, kind, data={"text/plain": text}, metadata={}, transient={"display_id": display_id})

    def shown(self, position: int = 0) -> list[str]:
        self.outputs.settle(position)
        return [
            f"{out['name']}:{out['text']}" if "text" in out else out.get("data", {}).get("text/plain", out.get("ename"))
            for out in self.cells[position]["outputs"]
        ]


def test_a_stream_is_one_output_until_something_else_comes() -> None:
    kernel = Kernel()
    for text in ("a", "b\n"):
        kernel.print(text)
    kernel.print("x", "stderr")
    kernel.show("D")
    kernel.print("c")
    kernel.print("d")
    assert kernel.shown() == ["stdout:ab\n", "stderr:x", "D", "stdout:cd"]
    kernel.print("e")
    assert kernel.shown()[-1] == "stdout:cde"


def test_what_a_progress_bar_rewrites_is_its_last_form() -> None:
    kernel = Kernel()
    for text in ("10%", "\r20%", "\r30%\n", "ab\b\bcd"):
        kernel.print(text)
    assert kernel.shown() == ["stdout:30%\ncd"]


def test_a_display_is_updated_wherever_it_is_shown() -> None:
    kernel = Kernel()
    assert kernel.show("1", "id") == (0,)
    assert kernel.show("2", "id", position=1) == (0, 1)
    assert (kernel.shown(0), kernel.shown(1)) == (["2"], ["2"])
    assert kernel.show("3", "id", "update_display_data", position=1) == (0, 1)
    assert (kernel.shown(0), kernel.shown(1)) == (["3"], ["3"])
    assert kernel.show("4", "unknown", "update_display_data") == ()
    assert kernel.shown(0) == ["3"]


def test_outputs_are_cleared_at_once_or_by_the_next() -> None:
    kernel = Kernel()
    kernel.print("a")
    kernel.say(0, "clear_output", wait=True)
    assert kernel.shown() == ["stdout:a"]
    kernel.show("b")
    assert kernel.shown() == ["b"]
    kernel.say(0, "clear_output")
    assert kernel.shown() == []
    kernel.print("c")
    assert kernel.shown() == ["stdout:c"]


def test_results_errors_and_what_means_nothing() -> None:
    kernel = Kernel()
    kernel.say(0, "execute_result", data={"text/plain": ["4", "2"], "x/y": 1}, metadata={}, execution_count=7)
    kernel.say(0, "error", ename="E", evalue="v", traceback=["t"])
    assert kernel.say(0, "execute_input", code="1") == ()
    kernel.say(0, "display_data")
    result, error, empty = kernel.cells[0]["outputs"]
    assert result == {
        "output_type": "execute_result", "data": {"text/plain": "42", "x/y": "1"}, "metadata": {}, "execution_count": 7,
    }  # fmt: skip
    assert error == {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}
    assert empty == {"output_type": "display_data", "data": {}, "metadata": {}}
    kernel.outputs.add_error(0, "TimeoutError", "late")
    assert kernel.cells[0]["outputs"][-1]["traceback"] == ["TimeoutError: late"]


LIMITS = OutputLimits(cell=10_000, notebook=15_000, least=500)


def test_of_too_much_the_ends_are_kept_and_a_file_has_all() -> None:
    kernel = Kernel(LIMITS)
    lines = [f"line {number}\n" for number in range(5000)]
    for line in lines:
        kernel.print(line)
    head, note, tail = kernel.shown()
    assert head.startswith("stdout:line 0\n") and head.endswith("\n")
    assert tail.endswith("line 4999\n")
    assert "see 1.txt" in note and "characters are left out" in note
    assert sum(map(len, (head, tail))) <= 13_000
    assert kernel.files.made[0].text == "".join(lines)
    left_out = int(note.split(" characters")[0].split()[-1].replace(",", ""))
    assert len(head) + len(tail) - len("stdout:" * 2) + left_out == sum(map(len, lines))


def test_the_ends_hold_displays_too() -> None:
    kernel = Kernel(LIMITS)
    for number in range(500):
        kernel.show(f"display {number}")
    shown = kernel.shown()
    assert (shown[0], shown[-1]) == ("display 0", "display 499")
    assert "displays are left out" in next(one for one in shown if one.startswith("stderr"))
    assert kernel.files.made[0].text.count("\n") == 500


def test_a_bar_that_rewrites_itself_for_hours_is_not_too_much() -> None:
    kernel = Kernel(LIMITS)
    for number in range(5000):
        kernel.print(f"\r{number} of 5000")
    assert kernel.shown() == ["stdout:4999 of 5000"]
    assert kernel.files.made == []


def test_one_huge_display_goes_to_a_file_of_its_own() -> None:
    kernel = Kernel(LIMITS)
    page, text = "<b>" + "x" * 20_000, "y" * 9_000
    kernel.say(0, "display_data", data={"text/html": page, "image/png": "z" * 100}, metadata={})
    kernel.say(0, "display_data", data={"text/plain": text}, metadata={})
    first, second = (output["data"] for output in kernel.cells[0]["outputs"])
    assert first == {"image/png": "z" * 100, "text/plain": "[text/html, 20,003 characters: see 1-0.html]"}
    assert second["text/plain"].startswith("yyy") and "see 1-1.txt" in second["text/plain"]
    assert [file.text for file in kernel.files.made] == [page, text]


def test_a_cell_has_what_the_others_have_left_but_never_nothing() -> None:
    kernel = Kernel(OutputLimits(cell=10_000, notebook=10_000, least=500))
    kernel.print("x" * 9_900)
    kernel.outputs.ended(0)
    kernel.print("first\n" + "y" * 5_000 + "\nlast", position=1)
    shown = kernel.shown(1)
    assert shown[0] == "stdout:first\n" and shown[-1].endswith("last")
    assert sum(map(len, shown)) < 1_000


def test_cleared_outputs_make_room_again() -> None:
    kernel = Kernel(LIMITS)
    for _ in range(10):
        kernel.print("x" * 6_000)
        kernel.say(0, "clear_output", wait=True)
    assert kernel.shown() == ["stdout:" + "x" * 6_000]
    assert kernel.files.made == []


TEXTS = st.lists(st.text("ab\r\n\b", max_size=6), max_size=12)


@given(texts=TEXTS, limit=st.integers(50, 400))
def test_within_the_limit_nothing_depends_on_how_a_text_is_cut(texts: list[str], limit: int) -> None:
    kernel = Kernel(OutputLimits(cell=limit, notebook=10_000, least=10))
    for text in texts:
        kernel.print(text)
    whole = "".join(texts)
    if not kernel.files.made:
        shown = kernel.shown()
        assert shown == ([f"stdout:{overwritten(whole)}"] if texts else [])
    else:
        assert len(kernel.shown()) >= 1


@pytest.mark.parametrize("kind", ["stream", "display_data", "update_display_data", "error", "clear_output"])
def test_a_message_without_content_harms_nothing(kind: str) -> None:
    kernel = Kernel(LIMITS)
    kernel.say(0, kind)
    kernel.outputs.ended(0)
