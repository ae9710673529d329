from __future__ import annotations

import io
from dataclasses import replace

import pytest

from jupyter_flows.cli.overview_lines import overview_lines
from jupyter_flows.cli.screen import Screen
from jupyter_flows.model.deployments import DeploymentRun
from jupyter_flows.model.overview import ComingTick, Overview, Progress, RunOrigin, Usual, WatchedRun
from jupyter_flows.model.runs import FlowRun
from jupyter_flows.model.states import COMPLETED, RUNNING, SCHEDULED, State

NOW = 1_800_000_000.0


def flow_run(kind=RUNNING, name="", ended_at=None, **changes):
    state = State(kind, name or str(kind).capitalize(), at=NOW)
    run = FlowRun(
        *("abcdef1234567890", "daily-abcdef", "daily", "flow", 7, "1", "{}", (), None, 0, None, state),
        *(1, NOW - 30, NOW - 30, ended_at, None, 0.0, None),
    )
    return replace(run, **changes)


def shown(*running, waiting=(), ended=(), ticks=(), height=None):
    seen = Overview(NOW, tuple(running), tuple(waiting), tuple(ended), tuple(ticks))
    lines = overview_lines(seen, Screen(io.StringIO()), NOW, height)
    return ["".join(cell.text for cell in line).rstrip() for line in lines]


def test_a_running_run_tells_its_progress_its_task_and_the_usual_duration():
    lines = shown(WatchedRun(flow_run(), Progress(3, 2, 0, ("train",), 1), Usual(60.0, 8)))
    assert lines[0] == "1 running   0 waiting   0 ended in the last hour"
    assert lines[3].split() == ["Running", "daily", "#7", "2/8", "30", "s", "of", "1", "min", "train"]


def test_a_failed_task_is_told_while_the_run_goes_on():
    assert "Running, 2 failed" in shown(WatchedRun(flow_run(), Progress(3, 3, 2)))[3]


@pytest.mark.parametrize(("usual", "said"), [(25.0, "30 s of 25 s"), (10.0, "30 s, 3x the usual")])
def test_a_run_is_called_slow_from_twice_the_usual_duration(usual, said):
    assert said in shown(WatchedRun(flow_run(), Progress(), Usual(usual, 0)))[3]


def test_many_running_tasks_are_named_in_part():
    assert shown(WatchedRun(flow_run(), Progress(9, 0, 0, ("a", "b", "c"), 9)))[3].endswith("a, b, c and 6 more")


def test_a_waiting_run_says_when_it_is_due():
    queued = DeploymentRun("abcdef1234567890", "d", 1, "schedule", NOW + 12)
    waits = flow_run(SCHEDULED, started_at=None)
    assert shown(waiting=[WatchedRun(waits, Progress(), None, RunOrigin("morning", "at-9", queued))])[3].endswith(
        "due in 12 s"
    )


@pytest.mark.parametrize(("wait", "said"), [(300, "in 5 min"), (-1, "due now"), (-120, "2 min late")])
def test_ticks_are_told_with_the_time_to_wait(wait, said):
    (line,) = shown(ticks=[ComingTick(NOW + wait, "morning", "at-9", "daily")])[-1:]
    assert said in line
    assert line.endswith("morning · at-9")


def test_a_low_screen_leaves_ended_runs_out_and_says_so():
    ended = [WatchedRun(flow_run(COMPLETED, ended_at=NOW - 1), Progress(2, 2)) for _ in range(10)]
    lines = shown(WatchedRun(flow_run(), Progress()), ended=ended, height=10)
    assert len(lines) <= 10
    assert lines[-1] == "  … and 7 more"
    assert "Running" in lines[3]


def test_hostile_names_stay_on_their_line():
    hostile = flow_run(flow="evil\n\x1b[2Jname")
    assert len(shown(WatchedRun(hostile, Progress(1, 0, 0, ("t\nt\x1b]0;x\x07",), 1)))) == 4


@pytest.mark.usefixtures("runs")
def test_watch_without_a_terminal_prints_once(cli, as_json):
    code, out, err = cli("watch")
    assert (code, err) == (0, "")
    assert out.startswith("0 running   0 waiting   3 ended in the last hour, 2 badly\n")
    found = as_json("watch", "--flow", "doubling")
    assert [run["flow"] for run in found["ended"]] == ["doubling", "doubling"]
    assert found["ended"][0]["task_runs"]["failed"] == 1
