"""Carrying out what automations decided: each action by itself, written down with what became of it."""

from __future__ import annotations

import functools
import json
import time
from contextlib import closing
from typing import Any

from jupyter_flows.automations.actions import Action, CancelRun, Notify, PauseSchedule, ResumeSchedule, RunDeployment
from jupyter_flows.automations.definition import AutomationDefinition
from jupyter_flows.automations.templates import filled
from jupyter_flows.automations.words import describe_action
from jupyter_flows.errors import InvariantBroken, JupyterFlowsError, NotifyError, StoreError
from jupyter_flows.model.deployments import EVENT
from jupyter_flows.model.new_run import NewRun
from jupyter_flows.notify.outbox import TRIES, Outbox
from jupyter_flows.secrets.resolved import redact, redact_json
from jupyter_flows.services.firing_notice import notice_of_event
from jupyter_flows.services.notifying import send
from jupyter_flows.services.runner_events import RunnerEvent, Tell
from jupyter_flows.services.scheduled_runs import new_run
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_deployments, open_events, open_reader
from jupyter_flows.store.firings import Firings, OpenFiring

MOST_DEPTH = 10
"""How many firings may lead to a run, one after another: a cycle of automations makes that many runs and no more."""
STOPPED = "automation.stopped"
CLAIM_SECONDS = 120.0
_BAD = ("refused", "stopped", "not told")
_LAST_WAIT = 5.0  # seconds that the end of a runner waits for messages that are not sent yet


class Actor:
    """Carries out firings for one runner.

    Parameters
    ----------
    settings
        Of the store.
    firings
        Of that store.
    holder
        Who claims them: unique for each actor.
    tell
        Told of everything that was done, or could not be.
    """

    def __init__(self, settings: Settings, firings: Firings, holder: str, tell: Tell) -> None:
        self._settings, self._firings, self._holder, self._tell = settings, firings, holder, tell
        self._outboxes: dict[str, Outbox] = {}
        self._closed = False

    def act(self, firing: OpenFiring, definition: AutomationDefinition | None) -> None:
        """Carry out a firing, unless somebody else has claimed it.

        Its actions are begun in their order. None waits for a message: these are sent in other threads, one at a time
        for each who is told.

        Parameters
        ----------
        definition
            Of its automation; None for one that was deleted since.

        Raises
        ------
        StoreUnavailable
        """
        now = time.time()
        if not self._firings.claim(firing.id, self._holder, now, now + CLAIM_SECONDS):
            return
        if definition is None:
            self._give_up(firing)
            return
        for place, action in enumerate(definition.actions):
            if any(firing.outcome[place : place + 1]):  # done before its runner died
                continue
            if isinstance(action, Notify):
                self._notify(definition, place, action, firing)
            else:
                outcome, run = self._outcome(definition, action, firing)
                self._done(definition, place, firing, outcome, run)

    def _give_up(self, firing: OpenFiring) -> None:
        """The automation was deleted: say so of all that was left to do, as far as anybody knows."""
        left = [place for place, told in enumerate(firing.outcome) if not told] or [len(firing.outcome)]
        for place in left:
            now = time.time()
            self._firings.tell(firing.id, self._holder, place, "the automation was deleted", most=left[-1] + 1, at=now)

    def _done(
        self,
        definition: AutomationDefinition,
        place: int,
        firing: OpenFiring,
        outcome: str,
        run: NewRun | None = None,
    ) -> None:
        """Write down what became of an action, and tell it, unless somebody else carries the firing out by now.

        All that an action says goes through this one door, where secrets are taken out of it.
        """
        most, now, outcome = len(definition.actions), time.time(), redact(outcome)
        if self._firings.tell(firing.id, self._holder, place, outcome, most=most, at=now, run=run):
            kind = "trouble" if outcome.startswith(_BAD) else "automation"
            run_id = firing.event.run_id if run is None else run.created.run_id
            self._tell(RunnerEvent(time.time(), kind, redact(f"{definition.name}: {outcome}"), run_id))

    def close(self) -> None:
        """Wait some seconds for messages that are not sent yet."""
        until = time.monotonic() + _LAST_WAIT
        for outbox in self._outboxes.values():
            outbox.wait(max(0.0, until - time.monotonic()))
        self._closed = True

    def _outcome(
        self, definition: AutomationDefinition, action: Action, firing: OpenFiring
    ) -> tuple[str, NewRun | None]:
        """Do what the action says, and say what became of it; a run that it makes is written by the caller."""
        try:
            match action:
                case RunDeployment():
                    return self._run(definition, action, firing)
                case PauseSchedule() | ResumeSchedule():
                    return self._set_paused(action, firing), None
                case CancelRun():
                    run_id = str(filled(action.run, firing.event))
                    with closing(open_reader(self._settings)) as reader:
                        return f"asked run {reader.request_cancel(run_id, time.time()).id} to stop", None
                case Notify():
                    raise InvariantBroken("a message is sent by an outbox")
        except StoreError as error:
            if not isinstance(error, LookupError):
                raise
            return f"refused: {error}", None
        except (JupyterFlowsError, LookupError) as error:
            return f"refused: {error.args[0] if error.args else error}", None

    def _run(
        self, definition: AutomationDefinition, action: RunDeployment, firing: OpenFiring
    ) -> tuple[str, NewRun | None]:
        if firing.depth > MOST_DEPTH:
            return self._stop(definition, action, firing), None
        with open_deployments(self._settings) as deployments:
            deployment = deployments.get(action.deployment)
        parameters = filled(dict(action.parameters), firing.event, escape=True)
        made = new_run(deployment, at=time.time(), parameters=redact_json(parameters), origin=EVENT)
        return f"run {made.created.run_id} of {deployment.definition.name}", made

    def _stop(self, definition: AutomationDefinition, action: RunDeployment, firing: OpenFiring) -> str:
        """A cycle ends here, and says so where automations can hear it."""
        chain = [one.event.run_id for one, _ in self._firings.causes(firing.event.run_id)]
        text = (
            f"stopped: {firing.depth - 1} automations have led to this, one by the other; {action.deployment} "
            "is not run again"
        )
        runs = [firing.event.run_id, *chain]
        payload = {"automation": definition.name, "deployment": action.deployment, "runs": runs}
        with open_events(self._settings) as events:
            resource = f"automation:{definition.name}"
            events.add(time.time(), STOPPED, resource, payload=json.dumps(redact_json(payload)))
        return text

    def _set_paused(self, action: PauseSchedule | ResumeSchedule, firing: OpenFiring) -> str:
        name = str(filled(action.deployment, firing.event))
        paused = isinstance(action, PauseSchedule)
        with open_deployments(self._settings) as deployments:
            found, _ = deployments.set_paused(name, action.schedule or None, paused=paused, at=time.time())
        which = f"schedule {action.schedule}" if action.schedule else "the schedules"
        return f"{'paused' if paused else 'started'} {which} of {found.definition.name}"

    def _notify(self, definition: AutomationDefinition, place: int, action: Notify, firing: OpenFiring) -> None:
        """Each who is told has an outbox of his own: one who does not answer delays nobody else."""
        outbox = self._outboxes.setdefault(action.label, Outbox())
        outbox.put(f"automation {definition.name}", _Delivery(self, definition, place, action, firing))

    def deliver(
        self, definition: AutomationDefinition, place: int, action: Notify, firing: OpenFiring, tries: int
    ) -> None:
        """Send one message, in a thread of its outbox; with the last of its tries it is given up.

        Raises
        ------
        NotifyError
            It was not taken.
        """
        if self._closed:  # the next runner sends it
            return
        if not self._firings.keep(firing.id, self._holder, place, time.time() + CLAIM_SECONDS):
            return  # the claim was lost while the message waited: somebody else sends it
        try:
            with closing(open_reader(self._settings)) as reader:
                notice = notice_of_event(reader, definition, firing.event, firing.count)
            send(self._settings, action, notice)
        except JupyterFlowsError as error:
            if isinstance(error, NotifyError) and error.again and tries < TRIES:
                raise
            self._done(definition, place, firing, f"not told {action.label}: {error}")
            return
        except Exception as error:
            self._done(definition, place, firing, f"not told {action.label}: {type(error).__name__}")
            raise
        self._done(definition, place, firing, f"told {action.label}")


class _Delivery:
    """A message in an outbox, which knows how often it was tried."""

    def __init__(
        self, actor: Actor, definition: AutomationDefinition, place: int, action: Notify, firing: OpenFiring
    ) -> None:
        self._deliver = functools.partial(actor.deliver, definition, place, action, firing)
        self._tries = 0

    def __call__(self) -> None:
        self._tries += 1
        self._deliver(self._tries)


def what_would_happen(definition: AutomationDefinition, event: Any) -> list[tuple[str, str]]:
    """Say what each action would do for an event, and why it could not; nothing is done.

    Returns
    -------
    list of tuple of str
        The action, and what it would be given, or its problem.
    """
    told: list[tuple[str, str]] = []
    for action in definition.actions:
        try:
            told.append((describe_action(action), _would(action, event)))
        except LookupError as error:
            told.append((describe_action(action), f"would be refused: {error.args[0]}"))
    return told


def _would(action: Action, event: Any) -> str:
    match action:
        case RunDeployment():
            given = redact_json(filled(dict(action.parameters), event))
            return ", ".join(f"{name}={value!r}" for name, value in given.items())
        case PauseSchedule() | ResumeSchedule():
            return str(filled(action.deployment, event))
        case CancelRun():
            return str(filled(action.run, event))
        case Notify():
            return ""


__all__ = ["MOST_DEPTH", "STOPPED", "Actor", "what_would_happen"]
