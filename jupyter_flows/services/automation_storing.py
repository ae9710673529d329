"""Checking and storing automations: what they name must be there, and files that are there already are noted."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from jupyter_flows.automations.actions import Notify, PauseSchedule, ResumeSchedule, RunDeployment
from jupyter_flows.automations.definition import AutomationDefinition, usual_most
from jupyter_flows.automations.triggers import FileChange, on_failure
from jupyter_flows.drivers.ids import new_run_id
from jupyter_flows.services.notifying import check_notify
from jupyter_flows.services.watching_files import files_of, pattern_of
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_automations, open_deployments
from jupyter_flows.store.automations import AppliedAutomation


def store_automation(
    settings: Settings, definition: AutomationDefinition, folder: Path, *, deployment_id: str = ""
) -> AppliedAutomation:
    """Check an automation and store it, unless it is stored as it is already.

    Parameters
    ----------
    folder
        From which a relative path is meant.
    deployment_id
        The deployment that it is a short form of.

    Raises
    ------
    DeploymentNotFound, BlockNotFound, AmbiguousBlock, BadBlock
        An action names what is not there. Nothing was stored.
    NeedsStoreFile, StoreUnavailable
    """
    check_actions(settings, definition)
    trigger, files = definition.trigger, {}
    if isinstance(trigger, FileChange):
        trigger = replace(trigger, path=pattern_of(trigger.path, folder))
        definition = replace(definition, trigger=trigger)
        files = {} if trigger.existing else dict(files_of(trigger.path))
    with open_automations(settings) as automations:
        return automations.apply(
            definition, at=time.time(), new_id=new_run_id, deployment_id=deployment_id, files=files
        )


def check_actions(settings: Settings, definition: AutomationDefinition) -> None:
    """Make sure that the deployments and blocks which actions name are there.

    Raises
    ------
    DeploymentNotFound, BlockNotFound, AmbiguousBlock, BadBlock
    """
    names = [
        action.deployment
        for action in definition.actions
        if isinstance(action, RunDeployment | PauseSchedule | ResumeSchedule) and "{event." not in action.deployment
    ]
    if names:
        with open_deployments(settings) as deployments:
            for name in names:
                deployments.get(name)
    for action in definition.actions:
        if isinstance(action, Notify):
            check_notify(settings, action)


def check_blocks(settings: Settings, labels: Iterable[str]) -> None:
    """Make sure that there are blocks which can tell.

    Raises
    ------
    BlockNotFound, AmbiguousBlock, BadBlock
    """
    for label in labels:
        check_notify(settings, Notify(label))


def notify_on_failure(settings: Settings, deployment_id: str, name: str, blocks: Iterable[str]) -> None:
    """Let blocks be told of a deployment's runs that fail or crash: the short form of an automation.

    Without blocks, the one that was stored so before is forgotten.

    Raises
    ------
    BlockNotFound, AmbiguousBlock, BadBlock
    """
    actions = tuple(Notify(block) for block in blocks)
    title = f"{name}: on failure"
    with open_automations(settings) as automations:
        for stored in automations.of_deployment(deployment_id):
            if not actions or stored.definition.name != title:
                automations.delete(stored.id)
    if actions:
        trigger = on_failure(deployment=_literal(name))
        definition = AutomationDefinition(title[-200:], trigger, actions, usual_most(actions))
        store_automation(settings, definition, Path.cwd(), deployment_id=deployment_id)


def _literal(name: str) -> str:
    """A name as a pattern that is only of itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


__all__ = ["check_actions", "check_blocks", "notify_on_failure", "store_automation"]
