"""`Variable`: a small value that is kept by name, to be read by any flow and changed without touching code."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from typing import Any

from jupyter_flows.errors import BadOption, VariableExists
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.secrets.resolved import holds_secret
from jupyter_flows.store import open_variables
from jupyter_flows.wiring import current_settings

LONGEST = 65_536  # characters of JSON
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")


class Variable:
    """Values by name: any that JSON knows, of up to 64 KB."""

    @staticmethod
    def get(name: str, default: Any = None) -> Any:
        """Return a variable's value.

        Parameters
        ----------
        default
            What is returned where there is none of that name.
        """
        with open_variables(current_settings()) as variables:
            found = variables.get(name)
        return default if found is None else found.value

    @staticmethod
    def set(name: str, value: Any, tags: Iterable[str] = (), overwrite: bool = False) -> None:
        """Keep a value.

        Parameters
        ----------
        overwrite
            Whether a variable of that name may be there with another value.

        Raises
        ------
        BadOption
            The name or the value cannot be kept; or the value looks like a secret.
        VariableExists
            There is one with another value.
        """
        text, labels = _checked(name, value), tuple(tags)
        if holds_secret(list(labels)):
            raise BadOption(
                "Variable.set", "tags", "(hidden)", "they hold a secret, and are kept in clear; leave it out"
            )
        at = time.time()
        with open_variables(current_settings()) as variables:
            if not variables.set(name, text, labels, at, overwrite=overwrite):
                raise VariableExists(name)

    @staticmethod
    def unset(name: str) -> bool:
        """Forget a variable; tell whether there was one."""
        with open_variables(current_settings()) as variables:
            return variables.unset(name)


def _checked(name: str, value: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadOption("Variable.set", "name", name, "use letters, digits, _, - and . (at most 255)")
    why = "it holds a secret that was looked up" if holds_secret(value) else looks_secret(name, value)
    if why is not None:
        raise BadOption("Variable.set", name, "(hidden)", f"{why}; keep it by `jupyter flows secret set {name}`")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadOption("Variable.set", name, type(value).__name__, f"give what JSON knows ({error})") from error
    if len(text) > LONGEST:
        raise BadOption("Variable.set", name, f"{len(text)} characters", f"at most {LONGEST}; use a result or a file")
    return text


__all__ = ["Variable"]
