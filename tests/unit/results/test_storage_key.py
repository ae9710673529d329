"""Templates for the place of a result: what they may say, and where they must not lead."""

from __future__ import annotations

from datetime import date

import pytest

from jupyter_flows.errors import BadOption
from jupyter_flows.results import render_storage_key, render_target

PARAMETERS = {"day": date(2013, 1, 15), "place": "../../etc", "name": "a b"}


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("plain.json", "plain.json"),
        ("{task}/{parameters[day]:%Y}/{run_id}-{number:03d}.json", "score/2013/abc-007.json"),
        ("{parameters[name]!r}", "'a b'"),
        ("{{{number}}}", "{7}"),
    ],
)
def test_a_template_is_filled(template: str, key: str):
    assert render_storage_key(template, PARAMETERS, "abc", 7, "score") == key


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{parameters[month]}", "may hold .*KeyError"),
        ("{day}", "may hold .*KeyError"),
        ("{parameters[day].__class__}", "may hold"),
        ("{run_id.__class__}", "may hold"),
        ("{parameters}", "may hold"),
        ("{}", "may hold"),
        ("{run_id", "may hold"),
        ("{number:%Y}", "may hold"),
        ("out/{parameters[place]}", "relative path"),
        ("/{run_id}", "relative path"),
        ("", "relative path"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(template: str, said: str):
    with pytest.raises(BadOption, match=said):
        render_storage_key(template, PARAMETERS, "abc", 7)


def test_a_target_names_arguments_and_facts_by_their_own_names():
    words = {"task_name": "load", "day": date(2013, 1, 15)}
    assert render_target("{task_name}/{day:%Y}/{parameters[name]}.json", words, PARAMETERS) == "load/2013/a b.json"


@pytest.mark.parametrize("template", ["{nothing}", "{day.year}", "{up}/x", "/x", "{day"])
def test_a_target_that_cannot_be_meant_is_refused_by_its_name(template: str):
    with pytest.raises(BadOption, match="target"):
        render_target(template, {"day": date(2013, 1, 15), "up": ".."}, {})
