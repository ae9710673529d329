"""Images to be looked at: encoded ones as they are, figures and pictures as PNG."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from jupyter_flows.errors import ArtifactError

# A drawing (SVG) may hold scripts: as an image only what has pixels is taken.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"GIF87a", "image/gif", ".gif"),
    (b"GIF89a", "image/gif", ".gif"),
)
_WANTED = "give PNG, JPEG, GIF or WebP bytes, the path of such a file, a matplotlib figure or a PIL image"


def image_of(value: Any, most_bytes: int) -> tuple[bytes, str, str]:
    """Return an image's bytes, its media type and the ending of its file.

    Raises
    ------
    ArtifactError
        It is no image, cannot be drawn, or its file is too large.
    """
    data = _bytes_of(value, most_bytes)
    for signature, media_type, ending in _SIGNATURES:
        if data.startswith(signature):
            return data, media_type, ending
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return data, "image/webp", ".webp"
    advice = "keep a drawing (SVG) as file=" if b"<svg" in data[:1000] else _WANTED
    raise ArtifactError("image", f"it is of no known format; {advice}")


def _bytes_of(value: Any, most_bytes: int) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)  # type: ignore[arg-type]
    if isinstance(value, str | Path):
        return _read(Path(value), most_bytes)
    figure: Any = value if hasattr(value, "savefig") else getattr(value, "figure", None)  # axes know their figure
    try:
        if hasattr(figure, "savefig"):
            return _drawn(figure.savefig)
        if hasattr(value, "save") and hasattr(value, "mode"):  # PIL's
            return _drawn(value.save)
    except Exception as error:  # what a library raises for a picture that it cannot draw
        raise ArtifactError("image", f"it cannot be drawn: {type(error).__name__}: {error}") from error
    raise ArtifactError("image", f"a {type(value).__name__} is no image; {_WANTED}")


def _drawn(save: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, format="png")
    return buffer.getvalue()


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise ArtifactError("image", f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > most_bytes:
        raise ArtifactError("image", f"{path} is larger than JUPYTER_FLOWS_ARTIFACT_MAX_BYTES, {most_bytes:,} bytes")
    return data


__all__ = ["image_of"]
