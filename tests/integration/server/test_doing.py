"""What the server does: it runs notebooks, resumes and cancels them, runs what is scheduled, and tells what happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
import websocket
from jsonschema import Draft202012Validator

from jupyter_flows.server.description import description
from jupyter_flows.server.routes import ROOT, ROUTES

FLAKY = "from pathlib import Path\nif not Path('mended').exists(): raise ValueError('not yet')"


def conforms(name: str, value: object) -> None:
    route, told = next(route for route in ROUTES if route.name == name), description()
    answer = told["paths"][route.path][route.verb.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**answer, "components": told["components"]}).validate(value)


def listening(server: Any, **where: object) -> websocket.WebSocket:
    query = "&".join(f"{name}={value}" for name, value in where.items())
    return websocket.create_connection(
        f"ws://127.0.0.1:{server.port}{ROOT}/events?{query}",
        timeout=60,
        header=["Authorization: token a-token-of-the-tests"],
    )


def heard_until(socket: websocket.WebSocket, run: str, state: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        event = json.loads(socket.recv())
        found.append(event)
        if event["type"] == "run" and event["run"]["id"] == run and event["run"]["state"] == state:
            return found


def test_a_notebook_is_run_fails_is_opened_and_is_resumed_while_it_is_watched(server):
    path = server.write_notebook("flaky.ipynb", "n: int = 1", "%load_ext jupyter_flows", "%%task\nm = n + 1", FLAKY)
    socket = listening(server)
    hello = json.loads(socket.recv())
    started = server.ask("POST", "/runs", {"path": path, "parameters": {"n": 4}})
    assert started.status == 200, started.body
    run = started.json["run"]["id"]
    assert started.json["run"]["parameters"] == {"n": 4}
    events = heard_until(socket, run, "Failed")
    while "page" not in (files := [file["name"] for file in server.ask("GET", f"/runs/{run}").json["files"]]):
        events.append(json.loads(socket.recv()))  # one comes when the page is there, and none would time out
    assert files == ["notebook", "page", "graph", "log"]
    assert [event["seq"] for event in events] == list(range(hello["seq"] + 1, hello["seq"] + 1 + len(events)))
    socket.close()

    assert server.ask("GET", f"/runs/{run}/why").json["error"]["type"] == "ValueError"
    opened = server.ask("POST", f"/runs/{run}/open", {"what": "output"}).json["path"]
    assert "not yet" in (server.root / opened).read_text()
    page = server.ask("GET", f"/runs/{run}/files/page")
    assert page.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    plan = server.ask("GET", f"/runs/{run}/plan").json
    assert [one["name"] for one in plan["reused"]] == ["m"]
    (server.root / "mended").touch()
    resumed = server.ask("POST", f"/runs/{run}/resume", {})
    assert resumed.status == 200, resumed.body
    assert server.until_ended(run)["state"]["name"] == "Completed"
    again = server.ask("POST", f"/runs/{run}/resume", {})
    assert (again.status, again.json["error"]) == (409, "CannotResume")

    socket = listening(server, log=hello["log"], after=events[-1]["seq"])
    assert json.loads(socket.recv())["resumed"] is True
    assert heard_until(socket, run, "Completed")[0]["seq"] == events[-1]["seq"] + 1
    socket.close()


def test_a_run_is_cancelled_and_repeated(server):
    path = server.write_notebook("slow.ipynb", "n: int = 1", "import time; time.sleep(60 * n)")
    run = server.ask("POST", "/runs", {"path": path}).json["run"]["id"]
    assert server.ask("POST", f"/runs/{run}/cancel").status == 200
    assert server.until_ended(run)["state"]["name"] == "Cancelled"
    repeated = server.ask("POST", f"/runs/{run}/repeat").json["run"]
    assert repeated["parameters"] == {"n": 1}
    assert repeated["id"] != run
    server.ask("POST", f"/runs/{repeated['id']}/cancel")
    assert server.until_ended(repeated["id"])["state"]["name"] == "Cancelled"


def test_a_scheduled_notebook_is_run_by_the_runner_of_the_server(server):
    path = server.write_notebook("ticking.ipynb", "day: str = ''", "assert day")
    form = {"path": path, "parameters": {"day": "{tick:%Y-%m-%d}"}, "schedule": {"every": ["1s"]}}
    made = server.ask("POST", "/deployments", form).json
    deployment = made["deployment"]["id"]
    socket = listening(server)
    while (event := json.loads(socket.recv())).get("run", {}).get("deployment") != "ticking":
        pass
    socket.close()
    assert server.ask("DELETE", f"/schedules/{made['schedules'][0]['id']}").status == 200
    assert server.until_ended(event["run"]["id"])["state"]["name"] == "Completed"
    assert server.ask("GET", "/health").json["runner"]["running"] is True
    assert server.ask("DELETE", f"/deployments/{deployment}").status == 200


def test_a_backfill_is_previewed_and_run_by_the_runner_of_the_server(server):
    path = server.write_notebook("past.ipynb", "day: str = ''", "assert day != '2026-01-02'")
    schedule = {"cron": ["0 9 * * *"], "timezone": "Europe/Rome"}
    form = {"path": path, "parameters": {"day": "{tick:%Y-%m-%d}"}, "schedule": schedule}
    deployment = server.ask("POST", "/deployments", form).json["deployment"]["id"]
    asked = {"from": "2026-01-01", "to": "2026-01-03"}
    preview = server.ask("POST", f"/deployments/{deployment}/backfills/preview", asked, X_May="read")
    conforms("preview_backfill", preview.json)
    assert [one["parameters"]["day"] for one in preview.json["ticks"]] == ["2026-01-01", "2026-01-02"]
    begun = server.ask("POST", f"/deployments/{deployment}/backfills", asked)
    conforms("begin_backfill", begun.json)
    backfill = begun.json["id"]
    ended = [server.until_ended(run["id"]) for run in server.ask("GET", "/runs?deployment=past").json["runs"]]
    assert sorted(run["state"]["name"] for run in ended) == ["Completed", "Failed"]
    (shown,) = server.ask("GET", f"/backfills?deployment={deployment}").json["backfills"]
    assert {one["state"]: one["count"] for one in shown["counts"]} == {"Completed": 1, "Failed": 1}
    cancelled = server.ask("POST", f"/backfills/{backfill}/cancel")
    conforms("cancel_backfill", cancelled.json)
    assert server.ask("DELETE", f"/deployments/{deployment}").status == 200


@pytest.mark.parametrize(
    "path", ["../x.ipynb", "/etc/passwd", "nothing.ipynb", "{{x}}.ipynb", "http://127.0.0.1/x.ipynb"]
)
def test_a_notebook_that_is_not_in_labs_root_is_not_run(server, path):
    answer = server.ask("POST", "/runs", {"path": path})
    assert (answer.status, answer.json["error"]) == (400, "PathRefused")
