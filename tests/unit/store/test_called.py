from __future__ import annotations

import pytest

from jupyter_flows.store.called import EVERYBODY, Called, Whose


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        (Called("daily", is_flow=True), Whose("daily")),
        (Called("daily", deployment_id="d1"), Whose(deployment_id="d1")),
        (Called("daily", is_flow=True, deployment_id="d1"), Whose("daily")),
        (Called("daily"), Whose("daily")),
    ],
)
def test_a_flow_comes_before_a_deployment_that_has_its_name(found: Called, meant: Whose):
    assert found.only == meant
    assert found.is_known is (found.is_flow or found.deployment_id is not None)


def test_a_condition_has_as_many_places_as_values():
    for whose in (EVERYBODY, Whose("daily"), Whose(deployment_id="d1")):
        assert whose.condition("f.flow", "f.id").count("?") == len(whose.values)
