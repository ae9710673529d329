"""Task cells of notebooks in real kernels: attempts, time limits, what is kept, and cells that run at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyter_flows.errors import TargetError
from jupyter_flows.model.runs import TaskRun
from jupyter_flows.notebooks.document import CodeCell
from jupyter_flows.notebooks.terminal_text import without_escapes
from jupyter_flows.services.cache_reasons import cache_reasons
from jupyter_flows.services.notebook_choices import kept_choices, kept_kernel
from jupyter_flows.services.notebook_recovery import plan_notebook_resume, told_notebook
from jupyter_flows.services.notebook_run import NotebookChoices, NotebookRunEnd, prepare_notebook, run_notebook
from jupyter_flows.services.opened_notebook import open_failure
from jupyter_flows.wiring import current_reader, result_store, use_session

SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


class Watcher:
    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None: ...
    def started(self, number: int) -> None: ...
    def showing(self, number: int, text: str) -> None: ...
    def ended(self, number: int, state: Any) -> None: ...
    def printed(self, number: int, line: str) -> None:
        self.lines.append((number, line))


class Ran:
    """A notebook that was run, and what is to be seen of it."""

    def __init__(self, end: NotebookRunEnd, watcher: Watcher) -> None:
        self.end, self.watcher = end, watcher
        reader = current_reader()
        self.cells: list[TaskRun] = reader.task_runs(end.run_id)
        self.changes = [(one.number, one.state.name) for one in reader.states(end.run_id) if one.number]
        self.kept = {one.number: result_store().read(one.result, one.run_id, one.number)
                     for one in reader.results(end.run_id)}  # fmt: skip
        reader.close()
        self.copy: Any = nbformat.read(end.artifacts["notebook"], as_version=4)
        nbformat.validate(self.copy)

    @property
    def states(self) -> list[str]:
        return [one.state.name for one in self.cells]

    def text(self, position: int) -> str:
        return "".join(output.get("text", "") for output in self.copy.cells[position].outputs)

    def errors(self, position: int) -> list[str]:
        return [one.ename for one in self.copy.cells[position].outputs if one.output_type == "error"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Ran]]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    use_session(None)

    def go(*sources: str | tuple[str, dict[str, Any]], **choices: Any) -> Ran:
        given = [one if isinstance(one, tuple) else (one, {}) for one in sources]
        cells = [new_code_cell(text, metadata=metadata) for text, metadata in given]
        path = tmp_path / "book.ipynb"
        path.write_text(json.dumps(new_notebook(cells=cells, metadata=SPEC)))
        watcher = Watcher()
        chosen = NotebookChoices(html=False, more_to_come=True, **choices)
        return Ran(run_notebook(prepare_notebook(path, {}), watcher, chosen), watcher)

    def resume(before: Ran) -> tuple[Ran, list[str]]:
        found = plan_notebook_resume(current_reader(), result_store, before.end.run_id, time.time())
        choices, watcher = replace(kept_choices(found.plan.run.directory), more_to_come=True), Watcher()
        said = [line.text for line in told_notebook(found)]
        return Ran(run_notebook(found.call, watcher, choices, found.attempt), watcher), said

    go.resume = resume  # type: ignore[attr-defined]
    yield go
    use_session(None)


FLAKY = """\
%%task load --retries 2 --retry-delay 0.01 --tags slow
import itertools
tries = globals().get("tries") or itertools.count(1)
print("trying")
if next(tries) < 3:
    raise ConnectionError("away")
rows = [1, 2, 3]"""


def test_a_flaky_cell_is_tried_again_by_the_machine_and_says_so_in_its_own_outputs(run):
    ran = run(FLAKY, "total = sum(rows)\ntotal")
    assert ran.states == ["Completed", "Completed"]
    assert [name for number, name in ran.changes if number == 1] == [
        *["Pending", "Running", "AwaitingRetry", "Pending", "Retrying"],
        *["AwaitingRetry", "Pending", "Retrying", "Completed"],
    ]
    assert (ran.cells[0].name, ran.cells[0].attempts, ran.cells[0].tags) == ("load", 3, ("slow",))
    assert ran.errors(0) == []
    assert ran.text(0).count("trying\n") == 3
    assert "[jupyter flows: attempt 1 failed (ConnectionError: away); here begins attempt 2]" in ran.text(0)
    assert ran.watcher.lines.count((1, "trying")) == 3
    assert ran.copy.cells[1].outputs[0].data["text/plain"] == "6"


def test_a_cell_that_fails_in_its_last_attempt_shows_its_error_at_the_line_of_its_author(run):
    ran = run("%%task load --retries 1\n\nx = 1\n1 / 0", "2")
    assert ran.states == ["Failed", "NotRun"]
    assert ran.errors(0) == ["ZeroDivisionError"]
    shown = without_escapes("\n".join(ran.copy.cells[0].outputs[-1].traceback))
    assert "----> 4 1 / 0" in shown
    assert ran.cells[0].attempts == 2


def test_the_time_limit_of_one_cell_ends_its_attempt_and_the_next_one_goes_on(run):
    source = "import time\nnaps = globals().get('naps', 0) + 1\ntime.sleep(60 if naps == 1 else 0)\nnaps"
    for limit in ("0.5", "4", "20"):  # until one attempt fits in, whatever else this machine does
        ran = run(f"%%task nap --timeout {limit} --retries 1\n{source}", "naps + 1")
        if ran.states[0] == "Completed":
            break
    assert ran.states == ["Completed", "Completed"]
    assert ran.cells[0].attempts == 2
    assert f"passed its time limit of {limit} s" in ran.text(0)


def test_a_tag_makes_a_task_as_the_magic_does(run):
    ran = run(("rows = [1]", {"tags": ["task"], "jupyter_flows": {"name": "load", "retries": 1}}), "rows")
    assert [one.name for one in ran.cells] == ["load", "rows"]
    assert list(ran.kept) == [1]


def test_what_later_cells_take_is_kept_and_what_cannot_be_is_told(run):
    ran = run("%%task load\nrows, left, gen = [1], 2, (x for x in [1])", "print(rows, next(gen))")
    kept = ran.kept[1]
    assert list(kept["values"]) == ["rows"]
    assert kept["lost"]["gen"][0] == "generator"
    assert "return a list of its items" in ran.cells[0].state.message
    assert "".join(map(str, ran.copy.cells[0].outputs)) == ""  # nothing of this shows


def test_no_more_is_kept_than_the_limit_of_a_run(run, monkeypatch):
    monkeypatch.setenv("JUPYTER_FLOWS_KEPT_MAX_BYTES", "1000")
    use_session(None)
    ran = run("%%task load\nsmall, large = 'x' * 10, 'x' * 100_000", "print(len(small + large))")
    assert list(ran.kept[1]["values"]) == ["small"]
    assert "raise the setting `kept_max_bytes`" in ran.cells[0].state.message


DIAMOND = (
    "import time, threading\nmeet = threading.Barrier(2)",
    "%%task raw\nfrom math import sqrt\nraw = [4, 9]",
    "%%task left\nfor a in range(2):\n    print('left', a, flush=True)\n    meet.wait(60)\nleft = sum(raw)\nleft",
    "%%task right\nfor b in range(2):\n    print('right', b, flush=True)\n    meet.wait(60)\n"
    "right = sqrt(raw[0])\nright",
    "both = left + right\nboth",
)


def test_independent_cells_run_at_once_each_with_its_own_outputs(run):
    ran = run(*DIAMOND, parallel=True)  # in order, the two would wait for each other in vain
    assert ran.states == ["Completed"] * 5
    assert ran.text(2) == "left 0\nleft 1\n"
    assert ran.text(3) == "right 0\nright 1\n"
    assert [ran.copy.cells[n].outputs[-1].data["text/plain"] for n in (2, 3, 4)] == ["13", "2.0", "15.0"]
    left, right = ran.cells[2], ran.cells[3]
    assert left.started_at < right.ended_at  # type: ignore[operator]
    assert right.started_at < left.ended_at  # type: ignore[operator]
    assert ran.cells[3].upstreams == (1, 2)
    assert list(ran.kept[2]["values"]) == ["raw"]


def test_a_failed_cell_fails_its_readers_and_the_others_finish(run):
    ran = run(
        "import time",
        "%%task bad --retries 1\nprint('bad')\nbad = 1 / 0",
        "%%task reader\nreader = bad",
        "%%task good\ngood = await __import__('asyncio').sleep(0, 'good')\nprint(good)",
        "good",
        parallel=True,
    )
    assert ran.end.state.name == "Failed"
    assert ran.states == ["Completed", "Failed", "UpstreamFailed", "Completed", "Completed"]
    assert ran.cells[1].attempts == 2
    assert ran.errors(1) == ["ZeroDivisionError"]
    assert ran.copy.cells[2].metadata.jupyter_flows.state == "UpstreamFailed"
    assert ran.text(3) == "good\n"


@pytest.mark.parametrize(
    ("code", "states"),
    [
        ("import os\nbegun.wait(60)\nos.kill(os.getpid(), 9)", ["KernelDied", "KernelDied", "UpstreamFailed"]),
        ("raise SystemExit(0)", ["Completed", "Completed", "NotRun"]),
    ],
)
def test_cells_that_run_at_once_end_truly_when_the_kernel_or_the_notebook_does(run, code, states):
    nap = "begun.set()\nawait __import__('asyncio').sleep(3)"
    shared = "import threading\nbegun = threading.Event()"
    ran = run(shared, f"%%task a\n{code}", f"%%task b\n{nap}\nb = 1", "%%task c --after b\nc = b", parallel=True)
    assert ran.states[1:] == states


@pytest.mark.parametrize("parallel", [False, True])
def test_a_kernel_that_dies_in_a_task_with_retries_ends_the_notebook(run, parallel):
    ran = run("0", "%%task a --retries 2\nimport os\nos._exit(4)", "print('never')", parallel=parallel)
    assert ran.states == ["Completed", "KernelDied", "NotRun"]
    assert ran.end.state.name == "KernelDied"


def test_a_cell_that_runs_at_once_with_others_has_its_own_time_limit(run):
    loop = "import time\nwhile True:\n    time.sleep(0.01)"
    ran = run("0", f"%%task a --timeout 0.5\n{loop}", "%%task b\nb = 1", "b", parallel=True)
    assert ran.states == ["Completed", "TimedOut", "Completed", "Completed"]


def opened(ran: Ran, folder: Path) -> Any:
    reader = current_reader()
    try:
        return open_failure(reader, result_store, reader.flow_run(ran.end.run_id), folder)
    finally:
        reader.close()


def test_a_failure_is_opened_with_what_its_cell_was_given_and_what_was_not_kept_is_said(run, tmp_path):
    cells = [
        "limit = 2",
        "%%task load\nimport math\nrows, gen = [1, 4], (x for x in [9])",
        "%%task other\nother = 1",
        "%%task total\nimport pathlib\nassert pathlib.Path('mended').exists(), 'no'\n"
        "print(math.sqrt(sum(rows) + limit + next(gen)))",
    ]
    found = opened(run(*cells), tmp_path / "look")
    assert (found.task, found.restored) == ("total", ("rows",))
    assert "`gen` of `load` (cell 2) was not kept: " in "".join(found.notes)
    assert "`limit` of cell 1, a plain one was not kept; its cell is below, to be run first" in found.notes
    written = nbformat.read(found.path, as_version=4)
    nbformat.validate(written)
    assert [cell.cell_type for cell in written.cells] == ["markdown", *["code"] * 4]
    assert "other = 1" not in "".join(cell.source for cell in written.cells)
    (tmp_path / "mended").touch()
    again = run(*[cell.source for cell in written.cells[1:]])
    assert again.end.state.name == "Completed"
    assert again.text(3) == "4.0\n"


def test_a_run_in_which_nothing_failed_is_not_opened(run, tmp_path):
    with pytest.raises(TargetError, match="none of its tasks failed"):
        opened(run("%%task a\nx = 1"), tmp_path)


def test_what_never_began_is_told_from_what_was_stopped(run):
    nap = "print('napping', flush=True)\nimport time\ntime.sleep(60)"
    tasks = (f"%%task a\n{nap}\na = 1", f"%%task b\n{nap}\nb = 1", "%%task c\nc = a + b")
    for limit in (6.0, 15.0, 40.0):  # until both began, however long the kernel takes to start
        ran = run("0", *tasks, parallel=True, timeout=limit)
        if ran.text(1) and ran.text(2):
            break
    assert (ran.end.state.name, ran.states) == ("TimedOut", ["Completed", "TimedOut", "TimedOut", "NotRun"])
    assert [cell.metadata.jupyter_flows.state for cell in ran.copy.cells] == ran.states


SIGNALS = """\
from jupyter_flows import Completed, Failed, Paused, Retry, Skipped, runtime
from jupyter_flows.signals import ENDRUN, LOOP"""


def test_a_task_that_skips_ends_as_skipped_and_so_does_what_depends_on_it(run):
    ran = run(
        *(
            SIGNALS,
            "%%task rows\nprint('looking')\ndue = False\nif not due:\n    raise Skipped('nobody works')\nrows = [1]",
        ),
        *("%%task total\ntotal = sum(rows)", "%%task other\nother = 1", "print(other)"),
    )
    assert ran.states == ["Completed", "Skipped", "Skipped", "Completed", "Completed"]
    assert (ran.cells[1].state.message, ran.cells[2].state.message) == ("nobody works", "rows was skipped")
    assert ran.errors(1) == []
    assert ran.text(1) == "looking\nskipped: nobody works\n"
    assert ran.copy.cells[1].metadata["jupyter_flows"]["state"] == "Skipped"
    assert ran.copy.cells[2].metadata["jupyter_flows"] == {"state": "Skipped", "message": "rows was skipped"}
    assert ran.end.state.is_completed()


def test_a_task_that_skips_among_parallel_ones_skips_what_depends_on_it(run):
    tasks = (
        "%%task a\ndue = False\nif not due:\n    raise Skipped('no')\nx = 1",
        "%%task b\ny = x",
        "%%task c\nz = 1",
        "print(z)",
    )
    ran = run(SIGNALS, *tasks, parallel=True)
    assert ran.states == ["Completed", "Skipped", "Skipped", "Completed", "Completed"]
    assert ran.text(1) == "skipped: no\n"


@pytest.mark.parametrize("parallel", [False, True])
def test_a_task_that_asks_for_it_is_tried_again_past_its_retries_and_not_before(run, parallel):
    source = (
        "tries = globals().get('tries', 0) + 1\nif tries == 1:\n    raise Retry('not yet', delay_seconds=0.2)\nx = 1"
    )
    ran = run(SIGNALS, f"%%task a\n{source}", "print(tries)", parallel=parallel)
    assert ran.states == ["Completed", "Completed", "Completed"]
    assert "AwaitingRetry" in [name for number, name in ran.changes if number == 2]
    assert ran.cells[1].attempts == 2
    assert "[jupyter flows: attempt 1 not yet; here begins attempt 2]" in ran.text(1)
    reader = current_reader()
    at = {one.state.name: one.state.at for one in reader.states(ran.end.run_id) if one.number == 2}
    reader.close()
    assert at["Retrying"] - at["Running"] >= 0.2


@pytest.mark.parametrize("parallel", [False, True])
def test_a_task_that_loops_runs_its_rounds_and_knows_them(run, parallel):
    source = "me = runtime.task_run\nn = (me.loop_result or 0) + me.loop_count\nif n < 6:\n    raise LOOP(result=n)"
    ran = run(SIGNALS, f"%%task a\n{source}", "print(n, me.name, me.run_count, runtime.task_run)", parallel=parallel)
    assert ran.states == ["Completed"] * 3
    assert ran.text(2) == "6 a 3 None\n"


@pytest.mark.parametrize(
    ("raised", "name", "end"),
    [
        ("Failed('no rows')", "Failed", "Failed"),
        ("ENDRUN(Completed('enough'))", "Completed", "Completed"),
        ("Paused('look at it')", "Paused", "Suspended"),
    ],
)
@pytest.mark.parametrize("parallel", [False, True])
def test_a_task_ends_as_it_says(run, raised, name, end, parallel):
    ran = run(SIGNALS, f"%%task a --retries 1 --retry-delay 0.01\nx = 1\nraise {raised}", "print(x)", parallel=parallel)
    assert ran.cells[1].state.name == name
    assert ran.end.state.name == end
    assert ran.states[2] == ("Completed" if end == "Completed" else "NotRun" if not parallel else ran.states[2])
    assert ran.cells[1].attempts == (2 if name == "Failed" else 1)
    assert ran.errors(1) == (["Failed"] if name == "Failed" else [])


def test_a_class_that_is_only_called_like_a_signal_is_a_failure(run):
    ran = run(SIGNALS, "%%task a\nclass Skipped(Exception): ...\nraise Skipped('no')\nx = 1", "print(x)")
    assert ran.states == ["Completed", "Failed", "NotRun"]


def test_a_paused_task_runs_again_on_resume_and_knows_that_it_was_paused(run):
    task = "%%task approve\nif not runtime.task_run.resumed:\n    raise Paused('look at it')\nok = 1"
    ran = run(SIGNALS, "%%task first\nx = 1", task, "%%task after\nprint(ok + x)")
    assert (ran.states, ran.end.state.name) == (["Completed", "Completed", "Paused", "NotRun"], "Suspended")
    assert ran.text(2) == "paused: look at it\n"
    again, said = run.resume(ran)
    assert said[1] == "runs again: approve: it was paused: look at it"
    assert again.states == ["Completed"] * 4
    assert (again.cells[1].attempts, again.cells[2].attempts) == (1, 2)
    assert again.text(3) == "2\n"


def test_a_task_that_was_skipped_stays_so_on_resume_and_what_is_new_behind_it_is_skipped_too(run, tmp_path):
    (tmp_path / "broken").touch()
    skips = "%%task rows\ndue = False\nif not due:\n    raise Skipped('no')\nrows = [1]"
    fails = "import pathlib\nif pathlib.Path('broken').exists():\n    raise OSError('broken')"
    cells = (SIGNALS, skips, "%%task total\ntotal = sum(rows)", f"%%task other\n{fails}", "%%task late\nprint(rows)")
    ran = run(*cells)
    assert ran.states == ["Completed", "Skipped", "Skipped", "Failed", "NotRun"]
    (tmp_path / "broken").unlink()
    again, said = run.resume(ran)
    assert again.states == ["Completed", "Skipped", "Skipped", "Completed", "Skipped"]
    assert again.cells[1].attempts == 1
    assert again.copy.cells[1].metadata["jupyter_flows"]["state"] == "Skipped"
    assert again.text(1) == "skipped: no\n"
    assert "2 finished tasks put back, 2 tasks to run" in said[0]


CACHED = """\
%%task square --cache always
ran = open('ledger', 'a').write('square ')
print('at', n)
def shown(x):
    return f"<b>{x}</b>"
from IPython.display import HTML, display
square = rows = [n * n]
display(HTML(shown(square)))
square"""


@pytest.mark.parametrize("parallel", [False, True])
def test_what_a_task_gave_is_found_by_a_later_run_and_shown_again(run, tmp_path, parallel):
    cells = ("n = {}", CACHED, "print(square, rows is square, shown(n))")
    first = run(cells[0].format(3), *cells[1:], parallel=parallel)
    again = run(cells[0].format(3), *cells[1:], parallel=parallel)
    other = run(cells[0].format(4), *cells[1:], parallel=parallel)
    assert [ran.states[1] for ran in (first, again, other)] == ["Completed", "Cached", "Completed"]
    assert (tmp_path / "ledger").read_text() == "square square "
    assert again.text(2) == "[9] True <b>3</b>\n" == first.text(2)
    assert [dict(one, execution_count=None) for one in again.copy.cells[1].outputs] == [
        dict(one, execution_count=None) for one in first.copy.cells[1].outputs
    ]
    assert again.copy.cells[1].metadata["jupyter_flows"]["state"] == "Cached"
    assert again.cells[1].state.message.startswith(f"from {first.end.run_id}-2, ")
    reader = current_reader()
    (hit,), (miss,) = cache_reasons(reader, again.end.run_id), cache_reasons(reader, other.end.run_id)
    reader.close()
    assert (hit.task_run.number, miss.task_run.number) == (2, 2)
    assert "n" in str(miss)


def test_a_cached_task_can_be_put_back_by_a_resume(run, tmp_path):
    cells = ("%%task a --cache 1h\nx = [1]", "import pathlib\nassert pathlib.Path('good').exists()", "print(x)")
    run(*cells)
    ran = run(*cells)
    assert ran.states == ["Cached", "Failed", "NotRun"]
    (tmp_path / "good").touch()
    again, said = run.resume(ran)
    assert "1 finished task put back" in said[0]
    assert (again.states, again.text(2)) == (["Cached", "Completed", "Completed"], "[1]\n")


def test_a_cached_task_with_an_input_that_has_no_content_fails_and_names_it(run):
    ran = run("import threading\nlock = threading.Lock()", "%%task a --cache always\nx = lock", "1")
    assert ran.states == ["Completed", "Failed", "NotRun"]
    assert ran.errors(1) == ["UncacheableInput"]
    assert "`lock`" in ran.cells[1].state.message or "lock" in ran.cells[1].state.message
    assert "--ignore lock" in ran.cells[1].state.message


def test_a_cached_task_whose_value_cannot_be_kept_runs_again_and_says_why(run):
    cells = ("%%task a --cache always\nrows = (x for x in [1])", "print(next(rows))")
    assert [run(*cells).states[0], run(*cells).states[0]] == ["Completed", "Completed"]
    assert "generator" in run(*cells).cells[0].state.message


@pytest.mark.parametrize("isolation", ["copy", "process"])
@pytest.mark.parametrize("parallel", [False, True])
def test_a_task_with_copies_changes_nothing_that_it_does_not_give(run, isolation, parallel):
    hidden = "def add(to):\n    to.append(9)"
    ran = run(
        *(f"kept, said, own = [1], [1], [1]\n{hidden}\nadding = [add][0]",),
        f"%%task a --isolation {isolation} --mutates said\nadding(kept)\nadding(said)\nown = own + [2]\nnew = 5",
        "print(kept, said, own, new)",
        parallel=parallel,
    )
    assert ran.states == ["Completed"] * 3
    assert ran.text(2) == "[1] [1, 9] [1, 2] 5\n"


def test_a_failed_attempt_with_copies_leaves_the_names_as_they_were(run):
    task = "tries = globals().get('tries', 0) + 1\nrows.append(tries)\nif len(rows) < 2:\n    raise OSError\nleft = 1"
    ran = run("rows = []", f"%%task a --isolation copy --retries 1\n{task}", "1")
    assert ran.states == ["Completed", "Failed", "NotRun"]
    assert ran.cells[1].attempts == 2


def test_an_input_that_cannot_be_copied_is_named(run):
    ran = run("import threading\nlock = threading.Lock()", "%%task a --isolation copy\nx = lock", "1")
    assert ran.states == ["Completed", "Failed", "NotRun"]
    assert "`lock` (lock) cannot be copied" in ran.cells[1].state.message


@pytest.mark.parametrize("parallel", [False, True])
def test_later_cells_can_ask_about_the_tasks_of_this_run(run, parallel):
    late = ("late = a + b", {"tags": ["task"], "jupyter_flows": {"name": "late"}})
    ran = run(
        *("%load_ext jupyter_flows", "%%task a\na = 1", "n = 2", "%%task b --in n\nb = n", late),
        *("%flow explain late", "%flow status"),
        parallel=parallel,
    )
    assert ran.states == ["Completed"] * 7
    explained = str(ran.copy.cells[5].outputs)
    assert "reads `a`, which `a` (cell 2, line 2) binds" in explained
    assert "reads `b`, which `b` (cell 4, line 2) binds" in explained
    shown = str(ran.copy.cells[6].outputs)
    assert all(name in shown for name in ("a ", "b ", "late"))
    assert shown.count("Completed") >= 3


def test_a_parallel_run_is_resumed_in_parallel_with_what_it_was_given(run, tmp_path):
    meet = "barrier.wait(timeout=60)"
    cells = (
        "import threading\nfrom pathlib import Path\nbarrier = threading.Barrier(2)",
        "%%task done\nrows = [1]\nopen('ledger', 'a').write('done ')\nprint('shown')",
        "rows.append(2)",
        f"%%task one\nif not Path('good').exists():\n    raise OSError('no')\n{meet}\none = sum(rows)",
        f"%%task two\nif not Path('good').exists():\n    raise OSError('no')\n{meet}\ntwo = len(rows)",
        "Path('made.txt').write_text('x')\nprint(one, two)",
    )
    ran = run(*cells, parallel=True, cell_timeout=30.0, keep=("*.txt",))
    assert ran.states == ["Completed", "Completed", "Completed", "Failed", "Failed", "UpstreamFailed"]
    (tmp_path / "good").touch()
    again, said = run.resume(ran)
    assert "1 finished task put back, 2 tasks to run, 3 plain cells to run" in said[0]
    assert again.states == ["Completed"] * 6  # `one` and `two` have met
    assert (tmp_path / "ledger").read_text() == "done "
    assert (again.text(1), again.text(5)) == ("shown\n", "3 2\n")
    assert [path.name for path in again.end.kept] == ["made.txt"]
    folder = str(again.end.artifacts["notebook"].parent)
    assert kept_choices(folder) == NotebookChoices(None, 30.0, html=False, keep=("*.txt",), parallel=True)
    assert kept_kernel(folder) == "python3"
