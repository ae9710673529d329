"""A file of deployments, ``flows.toml``: many at once, with profiles that change schedules and parameters."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_flows.authoring.automation_tables import automations_of
from jupyter_flows.authoring.deployable import Deployable
from jupyter_flows.authoring.deploying import Deployment
from jupyter_flows.authoring.deployment_tables import DeploymentTable, ScheduleTable, Tables, check_table
from jupyter_flows.authoring.targets import find_flow
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.errors import DeploymentFileError, DeploymentRefused, JupyterFlowsError, ScheduleError
from jupyter_flows.model.deployments import ScheduleDefinition
from jupyter_flows.model.secret_reference import PREFIX, SecretReference
from jupyter_flows.schedules import CronSchedule, DatesSchedule, IntervalSchedule, RRuleSchedule, TickSource
from jupyter_flows.services.deploying import schedule_of

_NO_OPTIONS = frozenset({"target", "enabled", "directory", "parameters", "schedules", "env_file"})
_SHARED = ("timezone", "start", "end", "jitter")
_FIELDS = {"interval": "every", "anchor_date": "anchor"}  # names of schedules -> keys of the file


def load_deployments(path: str | Path, profile: str | None = None) -> list[Deployment]:
    """Read a file of deployments and check all of them; nothing is stored until their `apply`.

    Parameters
    ----------
    path
        The file; relative paths in it are meant from its folder, where runs of flows work too.
    profile
        Which ``[profiles.NAME]`` to lay over the rest; none when not given.

    Returns
    -------
    list of Deployment
        Those that are enabled, in the order of the file.

    Raises
    ------
    DeploymentFileError
        With all problems at once, each by table and key.
    """
    file = Path(path).absolute()
    tables = Tables(_content(file))
    problems = dict(tables.misplaced())
    if profile is not None and profile not in tables.profiles:
        known = ", ".join(tables.profiles) or "none"
        raise DeploymentFileError(
            str(file), {f"profiles.{profile}": f"there is no such profile; the file has: {known}"}
        )
    for other in tables.profiles:  # what another profile says is wrong today, and not only when it is used
        problems |= {place: why for place, why, _, _ in _checked(tables, other) if why}
    made: list[Deployment] = []
    for place, why, name, table in _checked(tables, profile):
        if table is None:
            problems[place] = why
        elif table.enabled:
            one, unfit = _made(file, name, table, profile)
            problems |= {tables.place(name, profile, keys): problem for keys, problem in unfit.items()}
            made += [one] if one is not None else []
    if problems:
        raise DeploymentFileError(str(file), problems)
    return made


def load_automations(path: str | Path) -> list[AutomationDefinition]:
    """Read the ``[automations.NAME]`` of a file of deployments; nothing is stored.

    Raises
    ------
    DeploymentFileError
        With all problems at once.
    """
    file = Path(path).absolute()
    tables = _content(file).get("automations", {})
    return automations_of(str(file), tables if isinstance(tables, dict) else {})


def _content(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeploymentFileError(str(file), {"file": error.strerror or str(error)}) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DeploymentFileError(str(file), {"file": f"it is no TOML: {error}"}) from None


def _checked(tables: Tables, profile: str | None) -> Iterator[tuple[str, str, str, DeploymentTable | None]]:
    """Give place, problem and name of each deployment's problems, and the tables that have none."""
    for name, merged in tables.deployments(profile).items():
        table, problems = check_table(merged)
        if table is not None:
            yield "", "", name, table
        for keys, why in problems.items():
            yield tables.place(name, profile, keys), why, name, None


def _made(
    file: Path, name: str, table: DeploymentTable, profile: str | None
) -> tuple[Deployment | None, dict[tuple[str, ...], str]]:
    """Make a deployment and check it; return it, or what is wrong with it by keys."""
    schedules, problems = _schedules(table)
    folder = file.parent
    options = {key: value for key, value in table.model_dump(exclude=set(_NO_OPTIONS)).items() if value is not None}
    if table.env_file is not None:
        options["env_file"] = str(folder / Path(table.env_file).expanduser())
    try:
        made = Deployment(
            name,
            _subject(table.target, folder),
            directory=folder / Path(table.directory or ".").expanduser(),
            parameters=_parameters(table.parameters),
            schedules=schedules,
            **options,
        )
        made.options = replace(made.options, profile=profile or "")
        made.plan()
    except DeploymentRefused as error:
        return None, {**problems, **{_keys(what): why for what, why in error.problems.items()}}
    except JupyterFlowsError as error:
        return None, {**problems, ("target",): str(error)}
    return (None, problems) if problems else (made, {})


def _subject(target: str, folder: Path) -> Deployable | Path:
    """What a target names, as seen from the file's folder."""
    place, colon, name = target.rpartition(":")
    if target.endswith(".ipynb"):
        return folder / Path(target).expanduser()
    if (place or target).endswith((".py", ".ipynb")):
        place, colon, name = (place, colon, name) if colon else (target, "", "")
        return find_flow(f"{folder / Path(place).expanduser()}{colon}{name}")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return find_flow(target)


def _schedules(table: DeploymentTable) -> tuple[dict[str, ScheduleDefinition], dict[tuple[str, ...], str]]:
    made: dict[str, ScheduleDefinition] = {}
    problems: dict[tuple[str, ...], str] = {}
    for name, one in table.schedules.items():
        try:
            policies = {"catchup": one.catchup, "overlap": one.overlap, "paused": one.paused}
            made[name] = schedule_of(_clock(one), name=name, **policies)
        except ScheduleError as error:
            key = error.field.partition("[")[0]
            problems["schedules", name, _FIELDS.get(key, key)] = error.why
    return made, problems


def _clock(table: ScheduleTable) -> TickSource:
    shared: dict[str, Any] = {key: getattr(table, key) for key in _SHARED if getattr(table, key) is not None}
    shared["parameters"] = {name: _plain(value) for name, value in _parameters(table.parameters).items()}
    anchor: dict[str, Any] = {} if table.anchor is None else {"anchor_date": table.anchor}
    clocks: list[TickSource] = [
        *([] if table.cron is None else [CronSchedule(table.cron, **shared)]),
        *([] if table.every is None else [IntervalSchedule(table.every, **anchor, **shared)]),
        *([] if table.rrule is None else [RRuleSchedule(table.rrule, **shared)]),
        *([] if table.dates is None else [DatesSchedule(table.dates, **shared)]),
    ]
    if len(clocks) != 1:
        raise ScheduleError("cron", table.cron, "give one of cron, every, rrule and dates")
    return clocks[0]


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read texts such as ``secret:NAME`` as what they name."""
    return {
        name: SecretReference(value.removeprefix(PREFIX))
        if isinstance(value, str) and value.startswith(PREFIX) and value != PREFIX
        else value
        for name, value in given.items()
    }


def _plain(value: Any) -> Any:
    """A schedule's parameter as JSON: TOML knows dates."""
    if isinstance(value, SecretReference):
        return value.as_json()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _keys(what: str) -> tuple[str, ...]:
    """The keys that a problem of a deployment is about: ``parameter day (schedule night)``."""
    concerned, _, rest = what.partition(" ")
    if concerned == "parameter":
        name, _, schedule = rest.partition(" (schedule ")
        return ("schedules", schedule.rstrip(")"), "parameters", name) if schedule else ("parameters", name)
    if concerned == "schedule":
        return ("schedules", rest.strip("'"))
    return (what.partition(" (")[0],)


__all__ = ["load_deployments"]
