"""The outputs of cells, folded from what a kernel says: streams joined, displays updated, what is too much held back.

Nothing here waits, reads a clock or knows a socket; the spill files are written through what the caller gives.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_flows.notebooks.nbformat4 import Node, is_json_mime
from jupyter_flows.notebooks.terminal_text import overwritten, still_shown

OUTPUT_KINDS = frozenset({"stream", "display_data", "execute_result", "error"})

# What an output costs beside its text: a million empty ones are too much as well.
_OVERHEAD = 100
_ENDINGS = {"text/html": "html", "image/svg+xml": "svg", "image/png": "png.base64", "image/jpeg": "jpeg.base64"}


class SpillTarget(Protocol):
    """A file that takes what is held back."""

    @property
    def said(self) -> str:
        """Where the text is, for people."""
        ...

    def write(self, text: str) -> None:
        """Append text."""
        ...


class SpillFiles(Protocol):
    """Makes such files; cells are counted from 1."""

    def file(self, cell: int, ending: str = "txt", *, numbered: bool = False) -> SpillTarget:
        """A file for a cell, or for one display of it."""
        ...


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """How much of its outputs a notebook keeps; of what is longer, the beginning and the end.

    Parameters
    ----------
    cell, notebook
        Characters.
    least
        Characters that each cell may have even where the notebook's are used up.
    """

    cell: int = 5_000_000
    notebook: int = 25_000_000
    least: int = 20_000


class NotebookOutputs:
    """What all cells of a notebook show.

    Parameters
    ----------
    cells
        The notebook's; the ``outputs`` of code cells are filled.
    limits
        None for no limit.
    spill
        Takes what is too much.
    number
        Position to the number, from 1, that people know a cell by.
    """

    def __init__(
        self,
        cells: Sequence[Node],
        limits: OutputLimits | None = None,
        spill: SpillFiles | None = None,
        number: Callable[[int], int] = lambda position: position + 1,
    ) -> None:
        self._cells, self._limits, self._spill, self._number = cells, limits, spill, number
        self._folds: dict[int, CellOutputs] = {}
        self._displays: dict[str, list[tuple[int, Node]]] = {}
        self._used = 0

    def fold(self, position: int, kind: str, content: Mapping[str, Any]) -> tuple[int, ...]:
        """Take one message for a cell; return the positions whose outputs it changed.

        Parameters
        ----------
        position
            The cell whose request it answers, which may have ended long ago.
        kind
            The message's type; one that says nothing about outputs changes nothing.
        content
            Its content, which is hostile.
        """
        if kind == "stream":
            self._of(position).stream(str(content.get("name", "stdout")), str(content.get("text", "")))
        elif kind == "clear_output":
            self._of(position).clear(wait=bool(content.get("wait")))
        elif kind in ("display_data", "execute_result", "update_display_data"):
            return self._display(position, kind, content)
        elif kind == "error":
            self._of(position).add(_error(content))
        else:
            return ()
        return (position,)

    def add_error(self, position: int, name: str, value: str) -> None:
        """Add an error that the kernel could not tell itself."""
        self._of(position).add(_error({"ename": name, "evalue": value, "traceback": [f"{name}: {value}"]}))

    def turn_errors_into(self, position: int, note: str) -> None:
        """Say in a line what became of an attempt that failed, in the place of its errors: the cell goes on."""
        self._of(position).turn_errors_into(note)

    def settle(self, position: int) -> None:
        """Bring the cell's ``outputs`` up to date; more may come later."""
        fold = self._folds.get(position)
        if fold is not None:
            fold.settle()

    def ended(self, position: int) -> None:
        """Settle, and count what the cell has used of the notebook's limit."""
        self.settle(position)
        fold = self._folds.get(position)
        self._used += fold.size if fold is not None else 0

    def _of(self, position: int) -> CellOutputs:
        fold = self._folds.get(position)
        if fold is None:
            limit, number = self._room(), self._number(position)
            fold = CellOutputs(self._cells[position]["outputs"], limit, self._spill, number)
            self._folds[position] = fold
        return fold

    def _room(self) -> float:
        limits = self._limits
        return float("inf") if limits is None else max(limits.least, min(limits.cell, limits.notebook - self._used))

    def _display(self, position: int, kind: str, content: Mapping[str, Any]) -> tuple[int, ...]:
        transient = content.get("transient")
        display_id = transient.get("display_id") if isinstance(transient, dict) else None
        output = _bundle(kind, content)
        known = self._displays.get(display_id, []) if isinstance(display_id, str) else []
        changed = {position} if kind != "update_display_data" else set[int]()
        if known:
            self._of(position).shrink(output)
        for where, shown in known:
            shown["data"], shown["metadata"] = output["data"], output["metadata"]
            changed.add(where)
        if kind != "update_display_data":
            self._of(position).add(output)
            if isinstance(display_id, str):
                self._displays.setdefault(display_id, []).append((position, output))
        return tuple(sorted(changed))


class CellOutputs:
    """The outputs of one cell.

    Parameters
    ----------
    outputs
        The list to fill.
    limit
        Characters to keep.
    spill
        Takes what is too much.
    number
        The cell's number, from 1.
    """

    def __init__(self, outputs: list[Node], limit: float, spill: SpillFiles | None, number: int) -> None:
        self.size = 0
        self._outputs, self._limit, self._spill, self._number = outputs, limit, spill, number
        self._parts: list[str] | None = None  # of the last output, where that is a stream
        self._clear_next = False
        self._overflow: Overflow | None = None

    def stream(self, name: str, text: str) -> None:
        """Take printed text."""
        self._clear_if_asked()
        if self._overflow is not None:
            self._overflow.stream(name, text)
            return
        if self._parts is None or self._outputs[-1]["name"] != name:
            self._close_stream()
            self._outputs.append({"output_type": "stream", "name": name, "text": ""})
            self._parts = []
            self.size += _OVERHEAD
        self._parts.append(text)
        self.size += len(text)
        if self.size > self._limit:
            self._hold_back()

    def add(self, output: Node) -> None:
        """Take an output that is no stream."""
        self._clear_if_asked()
        self._close_stream()
        self.shrink(output)
        if self._overflow is not None:
            self._overflow.add(output)
            return
        self._outputs.append(output)
        self.size += size_of(output)
        if self.size > self._limit:
            self._hold_back()

    def turn_errors_into(self, note: str) -> None:
        """Take errors out and say a line instead."""
        self._close_stream()
        self._outputs[:] = [output for output in self._outputs if output["output_type"] != "error"]
        self.stream("stderr", note)
        self.settle()

    def clear(self, *, wait: bool) -> None:
        """Forget all outputs, now or when the next comes."""
        self._clear_next = wait
        if not wait:
            self._outputs.clear()
            self._parts, self._overflow, self.size = None, None, 0

    def settle(self) -> None:
        """Bring the list up to date."""
        if self._overflow is not None:
            self._outputs[:] = self._overflow.outputs()
            self.size = min(self.size, int(self._limit))
        elif self._parts is not None:
            self._outputs[-1]["text"] = overwritten(self._joined())

    def shrink(self, output: Node) -> None:
        """Put the values of a bundle that alone is too much into files of their own."""
        if self._limit == float("inf") or size_of(output) <= self._limit / 2:
            return
        if output["output_type"] == "error":
            output["evalue"], output["traceback"] = output["evalue"][:10_000], output["traceback"][-20:]
            return
        data: dict[str, Any] = output["data"]
        for mime in [mime for mime in data if _length(data[mime]) > self._limit / 4]:
            value = data.pop(mime)
            said = self._keep_apart(mime, value)
            if mime == "text/plain":
                data[mime] = _ends(str(value), int(self._limit / 4), f"\n[… {said} …]\n")
            else:
                data.setdefault("text/plain", f"[{mime}, {_length(value):,} characters: {said}]")

    def _keep_apart(self, mime: str, value: Any) -> str:
        if self._spill is None:
            return "it is too long to be kept"
        ending = "json" if not isinstance(value, str) else _ENDINGS.get(mime, "txt")
        file = self._spill.file(self._number, ending, numbered=True)
        file.write(value if isinstance(value, str) else json.dumps(value))
        return file.said

    def _clear_if_asked(self) -> None:
        if self._clear_next:
            self.clear(wait=False)

    def _close_stream(self) -> None:
        if self._parts is not None:
            self._outputs[-1]["text"] = overwritten(self._joined())
            self._parts = None

    def _joined(self) -> str:
        assert self._parts is not None
        self._parts[:] = ["".join(self._parts)]
        return self._parts[0]

    def _hold_back(self) -> None:
        """Too much has come: see whether it was only rewritten again and again, else keep its ends."""
        if self._parts is not None:
            self._parts[:] = [still_shown(self._joined())]
            self._outputs[-1]["text"] = self._parts[0]
        self.size = sum(size_of(output) for output in self._outputs)
        if self.size > self._limit * 0.75:
            target = None if self._spill is None else self._spill.file(self._number)
            self._overflow = Overflow(list(self._outputs), int(self._limit), target)
            self._parts = None


class Overflow:
    """The outputs of a cell that says more than is kept: the first, the last, and a file with all that was printed.

    Parameters
    ----------
    outputs
        What the cell has shown so far.
    limit
        Characters to keep.
    spill
        Takes all of it as text.
    """

    def __init__(self, outputs: Sequence[Node], limit: int, spill: SpillTarget | None) -> None:
        self._half, self._spill = limit // 2, spill
        self._head, rest = _beginning(outputs, self._half)
        self._tail: deque[Node] = deque()
        self._tail_size = 0
        self._left_out = self._displays_left_out = 0
        if spill is not None:
            for output in outputs:
                spill.write(_as_text(output))
        for output in rest:
            self._push(output)

    def stream(self, name: str, text: str) -> None:
        """Take printed text."""
        if self._spill is not None:
            self._spill.write(text)
        self._push({"output_type": "stream", "name": name, "text": text})

    def add(self, output: Node) -> None:
        """Take an output that is no stream."""
        if self._spill is not None:
            self._spill.write(_as_text(output))
        self._push(output)

    def outputs(self) -> list[Node]:
        """What the cell shows."""
        tail = list(_merged(self._tail))
        if not self._left_out:
            return list(_merged([*self._head, *tail]))
        displays = f" and {self._displays_left_out:,} displays" if self._displays_left_out else ""
        where = self._spill.said if self._spill is not None else "it was not kept"
        note = f"\n[jupyter flows: {self._left_out:,} characters{displays} are left out here; {where}]\n"
        return [*self._head, {"output_type": "stream", "name": "stderr", "text": note}, *tail]

    def _push(self, output: Node) -> None:
        self._tail.append(output)
        self._tail_size += _weight(output)
        if self._tail_size > self._half * 1.25:  # not each time: cutting a long text costs its length
            while self._tail_size > self._half and self._tail:
                self._drop_first()

    def _drop_first(self) -> None:
        first, excess = self._tail[0], self._tail_size - self._half
        if first["output_type"] == "stream" and len(first["text"]) > excess:
            self._tail[0] = {**first, "text": first["text"][excess:]}
            self._tail_size -= excess
            self._left_out += excess
            return
        self._tail.popleft()
        self._tail_size -= _weight(first)
        if first["output_type"] == "stream":
            self._left_out += len(first["text"])
        else:
            self._left_out += size_of(first) - _OVERHEAD
            self._displays_left_out += 1


def size_of(output: Mapping[str, Any]) -> int:
    """About how many characters an output takes in the file."""
    if output["output_type"] == "stream":
        return len(output["text"]) + _OVERHEAD
    if output["output_type"] == "error":
        return sum(map(len, output["traceback"]), len(output["evalue"])) + _OVERHEAD
    return sum(map(_length, output["data"].values())) + _OVERHEAD


def _weight(output: Mapping[str, Any]) -> int:
    # Parts of a stream are joined in the end; each is counted as what it costs until then.
    return len(output["text"]) + 1 if output["output_type"] == "stream" else size_of(output)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(json.dumps(value))


def _bundle(kind: str, content: Mapping[str, Any]) -> Node:
    data = content.get("data")
    metadata = content.get("metadata")
    output: Node = {
        "output_type": "execute_result" if kind == "execute_result" else "display_data",
        "data": {mime: _value(mime, value) for mime, value in data.items()} if isinstance(data, dict) else {},
        "metadata": metadata if isinstance(metadata, dict) else {},
    }
    if kind == "execute_result":
        output["execution_count"] = content.get("execution_count")
    return output


def _value(mime: str, value: Any) -> Any:
    # The format knows text and lists of lines, and JSON where the mime type says so.
    if is_json_mime(mime) or isinstance(value, str):
        return value
    lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if lines else json.dumps(value)


def _error(content: Mapping[str, Any]) -> Node:
    lines = content.get("traceback")
    return {
        "output_type": "error",
        "ename": str(content.get("ename", "")),
        "evalue": str(content.get("evalue", "")),
        "traceback": [str(line) for line in lines] if isinstance(lines, list) else [],
    }


def _as_text(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        return output["text"]
    if output["output_type"] == "error":
        return "\n".join(output["traceback"]) + "\n"
    plain = output["data"].get("text/plain", f"[{', '.join(output['data'])}]")
    return f"{plain}\n"


def _beginning(outputs: Sequence[Node], room: int) -> tuple[list[Node], list[Node]]:
    """Divide outputs after so many characters; the one in the middle in two, where it is a stream."""
    head: list[Node] = []
    for index, output in enumerate(outputs):
        size = size_of(output)
        if size > room:
            if output["output_type"] != "stream":
                return head, list(outputs[index:])
            text = output["text"]
            cut = text.rfind("\n", 0, room) + 1 or room
            rest = {**output, "text": text[cut:]}
            return [*head, {**output, "text": overwritten(text[:cut])}], [rest, *outputs[index + 1 :]]
        head.append(output)
        room -= size
    return head, []


def _merged(outputs: Sequence[Node] | deque[Node]) -> Iterator[Node]:
    name, parts = "", list[str]()
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] == name:
            parts.append(output["text"])
            continue
        if parts:
            yield {"output_type": "stream", "name": name, "text": overwritten("".join(parts))}
        name, parts = "", []
        if output["output_type"] == "stream":
            name, parts = output["name"], [output["text"]]
        else:
            yield output
    if parts:
        yield {"output_type": "stream", "name": name, "text": overwritten("".join(parts))}


def _ends(text: str, room: int, between: str) -> str:
    return text[: room // 2] + between + text[-(room // 2) :]
