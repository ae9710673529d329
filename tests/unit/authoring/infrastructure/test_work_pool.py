"""Pools: what every run of them is given, and what a deployment may choose."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jupyter_flows.errors import BadOption
from jupyter_flows.infrastructure import WorkPool

TEMPLATE = {
    "job_configuration": {
        "image": "{{ image }}",
        "env": {"STAGE": "{{ stage }}", "PLACE": "at {{ stage }}"},
        "mem_limit": "{{ memory }}",
        "volumes": ["{{ data }}:/data:ro"],
    },
    "variables": {
        "properties": {
            "image": {"type": "string", "default": "python:3.12"},
            "stage": {"type": "string"},
            "memory": {"type": "string"},
            "data": {"type": "string", "default": "/srv"},
        },
        "required": ["stage"],
    },
}
POOL = WorkPool(name="containers", type="docker", base_job_template=TEMPLATE)


def test_what_was_chosen_stands_in_its_places():
    assert POOL.preview({"stage": "test"}, run_id="r1") == [
        *("docker", "run", "--name", "run-name", "--env", "STAGE=test", "--env", "PLACE=at test"),
        *("--volume", "/srv:/data:ro", "python:3.12", "jupyter-flows", "execute", "r1"),
    ]
    assert "--memory" in POOL.preview({"stage": "test", "memory": "2g"})


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, "stage: it is missing"),
        ({"stage": 3}, "stage: 3 is no string"),
        ({"stag": "x"}, "there is no variable 'stag', but 'stage'; stage: it is missing"),
        ({"stage": "x", "image": "-rf"}, "'-rf' names no image"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(chosen, wanted: str):
    with pytest.raises(BadOption, match="work pool containers") as refused:
        POOL.preview(chosen)
    assert wanted in str(refused.value)


@pytest.mark.parametrize("kind", ["process", "docker", "kubernetes"])
def test_without_a_template_every_field_may_be_chosen(kind: str):
    pool = WorkPool(name="any", type=kind)  # type: ignore[arg-type]
    chosen = {"env": {"A": "1"}, **({} if kind == "process" else {"image": "python:3.12"})}
    assert pool.infrastructure(chosen).env == {"A": "1"}
    assert set(pool.base_job_template["job_configuration"]) == set(pool.base_job_template["variables"]["properties"])


def test_a_job_of_a_cluster_is_previewed_with_the_names_of_its_run():
    pool = WorkPool(name="cluster", type="kubernetes")
    job = pool.preview({"image": "python:3.12", "namespace": "flows"}, flow_name="Daily", run_name="wise-owl")
    assert job["metadata"] == {"name": "daily-wise-owl", "namespace": "flows"}


@pytest.mark.parametrize(
    "given",
    [
        {"name": "a b"},
        {"name": "a", "type": "ship"},
        {"name": "a", "concurrency_limit": 0},
        {"name": "a", "base_job_template": {"job": {}}},
        {"name": "a", "base_job_template": {"job_configuration": {"command": "{{ nobody }}"}}},
        {"name": "a", "base_job_template": {"job_configuration": {"image": "python:3"}}},
        {"name": "a", "base_job_template": {"job_configuration": {}, "variables": []}},
    ],
)
def test_what_is_no_pool_is_refused_when_it_is_made(given):
    with pytest.raises(ValidationError):
        WorkPool(**given)


@pytest.mark.usefixtures("harness")
def test_a_pool_is_kept_under_its_own_name():
    assert POOL.keep() == "work-pool/containers"
    assert WorkPool.load("containers") == POOL
