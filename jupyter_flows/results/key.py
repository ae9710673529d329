"""The key that kept results are signed with: one per user, in a file that is no part of the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from jupyter_flows.errors import SettingsError
from jupyter_flows.key_files import place_of_key, read_key

VARIABLE = "JUPYTER_FLOWS_RESULT_KEY_FILE"
KEY_BYTES = 32


def key_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the key is: the file named by ``JUPYTER_FLOWS_RESULT_KEY_FILE``, else in Jupyter's config directory.

    Parameters
    ----------
    environ
        The environment to read, the process's own by default.
    """
    return place_of_key(VARIABLE, "jupyter_flows_result.key", environ)


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
    text = read_key(
        path, VARIABLE, lambda: f"{os.urandom(KEY_BYTES).hex()}\n", outside, "the results are that it signs"
    )
    return _parsed(path, text or "")


def _new_line() -> str:
    return f"{os.urandom(KEY_BYTES).hex()}\n"


def _parsed(path: Path, text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        wanted = f"the file holds no key ({2 * KEY_BYTES} hexadecimal digits); move it away and a new one is made"
        raise SettingsError(VARIABLE, str(path), wanted)
    return key


__all__ = ["KEY_BYTES", "VARIABLE", "key_file", "result_key"]
