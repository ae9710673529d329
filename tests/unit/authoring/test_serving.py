"""What cannot be served, and when nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_flows import flow
from jupyter_flows.authoring.importing import importing
from jupyter_flows.authoring.serving import serve
from jupyter_flows.errors import BadOption, DeploymentRefused
from jupyter_flows.testing import flows_test_harness
from jupyter_flows.wiring import current_deployments


@flow
def daily(n: int = 1) -> int:
    return n


@pytest.fixture(autouse=True)
def _store() -> Iterator[None]:
    with flows_test_harness():
        yield


@pytest.mark.parametrize(
    ("given", "workers", "told"),
    [((daily,), 0, "give deployments"), ((), -1, "a whole number"), ((), True, "a whole number")],
)
def test_what_cannot_be_served_is_refused(given: Any, workers: Any, told: str):
    with pytest.raises(BadOption, match=told):
        serve(*given, workers=workers)


def test_nothing_is_served_where_a_deployment_does_not_fit():
    with pytest.raises(DeploymentRefused, match="parameter m: is not a parameter"):
        daily.serve("d", parameters={"m": 1})
    with current_deployments() as deployments:
        assert deployments.all() == []


def test_an_import_serves_nothing():
    with importing():
        daily.serve("d")
    with current_deployments() as deployments:
        assert deployments.all() == []
