from __future__ import annotations

import pytest

from jupyter_flows.errors import RequestRefused
from jupyter_flows.server.reading_requests import read_form, read_query
from jupyter_flows.server.shapes.queries import RunQuery
from jupyter_flows.server.shapes.runs import ResumeForm, StartForm


def test_what_front_ends_and_authentication_add_is_left():
    given = {"limit": [b"3"], "1763745000123": [b""], "token": [b"x"], "_xsrf": [b"y"], "no_track_activity": [b"1"]}
    assert read_query(RunQuery, given) == RunQuery(limit=3)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[1]", "body"),
        (b"\xff", "body"),
        (b"[" * 100_000, "body"),
        (b'{"path": "a.ipynb", "timeout_seconds": NaN}', "body"),
        (b'{"path": ""}', "path"),
        (b'{"path": "a.ipynb", "timeout_seconds": -1}', "timeout_seconds"),
        (b'{"path": "a.ipynb", "shell": "rm"}', "shell"),
        (b'{"path": "a.ipynb", "parameters": 1}', "parameters"),
    ],
)
def test_a_form_that_cannot_be_meant_is_refused_by_its_field(body, field):
    with pytest.raises(RequestRefused) as caught:
        read_form(StartForm, body)
    assert list(caught.value.problems) == [field]


def test_an_empty_body_is_an_empty_form():
    assert read_form(ResumeForm, b"") == ResumeForm()


def test_a_query_that_is_no_text_is_refused():
    with pytest.raises(RequestRefused):
        read_query(RunQuery, {"flow": [b"\xff"]})
