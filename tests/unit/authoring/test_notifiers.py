"""Notifiers tell of states, and never touch the run."""

from __future__ import annotations

import pytest

from jupyter_flows import Failed, flow, task
from jupyter_flows.authoring.notifiers import OUTBOX, email_notifier, slack_notifier, webhook_notifier
from jupyter_flows.errors import BadOption
from jupyter_flows.model.states import completed, failed, running
from jupyter_flows.secrets.resolved import register
from tests.unit.notify.sinks import HttpSink, MailSink, closed_port, serving

PASSWORD = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _sent():
    yield
    assert OUTBOX.wait(60)


def run_failing(handler, hooks=()):
    @task(state_handlers=[handler] if handler else [], on_failure=list(hooks))
    def clean(rows):
        raise ValueError(f"no rows, {PASSWORD}")

    @flow
    def daily():
        return clean(0)

    with pytest.raises(ValueError, match="no rows"):
        daily()


def test_a_chat_is_told_of_the_failed_task_its_error_and_its_run(monkeypatch):
    monkeypatch.setenv("CHAT", PASSWORD)
    with serving(HttpSink()) as sink:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", sink.url)
        run_failing(slack_notifier(only_states=[Failed]))
        assert OUTBOX.wait(60)
    (told,) = sink.received
    text = str(told)
    assert "clean: Failed" in told["text"]
    for wanted in ("daily", "ValueError: no rows", "jupyter flows why"):
        assert wanted in text


def test_it_is_a_handler_without_options_too(monkeypatch):
    with serving(HttpSink()) as sink:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", sink.url)
        run_failing(slack_notifier)
        assert OUTBOX.wait(60)
    assert len(sink.received) == 1


def test_it_is_a_hook_too():
    with serving(HttpSink()) as sink:
        run_failing(None, [webhook_notifier(sink.url)])
        assert OUTBOX.wait(60)
    (told,) = sink.received
    assert (told["state"], told["culprit"], told["subject"]) == ("Failed", "clean", "daily")


def test_a_mail_is_sent():
    with serving(MailSink()) as sink:
        run_failing(email_notifier("you@example.com", host="127.0.0.1", port=sink.port, security="none"))
        assert OUTBOX.wait(60)
    assert "failed in: clean" in sink.received[0]


def test_sinks_that_are_down_change_nothing(monkeypatch, caplog):
    port = closed_port()
    monkeypatch.setenv("SLACK_WEBHOOK_URL", f"http://127.0.0.1:{port}/x")
    monkeypatch.setattr(OUTBOX, "_pause", 0.0)
    for handler in (
        slack_notifier,
        slack_notifier(webhook_secret="NOT_THERE"),
        webhook_notifier(f"http://127.0.0.1:{port}/x"),
        email_notifier("you@example.com", host="127.0.0.1", port=port, security="none"),
    ):
        run_failing(handler)
    assert OUTBOX.wait(60)
    assert caplog.text.count("was not sent") == 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, [False, True, True]),
        ({"only_states": ["Failed"]}, [False, False, True]),
        ({"only_states": "running"}, [True, False, False]),
        ({"only_states": [Failed, "Completed"], "ignore_states": ["completed"]}, [False, False, True]),
        ({"ignore_states": [Failed]}, [False, True, False]),
    ],
)
def test_which_states_are_told(options, told):
    notifier = slack_notifier(**options)
    assert [notifier.is_for(state) for state in (running(0.0), completed(0.0), failed(0.0))] == told


@pytest.mark.parametrize(
    "make",
    [
        lambda: slack_notifier(only_states=[1]),
        webhook_notifier,
        lambda: webhook_notifier("http://a/b", secret="X"),
        lambda: email_notifier([]),
        lambda: email_notifier("you"),
        lambda: email_notifier("a@b\r\nBcc: c@d"),
        lambda: email_notifier("a@b", security="tls"),
    ],
)
def test_what_cannot_be_meant_is_refused(make):
    with pytest.raises(BadOption):
        make()


def test_no_message_shows_a_secret():
    register(PASSWORD)
    with serving(HttpSink()) as hook, serving(MailSink()) as mail:
        run_failing(webhook_notifier(hook.url))
        run_failing(email_notifier("you@example.com", host="127.0.0.1", port=mail.port, security="none"))
        assert OUTBOX.wait(60)
    assert PASSWORD not in str(hook.received) + str(mail.received)
    assert "no rows, ••••••" in hook.received[0]["error"]
