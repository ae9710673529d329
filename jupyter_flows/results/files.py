"""Values in signed files, and small ones inline; nothing is loaded that this user did not keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from jupyter_flows.errors import ResultMissing, UnserializableResult
from jupyter_flows.model.exact_json import SMALL_BYTES, exact_json
from jupyter_flows.model.results import KeptResult
from jupyter_flows.results.digesting import DigestingFile
from jupyter_flows.results.folder import Folder
from jupyter_flows.results.place import Filling, Place, has_digest
from jupyter_flows.results.registry import Serializer, fitting_serializers, serializer
from jupyter_flows.results.secrecy import HOLDS_SECRET, shows_secret
from jupyter_flows.results.signing import Signer
from jupyter_flows.results.storage_key import checked_storage_key

_ADVICE = {
    "generator": "it can be gone through only once; return a list of its items",
    "coroutine": "await it and return its value",
    "TextIOWrapper": "return its path, or what was read from it",
    "BufferedReader": "return its path, or what was read from it",
    "BufferedWriter": "return its path",
}


class FileResultStore:
    """Keeps values below a folder or URL; implements `jupyter_flows.engine.ports.ResultStore`.

    ``None`` and JSON values of at most 4096 bytes become inline text. Everything else becomes a file named by the
    SHA-256 of its content, in a folder per flow run, so that removing one run takes nothing from another. Inline text
    and files are signed together with serializer, flow run and number.

    Parameters
    ----------
    place
        A directory, or any URL that fsspec knows. The directory is made with the first file (0700, files 0600).
    key
        What results are signed with: see `jupyter_flows.results.key.result_key`.
    storage_options
        For a URL: what fsspec passes to its file system.
    """

    def __init__(self, place: str | Path, key: bytes, storage_options: Mapping[str, object] | None = None) -> None:
        self._signer = Signer(key)
        self._place = _opened(place, storage_options)

    @property
    def location(self) -> str:
        """The directory or URL, for messages."""
        return self._place.name

    def write(
        self, value: object, run_id: str, number: int, serializer: str | None = None, key: str | None = None
    ) -> KeptResult:
        """Keep a value; see `jupyter_flows.engine.ports.ResultStore.write`.

        Raises
        ------
        UnserializableResult
            No serializer can write it, or the one that was named cannot. Nothing is left behind.
        StoreUnavailable
            The disk is full, or the place cannot be written to. Nothing is left behind.
        BadOption
            There is no such serializer, or the key leads out of the place.
        """
        text = exact_json(value) if serializer is None else None
        if text is not None and shows_secret(text):
            raise UnserializableResult("", type(value).__name__, HOLDS_SECRET)
        if text is not None and key is None and len(text) <= SMALL_BYTES:
            return self._signer.signed(KeptResult("json", inline=text.decode()), run_id, number)
        if text is not None:
            kept = self._keep("json", ".json", lambda file: _put(file, text), run_id, key)
        else:
            kept = self._serialized(value, [serializer] if serializer else fitting_serializers(value), run_id, key)
        return self._signer.signed(kept, run_id, number)

    def read(self, kept: KeptResult, run_id: str, number: int) -> object:
        """Return a kept value; see `jupyter_flows.engine.ports.ResultStore.read`.

        The signature is verified first, then size and digest of the content as it is in memory; only what passed is
        loaded, from that memory. Large arrays are views of it.

        Raises
        ------
        ResultMissing
            With the reason; nothing was loaded, unless the reason is that loading failed.
        """
        content = self._verified(kept, run_id, number)
        if content is None:
            return json.loads(kept.inline)
        try:
            return _codec(kept.serializer, kept.location).load(content)
        except ResultMissing:
            raise
        except Exception as error:  # a class that is gone, another version of a library
            raise ResultMissing(kept.location, f"it cannot be loaded here: {_told(error)}") from error

    def check(self, kept: KeptResult, run_id: str, number: int) -> None:
        """See `jupyter_flows.engine.ports.ResultStore.check`."""
        if self._verified(kept, run_id, number) is not None:
            _codec(kept.serializer, kept.location)

    def delete(self, kept: KeptResult) -> None:
        """Remove the file of a kept value, if it is there and still holds that value."""
        if kept.location:
            self._place.delete(kept.location, kept.sha256)

    def _verified(self, kept: KeptResult, run_id: str, number: int) -> bytearray | None:
        """The content of a kept value's file once it has passed every check; None for an inline value."""
        location = kept.location or f"of task run {number} in run {run_id}"
        if fault := self._signer.fault_of(kept, run_id, number):
            raise ResultMissing(location, fault)
        if not kept.location:
            return None
        content = self._place.fetch(kept.location, kept.size)
        if not has_digest(content, kept.sha256):
            raise ResultMissing(location, "its content is not what was kept")
        return content

    def _serialized(self, value: object, names: list[str], run_id: str, key: str | None) -> KeptResult:
        for name in names[:-1]:
            try:
                return self._by_serializer(value, name, run_id, key)
            except UnserializableResult:
                continue
        return self._by_serializer(value, names[-1], run_id, key)

    def _by_serializer(self, value: object, name: str, run_id: str, key: str | None) -> KeptResult:
        codec = serializer(name)

        def fill(file: DigestingFile) -> None:
            try:
                codec.dump(value, file)  # pyright: ignore[reportArgumentType] - a RawIOBase is what they write to
            except Exception as error:
                if file.failure is not None:
                    raise file.failure from error
                raise _unserializable(value, error) from error

        return self._keep(name, codec.suffix, fill, run_id, key)

    def _keep(self, name: str, suffix: str, fill: Filling, run_id: str, key: str | None) -> KeptResult:
        folder, _, file_name = checked_storage_key(key).rpartition("/") if key else (_folder_of(run_id), "", "")
        stored = self._place.keep(folder, lambda file: file_name or f"{file.sha256}{suffix}", fill)
        return KeptResult(name, location=stored.location, size=stored.size, sha256=stored.sha256)


def _opened(place: str | Path, options: Mapping[str, object] | None) -> Place:
    if isinstance(place, Path) or "://" not in place:
        return Folder(Path(place))
    if place.startswith("file://"):
        return Folder(Path(unquote(place.removeprefix("file://"))))
    from jupyter_flows.results.bucket import Bucket  # fsspec: only who has a URL needs it

    return Bucket(place, options)


def _folder_of(run_id: str) -> str:
    return run_id if run_id.isalnum() else f"run-{run_id.encode('utf-8', 'surrogatepass').hex()}"


def _codec(name: str, location: str) -> Serializer:
    try:
        return serializer(name)
    except Exception as error:
        raise ResultMissing(location, f"its serializer {name!r} is not to be had: {_told(error)}") from error


def _put(file: DigestingFile, content: bytes) -> None:
    file.write(content)


def _unserializable(value: object, error: Exception) -> UnserializableResult:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    advice = _ADVICE.get(kind.__name__, "")
    return UnserializableResult("", name, f"{_told(error)}{'; ' + advice if advice else ''}")


def _told(error: Exception) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the error of a hostile value may not even have a text
        text = ""
    line = " ".join(text.split())[:300]
    shown = "".join(sign if sign.isprintable() else "?" for sign in line)
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__
