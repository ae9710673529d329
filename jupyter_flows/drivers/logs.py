"""Log records and prints of a run, on their way to its history."""

from __future__ import annotations

import builtins
import logging
import sys
from typing import Any

from jupyter_flows.drivers.context import Frame, current_frame
from jupyter_flows.model.records import LogWritten
from jupyter_flows.secrets.resolved import redact

_original_print = builtins.print
_MOST_CHARACTERS = 100_000


def _keep(frame: Frame, level: int, logger: str, message: str, at: float) -> None:
    run = frame.run
    shown = redact(message)[:_MOST_CHARACTERS]  # before it is cut, perhaps in the middle of a secret
    record = LogWritten(run.id, frame.call.number, at, level, logger, shown)
    run.session.post_slowly(run, record, wake=False)


class RunHandler(logging.Handler):
    """Keeps every record that is logged inside a run."""

    def emit(self, record: logging.LogRecord) -> None:
        frame = current_frame()
        if frame is None:
            return
        try:
            _keep(frame, record.levelno, record.name, self.format(record), record.created)
        except Exception:  # noqa: BLE001 - as the logging module demands
            self.handleError(record)


_logger = logging.getLogger("jupyter_flows.run")


def get_run_logger() -> logging.Logger:
    """Return a logger whose records are kept with the present flow run or task run, in order.

    Outside any run it is an ordinary logger. Records also go to the handlers of the root logger.
    """
    if not any(isinstance(handler, RunHandler) for handler in _logger.handlers):
        _logger.addHandler(RunHandler())
        if _logger.level == logging.NOTSET:
            _logger.setLevel(logging.INFO)
    return _logger


def _print(
    *values: object, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False
) -> None:
    _original_print(*values, sep=sep, end=end, file=file, flush=flush)
    frame = current_frame()
    if frame is not None and (file is None or file in {sys.stdout, sys.stderr}) and wants_prints(frame):
        text = (" " if sep is None else sep).join(map(str, values))
        _keep(frame, logging.INFO, "print", text, frame.run.session.clock.time())


def wants_prints(frame: Frame) -> bool:
    """Whether prints of the present code are kept: the task's word, else its flow's."""
    own = frame.call.code.log_prints
    return frame.run.log_prints if own is None else own


def catch_prints() -> None:
    """Let `print` also keep what it prints inside runs that ask for it. The first such run calls this, once."""
    if builtins.print is not _print:
        builtins.print = _print


def say(frame_run: Any, number: int, level: int, message: str) -> None:
    """Keep a line of our own with a run."""
    record = LogWritten(frame_run.id, number, frame_run.session.clock.time(), level, "jupyter_flows", message)
    frame_run.session.post(frame_run, record, wake=False)
