from __future__ import annotations

import json

import pytest

from jupyter_flows.notebooks.kernel.wire import Wire


@pytest.mark.parametrize("key", ["secret", ""])
def test_what_one_end_writes_the_other_reads(key):
    sent, frames = Wire(key).encode("execute_request", {"code": "1"}, {"cellId": "a"})
    read = Wire(key).decode("shell", [b"somebody", *frames, b"binary"])
    assert sent
    assert (read.channel, read.type, read.parent_id) == ("shell", "execute_request", "")
    assert (read.content, read.metadata, read.buffers) == ({"code": "1"}, {"cellId": "a"}, (b"binary",))
    assert read.at.startswith("20")


def test_each_message_has_an_id_of_its_own():
    wire = Wire("k")
    assert wire.encode("a", {}, {})[0] != wire.encode("a", {}, {})[0]


def test_a_lone_surrogate_travels():
    _, frames = Wire("k").encode("a", {"text": "\ud800"}, {})
    assert Wire("k").decode("iopub", frames).content == {"text": "\ud800"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frames: [frames[0], b"0" * 64, *frames[2:]],
        lambda frames: [*frames[:-1], b'{"other": 1}'],
        lambda frames: frames[1:],
        lambda frames: frames[:3],
    ],
    ids=["signature", "content", "delimiter", "parts"],
)
def test_a_message_of_somebody_else_is_refused(spoil):
    _, frames = Wire("k").encode("a", {"text": "x"}, {})
    with pytest.raises(ValueError):
        Wire("k").decode("iopub", spoil(frames))


def test_answers_to_one_request_and_to_another_are_told_apart():
    kernel, client = Wire("k"), Wire("k")
    found = []
    for parent in ({"msg_id": "a"}, {"msg_id": "a"}, {"msg_id": "b"}, {}, {"msg_id": "a"}):
        _, (delimiter, _, header, _, metadata, content) = kernel.encode("status", {}, {"m": 1})
        parts = [header, json.dumps(parent).encode(), metadata, content]
        message = client.decode("iopub", [delimiter, kernel._sign(parts), *parts])
        found.append((message.parent_id, message.metadata))
    assert found == [(name, {"m": 1}) for name in ("a", "a", "b", "", "a")]
