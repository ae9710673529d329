"""What this process has resolved is taken out; what is too short is said to be shown."""

from __future__ import annotations

import logging

import pytest

from jupyter_flows.secrets import resolved


def test_nothing_is_changed_while_no_secret_is_known():
    value = {"a": ["text"]}
    assert resolved.redactor() is None
    assert resolved.redact("text") == "text"
    assert resolved.redact_json(value) is value


def test_who_listens_hears_of_each_secret_once():
    heard: list[str] = []
    resolved.listen(heard.append)
    for text in ("first-secret", "second-secret", "first-secret"):
        resolved.register(text)
    assert heard == ["first-secret", "second-secret"]
    assert resolved.redact("first-secret, second-secret") == "••••••, ••••••"
    assert resolved.redact_data(b"first-secret") == "••••••".encode()


def test_one_that_is_too_short_is_warned_of_once(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            resolved.register("short", "PIN")
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "secret 'PIN' has fewer than 6 characters"
    ]
    assert resolved.redact("short") == "short"
