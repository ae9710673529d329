"""What an automation does. Texts in actions may be templates of the event: ``"{event.payload[path]}"``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_flows.automations.templates import check_templates
from jupyter_flows.errors import BadOption

FORMS = ("json", "slack")


@dataclass(frozen=True, slots=True)
class RunDeployment:
    """Put a run of a deployment into the queue.

    Parameters
    ----------
    deployment
        Its name.
    parameters
        On top of the deployment's own. Texts may be templates of the event, and of the time as in schedules.

    Raises
    ------
    BadOption
    """

    deployment: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        _named("RunDeployment", "deployment", self.deployment)
        if not isinstance(self.parameters, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - from a file
            raise BadOption("RunDeployment", "parameters", self.parameters, "give names and values")
        check_templates("RunDeployment", "parameters", dict(self.parameters))


@dataclass(frozen=True, slots=True)
class PauseSchedule:
    """Let a deployment's schedules rest, or one of them.

    Parameters
    ----------
    deployment
        Its name; that of the event's run when not given.
    schedule
        The schedule's name; all of them when not given.
    """

    deployment: str = "{event.deployment}"
    schedule: str = ""

    def __post_init__(self) -> None:
        _named("PauseSchedule", "deployment", self.deployment)
        check_templates("PauseSchedule", "deployment", self.deployment)


@dataclass(frozen=True, slots=True)
class ResumeSchedule:
    """Let a deployment's schedules tick again from now on, or one of them; parameters as of `PauseSchedule`."""

    deployment: str = "{event.deployment}"
    schedule: str = ""

    def __post_init__(self) -> None:
        _named("ResumeSchedule", "deployment", self.deployment)
        check_templates("ResumeSchedule", "deployment", self.deployment)


@dataclass(frozen=True, slots=True)
class CancelRun:
    """Ask a run to stop.

    Parameters
    ----------
    run
        Its id; the event's run when not given.
    """

    run: str = "{event.run_id}"

    def __post_init__(self) -> None:
        _named("CancelRun", "run", self.run)
        check_templates("CancelRun", "run", self.run)


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell somebody what happened.

    Parameters
    ----------
    block
        A saved block that can tell: ``"slack-webhook/team"``, a `Webhook` or an `Email`; its name alone where only one
        type has it.
    secret
        Instead, the name of the secret, or environment variable, with the address of a webhook.
    form
        What that webhook takes: ``"json"`` or ``"slack"``.

    Raises
    ------
    BadOption
    """

    block: str = ""
    secret: str = ""
    form: str = "json"

    def __post_init__(self) -> None:
        if bool(self.block) == bool(self.secret):
            raise BadOption("Notify", "block", self.block, "give either block= or secret=")
        for option in ("block", "secret"):
            if not isinstance(getattr(self, option), str):
                raise BadOption("Notify", option, getattr(self, option), "give a name")
            if "://" in getattr(self, option):
                wanted = "an address is not kept here: keep it by `jupyter flows secret set NAME`, and give secret=NAME"
                raise BadOption("Notify", option, "(hidden)", wanted)
        if self.form not in FORMS:
            raise BadOption("Notify", "form", self.form, f"use {' or '.join(FORMS)}")

    @property
    def label(self) -> str:
        """What names the one who is told."""
        return self.block or f"secret {self.secret}"


Action = RunDeployment | PauseSchedule | ResumeSchedule | CancelRun | Notify


def _named(what: str, option: str, value: object) -> None:
    if not isinstance(value, str) or not value or len(value) > 500:
        raise BadOption(what, option, value, "give a name")


__all__ = ["Action", "CancelRun", "Notify", "PauseSchedule", "ResumeSchedule", "RunDeployment"]
