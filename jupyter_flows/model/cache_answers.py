"""What a look-up in the cache answered, as a line of the run's log, and read back from it.

A miss tells what its key was made of. A hit need not: its key is that of the run the value came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

_DIGITS = 16  # of each part's digest: enough to tell two values of one part apart
_HIT = re.compile(r"cache hit: from (\S+), (\d+) s old, key (.*)", re.DOTALL)
_MISS = "cache miss: "


class CacheKey(NamedTuple):
    """A cache key and what it is made of.

    Parameters
    ----------
    text
        The key.
    parts
        Name of the part (``task``, ``input day``, ``task source`` ...) to its digest in hexadecimal; of a key
        function's key only the function's name is known.
    """

    text: str
    parts: Mapping[str, str]


class CacheAnswer(NamedTuple):
    """What a look-up answered.

    Parameters
    ----------
    key
        The cache key.
    origin
        The task run that the value came from; empty where none was found.
    age
        Seconds since the value was kept; of a hit.
    parts
        What the key is made of, digests shortened; of a miss.
    why
        What kept a value that may be there from being used (the run was told to refresh it, its file is gone).
    """

    key: str
    origin: str = ""
    age: int = 0
    parts: Mapping[str, str] = {}
    why: str = ""


def hit_line(origin: str, key: str) -> str:
    """Say a hit; ``origin`` is ``from RUN-NUMBER, AGE s old``."""
    return f"cache hit: {origin}, key {key}"


def miss_line(key: CacheKey, why: str = "") -> str:
    """Say a miss, and what its key is made of."""
    parts = {name: digest[:_DIGITS] for name, digest in key.parts.items()}
    told = {"key": key.text, "parts": parts, **({"why": why} if why else {})}
    return _MISS + json.dumps(told, separators=(",", ":"))


def read_answer(line: str) -> CacheAnswer | None:
    """Read a line of a log; None where it is about something else."""
    if match := _HIT.fullmatch(line):
        return CacheAnswer(match[3], match[1], int(match[2]))
    if not line.startswith(_MISS):
        return None
    try:
        told: Any = json.loads(line.removeprefix(_MISS))
        key, parts, why = told["key"], told["parts"], told.get("why", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    fits = isinstance(key, str) and isinstance(why, str) and isinstance(parts, dict)
    return CacheAnswer(key, parts=cast("dict[str, str]", parts), why=why) if fits else None
