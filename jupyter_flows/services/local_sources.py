"""The files beside a notebook or module that it imports, found in their text: nothing is run."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

MOST_FILES = 500
_OWN = __name__.partition(".")[0]  # this package is part of the environment, wherever it stands


def local_sources(sources: Iterable[str], module: str, root: Path) -> tuple[Path, ...]:
    """Return the files below a folder that code imports, and those that these import, and so on.

    What is written in a way that only shows when it runs (``importlib``, a name put together) is not found. Where the
    folder is one that packages are installed into, only the module's own package is looked at.

    Parameters
    ----------
    sources
        Texts of the code; what is no Python is passed over.
    module
        Its dotted name, which relative imports are meant from; empty for a notebook.
    root
        The folder that imports start from.

    Returns
    -------
    tuple of Path
        Sorted; at most 500 of them.
    """
    own = module.partition(".")[0] if root in _installed() else ""
    found: dict[Path, str] = {}
    waiting = [(text, module, False) for text in sources]
    while waiting and len(found) < MOST_FILES:
        text, name, is_package = waiting.pop()
        names = (one for one in _imported(text, name, is_package) if own in {"", one.partition(".")[0]})
        for wanted in names:
            for path, of in _files(wanted, root):
                if path not in found:
                    found[path] = of
                    waiting.append((_read(path), of, path.stem == "__init__"))
    return tuple(sorted(found)[:MOST_FILES])


@cache
def _installed() -> frozenset[Path]:
    """The folders of installed packages, the standard library's among them."""
    paths = sysconfig.get_paths()
    return frozenset(Path(paths[kind]) for kind in ("stdlib", "platstdlib", "purelib", "platlib"))


def _imported(text: str, module: str, is_package: bool) -> Iterator[str]:
    try:
        with warnings.catch_warnings():  # of strings with odd escapes in somebody's file
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (base := _base(node, module, is_package)):
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """The module that names are imported from; empty where a relative import leads out of its package."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: max(0, len(parts) - node.level + is_package)]
    return ".".join([*kept, *filter(None, [node.module])]) if kept else ""


def _files(name: str, root: Path) -> Iterator[tuple[Path, str]]:
    """Give the file of a module, and those of the packages that it is in."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts) or parts[0] == _OWN:
        return
    for count in range(1, len(parts) + 1):
        place, of = root.joinpath(*parts[:count]), ".".join(parts[:count])
        if (package := place / "__init__.py").is_file():
            yield package, of
        elif (plain := place.with_suffix(".py")).is_file():
            yield plain, of


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


__all__ = ["local_sources"]
