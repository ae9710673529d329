from __future__ import annotations

import pytest

from jupyter_flows.cells.header import Header, TaskCell, header_of, misplaced_header, task_cell
from jupyter_flows.cells.task_line import TaskLine
from jupyter_flows.errors import BadOption

HEADERS = {
    "task": ("%%task a --retries 1\nx = 1\n", Header("task", "a --retries 1", "x = 1\n", 1)),
    "nothing behind": ("%%task", Header("task", "", "", 1)),
    "blank lines before": ("\n  \n%%flow\nx", Header("flow", "", "x", 3)),
    "carriage returns": ("%%task a\r\nx = 1", Header("task", "a", "x = 1", 1)),
    "another magic": ("%%time\nx", None),
    "a longer word": ("%%tasks\nx", None),
    "help": ("%%task?", None),
    "a comment before": ("# hi\n%%task\nx", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("source", "header"), HEADERS.values(), ids=HEADERS.keys())
def test_the_first_line_tells_a_header(source: str, header: Header | None) -> None:
    assert header_of(source) == header


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("# hi\n%%task\nx", 2),
        ("x = 1\n\n  %%flow a\n", 3),
        ("%%task\n%%task", None),
        ("%%bash\n%%task", None),
        ("x = 1", None),
    ],
)
def test_a_header_below_the_first_line_is_noticed(source: str, line: int | None) -> None:
    assert misplaced_header(source) == line


@pytest.mark.parametrize(
    ("source", "metadata", "cell"),
    [
        ("%%task a\nx", {}, TaskCell(TaskLine("a"), "x", 1)),
        ("x", {"tags": ["task"]}, TaskCell(TaskLine(), "x", 0)),
        ("x", {"tags": ["task"], "jupyter_flows": {"name": "b"}}, TaskCell(TaskLine("b"), "x", 0)),
        ("%%task a\nx", {"tags": ["task"], "jupyter_flows": {"name": "b"}}, TaskCell(TaskLine("a"), "x", 1)),
        ("x", {"jupyter_flows": {"name": "b"}}, None),
        ("x", {"tags": "task"}, None),
        ("%%flow\nx", {"tags": ["task"]}, None),
        ("x", None, None),
    ],
)
def test_a_task_is_told_by_its_line_or_its_tag(
    source: str, metadata: dict[str, object] | None, cell: TaskCell | None
) -> None:
    assert task_cell(source, metadata) == cell


def test_metadata_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadOption, match="give an object"):
        task_cell("x", {"tags": ["task"], "jupyter_flows": [1]})
