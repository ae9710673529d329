"""What a notebook published, as the code that ran it sees it: values in files are read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_flows.notebooks.json_values import JsonValue
from jupyter_flows.notebooks.published import PublishedFile
from jupyter_flows.wiring import result_store

_LONGEST = 80


def published_values(
    run_id: str, values: Mapping[str, JsonValue], files: Mapping[str, PublishedFile]
) -> Mapping[str, Any]:
    """Return all by name: a plain dict where nothing is in a file."""
    return PublishedValues(run_id, values, files) if files else dict(values)


class PublishedValues(Mapping[str, Any]):
    """Published values of which some are in files.

    Asking for one of these verifies its signature and digest, loads it once and keeps it in memory.

    Raises
    ------
    ResultMissing
        When it is asked for: the file is gone, or is not the one that was published.
    """

    def __init__(self, run_id: str, values: Mapping[str, JsonValue], files: Mapping[str, PublishedFile]) -> None:
        self._run_id, self._values, self._files = run_id, dict(values), dict(files)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._files:
            return self._values[name]
        if name not in self._loaded:
            self._loaded[name] = result_store().read(self._files[name].kept, self._run_id, 0)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._values
        yield from self._files

    def __len__(self) -> int:
        return len(self._values) + len(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._files

    def described(self, name: str) -> str:
        """What to show of a value without loading it."""
        return told(self._files[name]) if name in self._files else repr(self._values[name])

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {self.described(name)}' for name in self)}}}"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": {}}


def told(file: PublishedFile) -> str:
    """Say what a published file is."""
    return f"<{file.type_name} in a file of {file.kept.size:,} bytes>"


def shown_value(values: Mapping[str, Any], name: str) -> str:
    """A short text of one value; nothing is loaded for it."""
    text = values.described(name) if isinstance(values, PublishedValues) else repr(values[name])
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


__all__ = ["PublishedValues", "published_values", "shown_value", "told"]
