from __future__ import annotations

import pytest

from jupyter_flows.graph.node import Node
from jupyter_flows.graph.picture import picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.widget.output import Output, can_be_live

GRAPH = RunGraph(picture([Node("1", "extract")]))


@pytest.mark.parametrize(
    ("setting", "metadata", "live"),
    [
        ("auto", {"cellId": "abc"}, True),
        ("auto", {}, False),
        ("always", {}, True),
        ("never", {"cellId": "abc"}, False),
    ],
)
def test_a_graph_is_live_where_the_request_names_its_cell_or_the_setting_says_so(shell, setting, metadata, live):
    shell.get_parent()["metadata"] = metadata
    assert can_be_live(shell, setting) is live


def test_a_shell_without_requests_shows_still_pictures():
    assert can_be_live(object(), "auto") is False


def test_every_saved_bundle_stands_for_itself(shell):
    output = Output(shell)
    output.show(GRAPH)
    output.replace(GRAPH)
    (first, display, _), (second, again, is_update) = shell.shown
    assert display == again == output.id
    assert is_update
    assert first == second
    assert set(first) == {"text/plain", "text/html", "image/svg+xml"}
    assert f"jupyter-flows-{output.id}" in first["text/html"]
    assert "script" not in first["text/html"]


def test_in_a_kernel_a_late_picture_belongs_to_its_own_cell(shell):
    sent = []

    class Session:
        def send(self, *args, **kwargs):
            sent.append((args, kwargs))

    shell.display_pub.session, shell.display_pub.pub_socket, shell.display_pub.topic = Session(), object(), b"topic"
    own = shell.get_parent()
    output = Output(shell)
    shell._parent = {"metadata": {}, "header": {"msg_id": "another cell"}}
    output.replace(GRAPH)
    output.replace_now(GRAPH)
    assert [kwargs["parent"] for _, kwargs in sent] == [own, shell.get_parent()]
    assert {args[1] for args, _ in sent} == {"update_display_data"}
