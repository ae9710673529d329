"""`Automation`: what shall happen when something happens, kept for a runner to see to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from jupyter_flows.authoring.importing import is_importing
from jupyter_flows.automations.actions import Action, CancelRun, Notify, PauseSchedule, ResumeSchedule, RunDeployment
from jupyter_flows.automations.definition import WINDOW_SECONDS, AutomationDefinition, usual_most
from jupyter_flows.automations.triggers import Absence, CustomEvent, FileChange, Late, RunEnd, Trigger
from jupyter_flows.errors import BadOption
from jupyter_flows.services.automation_storing import store_automation
from jupyter_flows.store.automations import AppliedAutomation
from jupyter_flows.wiring import current_settings


class Automation:
    """Actions that follow a trigger; `apply` stores it, and a runner sees to it.

    Parameters
    ----------
    name
        Unique in the store.
    trigger
        From `on_run_end`, `on_failure`, `on_file`, `on_event`, `on_absence` or `on_late`.
    actions
        One or several of `RunDeployment`, `PauseSchedule`, `ResumeSchedule`, `CancelRun` and `Notify`, done in this
        order.
    most, window
        It acts at most so often in so long (a timedelta, or seconds; a minute by default). What comes beyond is
        counted, and told at the beginning of the next window. Without ``most`` that is once where all actions notify,
        else a hundred times.
    description
        What people read.

    Raises
    ------
    BadOption
    """

    def __init__(
        self,
        name: str,
        *,
        trigger: Trigger,
        actions: Action | Sequence[Action],
        most: int | None = None,
        window: float | timedelta = WINDOW_SECONDS,
        description: str = "",
    ) -> None:
        several = tuple(actions) if isinstance(actions, Sequence) else (actions,)
        if not isinstance(trigger, RunEnd | FileChange | CustomEvent | Absence | Late):
            raise BadOption("Automation", "trigger", trigger, "give one such as on_failure(deployment='daily')")
        for action in several:
            if not isinstance(action, RunDeployment | PauseSchedule | ResumeSchedule | CancelRun | Notify):
                raise BadOption("Automation", "actions", action, "give actions such as Notify('slack-webhook/team')")
        seconds = window.total_seconds() if isinstance(window, timedelta) else window
        self.definition = AutomationDefinition(
            name, trigger, several, usual_most(several) if most is None else most, seconds, description
        )
        self._applied: AppliedAutomation | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.definition.name

    @property
    def created(self) -> bool:
        """Whether `apply` stored it for the first time."""
        return self._applied is not None and self._applied.created

    @property
    def changed(self) -> bool:
        """Whether `apply` stored something."""
        return self._applied is not None and self._applied.changed

    def apply(self) -> Automation:
        """Store it, unless it is stored as it is already; return it.

        What happened before does not count. While its file is only imported, as a runner does to find a flow, nothing
        is stored.

        Raises
        ------
        DeploymentNotFound, BlockNotFound, AmbiguousBlock, BadBlock
            An action names what is not there.
        NeedsStoreFile, StoreUnavailable
        """
        if not is_importing():
            self._applied = store_automation(current_settings(), self.definition, Path.cwd())
        return self

    def __repr__(self) -> str:
        return f"<Automation {self.name}>"


__all__ = ["Automation"]
