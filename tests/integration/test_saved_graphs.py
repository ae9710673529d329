"""What a notebook keeps of its graphs when a program executes it."""

from __future__ import annotations

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor

SETUP = """\
%load_ext jupyter_flows
from jupyter_flows import Flow, task

@task
def step(*before):
    return 1

with Flow("thirty") as thirty:
    placed = []
    for index in range(30):
        placed.append(step.with_options(name=f"step_{index}")(*placed[-2:]))
thirty.graph()
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SETUP)])
    notebook.cells.append(nbformat.v4.new_code_cell("thirty.run().name"))
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    # As the command does it: with the state of widgets kept, if there were any.
    ExecutePreprocessor(store_widget_state=True).preprocess(
        notebook, {"metadata": {"path": tmp_path_factory.mktemp("nb")}}
    )
    return notebook


def test_a_notebook_executed_by_a_program_has_the_last_states_and_no_widget(executed):
    assert "widgets" not in executed.metadata
    (output,) = executed.cells[0].outputs
    assert set(output.data) == {"text/plain", "text/html", "image/svg+xml"}
    assert output.data["text/plain"].startswith("thirty: Completed\n  step_0: Completed\n")
    assert "Pending" not in output.data["text/html"]


def test_a_graph_of_thirty_tasks_is_small(executed):
    (output,) = executed.cells[0].outputs
    assert sum(len(form.encode()) for form in output.data.values()) <= 30_000


def test_its_page_shows_the_graph_without_the_network(executed):
    page, _ = HTMLExporter().from_notebook_node(executed)
    _, _, body = page.partition("<body")
    assert 'alt="Graph of thirty, Completed: 30 Completed"' in body
    assert "<table>" in body
    assert "widget-view" not in body
