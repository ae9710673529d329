"""Blocks that tell others, saved with their addresses hidden."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from jupyter_flows.blocks import Email, SlackWebhook, Webhook
from jupyter_flows.errors import NotifyError
from tests.unit.notify.sinks import HttpSink, MailSink, serving


@pytest.fixture(autouse=True)
def _own_key(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_SECRET_KEY_FILE", str(tmp_path / "key"))


def test_a_saved_webhook_posts_with_its_headers(harness):
    with serving(HttpSink(200, 200, 500)) as sink:
        Webhook(url=SecretStr(sink.url), headers={"X-Token": SecretStr("hunter2-and-more")}).save("hook")
        hook = Webhook.load("hook")
        hook.call({"a": 1})
        hook.notify("rows are late", "daily")
        with pytest.raises(NotifyError, match="it answers 500"):
            hook.call({})
    assert sink.received[0] == {"a": 1}
    assert (sink.received[1]["title"], sink.received[1]["facts"]) == ("daily", {"text": "rows are late"})
    assert sink.url not in repr(hook)
    assert sink.url.encode() not in harness.settings.flows_dir.joinpath("flows.db").read_bytes()


def test_a_chat_and_a_mailbox_are_written_to():
    with serving(HttpSink()) as chat, serving(MailSink()) as post:
        SlackWebhook(url=SecretStr(chat.url)).notify("rows are late")
        Email(to=["you@example.com"], host="127.0.0.1", port=post.port, security="none").notify("late", "daily")
    assert "rows are late" in chat.received[0]["text"]
    assert "Subject:" in post.received[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Webhook(url=SecretStr("file:///etc/passwd")),
        lambda: Email(to=[]),
        lambda: Email(to=["a@b\r\nBcc: c@d"]),
        lambda: Email(to=["a@b"], port=0),
        lambda: Email(to=["a@b"], security="tls"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_work_is_refused_when_it_is_made(make):
    with pytest.raises((ValidationError, NotifyError)):
        make()
