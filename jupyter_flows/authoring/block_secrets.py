"""What is secret in a block goes to the kept secrets; the block's own data only names it."""

from __future__ import annotations

import re
from typing import Any, cast

from pydantic import BaseModel, SecretBytes, SecretStr

from jupyter_flows.errors import SecretNotFound
from jupyter_flows.model.secret_looking import looks_secret
from jupyter_flows.secrets.resolved import holds_secret, register
from jupyter_flows.secrets.vault import Vault

_NAMED = "$secret"
_PASSWORD = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://[^/\s:@]+:)[^/\s@]+(?=@)", re.IGNORECASE)
_MASK = "••••••"


class _Text(str):
    """A text that its field's type says is secret."""

    __slots__ = ()


class BlockSecrets:
    """The secrets of one block.

    Parameters
    ----------
    vault
        The kept secrets.
    prefix
        Of their names.
    """

    def __init__(self, vault: Vault, prefix: str) -> None:
        self._vault, self._prefix = vault, prefix
        self._found: dict[str, str] = {}

    @staticmethod
    def shown(model: BaseModel, field: str) -> Any:
        """Return a field as a JSON value, its secrets in clear and marked."""
        return _opened(getattr(model, field), model, field)

    def taken_out(self, value: Any, path: str = "") -> Any:
        """Return JSON values with references in the place of secrets, which are remembered."""
        if isinstance(value, dict):
            told = cast("dict[str, Any]", value)
            return {key: self.taken_out(item, f"{path}/{key}") for key, item in told.items()}
        if isinstance(value, list):
            return [self.taken_out(item, f"{path}/{place}") for place, item in enumerate(cast("list[Any]", value))]
        if isinstance(value, str) and _is_secret(value, path.rpartition("/")[2]):
            name = f"{self._prefix}{path}"
            self._found[name] = str(value)
            return {_NAMED: name}
        return value

    def changed(self) -> bool:
        """Whether any of them differs from what is kept."""
        return any(self._vault.get(name) != text for name, text in self._found.items())

    def keep(self, stale: Any = None) -> None:
        """Keep all that was found, and forget those of the block's earlier data that are no more."""
        for name, text in self._found.items():
            register(text, name)
            self._vault.set(name, text)
        self.forget(stale, but=set(self._found))

    def forget(self, data: Any, but: set[str] | None = None) -> None:
        """Forget every secret that a block's data names."""
        for name in _names(data):
            if name not in (but or ()):
                self._vault.delete(name)

    def put_back(self, value: Any) -> Any:
        """Return JSON values with secrets in the place of references.

        Raises
        ------
        SecretNotFound, SecretsLocked
        """
        if isinstance(value, list):
            return [self.put_back(item) for item in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        told = cast("dict[str, Any]", value)
        if _NAMED not in told:
            return {key: self.put_back(item) for key, item in told.items()}
        name = str(told[_NAMED])
        text = self._vault.get(name)
        if text is None:
            raise SecretNotFound(name, "it was deleted: save the block again")
        register(text, name)
        return text


def _is_secret(value: str, name: str) -> bool:
    return isinstance(value, _Text) or looks_secret(name, value) is not None or holds_secret(value)


def hide_passwords(value: Any) -> Any:
    """Return what may be shown of a field: the password in an address is not."""
    return _PASSWORD.sub(rf"\g<before>{_MASK}", value) if isinstance(value, str) else value


def _opened(value: Any, model: BaseModel, field: str) -> Any:
    if isinstance(value, SecretStr):
        return _Text(value.get_secret_value())
    if isinstance(value, SecretBytes):
        return _Text(value.get_secret_value().decode("utf-8"))
    if isinstance(value, BaseModel):
        return {name: _opened(getattr(value, name), value, name) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {str(key): _opened(item, model, field) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_opened(item, model, field) for item in cast("list[Any]", value)]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return model.model_dump(mode="json", include={field})[field]


def _names(data: Any) -> list[str]:
    if isinstance(data, list):
        return [name for item in cast("list[Any]", data) for name in _names(item)]
    if not isinstance(data, dict):
        return []
    told = cast("dict[str, Any]", data)
    return [str(told[_NAMED])] if _NAMED in told else [name for item in told.values() for name in _names(item)]


__all__ = ["BlockSecrets", "hide_passwords"]
