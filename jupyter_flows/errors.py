"""The errors of the project.

Tree::

    JupyterFlowsError
    ├── DefinitionError                 a flow or task is written wrongly; nothing ran
    │   ├── UnknownOption               (also TypeError)
    │   ├── BadOption                   (also ValueError)
    │   ├── BadGraph                    (also ValueError)
    │   └── GraphHasCycle               (also ValueError)
    ├── ParameterError                  (also ValueError, TypeError) all bad values of one call at once
    ├── MappingError                    (also ValueError)
    │   ├── MappingLengthMismatch
    │   └── MappingMissingIterable
    ├── RunError                        a run ended without a value
    │   ├── FailedRun
    │   │   └── UpstreamFailed
    │   ├── RunTimedOut                 (also TimeoutError)
    │   ├── RunCancelled
    │   ├── RunCrashed
    │   ├── RunPaused
    │   └── UnfinishedRun
    ├── ResultError                     a value cannot be kept or given back
    │   ├── UnserializableResult        (also TypeError)
    │   ├── ResultMissing               (also LookupError)
    │   └── UncacheableInput            (also TypeError)
    ├── UnpicklableValue                (also TypeError) cannot go to a worker process, or come back
    ├── NeedsFlowProcess                (also RuntimeError) asked for in a worker process
    ├── LimitTimeout                    (also TimeoutError) no slot came free in time
    ├── StoreError
    │   ├── RunNotFound                 (also LookupError)
    │   ├── AmbiguousRun                (also LookupError)
    │   ├── SchemaMismatch
    │   ├── StoreUnavailable
    │   ├── NeedsStoreFile
    │   ├── DeploymentNotFound          (also LookupError)
    │   ├── ScheduleNotFound            (also LookupError)
    │   ├── LimitNotFound               (also LookupError)
    │   └── LeaseLost
    ├── CannotResume                    (also ValueError) a run that has no next attempt
    ├── PauseError                      (also RuntimeError) a pause where nothing can pause
    ├── PauseTimedOut                   (also TimeoutError) nobody gave the word in time
    ├── RunInputError                   (also ValueError) an answer that does not fit what a run asks for
    ├── ArtifactError                   (also ValueError) what cannot be attached to a run
    ├── NotebookError
    │   ├── NotebookNotFound            (also FileNotFoundError)
    │   ├── NotANotebook                (also ValueError)
    │   ├── KernelNotFound
    │   ├── CellFailed
    │   │   └── CellSignalled           by a signal that it raised
    │   └── KernelDied
    ├── TargetError                     (also ValueError) `module:flow` that cannot be found
    ├── EnvFileError                    (also ValueError) a file of variables that cannot be read
    ├── DeploymentFileError             (also ValueError) all that is wrong with a file of deployments at once
    ├── DeploymentRefused               (also ValueError) all that is wrong with a deployment at once
    ├── ScheduleError                   (also ValueError) a schedule that cannot be meant
    ├── SettingsError                   (also ValueError)
    └── MissingExtra                    (also ImportError)

    EngineBug                           ours, never the user's: please report
    ├── IllegalTransition
    └── InvariantBroken

Each takes typed fields and builds its own message: what, which run, what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_flows.model.events import Outcome
    from jupyter_flows.model.states import State, StateKind


class JupyterFlowsError(Exception):
    """The root of every error that is a user's business."""


class DefinitionError(JupyterFlowsError):
    """A flow or task is written wrongly; nothing ran."""


class UnknownOption(DefinitionError, TypeError):
    """An option that does not exist.

    Parameters
    ----------
    what
        The decorator or call that was given the option, such as ``@task``.
    option
        The unknown name.
    known
        Every name that would have been accepted.
    instead
        What to use in its place; the nearest known name when not given.
    """

    def __init__(self, what: str, option: str, known: Iterable[str], instead: str = "") -> None:
        self.what, self.option, self.known, self.instead = what, option, tuple(known), instead
        from difflib import get_close_matches  # deferred: only a mistake needs it

        near = get_close_matches(option, self.known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known options: {', '.join(sorted(self.known))}"
        super().__init__(f"{what} has no option '{option}'; {instead or hint}")


class BadOption(DefinitionError, ValueError):
    """An option with a value that cannot be meant."""

    def __init__(self, what: str, option: str, value: object, wanted: str) -> None:
        self.what, self.option, self.value, self.wanted = what, option, value, wanted
        super().__init__(f"{what}: {option}={value!r} cannot be used; {wanted}")


class BadGraph(DefinitionError, ValueError):
    """Something that cannot be put into, or done with, a declared graph.

    Parameters
    ----------
    flow
        The graph's name.
    tasks
        The tasks that are concerned.
    """

    def __init__(self, flow: str, tasks: Iterable[str], why: str) -> None:
        self.flow, self.tasks, self.why = flow, tuple(tasks), why
        about = f", task {', '.join(self.tasks)}" if self.tasks else ""
        super().__init__(f"flow {flow!r}{about}: {why}")

    def __reduce__(self) -> tuple[type[BadGraph], tuple[str, tuple[str, ...], str]]:
        return type(self), (self.flow, self.tasks, self.why)


class GraphHasCycle(DefinitionError, ValueError):
    """Tasks that wait for one another in a circle.

    Parameters
    ----------
    nodes
        The members of one circle, each waited for by the next, without the first repeated at the end.
    """

    def __init__(self, nodes: Iterable[object]) -> None:
        self.nodes = tuple(nodes)
        names = [str(node) for node in self.nodes]
        circle = " -> ".join([*names, *names[:1]])
        super().__init__(f"the graph has a cycle: {circle}; remove one of these dependencies")


class ParameterError(JupyterFlowsError, ValueError, TypeError):
    """Every bad parameter of one call.

    Parameters
    ----------
    subject
        The flow or notebook that was called.
    problems
        Parameter name to what is wrong with it.
    """

    def __init__(self, subject: str, problems: Mapping[str, str]) -> None:
        self.subject, self.problems = subject, dict(problems)
        listed = "; ".join(f"{name}: {problem}" for name, problem in self.problems.items())
        super().__init__(f"{subject} was not started, its parameters do not fit: {listed}")

    def __reduce__(self) -> tuple[type[ParameterError], tuple[str, dict[str, str]]]:
        return type(self), (self.subject, self.problems)


class SecretNotFound(JupyterFlowsError, ValueError, LookupError):
    """A secret that has no value here."""

    def __init__(self, name: str, advice: str) -> None:
        self.name, self.advice = name, advice
        super().__init__(f"there is no secret {name!r}; {advice}")

    def __reduce__(self) -> tuple[type[SecretNotFound], tuple[str, str]]:
        return type(self), (self.name, self.advice)


class SecretsLocked(JupyterFlowsError, LookupError):
    """A secret that is kept and cannot be opened: its key is missing or is another one."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"the secret {name!r} cannot be opened: {why}")

    def __reduce__(self) -> tuple[type[SecretsLocked], tuple[str, str]]:
        return type(self), (self.name, self.why)


class VariableExists(JupyterFlowsError, ValueError):
    """A variable that is there with another value."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is a variable {name!r} with another value; overwrite=True (--overwrite) replaces it")

    def __reduce__(self) -> tuple[type[VariableExists], tuple[str]]:
        return type(self), (self.name,)


class VariableNotFound(JupyterFlowsError, LookupError):
    """No variable of that name."""

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        from difflib import get_close_matches  # deferred: only a mistake needs it

        self.name, self.known = name, tuple(known)
        near = get_close_matches(name, self.known, 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `jupyter flows variable ls`"
        super().__init__(f"there is no variable {name!r}; {hint}")

    def __reduce__(self) -> tuple[type[VariableNotFound], tuple[str, tuple[str, ...]]]:
        return type(self), (self.name, self.known)


class BadBlock(JupyterFlowsError, ValueError):
    """A block that cannot be saved or loaded as it is."""

    def __init__(self, block: str, why: str) -> None:
        self.block, self.why = block, why
        super().__init__(f"block {block!r}: {why}")

    def __reduce__(self) -> tuple[type[BadBlock], tuple[str, str]]:
        return type(self), (self.block, self.why)


class BlockExists(JupyterFlowsError, ValueError):
    """A block that is there with other content."""

    def __init__(self, block: str) -> None:
        self.block = block
        super().__init__(f"there is a block {block!r} with other content; save(..., overwrite=True) replaces it")

    def __reduce__(self) -> tuple[type[BlockExists], tuple[str]]:
        return type(self), (self.block,)


class BlockNotFound(JupyterFlowsError, ValueError, LookupError):
    """No block of that name."""

    def __init__(self, block: str, known: Iterable[str] = ()) -> None:
        from difflib import get_close_matches  # deferred: only a mistake needs it

        self.block, self.known = block, tuple(known)
        near = get_close_matches(block, self.known, 3, 0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `jupyter flows block ls`"
        super().__init__(f"there is no block {block!r}; {hint}")

    def __reduce__(self) -> tuple[type[BlockNotFound], tuple[str, tuple[str, ...]]]:
        return type(self), (self.block, self.known)


class AmbiguousBlock(JupyterFlowsError, ValueError, LookupError):
    """Blocks of several types have this name."""

    def __init__(self, name: str, candidates: Iterable[str]) -> None:
        self.name, self.candidates = name, tuple(candidates)
        super().__init__(f"several blocks are named {name!r}: load one of {', '.join(self.candidates)}")

    def __reduce__(self) -> tuple[type[AmbiguousBlock], tuple[str, tuple[str, ...]]]:
        return type(self), (self.name, self.candidates)


class InfrastructureRefused(JupyterFlowsError, NotImplementedError):
    """A place where nothing is executed yet."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"runs are not executed on a {what} yet: see its preview(), or leave infrastructure= out")

    def __reduce__(self) -> tuple[type[InfrastructureRefused], tuple[str]]:
        return type(self), (self.what,)


class CommandFailed(JupyterFlowsError, RuntimeError):
    """A command that ended with another exit status than it may."""

    def __init__(self, command: str, exit_code: int, said: str) -> None:
        self.command, self.exit_code, self.said = command, exit_code, said
        super().__init__(f"{command!r} ended with {exit_code}{': ' + said if said else ''}")

    def __reduce__(self) -> tuple[type[CommandFailed], tuple[str, int, str]]:
        return type(self), (self.command, self.exit_code, self.said)


class RequestFailed(JupyterFlowsError, RuntimeError):
    """A request of the web without an answer that is a success; ``code`` is 0 where nobody answered."""

    def __init__(self, method: str, url: str, code: int, why: str, again: bool = False) -> None:
        self.method, self.url, self.code, self.why, self.again = method, url, code, why, again
        super().__init__(f"{method} {url}: {f'it answers {code}: ' if code else ''}{why}")

    def __reduce__(self) -> tuple[type[RequestFailed], tuple[str, str, int, str, bool]]:
        return type(self), (self.method, self.url, self.code, self.why, self.again)


class QueryFailed(JupyterFlowsError, RuntimeError):
    """A database that did not do what it was asked."""

    def __init__(self, database: str, why: str) -> None:
        self.database, self.why = database, why
        super().__init__(f"{database}: {why}")

    def __reduce__(self) -> tuple[type[QueryFailed], tuple[str, str]]:
        return type(self), (self.database, self.why)


class CopyFailed(JupyterFlowsError, RuntimeError):
    """A file that was not copied."""

    def __init__(self, source: str, target: str, why: str, again: bool = False) -> None:
        self.source, self.target, self.why, self.again = source, target, why, again
        super().__init__(f"{source} is not copied to {target}: {why}")

    def __reduce__(self) -> tuple[type[CopyFailed], tuple[str, str, str, bool]]:
        return type(self), (self.source, self.target, self.why, self.again)


class NotifyError(JupyterFlowsError):
    """A message that was not taken; no run is touched by it.

    Parameters
    ----------
    sink
        Who did not take it, without secrets.
    again
        Whether another try may help.
    """

    def __init__(self, sink: str, why: str, advice: str, again: bool = False) -> None:
        self.sink, self.why, self.advice, self.again = sink, why, advice, again
        super().__init__(f"{sink}: {why}; {advice}")

    def __reduce__(self) -> tuple[type[NotifyError], tuple[str, str, str, bool]]:
        return type(self), (self.sink, self.why, self.advice, self.again)


class PauseError(JupyterFlowsError, RuntimeError):
    """A pause where nothing can pause.

    Parameters
    ----------
    why
        And what to do instead.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"this cannot be paused: {why}")


class PauseTimedOut(JupyterFlowsError, TimeoutError):
    """Nobody gave a paused run its word in time.

    Parameters
    ----------
    key
        Of the pause.
    seconds
        How long it has waited.
    """

    def __init__(self, key: str, seconds: float) -> None:
        self.key, self.seconds = key, seconds
        super().__init__(f"nobody resumed the run within {seconds:g} s ({key}); resume it to ask again")

    def __reduce__(self) -> tuple[type[PauseTimedOut], tuple[str, float]]:
        return type(self), (self.key, self.seconds)


class RunInputError(JupyterFlowsError, ValueError):
    """An answer that does not fit what a run asks for; nothing was written.

    Parameters
    ----------
    run
        The run's name.
    problems
        Field to what is wrong with it; all of them.
    asked
        What the run asks for, in words; empty for nothing.
    """

    def __init__(self, run: str, problems: Mapping[str, str], asked: str = "") -> None:
        self.run, self.problems, self.asked = run, dict(problems), asked
        listed = "; ".join(f"{name}: {problem}" if name else problem for name, problem in self.problems.items())
        super().__init__(f"the input for {run} does not fit: {listed}{f' (it asks for {asked})' if asked else ''}")

    def __reduce__(self) -> tuple[type[RunInputError], tuple[str, dict[str, str], str]]:
        return type(self), (self.run, self.problems, self.asked)


class ArtifactError(JupyterFlowsError, ValueError):
    """Something that cannot be attached to a run to be looked at.

    Parameters
    ----------
    what
        Such as ``image``.
    why
        What is wrong with it, and what to do.
    """

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(f"artifact({what}=...) is not kept: {why}")

    def __reduce__(self) -> tuple[type[ArtifactError], tuple[str, str]]:
        return type(self), (self.what, self.why)


class MappingError(JupyterFlowsError, ValueError):
    """A `.map` call whose arguments cannot be mapped over."""


class MappingLengthMismatch(MappingError):
    """Mapped arguments of unequal length."""

    def __init__(self, task: str, lengths: Mapping[str, int]) -> None:
        self.task, self.lengths = task, dict(lengths)
        listed = ", ".join(f"{name} has {length}" for name, length in self.lengths.items())
        super().__init__(
            f"{task}.map needs arguments of one length, but {listed}; wrap what is the same for all in unmapped(...)"
        )


class MappingMissingIterable(MappingError):
    """A `.map` call with nothing to map over."""

    def __init__(self, task: str) -> None:
        self.task = task
        super().__init__(f"{task}.map was given nothing to map over: pass at least one list or other iterable")


class RunError(JupyterFlowsError):
    """A run ended, or stands, without a value."""

    default = "the run has no value"

    def __init__(self, state: State | str | None = None) -> None:
        self.state = state
        message = state if isinstance(state, str) else getattr(state, "message", "")
        super().__init__(message or self.default)


class FailedRun(RunError):
    """A failed run without an exception of its own."""

    default = "the run failed"


class UpstreamFailed(FailedRun):
    """A run that could not start because a future it needs did not complete."""

    default = "an upstream did not complete"


class RunTimedOut(RunError, TimeoutError):
    """A run that passed its time limit."""

    default = "the run passed its time limit"


class RunCancelled(RunError):
    """A run that somebody stopped."""

    default = "the run was cancelled"


class RunCrashed(RunError):
    """A run that the machinery lost."""

    default = "the run crashed"


class RunPaused(RunError):
    """A run that waits for somebody's word."""

    default = "the run is paused"


class UnfinishedRun(RunError):
    """A run that is not final yet."""

    default = "the run has not ended yet; wait for it first"


class ResultError(JupyterFlowsError):
    """A value cannot be kept, or cannot be given back."""


class UnserializableResult(ResultError, TypeError):
    """A value that no serializer can write.

    Parameters
    ----------
    task
        Name of the task that returned it, where it is known.
    type_name
        The value's type.
    why
        What went wrong.
    """

    def __init__(self, task: str, type_name: str, why: str) -> None:
        self.task, self.type_name, self.why = task, type_name, why
        super().__init__(
            f"the {type_name} that {task or 'the task'} returned cannot be kept: {why}; return plain data, "
            "or leave out persist_result"
        )

    def __reduce__(self) -> tuple[type[UnserializableResult], tuple[str, str, str]]:
        return type(self), (self.task, self.type_name, self.why)


class ResultMissing(ResultError, LookupError):
    """A kept value that is not there any more, or is not the one that was kept."""

    def __init__(self, location: str, why: str) -> None:
        self.location, self.why = location, why
        super().__init__(f"the kept result {location} cannot be used: {why}")

    def __reduce__(self) -> tuple[type[ResultMissing], tuple[str, str]]:
        return type(self), (self.location, self.why)


class UncacheableInput(ResultError, TypeError):
    """An argument that has no content hash, so that no cache key can be made of it.

    Parameters
    ----------
    task, argument, type_name
        Whose, which, and what it is.
    why
        What is in the way.
    advice
        What to do instead; leaving the argument out of the key when not given.
    """

    def __init__(self, task: str, argument: str, type_name: str, why: str, advice: str = "") -> None:
        self.task, self.argument, self.type_name, self.why, self.advice = task, argument, type_name, why, advice
        super().__init__(
            f"{task} cannot be cached: its argument {argument!r} ({type_name}) has no content hash: {why}; "
            + (advice or f"leave it out with INPUTS - {argument!r}, or give a cache_key_fn")
        )

    def __reduce__(self) -> tuple[type[UncacheableInput], tuple[str, str, str, str, str]]:
        return type(self), (self.task, self.argument, self.type_name, self.why, self.advice)


class UnpicklableValue(JupyterFlowsError, TypeError):
    """Something that cannot go to a worker process, or come back from it.

    Parameters
    ----------
    task
        Name of the task.
    what
        What it is to the task: ``argument 'x'``, ``function`` or ``value``.
    type_name
        Its type.
    why
        What went wrong.
    """

    def __init__(self, task: str, what: str, type_name: str, why: str) -> None:
        self.task, self.what, self.type_name, self.why = task, what, type_name, why
        super().__init__(
            f"the {what} ({type_name}) of task {task} cannot cross to or from a worker process: {why}; "
            "use plain data and functions, make it inside the task, or run the flow with task_runner='threads'"
        )

    def __reduce__(self) -> tuple[type[UnpicklableValue], tuple[str, str, str, str]]:
        return type(self), (self.task, self.what, self.type_name, self.why)


class NeedsFlowProcess(JupyterFlowsError, RuntimeError):
    """Something that only the process of a flow run can do, asked for in one of its worker processes."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} is not possible in a worker process: do it in the flow itself, call a task there as a plain "
            "function, or run the flow with task_runner='threads'"
        )

    def __reduce__(self) -> tuple[type[NeedsFlowProcess], tuple[str]]:
        return type(self), (self.what,)


class LimitTimeout(JupyterFlowsError, TimeoutError):
    """No slot of a concurrency limit came free in time."""

    def __init__(self, names: Sequence[str], seconds: float) -> None:
        self.names, self.seconds = tuple(names), seconds
        super().__init__(f"no slot of {', '.join(names)} came free within {seconds:g} s")


class StoreError(JupyterFlowsError):
    """The store cannot do what was asked."""


class RunNotFound(StoreError, LookupError):
    """No run of that id."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f"there is no run {run!r}; `jupyter flows ls` lists the runs")


class AmbiguousRun(StoreError, LookupError):
    """A shortened id that several runs share."""

    def __init__(self, run: str, candidates: Sequence[str]) -> None:
        self.run, self.candidates = run, tuple(candidates)
        super().__init__(f"{run!r} fits several runs: {', '.join(candidates)}; give more of the id")


class SchemaMismatch(StoreError):
    """A store written by another version."""

    def __init__(self, location: str, found: str, known: str) -> None:
        self.location, self.found, self.known = location, found, known
        super().__init__(
            f"the store {location} has schema {found}, this version knows up to {known}: "
            "upgrade jupyter-flows, or name another store by JUPYTER_FLOWS_DATABASE_URL; nothing was changed"
        )


class StoreUnavailable(StoreError):
    """The store cannot be opened, read or written."""

    def __init__(self, location: str, why: str, advice: str = "") -> None:
        self.location, self.why, self.advice = location, why, advice
        super().__init__(f"the store {location} cannot be used: {why}{'; ' + advice if advice else ''}")

    def __reduce__(self) -> tuple[type[StoreUnavailable], tuple[str, str, str]]:
        return type(self), (self.location, self.why, self.advice)


class NeedsStoreFile(StoreError):
    """What outlives a process, asked for where runs are kept in its memory."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"{what} are kept in the store's file, and this process keeps its runs in memory: name a local file by "
            "JUPYTER_FLOWS_DATABASE_URL=sqlite:////PATH"
        )


class DeploymentNotFound(StoreError, LookupError):
    """No deployment of that name.

    Parameters
    ----------
    known
        The names that there are.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        hint = _near(name, self.known, "`jupyter flows deployments ls` lists them")
        super().__init__(f"there is no deployment {_beginning(name)}; {hint}")


class ScheduleNotFound(StoreError, LookupError):
    """No schedule of that name in a deployment.

    Parameters
    ----------
    known
        The names of the deployment's schedules.
    """

    def __init__(self, deployment: str, name: str, known: Iterable[str]) -> None:
        self.deployment, self.name, self.known = deployment, name, tuple(known)
        listed = f"its schedules: {', '.join(self.known)}" if self.known else "it has none"
        hint = _near(name, self.known, listed)
        super().__init__(f"deployment {deployment} has no schedule {_beginning(name)}; {hint}")


class LimitNotFound(StoreError, LookupError):
    """No limit of that name.

    Parameters
    ----------
    known
        The names that there are.
    """

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        hint = _near(name, self.known, "`jupyter flows limits ls` lists them")
        super().__init__(f"there is no limit {_beginning(name)}; {hint}")


class LeaseLost(StoreError):
    """Another process took the run over; this one must stop writing."""

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f"run {run} is owned by another process now; this one stopped writing to it")


class CannotResume(JupyterFlowsError, ValueError):
    """A run cannot be taken up again.

    Parameters
    ----------
    run
        Its name or id.
    why
        The reason, and what to do instead.
    """

    def __init__(self, run: str, why: str) -> None:
        self.run, self.why = run, why
        super().__init__(f"run {run} cannot be resumed: {why}")


class NotebookError(JupyterFlowsError):
    """A notebook cannot be run, or did not end well."""


class NotebookNotFound(NotebookError, FileNotFoundError):
    """No file of that name."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"there is no notebook {path}")

    def __reduce__(self) -> tuple[type[NotebookNotFound], tuple[str]]:
        return type(self), (self.path,)

    def __str__(self) -> str:
        return str(self.args[0])


class NotANotebook(NotebookError, ValueError):
    """A file that is not a notebook that can be run."""

    def __init__(self, path: str, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} is not a notebook that can be run: {why}")

    def __reduce__(self) -> tuple[type[NotANotebook], tuple[str, str]]:
        return type(self), (self.path, self.why)


class KernelNotFound(NotebookError):
    """No kernel of that name is installed."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        listed = ", ".join(known) or "none"
        super().__init__(f"there is no kernel {name!r} here; installed: {listed}; choose one with --kernel NAME")

    def __reduce__(self) -> tuple[type[KernelNotFound], tuple[str, tuple[str, ...]]]:
        return type(self), (self.name, self.known)


class CellFailed(NotebookError):
    """A cell raised.

    Parameters
    ----------
    cell
        Position among all cells of the notebook, from 1.
    label
        The first line of the cell's source.
    error_name, error_value
        The exception as the kernel told it.
    traceback
        The kernel's traceback as text, with its ANSI colours removed.
    """

    def __init__(self, cell: int, label: str, error_name: str, error_value: str, traceback: str = "") -> None:
        self.cell, self.label = cell, label
        self.error_name, self.error_value, self.traceback = error_name, error_value, traceback
        super().__init__(f"cell {cell} ({label}): {error_name}: {error_value}")

    def __reduce__(self) -> tuple[type[CellFailed], tuple[int, str, str, str, str]]:
        return type(self), (self.cell, self.label, self.error_name, self.error_value, self.traceback)


class CellSignalled(CellFailed):
    """A task cell chose its end by raising a signal that is no good end, such as `Failed` or `Paused`.

    Parameters
    ----------
    outcome
        What that means.
    """

    def __init__(
        self, cell: int, label: str, error_name: str, error_value: str, traceback: str, outcome: Outcome
    ) -> None:
        super().__init__(cell, label, error_name, error_value, traceback)
        self.outcome = outcome

    def __reduce__(self) -> tuple[type[CellFailed], tuple[int, str, str, str, str]]:
        # What a signal carries need not be picklable, and what it meant is known by then.
        return CellFailed, (self.cell, self.label, self.error_name, self.error_value, self.traceback)


class KernelDied(NotebookError):
    """The kernel process ended before its notebook did."""

    def __init__(self, cell: int | None, why: str = "") -> None:
        self.cell, self.why = cell, why
        where = f" in cell {cell}" if cell is not None else ""
        super().__init__(f"the kernel died{where}{': ' + why if why else ''}")

    def __reduce__(self) -> tuple[type[KernelDied], tuple[int | None, str]]:
        return type(self), (self.cell, self.why)


class TargetError(JupyterFlowsError, ValueError):
    """A target of `run` that does not lead to a flow."""

    def __init__(self, target: str, why: str) -> None:
        self.target, self.why = target, why
        super().__init__(f"{target}: {why}")


class EnvFileError(JupyterFlowsError, ValueError):
    """A file of ``NAME=value`` lines that cannot be read; what it says is never shown.

    Parameters
    ----------
    path
        The file.
    line
        The number of the line, from 1; 0 for the whole file.
    why
        What is wrong with it, and what to do.
    """

    def __init__(self, path: str, line: int, why: str) -> None:
        self.path, self.line, self.why = path, line, why
        super().__init__(f"environment file {path}{f', line {line}' if line else ''}: {why}")


class DeploymentRefused(JupyterFlowsError, ValueError):
    """Every problem of a deployment that is to be stored.

    Parameters
    ----------
    deployment
        Its name.
    problems
        What is concerned to what is wrong with it.
    """

    def __init__(self, deployment: str, problems: Mapping[str, str]) -> None:
        self.deployment, self.problems = deployment, dict(problems)
        listed = "; ".join(f"{what}: {problem}" for what, problem in self.problems.items())
        super().__init__(f"deployment {_beginning(deployment)} was not stored: {listed}")

    def __reduce__(self) -> tuple[type[DeploymentRefused], tuple[str, dict[str, str]]]:
        return type(self), (self.deployment, self.problems)


class DeploymentFileError(JupyterFlowsError, ValueError):
    """Every problem of a file of deployments.

    Parameters
    ----------
    path
        The file.
    problems
        Table and key to what is wrong there.
    """

    def __init__(self, path: str, problems: Mapping[str, str]) -> None:
        self.path, self.problems = path, dict(problems)
        listed = "; ".join(f"{place}: {problem}" for place, problem in self.problems.items())
        super().__init__(f"{path}: nothing was stored: {listed}")

    def __reduce__(self) -> tuple[type[DeploymentFileError], tuple[str, dict[str, str]]]:
        return type(self), (self.path, self.problems)


class ScheduleError(JupyterFlowsError, ValueError):
    """A schedule that cannot be meant.

    Parameters
    ----------
    field
        The argument that is concerned, such as ``cron``.
    value
        What was given for it; the message shows its beginning.
    why
        What is wrong with it, and what to write instead.
    """

    def __init__(self, field: str, value: object, why: str) -> None:
        self.field, self.value, self.why = field, value, why
        super().__init__(f"schedule: {field}={_beginning(value)} cannot be used: {why}")

    def __reduce__(self) -> tuple[type[ScheduleError], tuple[str, object, str]]:
        return type(self), (self.field, self.value, self.why)


def _near(name: str, known: Sequence[str], otherwise: str) -> str:
    from difflib import get_close_matches  # deferred: only a mistake needs it

    near = get_close_matches(name[:200], known, n=3)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else otherwise


def _beginning(value: object, length: int = 60) -> str:
    """Return the start of a value's repr, without writing all of a huge one."""
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= length else f"{value[:length]!r}…"
    if isinstance(value, int) and value.bit_length() > 200:  # Python refuses to write integers of many digits
        return "a very large number"
    shown = repr(value)
    return shown if len(shown) <= length else f"{shown[:length]}…"


class SettingsError(JupyterFlowsError, ValueError):
    """A setting with a value that cannot be meant."""

    def __init__(self, name: str, value: object, wanted: str) -> None:
        self.name, self.value, self.wanted = name, value, wanted
        super().__init__(f"setting {name}={value!r} cannot be used; {wanted}")


class MissingExtra(JupyterFlowsError, ImportError):
    """A part that needs a package which is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        self.what, self.package, self.extra = what, package, extra
        super().__init__(f"{what} needs {package}: pip install 'jupyter-flows[{extra}]'")


class EngineBug(Exception):
    """Our mistake, never the user's."""


class IllegalTransition(EngineBug):
    """A move that the table of states does not allow."""

    def __init__(self, subject: object, old: StateKind, new: StateKind) -> None:
        self.subject, self.old, self.new = subject, old, new
        super().__init__(f"{subject}: no run may go from {old} to {new}")


class InvariantBroken(EngineBug):
    """Something that must hold does not."""
