"""`jupyter flows automations` and `jupyter flows events`, as people and programs use them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import Automation, emit_event
from jupyter_flows.automations import Notify, RunDeployment, on_absence, on_event, on_failure, on_file, on_late
from jupyter_flows.services.automating import Automating
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_automations, open_firings

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def made(data_dir: Path, waiting_run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.invalid/canary-7d1e")
    waiting_run()
    given = {"n": "{event.payload[n]}"}
    Automation("again", trigger=on_event("rows.*"), actions=RunDeployment("morning", given), description="Why").apply()
    Automation("tell", trigger=on_failure(), actions=Notify(secret="HOOK")).apply()


def test_what_an_automation_has_not_done_yet_stands_at_its_place(made: None, cli: Cli, as_json: Any):
    actions = [Notify(secret="SLOW"), Notify(secret="QUICK")]
    Automation("both", trigger=on_event("rows.*"), actions=actions).apply()
    emit_event("rows.loaded")
    now = Automating(load_settings())
    now._decide({}, time.time())
    with open_automations(load_settings()) as automations, open_firings(load_settings()) as firings:
        (firing,) = firings.of(automations.get("both").id)
        assert firings.claim(firing.id, "me", time.time(), time.time() + 60)
        assert firings.tell(firing.id, "me", 1, "told secret QUICK", most=2, at=time.time())
    now.stop()
    out = cli("automations", "show", "both")[1].splitlines()
    assert out[-2:] == ["    notify secret SLOW: not done yet", "    told secret QUICK"]
    assert as_json("automations", "show", "both")["firings"][0]["outcome"] == [None, "told secret QUICK"]


def test_automations_are_listed_shown_paused_started_and_deleted(made: None, cli: Cli, as_json: Any):
    _, out, _ = cli("automations", "ls")
    assert "again  event rows.*" in out
    assert "run morning with n={event.payload[n]}" in out
    emit_event("rows.loaded", payload={"n": 3})
    now = Automating(load_settings())
    now.look()
    now.stop()
    _, out, _ = cli("automations", "show", "again")
    assert "  Why" in out
    assert "at most 100 times in 1m" in out
    assert "of morning" in out
    told = as_json("automations", "show", "again")
    (firing,) = told["firings"]
    assert (firing["event"], firing["count"], len(firing["runs"])) == ("rows.loaded", 1, 1)
    assert cli("automations", "pause", "again")[1] == "again is paused\n"
    assert {one["name"]: one["paused"] for one in as_json("automations", "ls")["automations"]} == {
        "again": True,
        "tell": False,
    }
    assert as_json("automations", "start", "again") == {"started": "again"}
    assert cli("automations", "delete", "again")[1] == "again is deleted\n"
    code, _, err = cli("automations", "show", "agin")
    assert code == 2
    assert "there is no automation 'agin'" in err


def test_an_empty_store_says_how_to_begin(data_dir: Path, cli: Cli):
    assert "--notify-on-failure" in cli("automations", "ls")[1]
    assert cli("events")[1] == "No event yet.\n"


def test_a_test_says_what_would_happen_and_does_nothing(made: None, cli: Cli, as_json: Any):
    code, out, _ = cli("automations", "test", "again", "--event", "rows.loaded", "--payload", '{"n": 7}')
    assert code == 0
    assert "it would act" in out
    assert "n=7" in out
    _, out, _ = cli("automations", "test", "again", "--event", "rows.loaded")
    assert "would be refused: the event rows.loaded has no event.payload[n]" in out
    told = as_json("automations", "test", "again", "--event", "columns.loaded")
    assert (told["acts"], told["why"]) == (False, "it waits for something else")
    code, _, err = cli("automations", "test", "again", "--event", "x", "--payload", "{")
    assert code == 2
    assert "no JSON" in err
    assert as_json("events")["events"][-1]["name"] == "run.scheduled"


def test_a_test_with_a_run_shows_the_message(made: None, runs: Any, cli: Cli, as_json: Any):
    failed = next(
        one for one in as_json("ls")["runs"] if one["state"]["name"] == "Failed" and one["flow"] == "doubling"
    )
    _, out, err = cli("automations", "test", "tell", "--run", failed["id"])
    assert "it would act" in out
    assert "doubling: Failed" in out
    assert "cannot double" in out
    assert "failed in: double" in out
    assert f"next: jupyter flows why {failed['id'][:8]}" in out
    assert "canary-7d1e" not in out + err
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (on_file("/in/*.csv"), "a file /in/*.csv appears"),
        (on_late(60), "is late"),
        (on_absence(on_event("rows"), within=60), "no event rows within 1m"),
        (on_event("nothing.yet", match={"n": 1}), "nothing.yet"),
        (on_failure(flow="other"), "Failed"),
    ],
)
def test_a_test_without_an_event_takes_one_that_is_made_up(made: None, cli: Cli, trigger: Any, words: str):
    Automation("x", trigger=trigger, actions=Notify(secret="HOOK")).apply()
    code, out, _ = cli("automations", "test", "x")
    assert code == 0
    assert words in out
    assert "made up" in out


def test_events_are_listed_by_name_and_run(made: None, runs: Any, cli: Cli, as_json: Any):
    emit_event("rows.loaded", resource="table:\x1b[31msales\u202e", payload={"n": "é"})
    code, out, _ = cli("events", "--name", "rows.*")
    assert code == 0
    assert out.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(out)
    assert 'n": "é"' in out
    failed = next(
        one for one in as_json("ls")["runs"] if one["state"]["name"] == "Failed" and one["flow"] == "doubling"
    )
    told = as_json("events", "--run", failed["id"])["events"]
    assert [one["name"] for one in told] == ["run.pending", "run.running", "run.failed"]
    assert told[-1]["is_end"]
    tasks = as_json("events", "--run", failed["id"], "--tasks", "--name", "task.*")["events"]
    assert {one["state"] for one in tasks} >= {"Completed", "Failed"}
    assert {one["resource"] for one in tasks} == {f"task:double[{n}]" for n in range(5)}
    assert cli("events", "--tasks")[0] == 2


def test_events_are_followed_as_lines_of_json(made: None, cli: Cli, monkeypatch: pytest.MonkeyPatch):
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            raise KeyboardInterrupt
        emit_event("rows.late", payload={"n": 1})

    monkeypatch.setattr("jupyter_flows.cli.events_listing.time.sleep", sleep)
    emit_event("rows.early")
    code, out, _ = cli("events", "--follow", "--json", "--name", "rows.*")
    assert code == 130
    told = [json.loads(line) for line in out.splitlines()]
    assert [one["name"] for one in told] == ["rows.early", "rows.late"]
    assert told[0]["at"] <= told[1]["at"]
    assert time.time() > 0


def test_a_file_of_deployments_stores_its_automations(data_dir: Path, tmp_path: Path, cli: Cli, as_json: Any):
    file = tmp_path / "flows.toml"
    text = (
        '[automations.alert]\ntrigger = {{ on = "event", name = "{}" }}\nactions = {{ do = "notify", secret = "H" }}\n'
    )
    file.write_text(text.format("x"))
    assert cli("deploy", str(file))[1].startswith("automation alert created")
    assert cli("deploy", str(file))[1].startswith("automation alert unchanged")
    file.write_text(text.format("y"))
    assert as_json("deploy", str(file))["automations"] == [{"change": "changed", "name": "alert"}]


def test_a_run_that_an_automation_made_says_what_led_to_it(made: None, cli: Cli, as_json: Any):
    emit_event("rows.loaded", resource="table:sales", payload={"n": 3})
    now = Automating(load_settings())
    now.look()
    now.stop()
    (firing,) = as_json("automations", "show", "again")["firings"]
    (run_id,) = firing["runs"]
    assert "  because     again: rows.loaded, table:sales\n" in cli("show", run_id)[1]
    cause = {"automation": "again", "event": "rows.loaded", "run": None, "resource": "table:sales"}
    assert as_json("show", run_id)["causes"] == [cause]
    cli("automations", "delete", "again")
    assert "(deleted): rows.loaded" in cli("show", run_id)[1]
