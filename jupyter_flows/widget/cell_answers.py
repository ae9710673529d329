"""What the page asks of a graph whose boxes are runs of their own: the cells of a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jupyter_flows.engine.ports import RunReader
from jupyter_flows.widget import controls
from jupyter_flows.widget.run_details import RunDetails
from jupyter_flows.widget.snapshot import Json

_NO_TIMELINE = "each cell is a run of its own: open one for its times"


def answer_about_cells(
    reader: RunReader, boxes: Mapping[str, tuple[str, int]], asked: Json, details: Callable[[str], RunDetails]
) -> Json | None:
    """Answer a question about cells; None where there is nothing to say.

    Parameters
    ----------
    boxes
        Key of a box to the flow run and the number of its task run in it.
    details
        Makes the details of a flow run.
    """
    match asked.get("type"):
        case "cancel":
            return {"type": "said", "text": _cancel(reader, {run_id for run_id, _ in boxes.values()})}
        case "timeline":
            nothing: Json = {"rows": [], "ticks": [], "now": None, "sentence": "", "looks": {}}
            return {"type": "timeline", "timeline": {**nothing, "notice": _NO_TIMELINE}}
        case "box" | "task_run" | "inputs" as kind:
            key = str(asked.get("key"))
            if key not in boxes:
                return {"type": "details", "details": {"key": key, "gone": True}}
            run_id, number = boxes[key]
            return _told(details(run_id), kind, key, number)
        case _:
            return None


def _told(details: RunDetails, kind: str, key: str, number: int) -> Json:
    if kind == "inputs":
        return {"type": "code", "code": details.code(number, {})}
    return {"type": "details", "details": {"key": key, **details.task_run(number)}}


def _cancel(reader: RunReader, run_ids: set[str]) -> str:
    live = [run_id for run_id in run_ids if not reader.flow_run(run_id).state.is_final()]
    for run_id in live:
        controls.cancel(reader, run_id)
    return "asked it to stop" if live else "no cell runs"
