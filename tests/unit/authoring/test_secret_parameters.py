"""Secrets as parameters of flows: by reference, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import Flow, Parameter, ParameterError, Secret, flow, runtime, task
from jupyter_flows.errors import SecretNotFound
from jupyter_flows.model.runs import RunFilter
from jupyter_flows.wiring import current_reader, use_session

TEXT = "hush-hush-17"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CHAT_TOKEN", TEXT)
    use_session(None)
    yield
    use_session(None)


def newest_parameters() -> str:
    reader = current_reader()
    (run, *_) = reader.flow_runs(RunFilter())
    reader.close()
    assert run.lost_parameters == ()
    return run.parameters


def test_the_flow_gets_the_value_and_the_run_only_the_name():
    @flow
    def login(token: str, more: int = 1) -> tuple[bool, object]:
        assert runtime.flow_run is not None
        return token == TEXT, runtime.flow_run.parameters["token"]

    given: Any = Secret("CHAT_TOKEN")
    assert login(given) == (True, "secret:CHAT_TOKEN")
    assert newest_parameters() == '{"token": {"$secret": "CHAT_TOKEN"}, "more": 1}'


def test_a_number_is_kept_by_reference_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIN", "123456789")

    @flow
    def login(pin: int) -> bool:
        return pin == 123456789

    given: Any = Secret("PIN")
    assert login(pin=given)
    assert newest_parameters() == '{"pin": {"$secret": "PIN"}}'


def test_who_wants_the_object_gets_it():
    @flow
    def login(token: Secret) -> bool:
        return isinstance(token, Secret) and token.get() == TEXT

    assert login(Secret("CHAT_TOKEN"))
    assert newest_parameters() == '{"token": {"$secret": "CHAT_TOKEN"}}'


def test_it_is_looked_up_again_when_the_run_is_taken_up_again():
    attempts: list[str] = []

    @flow
    def login(token: str) -> int:
        attempts.append(token)
        if len(attempts) == 1:
            raise ConnectionError("away")
        return len(attempts)

    given: Any = Secret("CHAT_TOKEN")
    login(given, return_state=True)
    assert login.resume() == 2
    assert attempts == [TEXT, TEXT]


def test_one_that_is_not_there_is_missed_before_anything_runs():
    @flow
    def login(token: str) -> None: ...

    given: Any = Secret("NOT_THERE")
    with pytest.raises(SecretNotFound, match="NOT_THERE"):
        login(given)
    reader = current_reader()
    assert reader.flow_runs(RunFilter()) == []
    reader.close()


def test_a_plain_text_that_looks_like_one_is_refused_unless_the_flow_allows_it():
    @flow
    def login(token: str, day: str = "") -> str:
        return day

    with pytest.raises(ParameterError) as caught:
        login("visible", day="AKIA" + "ABCDEFGHIJKLMNOP")
    assert set(caught.value.problems) == {"token", "day"}
    assert "visible" not in str(caught.value)
    assert "AKIA" not in str(caught.value)
    assert login.with_options(allow_secret_looking=True)("visible", day="Monday") == "Monday"


def test_a_declared_flow_gets_the_value_and_its_run_only_the_name():
    seen: list[object] = []

    @task
    def look(token: str) -> str:
        seen.append(token)
        if len(seen) == 1:
            raise ConnectionError(f"away with {token}")
        return "in"

    with Flow("declared-login") as login:
        look(Parameter("token"))  # pyright: ignore[reportArgumentType]
    state = login.run(token=Secret("CHAT_TOKEN"))
    assert state.is_failed()
    assert newest_parameters() == '{"token": {"$secret": "CHAT_TOKEN"}}'
    assert login.resume().is_completed()
    assert seen == [TEXT, TEXT]


def test_a_declared_flow_refuses_what_looks_like_one_unless_it_allows_it():
    with Flow("declared-login") as login:
        Parameter("token").placed()
    with pytest.raises(ParameterError, match="token"):
        login.run(token="visible")
    with pytest.raises(SecretNotFound):
        login.run(token=Secret("NOT_THERE"))
    allowing = login.allowing_secret_looking()
    assert allowing.spec == login.spec
    assert allowing.run(token="visible").is_completed()
