"""Automations go to the store and come back as they were; what cannot be meant is refused by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from jupyter_flows.automations import (
    CancelRun,
    Notify,
    PauseSchedule,
    ResumeSchedule,
    RunDeployment,
    on_absence,
    on_event,
    on_failure,
    on_file,
    on_late,
    on_run_end,
)
from jupyter_flows.automations.definition import AutomationDefinition, usual_most
from jupyter_flows.automations.stored import from_json, to_json
from jupyter_flows.automations.words import describe_action, describe_rate, describe_trigger
from jupyter_flows.errors import BadOption, UnknownOption

TRIGGERS = [
    (on_run_end(), "a run ends"),
    (on_failure(deployment="daily", tags=["etl"]), "a run of deployment daily tagged etl ends failed or crashed"),
    (on_file("/in/*.csv", settle=timedelta(seconds=5), existing=True), "a file /in/*.csv appears or changes"),
    (on_event("rows.*", resource="t:*", match={"n": 1}), "event rows.* about t:* that matches"),
    (on_late(timedelta(minutes=90), flow="load"), "a run of flow load has not ended 90m after it was due"),
    (
        on_absence(on_event("loaded"), within=timedelta(days=1), after=on_run_end(flow="f")),
        "within 1d after a run of flow f ends it does not happen that event loaded comes",
    ),
]
ACTIONS = (
    (RunDeployment("load", {"path": "{event.payload[path]}"}), "run load with path={event.payload[path]}"),
    (PauseSchedule(), "pause the schedules of the run's deployment"),
    (ResumeSchedule("daily", "hourly"), "start the schedules of daily"),
    (CancelRun(), "cancel the run"),
    (Notify("slack-webhook/team"), "notify slack-webhook/team"),
    (Notify(secret="HOOK", form="slack"), "notify secret HOOK"),
)


@pytest.mark.parametrize(("trigger", "words"), TRIGGERS)
def test_an_automation_comes_back_as_it_was_and_says_what_it_is(trigger: Any, words: str):
    actions = tuple(action for action, _ in ACTIONS)
    made = AutomationDefinition("a", trigger, actions, 3, 90.0, "why")
    assert from_json(to_json(made)) == made
    assert describe_trigger(trigger) == words
    assert [describe_action(action) for action in actions] == [told for _, told in ACTIONS]
    assert describe_rate(made) == "at most 3 times in 90s"


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"on": "file"}, BadOption, "path"),
        ({"on": "late", "flow": "x"}, BadOption, "within_seconds"),
        ({"on": "moon"}, BadOption, "run_end, file, event, absence, late"),
        ({"on": "run_end", "deploymnt": "x"}, UnknownOption, "deployment"),
        ({"on": "event", "name": ""}, BadOption, "name"),
        ({"on": "absence", "within_seconds": 3, "of": {"on": "file", "path": "/x"}}, BadOption, "on_event"),
        ("run_end", BadOption, "table"),
    ],
)
def test_a_trigger_that_cannot_be_meant_is_refused(told: Any, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        from_json({"name": "a", "trigger": told, "actions": [{"do": "notify", "block": "x"}]})


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"do": "run_deployment"}, BadOption, "deployment"),
        ({"do": "notify"}, BadOption, "block= or secret="),
        ({"do": "notify", "block": "https://hooks.example.com/T/secret"}, BadOption, "not kept here"),
        ({"do": "notify", "secret": "HOOK", "form": "xml"}, BadOption, "json or slack"),
        ({"do": "explode"}, BadOption, "run_deployment"),
        ({"do": "notify", "block": 5}, BadOption, "give a name"),
        ({"do": "run_deployment", "deployment": "x", "parameters": "y"}, BadOption, "names and values"),
        ({"do": "run_deployment", "deployment": "x", "parameters": {"p": "{event.secret}"}}, BadOption, "fields"),
    ],
)
def test_an_action_that_cannot_be_meant_is_refused_and_no_address_is_shown(
    told: Any, error: type[Exception], words: str
):
    with pytest.raises(error, match=words) as caught:
        from_json({"name": "a", "trigger": {"on": "run_end"}, "actions": [told]})
    assert "T/secret" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [{"most": "3"}, {"most": -1}, {"window_seconds": "1m"}, {"window_seconds": -1}, {"name": ""}, {"name": "a\nb"}],
)
def test_what_bounds_an_automation_must_be_numbers(given: Any):
    told = {"name": "a", "trigger": {"on": "run_end"}, "actions": [{"do": "cancel_run"}]}
    with pytest.raises(BadOption):
        from_json({**told, **given})


def test_one_that_only_tells_does_so_once_a_window():
    assert usual_most((Notify("a"), Notify("b"))) == 1
    assert usual_most((Notify("a"), CancelRun())) == 100
    with pytest.raises(BadOption, match="at least one"):
        AutomationDefinition("a", on_run_end(), (), 1)
