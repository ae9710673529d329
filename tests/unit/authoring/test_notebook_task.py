"""Notebook tasks as far as no kernel is needed; see tests/integration/test_notebook_tasks.py for the rest."""

from __future__ import annotations

import inspect
import json
import pickle
from pathlib import Path
from typing import Any, Literal

import pytest

import jupyter_flows.authoring.notebook_function as notebook_function
from jupyter_flows import INPUTS, Flow, NotebookResult, NotebookTask, ParameterError, Secret, State, flow, notebook_task
from jupyter_flows.errors import (
    BadOption,
    CellFailed,
    KernelNotFound,
    MappingLengthMismatch,
    NotANotebook,
    NotebookNotFound,
    UnknownOption,
)
from jupyter_flows.model.states import completed, failed
from jupyter_flows.services.notebook_run import NotebookCall, NotebookChoices, NotebookRunEnd

CELL = 'day: str = "monday"  # which day\ntop: int = 3\nmode: Literal["a", "b"] = "a"\nsince = date.today()'


def write(path: Path, source: str = CELL, tags: tuple[str, ...] = ("parameters",)) -> Path:
    cell = {"cell_type": "code", "id": "a", "metadata": {"tags": list(tags)}, "outputs": [], "source": source}
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content, "cells": [{**cell, "execution_count": None}]}))
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write(tmp_path / "report.ipynb")


class Ran:
    """Stands in for the execution: notes each run, and ends as it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, Any], NotebookChoices]] = []
        self.errors: list[Exception] = []

    def run(self, call: NotebookCall, _watcher: Any, choices: NotebookChoices) -> NotebookRunEnd:
        self.calls.append((dict(call.parameters), choices))
        if self.errors:
            return NotebookRunEnd("ab12", failed(2.0, self.errors.pop(0), "it failed"), 1.0, {})
        values = call.effective_parameters()
        return NotebookRunEnd("ab12", completed(2.0), 1.0, {"notebook": call.document.path}, values=values)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    ran = Ran()
    monkeypatch.setattr(notebook_function, "run_notebook", ran.run)
    return ran


def test_the_signature_is_that_of_the_parameters_cell(notebook: Path) -> None:
    found = inspect.signature(notebook_task(notebook)).parameters
    assert all(one.kind is one.KEYWORD_ONLY for one in found.values())
    assert [(one.name, one.annotation, repr(one.default)) for one in found.values()] == [
        ("day", str, "'monday'"),
        ("top", int, "3"),
        ("mode", Literal["a", "b"], "'a'"),
        ("since", inspect.Parameter.empty, "date.today()"),
    ]


def test_help_tells_types_defaults_choices_and_comments(notebook: Path) -> None:
    text = inspect.getdoc(notebook_task(notebook)) or ""
    assert 'day : str, default "monday"\n    which day' in text
    assert "One of 'a', 'b'." in text


def test_a_call_gives_a_result_with_values_files_and_state(notebook: Path, ran: Ran) -> None:
    result = notebook_task(notebook)(day="sunday", top="7")
    assert isinstance(result, NotebookResult)
    assert (result.values["day"], result.values["top"], result.name) == ("sunday", 7, "report")
    assert (result.path, result.html, result.run_id) == (notebook, None, "ab12")
    assert result.state.is_completed()
    assert ran.calls[0][0] == {"day": "sunday", "top": 7}


def test_a_result_can_be_pickled_and_draws_itself_with_hostile_values(notebook: Path, ran: Ran) -> None:
    result = pickle.loads(pickle.dumps(notebook_task(notebook)(day="<script>")))
    assert result.values["day"] == "<script>"
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()
    assert repr(result).startswith("<NotebookResult report: Completed, published day, top")


MISFITS: list[tuple[tuple[Any, ...], dict[str, Any], str, str]] = [
    ((), {"dya": "x"}, "dya", "did you mean 'day'"),
    ((), {"top": "many"}, "top", "is not int"),
    ((), {"mode": "c"}, "mode", "none of 'a', 'b'"),
    ((), {"since": object()}, "since", "a object has no JSON form"),
    (("sunday",), {}, "1 without a name", "given by name (day=..., top=..., mode=..., since=...)"),
    ((), {"a b": 1}, "a b", "no such parameter"),
]


@pytest.mark.parametrize(("args", "given", "name", "why"), MISFITS, ids=[name for _, _, name, _ in MISFITS])
def test_a_call_that_does_not_fit_starts_nothing_and_is_not_tried_again(
    notebook: Path, ran: Ran, args: tuple[Any, ...], given: dict[str, Any], name: str, why: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        notebook_task(notebook, retries=3)(*args, **given)
    assert why in caught.value.problems[name]
    assert ran.calls == []


def test_a_dataframe_is_refused_with_advice(notebook: Path, ran: Ran) -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ParameterError, match="write it to a file and pass its path"):
        notebook_task(notebook)(since=pandas.DataFrame({"a": [1]}))


def test_the_result_of_another_notebook_is_refused_with_advice(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)
    with pytest.raises(ParameterError, match=r"pass one of its \.values"):
        report(since=report())


def test_a_required_parameter_must_be_given(tmp_path: Path, ran: Ran) -> None:
    report = notebook_task(write(tmp_path / "x.ipynb", "top: int"))
    with pytest.raises(ParameterError, match="a value is needed"):
        report()
    assert report(top=1).values == {"top": 1}


def test_without_a_tagged_cell_there_are_no_parameters(tmp_path: Path, ran: Ran) -> None:
    report = notebook_task(write(tmp_path / "x.ipynb", tags=()))
    assert not inspect.signature(report).parameters
    assert report().state.is_completed()
    with pytest.raises(ParameterError, match="none of its cells has the tag 'parameters'"):
        report(day="x")


def test_a_parameter_that_a_call_takes_for_itself_is_refused_at_definition(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="rename the notebook's parameter"):
        notebook_task(write(tmp_path / "x.ipynb", "wait_for = 3"))


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("missing.ipynb", NotebookNotFound, "there is no notebook"),
        ("https://example.org/x.ipynb", NotANotebook, "it is a URL"),
        ("s3://bucket/x.ipynb", NotANotebook, "it is a URL"),
        ('{"cells": [], "nbformat": 4}', NotANotebook, "it is the text of a notebook"),
        ("report.py", NotANotebook, "does not end in .ipynb"),
        ("", NotANotebook, "it is a folder"),
        (3, BadOption, "give the path of a notebook"),
    ],
)
def test_a_path_that_leads_to_no_notebook_is_refused_at_definition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Any, error: type[Exception], said: str
) -> None:
    monkeypatch.setattr("jupyter_flows.authoring.notebook_task.calling_folder", lambda: tmp_path)
    (tmp_path / "report.py").write_text("pass")
    with pytest.raises(error, match=said):
        notebook_task(path)


def test_a_relative_path_is_meant_from_the_file_that_it_is_written_in(tmp_path: Path) -> None:
    notebook = write(tmp_path / "flows" / "report.ipynb")
    script = tmp_path / "flows" / "script.py"
    source = "from jupyter_flows import notebook_task\nreport = notebook_task('report.ipynb')"
    names: dict[str, Any] = {"__name__": "script"}
    exec(compile(source, str(script), "exec"), names)
    assert names["report"].fn.notebook == notebook


def test_in_a_notebook_a_relative_path_is_meant_from_its_folder(tmp_path: Path, monkeypatch: Any) -> None:
    notebook = write(tmp_path / "report.ipynb")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    source = "from jupyter_flows import notebook_task\nreport = notebook_task('report.ipynb')"
    exec(compile(source, "/tmp/ipykernel_12/345.py", "exec"), names)
    assert names["report"].fn.notebook == notebook


def test_a_notebook_that_is_gone_at_the_call_fails_the_run(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook, retries=2)
    notebook.unlink()
    with pytest.raises(NotebookNotFound):
        report(day="x")
    assert list(inspect.signature(report).parameters) == ["day", "top", "mode", "since"]


def test_a_notebook_that_was_edited_since_is_called_as_it_is_now(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)
    write(notebook, "week: int = 1  # another parameter altogether")
    assert report(week=2).values == {"week": 2}
    with pytest.raises(ParameterError, match="no such parameter"):
        report(day="x")
    assert list(inspect.signature(report).parameters) == ["week"]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"engine": "fast"}, BadOption, "engine='fast'"),
        ({"cell_timeout": 0}, BadOption, "seconds above 0"),
        ({"environment": {"A": 1}}, BadOption, "give texts"),
        ({"artifacts": "*.csv"}, BadOption, "give a list of globs"),
        ({"artifacts": [3]}, BadOption, "give a list of globs"),
        ({"environment": "A=1"}, BadOption, "give texts"),
        ({"output": 3}, BadOption, "give the path of a file"),
        ({"kernel": "cobol"}, KernelNotFound, "cobol"),
        ({"retires": 3}, UnknownOption, "notebook_task has no option 'retires'; did you mean 'retries'"),
        ({"cell_timout": 3}, UnknownOption, "did you mean 'cell_timeout'"),
    ],
)
def test_bad_options_are_refused_at_definition(
    notebook: Path, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said.replace("(", r"\(")):
        notebook_task(notebook, **options)


def test_options_reach_the_notebook(notebook: Path, ran: Ran) -> None:
    given: dict[str, Any] = {"cell_timeout": 5, "environment": {"A": "b"}, "html": False, "artifacts": ["*.csv"]}
    notebook_task(notebook, timeout_seconds=9, **given)()
    choices = ran.calls[0][1]
    assert (choices.timeout, choices.cell_timeout, choices.environment) == (9.0, 5, {"A": "b"})
    assert (choices.html, choices.keep, choices.engine) == (False, ("*.csv",), "jupyter-flows")


def test_a_secret_goes_by_its_name_and_never_by_its_value(tmp_path: Path, ran: Ran, monkeypatch: Any) -> None:
    monkeypatch.setenv("CHAT_TOKEN", "xy-2718-2818-2845")
    report = notebook_task(write(tmp_path / "x.ipynb", 'token = ""\nnote = ""'))
    for given in ({"token": "xy-2718-2818-2845"}, {"note": Secret("CHAT_TOKEN").get()}):
        with pytest.raises(ParameterError, match=r'Secret\("NAME"\)') as caught:
            report(**given)
        assert "2718" not in str(caught.value)
    assert ran.calls == []
    report(token=Secret("CHAT_TOKEN"))
    assert "2718" not in repr(ran.calls[0][0])
    assert report.with_options(allow_secret_looking=True)(token="abc").values["token"] == "abc"


def test_with_options_changes_those_of_the_task_and_those_of_the_notebook(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook, retries=1, timeout=9)
    other = report.with_options(name="other", cell_timeout=2, timeout_seconds=4)
    assert isinstance(other, NotebookTask)
    assert (other.name, other.retries, report.name) == ("other", 1, "report")
    with pytest.raises(BadOption, match="give a list of globs"):
        report.with_options(artifacts="*.csv")
    other()
    assert (ran.calls[0][1].timeout, ran.calls[0][1].cell_timeout) == (4.0, 2)


def test_a_failed_cell_is_tried_again(notebook: Path, ran: Ran) -> None:
    ran.errors = [CellFailed(1, "day", "ValueError", "no rows", "Cell In[1], line 2")]
    report = notebook_task(notebook, retries=1)
    assert report().state.is_completed()
    assert len(ran.calls) == 2


def test_a_failed_notebook_raises_with_the_traceback_of_its_kernel(notebook: Path, ran: Ran) -> None:
    ran.errors = [CellFailed(1, "day", "ValueError", "no rows", "Cell In[1], line 2")]
    with pytest.raises(CellFailed, match="cell 1") as caught:
        notebook_task(notebook)()
    assert "Cell In[1], line 2" in caught.value.__notes__[0]
    assert str(notebook) in caught.value.__notes__[0]


def test_a_time_limit_ends_the_task_run_as_timed_out(notebook: Path, ran: Ran, monkeypatch: Any) -> None:
    end = NotebookRunEnd("ab12", State(failed(0).kind, "TimedOut", "passed its time limit", 2.0), 1.0, {})
    monkeypatch.setattr(notebook_function, "run_notebook", lambda *_: end)
    state = notebook_task(notebook, timeout_seconds=1)(return_state=True)
    assert (state.name, state.message) == ("TimedOut", "passed its time limit")


def test_the_cache_finds_a_run_until_parameters_or_notebook_change(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook, cache_policy=INPUTS)
    for day, runs in [("a", 1), ("a", 1), ("b", 2)]:
        assert report(day=day).values["day"] == day
        assert len(ran.calls) == runs
    write(notebook, CELL + "\n# edited")
    assert notebook_task(notebook, cache_policy=INPUTS)(day="a").values["day"] == "a"
    assert report(day="b").values["day"] == "b"
    assert len(ran.calls) == 4


def test_a_resumed_flow_does_not_run_a_finished_notebook_again(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)
    broken = True

    @flow
    def daily() -> Any:
        values = report(day="a").values
        if broken:
            raise ValueError("later")
        return values["day"]

    assert daily(return_state=True).is_failed()
    broken = False
    assert daily.resume() == "a"
    assert len(ran.calls) == 1


def test_a_map_is_a_sweep(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)

    @flow
    def sweep(days: list[str]) -> list[Any]:
        return [result.values["day"] for result in report.map(day=days, max_concurrency=2).result()]

    assert sweep(["a", "b", "c"]) == ["a", "b", "c"]


def test_a_map_refuses_unequal_lengths_and_unknown_names_at_once(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)
    with pytest.raises(MappingLengthMismatch):
        report.map(day=["a", "b"], top=[1])
    with pytest.raises(ParameterError, match="did you mean 'day'"):
        report.map(days=["a", "b"])
    assert ran.calls == []


def test_one_bad_child_of_a_map_fails_alone(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)

    @flow
    def sweep() -> Any:
        return [future.state.name for future in report.map(top=[1, "x", 3]).wait()]

    assert sweep() == ["Completed", "Failed", "Completed"]
    assert sorted(call[0]["top"] for call in ran.calls) == [1, 3]


def test_a_notebook_is_placed_in_a_graph(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)
    with Flow("days") as days:
        first = report(day="a")
        second = report.map(day=["b", "c"])
    state: Any = days.run()
    assert state[first].result().values["day"] == "a"
    assert [child.result().values["day"] for child in state[second].map_states] == ["b", "c"]


def test_with_a_process_pool_notebooks_run_in_threads(notebook: Path, ran: Ran) -> None:
    report = notebook_task(notebook)

    @flow(task_runner="processes")
    def sweep() -> list[Any]:
        return [result.values["day"] for result in report.map(day=["a", "b"]).result()]

    assert sweep() == ["a", "b"]


def test_output_is_a_template_of_the_parameters(notebook: Path, ran: Ran, monkeypatch: Any) -> None:
    report = notebook_task(notebook, output=str(notebook.parent / "done" / "{day}.ipynb"))
    report(day="a")
    assert (notebook.parent / "done" / "a.ipynb").read_bytes() == notebook.read_bytes()


@pytest.mark.parametrize(
    ("output", "said"),
    [("{dya}.ipynb", "may name the notebook's parameters"), ("", "it is a folder"), ("report.ipynb", "never written")],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(
    notebook: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch, output: str, said: str
) -> None:
    monkeypatch.setattr("jupyter_flows.authoring.notebook_task.calling_folder", lambda: notebook.parent)
    with pytest.raises(BadOption, match=said):
        notebook_task(notebook, output=output)(day="a")
    assert ran.calls == []


def test_as_an_attribute_of_a_class_it_is_no_method(notebook: Path, ran: Ran) -> None:
    class Reports:
        daily = notebook_task(notebook)

    assert Reports().daily(day="a").values["day"] == "a"
