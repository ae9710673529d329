"""A store with a few runs, and the operations of the API called without any server around them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows import artifact, flow, get_run_logger, task
from jupyter_flows.errors import RequestRefused
from jupyter_flows.server.asked import Asked
from jupyter_flows.server.children import Children
from jupyter_flows.server.contract import CONTRACTS
from jupyter_flows.server.hosted_runner import HostedRunner
from jupyter_flows.server.reading_requests import read_query
from jupyter_flows.server.routes import ROUTES
from jupyter_flows.server.site import Site
from jupyter_flows.server.store_door import StoreDoor
from jupyter_flows.settings import load_settings
from jupyter_flows.wiring import use_session

HOSTILE = "<img src=x onerror=window.__x=1>\"'><svg onload=window.__x=1>"


@task
def extract(n: int) -> list[int]:
    return list(range(n))


@task
def score(x: int) -> int:
    if x == 2:
        raise ValueError(f"no {x} {HOSTILE}")
    return x


@flow(name="daily", tags=["nightly"])
def daily(n: int) -> int:
    numbers = extract(n)
    get_run_logger().info("began with %d %s", n, HOSTILE)
    artifact(markdown=f"# {HOSTILE}", key="note")
    return sum(one.result() for one in score.map(numbers))


@flow(name=HOSTILE)
def hostile() -> None:
    extract.with_options(name=HOSTILE)(1)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """What the extension has open, with a store of its own and a folder for Lab."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)
    settings = load_settings()
    root = tmp_path / "root"
    root.mkdir()
    door = StoreDoor(settings, 0.1)
    runner = HostedRunner(door, settings, None, logging.getLogger("test"))
    yield Site(door, Children(settings), runner, root, "flow-runs")
    door.close()
    use_session(None)


@pytest.fixture
def ask(site: Site) -> Callable[..., Any]:
    """Ask an operation by its name: ids of the path by keyword, query and form as JSON values."""

    def call(name: str, query: dict[str, Any] | None = None, form: Any = None, **ids: str) -> Any:
        contract = CONTRACTS[name]
        arguments = {
            key: [str(one).encode() for one in (value if isinstance(value, list) else [value])]
            for key, value in (query or {}).items()
        }
        given = None if contract.form is None else contract.form.model_validate(form or {})
        route = next(route for route in ROUTES if route.name == name)
        operation = getattr(import_module(f"jupyter_flows.server.{route.answers.partition(':')[0]}"), name)
        answer = operation(Asked(site, ids, read_query(contract.query, arguments), given))
        if contract.answer is not None:
            assert isinstance(answer, contract.answer)
            return answer.model_dump(by_alias=True, exclude_unset=True, mode="json")
        return answer

    return call


@pytest.fixture
def refused(ask: Callable[..., Any]) -> Callable[..., dict[str, str]]:
    """Ask what is refused; return the problems."""

    def call(name: str, *given: Any, **ids: str) -> dict[str, str]:
        with pytest.raises(RequestRefused) as caught:
            ask(name, *given, **ids)
        return caught.value.problems

    return call


@pytest.fixture
def runs(site: Site) -> dict[str, str]:
    """Runs of two flows: names to ids."""
    daily(2)
    daily(4, return_state=True)
    hostile()
    from jupyter_flows.model.runs import RunFilter

    found = site.door.reader().flow_runs(RunFilter())
    return dict(zip(("hostile", "failed", "good"), [run.id for run in found], strict=True))


@pytest.fixture
def run_daily() -> Callable[[int], None]:
    """Run the flow once more."""
    return lambda n: daily(n, return_state=True)


@pytest.fixture
def notebook(site: Site) -> Callable[[], str]:
    """Write a notebook with parameters into Lab's folder; return its path there."""

    def write() -> str:
        cells: list[dict[str, Any]] = [
            {"id": "a", "metadata": {"tags": ["parameters"]}, "source": "day: str = ''\nn: int = 3"},
            {"id": "b", "metadata": {}, "source": "n"},
        ]
        for cell in cells:
            cell.update(cell_type="code", outputs=[], execution_count=None)
        metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
        text = json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})
        assert site.root is not None
        (site.root / "report.ipynb").write_text(text)
        return "report.ipynb"

    return write
