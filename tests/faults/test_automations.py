"""Automations beside a real runner, its processes and its retries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from jupyter_flows.automations import Notify, RunDeployment, on_failure, on_run_end
from jupyter_flows.automations.actions import Action
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.triggers import Trigger
from jupyter_flows.store import open_automations, open_firings
from jupyter_flows.store.firings import OpenFiring
from tests.faults.test_runner import House, await_that

_ids = count(1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def apply(house: House, name: str, trigger: Trigger, *actions: Action) -> str:
    definition = AutomationDefinition(name, trigger, actions, 100)
    with open_automations(house.settings) as automations:
        new_id = lambda: f"a{next(_ids)}"  # noqa: E731
        return automations.apply(definition, at=time.time(), new_id=new_id).automation.id


def done(house: House, automation_id: str) -> list[OpenFiring]:
    with open_firings(house.settings) as firings:
        return [one for one in firings.of(automation_id) if one.done_at is not None]


def test_a_run_is_over_for_automations_when_its_retries_are(house: House):
    retried = house.deploy(retries=1, retry_delay_seconds=0.0)
    failed, ended = (
        apply(house, "failed", on_failure(), Notify(secret="NOBODY")),
        apply(house, "ended", on_run_end(deployment="daily"), RunDeployment("after")),
    )
    house.deploy(name="after")
    run_id = house.add("fail once", retried)
    house.runner()
    (firing,) = await_that(lambda: done(house, ended), "the end is acted on")
    assert (firing.event.run_id, firing.event.state, firing.outcome[0][:4]) == (run_id, "Completed", "run ")
    assert done(house, failed) == []
    with open_firings(house.settings) as firings:
        (made,) = firings.made_by(firing.id)
    assert house.done(made).state.name == "Completed"
    await_that(lambda: house.told("automation"), "what it did is told")


def test_a_run_whose_process_dies_is_told_as_crashed(house: House):
    failed = apply(house, "failed", on_failure(), Notify(secret="NOBODY"))
    run_id = house.add("die")
    house.runner()
    (firing,) = await_that(lambda: done(house, failed), "the crash is acted on")
    assert (firing.event.run_id, firing.event.kind, firing.event.name) == (run_id, "crashed", "run.done")
    assert firing.outcome[0].startswith("not told secret NOBODY")
    assert house.reader.flow_run(run_id).attempts == 1
