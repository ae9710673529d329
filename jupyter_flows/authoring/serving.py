"""`serve`: deployments, and the runner that runs them, in one process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_flows.authoring.deploying import Deployment
from jupyter_flows.authoring.importing import is_importing
from jupyter_flows.errors import BadOption
from jupyter_flows.services.runner import Runner, RunnerOptions
from jupyter_flows.services.runner_events import RunnerEvent
from jupyter_flows.services.stopping_signals import stopped_by_signals
from jupyter_flows.wiring import current_settings

_logger = logging.getLogger("jupyter_flows.runner")
_TROUBLE = frozenset({"lost", "orphan", "dead", "trouble"})


def serve(*deployments: Deployment, workers: int = 0, once: bool = False) -> None:
    """Store deployments, then be a runner until Ctrl-C or SIGTERM.

    It runs what these deployments ask for, and where none is given, whatever is deployed. The first signal lets runs
    that go on come to their end for 30 s and hands them back then; the second ends them at once. While a file is only
    imported, as a runner does to find a flow, nothing happens.

    Parameters
    ----------
    deployments
        Made by `Deployment`, stored or not.
    workers
        How many runs go on at a time; 0 for one per processor.
    once
        Stop when nothing that is due is left.

    Raises
    ------
    DeploymentRefused, TargetError
        Nothing was stored of that one, and no runner begins.
    NeedsStoreFile, StoreUnavailable
    """
    for one in deployments:
        if not isinstance(one, Deployment):
            raise BadOption("serve", "deployments", one, "give deployments: serve(Deployment('name', flow, ...))")
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise BadOption("serve", "workers", workers, "give a whole number from 0 up")
    if is_importing():
        return
    for one in deployments:
        one.apply()
    served = frozenset(one.id for one in deployments) or None
    runner = Runner(current_settings(), RunnerOptions(workers=workers, once=once, deployments=served), _tell)
    with _shown(), stopped_by_signals(runner):
        runner.run()


def _tell(event: RunnerEvent) -> None:
    words = (event.kind, event.deployment, event.run_id, event.text)
    line = "  ".join(word for word in words if word)
    printable = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in line)
    _logger.log(logging.WARNING if event.kind in _TROUBLE else logging.INFO, "%s", printable)


@contextmanager
def _shown() -> Iterator[None]:
    """Show the runner's lines where the program has not said what becomes of log records."""
    if _logger.hasHandlers():
        yield
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    level = _logger.level
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(level)


__all__ = ["serve"]
