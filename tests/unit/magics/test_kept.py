"""`--cache`: what a cell gave is found again, names and outputs alike."""

from __future__ import annotations

import pytest

SQUARE = "%%task square --cache always --ignore runs\nruns.append(1)\nprint('at', n)\nsquare = n * n\nsquare"


@pytest.fixture
def cached(notebook):
    notebook.good("runs, n = [], 3")
    return notebook


def cell(notebook, text=SQUARE):
    return notebook.good(text)


def test_a_hit_gives_the_names_and_shows_the_outputs_again(cached):
    first = cell(cached)
    del cached.names["square"]
    again = cell(cached)
    assert cached.names["runs"] == [1]
    assert cached.names["square"] == 9
    assert again.out == "at 3\n9\n"
    assert first.out == "at 3\nOut[2]: 9\n"
    assert [end for _, end in cached.ends()] == ["Completed", "Cached"]


def test_what_two_streams_were_told_comes_back_in_its_order(cached):
    prints = "for word in 'abc':\n    print(word, end='')\nprint('!', file=sys.stderr)\ndisplay(3)\nprint('d')"
    first, again = (cell(cached, f"%%task said --cache always\nimport sys\n{prints}\nsaid = 1") for _ in "12")
    assert (again.out, again.err) == (first.out, first.err)
    assert first.out == "abc3\nd\n"


def test_other_inputs_or_another_source_are_a_miss(cached):
    cell(cached)
    cached.good("n = 4")
    cell(cached)
    assert cached.names["square"] == 16
    cell(cached, "%%task square --cache always --ignore runs\nruns.append(1)\nsquare = n + n")
    assert cached.names["square"] == 8
    assert cached.names["runs"] == [1, 1, 1]


def test_a_function_that_changed_is_a_miss(notebook):
    notebook.good("def rate(x):\n    return 2 * x")
    text = "%%task paid --cache always\npaid = rate(3)"
    notebook.good(text)
    notebook.good("def rate(x):\n    return 3 * x")
    notebook.good(text)
    assert notebook.names["paid"] == 9


def test_imports_and_definitions_come_back_with_a_hit(notebook):
    text = "%%task --cache always\nimport fractions\n\ndef half(x):\n    return fractions.Fraction(x, 2)\n\nh = half(3)"
    notebook.good(text)
    for name in ("fractions", "half", "h"):
        del notebook.names[name]
    notebook.good(text)
    assert notebook.good("str(half(1)), str(h)").value == ("1/2", "3/2")


def test_two_names_of_one_object_stay_so(notebook):
    text = "%%task --cache always\na = [1]\nb = a"
    notebook.good(text)
    notebook.good(text)
    assert notebook.names["a"] is notebook.names["b"]


def close(value):
    if hasattr(value, "close"):
        value.close()


@pytest.mark.parametrize(
    ("value", "kind"),
    [("(x for x in [1])", "generator"), ("open('/dev/null')", "TextIOWrapper"), ("threading.Lock()", "lock")],
)
def test_a_value_that_cannot_be_kept_is_named_with_its_type_and_advice(value, kind, notebook):
    notebook.good("import threading")
    text = f"%%task stream --cache always\nplain = 1\nstream = {value}"
    ran = notebook.good(text)
    assert f"`stream` ({kind})" in ran.err
    assert "a list for a generator" in ran.err
    assert "--out plain" in ran.err
    close(notebook.names["stream"])
    assert notebook.good(text).err == ran.err
    close(notebook.names["stream"])
    assert [end for _, end in notebook.ends()] == ["Completed", "Completed"]


def test_an_input_without_a_content_is_a_loud_error(notebook):
    notebook.good("thing = object()")
    ran = notebook.run("%%task told --cache always\ntold = repr(thing)")
    assert "told" not in notebook.names
    assert "'thing' (object) has no content hash" in ran.out
    assert "--ignore thing" in ran.out


def test_rich_outputs_are_shown_again(notebook):
    text = "%%task --cache always\nfrom IPython.display import display, Markdown\ndisplay(Markdown('*hi*'))\nx = 1"
    first, again = notebook.good(text), notebook.good(text)
    assert first.out == again.out
    assert "Markdown" in again.out


def test_a_cached_cell_of_a_run_gives_its_names_before_the_next_one_starts(notebook):
    notebook.good("n = 2")
    notebook.good("%%task a --cache always\na = n + 1")
    notebook.good("%%task b\nb = a + 1")
    notebook.good("n = 3")
    notebook.good("%flow run")
    notebook.good("n = 2")
    notebook.good("a = None")
    table = {row[0]: row[1] for row in notebook.good("%flow run --parallel --force").value.rows}
    assert table == {"a": "Cached", "b": "Completed"}
    assert notebook.names["b"] == 4
