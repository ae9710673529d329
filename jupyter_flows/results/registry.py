"""Which serializers there are, and which one a value gets when nobody names one.

Others are added by installed packages, as entry points of the group ``jupyter_flows.serializers``: each is a
`Serializer`, or a class of one. They are looked for only when a name is asked for that is not built in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import BinaryIO, Protocol, cast

from jupyter_flows.errors import BadOption

GROUP = "jupyter_flows.serializers"


class Serializer(Protocol):
    """Writes values to files and reads them back.

    Attributes
    ----------
    suffix
        Ending of its files, with the dot.
    """

    suffix: str

    def dump(self, value: object, file: BinaryIO) -> None:
        """Write a value; whatever is raised means that this one cannot write it."""
        ...

    def load(self, content: bytearray) -> object:
        """Return the value. The content was verified; a view of it may be kept instead of a copy."""
        ...


# Each is imported on its first use: they need packages that are large, or that are not installed.
_BUILT_IN: Mapping[str, str] = {
    "json": "JsonSerializer",
    "arrow": "ArrowSerializer",
    "parquet": "ParquetSerializer",
    "npy": "NpySerializer",
    "pickle": "PickleSerializer",
}
_HOMES = {
    "json": lambda: import_module("jupyter_flows.results.json_files"),
    "arrow": lambda: import_module("jupyter_flows.results.arrow_files"),
    "parquet": lambda: import_module("jupyter_flows.results.arrow_files"),
    "npy": lambda: import_module("jupyter_flows.results.npy_files"),
    "pickle": lambda: import_module("jupyter_flows.results.pickle_files"),
}
_loaded: dict[str, Serializer] = {}


def known_serializers() -> list[str]:
    """Return the names that may be given as a serializer, the built-in ones first."""
    from importlib.metadata import entry_points

    return list(dict.fromkeys([*_BUILT_IN, *sorted(entry_points(group=GROUP).names)]))


def serializer(name: str) -> Serializer:
    """Return a serializer by its name.

    Raises
    ------
    BadOption
        There is none of that name, or the package that brings it does not work.
    MissingExtra
        It needs a package that is not installed.
    """
    if name not in _loaded:
        _loaded[name] = getattr(_HOMES[name](), _BUILT_IN[name])() if name in _BUILT_IN else _from_entry_point(name)
    return _loaded[name]


def fitting_serializers(value: object) -> list[str]:
    """Return the serializers to try for a value that is no JSON, in order; pickle takes what is left.

    Only exact types: a subclass may hold more than the format can. A package that was never imported has no values.
    """
    kind = type(value)
    for package, name, serializer_name, is_faithful in _BY_TYPE:
        module = sys.modules.get(package)
        if module is not None and kind is getattr(module, name, None) and is_faithful(value):
            return [serializer_name, "pickle"]
    return ["pickle"]


def _npy_keeps(value: object) -> bool:
    from jupyter_flows.results.npy_files import is_plain

    return is_plain(value)


def _arrow_keeps(value: object) -> bool:
    try:
        from jupyter_flows.results.arrow_files import is_plain
    except ImportError:  # without pyarrow a DataFrame is pickled
        return False
    return is_plain(value)


_BY_TYPE: tuple[tuple[str, str, str, Callable[[object], bool]], ...] = (
    ("numpy", "ndarray", "npy", _npy_keeps),
    ("pandas", "DataFrame", "arrow", _arrow_keeps),
    ("pyarrow", "Table", "arrow", lambda _: True),
)


def _from_entry_point(name: str) -> Serializer:
    from importlib.metadata import entry_points

    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise BadOption("a kept result", "serializer", name, f"known ones: {', '.join(known_serializers())}")
    try:
        loaded: object = found.load()
        made = loaded() if isinstance(loaded, type) else loaded
    except Exception as error:
        wanted = f"{found.value}, which brings it, does not load: {type(error).__name__}: {error}"
        raise BadOption("a kept result", "serializer", name, wanted) from error
    if not all(hasattr(made, part) for part in ("suffix", "dump", "load")):
        raise BadOption("a kept result", "serializer", name, f"{found.value} has no suffix, dump and load")
    return cast("Serializer", made)
