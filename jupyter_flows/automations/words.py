"""What a trigger waits for and what an action does, in words for people."""

from __future__ import annotations

from jupyter_flows.automations.actions import Action, CancelRun, Notify, PauseSchedule, ResumeSchedule, RunDeployment
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.triggers import Absence, CustomEvent, FileChange, Late, RunEnd, Trigger


def describe_trigger(trigger: Trigger) -> str:
    """Say what a trigger waits for."""
    match trigger:
        case RunEnd():
            ends = " or ".join(trigger.states)
            return f"{_runs(trigger)} ends {ends}".rstrip()
        case CustomEvent():
            about = f" about {trigger.resource}" if trigger.resource else ""
            return f"event {trigger.name}{about}{' that matches' if trigger.match else ''}"
        case FileChange():
            return f"a file {trigger.path} appears or changes"
        case Late():
            return f"{_runs(trigger)} has not ended {length(trigger.within_seconds)} after it was due"
        case Absence():
            after = f" after {describe_trigger(trigger.after)}" if trigger.after is not None else ""
            return f"within {length(trigger.within_seconds)}{after} it does not happen that {_that(trigger.of)}"


def describe_action(action: Action) -> str:
    """Say what an action does."""
    match action:
        case RunDeployment():
            given = ", ".join(f"{name}={value}" for name, value in action.parameters.items())
            return f"run {action.deployment}{f' with {given}' if given else ''}"
        case PauseSchedule():
            return f"pause the schedules of {_its(action.deployment)}"
        case ResumeSchedule():
            return f"start the schedules of {_its(action.deployment)}"
        case CancelRun():
            return "cancel the run" if action.run == "{event.run_id}" else f"cancel run {action.run}"
        case Notify():
            return f"notify {action.label}"


def describe_rate(definition: AutomationDefinition) -> str:
    """Say how often an automation acts at most."""
    times = "once" if definition.most == 1 else f"{definition.most} times"
    return f"at most {times} in {length(definition.window_seconds)}"


def length(seconds: float) -> str:
    """A length of time, as people write it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _runs(trigger: RunEnd | Late) -> str:
    given = ("deployment", trigger.deployment), ("flow", trigger.flow)
    names = [f"{what} {name}" for what, name in given if name]
    tagged = f" tagged {', '.join(trigger.tags)}" if trigger.tags else ""
    of = f" of {', '.join(names)}" if names else ""
    return f"a run{of}{tagged}"


def _that(trigger: RunEnd | CustomEvent) -> str:
    told = describe_trigger(trigger)
    return told if isinstance(trigger, RunEnd) else f"{told} comes"


def _its(deployment: str) -> str:
    return "the run's deployment" if deployment == "{event.deployment}" else deployment


__all__ = ["describe_action", "describe_rate", "describe_trigger", "length"]
