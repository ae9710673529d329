"""What waits to be sent: bounded, tried again where that may help, and never the run's affair."""

from __future__ import annotations

import threading

import pytest

from jupyter_flows.errors import NotifyError
from jupyter_flows.notify.outbox import TRIES, Outbox


def test_all_is_sent_in_order():
    sent, outbox = [], Outbox()
    for number in range(100):
        outbox.put("one", lambda number=number: sent.append(number))
    assert outbox.wait(60)
    assert sent == list(range(100))


@pytest.mark.parametrize(("again", "tries"), [(True, TRIES), (False, 1)])
def test_a_failure_is_tried_again_where_that_may_help(again, tries, caplog):
    calls, outbox = [], Outbox(pause=0.0)

    def send():
        calls.append(1)
        raise NotifyError("webhook http://host", "down", "look", again=again)

    outbox.put("slack", send)
    assert outbox.wait(60)
    assert len(calls) == tries
    assert "slack was not sent: webhook http://host: down; look" in caplog.text


def test_an_error_of_any_kind_is_logged_and_the_next_is_sent(caplog):
    sent, outbox = [], Outbox()
    outbox.put("bad", lambda: 1 / 0)
    outbox.put("good", lambda: sent.append(1))
    assert outbox.wait(60)
    assert sent == [1]
    assert "ZeroDivisionError" in caplog.text


def test_more_than_may_wait_is_dropped_and_said_once(caplog):
    goes_on, begun, sent = threading.Event(), threading.Event(), []
    outbox = Outbox(most=3)
    outbox.put("first", lambda: (begun.set(), goes_on.wait(60)))
    begun.wait(60)
    for number in range(10_000):
        outbox.put("one", lambda number=number: sent.append(number))
    assert not outbox.wait(0.0)
    goes_on.set()
    assert outbox.wait(60)
    assert sent == [0, 1, 2]
    assert caplog.text.count("dropped") == 1
