"""A store of its own for each test, the command line in this process, and a few runs to look at."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import flow, get_run_logger, task
from jupyter_flows.cli import main as main_module
from jupyter_flows.cli.main import main
from jupyter_flows.model.deployments import DeploymentDefinition, ScheduleDefinition
from jupyter_flows.schedules import CronSchedule, to_json
from jupyter_flows.services.scheduled_runs import create_run
from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_deployments, open_queue
from jupyter_flows.wiring import use_session


@pytest.fixture(scope="session", autouse=True)
def _one_parser() -> Iterator[None]:
    """Make the parser of the command line once: a process makes one, and these tests are one process."""
    made, main_module.make_parser = main_module.make_parser, cache(main_module.make_parser)
    yield
    main_module.make_parser = made


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "data"
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    use_session(None)
    yield folder
    use_session(None)


@pytest.fixture
def cli(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the command line; returns its exit status, what it printed, and what it complained of."""

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(argv))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def as_json(cli: Callable[..., tuple[int, str, str]]) -> Callable[..., Any]:
    """Call the command line with --json, expect it to go well, and parse what it printed."""

    def call(*argv: str) -> Any:
        code, out, err = cli(*argv, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return call


@task
def double(x: int) -> int:
    if x == 3:
        raise ValueError("cannot double \x1b[31m3\nat all")
    return 2 * x


@flow(name="doubling")
def doubling(n: int) -> int:
    get_run_logger().info("first line\nsecond \x1b[31mline")
    get_run_logger().warning("careful")
    return sum(future.result() for future in double.map(range(n)))


@flow(name="on-its-own")
def on_its_own() -> None:
    double(3, return_state=True)
    raise KeyError("mine")


@pytest.fixture
def runs(data_dir: Path) -> dict[str, Any]:
    """Three runs: one completed, one failed in a mapped task, one failed by its own error."""
    doubling(2)
    with pytest.raises(ValueError, match="cannot double"):
        doubling(5)
    with pytest.raises(KeyError):
        on_its_own()
    return {}


@pytest.fixture
def waiting_run(data_dir: Path) -> Callable[..., str]:
    """Deploy `morning` every hour, and put a run of it into the queue, for a tick; returns the run's id."""

    def put(**given: Any) -> str:
        source = to_json(CronSchedule("0 * * * *", timezone="UTC"))
        hourly = ScheduleDefinition("hourly", source)
        definition = DeploymentDefinition("morning", "doubling", "flow", "m@f", "/", {"n": 2}, (hourly,))
        now = time.time()
        ids = iter(["deployment-1", "schedule-1"])
        with open_deployments(load_settings()) as store:
            applied = store.apply(definition, digest="d", at=now - 7200, new_id=lambda: next(ids))
        told = {"schedule_id": "schedule-1", "origin": "schedule", "tick": datetime.fromtimestamp(now - 60, UTC)}
        with open_queue(load_settings()) as queue:
            return create_run(queue, applied.deployment, at=now, **{**told, **given}).run_id

    return put
