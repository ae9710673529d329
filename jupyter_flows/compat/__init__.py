"""The words of other systems' guides: code in their shape runs when only its import lines are changed.

The engine is the same. What differs from `jupyter_flows` itself is told in ``docs/compat.md``.
"""

from __future__ import annotations

from jupyter_flows.authoring.artifact import artifact
from jupyter_flows.authoring.block import Block
from jupyter_flows.authoring.concurrency import concurrency
from jupyter_flows.authoring.declared.branching import case, ifelse, merge, switch
from jupyter_flows.authoring.declared.parameter import Parameter
from jupyter_flows.authoring.handlers import callback_factory
from jupyter_flows.authoring.infrastructure.work_pool import WorkPool
from jupyter_flows.authoring.notifiers import email_notifier, slack_notifier
from jupyter_flows.authoring.options import exponential_backoff
from jupyter_flows.authoring.secret import EnvVarSecret, PrefectSecret, Secret
from jupyter_flows.authoring.variable import Variable
from jupyter_flows.caching.key_functions import task_input_hash
from jupyter_flows.compat.calling import CompatFlow as Flow
from jupyter_flows.compat.calling import CompatTask as Task
from jupyter_flows.compat.calling import flow, task
from jupyter_flows.compat.deployments import Deployment, DockerDeployment
from jupyter_flows.compat.environments import ContainerEnvironment
from jupyter_flows.compat.infrastructure import DockerContainer, KubernetesJob, Process
from jupyter_flows.compat.outcome import Outcome, outcome_of
from jupyter_flows.drivers.inputs import allow_failure, flatten, mapped, quote, unmapped
from jupyter_flows.drivers.logs import get_run_logger
from jupyter_flows.model.signals import Cancelled, Completed, Crashed, Failed, Paused, Retry, Skipped
from jupyter_flows.model.states import State

__all__ = [
    "Block",
    "Cancelled",
    "Completed",
    "ContainerEnvironment",
    "Crashed",
    "Deployment",
    "DockerContainer",
    "DockerDeployment",
    "EnvVarSecret",
    "Failed",
    "Flow",
    "KubernetesJob",
    "Outcome",
    "Parameter",
    "Paused",
    "PrefectSecret",
    "Process",
    "Retry",
    "Secret",
    "Skipped",
    "State",
    "Task",
    "Variable",
    "WorkPool",
    "allow_failure",
    "artifact",
    "callback_factory",
    "case",
    "concurrency",
    "email_notifier",
    "exponential_backoff",
    "flatten",
    "flow",
    "get_run_logger",
    "ifelse",
    "mapped",
    "merge",
    "outcome_of",
    "quote",
    "slack_notifier",
    "switch",
    "task",
    "task_input_hash",
    "unmapped",
]
