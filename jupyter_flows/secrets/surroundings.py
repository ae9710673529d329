"""Secrets among environment variables, and processes that need none of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jupyter_flows.secrets.keys import VARIABLE
from jupyter_flows.secrets.resolved import holds_secret

PREFIXES = ("JUPYTER_FLOWS__CONTEXT__SECRETS__", "PREFECT__CONTEXT__SECRETS__")
"""Of the variables that have a secret by its name."""


# What an interpreter or shell and the folders of Jupyter are found by, and how texts are read and shown.
_PLAIN = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TZ|TMPDIR|TEMP|TMP|VIRTUAL_ENV|LANG|LC_\w+|LD_LIBRARY_PATH|DYLD_\w+|SYSTEMROOT"
    r"|(PYTHON|JUPYTER|IPYTHON|XDG_|CONDA_|COVERAGE)\w*"
)


def bare(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process of ours that runs no code of a user, and so needs no secret of one.

    The system shows the environment of a process to whoever may look, and any variable can be a secret.
    """
    return {name: value for name, value in without_secrets(environment).items() if _PLAIN.fullmatch(name)}


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what is known to be secret.

    Variables that have a secret by its name are left out, the key of the kept ones, and those with a value that this
    process has resolved.
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(PREFIXES) and name != VARIABLE and not holds_secret(value)
    }


__all__ = ["PREFIXES", "bare", "without_secrets"]
