from __future__ import annotations

from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run


def test_it_shows_itself_as_text_html_and_svg(samples):
    graph = RunGraph(picture_of_run(*samples.midflight()))
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    assert bundle["text/plain"] == repr(graph)
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert "<details>" in bundle["text/html"] and "<table>" in bundle["text/html"]


def test_only_what_is_asked_for_is_made(samples):
    graph = RunGraph(picture_of_run(*samples.midflight()))
    assert set(graph._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert "text/html" not in graph._repr_mimebundle_(exclude={"text/html"})


def test_the_theme_can_be_chosen_twice(samples):
    graph = RunGraph(picture_of_run(*samples.midflight()), theme="dark")
    assert graph.svg() == graph.svg("dark") != graph.svg("light")
