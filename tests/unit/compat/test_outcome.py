"""An outcome is asked as its value is, and tells its state where the value has no such name."""

# An outcome has the operators of its value, which no type checker can know.
# pyright: reportArgumentType=false, reportIndexIssue=false, reportOperatorIssue=false, reportGeneralTypeIssues=false

from __future__ import annotations

import json
import pickle

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_flows.compat.outcome import Outcome, outcome_of, without_outcomes
from jupyter_flows.model.states import completed


def outcome(value: object) -> Outcome:
    return Outcome(completed(0.0, value))


class Match:
    """A value with names of its own."""

    def result(self) -> str:
        return "two to one"

    state = "over"


def test_it_answers_as_its_value():
    three, rows, nothing = outcome(3), outcome([1, 2]), outcome(None)
    assert (three + 1, 1 + three, three > 2, f"{three:03d}", int(three)) == (4, 4, True, "003", 3)
    assert isinstance(three, int)
    assert (len(rows), rows[0], [*rows], 2 in rows, bool(outcome([]))) == (2, 1, [1, 2], True, False)
    assert nothing == None  # noqa: E711 - `is None` asks about the exact object
    assert nothing.result() is None


def test_a_value_with_such_names_wins():
    match = outcome(Match())
    assert (match.result(), match.state) == ("two to one", "over")
    assert match.is_completed()
    assert outcome_of(match).is_completed()
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        _ = match.nothing_of_that_name
    with pytest.raises(TypeError, match="int is no outcome"):
        outcome_of(3)


@pytest.mark.parametrize("asked", ["shown", "display(shown)"])
def test_a_notebook_shows_its_value_as_it_shows_that_type(
    asked: str, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
):
    class Figure:
        """Shown by its exact type, as figures are."""

    shell.display_formatter.formatters["text/plain"].for_type(Figure, lambda _, page, __: page.text("drawn"))  # type: ignore[union-attr]
    shell.push({"shown": outcome(Figure())})
    shell.run_cell(asked)
    assert "drawn" in capsys.readouterr().out


def test_where_no_notebook_is_its_text_is_that_of_its_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: None)
    assert outcome([1])._repr_mimebundle_() == {"text/plain": "[1]"}


def test_it_leaves_as_its_value():
    assert type(pickle.loads(pickle.dumps(outcome(3)))) is int
    assert json.dumps(without_outcomes({"a": [outcome(3), (outcome("x"),)]})) == '{"a": [3, ["x"]]}'
    rows = [1, 2]
    assert without_outcomes(rows) is rows
    assert without_outcomes(outcome(rows)) is rows
