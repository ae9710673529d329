"""No record passes with a secret in it."""

from __future__ import annotations

import json

from jupyter_flows.model.owner import Owner
from jupyter_flows.model.records import (
    ArtifactKept,
    FailureRecorded,
    FlowRunCreated,
    InputAsked,
    LogWritten,
    Record,
    ResultKept,
    StateEntered,
    TaskRunCreated,
)
from jupyter_flows.model.redaction import Redactor
from jupyter_flows.model.results import KeptResult
from jupyter_flows.model.states import COMPLETED
from jupyter_flows.secrets.redacting_writer import without_secrets

S = "hush-hush-17"
OWNER = Owner("host", "boot", 1, "1", "token")


def test_texts_are_masked_and_values_are_not_kept():
    parameters = json.dumps({"a": S, "b": 1})
    records: list[Record] = [
        FlowRunCreated("r", S, "f", "flow", "", parameters, (S,), None, 0, None, OWNER, 1.0),
        TaskRunCreated("r", 1, S, S, "task", (S,), "", 0, 0, 0, 1.0),
        StateEntered("r", 1, 1, COMPLETED, "Completed", "x" * 490 + S[:10], 1.0, 1, json.dumps([S])),
        StateEntered("r", 1, 2, COMPLETED, S, S, 1.0, 1),
        FailureRecorded("r", 1, 1, "E", S, S, json.dumps({"a": S})),
        LogWritten("r", 1, 1.0, 20, S, S),
        InputAsked("r", S, json.dumps({"title": S}), 1.0, None),
        ArtifactKept("r", 1, "a", 1.0, "link", S, S, "", f"https://a/{S}", 0),
        ResultKept("r", 1, 1, 1.0, None, None, KeptResult("json", inline=json.dumps(S))),
    ]
    shown = without_secrets(records, Redactor([S]))
    assert S not in repr(shown)
    assert S[:10] not in repr(shown)
    assert len(shown) == 8
    created, state = shown[0], shown[2]
    assert isinstance(created, FlowRunCreated)
    assert isinstance(state, StateEntered)
    assert (created.lost_parameters, json.loads(created.parameters)["b"]) == (("a",), 1)
    assert state.value is None


def test_what_holds_none_is_as_it_was():
    records: list[Record] = [
        FlowRunCreated("r", "n", "f", "flow", "", '{"a": 1}', ("t",), None, 0, None, OWNER, 1.0),
        StateEntered("r", 1, 1, COMPLETED, "Completed", "", 1.0, 1, "[1]"),
        ResultKept("r", 1, 1, 1.0, "key", None, KeptResult("json", inline="1")),
    ]
    assert without_secrets(records, Redactor([S])) == records
