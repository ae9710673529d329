from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from jupyter_flows.graph.node import Edge, Node
from jupyter_flows.graph.palette import look
from jupyter_flows.graph.picture import Header, picture
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.graph.run_picture import picture_of_run
from jupyter_flows.graph.svg import label, svg
from jupyter_flows.model.states import NAMES

SVG = "{http://www.w3.org/2000/svg}"
KINDS = ["midflight", "diamond", "notebook", "hostile"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_every_picture_is_well_formed_and_needs_nothing_else(samples, kind, theme):
    drawing = svg(picture_of_run(*getattr(samples, kind)()), theme)
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith("Graph of ")
    names = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert names <= {"svg", "style", "defs", "pattern", "marker", "g", "rect", "path", "text", "title", "use"}
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "href" not in name or (name == "href" and value.startswith(f"#{root.get('id')}-"))
            assert "url(" not in value or re.fullmatch(rf"url\(#{root.get('id')}-\w\)", value)
    assert "@import" not in drawing and "http" not in drawing.replace("http://www.w3.org/2000/svg", "")


def test_ids_start_with_the_name_of_the_picture_and_are_the_same_each_time(samples):
    image = picture_of_run(*samples.midflight())
    ids = [element.get("id", "") for element in ET.fromstring(svg(image)).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith(image.name) for name in ids)
    assert svg(image) == svg(image)


def test_rules_hold_only_inside_the_drawing(samples):
    image = picture_of_run(*samples.midflight())
    style = next(ET.fromstring(svg(image)).iter(f"{SVG}style")).text or ""
    for rule in re.findall(r"([^{}]+)\{", style):
        assert f"#{image.name}" in rule or rule.startswith("@media")


def test_hostile_names_stay_text(samples):
    drawing = svg(picture_of_run(*samples.hostile()))
    assert "<script" not in drawing
    assert "\u202e" not in drawing and "\x1b" not in drawing
    assert any("</text><script>" in (text.text or "") for text in ET.fromstring(drawing).iter(f"{SVG}title"))


def test_a_long_name_is_cut_and_stands_in_full_in_its_title():
    name = "a very long name that does not fit into any box of a picture"
    drawing = ET.fromstring(svg(picture([Node("1", name)])))
    assert next(text.text for text in drawing.iter(f"{SVG}text")) != name
    assert next(drawing.iter(f"{SVG}title")).text == f"{name} · Pending"


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_an_icon_a_word_and_a_colour(name):
    drawing = svg(picture([Node("1", "task", state_kind=NAMES[name][0], state_name=name)]), "light")
    shown = look(name)
    assert shown.icon in drawing
    assert f"<title>{name}</title>" in drawing
    assert shown.light in drawing
    assert ('stroke-dasharray="4 3"' in drawing) == shown.dashed
    assert ("-h)" in drawing) == shown.hatched


def test_themes_have_their_own_colours():
    image = picture([Node("1", "a")])
    assert "#0d1117" not in svg(image, "light")
    assert "#fff" not in svg(image, "dark")
    auto = svg(image)
    assert "prefers-color-scheme:dark" in auto and "[data-jp-theme-light=false]" in auto


def test_calls_and_live_edges_are_dashed():
    # The pattern of live edges stands on their group.
    nodes = [Node("1", "a"), Node("2", "b", state_kind=NAMES["Running"][0], state_name="Running"), Node("3", "c")]
    drawing = svg(picture(nodes, [Edge("1", "2"), Edge("1", "3", calls=True)]))
    assert drawing.count('stroke-dasharray="5 4"') == 1
    assert drawing.count('stroke-dasharray="2 4"') == 1


def test_all_forms_of_thirty_boxes_fit_in_thirty_kilobytes(samples):
    tasks = [samples.task_run(n, f"task_number_{n}", upstreams=(n // 2, n - 1) if n > 2 else ()) for n in range(1, 31)]
    bundle = RunGraph(picture_of_run(samples.flow_run(), tasks))._repr_mimebundle_()
    assert sum(len(form.encode()) for form in bundle.values()) <= 30_000


def test_an_image_of_its_own_draws_the_same_without_what_only_a_page_makes_use_of(samples):
    image = picture_of_run(*samples.midflight())
    alone = svg(image, alone=True)
    assert "jp-theme" not in alone and "<title>retry" not in alone
    drawn = [list(ET.fromstring(drawing).iter(f"{SVG}rect")) for drawing in (svg(image), alone)]
    assert [r.attrib for r in drawn[0]] == [r.attrib for r in drawn[1]]


def test_the_label_counts_states(samples):
    assert label(picture_of_run(*samples.diamond())) == (
        "Graph of flights-daily, Failed: 2 Completed, 1 Skipped, 1 Cancelled, 1 Failed, 1 UpstreamFailed"
    )
    assert label(picture([])) == "Graph: no tasks"
    assert label(picture([Node("1", "a")], header=Header("notebook"))) == "Graph of notebook: 1 Pending"


def test_nothing_still_gives_a_drawing():
    ET.fromstring(svg(picture([])))
