"""Flows, tasks and notebooks that run interactively, headless and on a schedule, with one history.

Importing this package loads nothing; each name below is loaded from its home when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from jupyter_flows.version import __version__

if TYPE_CHECKING:
    from jupyter_flows import blocks, runtime
    from jupyter_flows.authoring.artifact import artifact
    from jupyter_flows.authoring.automation import Automation
    from jupyter_flows.authoring.block import Block
    from jupyter_flows.authoring.concurrency import concurrency, set_concurrency_limit
    from jupyter_flows.authoring.declared.branching import case, ifelse, merge, switch
    from jupyter_flows.authoring.declared.date_time_parameter import DateTimeParameter
    from jupyter_flows.authoring.declared.filtering import FilterTask
    from jupyter_flows.authoring.declared.parameter import Parameter
    from jupyter_flows.authoring.declared.placed import Edge
    from jupyter_flows.authoring.declared.resources import resource_manager
    from jupyter_flows.authoring.deploying import Deployment
    from jupyter_flows.authoring.deployment_file import load_deployments
    from jupyter_flows.authoring.emitting import emit_event
    from jupyter_flows.authoring.flow import Flow, flow
    from jupyter_flows.authoring.handlers import callback_factory
    from jupyter_flows.authoring.history import RecordedRun, find_run
    from jupyter_flows.authoring.lazy_value import plain
    from jupyter_flows.authoring.notebook_task import NotebookTask, notebook_task
    from jupyter_flows.authoring.notifiers import email_notifier, slack_notifier, webhook_notifier
    from jupyter_flows.authoring.options import exponential_backoff
    from jupyter_flows.authoring.pausing import pause_flow_run, resume_flow_run, suspend_flow_run
    from jupyter_flows.authoring.publishing import publish
    from jupyter_flows.authoring.running_deployment import run_deployment
    from jupyter_flows.authoring.secret import EnvVarSecret, PrefectSecret, Secret
    from jupyter_flows.authoring.serving import serve
    from jupyter_flows.authoring.task import Task, task
    from jupyter_flows.authoring.variable import Variable
    from jupyter_flows.caching.key_functions import task_input_hash
    from jupyter_flows.caching.policies import (
        DEFAULT,
        FLOW_PARAMETERS,
        INPUTS,
        NO_CACHE,
        RUN_ID,
        TASK_SOURCE,
        CachePolicy,
    )
    from jupyter_flows.drivers.futures import TaskFuture, as_completed, wait
    from jupyter_flows.drivers.inputs import allow_failure, flatten, mapped, quote, unmapped
    from jupyter_flows.drivers.logs import get_run_logger
    from jupyter_flows.drivers.processes import ProcessPoolTaskRunner
    from jupyter_flows.drivers.task_runners import SequentialTaskRunner, ThreadPoolTaskRunner
    from jupyter_flows.errors import ParameterError, PauseTimedOut
    from jupyter_flows.magics.extension import load_ipython_extension, unload_ipython_extension
    from jupyter_flows.model.signals import Cancelled, Completed, Crashed, Failed, Paused, Retry, Skipped
    from jupyter_flows.model.states import State
    from jupyter_flows.services.notebook_result import NotebookResult

__all__ = [
    "DEFAULT",
    "FLOW_PARAMETERS",
    "INPUTS",
    "NO_CACHE",
    "RUN_ID",
    "TASK_SOURCE",
    "Automation",
    "Block",
    "CachePolicy",
    "Cancelled",
    "Completed",
    "Crashed",
    "DateTimeParameter",
    "Deployment",
    "Edge",
    "EnvVarSecret",
    "Failed",
    "FilterTask",
    "Flow",
    "NotebookResult",
    "NotebookTask",
    "Parameter",
    "ParameterError",
    "PauseTimedOut",
    "Paused",
    "PrefectSecret",
    "ProcessPoolTaskRunner",
    "RecordedRun",
    "Retry",
    "Secret",
    "SequentialTaskRunner",
    "Skipped",
    "State",
    "Task",
    "TaskFuture",
    "ThreadPoolTaskRunner",
    "Variable",
    "__version__",
    "allow_failure",
    "artifact",
    "as_completed",
    "blocks",
    "callback_factory",
    "case",
    "concurrency",
    "email_notifier",
    "emit_event",
    "exponential_backoff",
    "find_run",
    "flatten",
    "flow",
    "get_run_logger",
    "ifelse",
    "load_deployments",
    "load_ipython_extension",
    "mapped",
    "merge",
    "notebook_task",
    "pause_flow_run",
    "plain",
    "publish",
    "quote",
    "resource_manager",
    "resume_flow_run",
    "run_deployment",
    "runtime",
    "serve",
    "set_concurrency_limit",
    "slack_notifier",
    "suspend_flow_run",
    "switch",
    "task",
    "task_input_hash",
    "unload_ipython_extension",
    "unmapped",
    "wait",
    "webhook_notifier",
]

# Home -> the names that live there. A home that is public itself, such as `runtime`, stands under "".
_HOMES = {
    "": ["blocks", "runtime"],
    "authoring.artifact": ["artifact"],
    "authoring.automation": ["Automation"],
    "authoring.block": ["Block"],
    "authoring.concurrency": ["concurrency", "set_concurrency_limit"],
    "authoring.declared.branching": ["case", "ifelse", "merge", "switch"],
    "authoring.declared.date_time_parameter": ["DateTimeParameter"],
    "authoring.declared.filtering": ["FilterTask"],
    "authoring.declared.parameter": ["Parameter"],
    "authoring.declared.placed": ["Edge"],
    "authoring.declared.resources": ["resource_manager"],
    "authoring.deploying": ["Deployment"],
    "authoring.deployment_file": ["load_deployments"],
    "authoring.emitting": ["emit_event"],
    "authoring.flow": ["Flow", "flow"],
    "authoring.handlers": ["callback_factory"],
    "authoring.history": ["RecordedRun", "find_run"],
    "authoring.lazy_value": ["plain"],
    "authoring.notebook_task": ["NotebookTask", "notebook_task"],
    "authoring.notifiers": ["email_notifier", "slack_notifier", "webhook_notifier"],
    "authoring.options": ["exponential_backoff"],
    "authoring.pausing": ["pause_flow_run", "resume_flow_run", "suspend_flow_run"],
    "authoring.publishing": ["publish"],
    "authoring.running_deployment": ["run_deployment"],
    "authoring.secret": ["EnvVarSecret", "PrefectSecret", "Secret"],
    "authoring.serving": ["serve"],
    "authoring.task": ["Task", "task"],
    "authoring.variable": ["Variable"],
    "caching.key_functions": ["task_input_hash"],
    "caching.policies": [
        "DEFAULT",
        "FLOW_PARAMETERS",
        "INPUTS",
        "NO_CACHE",
        "RUN_ID",
        "TASK_SOURCE",
        "CachePolicy",
    ],
    "drivers.futures": ["TaskFuture", "as_completed", "wait"],
    "drivers.inputs": ["allow_failure", "flatten", "mapped", "quote", "unmapped"],
    "drivers.logs": ["get_run_logger"],
    "drivers.processes": ["ProcessPoolTaskRunner"],
    "drivers.task_runners": ["SequentialTaskRunner", "ThreadPoolTaskRunner"],
    "errors": ["ParameterError", "PauseTimedOut"],
    "magics.extension": ["load_ipython_extension", "unload_ipython_extension"],
    "model.signals": ["Cancelled", "Completed", "Crashed", "Failed", "Paused", "Retry", "Skipped"],
    "model.states": ["State"],
    "services.notebook_result": ["NotebookResult"],
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_FOR_JUPYTER = {"_jupyter_server_extension_points": "server"}  # which servers look for, and no name for users


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name, _FOR_JUPYTER.get(name))
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name) if home else import_module(f"{__name__}.{name}")
    globals()[name] = value  # the next look does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
