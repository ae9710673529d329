"""Names that are made from a run, and fit where they go."""

from __future__ import annotations

import hashlib
import re
from string import Formatter

WORDS = ("run_name", "flow_name", "deployment", "run_id")
_LONGEST_LABEL = 63


def check_template(text: str) -> str:
    """Return a template of a name, or refuse it.

    Raises
    ------
    ValueError
    """
    try:
        fields = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise ValueError(f"{text!r} is no template: {error}") from None
    unknown = [name for name in fields if name not in WORDS]
    if unknown:
        raise ValueError(f"{text!r} asks for {unknown[0]!r}; known are {', '.join(WORDS)}")
    return text


def dns_label(template: str, values: dict[str, str]) -> str:
    """Fill a template and make a DNS label of it: small letters, digits and ``-``, at most 63, never empty.

    What is cut off is told apart by a digest of the whole.
    """
    full = template.format(**{word: values.get(word, word.replace("_", "-")) for word in WORDS})
    label = re.sub(r"[^a-z0-9-]+", "-", full.lower()).strip("-") or "run"
    if len(label) <= _LONGEST_LABEL:
        return label
    digest = hashlib.sha256(full.encode()).hexdigest()[:6]
    return f"{label[: _LONGEST_LABEL - 7].rstrip('-')}-{digest}"


__all__ = ["WORDS", "check_template", "dns_label"]
