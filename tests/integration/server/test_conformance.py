"""What the server really answers, held against the description from which front ends generate their types."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jupyter_flows.server.description import description
from jupyter_flows.server.routes import ROUTES

DESCRIPTION = description()


def check(schema_of: dict[str, Any], value: Any) -> None:
    schema = {**schema_of, "components": DESCRIPTION["components"]}
    errors = list(Draft202012Validator(schema).iter_errors(value))
    assert not errors, [f"{list(error.absolute_path)}: {error.message}"[:400] for error in errors[:5]]


def answered(operation: dict[str, Any], status: int) -> dict[str, Any]:
    found = operation["responses"]["200" if status == 200 else "default"]
    if "$ref" in found:
        found = DESCRIPTION["components"]["responses"]["Error"]
    return found["content"]["application/json"]["schema"]


# Route to the query and form with which it answers; those that start something are in another file.
ASKED: dict[str, tuple[str, dict[str, Any] | None]] = {
    "list_runs": ("?limit=1&standalone=true&1763745", None),
    "overview": ("", None),
    "run_detail": ("", None),
    "graph": ("", None),
    "box": ("?key=1", None),
    "edge": ("?from=1&to=2", None),
    "timeline": ("", None),
    "list_tasks": ("?order=slowest", None),
    "task_details": ("", None),
    "read_log": ("?tail=true", None),
    "list_artifacts": ("", None),
    "comparison": ("?before={good}", None),
    "why": ("", None),
    "grid": ("?flow=%3Cimg%20src%3Dx%20onerror%3Dwindow.__x%3D1%3E%22%27%3E%3Csvg%20onload%3Dwindow.__x%3D1%3E", None),
    "stats": ("?flow=daily", None),
    "list_deployments": ("", None),
    "list_backfills": ("", None),
    "list_schedules": ("", None),
    "preview_schedule": ("", {"schedule": {"every": ["1d"], "at": ["09:00"]}, "parameters": {"d": "{tick}"}}),
    "notebook_parameters": ("?path=asked.ipynb", None),
    "list_blocks": ("", None),
    "health": ("", None),
    "settings": ("", None),
}


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_is_as_it_is_described(server, name):
    server.write_notebook("asked.ipynb", "from datetime import date\nn: int = 3  # how many", "n")
    route = next(route for route in ROUTES if route.name == name)
    query, form = ASKED[name]
    query = query.replace("{good}", server.runs["good"])
    path = route.path.replace("{run}", server.runs["failed"]).replace("{number}", "4")
    answer = server.ask(route.verb, path + query, form)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    check(answered(DESCRIPTION["paths"][route.path][route.verb.lower()], 200), answer.json)


def test_an_error_is_as_it_is_described(server):
    for route in ROUTES:
        path = route.path
        for place in ("run", "deployment", "schedule", "artifact", "backfill"):
            path = path.replace(f"{{{place}}}", "0" * 12)
        path = path.replace("{number}", "1").replace("{file}", "log")
        answer = server.ask(route.verb, f"{path}?unknown=1", None if route.verb == "GET" else {"unknown": 1})
        operation = DESCRIPTION["paths"][route.path][route.verb.lower()]
        if answer.status != 200:
            check(answered(operation, answer.status), answer.json)


def test_what_is_too_large_is_refused_before_it_is_read(server):
    answer = server.raw(
        "POST",
        "/jupyter-flows/api/runs",
        None,
        {
            "Authorization": "token a-token-of-the-tests",
            "Content-Type": "application/json",
            "Content-Length": "100000000",
        },
    )
    assert answer.status == 413
    check({"$ref": "#/components/schemas/ErrorAnswer"}, answer.json)


def test_a_body_that_does_not_say_its_size_is_refused_too(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    told = {"Authorization": "token a-token-of-the-tests", "Content-Type": "application/json"}
    parts = (b"x" * 100_000 for _ in range(30))
    connection.request("POST", "/jupyter-flows/api/runs", parts, told, encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 413
    answer.read()
    connection.close()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/runs?limit=1000000000", "limit"),
        ("/runs?offset=99999999999999999999", "offset"),
        ("/runs/{run}/tasks?limit=1000000000", "limit"),
        ("/runs/{run}/logs?limit=1000000000", "limit"),
        ("/grid?flow=x&runs=1000000000", "runs"),
        ("/schedules?next=1000000000", "next"),
    ],
)
def test_no_page_is_larger_than_its_bound(server, path, field):
    answer = server.ask("GET", path.replace("{run}", server.runs["failed"]))
    assert (answer.status, list(answer.json["problems"])) == (400, [field])


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"cron": ["x" * 900_000]}, "schedule.cron.0"),
        ({"cron": ["* * * * *"] * 100}, "schedule.cron"),
        ({"rrule": ["FREQ=SECONDLY;COUNT=1000000000"]}, ""),
        ({"cron": ["0 0 30 2 *"]}, "cron"),
        ({"cron": ["0 9 * * *"], "timezone": "../../etc/passwd"}, "timezone"),
    ],
)
def test_a_schedule_that_would_take_for_ever_is_refused_or_answered(server, form, field):
    answer = server.ask("POST", "/schedules/preview", {"schedule": form})
    assert answer.status in ({200, 400} if field == "" else {400})
    if field:
        assert list(answer.json["problems"]) == [field]


@pytest.mark.parametrize(
    "path",
    [
        "/runs/{run}/artifacts/..%2f..%2f..%2fetc%2fpasswd/content",
        "/runs/{run}/artifacts/%2e%2e/content",
        "/runs/{run}/files/..%2fflows.db",
        "/runs/{run}/files/%2fetc%2fpasswd",
        "/runs/..%2f..%2fetc/files/log",
        "/runs/%00/why",
        "/runs/' OR 1=1 --/why".replace(" ", "%20"),
        "/deployments/..%5c..%5cx",
    ],
)
def test_an_id_that_is_none_is_no_route(server, path):
    answer = server.ask("GET", path.replace("{run}", server.runs["failed"]))
    assert answer.status == 404
    assert b"root:" not in answer.body


def test_the_artifact_of_a_hostile_run_is_sandboxed(server):
    (one,) = server.ask("GET", f"/runs/{server.runs['failed']}/artifacts").json["artifacts"]
    answer = server.ask("GET", one["content"])
    assert answer.status == 200
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    saved = server.ask("GET", f"{one['content']}?download=true")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_hostile_names_and_logs_come_as_json_text_alone(server):
    run = server.runs["failed"]
    for path in (f"/runs/{run}", f"/runs/{run}/logs", f"/runs/{run}/graph", f"/runs/{run}/why", "/runs"):
        answer = server.ask("GET", path)
        assert answer.headers["Content-Type"].startswith("application/json")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert b"\x1b" not in answer.body
