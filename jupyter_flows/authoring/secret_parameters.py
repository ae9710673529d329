"""Secrets as parameters: given and kept by reference, their values known only to the flow itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from jupyter_flows.authoring.secret import Secret, SecretText
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.model.secret_reference import SecretReference, referred


class Revealed(NamedTuple):
    """A call whose secrets have been looked up; ``references`` says which parameters they are."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    references: dict[str, SecretReference]


def reveal(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Revealed:
    """Put the values of secrets in the places of `Secret` objects.

    A parameter that is annotated as `Secret` gets the object itself.

    Raises
    ------
    SecretNotFound
    """
    if not any(isinstance(value, Secret) for value in (*args, *kwargs.values())):
        return Revealed(args, dict(kwargs), {})
    named = dict(zip(signature.parameters, args, strict=False)) | dict(kwargs)
    references: dict[str, SecretReference] = {name: v for name, v in named.items() if isinstance(v, Secret)}
    wants_object = {
        name for name, parameter in signature.parameters.items() if parameter.annotation in {Secret, "Secret"}
    }

    def value_of(name: str, value: Any) -> Any:
        return value.get() if isinstance(value, Secret) and name not in wants_object else value

    names = [*signature.parameters, *[""] * len(args)]
    positional = tuple(value_of(name, value) for name, value in zip(names, args, strict=False))
    return Revealed(positional, {name: value_of(name, value) for name, value in kwargs.items()}, references)


def with_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn kept references back into secrets."""
    names = {name: referred(value) for name, value in values.items()}
    return {name: value if (to := names[name]) is None else Secret(to) for name, value in values.items()}


def refuse_secret_looking(subject: str, values: Mapping[str, Any], allow: str) -> None:
    """Refuse values that look like secrets: parameters are kept with the run, for everybody to read.

    Parameters
    ----------
    subject
        Whose parameters they are.
    values
        Those that were given.
    allow
        What lets them pass, for the message.

    Raises
    ------
    ParameterError
        Naming each, but no value.
    """
    plain = {name: v for name, v in values.items() if not isinstance(v, SecretReference | SecretText)}
    reasons = {name: why for name, value in plain.items() if (why := looks_secret(name, value)) is not None}
    if reasons:
        advice = 'parameters are kept in clear; give its name instead (-p {0}=secret:NAME, or {0}=Secret("NAME"))'
        problems = {
            name: f"{why}, and {advice.format(name)}, or {allow} if it is none" for name, why in reasons.items()
        }
        raise ParameterError(subject, problems)


__all__ = ["Revealed", "refuse_secret_looking", "reveal", "with_secrets"]
