"""`Automation`, in Python and in a file of deployments, and the short form on deployments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from jupyter_flows import Automation, Deployment
from jupyter_flows.authoring.deployment_file import load_automations, load_deployments
from jupyter_flows.automations import Notify, RunDeployment, on_absence, on_event, on_file
from jupyter_flows.automations.triggers import Absence, CustomEvent, FileChange
from jupyter_flows.blocks import JSON, SlackWebhook, Webhook
from jupyter_flows.errors import BadBlock, BadOption, BlockNotFound, DeploymentFileError, DeploymentNotFound
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_automations, open_deployments
from jupyter_flows.store.automations import StoredAutomation
from jupyter_flows.wiring import current_settings, use_session

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.ipynb").write_text(NOTEBOOK)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("jupyter_flows.services.deploying.this_environment", lambda kernel: {})
    use_session(load_settings())
    yield
    use_session(None)


def stored() -> dict[str, StoredAutomation]:
    with open_automations(current_settings()) as automations:
        return {one.definition.name: one for one in automations.all()}


def block(name: str = "team") -> None:
    SlackWebhook(url=SecretStr("https://hooks.example.com/services/1")).save(name)


def test_an_automation_is_stored_and_stored_again_only_if_it_changed():
    block()
    first = Automation("a", trigger=on_event("x"), actions=Notify("slack-webhook/team")).apply()
    again = Automation("a", trigger=on_event("x"), actions=[Notify("slack-webhook/team")]).apply()
    other = Automation("a", trigger=on_event("y"), actions=Notify("team"), window=5, most=3).apply()
    assert [(one.created, one.changed) for one in (first, again, other)] == [
        (True, True),
        (False, False),
        (False, True),
    ]
    assert (stored()["a"].definition.most, stored()["a"].definition.window_seconds) == (3, 5)


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (RunDeployment("nowhere"), DeploymentNotFound),
        (Notify("slack-webhook/nobody"), BlockNotFound),
        (Notify("json/facts"), BadBlock),
    ],
)
def test_what_an_action_names_must_be_there(action: Any, error: type[Exception]):
    JSON(value={"a": 1}).save("facts")
    with pytest.raises(error):
        Automation("a", trigger=on_event("x"), actions=action).apply()
    assert not stored()


def test_triggers_and_actions_are_told_apart():
    with pytest.raises(BadOption, match="on_failure"):
        Automation("a", trigger=Notify("x"), actions=Notify("x"))  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(BadOption, match="Notify"):
        Automation("a", trigger=on_event("x"), actions=on_event("x"))  # type: ignore[arg-type]  # pyright: ignore


def test_a_path_is_meant_from_here_and_files_that_are_there_are_known(tmp_path: Path):
    block()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "old.csv").write_text("1")
    Automation("files", trigger=on_file("in"), actions=Notify("team")).apply()
    Automation("every", trigger=on_file("in/*.csv", existing=True), actions=Notify("team")).apply()
    with open_automations(current_settings()) as automations:
        known = {name: automations.known_files(one.id) for name, one in stored().items()}
    assert stored()["files"].definition.trigger == FileChange(f"{tmp_path}/in/*")
    assert list(known["files"]) == [f"{tmp_path}/in/old.csv"]
    assert known["every"] == {}


def test_a_file_of_deployments_has_automations(tmp_path: Path):
    file = tmp_path / "flows.toml"
    file.write_text(
        """
[deployments.report]
target = "report.ipynb"

[automations.drops]
trigger = { on = "file", path = "in/*.csv", settle = "5s" }
actions = [{ do = "run_deployment", deployment = "report", parameters = { within = "{event.payload[path]}" } }]
description = "Load what comes"

[automations.silence]
trigger = { on = "absence", within = "1h30m", of = { on = "event", name = "rows.*" } }
actions = { do = "notify", secret = "HOOK" }
most = 2
window = 30
"""
    )
    assert [one.name for one in load_deployments(file)] == ["report"]
    drops, silence = load_automations(file)
    assert drops.trigger == FileChange("in/*.csv", 5.0)
    assert drops.actions == (RunDeployment("report", {"within": "{event.payload[path]}"}),)
    assert silence.trigger == Absence(CustomEvent("rows.*"), 5400.0)
    assert (silence.most, silence.window_seconds) == (2, 30.0)


def test_all_that_is_wrong_with_automations_of_a_file_is_told_at_once(tmp_path: Path):
    file = tmp_path / "flows.toml"
    file.write_text(
        """
[automations.a]
trigger = { on = "moon" }
actions = [{ do = "notify", secret = "HOOK" }]
[automations.b]
trigger = { on = "late", within = "soon" }
actions = [{ do = "notify", secret = "HOOK" }]
[automations.c]
triger = 1
[automations.d]
trigger = { on = "event", name = "x" }
"""
    )
    with pytest.raises(DeploymentFileError) as caught:
        load_automations(file)
    told = str(caught.value)
    assert all(words in told for words in ("automations.a: ", "moon", "'soon'", "no key 'triger'", "actions is needed"))


def test_a_deployment_notifies_by_a_short_form_and_forgets_it_with_the_option():
    block()
    Webhook(url=SecretStr("https://hooks.example.com/2")).save("hook")
    Deployment("daily [x]", "report.ipynb", notify=["slack-webhook/team", "webhook/hook"]).apply()
    (one,) = stored().values()
    assert one.definition.name == "daily [x]: on failure"
    assert one.definition.actions == (Notify("slack-webhook/team"), Notify("webhook/hook"))
    assert one.definition.trigger.deployment == "daily [[]x]"  # type: ignore[union-attr]  # pyright: ignore
    made = Deployment("daily [x]", "report.ipynb", notify="team").apply()
    assert not made.changed
    assert [one.definition.actions for one in stored().values()] == [(Notify("team"),)]
    Deployment("daily [x]", "report.ipynb").apply()
    assert not stored()


def test_a_deployment_that_notifies_nobody_who_is_there_is_not_stored():
    with pytest.raises(BlockNotFound):
        Deployment("daily", "report.ipynb", notify="slack-webhook/nobody").apply()
    with open_deployments(current_settings()) as deployments:
        assert deployments.all() == []


def test_automations_after_and_of_absence_need_events():
    with pytest.raises(BadOption, match="after"):
        on_absence(on_event("x"), within=1, after=on_file("/x"))  # type: ignore[arg-type]  # pyright: ignore
