"""An automation as it is kept: what it waits for, what it does then, and how often at most."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_flows.automations.actions import Action, Notify
from jupyter_flows.automations.triggers import Trigger
from jupyter_flows.errors import BadOption

WINDOW_SECONDS = 60.0
_MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class AutomationDefinition:
    """What `Automation.apply` stores.

    Parameters
    ----------
    name
        Unique in a store.
    trigger, actions
        What is waited for, and what is done then, one after another.
    most, window_seconds
        It acts at most so often in so many seconds. What comes beyond is counted, and told with the next time.
    description
        What people read.

    Raises
    ------
    BadOption
    """

    name: str
    trigger: Trigger
    actions: tuple[Action, ...]
    most: int
    window_seconds: float = WINDOW_SECONDS
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.name.isprintable() or len(self.name) > 200:
            raise BadOption("Automation", "name", self.name, "give a name of up to 200 signs")
        if not self.actions:
            raise BadOption("Automation", "actions", (), "give at least one, such as Notify('slack-webhook/team')")
        if type(self.most) is not int or self.most < 1:
            raise BadOption("Automation", "most", self.most, "give a whole number from 1 up")
        if type(self.window_seconds) not in {int, float} or not 0 < self.window_seconds < 1e9:
            raise BadOption("Automation", "window", self.window_seconds, "give a timedelta, or seconds above 0")


def usual_most(actions: tuple[Action, ...]) -> int:
    """How often an automation acts in a window where nothing is said: one that only tells somebody does so once."""
    return 1 if all(isinstance(action, Notify) for action in actions) else _MOST_RUNS


__all__ = ["AutomationDefinition", "usual_most"]
