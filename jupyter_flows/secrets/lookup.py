"""Where a secret's text is found by its name: in the environment, then among those that are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from jupyter_flows.errors import SecretNotFound
from jupyter_flows.secrets.resolved import register
from jupyter_flows.secrets.surroundings import PREFIXES


def variables_of(name: str) -> Iterator[str]:
    """Give the environment variables that a secret may stand in, in the order in which they are asked."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    for prefix in (*PREFIXES, ""):
        for spelling in dict.fromkeys((plain, plain.upper(), name)):
            yield prefix + spelling


def from_environment(name: str) -> str | None:
    """Find a secret among the environment variables."""
    return next((os.environ[variable] for variable in variables_of(name) if variable in os.environ), None)


def from_kept(name: str, folder: Path) -> str | None:
    """Find a secret among those that are kept in a flows directory, then among the blocks of that type there.

    Raises
    ------
    SecretsLocked
    """
    from jupyter_flows.secrets.vault import Vault  # deferred: most secrets are in the environment

    vault = Vault(folder)
    kept = vault.get(name)
    return vault.get(f"block/secret/{name}/value") if kept is None else kept


def how_to_keep(name: str) -> str:
    """Say what to do about a secret that is nowhere."""
    return f"keep it by `jupyter flows secret set {name}`, or set the environment variable {next(variables_of(name))}"


def find_secret(name: str, folder: Path) -> str:
    """Return a secret's text; it is taken out of all that is written from then on.

    Parameters
    ----------
    folder
        The flows directory, whose kept secrets are asked after the environment.

    Raises
    ------
    SecretNotFound, SecretsLocked
    """
    found = from_environment(name)
    found = from_kept(name, folder) if found is None else found
    if found is None:
        raise SecretNotFound(name, how_to_keep(name))
    register(found, name)
    return found


__all__ = ["find_secret", "from_environment", "from_kept", "how_to_keep", "variables_of"]
