"""The blocks that come along: plain values, secrets, and a folder."""

from __future__ import annotations

import shutil
from datetime import datetime as _datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, SecretStr, field_validator

from jupyter_flows.authoring.block import Block
from jupyter_flows.authoring.secret import SecretText
from jupyter_flows.errors import BadBlock


class JSON(Block):
    """Any value that JSON knows."""

    _block_type_name: ClassVar[str | None] = "JSON"

    value: Any = Field(description="Any value that JSON knows.")


class String(Block):
    """A text."""

    _block_type_name: ClassVar[str | None] = "String"

    value: str = Field(description="The text.")


class DateTime(Block):
    """An instant."""

    _block_type_name: ClassVar[str | None] = "Date Time"

    value: _datetime = Field(description="The instant, in ISO 8601.")


class SecretBlock(Block):
    """A value that never shows; `Secret("name")` finds it too."""

    _block_type_name: ClassVar[str | None] = "Secret"

    value: SecretStr = Field(description="The value.")

    def get(self) -> str:
        """Return the value; its repr does not show it."""
        return SecretText(self.value.get_secret_value())


class LocalFileSystem(Block):
    """A folder of this machine. Every path is inside it."""

    _block_type_name: ClassVar[str | None] = "Local File System"

    basepath: str = Field(default=".", description="The folder; ~ is the user's own.")

    @field_validator("basepath")
    @classmethod
    def _a_folder(cls, value: str) -> str:
        if not value or "\0" in value:
            raise ValueError("name a folder")
        return value

    def read_path(self, path: str) -> bytes:
        """Return a file's content."""
        return self._inside(path).read_bytes()

    def write_path(self, path: str, content: bytes) -> str:
        """Write a file, with the folders that it needs; return its full path."""
        place = self._inside(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return str(place)

    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> list[str]:
        """Copy a folder out of this one; return the copied files' paths.

        Parameters
        ----------
        from_path
            Inside this folder; the whole of it where not given.
        local_path
            Where to; the present folder where not given.
        """
        return _copied(self._inside(from_path or "."), Path(local_path or "."))

    def put_directory(self, local_path: str | None = None, to_path: str | None = None) -> int:
        """Copy a folder into this one; return how many files were copied."""
        return len(_copied(Path(local_path or "."), self._inside(to_path or ".")))

    def _inside(self, path: str) -> Path:
        root = Path(self.basepath).expanduser().resolve()
        place = (root / path).resolve()
        if not place.is_relative_to(root):
            raise BadBlock(self.get_block_type_slug(), f"{path!r} leads out of {root}")
        return place


def _copied(source: Path, target: Path) -> list[str]:
    copied: list[str] = []

    def copy(one: str, to: str) -> str:
        copied.append(to)
        return str(shutil.copy2(one, to))

    if source.resolve() != target.resolve():
        shutil.copytree(source, target, dirs_exist_ok=True, copy_function=copy)
    return copied


__all__ = ["JSON", "DateTime", "LocalFileSystem", "SecretBlock", "String"]
