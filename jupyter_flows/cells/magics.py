"""What IPython's magics do with names, as far as their words tell."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise

# Magics whose line, or body, is code in the cell's own namespace.
_CODE_LINE = {"time", "timeit", "prun", "debug", "memit", "mprun", "lprun", "pyinstrument"}
_CODE_BODY = {"time", "timeit", "prun", "capture", "memit", "pyinstrument", "debug", "snakeviz"}
_SCRATCH = {"timeit"}  # their code binds names of its own
_ANY_NAME = {
    "run",
    "pylab",
    "reset",
    "reset_selective",
    "load",
    "loadpy",
    "rerun",
    "recall",
    "macro",
    "edit",
    "autocall",
}
_WITH_VALUE = re.compile(r"-[a-zA-Z]\S*")
_BRACES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")
_DOLLARS = re.compile(r"(?<![\\$])\$([A-Za-z_]\w*)")
_PRUN_VALUES = {"-s", "-l", "-T", "-D", "-n", "-r", "-t", "-p", "-o", "-f", "-m"}


@dataclass(frozen=True, slots=True)
class MagicUse:
    """What one magic or shell command does with names.

    Parameters
    ----------
    expressions
        Python expressions that are put into its text.
    binds
        Names that it binds.
    code
        Code that it runs, still with IPython's syntax; empty when none.
    in_body
        Whether the code is the body (which starts a line below) instead of part of the line.
    scratch
        Whether what the code binds does not stay.
    unknown
        What keeps from knowing, as a person would write it; empty when nothing.
    reaches
        Whether that may read or bind any name.
    """

    expressions: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    code: str = ""
    in_body: bool = False
    scratch: bool = False
    unknown: str = ""
    reaches: bool = True


def shell_use(command: str) -> MagicUse:
    """Judge ``!command``: names stand in it as ``{name}`` and ``$name``."""
    return MagicUse(expressions=_expressions(command))


def line_magic_use(name: str, line: str) -> MagicUse:
    """Judge ``%name line``."""
    name = name.lstrip("%")
    if name in _CODE_LINE:
        return MagicUse(code=_without_options(line), scratch=name in _SCRATCH)
    if name in _ANY_NAME:
        return MagicUse(unknown=f"%{name}")
    binds: tuple[str, ...] = ()
    if name == "store" and line.split()[:1] == ["-r"]:
        stored = tuple(word for word in line.split()[1:] if word.isidentifier())
        return MagicUse(binds=stored) if stored else MagicUse(unknown="%store -r")
    if name == "xdel":
        return MagicUse(unknown="%xdel")
    if name in {"pinfo", "pinfo2", "psource", "pdoc", "pfile"}:
        return MagicUse()  # only shows something
    return MagicUse(_expressions(line), binds)


def cell_magic_use(name: str, line: str, body: str) -> MagicUse:
    """Judge ``%%name line`` over a body."""
    name = name.lstrip("%")
    if name in _CODE_BODY:
        binds = _capture_names(line) if name == "capture" else ()
        first = _without_options(line) if name == "timeit" else ""  # the line is its setup code
        code = f"{first}\n{body}" if first else body
        return MagicUse((), binds, code, in_body=not first, scratch=name in _SCRATCH)
    if name in {"bash", "sh", "script", "ruby", "perl", "python", "python2", "python3", "pypy", "system", "sx", "!"}:
        return MagicUse(_expressions(line), _script_names(line))
    if name in {"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "writefile", "file"}:
        return MagicUse(_expressions(line))
    return MagicUse(_expressions(line), unknown=f"%%{name}", reaches=False)


def _expressions(text: str) -> tuple[str, ...]:
    return (*(found.strip() for found in _BRACES.findall(text)), *_DOLLARS.findall(text))


def _capture_names(line: str) -> tuple[str, ...]:
    return tuple(word for word in line.split() if word.isidentifier())[:1]


def _script_names(line: str) -> tuple[str, ...]:
    try:
        words = shlex.split(line)
    except ValueError:
        return ()
    given = [after for word, after in pairwise(words) if word in {"--out", "--err", "--proc"}]
    given += [word.partition("=")[2] for word in words if word.startswith(("--out=", "--err=", "--proc="))]
    return tuple(name for name in given if name.isidentifier())


def _without_options(line: str) -> str:
    rest = line.strip()
    while (option := _WITH_VALUE.match(rest)) and not option[0][1:2].isdigit():
        word = option[0]
        rest = rest[option.end() :].lstrip()
        if word == "--":
            break
        if word in _PRUN_VALUES:
            _, _, rest = rest.partition(" ")
            rest = rest.lstrip()
    return rest
