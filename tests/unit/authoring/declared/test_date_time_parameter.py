"""Parameters that are instants: what is read, what is refused before anything runs."""

# In a graph's block a call gives a place, where its type promises the value.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from jupyter_flows import DateTimeParameter, Flow, Parameter, ParameterError, task
from jupyter_flows.errors import BadOption

ROME = timezone(timedelta(hours=1))


@task
def same(value):
    return value


def declared(**options):
    with Flow("f") as f:
        found = same(DateTimeParameter("day", **options))
    return f, found


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("2013-01-15", datetime(2013, 1, 15, tzinfo=UTC)),
        ("2013-01-15T09:30", datetime(2013, 1, 15, 9, 30, tzinfo=UTC)),
        (" 2013-01-15 09:30:15Z ", datetime(2013, 1, 15, 9, 30, 15, tzinfo=UTC)),
        ("20130115T0930+0100", datetime(2013, 1, 15, 9, 30, tzinfo=ROME)),
        (date(2013, 1, 15), datetime(2013, 1, 15, tzinfo=UTC)),
        (datetime(2013, 1, 15, 9), datetime(2013, 1, 15, 9, tzinfo=UTC)),
        (datetime(2013, 1, 15, 9, tzinfo=ROME), datetime(2013, 1, 15, 9, tzinfo=ROME)),
    ],
)
def test_tasks_see_an_aware_datetime(given, wanted):
    f, found = declared()
    seen = f.run(day=given)[found].result()
    assert (seen, seen.utcoffset()) == (wanted, wanted.utcoffset())


@pytest.mark.parametrize("given", ["someday", "", 3, None, "2013-13-01"])
def test_what_is_no_instant_is_refused_before_anything_runs(given, history):
    f, _ = declared()
    with pytest.raises(ParameterError, match="day: should be a"):
        f.run(day=given)
    assert history.runs() == []


def test_none_passes_where_none_is_required_and_a_default_is_read_as_well():
    f, found = declared(required=False)
    assert f.run()[found].result() is None
    assert f.run(day=None)[found].result() is None
    f, found = declared(default="2013-01-15")
    assert f.run()[found].result() == datetime(2013, 1, 15, tzinfo=UTC)


def test_a_default_that_is_no_instant_is_refused_where_it_is_written():
    with pytest.raises(BadOption, match="default='someday'"):
        DateTimeParameter("day", default="someday")


@pytest.mark.parametrize(
    ("options", "required", "default"),
    [
        ({}, True, None),
        ({"default": 3}, False, 3),
        ({"default": None}, False, None),
        ({"required": False}, False, None),
        ({"default": 3, "required": True}, True, 3),
        ({"default": 3, "required": False}, False, 3),
    ],
)
def test_a_parameter_is_required_where_it_has_no_default_or_says_so(options, required, default):
    parameter = Parameter("x", **options)
    assert (parameter.required, parameter.default) == (required, default)


def test_a_required_parameter_with_a_default_must_be_given():
    with Flow("f") as f:
        same(Parameter("x", default=3, required=True))
    with pytest.raises(ParameterError, match="x: a value is needed"):
        f.run()
