from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.notebooks.nbformat4 import FormatError, cell_text, is_json_mime, tags_of, to_node, to_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
METADATA = st.dictionaries(st.sampled_from(["a", "b", "trusted", "é"]), JSON, max_size=3)
MIMES = st.sampled_from(["text/plain", "text/html", "image/png", "image/svg+xml", "application/json"])
BUNDLE = st.dictionaries(MIMES, TEXT | st.lists(TEXT, max_size=3), max_size=3)
OUTPUTS = st.one_of(
    st.fixed_dictionaries({"output_type": st.just("stream"), "name": st.just("stdout"), "text": TEXT | st.lists(TEXT)}),
    st.fixed_dictionaries({"output_type": st.just("display_data"), "data": BUNDLE, "metadata": METADATA}),
    st.fixed_dictionaries(
        {"output_type": st.just("error"), "ename": TEXT, "evalue": TEXT, "traceback": st.lists(TEXT, max_size=2)}
    ),
)
SOURCE = TEXT | st.lists(TEXT, max_size=3)
CELLS = st.one_of(
    st.fixed_dictionaries({"cell_type": st.sampled_from(["markdown", "raw"]), "source": SOURCE, "metadata": METADATA}),
    st.fixed_dictionaries(
        {
            "cell_type": st.just("code"),
            "source": SOURCE,
            "metadata": METADATA,
            "outputs": st.lists(OUTPUTS, max_size=3),
            "execution_count": st.none() | st.integers(1, 99),
        }
    ),
)


@given(cells=st.lists(CELLS, max_size=4), metadata=METADATA)
def test_a_notebook_is_read_and_written_as_nbformat_does(cells: list[Any], metadata: dict[str, Any]) -> None:
    cells = [{**cell, "id": f"c{number}"} for number, cell in enumerate(cells)]
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    theirs = nbformat.v4.to_notebook(json.loads(json.dumps(content)))
    ours = to_node(json.loads(json.dumps(content)))
    assert ours == theirs
    assert to_text(ours) == nbformat.v4.writes(theirs) + "\n"
    assert to_text(ours, lambda _, cell: cell_text(cell)) == to_text(ours)


def test_reading_copies_what_it_changes() -> None:
    content = {
        "nbformat": 4,
        "metadata": {"signature": "x"},
        "cells": [{"cell_type": "raw", "source": ["a"], "metadata": {}}],
    }
    before = json.dumps(content)
    node = to_node(content)
    assert (node["metadata"], node["nbformat_minor"], node["cells"][0]["id"]) == ({}, 5, "cell-0")
    assert json.dumps(content) == before


BAD: dict[str, Any] = {
    "a cell of text": "x",
    "no type": {"source": "", "metadata": {}},
    "an unknown type": {"cell_type": "code2", "source": "", "metadata": {}},
    "no source": {"cell_type": "raw", "metadata": {}},
    "a source of numbers": {"cell_type": "raw", "source": [1], "metadata": {}},
    "no metadata": {"cell_type": "raw", "source": ""},
    "no outputs": {"cell_type": "code", "source": "", "metadata": {}},
    "attachments of text": {"cell_type": "raw", "source": "", "metadata": {}, "attachments": {"a": "x"}},
    "a stream without text": {
        "cell_type": "code",
        "source": "",
        "metadata": {},
        "outputs": [{"output_type": "stream"}],
    },
    "an output with an odd type": {"cell_type": "code", "source": "", "metadata": {}, "outputs": [{"output_type": []}]},
}


@pytest.mark.parametrize("cell", BAD.values(), ids=BAD)
def test_what_does_not_fit_is_refused_with_its_place(cell: Any) -> None:
    good = {"cell_type": "raw", "source": "", "metadata": {}}
    with pytest.raises(FormatError, match="cell 2"):
        to_node({"nbformat": 4, "metadata": {}, "cells": [good, cell]})


def test_numbers_that_json_has_no_word_for_are_written_as_json_does() -> None:
    odd = {"a": float("nan"), "b": float("inf"), "c": -float("inf"), "d": b"abc", "e": True, "f": 10**20}
    node = {"nbformat": 4, "nbformat_minor": 5, "metadata": odd, "cells": []}
    assert json.loads(to_text(node), parse_constant=str)["metadata"] == {
        "a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "abc", "e": True, "f": 10**20,
    }  # fmt: skip
    with pytest.raises(TypeError, match="a set has no JSON form"):
        to_text({"nbformat": 4, "metadata": {"a": {1}}, "cells": []})


def test_a_tag_is_text_in_a_list() -> None:
    assert tags_of({"metadata": {"tags": ["a", 1, None, "b"]}}) == ["a", "b"]
    assert tags_of({"metadata": {}}) == tags_of({"metadata": {"tags": "ab"}}) == []
    assert is_json_mime("application/x+json") and not is_json_mime("text/plain+json")


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"kernelspec": {"name": "python3"}}, {"kernelspec": {"name": "python3", "display_name": "python3"}}),
        ({"kernelspec": "python3", "language_info": []}, {}),
        ({"kernelspec": {"display_name": "Python 3"}, "language_info": {"version": "3"}, "title": "T"}, {"title": "T"}),
        ({"language_info": {"name": "python"}}, {"language_info": {"name": "python"}}),
    ],
)
def test_a_kernel_or_language_without_its_form_is_mended_or_left_out(metadata: Any, kept: Any) -> None:
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}
    node = to_node(content)
    assert node["metadata"] == kept
    nbformat.validate(nbformat.from_dict(node))
