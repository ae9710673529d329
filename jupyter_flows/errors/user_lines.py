"""A traceback as the user wrote it: without the frames of whoever stands between the user's own lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

OURS = str(Path(__file__).resolve().parents[1]) + "/"


def without_frames(traceback: TracebackType | None, *folders: str) -> TracebackType | None:
    """Return a traceback without the frames whose code lies in these folders, wherever they stand."""
    kept = [step for step in _steps(traceback) if not step.tb_frame.f_code.co_filename.startswith(folders)]
    rebuilt: TracebackType | None = None
    for step in reversed(kept):
        rebuilt = TracebackType(rebuilt, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return rebuilt


def _steps(step: TracebackType | None) -> Iterator[TracebackType]:
    while step is not None:
        yield step
        step = step.tb_next


__all__ = ["OURS", "without_frames"]
