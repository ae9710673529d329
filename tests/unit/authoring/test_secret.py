"""Secrets: found by their name at run time, never in a graph, a repr or the store."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false

from __future__ import annotations

import json
import pickle

import pytest

from jupyter_flows import EnvVarSecret, Flow, PrefectSecret, Secret, flow, task
from jupyter_flows.authoring.secret import SOURCES
from jupyter_flows.errors import BadGraph, BadOption, SecretNotFound

OURS, CLASSIC = "JUPYTER_FLOWS__CONTEXT__SECRETS__", "PREFECT__CONTEXT__SECRETS__"
TEXT = "hunter2-and-more"


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        (OURS + "TOKEN", "TOKEN"),
        (CLASSIC + "TOKEN", "TOKEN"),
        (OURS + "token", "token"),
        (OURS + "TOKEN", "token"),
        (OURS + "SLACK_URL", "slack-url"),
    ],
)
def test_a_secret_is_found_in_the_environment(monkeypatch, variable, name):
    assert not Secret(name).exists()
    monkeypatch.setenv(variable, TEXT)
    assert Secret(name).exists()
    assert Secret(name).get() == TEXT


def test_our_variable_comes_before_the_classic_one(monkeypatch):
    monkeypatch.setenv(CLASSIC + "TOKEN", "classic")
    monkeypatch.setenv(OURS + "TOKEN", "ours")
    assert Secret("TOKEN").get() == "ours"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"user": ["me", 1]}', {"user": ["me", 1]}),
        ("17", 17),
        ('"quoted"', "quoted"),
        ("{broken", "{broken"),
        ("", ""),
    ],
)
def test_a_secret_in_json_is_what_it_says(monkeypatch, text, wanted):
    monkeypatch.setenv(OURS + "TOKEN", text)
    assert Secret("TOKEN").get() == wanted


def test_a_text_of_a_secret_does_not_show_in_a_repr(monkeypatch):
    monkeypatch.setenv(OURS + "TOKEN", json.dumps({"password": [TEXT]}))
    found = Secret("TOKEN").get()
    assert repr(found) == "{'password': ['********']}"
    text = found["password"][0]
    assert (f"{text}!", str(text), json.dumps(text)) == (f"{TEXT}!", TEXT, f'"{TEXT}"')
    assert repr(pickle.loads(pickle.dumps(text))) == "'********'"
    assert repr(Secret("TOKEN")) == "<Secret TOKEN>"


def test_a_missing_secret_says_what_to_set():
    wanted = f"no secret 'api-key'; keep it by .*, or set the environment variable {OURS}api_key"
    with pytest.raises(SecretNotFound, match=wanted):
        Secret("api-key").get()
    assert issubclass(SecretNotFound, ValueError)
    assert str(pickle.loads(pickle.dumps(SecretNotFound("a", "b")))) == "there is no secret 'a'; b"


def test_another_source_is_asked_after_the_environment(monkeypatch):
    monkeypatch.setattr("jupyter_flows.authoring.secret.SOURCES", [*SOURCES, {"TOKEN": "kept", "OTHER": "o"}.get])
    assert (Secret("TOKEN").get(), Secret("OTHER").get()) == ("kept", "o")
    monkeypatch.setenv(OURS + "TOKEN", "environment")
    assert Secret("TOKEN").get() == "environment"


def test_a_secret_has_no_value_while_a_flow_is_built(monkeypatch):
    monkeypatch.setenv(OURS + "TOKEN", TEXT)
    with Flow("f"), pytest.raises(BadGraph, match="flow 'f': secret 'TOKEN' has no value while a flow is built"):
        Secret("TOKEN").get()


@task
def use(token, fail=False):
    if fail:
        raise ValueError("refused")
    return len(token)


def test_a_secret_as_a_task_is_looked_up_when_the_flow_runs(monkeypatch, harness):
    with Flow("f") as f:
        found = use(PrefectSecret("TOKEN"))
        failing = use(PrefectSecret("TOKEN", retries=1), fail=True)
    monkeypatch.setenv(OURS + "TOKEN", TEXT)
    state = f.run()
    assert (state[found].result(), state[failing].name) == (len(TEXT), "Failed")
    assert [failure.message for failure in harness.reader.failures(state.run_id) if TEXT in repr(failure)] == []
    assert TEXT not in json.dumps(f.serialize())
    assert TEXT not in repr(state) + repr(state[found]) + repr(f.visualize(state))
    monkeypatch.delenv(OURS + "TOKEN")
    assert "no secret 'TOKEN'" in f.run()[f.tasks[0]].message


def test_the_inputs_of_a_failure_do_not_show_a_secret(monkeypatch, history):
    @flow
    def calls():
        use(Secret("TOKEN").get(), fail=True)

    monkeypatch.setenv(OURS + "TOKEN", TEXT)
    with pytest.raises(ValueError, match="refused"):
        calls()
    assert {"token": "'********'", "fail": "True"} in [failure.inputs for failure in history.failures()]


def test_an_environment_variable_as_a_task(monkeypatch):
    with Flow("f") as f:
        texts = [EnvVarSecret("SOME_PORT")(), EnvVarSecret("SOME_PORT", cast=int)(), EnvVarSecret("NOT_SET")()]
        missing = EnvVarSecret("NOT_SET", raise_if_missing=True)()
    monkeypatch.setenv("SOME_PORT", "80")
    state = f.run()
    assert [state[node].result() for node in texts] == ["80", 80, None]
    assert "set this environment variable" in state[missing].message


@pytest.mark.parametrize("kind", [PrefectSecret, EnvVarSecret])
def test_a_secret_task_keeps_nothing(kind):
    with pytest.raises(BadOption, match="never kept"):
        kind("TOKEN", persist_result=True)


@pytest.mark.parametrize("kind", [Secret, PrefectSecret, EnvVarSecret])
def test_a_secret_needs_a_name(kind):
    with pytest.raises(BadOption, match="give a text"):
        kind("")
