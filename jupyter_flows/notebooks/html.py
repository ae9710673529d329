"""An executed notebook as one HTML page that needs nothing else: no network, no script, and none can sneak in."""

from __future__ import annotations

import base64
import logging
from functools import cache
from pathlib import Path
from typing import Any

from jupyter_flows.notebooks.atomic_file import replace_text
from jupyter_flows.notebooks.clean_html import clean_html
from jupyter_flows.notebooks.document import read_notebook
from jupyter_flows.notebooks.nbformat4 import Node
from jupyter_flows.notebooks.published import RESULT_MIME

_logger = logging.getLogger("jupyter_flows.notebooks.html")
_logger.addHandler(logging.NullHandler())

# The page of nbconvert without what it would fetch (require.js, MathJax, mermaid, widgets). Outputs may hold anything,
# so they are sanitised, and the policy keeps a browser from running or fetching what came through all the same.
_PAGE = """
{%- extends "lab/index.html.j2" -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:">
<meta name="referrer" content="no-referrer">
{%- endblock html_head_js -%}
{%- block jupyter_widgets -%}{%- endblock jupyter_widgets -%}
{%- block html_head_js_mathjax -%}{%- endblock html_head_js_mathjax -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}
{%- block data_mermaid -%}
<pre>{{ output.data["text/vnd.mermaid"] | escape_html }}</pre>
{%- endblock data_mermaid -%}
{%- block body_header -%}
{{ super() }}
{%- if resources.flow_graph %}
<figure style="margin: 1em 0; overflow-x: auto">
<img src="{{ resources.flow_graph }}" alt="Graph of the run: its tasks and their states" style="max-width: none">
</figure>
{%- endif -%}
{%- endblock body_header -%}
"""


def write_html(notebook_path: Path, html_path: Path, graph_svg: str | None = None) -> None:
    """Write a notebook with its outputs as one HTML page that can be opened offline and by anybody.

    Parameters
    ----------
    notebook_path
        The notebook, usually an executed one. It is only read.
    html_path
        Where the page is written, in one step.
    graph_svg
        A picture to put on top, as an image: nothing in it can run.

    Raises
    ------
    NotebookNotFound, NotANotebook
        The notebook cannot be read.
    OSError
        The page cannot be written; an earlier one is left as it was.
    """
    content = read_notebook(notebook_path)
    _strip_unseen(content)
    resources = {"metadata": {"name": notebook_path.stem}, "flow_graph": _as_image(graph_svg)}
    from nbformat.notebooknode import from_dict  # deferred: nbformat and nbconvert are heavy

    page, _ = _exporter().from_notebook_node(from_dict(content), resources)
    replace_text(html_path, page)


def warm_up() -> None:
    """Load all that a page takes; afterwards one takes a tenth of the time."""
    from nbformat.notebooknode import from_dict

    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    _exporter().from_notebook_node(from_dict(node), {"metadata": {"name": ""}, "flow_graph": None})


@cache
def _exporter() -> Any:
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="lab",
        raw_template=_PAGE,
        sanitize_html=True,
        filters={"clean_html": clean_html},  # nbconvert's own knows no headings and no table heads
        embed_images=False,  # it would read files that the notebook names
        log=_logger,  # it would tell the terminal of each image without a text of its own
    )


def _strip_unseen(node: Node) -> None:
    """Leave out published values: the page would show no value, but the name of their type."""
    node["metadata"].pop("widgets", None)  # the state of widgets is of use to scripts only
    for cell in node["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [output for output in cell["outputs"] if RESULT_MIME not in output.get("data", {})]


def _as_image(svg: str | None) -> str | None:
    return None if svg is None else f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
