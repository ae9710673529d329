"""A file of variables for a run: ``NAME=value`` lines, read when the run starts.

What it says may be secret: every value is taken out of what the run writes, and no error shows one.
"""

from __future__ import annotations

import re
from pathlib import Path

from jupyter_flows.errors import EnvFileError
from jupyter_flows.secrets.resolved import register

MOST_BYTES = 1_000_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXPORT = re.compile(r"export[ \t]+")
_COMMENT = re.compile(r"\s#.*")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$"}


def read_env_file(path: str | Path) -> dict[str, str]:
    r"""Read the variables of a file, and let their values be taken out of everything that is written from now on.

    A line is ``NAME=value``, also behind ``export``. Blank lines and lines that begin with ``#`` say nothing. A value
    in single quotes is taken as it is; in double quotes ``\n``, ``\t``, ``\r``, ``\"``, ``\\`` and ``\$`` stand for
    themselves, and it may go over several lines. Without quotes it ends before ``#`` with a space in front. Nothing is
    expanded. Of a name that is given twice, the last value counts.

    Raises
    ------
    EnvFileError
        It cannot be read, or a line is none of these; the error names the line and not what it says.
    """
    variables = parse_env_file(_text(path), str(path))
    for value in variables.values():
        register(value)
    return variables


def parse_env_file(text: str, path: str) -> dict[str, str]:
    """Read the variables of a text.

    Parameters
    ----------
    path
        Where it comes from, for the error.

    Raises
    ------
    EnvFileError
    """
    variables: dict[str, str] = {}
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = _EXPORT.sub("", stripped, count=1).partition("=")
        name, value = name.rstrip(), value.lstrip()
        if not equals or not _NAME.fullmatch(name):
            raise EnvFileError(path, number, "it should read NAME=value; begin it with # if it is a comment")
        if value[:1] in {'"', "'"}:
            quote = value[0]
            while not _is_closed(value, quote):
                _, more = next(lines, (0, None))
                if more is None:
                    raise EnvFileError(path, number, f"the value of {name} has no closing {quote}")
                value += f"\n{more}"
            variables[name] = _unquoted(value, quote, name, path, number)
        else:
            variables[name] = _COMMENT.sub("", f" {value}").strip()
    return variables


def _text(path: str | Path) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)  # it may have no end
    except OSError as error:
        raise EnvFileError(str(path), 0, f"{error.strerror or error}; put it there, or deploy without it") from None
    if len(data) > MOST_BYTES:
        raise EnvFileError(str(path), 0, f"at most {MOST_BYTES:,} bytes are read, and it has more")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EnvFileError(str(path), data[: error.start].count(b"\n") + 1, "it is not UTF-8 text") from None
    if "\0" in text:
        raise EnvFileError(str(path), text[: text.index("\0")].count("\n") + 1, "no variable can hold a NUL character")
    return text


def _is_closed(value: str, quote: str) -> bool:
    return _end(value, quote) > 0


def _end(value: str, quote: str) -> int:
    """The position of the closing quote; 0 where there is none."""
    place = 1
    while place < len(value):
        if value[place] == quote:
            return place
        place += 2 if quote == '"' and value[place] == "\\" else 1
    return 0


def _unquoted(value: str, quote: str, name: str, path: str, number: int) -> str:
    end = _end(value, quote)
    rest = value[end + 1 :].strip()
    if rest and not rest.startswith("#"):
        raise EnvFileError(path, number, f"there is more behind the closing {quote} of {name}")
    inside = value[1:end]
    if quote == "'":
        return inside
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[0]), inside, flags=re.DOTALL)


__all__ = ["MOST_BYTES", "parse_env_file", "read_env_file"]
