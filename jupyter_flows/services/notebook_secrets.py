"""Parameters that may not be written into a notebook: the values of secrets, and what looks like one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from jupyter_flows.errors import ParameterError
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.model.secret_reference import SecretReference, referred
from jupyter_flows.secrets.resolved import holds_secret

_INSTEAD = 'give its name instead, Secret("NAME") or -p {name}=secret:NAME, and the kernel looks it up'


def refuse_secrets(subject: str, given: Mapping[str, object], *, allow_looking: bool) -> None:
    """Refuse what would stand in the executed notebook, with its run, and in its page.

    Parameters
    ----------
    subject
        Whose parameters they are.
    given
        Their values, which need not be JSON; a `SecretReference`, and one as it is kept, passes.
    allow_looking
        Whether what only looks like a secret passes, too; the value of one that this process has looked up never does.

    Raises
    ------
    ParameterError
        Naming each, but no value.
    """
    problems = dict(_problems(given, allow_looking=allow_looking))
    if problems:
        raise ParameterError(subject, problems)


def _problems(given: Mapping[str, object], *, allow_looking: bool) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        if isinstance(value, SecretReference) or referred(value) is not None:
            continue
        if _holds_secret(value):
            yield name, f"it holds the value of a secret; {_INSTEAD.format(name=name)}"
        elif not allow_looking and (why := looks_secret(name, value)) is not None:
            instead = f"{_INSTEAD.format(name=name)}, or pass allow_secret_looking=True if it is none"
            yield name, f"{why}, and it would stand in the executed notebook; {instead}"


def _holds_secret(value: object) -> bool:
    if isinstance(value, str):
        return holds_secret(value)
    if isinstance(value, dict):
        return any(_holds_secret(part) for item in cast("dict[object, object]", value).items() for part in item)
    return isinstance(value, list | tuple) and any(map(_holds_secret, cast("list[object]", value)))


__all__ = ["refuse_secrets"]
