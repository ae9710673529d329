"""Messages of automations: each names what failed; who does not take them changes nothing for anybody else."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from jupyter_flows import Automation, flow, task
from jupyter_flows.automations import CancelRun, Notify, on_event, on_failure
from jupyter_flows.blocks import Email, SlackWebhook, Webhook
from jupyter_flows.notify import outbox
from jupyter_flows.secrets.resolved import register
from jupyter_flows.services.automating import Automating
from jupyter_flows.settings import Settings, load_settings
from jupyter_flows.store import open_automations, open_events, open_firings
from jupyter_flows.store.firings import OpenFiring
from jupyter_flows.wiring import current_settings, use_session
from tests.unit.notify.sinks import HttpSink, MailSink, closed_port, serving

CANARY = "canary-3f9a1c"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(outbox.Outbox.__init__, "__defaults__", (outbox.MOST, 0.0))  # no pause between tries
    use_session(load_settings())
    yield current_settings()
    use_session(None)


@task(name="load rows")
def load_rows(day: str) -> None:
    raise ValueError(f"no rows on {day} <!channel> \x1b[31m")


@flow(name="daily")
def daily() -> None:
    load_rows("2026-11-21")


def fail() -> tuple[str, float]:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="no rows"):
        daily()
    took = time.perf_counter() - began
    with open_events(current_settings()) as events:
        return next(one.run_id for one in events.newest(9) if one.is_end), took


def act(settings: Settings) -> Automating:
    """Look, and wait until every message was taken or given up."""
    now = Automating(settings)
    now.look()
    now._actor.close()
    return now


def fired(settings: Settings, name: str) -> list[OpenFiring]:
    with open_automations(settings) as automations, open_firings(settings) as firings:
        return firings.of(automations.get(name).id)


def test_each_kind_of_sink_is_told_which_task_failed_why_and_in_which_run(settings: Settings):
    with serving(HttpSink()) as chat, serving(HttpSink()) as hook, serving(MailSink()) as mail:
        SlackWebhook(url=SecretStr(chat.url)).save("team")
        Webhook(url=SecretStr(hook.url), headers={"X-Key": SecretStr(CANARY)}).save("hook")
        Email(to=["ops@example.com"], host="127.0.0.1", port=mail.port, security="none").save("ops")
        told = [Notify("slack-webhook/team"), Notify("webhook/hook"), Notify("email/ops")]
        Automation("alert", trigger=on_failure(), actions=told).apply()
        run_id, _ = fail()
        act(settings).stop()
        texts = json.dumps(chat.received, ensure_ascii=False), hook.received[0]["text"], mail.received[0]
    for text in texts:
        for word in (
            "daily",
            "Failed",
            "load rows",
            "ValueError",
            "no rows on 2026-11-21",
            run_id,
            "jupyter flows why",
        ):
            assert word in text
        assert "\x1b" not in text
    assert "<!channel>" not in texts[0]
    assert hook.received[0]["culprit"].startswith("load rows (test_acting.py, line ")
    (firing,) = fired(settings, "alert")
    assert firing.outcome == ("told slack-webhook/team", "told webhook/hook", "told email/ops")


def test_sinks_that_are_down_are_tried_and_given_up_and_the_run_knows_nothing_of_it(
    settings: Settings, caplog: pytest.LogCaptureFixture
):
    gone = f"http://127.0.0.1:{closed_port()}/{CANARY}"
    with serving(HttpSink(500, 500, 500)) as broken:
        SlackWebhook(url=SecretStr(gone)).save("team")
        Webhook(url=SecretStr(broken.url)).save("hook")
        Email(to=["ops@example.com"], host="127.0.0.1", port=closed_port(), security="none").save("ops")
        told = [Notify("slack-webhook/team"), Notify("webhook/hook"), Notify("email/ops"), CancelRun("none")]
        Automation("alert", trigger=on_failure(), actions=told).apply()
        run_id, _ = fail()
        with caplog.at_level(logging.WARNING, logger="jupyter_flows.notify"):
            now = act(settings)
        events = now.told()
        now.stop()
        assert len(broken.received) == 3
    with open_events(settings) as stored:
        assert [one.state for one in stored.newest(9, run_id=run_id)] == ["Pending", "Running", "Failed"]
    (firing,) = fired(settings, "alert")
    assert [text.split(":")[0] for text in firing.outcome] == [
        "not told slack-webhook/team",
        "not told webhook/hook",
        "not told email/ops",
        "refused",
    ]
    assert [event.kind for event in events] == ["trouble"] * 4
    assert CANARY not in caplog.text + str(firing) + str(events)


def test_one_who_does_not_answer_delays_nobody_else(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    from threading import Event

    answered, sent = Event(), []

    def send(_: Any, action: Notify, notice: Any) -> None:
        if action.secret == "SLOW":
            assert answered.wait(30)
        sent.append(action.secret)

    monkeypatch.setattr("jupyter_flows.services.acting.send", send)
    for name in ("SLOW", "QUICK"):
        Automation(name, trigger=on_event("go"), actions=Notify(secret=name)).apply()
    with open_events(settings) as events:
        events.add(time.time(), "go")
    now = Automating(settings)
    now.look()
    assert now._actor._outboxes["secret QUICK"].wait(30)
    assert sent == ["QUICK"]
    answered.set()
    now.stop()
    assert sent == ["QUICK", "SLOW"]


def test_a_message_that_is_not_taken_yet_delays_no_other_action_of_its_firing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    from threading import Event

    answered = Event()

    def send(_: Any, action: Notify, notice: Any) -> None:
        assert action.secret != "SLOW" or answered.wait(30)

    monkeypatch.setattr("jupyter_flows.services.acting.send", send)
    actions = [Notify(secret="SLOW"), CancelRun("none"), Notify(secret="QUICK")]
    Automation("alert", trigger=on_event("go"), actions=actions).apply()
    with open_events(settings) as events:
        events.add(time.time(), "go")
    now = Automating(settings)
    now.look()
    assert now._actor._outboxes["secret QUICK"].wait(30)
    (firing,) = fired(settings, "alert")
    assert [text.partition(":")[0] for text in firing.outcome] == ["", "refused", "told secret QUICK"]
    assert (firing.actions_done, firing.done_at) == (2, None)
    answered.set()
    now.stop()
    (firing,) = fired(settings, "alert")
    told = ["told secret SLOW", "refused", "told secret QUICK"]
    assert [text.partition(":")[0] for text in firing.outcome] == told
    assert firing.done_at is not None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("file:///etc/passwd", "scheme"),
        ("http://169.254.169.254/latest", "address of the link itself"),
        ("not an address", "scheme"),
    ],
)
def test_addresses_that_are_no_webhook_are_refused_and_not_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str, words: str
):
    monkeypatch.setenv("HOOK", address)
    Automation("alert", trigger=on_event("go"), actions=Notify(secret="HOOK", form="slack")).apply()
    with open_events(settings) as events:
        events.add(time.time(), "go")
    act(settings).stop()
    (firing,) = fired(settings, "alert")
    assert words in firing.outcome[0]
    assert address not in str(firing)


def test_a_redirect_is_not_followed_and_a_missing_secret_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    with serving(HttpSink(302)) as sink:
        monkeypatch.setenv("HOOK", sink.url)
        Automation("alert", trigger=on_event("go"), actions=[Notify(secret="HOOK"), Notify(secret="GONE")]).apply()
        with open_events(settings) as events:
            events.add(time.time(), "go")
        act(settings).stop()
    (firing,) = fired(settings, "alert")
    assert "redirect" in firing.outcome[0]
    assert "jupyter flows secret set GONE" in firing.outcome[1]


def test_no_outcome_of_an_action_shows_a_secret(settings: Settings):
    Automation("alert", trigger=on_event("go"), actions=CancelRun(CANARY)).apply()
    with open_events(settings) as events:
        events.add(time.time(), "go")
    register(CANARY)
    now = act(settings)
    (event,), (firing,) = now.told(), fired(settings, "alert")
    now.stop()
    assert firing.outcome[0].startswith("refused: there is no run")
    assert CANARY not in str(firing) + str(event)


def test_a_message_of_many_events_says_how_many(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    with serving(HttpSink()) as sink:
        monkeypatch.setenv("HOOK", sink.url)
        Automation("alert", trigger=on_event("go"), actions=Notify(secret="HOOK"), window=0.01).apply()
        with open_events(settings) as events:
            for number in range(20):
                events.add(time.time(), "go", payload=json.dumps({"n": number}))
        act(settings).stop()
        time.sleep(0.02)  # until the window is over
        act(settings).stop()
    assert [one["facts"].get("and") for one in sink.received] == [None, "18 more of these in 0.01s"]
    assert sink.received[1]["facts"]["n"] == "19"
