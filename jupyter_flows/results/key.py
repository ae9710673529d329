"""The key that kept results are signed with: one per user, in a file that is no part of the store."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from jupyter_flows.errors import SettingsError

VARIABLE = "JUPYTER_FLOWS_RESULT_KEY_FILE"
KEY_BYTES = 32

_NO = frozenset({"no", "n", "false", "off", "0", "0.0"})
_PRIVATE = 0o077


def key_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the key is: the file named by ``JUPYTER_FLOWS_RESULT_KEY_FILE``, else in Jupyter's config directory.

    Parameters
    ----------
    environ
        The environment to read, the process's own by default.
    """
    env = os.environ if environ is None else environ
    if given := env.get(VARIABLE):
        return Path(given).expanduser().absolute()
    return (_jupyter_config_dir(env) / "jupyter_flows_result.key").absolute()


def result_key(path: Path, outside: Iterable[Path] = ()) -> bytes:
    """Return the key in a file, which is made with its first use. Any number of processes may ask at once.

    Parameters
    ----------
    path
        The file, as `key_file` gives it.
    outside
        Directories that must not hold the key: who may write to the store could sign, and a copy of the store
        would carry its own key.

    Returns
    -------
    bytes
        32 random bytes.

    Raises
    ------
    SettingsError
        The file is in one of these directories, holds no key, or can be neither read nor made.
    """
    place = path.resolve()
    for folder in outside:
        if place.is_relative_to(folder.resolve()):
            wanted = f"name a file outside of {folder}, where the results are that it signs"
            raise SettingsError(VARIABLE, str(path), wanted)
    try:
        text = _read(path)
        if text is None:
            _create(path)
            text = _read(path)
    except OSError as error:
        wanted = f"name a file that this user can read and make ({error.strerror or error})"
        raise SettingsError(VARIABLE, str(path), wanted) from error
    return _parsed(path, text or "")


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _PRIVATE:
                warnings.warn(f"other users may read the key {path}: chmod 600 it, better a new one", stacklevel=4)
            return file.read(1024)
    except FileNotFoundError:
        return None


def _create(path: Path) -> None:
    """Write a new key beside its place and link it there: the first of several processes wins, none reads a part."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{os.urandom(KEY_BYTES).hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _parsed(path: Path, text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        wanted = f"the file holds no key ({2 * KEY_BYTES} hexadecimal digits); move it away and a new one is made"
        raise SettingsError(VARIABLE, str(path), wanted)
    return key


def _jupyter_config_dir(environ: Mapping[str, str]) -> Path:
    # The rule of jupyter_core.paths, whose import would cost 20 ms.
    if given := environ.get("JUPYTER_CONFIG_DIR"):
        return Path(given)
    asked = environ.get("JUPYTER_PLATFORM_DIRS", "").lower()
    if sys.platform == "win32" or (asked and asked not in _NO):
        from jupyter_core.paths import jupyter_config_dir as full_rule

        return Path(full_rule())
    return Path(environ.get("HOME") or "~").expanduser().resolve() / ".jupyter"
