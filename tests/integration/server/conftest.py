"""A real Jupyter server with the extension, once for all tests here: each has its own process to look at."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import artifact, flow, get_run_logger, task
from jupyter_flows.server.routes import ROOT
from jupyter_flows.wiring import use_session

TOKEN = "a-token-of-the-tests"
HOSTILE = "<img src=x onerror=window.__x=1>\"'><svg onload=window.__x=1>"
# Decides by what a request says of itself, so that one server stands for many users.
_AUTHORIZER = """
from jupyter_server.auth import Authorizer


class ByHeader(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        if resource != "jupyter_flows":
            return True
        return action in handler.request.headers.get("X-May", "read write execute").split()
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """The server, and how it is asked."""

    port: int
    root: Path
    data: Path
    runs: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, verb: str, path: str, form: object = None, *, token: str | None = TOKEN, **headers: str) -> Answer:
        """Ask below the API; names of headers are written with underscores."""
        body = None if form is None else json.dumps(form)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            told.setdefault("Authorization", f"token {token}")
        if body is not None:
            told.setdefault("Content-Type", "application/json")
        return self.raw(verb, f"{ROOT}{path}", body, told)

    def raw(self, verb: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(verb, path, body, dict(headers))
            found = connection.getresponse()
            cookies = tuple(one.partition(";")[0] for one in found.headers.get_all("Set-Cookie", []))
            return Answer(found.status, dict(found.getheaders()), found.read(), cookies)
        finally:
            connection.close()

    def cookies(self) -> tuple[str, str]:
        """Log in as a browser does; return its cookies, and the value for the XSRF header."""
        asked = self.raw("GET", "/login", None, {}).cookies
        known = self.raw("GET", f"/login?token={TOKEN}", None, {}).cookies
        found = [*known, *(one for one in asked if one.startswith("_xsrf="))]
        return "; ".join(found), next(one.removeprefix("_xsrf=") for one in found if one.startswith("_xsrf="))

    def write_notebook(self, name: str, *sources: str) -> str:
        """Write a notebook whose first cell declares its parameters; return its path for Lab."""
        cells = [
            {
                "cell_type": "code",
                "id": f"c{place}",
                "metadata": {} if place else {"tags": ["parameters"]},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for place, source in enumerate(sources)
        ]
        metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
        text = json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
        (self.root / name).write_text(text)
        return name

    def until_ended(self, run: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait for the end of a run."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.ask("GET", f"/runs/{run}").json["run"]
            if found["ended_at"] is not None:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{run} has not ended")


@task
def score(x: int) -> int:
    if x == 2:
        raise ValueError(f"no {x} {HOSTILE}")
    return x


@flow(name=HOSTILE, tags=[HOSTILE])
def hostile(n: int) -> int:
    get_run_logger().info("\x1b[31m</script>%s", HOSTILE)
    artifact(markdown=f"# {HOSTILE}", key="note", description=HOSTILE)
    return sum(one.result() for one in score.map(list(range(n))))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start it once: a second or two, like any Jupyter server."""
    base = tmp_path_factory.mktemp("server")
    places = {name: base / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    for place in (*places.values(), base / "root"):
        place.mkdir()
    runs = _seeded(places["JUPYTER_DATA_DIR"])
    (base / "by_header.py").write_text(_AUTHORIZER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    others = ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim", "notebook")
    extensions = {"jupyter_flows": True, **dict.fromkeys(others, False)}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={base / 'root'}"),
        *("--ServerApp.authorizer_class=by_header.ByHeader", f"--ServerApp.jpserver_extensions={extensions}"),
        *("--JupyterFlows.runner_grace_seconds=0", "--JupyterFlows.runner_workers=1"),
    ]
    path = os.pathsep.join([str(base), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    # a request to cancel is looked for with each heartbeat
    quick = {"JUPYTER_FLOWS_HEARTBEAT_SECONDS": "0.3", "JUPYTER_FLOWS_LEASE_SECONDS": "20"}
    own = {name: str(place) for name, place in places.items()}
    environment = {**os.environ, **own, **quick, "PYTHONPATH": path}
    log = (base / "log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    server = Server(port, base / "root", places["JUPYTER_DATA_DIR"], runs)
    try:
        _await(server, process, base / "log")
        yield server
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _await(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 100
    while time.monotonic() < until and process.poll() is None:
        try:
            if server.ask("GET", "/settings").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the server does not answer: {log.read_text(errors='replace')[-4000:]}")


def _seeded(data: Path) -> dict[str, str]:
    """Two runs in the server's store, made by this process."""
    before = os.environ.get("JUPYTER_DATA_DIR")
    os.environ["JUPYTER_DATA_DIR"] = str(data)
    use_session(None)
    try:
        good, failed = hostile(2, return_state=True), hostile(4, return_state=True)
        from jupyter_flows.model.runs import RunFilter
        from jupyter_flows.settings import load_settings
        from jupyter_flows.store import open_reader

        assert (good.is_completed(), failed.is_completed()) == (True, False)
        reader = open_reader(load_settings())
        found = [run.id for run in reader.flow_runs(RunFilter())]
        reader.close()
    finally:
        use_session(None)
        if before is not None:
            os.environ["JUPYTER_DATA_DIR"] = before
    return dict(zip(("failed", "good"), found, strict=True))
