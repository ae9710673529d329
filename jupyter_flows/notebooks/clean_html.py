"""HTML that anybody may have written, reduced to what shows something and does nothing."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_TAGS = [
    "a", "abbr", "acronym", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del",
    "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
]  # fmt: skip

_ATTRIBUTES = {
    "*": ["class", "id", "title", "lang", "dir", "style"],
    "a": ["href"],
    "img": ["src", "alt", "width", "height"],
    "ol": ["start"],
    "table": ["border"],
    "td": ["colspan", "rowspan", "align", "valign"],
    "th": ["colspan", "rowspan", "align", "valign", "scope"],
}

# The text between these is meant for machines: without its tags it would be shown. What is left is cleaned anyway.
_OPENING = re.compile(r"<(style|script|template)\b[^<>]*>", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("style", "script", "template")}
# The cleaner knows no data URI, but an image in one is how notebooks carry pictures. Set aside, such a URI is a plain
# relative name; put back it is what ends no attribute: letters, digits and a few signs, or the whole of a quoted one.
_IMAGE = re.compile(
    r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=]+|"
    r'(?<=\bsrc=")data:image/svg\+xml,[^"<&#]*(?=")'
)
_SET_ASIDE = re.compile(r"set-aside-image-(\d{1,6})\b")


def clean_html(markup: object) -> str:
    """Return markup without scripts, handlers, frames, forms and style sheets; text and tables stay.

    Parameters
    ----------
    markup
        HTML as text or UTF-8 bytes.
    """
    text = markup.decode(errors="replace") if isinstance(markup, bytes) else str(markup)
    images: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        images.append(found.group())
        return f"set-aside-image-{len(images) - 1}"

    def put_back(found: re.Match[str]) -> str:
        number = int(found.group(1))
        return images[number] if number < len(images) else found.group()

    readable = _IMAGE.sub(set_aside, _for_readers(text))
    return _SET_ASIDE.sub(put_back, _cleaner().sanitize_html_tags(readable))


def _for_readers(text: str) -> str:
    """Leave out what is meant for machines. No part is looked at again for each of many tags that nobody closes."""
    parts: list[str] = []
    end, unclosed = 0, set[str]()
    for opening in _OPENING.finditer(text):
        name = opening[1].lower()
        if opening.start() < end or name in unclosed:
            continue
        closing = _CLOSING[name].search(text, opening.end())
        if closing is None:
            unclosed.add(name)
        else:
            parts.append(text[end : opening.start()])
            end = closing.end()
    return "".join([*parts, text[end:]])


@cache
def _cleaner() -> Any:
    from nbconvert.preprocessors.sanitize import SanitizeHTML

    return SanitizeHTML(tags=_TAGS, attributes=_ATTRIBUTES, strip=True)
