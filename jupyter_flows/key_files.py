"""A key in a file of its own that only its user may read, made with its first use."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from jupyter_flows.errors import SettingsError

_NO = frozenset({"no", "n", "false", "off", "0", "0.0"})
_PRIVATE = 0o077
_LONGEST = 65_536


def place_of_key(variable: str, name: str, environ: Mapping[str, str] | None = None) -> Path:
    """Return where a key is: the file that an environment variable names, else one in Jupyter's config directory.

    Parameters
    ----------
    variable, name
        The environment variable, and the file's usual name.
    environ
        The environment to read, the process's own by default.
    """
    env = os.environ if environ is None else environ
    if given := env.get(variable):
        return Path(given).expanduser().absolute()
    return (_jupyter_config_dir(env) / name).absolute()


def read_key(
    path: Path, variable: str, make: Callable[[], str] | None = None, outside: Iterable[Path] = (), holds: str = "data"
) -> str | None:
    """Return the text of a key file. Any number of processes may ask at once.

    Parameters
    ----------
    path
        The file, as `place_of_key` gives it.
    variable
        What names the file, for messages.
    make
        Gives the text of a new key where there is no file; without it None is returned.
    outside
        Directories that must not hold the key: a copy of them would carry its own key.
    holds
        What is in these directories, in words.

    Raises
    ------
    SettingsError
        The file is in one of these directories, or can be neither read nor made.
    """
    place = path.resolve()
    for folder in outside:
        if place.is_relative_to(folder.resolve()):
            raise SettingsError(variable, str(path), f"name a file outside of {folder}, where {holds}")
    try:
        text = _read(path)
        if text is None and make is not None:
            write_key(path, make(), new=True)
            text = _read(path)
    except OSError as error:
        wanted = f"name a file that this user can read and make ({error.strerror or error})"
        raise SettingsError(variable, str(path), wanted) from error
    return text


def write_key(path: Path, text: str, new: bool = False) -> None:
    """Write a key beside its place and put it there whole.

    Parameters
    ----------
    new
        Whether a file that is there stays: the first of several processes wins, and none reads a part.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not new:
            draft.replace(path)
            return
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _PRIVATE:
                warnings.warn(f"other users may read the key {path}: chmod 600 it, better a new one", stacklevel=5)
            return file.read(_LONGEST)
    except FileNotFoundError:
        return None


def _jupyter_config_dir(environ: Mapping[str, str]) -> Path:
    # The rule of jupyter_core.paths, whose import would cost 20 ms.
    if given := environ.get("JUPYTER_CONFIG_DIR"):
        return Path(given)
    asked = environ.get("JUPYTER_PLATFORM_DIRS", "").lower()
    if sys.platform == "win32" or (asked and asked not in _NO):
        from jupyter_core.paths import jupyter_config_dir as full_rule

        return Path(full_rule())
    return Path(environ.get("HOME") or "~").expanduser().resolve() / ".jupyter"


__all__ = ["place_of_key", "read_key", "write_key"]
