"""Where a secret's text is found by its name: in the environment, then among those that are kept."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from jupyter_flows.errors import SecretNotFound
from jupyter_flows.secrets.resolved import register
from jupyter_flows.secrets.vault import Vault

_PREFIXES = ("JUPYTER_FLOWS__CONTEXT__SECRETS__", "PREFECT__CONTEXT__SECRETS__", "")


def variables_of(name: str) -> Iterator[str]:
    """Give the environment variables that a secret may stand in, in the order in which they are asked."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    for prefix in _PREFIXES:
        for spelling in dict.fromkeys((plain, plain.upper(), name)):
            yield prefix + spelling


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
    found = next((os.environ[variable] for variable in variables_of(name) if variable in os.environ), None)
    if found is None:
        vault = Vault(folder)
        kept = vault.get(name)
        found = vault.get(f"block/secret/{name}/value") if kept is None else kept
    if found is None:
        raise SecretNotFound(name, f"keep it by `jupyter flows secret set {name}`")
    register(found, name)
    return found


__all__ = ["find_secret", "variables_of"]
