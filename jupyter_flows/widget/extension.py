"""What loading the extension adds to a notebook: graphs that live."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from jupyter_flows.authoring.history import RecordedRun
from jupyter_flows.drivers.witness import Witness
from jupyter_flows.engine.ports import RunReader
from jupyter_flows.errors import JupyterFlowsError
from jupyter_flows.graph.called_flows import innermost
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.unfolding import SHOWN
from jupyter_flows.services.usual import Usual
from jupyter_flows.widget import controls
from jupyter_flows.widget.cell_answers import answer_about_cells
from jupyter_flows.widget.live_graph import LiveGraph
from jupyter_flows.widget.output import Output, can_be_live
from jupyter_flows.widget.run_details import RunDetails
from jupyter_flows.widget.script import SCRIPT
from jupyter_flows.widget.snapshot import Json
from jupyter_flows.widget.timeline_json import timeline_json
from jupyter_flows.widget.updates import Updates
from jupyter_flows.wiring import current_reader, current_session, current_settings


class LiveGraphs:
    """All graphs displayed by one shell.

    Parameters
    ----------
    shell
        The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._bridge: Any = None
        self._updates = Updates(self._send, lambda: bool(current_session().live_runs()))
        self._reader: RunReader | None = None
        self._end_watch: Callable[[], None] | None = None

    def show(self, graph: RunGraph) -> None:
        """Display a graph, live where somebody can see that."""
        output = Output(self._shell)
        output.show(graph)
        if graph.again is None and not graph.run_id:
            return
        is_watched = can_be_live(self._shell, current_settings().live_graph)
        live = LiveGraph(graph, output, is_watched)
        if is_watched:
            self._connect()
            self._send(live.id, {"type": "whole", "whole": live.sent})
        if self._end_watch is None:
            self._end_watch = current_session().watch(self._updates.tell)
            self.look_on()
        self._updates.add(live)

    def look_on(self) -> None:
        """Have it remembered what values look like, and what failing calls were given."""
        session = current_session()
        if session.witness is None:
            session.witness = Witness()

    def _connect(self) -> None:
        if self._bridge is None and SCRIPT.is_file() and importlib.util.find_spec("anywidget") is not None:
            from jupyter_flows.widget.bridge import Bridge  # deferred: anywidget is an extra, and loads ipywidgets

            self._bridge = Bridge(self._hear)

    def _send(self, graph: str, message: Json) -> None:
        if self._bridge is not None:
            self._bridge.say(graph, message)

    def finish_cell(self, *_: object) -> None:
        """Bring what is saved up to date with the end of a cell."""
        self._updates.finish_cell()

    def close(self) -> None:
        """Let go of session, thread and page."""
        if self._end_watch is not None:
            self._end_watch()
            current_session().witness = None
        self._updates.close()
        if self._bridge is not None:
            self._bridge.close()

    # -- what the page asks ----------------------------------------------------------------------------------------

    def _hear(self, asked: Json) -> None:
        # A graph may not change between an answer that shows all of it and its sending.
        with self._updates.drawing if asked.get("type") in {"open", "unfold"} else nullcontext():
            answer = self.answer(asked)
            if answer is not None:
                self._send(asked["graph"], answer)

    def answer(self, asked: Json) -> Json | None:
        """Answer a message of the page about one graph; None where there is nothing to say."""
        live = self._updates.graphs.get(asked["graph"])
        if live is None:
            return {"type": "unknown"}
        if asked.get("type") == "open":
            return {"type": "whole", "whole": live.sent}
        if asked.get("type") == "unfold":
            return self._updates.unfold(live, str(asked.get("key")), asked.get("open") is True)
        if not live.graph.run_id and not live.graph.boxes:
            return None
        try:
            return self._answer_about(live, asked)
        except JupyterFlowsError as error:
            return {"type": "said", "text": str(error)}

    def _answer_about(self, live: LiveGraph, asked: Json) -> Json | None:
        graph, run_id = live.graph, live.graph.run_id
        if self._reader is None:
            self._reader = current_reader()
        if graph.boxes:
            return answer_about_cells(self._reader, graph.boxes, asked, self._details)
        kind, number = asked.get("type"), _whole(asked.get("number"))
        if kind in {"box", "task_run", "causes", "inputs", "edge"}:
            around, called = innermost(str(asked.get("key") or asked.get("from") or ""))
            details = self._details(called or run_id, graph.usual, around, live.shown)
            return self._tell(details, str(kind), number, asked)
        match kind:
            case "cancel":
                return {"type": "said", "text": controls.cancel(self._reader, run_id) or "asked it to stop"}
            case "retry":
                only = self._details(run_id).failed_like(number) if number else None
                said = controls.retry(self._reader, run_id, self._shell.user_ns, only)
                return {"type": "said", "text": said or "taken up again"}
            case "timeline":
                return {"type": "timeline", "timeline": timeline_json(self._reader, run_id, graph.usual)}
            case _:
                return None

    def _details(self, run_id: str, usual: Usual | None = None, around: str = "", shown: int = SHOWN) -> RunDetails:
        assert self._reader is not None
        witness = current_session().witness
        return RunDetails(self._reader, run_id, self._cells(), usual, witness, around=around, shown=shown)

    def _tell(self, details: RunDetails, kind: str, number: int, asked: Json) -> Json:
        match kind:
            case "box":
                found = details.box(str(asked.get("key")), _whole(asked.get("page")))
                return {"type": "details", "details": found}
            case "causes":
                return {"type": "causes", "causes": details.all_causes()}
            case "edge":
                return {"type": "edge", **details.edge(str(asked.get("from")), str(asked.get("to")))}
            case "inputs":
                return {"type": "code", "code": details.code(number, self._shell.user_ns)}
            case _:
                # With the key it was asked with, so that what is asked about it is asked of the same run.
                return {"type": "details", "details": {"key": str(asked.get("key") or ""), **details.task_run(number)}}

    def _cells(self) -> dict[str, int]:
        """The names under which the shell has compiled its cells, to their execution counts."""
        return dict(getattr(getattr(self._shell, "compile", None), "_filename_map", {}))


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


_loaded: dict[int, LiveGraphs] = {}


def load_ipython_extension(shell: Any) -> None:
    """Let graphs and recorded runs be live in this shell; loading it twice changes nothing."""
    if id(shell) in _loaded:
        return
    graphs = _loaded[id(shell)] = LiveGraphs(shell)
    with suppress(JupyterFlowsError):  # of the settings: the first run will tell it
        graphs.look_on()
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type(RunGraph, graphs.show)
    formatter.for_type(RecordedRun, lambda run: graphs.show(run.graph()))
    shell.events.register("post_run_cell", graphs.finish_cell)


def unload_ipython_extension(shell: Any) -> None:
    """Show graphs as still pictures again."""
    graphs = _loaded.pop(id(shell), None)
    if graphs is None:
        return
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.pop(RunGraph, None)
    formatter.pop(RecordedRun, None)
    shell.events.unregister("post_run_cell", graphs.finish_cell)
    graphs.close()
