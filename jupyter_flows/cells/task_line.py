"""The options of a task cell: `%%task [NAME] [options]`, or the same words in the cell's metadata."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from jupyter_flows.errors import BadOption, UnknownOption

MAGIC = "%%task"
METADATA = "cell metadata `jupyter_flows`"
ISOLATIONS = ("shared", "copy", "process")

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d)?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class TaskLine:
    """What a task cell asks for.

    Parameters
    ----------
    name
        The task's name; empty where one is to be derived.
    retries
        Further attempts after the first.
    retry_delay_seconds
        Seconds before each retry; the last one repeats.
    timeout_seconds
        Time limit of one attempt; none when 0.
    cache_seconds
        For how long a kept result stands in for a run with the same source and inputs: None is not at all, infinity
        is for ever.
    tags
        Words to filter by; one that names a limit takes a slot of it.
    inputs, outputs
        Names that the task needs and gives, instead of those that are inferred; None where they are inferred.
    after
        Names of tasks that must have ended before.
    mutates
        Names whose values it changes in place, beside those that are inferred.
    ignore
        Names that make no edge, although the cell reads them.
    infer
        Whether anything is inferred at all.
    background
        Whether running the cell returns at once.
    isolation
        Where the body runs: ``shared`` (the notebook's namespace), ``copy`` or ``process``; empty where nothing was
        said.
    """

    name: str = ""
    retries: int = 0
    retry_delay_seconds: tuple[float, ...] = ()
    timeout_seconds: float = 0.0
    cache_seconds: float | None = None
    tags: tuple[str, ...] = ()
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    mutates: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    infer: bool = True
    background: bool = False
    isolation: str = ""


@dataclass(frozen=True, slots=True)
class LineOption:
    """One option, for parsing and for a magic's help alike.

    Parameters
    ----------
    word
        As it is typed after ``--``; in metadata without the dashes, and with ``_`` or ``-`` between words.
    field
        The field of `TaskLine` that it fills.
    read
        Brings a text, or a JSON value from metadata, into that field's type; raises `ValueError` saying what is wanted.
    metavar
        What stands for its value in the help; empty for a flag, which takes none.
    help
        One line.
    """

    word: str
    field: str
    read: Callable[[object], Any]
    metavar: str
    help: str


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or _CONTROLS.search(value):
        raise ValueError("give a name, without control characters")
    return value.strip()


def _count(value: object) -> int:
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError("give a whole number from 0 up")
    return int(text)


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("give seconds, or a number with s, m, h or d: 30, 1.5h")
    return float(found[1]) * _UNITS[found[2] or ""]


def _delays(value: object) -> tuple[float, ...]:
    return tuple(_seconds(part) for part in _parts(value))


def _lifetime(value: object) -> float | None:
    if value in (True, "always"):
        return float("inf")
    return None if value is False else _seconds(value)


def _words(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(part) for part in _parts(value)))


def _names(value: object) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_text(part) for part in _parts(value))) if value != "" else ()
    for name in names:
        if not name.isidentifier():
            raise ValueError("give Python names with commas between them, such as a,b")
    return names


def _parts(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(cast("list[object]", value))
    if isinstance(value, str):
        return [part for part in (part.strip() for part in value.split(",")) if part]
    return [value]


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("give true or false")


def _not(value: object) -> bool:
    return not _flag(value)


def _isolation(value: object) -> str:
    if value not in ISOLATIONS:
        raise ValueError(f"use one of {', '.join(ISOLATIONS)}")
    return cast("str", value)


OPTIONS = (
    LineOption("name", "name", _text, "NAME", "the task's name; also the first word of the line"),
    LineOption("retries", "retries", _count, "N", "further attempts after a failed one"),
    LineOption(
        "retry-delay", "retry_delay_seconds", _delays, "SECONDS", "wait before a retry; 1,10,60 for each its own"
    ),
    LineOption("timeout", "timeout_seconds", _seconds, "SECONDS", "time limit of one attempt, such as 90 or 5m"),
    LineOption("cache", "cache_seconds", _lifetime, "SECONDS", "take a kept result that is no older; `always` for any"),
    LineOption("tags", "tags", _words, "WORDS", "words to filter by, with commas; a limit of that name holds the task"),
    LineOption("in", "inputs", _names, "NAMES", "the names that it needs, instead of those that are inferred"),
    LineOption("out", "outputs", _names, "NAMES", "the names that it gives, instead of those that are inferred"),
    LineOption("after", "after", _words, "TASKS", "tasks that must have ended before, with commas"),
    LineOption("mutates", "mutates", _names, "NAMES", "names whose values it changes in place"),
    LineOption("ignore", "ignore", _names, "NAMES", "names that it reads without depending on them"),
    LineOption("isolation", "isolation", _isolation, "WHERE", f"where its body runs: {', '.join(ISOLATIONS)}"),
    LineOption("no-infer", "infer", _not, "", "infer no dependencies: only --in, --out, --mutates and --after count"),
    LineOption("background", "background", _flag, "", "return at once; a later cell that needs its names waits"),
)
_BY_WORD = {option.word: option for option in OPTIONS}


def parse_task_line(line: str) -> TaskLine:
    """Read what stands behind ``%%task``.

    Parameters
    ----------
    line
        Words and options as in a shell: ``clean --retries 3 --in raw,day``. A value with blanks stands in quotes; an
        option given twice counts with its last value.

    Raises
    ------
    UnknownOption
        Naming it and the nearest known one.
    BadOption
        A value that cannot be meant, or is missing; a second name; quotes that are not closed.
    """
    return _task_line(MAGIC, dict(_options(_split(line))))


def task_line_of_metadata(options: Mapping[str, object]) -> TaskLine:
    """Read the options of a cell with the tag ``task`` from its metadata.

    Parameters
    ----------
    options
        What the cell's metadata has under ``jupyter_flows``: ``{"name": "clean", "retries": 3, "in": ["raw"]}``. Lists
        may be texts with commas too, flags are ``true`` or ``false``.

    Raises
    ------
    UnknownOption, BadOption
        As `parse_task_line`.
    """
    return _task_line(METADATA, {str(word).replace("_", "-"): value for word, value in options.items()})


def _task_line(what: str, given: Mapping[str, object]) -> TaskLine:
    fields: dict[str, Any] = {}
    dashes = "--" if what == MAGIC else ""
    for word, value in given.items():
        option = _BY_WORD.get(word)
        if option is None:
            raise UnknownOption(what, dashes + word, [dashes + known for known in _BY_WORD])
        try:
            fields[option.field] = option.read(value)
        except ValueError as error:
            raise BadOption(what, dashes + word, value, str(error)) from None
    return TaskLine(**fields)


def _split(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    lexer.escape = ""  # a backslash is a character of a name, not an escape
    try:
        return list(lexer)
    except ValueError:
        raise BadOption(MAGIC, "line", line, "a quotation mark is not closed") from None


def _options(words: list[str]) -> Iterator[tuple[str, object]]:
    rest = iter(words)
    named = False
    for each in rest:
        if not each.startswith("-"):
            if named:
                raise BadOption(MAGIC, "name", each, "there is a name already; a name with blanks stands in quotes")
            named = True
            yield "name", each
            continue
        word, equals, value = each.removeprefix("--").partition("=")
        option = _BY_WORD.get(word) if each.startswith("--") else None
        if option is None:
            raise UnknownOption(MAGIC, each.partition("=")[0], [f"--{known}" for known in _BY_WORD])
        if not option.metavar:
            if equals:
                raise BadOption(MAGIC, f"--{word}", value, "it is given without a value")
            yield word, True
        else:
            yield word, value if equals else _value(option, rest)


def _value(option: LineOption, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None or value.startswith("--"):
        raise BadOption(MAGIC, f"--{option.word}", value or "", f"write --{option.word} {option.metavar}")
    return value
