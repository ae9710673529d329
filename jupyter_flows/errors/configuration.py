"""Settings, secrets, variables, blocks and automations."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_flows.errors.base import JupyterFlowsError
from jupyter_flows.errors.wording import near

__all__ = [
    "AmbiguousBlock",
    "AutomationNotFound",
    "BadBlock",
    "BlockExists",
    "BlockNotFound",
    "MissingExtra",
    "SecretNotFound",
    "SecretsLocked",
    "SettingsError",
    "VariableExists",
    "VariableNotFound",
]


class SettingsError(JupyterFlowsError, ValueError):
    """A setting with a value that cannot be meant."""

    def __init__(self, name: str, value: object, wanted: str) -> None:
        self.name, self.value, self.wanted = name, value, wanted
        super().__init__(f"setting {name}={value!r} cannot be used; {wanted}")


class MissingExtra(JupyterFlowsError, ImportError):
    """A part that needs a package which is not installed."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        self.what, self.package, self.extra = what, package, extra
        super().__init__(f"{what} needs {package}: pip install 'jupyter-flows[{extra}]'")


class SecretNotFound(JupyterFlowsError, ValueError, LookupError):
    """A secret that has no value here."""

    def __init__(self, name: str, advice: str) -> None:
        self.name, self.advice = name, advice
        super().__init__(f"there is no secret {name!r}; {advice}")


class SecretsLocked(JupyterFlowsError, LookupError):
    """A secret that is kept and cannot be opened: its key is missing or is another one."""

    def __init__(self, name: str, why: str) -> None:
        self.name, self.why = name, why
        super().__init__(f"the secret {name!r} cannot be opened: {why}")


class VariableExists(JupyterFlowsError, ValueError):
    """A variable that is there with another value."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is a variable {name!r} with another value; overwrite=True (--overwrite) replaces it")


class AutomationNotFound(JupyterFlowsError, LookupError):
    """No automation of that name."""

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        found = near(name, self.known, "see `jupyter flows automations ls`")
        super().__init__(f"there is no automation {name!r}; {found}")


class VariableNotFound(JupyterFlowsError, LookupError):
    """No variable of that name."""

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(f"there is no variable {name!r}; {near(name, self.known, 'see `jupyter flows variable ls`')}")


class BadBlock(JupyterFlowsError, ValueError):
    """A block that cannot be saved or loaded as it is."""

    def __init__(self, block: str, why: str) -> None:
        self.block, self.why = block, why
        super().__init__(f"block {block!r}: {why}")


class BlockExists(JupyterFlowsError, ValueError):
    """A block that is there with other content."""

    def __init__(self, block: str) -> None:
        self.block = block
        super().__init__(f"there is a block {block!r} with other content; save(..., overwrite=True) replaces it")


class BlockNotFound(JupyterFlowsError, ValueError, LookupError):
    """No block of that name."""

    def __init__(self, block: str, known: Iterable[str] = ()) -> None:
        self.block, self.known = block, tuple(known)
        super().__init__(f"there is no block {block!r}; {near(block, self.known, 'see `jupyter flows block ls`')}")


class AmbiguousBlock(JupyterFlowsError, ValueError, LookupError):
    """Blocks of several types have this name."""

    def __init__(self, name: str, candidates: Iterable[str]) -> None:
        self.name, self.candidates = name, tuple(candidates)
        super().__init__(f"several blocks are named {name!r}: load one of {', '.join(self.candidates)}")
