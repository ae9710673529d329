"""One POST, to the address that was named."""

from __future__ import annotations

import pytest

from jupyter_flows.errors import NotifyError
from jupyter_flows.notify.webhook import post
from tests.unit.notify.sinks import HttpSink, closed_port, serving, silent_port


def test_a_body_arrives():
    with serving(HttpSink()) as sink:
        post(sink.url, {"text": "ünï"})
    assert sink.received == [{"text": "ünï"}]


@pytest.mark.parametrize(("answer", "again"), [(500, True), (503, True), (429, True), (404, False), (403, False)])
def test_an_answer_that_is_no_success_is_told(answer, again):
    with serving(HttpSink(answer)) as sink, pytest.raises(NotifyError, match=f"it answers {answer}") as told:
        post(sink.url, {})
    assert told.value.again is again
    assert "/hook" not in str(told.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "to", ["elsewhere", "file:///etc/passwd", "http://169.254.169.254/latest", "gopher://127.0.0.1/x"]
)
def test_a_redirect_is_not_followed(status: int, to: str):
    with serving(HttpSink()) as inner:
        place = inner.url if to == "elsewhere" else to
        with serving(HttpSink(status, leads_to=place)) as sink, pytest.raises(NotifyError, match="redirect") as told:
            post(sink.url, {})
    assert not told.value.again
    assert inner.received == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host/x",
        "gopher://host/x",
        "host/path",
        "http://",
        "http://[::1",
        "http://host:port/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/x",
    ],
)
def test_an_address_that_no_hook_can_have_is_refused(url):
    with pytest.raises(NotifyError) as told:
        post(url, {})
    assert not told.value.again


def test_whoever_does_not_answer_is_not_waited_for():
    with silent_port() as port, pytest.raises(NotifyError, match="no answer within") as told:
        post(f"http://127.0.0.1:{port}/x", {}, seconds=0.05)
    assert told.value.again


def test_nobody_there_is_told():
    with pytest.raises(NotifyError, match=r"webhook http://127\.0\.0\.1") as told:
        post(f"http://127.0.0.1:{closed_port()}/secret-path", {})
    assert "secret-path" not in str(told.value)
