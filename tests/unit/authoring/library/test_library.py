"""Commands, requests, queries, files and messages: each against something local, each with clear errors."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import Secret, flow
from jupyter_flows.errors import CommandFailed, CopyFailed, NotifyError, QueryFailed, RequestFailed
from jupyter_flows.tasks import copy_file, http_request, send_chat_message, send_email, shell, sql_query
from tests.unit.notify.sinks import HttpSink, MailSink, closed_port, serving


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    """Retries without their waits."""
    for one in (http_request, copy_file, send_chat_message, send_email):
        monkeypatch.setattr(one, "spec", one.with_options(retry_delay_seconds=0).spec)


def test_a_command_says_what_it_says(tmp_path):
    assert shell("echo one; echo two >&2; pwd", cwd=str(tmp_path)) == f"one\ntwo\n{tmp_path}\n"
    assert shell([sys.executable, "-c", "import os; print(os.environ['COLOUR'])"], env={"COLOUR": "red"}) == "red\n"
    assert shell("exit 3", allowed=[0, 3]) == ""
    assert shell(["echo", "$(id); `id`"]) == "$(id); `id`\n"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("echo gone wrong; exit 4", r"ended with 4: gone wrong"),
        (["no-such-program"], r"ended with 127: there is no no-such-program"),
        ("for n in $(seq 50); do echo $n; done; false", r"ended with 1: 31\n"),
    ],
)
def test_a_failed_command_shows_its_last_lines(command, wanted):
    with pytest.raises(CommandFailed, match=wanted):
        shell(command)


def test_the_lines_of_a_command_are_in_the_log(harness):
    @flow
    def runs():
        shell("echo hello")

    runs()
    run = harness.reader.flow_runs(_all())[0]
    assert "hello" in [line.message for line in harness.reader.logs(run.id)]


def test_a_time_limit_ends_a_command_with_its_children(tmp_path):
    marker = tmp_path / "pid"
    with pytest.raises(TimeoutError):
        shell.with_options(timeout_seconds=0.3)(f"sleep 60 & echo $! > {marker}; wait")
    pid = int(marker.read_text())
    give_up = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < give_up:
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.01)
    else:
        assert not Path(f"/proc/{pid}").exists()


class _Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        server.asked.append(self.path)
        status = server.answers.pop(0) if server.answers else 200
        kind, body = ("application/json", b'{"rows": 3}') if "json" in self.path else ("text/plain", "ünï".encode())
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web():
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    server.answers, server.asked = [], []
    with serving(server):
        yield server


def test_a_request_gives_its_answer(web):
    address = f"http://127.0.0.1:{web.server_port}"
    assert http_request(f"{address}/json", params={"day": "2013-01-15"}) == {"rows": 3}
    assert http_request(f"{address}/text") == "ünï"
    assert web.asked[0] == "/json?day=2013-01-15"


def test_a_request_is_tried_again_where_later_may_help(web):
    address = f"http://127.0.0.1:{web.server_port}/json"
    web.answers = [503, 500]
    assert http_request(address) == {"rows": 3}
    assert len(web.asked) == 3
    web.answers, web.asked = [404], []
    with pytest.raises(RequestFailed, match="it answers 404"):
        http_request(address)
    assert len(web.asked) == 1


def test_nobody_there_is_told():
    with pytest.raises(RequestFailed, match="GET http://127"):
        http_request(f"http://127.0.0.1:{closed_port()}/")
    with pytest.raises(RequestFailed):
        http_request("no address")


def test_a_query_gives_rows_and_pastes_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    assert sql_query(url, "create table rows (name text, size integer)") == []
    sql_query(url, "insert into rows values (:name, :size)", [{"name": "a", "size": 1}, {"name": "b'; --", "size": 2}])
    assert sql_query(url, "select * from rows where size > :least", {"least": 1}) == [{"name": "b'; --", "size": 2}]
    with pytest.raises(QueryFailed, match="no such table: nowhere"):
        sql_query(url, "select * from nowhere")
    with sqlite3.connect(tmp_path / "rows.db") as connection:
        assert connection.execute("select count(*) from rows").fetchone() == (2,)
    connection.close()


def test_a_statement_that_fails_leaves_nothing_of_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    sql_query(url, "create table rows (size integer not null)")
    with pytest.raises(QueryFailed, match="NOT NULL"):
        sql_query(url, "insert into rows values (:size)", [{"size": 1}, {"size": None}])
    assert sql_query(url, "select * from rows") == []


def test_an_address_does_not_show_its_password(monkeypatch):
    monkeypatch.setenv("DB", "sqlite+nothing://me:hunter2-and-more@host/db")
    with pytest.raises(QueryFailed) as told:
        sql_query(Secret("DB"), "select 1")
    assert "hunter2" not in str(told.value)


def test_a_file_is_copied_between_any_two_places(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"x" * 3_000_000)
    assert copy_file(str(tmp_path / "a.bin"), "memory://copies/a.bin") == 3_000_000
    assert copy_file("memory://copies/a.bin", str(tmp_path / "new" / "b.bin")) == 3_000_000
    assert (tmp_path / "new" / "b.bin").read_bytes() == (tmp_path / "a.bin").read_bytes()


@pytest.mark.parametrize(
    ("source", "target", "options", "wanted"),
    [
        ("none", "copy", {}, "there is no such file"),
        ("here", "here2", {"overwrite": False}, "overwrite=True replaces it"),
        ("nothing://x", "copy", {}, "Protocol not known"),
    ],
)
def test_what_is_not_copied_is_told(tmp_path, source, target, options, wanted):
    for name in ("here", "here2"):
        (tmp_path / name).write_text("x")
    place = source if "://" in source else str(tmp_path / source)
    with pytest.raises(CopyFailed, match=wanted):
        copy_file(place, str(tmp_path / target), **options)


def test_messages_are_sent(monkeypatch):
    with serving(HttpSink(500)) as chat, serving(MailSink()) as post:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", chat.url)
        send_chat_message("rows are late")
        subject, server = "late\r\nBcc: all@example.com", {"host": "127.0.0.1", "port": post.port, "security": "none"}
        send_email("you@example.com", subject, "rows", **server)
        with pytest.raises(NotifyError, match="it answers 550 no such user"):
            send_email("you@refused.example", "s", "t", **server)
    assert len(chat.received) == 2
    assert "rows are late" in json.dumps(chat.received[1])
    assert "\nBcc" not in post.received[0]


def test_tasks_of_the_library_are_submitted_and_mapped_as_any_other():
    @flow
    def many():
        return [text.strip() for text in shell.map([["echo", str(n)] for n in range(3)]).result()]

    assert many() == ["0", "1", "2"]
    assert threading.active_count() < 50


def _all() -> Any:
    from jupyter_flows.model.runs import RunFilter

    return RunFilter()
