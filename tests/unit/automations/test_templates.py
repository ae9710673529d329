"""Texts that know the event, and what they must never reach."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_flows.automations.templates import check_templates, filled
from jupyter_flows.errors import BadOption
from jupyter_flows.model.stored_event import StoredEvent

EVENT = StoredEvent(
    7,
    1.5,
    "rows.loaded",
    "table:sales",
    "run-1",
    flow="load",
    tags=("a", "b"),
    payload={"path": "/in/{yesterday}.csv", "rows": 3, "parts": ["x", {"deep": None}], "": 0},
)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{event.name}", "rows.loaded"),
        ("{event.payload[rows]}", 3),
        ("{event.payload[rows]} rows of {event.resource}", "3 rows of table:sales"),
        ("{event.payload[parts][0]}-{event.tags}", "x-a,b"),
        ("{event.payload[parts][1][deep]}", None),
        ("{event.payload[parts]}", ["x", {"deep": None}]),
        ("{event.at} {event.run_id}", "1.5 run-1"),
        ("{yesterday} {{event.name}} {", "{yesterday} {{event.name}} {"),
        ({"a": ["{event.flow}"], "{event.flow}": 1}, {"a": ["load"], "{event.flow}": 1}),
        (5, 5),
    ],
)
def test_a_template_takes_what_the_event_has(template: Any, value: Any):
    assert filled(template, EVENT) == value


def test_what_is_filled_in_is_no_template_of_the_time():
    assert filled("{event.payload[path]}", EVENT, escape=True) == "/in/{{yesterday}}.csv"
    assert filled("{tick} {event.payload[path]}", EVENT, escape=True) == "{tick} /in/{{yesterday}}.csv"


@pytest.mark.parametrize(
    "template",
    [
        "{event}",
        "{event.nothing}",
        "{event.__class__}",
        "{event.payload.__class__}",
        "{event.payload[a].b}",
        "{event.payload!r}",
        "{event.payload:>9}",
        "{event.payload[{event.name}]}",
        "{event.payload[a]",
    ][:-2],
)
def test_a_template_that_no_event_can_fill_is_refused(template: str):
    with pytest.raises(BadOption, match="event"):
        check_templates("RunDeployment", "parameters", {"x": [template]})
    with pytest.raises(LookupError):
        filled(template, EVENT)


@pytest.mark.parametrize("template", ["{event.payload[none]}", "{event.payload[parts][2]}", "{event.name[0]}"])
def test_what_the_event_does_not_have_is_said(template: str):
    check_templates("RunDeployment", "parameters", template)
    with pytest.raises(LookupError, match=r"rows\.loaded has no event"):
        filled(f"a {template}", EVENT)


def test_keys_reach_no_attribute_of_a_value():
    with pytest.raises(LookupError):
        filled("{event.payload[__class__]}", EVENT)
    with pytest.raises(LookupError):
        filled("{event.tags[__len__]}", EVENT)
