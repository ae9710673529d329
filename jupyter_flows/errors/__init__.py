"""The errors of the project.

Tree::

    JupyterFlowsError
    ├── DefinitionError                 a flow or task is written wrongly; nothing ran
    │   ├── UnknownOption               (also TypeError)
    │   ├── BadOption                   (also ValueError)
    │   ├── BadGraph                    (also ValueError)
    │   └── GraphHasCycle               (also ValueError)
    ├── ParameterError                  (also ValueError, TypeError) all bad values of one call at once
    ├── MappingError                    (also ValueError)
    │   ├── MappingLengthMismatch
    │   └── MappingMissingIterable
    ├── RunError                        a run ended without a value
    │   ├── FailedRun
    │   │   └── UpstreamFailed
    │   ├── RunTimedOut                 (also TimeoutError)
    │   ├── RunCancelled
    │   ├── RunCrashed
    │   ├── RunPaused
    │   └── UnfinishedRun
    ├── ResultError                     a value cannot be kept or given back
    │   ├── UnserializableResult        (also TypeError)
    │   ├── ResultMissing               (also LookupError)
    │   └── UncacheableInput            (also TypeError)
    ├── UnpicklableValue                (also TypeError) cannot go to a worker process, or come back
    ├── NeedsFlowProcess                (also RuntimeError) asked for in a worker process
    ├── RunOfParentProcess              (also RuntimeError) waited for in a forked child
    ├── WaitsForItself                  (also RuntimeError) a wait that could have no end
    ├── LimitTimeout                    (also TimeoutError) no slot came free in time
    ├── StoreError
    │   ├── RunNotFound                 (also LookupError)
    │   ├── AmbiguousRun                (also LookupError)
    │   ├── SchemaMismatch
    │   ├── StoreUnavailable
    │   ├── NeedsStoreFile
    │   ├── DeploymentNotFound          (also LookupError)
    │   ├── ScheduleNotFound            (also LookupError)
    │   ├── BackfillNotFound            (also LookupError)
    │   ├── LimitNotFound               (also LookupError)
    │   └── LeaseLost
    ├── CannotResume                    (also ValueError) a run that has no next attempt
    ├── PauseError                      (also RuntimeError) a pause where nothing can pause
    ├── PauseTimedOut                   (also TimeoutError) nobody gave the word in time
    ├── RunInputError                   (also ValueError) an answer that does not fit what a run asks for
    ├── ArtifactError                   (also ValueError) what cannot be attached to a run
    ├── NotebookError
    │   ├── NotebookNotFound            (also FileNotFoundError)
    │   ├── NotANotebook                (also ValueError)
    │   ├── KernelNotFound
    │   ├── CellFailed
    │   │   └── CellSignalled           by a signal that it raised
    │   └── KernelDied
    ├── TargetError                     (also ValueError) `module:flow` that cannot be found
    ├── EnvFileError                    (also ValueError) a file of variables that cannot be read
    ├── DeploymentFileError             (also ValueError) all that is wrong with a file of deployments at once
    ├── DeploymentRefused               (also ValueError) all that is wrong with a deployment at once
    ├── ScheduleError                   (also ValueError) a schedule that cannot be meant
    ├── SettingsError                   (also ValueError)
    ├── MissingExtra                    (also ImportError)
    ├── SecretNotFound                  (also ValueError, LookupError)
    ├── SecretsLocked                   (also LookupError) kept, and its key is missing or another one
    ├── VariableExists                  (also ValueError)
    ├── VariableNotFound                (also LookupError)
    ├── AutomationNotFound              (also LookupError)
    ├── BadBlock                        (also ValueError)
    ├── BlockExists                     (also ValueError)
    ├── BlockNotFound                   (also ValueError, LookupError)
    ├── AmbiguousBlock                  (also ValueError, LookupError)
    ├── InfrastructureRefused           (also NotImplementedError) a place where nothing is executed yet
    ├── ContainerEngineMissing          (also RuntimeError) nothing here builds images
    ├── ContainerBuildFailed            (also RuntimeError)
    ├── CommandFailed                   (also RuntimeError)
    ├── RequestFailed                   (also RuntimeError)
    ├── QueryFailed                     (also RuntimeError)
    ├── CopyFailed                      (also RuntimeError)
    ├── RequestRefused                  (also ValueError) all that is wrong with a request to the server at once
    ├── PathRefused                     (also ValueError) a path that the server must not follow
    ├── FileNotServed                   (also LookupError)
    ├── RunRefused                      (also ValueError) what cannot be done with a run as it stands
    ├── ServerBusy                      (also TimeoutError)
    └── NotifyError                     a message that was not taken; no run is touched by it

    EngineBug                           ours, never the user's: please report
    ├── IllegalTransition
    └── InvariantBroken

Each takes typed fields and builds its own message: what, which run, what to do next.
"""

from __future__ import annotations

from jupyter_flows.errors.base import (
    JupyterFlowsError,
)
from jupyter_flows.errors.bugs import (
    EngineBug,
    IllegalTransition,
    InvariantBroken,
)
from jupyter_flows.errors.configuration import (
    AmbiguousBlock,
    AutomationNotFound,
    BadBlock,
    BlockExists,
    BlockNotFound,
    MissingExtra,
    SecretNotFound,
    SecretsLocked,
    SettingsError,
    VariableExists,
    VariableNotFound,
)
from jupyter_flows.errors.definitions import (
    BadGraph,
    BadOption,
    DefinitionError,
    GraphHasCycle,
    MappingError,
    MappingLengthMismatch,
    MappingMissingIterable,
    ParameterError,
    ScheduleError,
    TargetError,
    UnknownOption,
)
from jupyter_flows.errors.deployments import (
    ContainerBuildFailed,
    ContainerEngineMissing,
    DeploymentFileError,
    DeploymentRefused,
    EnvFileError,
    InfrastructureRefused,
)
from jupyter_flows.errors.notebooks import (
    CellFailed,
    CellSignalled,
    KernelDied,
    KernelNotFound,
    NotANotebook,
    NotebookError,
    NotebookNotFound,
)
from jupyter_flows.errors.outside import (
    CommandFailed,
    CopyFailed,
    NotifyError,
    QueryFailed,
    RequestFailed,
)
from jupyter_flows.errors.results import (
    ResultError,
    ResultMissing,
    UncacheableInput,
    UnserializableResult,
)
from jupyter_flows.errors.runs import (
    ArtifactError,
    CannotResume,
    FailedRun,
    LimitTimeout,
    NeedsFlowProcess,
    PauseError,
    PauseTimedOut,
    RunCancelled,
    RunCrashed,
    RunError,
    RunInputError,
    RunOfParentProcess,
    RunPaused,
    RunTimedOut,
    UnfinishedRun,
    UnpicklableValue,
    UpstreamFailed,
    WaitsForItself,
)
from jupyter_flows.errors.serving import FileNotServed, PathRefused, RequestRefused, RunRefused, ServerBusy
from jupyter_flows.errors.store import (
    AmbiguousRun,
    BackfillNotFound,
    DeploymentNotFound,
    LeaseLost,
    LimitNotFound,
    NeedsStoreFile,
    RunNotFound,
    ScheduleNotFound,
    SchemaMismatch,
    StoreError,
    StoreUnavailable,
)

__all__ = [
    "AmbiguousBlock",
    "AmbiguousRun",
    "ArtifactError",
    "AutomationNotFound",
    "BackfillNotFound",
    "BadBlock",
    "BadGraph",
    "BadOption",
    "BlockExists",
    "BlockNotFound",
    "CannotResume",
    "CellFailed",
    "CellSignalled",
    "CommandFailed",
    "ContainerBuildFailed",
    "ContainerEngineMissing",
    "CopyFailed",
    "DefinitionError",
    "DeploymentFileError",
    "DeploymentNotFound",
    "DeploymentRefused",
    "EngineBug",
    "EnvFileError",
    "FailedRun",
    "FileNotServed",
    "GraphHasCycle",
    "IllegalTransition",
    "InfrastructureRefused",
    "InvariantBroken",
    "JupyterFlowsError",
    "KernelDied",
    "KernelNotFound",
    "LeaseLost",
    "LimitNotFound",
    "LimitTimeout",
    "MappingError",
    "MappingLengthMismatch",
    "MappingMissingIterable",
    "MissingExtra",
    "NeedsFlowProcess",
    "NeedsStoreFile",
    "NotANotebook",
    "NotebookError",
    "NotebookNotFound",
    "NotifyError",
    "ParameterError",
    "PathRefused",
    "PauseError",
    "PauseTimedOut",
    "QueryFailed",
    "RequestFailed",
    "RequestRefused",
    "ResultError",
    "ResultMissing",
    "RunCancelled",
    "RunCrashed",
    "RunError",
    "RunInputError",
    "RunNotFound",
    "RunOfParentProcess",
    "RunPaused",
    "RunRefused",
    "RunTimedOut",
    "ScheduleError",
    "ScheduleNotFound",
    "SchemaMismatch",
    "SecretNotFound",
    "SecretsLocked",
    "ServerBusy",
    "SettingsError",
    "StoreError",
    "StoreUnavailable",
    "TargetError",
    "UncacheableInput",
    "UnfinishedRun",
    "UnknownOption",
    "UnpicklableValue",
    "UnserializableResult",
    "UpstreamFailed",
    "VariableExists",
    "VariableNotFound",
    "WaitsForItself",
]
