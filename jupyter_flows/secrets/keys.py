"""The keys that kept secrets are encrypted with: one per line, newest first, in a file outside the flows directory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from jupyter_flows.errors import SettingsError
from jupyter_flows.key_files import place_of_key, read_key, write_key

VARIABLE = "JUPYTER_FLOWS_SECRET_KEY"
FILE_VARIABLE = "JUPYTER_FLOWS_SECRET_KEY_FILE"


class SecretKeys:
    """Where the keys are: in the variable ``JUPYTER_FLOWS_SECRET_KEY``, else in a file.

    Parameters
    ----------
    outside
        Directories that must not hold the file.
    """

    def __init__(self, outside: Iterable[Path] = ()) -> None:
        self._outside = tuple(outside)
        self.path = place_of_key(FILE_VARIABLE, "jupyter_flows_secret.key")

    @property
    def place(self) -> str:
        """Where a key is looked for, for messages."""
        return VARIABLE if os.environ.get(VARIABLE) else str(self.path)

    def read(self, make: bool = False) -> list[str]:
        """Return the keys, newest first; none where there are none.

        Parameters
        ----------
        make
            Whether a first key is made.

        Raises
        ------
        SettingsError
        """
        given = os.environ.get(VARIABLE)
        if given:
            return given.replace(",", " ").split()
        maker = _new_line if make else None
        text = read_key(self.path, FILE_VARIABLE, maker, self._outside, "the secrets are that it opens")
        return (text or "").split()

    def write(self, keys: Iterable[str]) -> None:
        """Replace the keys.

        Raises
        ------
        SettingsError
            They come from the environment, which only its user can change.
        """
        if os.environ.get(VARIABLE):
            raise SettingsError(VARIABLE, "(hidden)", "put the new key before the old one in this variable yourself")
        write_key(self.path, "".join(f"{key}\n" for key in keys))


def new_key() -> str:
    """Draw a key."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode("ascii")


def _new_line() -> str:
    return f"{new_key()}\n"


__all__ = ["FILE_VARIABLE", "VARIABLE", "SecretKeys", "new_key"]
