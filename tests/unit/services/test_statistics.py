from __future__ import annotations

import pytest

from jupyter_flows.model.statistics import EndedRun
from jupyter_flows.services.statistics import DAY, SPANS, percentile, statistics_of

NOW = 1_000 * DAY
SINCE = NOW - 30 * DAY


def ended(days_ago, took=10.0, kind="completed", name="", **changes):
    at = NOW - days_ago * DAY
    run = EndedRun("daily", "", "flow", kind, name or kind.capitalize(), 1, at - took, at)
    return run._replace(**changes)


def only(*runs):
    (found,) = statistics_of(runs, SINCE, NOW)
    return found


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.95, 3.0),
        ([1.0, 2.0], 0.5, 1.5),
        ([0.0, 10.0, 20.0], 0.95, 19.0),
        ([1.0, 9.0], 1.0, 9.0),
    ],
)
def test_a_percentile_lies_between_the_values_around_it(values, share, expected):
    assert percentile(values, share) == (None if expected is None else pytest.approx(expected))


def test_success_counts_only_runs_that_decided_it():
    found = only(
        ended(1),
        ended(1, kind="failed"),
        ended(1, kind="crashed"),
        ended(1, kind="cancelled"),
        ended(1, kind="failed", name="UpstreamFailed"),
        ended(1, kind="completed", name="Skipped"),
    )
    assert (found.runs, found.completed, found.failed) == (6, 1, 2)
    assert found.success_rate == pytest.approx(1 / 3)


def test_what_took_no_work_has_no_usual_duration():
    found = only(ended(1, 8.0), ended(1, 0.001, name="Cached"), ended(1, 90.0, kind="failed"))
    assert (found.completed, found.median, found.longest, found.total) == (2, 8.0, 8.0, 8.0)


def test_a_week_is_compared_with_the_one_before_it():
    found = only(*[ended(day, 30.0) for day in (1, 2, 3)], *[ended(day, 20.0) for day in (8, 9, 10)])
    assert found.change == pytest.approx(0.5)
    assert (found.last_week.completed, found.week_before.completed) == (3, 3)


def test_two_runs_a_week_are_no_trend():
    assert only(*[ended(day) for day in (1, 2, 8, 9, 10)]).change is None


def test_the_week_before_counts_also_outside_the_time_looked_at():
    runs = [*[ended(day, 30.0) for day in (0.1, 0.2, 0.3)], *[ended(day, 20.0) for day in (8, 9, 10)]]
    (found,) = statistics_of(runs, NOW - DAY, NOW)
    assert found.runs == 3
    assert found.change == pytest.approx(0.5)


def test_spans_cover_the_whole_time_in_order():
    found = only(ended(29.9), ended(0.0, 4.0))
    assert len(found.spans) == SPANS
    assert found.spans[0].start == SINCE
    assert found.spans[-1].end == NOW
    assert [span.completed for span in found.spans] == [1, *[0] * (SPANS - 2), 1]
    assert found.spans[-1].median == 4.0


def test_each_task_of_each_flow_is_reckoned_by_itself_the_busiest_first():
    runs = [ended(1, task="a"), ended(1, task="b"), ended(1, task="b"), ended(1, flow="other", task="a")]
    found = statistics_of(runs, SINCE, NOW)
    assert [(one.flow, one.task, one.runs) for one in found] == [
        ("daily", "b", 2),
        ("daily", "a", 1),
        ("other", "a", 1),
    ]


def test_a_task_that_needs_several_tries_is_unsteady():
    assert only(ended(1, attempts=3), ended(1)).unsteadiness == 0.5
    assert only(ended(1, kind="cancelled", attempts=2)).unsteadiness == 0.0
