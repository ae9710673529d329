from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from jupyter_flows.graph.run_timeline import RunTimeline
from jupyter_flows.graph.timeline import timeline_of_run
from jupyter_flows.graph.timeline_svg import timeline_svg


@pytest.mark.parametrize("sample", ["midflight", "diamond", "notebook", "hostile"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_timeline_is_well_formed_and_needs_nothing_else(samples, sample, theme):
    flow_run, runs, _ = getattr(samples, sample)()
    drawn = timeline_svg(timeline_of_run(flow_run, runs, now=samples.noon + 20), theme)
    root = ET.fromstring(drawn)
    assert root.get("role") == "img"
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        *("svg", "style", "defs", "pattern", "path", "rect", "g", "title", "text")
    }
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_failed_pieces_are_hatched(samples):
    flow_run, runs, _ = samples.diamond()
    drawn = timeline_svg(timeline_of_run(flow_run, runs))
    assert "-h)" in drawn


def test_it_draws_itself_in_notebooks_and_terminals(samples):
    flow_run, runs, _ = samples.diamond()
    shown = RunTimeline(timeline_of_run(flow_run, runs))
    assert set(shown._repr_mimebundle_()) == {"text/plain", "text/html", "image/svg+xml"}
    assert repr(shown).splitlines()[:2] == ["flights-daily: 1.2 s", "  load: ended after 1.2 s"]
    assert "Slowest path" in repr(shown)
