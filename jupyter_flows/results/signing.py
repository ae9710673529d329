"""What is signed of a kept result, and whether a signature is right. Nothing is loaded before that is known."""

from __future__ import annotations

import hashlib
import hmac

from jupyter_flows.model.results import KeptResult

FORMAT = b"jupyter-flows kept result 1"  # another layout of files or header is another format

_ID_DIGITS = 16


def signed(kept: KeptResult, run_id: str, number: int, key: bytes) -> KeptResult:
    """Return a result with its signature: 16 digits that name the key, then HMAC-SHA256, hexadecimal."""
    return kept._replace(signature=key_id(key) + _code(kept, run_id, number, key))


def fault_of(kept: KeptResult, run_id: str, number: int, key: bytes) -> str:
    """Say what is wrong with a signature; empty when nothing is.

    The place of the file is not signed, so that a store can be moved; its content is, by size and digest.
    """
    if not kept.signature:
        return "it is not signed"
    if not kept.signature.isascii():
        return "its signature is none"
    if not hmac.compare_digest(kept.signature[:_ID_DIGITS], key_id(key)):
        return (
            "it was signed with another key than this user's; if the key file was lost or replaced, "
            "what was kept before is out of reach and its tasks run again"
        )
    if not hmac.compare_digest(kept.signature[_ID_DIGITS:], _code(kept, run_id, number, key)):
        return "its signature does not fit: it was altered, or belongs to another task run"
    return ""


def key_id(key: bytes) -> str:
    """Return digits that tell keys apart and say nothing about them."""
    return hmac.digest(key, b"jupyter-flows key id", "sha256").hex()[:_ID_DIGITS]


def _code(kept: KeptResult, run_id: str, number: int, key: bytes) -> str:
    if kept.location:
        content = ["file", str(kept.size), kept.sha256]
    else:
        inline = kept.inline.encode("utf-8", "surrogatepass")
        content = ["inline", str(len(inline)), hashlib.sha256(inline).hexdigest()]
    return hmac.digest(key, _header([kept.serializer, run_id, str(number), *content]), "sha256").hex()


def _header(fields: list[str]) -> bytes:
    # Each field with its length before it: no two lists of fields give the same bytes.
    coded = [FORMAT, *(field.encode("utf-8", "surrogatepass") for field in fields)]
    return b"".join(len(field).to_bytes(8, "big") + field for field in coded)
