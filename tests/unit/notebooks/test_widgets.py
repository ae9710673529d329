from __future__ import annotations

from typing import Any

from jupyter_flows.notebooks.widgets import STATE_MIME, Widgets

SLIDER = {"_model_name": "IntSliderModel", "_model_module": "m", "_model_module_version": "2", "value": 1}
OUTPUT = {"_model_name": "OutputModel", "_model_module": "@jupyter-widgets/output", "_model_module_version": "1"}


def opened(widgets: Widgets, comm_id: str, state: dict[str, Any]) -> None:
    widgets.told("comm_open", {"comm_id": comm_id, "data": {"state": state, "buffer_paths": []}})


def update(widgets: Widgets, comm_id: str, **state: Any) -> None:
    widgets.told("comm_msg", {"comm_id": comm_id, "data": {"method": "update", "state": state}})


def states(widgets: Widgets) -> Any:
    metadata = widgets.metadata()
    assert metadata is not None
    return metadata[STATE_MIME]["state"]


def test_without_widgets_there_is_nothing_to_keep() -> None:
    widgets = Widgets()
    widgets.told("comm_msg", {"comm_id": 1, "data": "x"})
    widgets.told("comm_close", {})
    assert widgets.metadata() is None
    assert widgets.caught("r", "stream", {"name": "stdout", "text": "x"}) is None


def test_the_last_state_is_kept_with_its_buffers() -> None:
    widgets = Widgets()
    opened(widgets, "a", SLIDER)
    update(widgets, "a", value=7)
    widgets.told("comm_msg", {"comm_id": "a", "data": {"state": {}, "buffer_paths": [["x"]]}}, [b"\x00\x01"])
    update(widgets, "no-model", value=1)
    assert states(widgets) == {
        "a": {
            "model_name": "IntSliderModel",
            "model_module": "m",
            "model_module_version": "2",
            "state": {**SLIDER, "value": 7},
            "buffers": [{"data": "AAE=", "encoding": "base64", "path": ["x"]}],
        }
    }


def test_an_output_widget_catches_what_is_said_inside_it() -> None:
    widgets = Widgets()
    opened(widgets, "out", OUTPUT)
    stream = {"name": "stdout", "text": "x"}
    assert widgets.caught("request", "stream", stream) is None
    update(widgets, "out", msg_id="request")
    assert widgets.caught("other", "stream", stream) is None
    assert widgets.caught("request", "status", {}) is None
    told = widgets.caught("request", "stream", stream)
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    assert told == {"comm_id": "out", "data": {"method": "update", "state": {"outputs": outputs}, "buffer_paths": []}}
    update(widgets, "out", msg_id="")
    assert widgets.caught("request", "stream", stream) is None
    assert states(widgets)["out"]["state"]["outputs"] == outputs


def test_nested_output_widgets_catch_innermost_first() -> None:
    widgets = Widgets()
    for name in ("outer", "inner"):
        opened(widgets, name, OUTPUT)
        update(widgets, name, msg_id="r")
    inner = widgets.caught("r", "stream", {"name": "stdout", "text": "x"})
    update(widgets, "inner", msg_id="")
    outer = widgets.caught("r", "clear_output", {})
    assert inner is not None and outer is not None
    assert (inner["comm_id"], outer["comm_id"]) == ("inner", "outer")
