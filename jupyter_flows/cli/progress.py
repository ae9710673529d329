"""What is seen of a run while it runs: live on a terminal, a line per cell elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_flows.cli.counted import counted
from jupyter_flows.cli.escaping import escaped, shortened
from jupyter_flows.cli.looks import icon, state_style, style
from jupyter_flows.cli.screen import Cell, Screen
from jupyter_flows.graph.durations import duration_words
from jupyter_flows.graph.plain_text import first_line
from jupyter_flows.model.states import RUNNING, State

if TYPE_CHECKING:
    from rich.text import Text

    from jupyter_flows.drivers.flow_runs import FlowRunHandle
    from jupyter_flows.notebooks.document import CodeCell

_A_SECOND = 8  # pictures
_LABEL, _TOOK = 40, 12


@contextmanager
def live(screen: Screen, picture: Callable[[], Text]) -> Iterator[None]:
    """Show a picture at the foot of the terminal while the block runs; what is printed meanwhile stays above it."""
    from rich.live import Live

    console = screen.console
    with Live(
        get_renderable=picture,
        console=console,
        refresh_per_second=_A_SECOND,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=True,
    ):
        console.show_cursor(True)  # a process that is killed meanwhile must not leave a terminal without one
        yield


@contextmanager
def flow_progress(run: FlowRunHandle, screen: Screen) -> Iterator[None]:
    """Show how many task runs of a flow run have ended, on a terminal."""
    if not screen.is_terminal:
        yield
        return
    began = time.monotonic()

    def picture() -> Text:
        return _line(screen, [Cell(f"{icon('Running')} ", style("Running")), *_counts(run, time.monotonic() - began)])

    with live(screen, picture):
        yield


def _counts(run: FlowRunHandle, seconds: float) -> list[Cell]:
    """Read the machine from beside: its owner is another thread, so a moment may be missed but nothing is held up."""
    cells = [Cell(escaped(run.name), "bold"), Cell(f"  {duration_words(seconds)}", "dim")]
    machine = run.machine
    if machine is None:
        return cells
    try:
        kinds = [node.kind for number, node in list(machine.nodes.items()) if number]
        bad = machine.ended.failures()
    except RuntimeError:  # it changed while it was copied
        return cells
    begun = int(repr(run.numbers).removeprefix("count(").removesuffix(")")) - 1  # it has no other way to look ahead
    running, ended = kinds.count(RUNNING), begun - len(kinds)
    counts = [
        (ended - bad, "Completed", "done"),
        (bad, "Failed", "failed"),
        (running, "Running", "running"),
        (len(kinds) - running, "Pending", "waiting"),
    ]
    for count, name, word in counts:
        if count > 0:
            cells.append(Cell(f"   {icon(name)} {count:,} {word}", style(name)))
    return cells


class PlainNotebook:
    """Prints one line for each cell that ends.

    Parameters
    ----------
    screen
        Where to print.
    quiet
        Print nothing at all.
    """

    def __init__(self, screen: Screen, quiet: bool = False) -> None:
        self._screen, self._quiet = screen, quiet
        self._labels: dict[int, str] = {}
        self._starts: dict[int, float] = {}

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None:
        """See `NotebookWatcher`."""
        self._labels = {cell.index + 1: cell.label for cell in cells}
        self._say(f"run {run_id} of {name}: {counted(len(cells), 'cell')}")

    def started(self, number: int) -> None:
        """See `NotebookWatcher`."""
        self._starts[number] = time.monotonic()

    def printed(self, number: int, line: str) -> None:
        """See `NotebookWatcher`."""
        self._say(f"cell {number}  | {line}")

    def showing(self, number: int, text: str) -> None:
        """Nothing: whole lines are printed."""

    def ended(self, number: int, state: State) -> None:
        """See `NotebookWatcher`."""
        took = f" {duration_words(time.monotonic() - self._starts[number])}" if number in self._starts else ""
        message = f"  {first_line(state.message)}" if state.message and number in self._starts else ""
        self._say(f"cell {number}  {state.name}{took}  {self._labels.get(number, '')}{message}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            self._screen.line(line)


class LiveNotebook:
    """Shows the cell that runs with its time and last printed line; ended ones stay above."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._labels: dict[int, str] = {}
        self._number = 0
        self._began = time.monotonic()
        self._last = ""
        self._ended = 0

    def opened(self, run_id: str, name: str, cells: Sequence[CodeCell]) -> None:
        """See `NotebookWatcher`."""
        self._labels = {cell.index + 1: cell.label for cell in cells}
        self._screen.line(Cell(name, "bold"), Cell(f"  run {run_id}", "dim"))
        self._began = time.monotonic()

    def started(self, number: int) -> None:
        """See `NotebookWatcher`."""
        self._number, self._began, self._last = number, time.monotonic(), ""

    def printed(self, number: int, line: str) -> None:
        """Nothing: the newest words are shown."""

    def showing(self, number: int, text: str) -> None:
        """See `NotebookWatcher`."""
        self._last = text

    def ended(self, number: int, state: State) -> None:
        """See `NotebookWatcher`."""
        self._ended += 1
        ran = number == self._number
        took = duration_words(time.monotonic() - self._began) if ran else state.name
        last = first_line(state.message) if str(state.kind) != "completed" and ran else ""
        mark = Cell(f"{icon(state.name, state.kind)} ", state_style(state))
        self._screen.console.print(_line(self._screen, [mark, *self._cells(number, took, last)]))
        self._number = 0

    def picture(self) -> Text:
        """The line at the foot: the cell that runs."""
        took = duration_words(time.monotonic() - self._began)
        if not self._number:
            what = "starts the kernel" if not self._ended else "saves the run"
            return _line(self._screen, [Cell(f"{icon('Pending')} {what}  {took}", "dim")])
        mark = Cell(f"{icon('Running')} ", style("Running"))
        return _line(self._screen, [mark, *self._cells(self._number, took, self._last)])

    def _cells(self, number: int, took: str, last: str) -> list[Cell]:
        room = min(_LABEL, max(16, self._screen.width // 2 - 8))
        label = shortened(escaped(self._labels.get(number, "")).expandtabs(), room)
        return [
            Cell(f"{number:>3}  ", "dim"),
            Cell(f"{label:<{room}}"),
            Cell(f"  {took:>{_TOOK}}", "dim"),
            Cell(f"  {escaped(last)}", "dim"),
        ]


def _line(screen: Screen, cells: Sequence[Cell]) -> Text:
    from rich.text import Text

    line = Text(no_wrap=True, overflow="ellipsis")
    for cell in cells:
        line.append(cell.text, style=cell.style or None)
    line.truncate(screen.width - 1, overflow="ellipsis")
    return line
