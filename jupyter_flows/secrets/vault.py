"""Secrets that are kept: in the keyring of the system where there is one, else in an encrypted file.

With key and file in one account this protects copies and backups of the file, not against that account.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from filelock import FileLock, Timeout

from jupyter_flows.errors import BadOption, SecretsLocked, StoreUnavailable
from jupyter_flows.secrets.keys import SecretKeys, new_key

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

FILE = "secrets.json"
SERVICE = "jupyter-flows"
LONGEST = 1_000_000  # characters of one secret
_IN_KEYRING = ""  # what the file has in the place of a value that the keyring has
_PATIENCE = 30.0


class Vault:
    """The kept secrets of a flows directory, by name.

    Parameters
    ----------
    folder
        The flows directory.
    keys
        Where the keys are; outside of that directory by default.
    """

    def __init__(self, folder: Path, keys: SecretKeys | None = None) -> None:
        self._path = folder / FILE
        self._keys = keys or SecretKeys([folder])

    def names(self) -> tuple[str, ...]:
        """Return the names of all kept secrets, sorted; no key is needed."""
        return tuple(sorted(self._read()))

    def get(self, name: str) -> str | None:
        """Return a secret's text, None where none of that name is kept.

        Raises
        ------
        SecretsLocked
            The key is missing, or is not the one.
        """
        kept = self._read().get(name)
        if kept is None:
            return None
        return from_keyring(name) if kept == _IN_KEYRING else self._opened(name, kept)

    def set(self, name: str, text: str) -> str:
        """Keep a secret, in the place of an earlier one.

        Returns
        -------
        str
            Where it is, in words.

        Raises
        ------
        BadOption
            The name is empty, or the text too long.
        SecretsLocked
            Others are kept, and their key is missing.
        """
        if not name or not name.isprintable():
            raise BadOption("secret", "name", name, "give a text without control characters")
        if len(text) > LONGEST:
            raise BadOption("secret", "value", f"{len(text)} characters", f"at most {LONGEST} are kept")
        with self._changed() as kept:
            if to_keyring(name, text):
                kept[name] = _IN_KEYRING
                return "the system's keyring"
            kept[name] = self._closed(name, text, any(kept.values()))
        return f"{self._path}, encrypted"

    def delete(self, name: str) -> bool:
        """Forget a secret; tell whether there was one."""
        with self._changed() as kept:
            known = kept.pop(name, None)
            if known == _IN_KEYRING:
                drop_from_keyring(name)
        return known is not None

    def rotate(self) -> int:
        """Encrypt all with a new key and forget the old ones; return how many.

        Raises
        ------
        SecretsLocked
        SettingsError
            The key comes from the environment.
        """
        with self._changed() as kept:
            texts = {name: self._opened(name, token) for name, token in kept.items() if token}
            fresh = new_key()
            self._keys.write([fresh, *self._keys.read()])  # both, until the file is of the new one
            for name, text in texts.items():
                kept[name] = self._closed(name, text, True)
        self._keys.write([fresh])
        return len(texts)

    def _closed(self, name: str, text: str, others: bool) -> str:
        # The name is inside too: who can write the file cannot give one secret's value to another's name.
        return self._fernet(name, make=not others).encrypt(json.dumps([name, text]).encode()).decode("ascii")

    def _opened(self, name: str, token: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            held, text = json.loads(self._fernet(name, make=False).decrypt(token.encode()))
        except (InvalidToken, ValueError) as error:
            raise SecretsLocked(name, f"the key in {self._keys.place} does not open it") from error
        if held != name:
            raise SecretsLocked(name, f"{self._path} was changed: what is kept there is of another name")
        return cast("str", text)

    def _fernet(self, name: str, make: bool) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        keys = self._keys.read(make)
        if not keys:
            raise SecretsLocked(name, f"its key is missing: put it back to {self._keys.place}")
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SecretsLocked(name, f"{self._keys.place} holds no key") from error

    def _read(self) -> dict[str, str]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreUnavailable(str(self._path), error.strerror or str(error)) from error
        try:
            told: Any = json.loads(text)["secrets"]
        except (ValueError, KeyError, TypeError) as error:
            raise StoreUnavailable(str(self._path), "it is not a file of secrets") from error
        if not isinstance(told, Mapping):
            raise StoreUnavailable(str(self._path), "it is not a file of secrets")
        return {str(name): str(token) for name, token in cast("Mapping[Any, Any]", told).items()}

    @contextmanager
    def _changed(self) -> Iterator[dict[str, str]]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(f"{self._path}.lock", timeout=_PATIENCE, mode=0o600):
                kept = self._read()
                yield kept
                self._write(kept)
        except Timeout as error:
            raise StoreUnavailable(str(self._path), f"another process has held it for {_PATIENCE:g} s") from error

    def _write(self, kept: Mapping[str, str]) -> None:
        draft = self._path.with_name(f".{FILE}.{os.urandom(8).hex()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"version": 1, "secrets": dict(sorted(kept.items()))}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
        except OSError as error:
            raise StoreUnavailable(str(self._path), error.strerror or str(error)) from error
        finally:
            draft.unlink(missing_ok=True)


def from_keyring(name: str) -> str | None:
    """Ask the system's keyring for a secret.

    Raises
    ------
    SecretsLocked
        It does not answer.
    """
    return cast("str | None", _asked(name, lambda ring: ring.get_password(SERVICE, name)))


def to_keyring(name: str, text: str) -> bool:
    """Give a secret to the system's keyring; False where there is none that keeps it."""
    if find_spec("keyring") is None:
        return False
    import keyring
    from keyring.errors import KeyringError

    try:
        if keyring.get_keyring().priority < 1:  # type: ignore[operator] # those that do nothing, or store in clear
            return False
        keyring.set_password(SERVICE, name, text)
    except (KeyringError, RuntimeError):
        return False
    return True


def drop_from_keyring(name: str) -> None:
    """Take a secret out of the system's keyring.

    Raises
    ------
    SecretsLocked
        It does not answer.
    """
    _asked(name, lambda ring: ring.delete_password(SERVICE, name))


def _asked(name: str, ask: Callable[[Any], object]) -> object:
    if find_spec("keyring") is None:
        raise SecretsLocked(name, "it is in the system's keyring: pip install keyring")
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        return ask(keyring)
    except PasswordDeleteError:
        return None
    except (KeyringError, RuntimeError) as error:
        raise SecretsLocked(name, f"the system's keyring does not give it ({error})") from error


__all__ = ["FILE", "Vault", "drop_from_keyring", "from_keyring", "to_keyring"]
