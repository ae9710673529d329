"""Flow runs: in a list, and each by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from jupyter_flows.server.shapes.shape import Css, Instant, Parameters, RunId, Shape


class StateShape(Shape):
    """A state of a flow run or task run."""

    type: str = Field(description="its kind: scheduled pending running paused cancelling completed failed crashed …")
    name: str = Field(description="the word that is shown, such as `TimedOut`")
    message: str


class Origin(Shape):
    """Which deployment a run belongs to, and why it was made."""

    name: str
    version: int
    schedule: str | None
    origin: str = Field(description="schedule, manual, backfill or event")
    tick: Instant | None
    due_at: Instant | None
    backfill: str | None


class Run(Shape):
    """A flow run as a list shows it."""

    id: RunId
    name: str
    flow: str
    kind: str = Field(description="flow, notebook or task")
    serial: int
    title: str = Field(description="what people call it: `flights #42`; plain text")
    state: StateShape
    css: Css
    words: str = Field(description="one line: why it failed, or what it waits for; plain text, may be empty")
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    duration_seconds: float | None
    attempts: int
    parameters: Parameters
    tags: list[str]
    parent_run_id: str | None
    directory: str | None
    deployment: Origin | None


class RunPage(Shape):
    """Some runs, newest first."""

    runs: list[Run]
    next_offset: int | None = Field(description="where older ones begin; null where there are none")


class Progress(Shape):
    """How far the task runs of a run are."""

    expected: int = Field(description="as many as usual, or more that have begun")
    begun: int
    ended: int
    failed: int
    running: int


class WatchedRun(Run):
    """A run with what tells whether it goes as it should."""

    task_runs: Progress
    current: list[str] = Field(description="names of a few task runs that run now")
    usual_seconds: float | None


class ComingTick(Shape):
    """The next instant of a schedule."""

    at: Instant
    deployment: str
    schedule: str
    flow: str


class Overview(Shape):
    """What goes on now: what runs, what waits, what has ended lately, and what comes next."""

    at: Instant
    running: list[WatchedRun]
    waiting: list[WatchedRun]
    ended: list[WatchedRun] = Field(description="within the last hour, the last one first")
    ticks: list[ComingTick]


class Question(Shape):
    """What a paused or suspended run waits for."""

    key: str
    words: str = Field(description="what is asked for, in words; empty where it only waits for the word to go on")
    json_schema: dict[str, Any] = Field(alias="schema", description="JSON schema of the answer; empty for none")
    asked_at: Instant
    expires_at: Instant | None


class RunFile(Shape):
    """A file that a notebook run has written."""

    name: Literal["notebook", "page", "graph", "log"]
    file: str = Field(description="the file's own name")
    media_type: str
    size: int
    url: str = Field(description="relative to the API; sandboxed, needs the same authentication")


class Possible(Shape):
    """What can be done with a run as it stands, apart from permissions."""

    cancel: bool
    resume: bool = Field(description="its next attempt may begin: what is finished is not run again")
    repeat: bool = Field(description="a new run with the same parameters may begin")
    answer: bool = Field(description="it waits for somebody's word")
    open_failure: bool


class CountedState(Shape):
    """How many task runs are in a state."""

    state: str
    css: Css
    count: int


class RunDetail(Shape):
    """A flow run by itself."""

    run: Run
    can: Possible
    counts: list[CountedState] = Field(description="of its task runs, as along a bar")
    task_runs: int
    children: list[Run] = Field(description="runs that it called, oldest first; at most 100")
    questions: list[Question]
    files: list[RunFile]
    artifacts: int
    notebook: str | None = Field(description="path of its notebook for Lab; null where it is outside of Lab's root")
    target: str = Field(description="where its code is: a notebook's path or `module@file`; may be empty")
    usual_seconds: float | None
    cancel_requested_at: Instant | None
    previous: RunId | None = Field(description="the run of the same flow before this one")


class StartForm(Shape):
    """A notebook that is to be run once."""

    path: str = Field(min_length=1, max_length=4096, description="of the notebook, relative to Lab's root")
    parameters: Parameters = Field(default_factory=dict)
    kernel: str | None = Field(default=None, max_length=200)
    timeout_seconds: float | None = Field(default=None, gt=0, le=1_000_000)
    cell_timeout_seconds: float | None = Field(default=None, gt=0, le=1_000_000)
    parallel: bool = False


TaskNumber = Annotated[int, Field(ge=1, le=2**31)]


class ResumeForm(Shape):
    """How a run goes on. All fields may be left out."""

    again: list[str] = Field(
        default_factory=list, max_length=1000, description="names of tasks that run again although they are finished"
    )
    only: list[TaskNumber] = Field(
        default_factory=list, max_length=1000, description="of what failed in a flow only these task runs, by number"
    )
    key: str | None = Field(default=None, max_length=1000, description="of the question, where there are several")
    input: Any = Field(default=None, description="the answer, a JSON value that fits the question's schema")


class Started(Shape):
    """A run that was begun, or that goes on."""

    run: Run | None = Field(description="null where its process has not said yet which run it makes")


class Again(Shape):
    """A task run that the next attempt runs again."""

    number: int
    name: str
    reason: str


class Reused(Shape):
    """A task run whose value is taken as it was kept."""

    number: int
    name: str


class ResumePreview(Shape):
    """What the next attempt of a run would do, before it starts."""

    id: RunId
    name: str
    attempt: int
    reused: list[Reused]
    again: list[Again]
    changed: list[str] = Field(description="whose code has changed since, in words")
    plain_cells: int | None = Field(description="cells of a notebook without a task, which run again anyway")


class OpenForm(Shape):
    """What of a run is to be opened as a notebook."""

    what: Literal["output", "failure"]


class Opened(Shape):
    """A notebook that Lab can open."""

    path: str = Field(description="relative to Lab's root")
    restored: list[str] = Field(description="names that its first cell restores")
    notes: list[str]


__all__ = [
    "Again",
    "ComingTick",
    "CountedState",
    "OpenForm",
    "Opened",
    "Origin",
    "Overview",
    "Possible",
    "Progress",
    "Question",
    "ResumeForm",
    "ResumePreview",
    "Reused",
    "Run",
    "RunDetail",
    "RunFile",
    "RunPage",
    "StartForm",
    "Started",
    "StateShape",
    "WatchedRun",
]
