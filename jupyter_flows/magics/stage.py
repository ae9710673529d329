"""Where the outputs of a task cell go: below its own cell, whatever cell or thread it runs in; and what they were."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from jupyter_flows.notebooks.guarded_kernel import GuardedSend

_STREAMS = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that a cell showed.

    Parameters
    ----------
    kind
        ``stream``, ``display_data``, ``update_display_data`` or ``execute_result``, as the messages are called.
    content
        Of a stream its ``name`` and ``text``; else ``data``, ``metadata`` and ``transient``.
    """

    kind: str
    content: dict[str, Any]


@dataclass(slots=True)
class Stage:
    """What is around a cell while it runs.

    Parameters
    ----------
    parent
        The request that the outputs belong to; empty for the present one.
    is_away
        Whether the present cell is another one than its own.
    count
        The execution count of its last value.
    shown
        Takes what it shows; None where nobody asks.
    """

    parent: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_away: bool = False
    count: int = 0
    shown: list[Shown] | None = None

    _stream: str = ""  # that was written to last
    _pieces: list[str] = field(default_factory=list[str])  # of it, not yet put together

    def record(self, kind: str, **content: Any) -> None:
        """Keep what is shown, where somebody asks."""
        if self.shown is None:
            return
        if kind != "stream" or content["name"] != self._stream:
            self.gathered()
        if kind == "stream":
            self._stream = content["name"]
            self._pieces.append(content["text"])
        else:
            self.shown.append(Shown(kind, content))

    def gathered(self) -> list[Shown]:
        """What was shown; what a stream was given piece by piece is one text."""
        shown = [] if self.shown is None else self.shown
        if self._pieces:
            shown.append(Shown("stream", {"name": self._stream, "text": "".join(self._pieces)}))
            self._pieces.clear()
        return shown


_STAGE: ContextVar[Stage | None] = ContextVar("jupyter_flows_stage", default=None)


class Theatre:
    """Every stage of one shell.

    Parameters
    ----------
    shell
        IPython's. In a kernel its messages are given the parent that the stage names; ipykernel 6 knows only one
        parent for what is displayed, so that this is done here.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._recording = 0
        self._publish: Callable[..., Any] = shell.display_pub.publish
        self._clear: Callable[..., Any] = shell.display_pub.clear_output

    def open(self) -> None:
        """Let what is displayed go where its stage says."""
        publisher = self._shell.display_pub
        publisher.publish, publisher.clear_output = self._routed_publish, self._routed_clear

    def close(self) -> None:
        """Give the shell its own way back."""
        for name in ("publish", "clear_output"):
            with suppress(AttributeError, KeyError):
                delattr(self._shell.display_pub, name)

    @contextmanager
    def on(self, stage: Stage) -> Iterator[Stage]:
        """Run code on a stage."""
        token = _STAGE.set(stage)
        resets = list(self._lead_streams(stage.parent)) if stage.parent else []
        self._record_streams(stage.shown is not None)
        try:
            yield stage
            self._draw_figures()
        finally:
            self._stop_recording(stage.shown is not None)
            if resets:
                self._flush()  # before the cell around this ends: what comes after that may be dropped
                self._finish_streams(stage.parent)
            for reset in reversed(resets):
                reset()
            _STAGE.reset(token)

    def show(self, value: Any) -> None:
        """Show the value of a cell's last expression."""
        stage = _STAGE.get()
        if stage is None or not stage.is_away:
            with _unheard(stage):
                sys.displayhook(value)
            if stage is None or stage.shown is None:
                return
        data, metadata = ({}, {}) if value is None else self._shell.display_formatter.format(value)
        if not data:
            return
        if stage.parent and stage.is_away:
            self._flush()
            content = {"data": data, "metadata": metadata, "execution_count": stage.count}
            self.tell("execute_result", content, stage.parent)
        elif stage.is_away:
            with _unheard(stage):
                self._publish(data, metadata)
        stage.record("execute_result", data=data, metadata=metadata, transient={})

    def clear(self, parent: Mapping[str, Any]) -> None:
        """Let the next output of a cell take the place of all that are there."""
        self.tell("clear_output", {"wait": True}, parent)

    def tell_error(self, parent: Mapping[str, Any], error: BaseException, lines: list[str]) -> None:
        """Show an error below a cell that has ended long before."""
        content = {"ename": type(error).__name__, "evalue": str(error), "traceback": lines}
        self.tell("error", content, parent)

    def replay(self, shown: list[Shown]) -> None:
        """Show again what was shown."""
        for each in shown:
            content = each.content
            if each.kind == "stream":
                stream = sys.stderr if content["name"] == "stderr" else sys.stdout
                stream.write(content["text"])
            else:
                update = each.kind == "update_display_data"
                publish = self._shell.display_pub.publish
                publish(content["data"], content["metadata"], transient=content["transient"], update=update)

    # -- messages --------------------------------------------------------------------------------------------------

    def _routed_publish(
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False, **rest: Any
    ) -> None:
        stage = _STAGE.get()
        if stage is not None and stage.parent:
            self._flush()
            content = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
            self.tell("update_display_data" if update else "display_data", content, stage.parent)
        else:
            with _unheard(stage):
                self._publish(data, metadata, transient=transient, update=update, **rest)
        if stage is not None:
            kind = "update_display_data" if update else "display_data"
            stage.record(kind, data=data, metadata=metadata or {}, transient=transient or {})

    def _routed_clear(self, wait: bool = False) -> None:
        stage = _STAGE.get()
        if stage is not None and stage.shown is not None:
            stage.gathered().clear()
        if stage is not None and stage.parent:
            self.tell("clear_output", {"wait": wait}, stage.parent)
        else:
            self._clear(wait)

    def tell(self, kind: str, content: dict[str, Any], parent: Mapping[str, Any]) -> None:
        """Send a message on IOPub that names its parent; outside a kernel nobody listens."""
        if getattr(self._shell, "kernel", None) is None:
            return
        if "data" in content:
            content = {**content, "data": {mime: as_text(value) for mime, value in content["data"].items()}}
        publisher = self._shell.display_pub
        publisher.session.send(publisher.pub_socket, kind, content, parent=dict(parent), ident=kind.encode())

    def _finish_streams(self, parent: Mapping[str, Any]) -> None:
        send = getattr(getattr(self._shell.display_pub, "session", None), "send", None)
        if isinstance(send, GuardedSend):
            send.finish(str(parent.get("header", parent).get("msg_id", "")))

    def _flush(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()

    # -- streams ---------------------------------------------------------------------------------------------------

    def _lead_streams(self, parent: Mapping[str, Any]) -> Iterator[Callable[[], object]]:
        """Name the parent of what this context prints; ipykernel 6 and 7 both keep it in a context variable."""
        header = dict(parent.get("header", parent))
        for name in _STREAMS:
            variable = getattr(getattr(sys, name), "_parent_header", None)
            if isinstance(variable, ContextVar):
                token = variable.set(header)
                yield lambda variable=variable, token=token: variable.reset(token)

    def _record_streams(self, wanted: bool) -> None:
        if wanted:
            self._recording += 1
            for name in _STREAMS:
                if not isinstance(getattr(sys, name), _Recorded):
                    setattr(sys, name, _Recorded(getattr(sys, name), name))

    def _stop_recording(self, wanted: bool) -> None:
        if not wanted:
            return
        self._recording -= 1
        for name in _STREAMS if self._recording == 0 else ():
            stream = getattr(sys, name)
            if isinstance(stream, _Recorded):
                setattr(sys, name, stream.stream)

    def _draw_figures(self) -> None:
        """Let pyplot's inline figures be shown now, not after the cell."""
        inline = sys.modules.get("matplotlib_inline.backend_inline")
        pyplot = sys.modules.get("matplotlib.pyplot")
        if inline is not None and pyplot is not None and inline.flush_figures in self._after_cells():
            inline.flush_figures()

    def _after_cells(self) -> list[Any]:
        return self._shell.events.callbacks.get("post_execute", [])


@contextmanager
def _unheard(stage: Stage | None) -> Iterator[None]:
    """Keep nothing of what a terminal prints in place of a rich output."""
    if stage is None:
        yield
        return
    shown, stage.shown = stage.shown, None
    try:
        yield
    finally:
        stage.shown = shown


def as_text(value: Any) -> Any:
    """A part of a mime bundle as a message carries it: pictures as base64."""
    return b64encode(value).decode("ascii") if isinstance(value, bytes) else value


class _Recorded:
    """A stream that also tells the stage what is written to it."""

    def __init__(self, stream: Any, name: str) -> None:
        self.stream, self._name = stream, name

    def write(self, text: str) -> int:
        stage = _STAGE.get()
        if stage is not None:
            stage.record("stream", name=self._name, text=text)
        return self.stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
