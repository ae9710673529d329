"""Definitions of deployments as text."""

from __future__ import annotations

import json

import pytest

from jupyter_flows.model.deployment_text import definition_text, read_definition
from jupyter_flows.model.deployments import DeploymentDefinition, ScheduleDefinition

FULL = DeploymentDefinition(
    "n",
    "f",
    "notebook",
    "/n.ipynb",
    "/",
    {"b": 1, "a": {"x": [1.5, None, "\u2028"]}},
    (ScheduleDefinition("s", "{}", "all", "skip", True),),
    tags=("t",),
    timeout_seconds=1.5,
    artifacts=("html",),
    limits=("db",),
)


@pytest.mark.parametrize("definition", [FULL, DeploymentDefinition("n", "f", "flow", "m@f", "/")])
def test_what_is_read_is_what_was_written(definition: DeploymentDefinition):
    assert read_definition(definition_text(definition)) == definition


def test_equal_definitions_give_equal_text():
    one = DeploymentDefinition("n", "f", "flow", "m@f", "/", {"a": 1, "b": 2})
    other = DeploymentDefinition("n", "f", "flow", "m@f", "/", {"b": 2, "a": 1})
    assert definition_text(one) == definition_text(other)


def test_fields_of_a_later_version_are_left_out():
    later = json.loads(definition_text(FULL)) | {"colour": "red"}
    assert read_definition(json.dumps(later)) == FULL


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_is_no_json_is_refused(value: object):
    with pytest.raises((TypeError, ValueError)):
        definition_text(DeploymentDefinition("n", "f", "flow", "m@f", "/", {"x": value}))
