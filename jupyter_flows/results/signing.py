"""What is signed of a kept result, and whether a signature is right. Nothing is loaded before that is known."""

from __future__ import annotations

import hmac

from jupyter_flows.model.results import KeptResult

FORMAT = b"jupyter-flows kept result 1"  # another layout of files or header is another format

_ID_DIGITS = 16


class Signer:
    """Signs and checks with one key.

    A signature is hexadecimal: 16 digits that tell keys apart and say nothing about them, then HMAC-SHA256 over
    format, serializer, flow run, number, and the inline text or the size and SHA-256 of the file. The place of the
    file is not signed: its content decides, and a store opens only what is below its own folder or URL.

    Parameters
    ----------
    key
        As `jupyter_flows.results.key.result_key` gives it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._id = hmac.digest(key, b"jupyter-flows key id", "sha256").hex()[:_ID_DIGITS]

    def signed(self, kept: KeptResult, run_id: str, number: int) -> KeptResult:
        """Return a result with its signature."""
        return kept._replace(signature=self._id + self._code(kept, run_id, number))

    def fault_of(self, kept: KeptResult, run_id: str, number: int) -> str:
        """Say what is wrong with a signature; empty when nothing is."""
        if not kept.signature:
            return "it is not signed"
        if not kept.signature.isascii():
            return "its signature is none"
        if not hmac.compare_digest(kept.signature[:_ID_DIGITS], self._id):
            return (
                "it was signed with another key than this user's; if the key file was lost or replaced, "
                "what was kept before is out of reach and its tasks run again"
            )
        if not hmac.compare_digest(kept.signature[_ID_DIGITS:], self._code(kept, run_id, number)):
            return "its signature does not fit: it was altered, or belongs to another task run"
        return ""

    def _code(self, kept: KeptResult, run_id: str, number: int) -> str:
        content = ("file", str(kept.size), kept.sha256) if kept.location else ("inline", kept.inline)
        header = _header((kept.serializer, run_id, str(number), *content))
        return hmac.digest(self._key, header, "sha256").hex()


def _header(fields: tuple[str, ...]) -> bytes:
    # Each field with its length before it: no two lists of fields give the same bytes.
    coded = [FORMAT, *(field.encode("utf-8", "surrogatepass") for field in fields)]
    return b"".join([len(field).to_bytes(8, "big") + field for field in coded])
