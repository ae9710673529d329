from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_flows import flow, task
from jupyter_flows.cli.explaining import print_why
from jupyter_flows.cli.reading import opened_store
from jupyter_flows.cli.screen import Screen
from jupyter_flows.model.states import crashed, failed
from jupyter_flows.services.causes import Cause

pytestmark = pytest.mark.usefixtures("runs")


def test_why_names_the_failing_task_its_error_its_inputs_and_the_line(as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    found = as_json("why", run)

    assert found["run"]["id"] == run
    assert found["task"]["name"] == "double[3]"
    assert found["error"]["type"] == "ValueError"
    assert found["inputs"] == {"x": "3"}
    assert 'raise ValueError("cannot double' in found["traceback"]


def test_why_of_a_flow_that_failed_by_itself_names_its_own_error(as_json):
    run = as_json("ls", "--flow", "on-its-own")["runs"][0]["id"]
    found = as_json("why", run)
    assert found["task"] is None
    assert found["error"] == {"type": "KeyError", "message": "KeyError: 'mine'"}
    assert 'raise KeyError("mine")' in found["traceback"]


def test_why_for_people_shows_no_escape_and_no_frame_of_ours(cli, as_json):
    run = as_json("ls", "--flow", "doubling")["runs"][0]["id"]
    code, out, err = cli("why", run)
    assert (code, err) == (0, "")
    assert "first failed  double[3] (task run 4)" in out
    assert "with  x = 3" in out
    assert "\x1b" not in out
    assert "jupyter_flows/" not in out.partition("Traceback")[2]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (failed(1.0, "it failed"), "the flow's own code failed  on-its-own"),
        (crashed(1.0, "told to terminate", "Interrupted"), "the flow's own code was stopped  on-its-own"),
    ],
)
def test_why_does_not_call_code_failed_that_was_told_to_end(as_json, capsys, state, said):
    run_id = as_json("ls", "--flow", "on-its-own")["runs"][0]["id"]
    with opened_store() as store:
        run = store.flow_run(run_id)
        failure = store.failures(run_id)[-1]
    ended = replace(run, state=state)
    print_why(Cause(ended, (ended,), None, failure), "", Screen())
    assert said in capsys.readouterr().out


def test_why_of_a_completed_run_is_a_sentence(cli, as_json):
    run = as_json("ls", "--state", "completed")["runs"][0]["id"]
    _, out, _ = cli("why", run)
    assert "It completed in" in out
    assert as_json("why", run)["error"] is None


def test_why_names_the_line_and_what_was_not_done_because_of_it(cli, as_json):
    @task
    def load() -> int:
        raise ValueError("no rows")

    @task
    def report(value: int) -> int:
        return value

    @flow(name="chained")
    def chained() -> None:
        report.submit(report.submit(load.submit())).result()

    with pytest.raises(Exception, match="did not complete"):
        chained()
    run = as_json("ls", "--flow", "chained")["runs"][0]["id"]
    found = as_json("why", run)
    assert found["place"]["code"] == 'raise ValueError("no rows")'
    assert [one["name"] for one in found["consequences"]] == ["report", "report"]
    _, out, _ = cli("why", run)
    assert f"at  test_explaining.py, line {found['place']['line']}: raise ValueError" in out
    assert "not done because of it  report, report" in out
