"""`%flow`: what can be asked of, and done with, the notebook's tasks; `%flows`: the history of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from jupyter_flows.cells.lint import lint
from jupyter_flows.cells.staleness import Freshness
from jupyter_flows.cells.task_line import ISOLATIONS
from jupyter_flows.errors import DefinitionError, JupyterFlowsError
from jupyter_flows.errors.wording import near
from jupyter_flows.graph.durations import elapsed
from jupyter_flows.graph.plain_text import plain
from jupyter_flows.graph.run_graph import RunGraph
from jupyter_flows.magics.cell_flow import define_flows
from jupyter_flows.magics.freshness import judge
from jupyter_flows.magics.known_cell import KnownCell
from jupyter_flows.magics.loading_inputs import load_inputs
from jupyter_flows.magics.notebook_flows import flows_of
from jupyter_flows.magics.notebook_name import notebook_name
from jupyter_flows.magics.notebook_picture import picture_of_notebook, state_of
from jupyter_flows.magics.notebook_run import NotebookRun, plan_run
from jupyter_flows.magics.tables import Table
from jupyter_flows.magics.workbench import Workbench
from jupyter_flows.model.runs import FlowRun, RunFilter
from jupyter_flows.services.log_lines import log_lines
from jupyter_flows.wiring import current_reader

_NOTHING = "no task cell has run yet: begin one with %%task"
DEPLOYING = {
    "deploy": "keep this notebook, or a flow of it, for a runner to run",
    "schedule": "show when this notebook, or a flow of it, would run by itself, and keep that",
}
COMMANDS = {
    "run": "run what is stale, in the order of what depends on what",
    "graph": "draw the tasks and how each ended; of a task, all that leads to it; of a flow, its newest run",
    "explain": "say why each task comes after another",
    "lint": "list every doubtful point of the notebook",
    "status": "list the tasks, and which would run again and why",
    "logs": "show what tasks printed and logged when they ran last",
    "inputs": "load what a failed task run was given, by its id",
    "cancel": "stop what runs in the background",
    "params": "list the notebook's parameters",
    "forget": "forget tasks whose cells are gone",
    **DEPLOYING,
}
# Option -> the command that has it.
OPTIONS = {"parallel": "run", "force": "run", "isolation": "run"}


@magics_class
class FlowMagic(Magics):
    """The magics about a notebook as a flow.

    Parameters
    ----------
    workbench
        The kernel's notebook at work.
    """

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench.shell)
        self._bench = workbench

    @no_var_expand
    @line_magic
    @magic_arguments()
    @argument(
        "command", nargs="?", default="status", help="; ".join(f"{name}: {what}" for name, what in COMMANDS.items())
    )
    @argument("names", nargs="*", metavar="NAME", help="the tasks that are meant; all of them where none is named")
    @argument("--parallel", action="store_true", help="run: tasks that do not depend on each other run at once")
    @argument("--force", action="store_true", help="run: also what is fresh")
    @argument("--isolation", choices=ISOLATIONS, help="run: where the cells' code runs")
    def flow(self, line: str) -> Any:
        """Run, draw and explain the tasks of this notebook."""
        __tracebackhide__ = True
        first, _, rest = line.strip().partition(" ")
        if first in DEPLOYING:  # they have many options of their own
            from jupyter_flows.magics.deploying import deploy_from_cell  # deferred: it loads the command line

            return deploy_from_cell(self.shell, first, DEPLOYING[first], rest)
        asked = parse_argstring(self.flow, line)
        asked.names = [_unquoted(name) for name in asked.names]
        if asked.command not in COMMANDS:
            hint = near(asked.command, list(COMMANDS), f"commands: {', '.join(COMMANDS)}", most=1)
            raise UsageError(f"%flow has no command {asked.command!r}; {hint}")
        for option, owner in OPTIONS.items():
            if getattr(asked, option) and asked.command != owner:
                raise UsageError(f"%flow {asked.command} has no option --{option}; %flow {owner} has it")
        command: Callable[[Any], Any] = getattr(self, f"_{asked.command}")
        try:
            return command(asked)
        except DefinitionError as error:
            raise UsageError(str(error)) from None

    @no_var_expand
    @line_magic
    @magic_arguments()
    @argument("flow", nargs="?", help="only the runs of this flow")
    @argument("--limit", type=int, default=10, metavar="N", help="how many runs, 10 by default")
    @argument("--all", action="store_true", help="also tasks that were run outside any flow")
    def flows(self, line: str) -> Table:
        """List recent runs, newest first."""
        asked = parse_argstring(self.flows, line)
        if asked.limit < 1:
            raise UsageError("%flows --limit: give a whole number from 1 up")
        try:
            found = current_reader().flow_runs(RunFilter(asked.flow, standalone=asked.all, limit=asked.limit))
        except JupyterFlowsError as error:
            raise UsageError(str(error)) from None
        return Table(("RUN", "STATE", "TOOK", "ID"), [_run_row(run) for run in found], empty="no run yet")

    @no_var_expand
    @cell_magic("flow")
    def define(self, line: str, cell: str) -> None:
        """Define a flow: this cell becomes the body of a function with the signature on the line.

        ::

            %%flow daily(day: str, top: int = 10) --retries 1
            rows = load(day)
            best(rows, top)

        The last expression is what the flow returns. Nothing runs until it is called: ``daily("2013-01-15")``. A cell
        that only defines functions turns each of them into a flow. The options are those of `@flow`.
        """
        try:
            define_flows(self._bench, line, cell)
        except DefinitionError as error:
            raise UsageError(str(error)) from None

    # -- commands --------------------------------------------------------------------------------------------------

    def _run(self, asked: Any) -> Any:
        __tracebackhide__ = True
        bench = self._bench
        plan = plan_run(bench.notebook, self._judged(asked.names), asked.names, force=asked.force)
        if not plan.cells:
            print(_NOTHING)
            return None
        bench.background.wait_for_all()
        name = notebook_name(bench.namespace)
        run = NotebookRun(bench, plan, name, parallel=asked.parallel, isolation=asked.isolation or "")
        try:
            run.run()
        except BaseException as error:
            bench.errors.mark(error)
            raise
        report = Table(("TASK", "STATE", "WHY"), run.rows())
        error = run.first_error()
        if error is None:
            return report
        display(report)
        raise bench.errors.mark(error)

    def _graph(self, asked: Any) -> RunGraph:
        flows = flows_of(self._bench.namespace)
        if len(asked.names) == 1 and asked.names[0] in flows and self._bench.notebook.task(asked.names[0]) is None:
            return flows[asked.names[0]].graph()
        only = {cell.id for cell in self._cells(asked.names, flows)} if asked.names else set[str]()
        return self._drawn(self._judged(), time.time(), only)

    def _drawn(
        self, judged: Mapping[str, Freshness], judged_at: float, only: Collection[str], before: RunGraph | None = None
    ) -> RunGraph:
        """Draw the tasks; the same again as they go on, without a further look at their values, in any thread."""
        bench = self._bench
        since = {cell.id for cell in bench.notebook.tasks if cell.ended_at is None or cell.ended_at > judged_at}
        still = {cell: freshness for cell, freshness in judged.items() if cell not in since}
        like = None if before is None else before.picture
        drawn = picture_of_notebook(bench.notebook, notebook_name(bench.namespace), still, like, only)
        boxes = {cell.id: (cell.run_id, cell.number) for cell in bench.notebook.tasks if cell.run_id}
        return RunGraph(
            drawn, again=lambda shown: self._drawn(judged, judged_at, only, shown), follows=True, boxes=boxes
        )

    def _explain(self, asked: Any) -> None:
        wanted = {cell.id for cell in self._cells(asked.names)}
        notebook = self._bench.notebook
        edges = [edge for edge in notebook.graph.edges if edge.after in wanted]
        for edge in edges:
            print(f"{notebook.cell(edge.after).name} comes after {notebook.cell(edge.before).name}")
            for why in edge.whys:
                print(f"  {plain(str(why))}")
        alone = wanted - {edge.after for edge in edges}
        for cell in self._cells(asked.names):
            if cell.id in alone:
                print(f"{cell.name} depends on no other task")

    def _lint(self, asked: Any) -> None:
        wanted = {cell.id for cell in self._cells(asked.names)} if asked.names else None
        found = [each for each in lint(self._bench.notebook.graph) if wanted is None or each.place.cell in wanted]
        for finding in found:
            print(plain(str(finding)))
        if not found:
            print("nothing doubtful")

    def _status(self, asked: Any) -> Table:
        judged = self._judged()
        rows = [_task_row(cell, judged[cell.id]) for cell in self._cells(asked.names)]
        return Table(("TASK", "STATE", "FRESH", "WHY NOT"), rows, empty=_NOTHING)

    def _logs(self, asked: Any) -> None:
        reader = current_reader()
        said = False
        for cell in self._cells(asked.names):
            for line in log_lines(reader, cell.run_id) if cell.run_id else ():
                if line.number == cell.number:
                    said = True
                    print(f"{cell.name}: {plain(line.message)}")
        if not said:
            print("nothing was printed or logged")

    def _inputs(self, asked: Any) -> None:
        if len(asked.names) != 1:
            raise UsageError("%flow inputs: give the id of one task run, as the graph shows it")
        try:
            load_inputs(asked.names[0], self._bench.namespace)
        except JupyterFlowsError as error:
            raise UsageError(str(error)) from None

    def _cancel(self, asked: Any) -> None:
        names = {cell.name for cell in self._cells(asked.names)}
        stopped = self._bench.background.cancel(names, "asked for by %flow cancel")
        for name in stopped:
            print(f"{name} is asked to stop")
        if not stopped:
            print("nothing runs in the background")

    def _forget(self, asked: Any) -> None:
        if not asked.names:
            raise UsageError("%flow forget: say which tasks")
        self._bench.notebook.forget([cell.id for cell in self._cells(asked.names)])

    def _params(self, asked: Any) -> Table:
        from jupyter_flows.magics.notebook_parameters import parameters_of  # deferred: reads the notebook's file

        rows = parameters_of(self._bench.notebook, self._bench.namespace)
        advice = "no parameters: give a cell the tag `parameters`, and save the notebook"
        return Table(("PARAMETER", "TYPE", "DEFAULT", "NOW", ""), rows, empty=advice)

    def _judged(self, names: Collection[str] = ()) -> Any:
        return judge(self._bench.notebook, self._bench.namespace, self._bench.performer.marks, names)

    def _cells(self, names: list[str], flows: Collection[str] = ()) -> list[KnownCell]:
        tasks = {cell.name: cell for cell in self._bench.notebook.tasks}
        for name in names:
            if name not in tasks:
                raise UsageError(_no_task(name, list(tasks), list(flows)))
        return [tasks[name] for name in names] if names else list(tasks.values())


def _unquoted(name: str) -> str:
    """A name with blanks stands in quotes, which IPython leaves around it."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"" else name


def _no_task(name: str, tasks: Sequence[str], flows: Sequence[str]) -> str:
    if name in flows:
        return f"{name!r} is a flow and no task: give its name alone"
    what = "task or flow" if flows else "task"
    known = list(dict.fromkeys([*tasks, *flows]))
    hint = near(name, known, f"there are: {', '.join(known) or 'none'}", most=1)
    return f"there is no {what} {name!r}; {hint}"


def _task_row(cell: KnownCell, freshness: Any) -> tuple[str, str, str, str]:
    fresh = "no" if freshness.is_stale else "yes"
    return cell.name, state_of(cell)[1], fresh, "; ".join(freshness.reasons)


def _run_row(run: FlowRun) -> tuple[str, str, str, str]:
    return f"{run.flow} #{run.serial}", run.state.name, elapsed(run.started_at, run.ended_at), run.id[:8]
