"""The tables of a file of deployments: what may stand in them, and how a profile changes what stands below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from jupyter_flows.schedules.spans import read_span

Table = dict[str, Any]
_CLOCKS = ("cron", "every", "rrule", "dates")


def _span(value: object) -> object:
    if isinstance(value, str):
        return read_span(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):  # not a number, and more than all time
            return timedelta(seconds=value)
    raise ValueError("give a length of time such as '15m', or seconds")


Span = Annotated[timedelta, BeforeValidator(_span)]
Texts = list[Annotated[str, Field(min_length=1)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ScheduleTable(_Strict):
    """``[deployments.NAME.schedules.NAME]``: one of the clocks, and what all clocks have."""

    cron: str | None = None
    every: Span | None = None
    rrule: str | None = None
    dates: list[str | date | datetime] | None = None
    timezone: str | None = None
    start: str | date | datetime | None = None
    end: str | date | datetime | None = None
    anchor: str | date | datetime | None = None
    jitter: Span | None = None
    catchup: Literal["latest", "all", "none"] = "latest"
    overlap: Literal["queue", "skip", "allow", "cancel"] = "queue"
    paused: bool = False
    parameters: Table = {}


class DeploymentTable(_Strict):
    """``[deployments.NAME]``, with the defaults and the profile laid into it."""

    target: str
    enabled: bool = True
    directory: str | None = None
    parameters: Table = {}
    schedules: dict[str, ScheduleTable] = {}
    description: str | None = None
    tags: Texts | None = None
    timeout_seconds: float | None = None
    cell_timeout_seconds: float | None = None
    retries: int | None = None
    retry_delay_seconds: float | None = None
    env_file: str | None = None
    kernel: str | None = None
    artifacts: Texts | None = None
    source: Literal["live", "snapshot"] | None = None
    max_active: int | None = None
    limits: Texts | None = None
    notify: Texts | None = None
    priority: int | None = None
    allow_secret_looking: bool | None = None


_OF_SCHEDULES = frozenset(ScheduleTable.model_fields) - {"parameters"}


class Tables:
    """A file's tables.

    Parameters
    ----------
    content
        As TOML gives it.
    """

    def __init__(self, content: Table) -> None:
        self.content = content

    @property
    def profiles(self) -> list[str]:
        """The names of its profiles."""
        return list(_table(self.content, "profiles"))

    def deployments(self, profile: str | None) -> dict[str, Table]:
        """Return each deployment's table with the defaults and a profile laid into it."""
        layers = [self.content] if profile is None else [self.content, _table(self.content, "profiles", profile)]
        names = dict.fromkeys(name for layer in layers for name in _table(layer, "deployments"))
        merged: dict[str, Table] = {}
        for name in names:
            table: Table = {}
            for kind in (("defaults",), ("deployments", name)):  # what is said of one wins over what is said of all
                for layer in layers:
                    table = _laid(table, _spread(_table(layer, *kind)))
            merged[name] = _settled(table)
        return merged

    def misplaced(self) -> Iterator[tuple[str, str]]:
        """Say which tables are none, or have names that mean nothing."""
        yield from _unknown(self.content, "", ("defaults", "deployments", "profiles", "automations"))
        for name in self.profiles:
            yield from _unknown(_table(self.content, "profiles", name), f"profiles.{name}", ("defaults", "deployments"))
        layers = [self.content, *(_table(self.content, "profiles", name) for name in self.profiles)]
        told = self.content.get("deployments") or self.content.get("automations")
        if not any(_table(layer, "deployments") for layer in layers) and not told:
            yield "deployments", "the file has none; write [deployments.NAME] with a target"

    def place(self, name: str, profile: str | None, keys: tuple[str, ...]) -> str:
        """Return where something of a deployment stands in the file, the strongest place first."""
        roots = [("profiles", profile)] if profile is not None else []
        tables = [(*root, "deployments", name) for root in [*roots, ()]]
        tables += [(*root, "defaults") for root in [*roots, ()]]
        for table in tables:
            for path in (keys, keys[2:] if keys[0] == "schedules" else ()):  # the short form stands beside the target
                if path and _stands(self.content, (*table, *path)):
                    return ".".join((*cast("tuple[str, ...]", table), *path))
        return ".".join(("deployments", name, *keys))


def check_table(table: Table) -> tuple[DeploymentTable | None, dict[tuple[str, ...], str]]:
    """Check a deployment's table; return it, or what is wrong with it by keys."""
    try:
        return DeploymentTable.model_validate(table), {}
    except ValidationError as error:
        return None, {_keys(problem["loc"]): _told(problem) for problem in error.errors(include_url=False)}


def _keys(loc: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys of the file; pydantic adds the members of unions."""
    keys = [str(part) for part in loc]
    return tuple(keys[: 3 if keys[0] == "schedules" else 1])


def _told(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        known = ScheduleTable if problem["loc"][:1] == ("schedules",) else DeploymentTable
        names = {*known.model_fields, *(_OF_SCHEDULES if known is DeploymentTable else ())}
        return f"there is no such key; {_near(str(problem['loc'][-1]), names)}"
    if problem["type"] == "missing":
        return "it is needed: NOTEBOOK.ipynb, module:flow, file.py:flow or NOTEBOOK.ipynb:flow"
    return str(problem["msg"]).removeprefix("Value error, ")


def _near(name: str, known: set[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"


def _table(content: Mapping[str, Any], *keys: str) -> Table:
    found: Any = content
    for key in keys:
        found = cast("Table", found).get(key, {}) if isinstance(found, dict) else {}
    return cast("Table", found) if isinstance(found, dict) else {}


def _stands(content: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            return False
        content = cast("Table", content)[key]
    return True


def _unknown(table: Table, place: str, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        where = f"{place}.{key}".lstrip(".")
        if key not in known:
            yield where, f"there is no such table; {_near(key, set(known))}"
        elif not isinstance(value, dict):
            yield where, "it must be a table"
        elif key != "defaults":
            names = cast("Table", value)
            yield from (
                (f"{where}.{name}", "it must be a table") for name in names if not isinstance(names[name], dict)
            )


def _spread(table: Table) -> Table:
    """Bring the short form, a clock beside the target, into the form of all others: the schedule `schedule`."""
    own = {key: value for key, value in table.items() if key in _OF_SCHEDULES}
    rest = {key: value for key, value in table.items() if key not in _OF_SCHEDULES}
    return {**rest, "_when": own} if own else rest


def _laid(below: Table, above: Table, inside: str = "") -> Table:
    """Lay a table over another: tables are joined, anything else is replaced; of clocks the upper one counts.

    Parameters
    ----------
    inside
        The key that the tables stand under.
    """
    is_schedule = inside == "_when"
    replaced = _CLOCKS if is_schedule and any(clock in above for clock in _CLOCKS) else ()
    joined = {key: value for key, value in below.items() if key not in replaced}
    for key, value in above.items():
        old = joined.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        within = "_when" if inside == "schedules" else key
        joined[key] = _laid(cast("Table", old), cast("Table", value), within) if both else value
    return joined


def _settled(table: Table) -> Table:
    """Put what was said of all schedules into each; a schedule that is `false` is left out."""
    when = cast("Table", table.pop("_when", {}))
    listed: Any = table.get("schedules", {})
    if not isinstance(listed, dict):
        return table
    shared = {key: value for key, value in when.items() if key not in _CLOCKS}
    schedules = {
        name: {**shared, **cast("Table", one)} if isinstance(one, dict) else one
        for name, one in cast("Table", listed).items()
        if one is not False
    }
    if any(clock in when for clock in _CLOCKS):
        schedules = {"schedule": when, **schedules}
    return {**table, "schedules": schedules}


__all__ = ["DeploymentTable", "ScheduleTable", "Tables", "check_table"]
