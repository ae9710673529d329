"""A secret by its name, as it is written down: never its value."""

from __future__ import annotations

from typing import cast

PREFIX = "secret:"
_KEY = "$secret"


class SecretReference:
    """The name of a secret, in the place of its value.

    Parameters
    ----------
    name
        The secret's.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def as_json(self) -> dict[str, str]:
        """The reference as it is kept with a run."""
        return {_KEY: self.name}

    def __str__(self) -> str:
        return f"{PREFIX}{self.name}"


def referred(value: object) -> str | None:
    """The name of the secret that a kept value refers to; None where it is an ordinary value."""
    if not isinstance(value, dict) or set(cast("dict[object, object]", value)) != {_KEY}:
        return None
    name = cast("dict[str, object]", value)[_KEY]
    return name if isinstance(name, str) and name else None


def as_reference(value: object) -> object:
    """Return the reference that a kept value stands for; any other value as it is."""
    name = referred(value)
    return value if name is None else SecretReference(name)


__all__ = ["PREFIX", "SecretReference", "as_reference", "referred"]
