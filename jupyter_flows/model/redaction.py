"""Taking secrets out of texts: a pure function of what is secret, in each form in which a text may hold it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from html import escape
from typing import Any, cast
from urllib.parse import quote, quote_plus

MASK = "••••••"
SHORTEST = 6  # characters; what is shorter stands in too many innocent texts
_SHORTEST_LINE = 8
_SHORTEST_PIECE = 8  # of base64, where the text around it is encoded too
_CODE = re.compile("%[0-9A-F]{2}")
# Beside letters, digits and "-._~": by Python's functions, JavaScript's two, and RFC 3986 in names, paths and queries.
_KEPT_IN_ADDRESSES = ("", "/", " +", "!*'()", ";,/?:@&=+$!*'()#", "!$&'()*+,;=", "!$&'()*+,;=:@", "!$&'()*+,;=:@/?")


class Redactor:
    """Puts `MASK` in the place of every secret.

    Parameters
    ----------
    values
        The secrets; those shorter than `SHORTEST` are left out. Of one with several lines, each line is one.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values = frozenset(value for value in values if len(value) >= SHORTEST)
        found = {form for value in self.values for part in _parts(value) for form in _forms(part)}
        # The longest first: a form may be a part of another one.
        self._forms = sorted(found, key=lambda form: (-len(form), form))

    def holds(self, text: str) -> bool:
        """Whether there is a secret in a text."""
        return any(form in text for form in self._forms)

    def text(self, text: str, *, cut: bool = False) -> str:
        """Return a text without secrets.

        Parameters
        ----------
        cut
            Whether it was cut at its end, so that the beginning of a secret may stand there.
        """
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return self._without_beginning(text) if cut else text

    def unfinished(self, text: str) -> int:
        """How many characters at a text's end may be the beginning of a secret, of which the rest is still to come."""
        return max((_begun(form, text) for form in self._forms), default=0)

    def data(self, data: bytes) -> bytes:
        """Return the content of a file without secrets."""
        for form, mask in self._bytes:
            if form in data:
                data = data.replace(form, mask)
        return data

    def holds_bytes(self, data: bytes) -> bool:
        """Whether there is a secret in the content of a file."""
        return any(form in data for form, _ in self._bytes)

    def json(self, value: Any) -> Any:
        """Return a value of JSON's types without secrets, in texts and in keys; anything else in it is as it was."""
        if isinstance(value, str):
            return self.text(value) if self.holds(value) else value
        if isinstance(value, dict):
            return {self.json(key): self.json(item) for key, item in cast("dict[Any, Any]", value).items()}
        if isinstance(value, list | tuple):
            return [self.json(item) for item in cast("list[Any]", value)]
        return self.data(value) if isinstance(value, bytes) else value

    @cached_property
    def _bytes(self) -> list[tuple[bytes, bytes]]:
        found = [(form.encode("utf-8", "surrogatepass"), MASK.encode()) for form in self._forms]
        # As NumPy and Windows keep texts.
        for encoding in ("utf-32-le", "utf-16-le"):
            plain = (value.encode(encoding, "surrogatepass") for value in sorted(self.values))
            found += [(form, MASK.encode(encoding)) for form in plain]
        return found

    def _without_beginning(self, text: str) -> str:
        begun = self.unfinished(text)
        return text[:-begun] + MASK if begun >= SHORTEST else text


def _parts(value: str) -> set[str]:
    """The whole, and each line of it that says something: what is printed is kept line by line."""
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    return {value, value.strip(), *(line for line in lines if len(line) >= _SHORTEST_LINE and line[:3] != "---")}


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    forms = {
        value,
        repr(value)[1:-1],
        ascii(value)[1:-1],
        repr(raw)[2:-1],
        value.replace("'", "'\"'\"'"),  # quoted for a shell, in both ways
        value.replace("'", "'\\''"),
        *_in_json(value),
        *_in_markup(value),
        *_in_addresses(raw.decode("utf-8", "backslashreplace")),
        raw.hex(),
        raw.hex().upper(),
        *_base64_forms(raw),
    }
    return {form for form in forms if len(form) >= SHORTEST}


def _in_json(value: str) -> Iterator[str]:
    """As the libraries write a text in JSON, alone, in other JSON and in HTML: they differ in what else they escape."""
    for plain in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        for escaped in (plain, plain.replace("/", "\\/"), plain.replace("</", "<\\/"), *_without_markup(plain)):
            yield escaped
            yield json.dumps(escaped)[1:-1]
        yield from _in_markup(plain)


def _without_markup(text: str) -> Iterator[str]:
    """JSON that may stand in a page: its signs of markup by their numbers."""
    for number in ("{:04x}", "{:04X}"):
        yield text.translate({ord(sign): "\\u" + number.format(ord(sign)) for sign in "<>&"})


def _in_addresses(text: str) -> Iterator[str]:
    """As the libraries write a text in URLs: they differ in which signs they leave, and in the case of numbers."""
    for kept in _KEPT_IN_ADDRESSES:
        coded = quote(text, safe=kept)
        yield from (coded, quote(coded, safe=""), coded.replace("%20", "+"), _CODE.sub(_in_lower_case, coded))
    yield _CODE.sub(_in_lower_case, quote_plus(text))


def _in_lower_case(found: re.Match[str]) -> str:
    return found[0].lower()


def _in_markup(value: str) -> Iterator[str]:
    """As the libraries write a text in HTML: they differ in what they make of quotes."""
    plain = escape(value, quote=False)
    for double in ('"', "&quot;", "&#34;"):
        for single in ("'", "&#x27;", "&#39;"):
            yield plain.replace('"', double).replace("'", single)


def _begun(form: str, text: str) -> int:
    """How much of a form a text ends with; 0 where it is none of it."""
    tail = text[-(len(form) - 1) :]
    start = tail.find(form[0])
    while start >= 0:
        if form.startswith(tail[start:]):
            return len(tail) - start
        start = tail.find(form[0], start + 1)
    return 0


def _base64_forms(raw: bytes) -> set[str]:
    """In base64, alone and within a longer text, where the place decides how it is spelled."""
    forms: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(raw).decode().rstrip("="))
        for skipped in (1, 2):  # bytes that share a group with what stands before
            whole = raw[skipped : skipped + (len(raw) - skipped) // 3 * 3]
            forms.add(encode(whole).decode())
        forms.add(encode(raw[: len(raw) // 3 * 3]).decode())
    return {form for form in forms if len(form) >= _SHORTEST_PIECE}


__all__ = ["MASK", "SHORTEST", "Redactor"]
