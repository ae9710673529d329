"""Copy a file from one place to another, whatever holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.library.trying_again import where_later_may_help
from jupyter_flows.authoring.task import task
from jupyter_flows.errors import CopyFailed

_PIECE = 1 << 20  # bytes


@task(name="copy-file", retries=2, retry_delay_seconds=[1, 5], retry_condition_fn=where_later_may_help)
def copy_file(
    source: str,
    target: str,
    *,
    overwrite: bool = True,
    source_options: Mapping[str, Any] | None = None,
    target_options: Mapping[str, Any] | None = None,
) -> int:
    """Copy a file between any two places that fsspec knows: paths, ``s3://``, ``memory://``, ``https://`` and more.

    Parameters
    ----------
    overwrite
        Whether a file that is there is replaced.
    source_options, target_options
        For the file systems, such as ``{"anon": True}``.

    Returns
    -------
    int
        How many bytes were copied.

    Raises
    ------
    CopyFailed
        What, from where to where, and why. A part of a file may be left at places that do not replace files as a whole.
    """
    import fsspec  # deferred: heavy

    copied = 0
    try:
        files, place = fsspec.core.url_to_fs(target, **(target_options or {}))
        if not overwrite and files.exists(place):
            raise CopyFailed(source, target, "there is a file already; overwrite=True replaces it")
        opened: Any = fsspec.open(source, "rb", **(source_options or {}))
        with opened as reader:
            parent = place.rpartition("/")[0]
            if parent:
                files.makedirs(parent, exist_ok=True)
            with files.open(place, "wb") as writer:
                while piece := reader.read(_PIECE):
                    writer.write(piece)
                    copied += len(piece)
    except FileNotFoundError:
        raise CopyFailed(source, target, "there is no such file") from None
    except (ImportError, ValueError, PermissionError, IsADirectoryError) as error:
        raise CopyFailed(source, target, str(error)) from error
    except OSError as error:
        raise CopyFailed(source, target, str(error), again=True) from error
    return copied


__all__ = ["copy_file"]
