"""Python, the packages that are needed, and the extras."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata

from jupyter_flows.services.health.finding import FAIL, OK, WARN, Finding
from jupyter_flows.version import __version__

_NAME = "jupyter-flows"
_LEAST = (3, 11)
_SHOWN = ("jupyter_core", "ipykernel", "nbconvert", "papermill", "sqlalchemy", "pydantic")
_TOLD = ("lab", "results", "s3")
_OWN_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def look_at_packages() -> Iterator[Finding]:
    """Look at Python, at what must be installed, and at what may be."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    if sys.version_info >= _LEAST:
        yield Finding(OK, "python", python)
    else:
        yield Finding(FAIL, "python", python, f"use Python {'.'.join(map(str, _LEAST))} or newer")
    try:
        wanted = metadata.requires(_NAME) or []
    except metadata.PackageNotFoundError:
        advice = "install it: pip install . (from its folder), so that `jupyter flows` and its kernels find it"
        yield Finding(WARN, "packages", f"{_NAME} {__version__} is used from a folder, not installed", advice)
        return
    yield _needed([one for one in wanted if not _OWN_EXTRA.search(one)])
    for extra in _TOLD:
        parts = [one for one in wanted if (found := _OWN_EXTRA.search(one)) and found[1] == extra]
        if parts:
            yield _optional(extra, parts)


def _needed(wanted: Iterable[str]) -> Finding:
    wrong = [said for one in wanted if (said := _complaint(one))]
    if wrong:
        return Finding(FAIL, "packages", "; ".join(wrong), f"pip install --upgrade {_NAME}")
    shown = ", ".join(f"{name} {found}" for name in _SHOWN if (found := _version(name)))
    return Finding(OK, "packages", f"{_NAME} {__version__}; {shown}")


def _optional(extra: str, wanted: Iterable[str]) -> Finding:
    wanted = list(wanted)
    missing = [said for one in wanted if (said := _complaint(one))]
    if missing:
        advice = f"only where it is wanted: pip install '{_NAME}[{extra}]'"
        return Finding(OK, f"extra {extra}", f"not here: {'; '.join(missing)}", advice)
    found = ", ".join(f"{name} {_version(name)}" for name in map(_name, wanted))
    return Finding(OK, f"extra {extra}", found)


def _complaint(requirement: str) -> str:
    """What is wrong with one requirement; empty where it is met, or only for other systems."""
    from packaging.requirements import Requirement  # comes with Jupyter; only `doctor` needs it

    wanted = Requirement(requirement)
    if wanted.marker is not None and not _OWN_EXTRA.search(str(wanted.marker)) and not wanted.marker.evaluate():
        return ""
    found = _version(wanted.name)
    if found is None:
        return f"{wanted.name} is missing"
    if not wanted.specifier.contains(found, prereleases=True):
        return f"{wanted.name} is {found}, wanted is {wanted.specifier}"
    return ""


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return found[0] if found else requirement


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


__all__ = ["look_at_packages"]
