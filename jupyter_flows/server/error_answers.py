"""Which error is which HTTP answer: the one table."""

from __future__ import annotations

import sqlite3
from http import HTTPStatus
from http.client import responses

from jupyter_flows import errors

# The first that fits counts, so the special ones come first.
TABLE: tuple[tuple[type[BaseException], int, str], ...] = (
    (errors.RunNotFound, 404, "it may have been deleted; load the list of runs anew"),
    (errors.DeploymentNotFound, 404, "it may have been deleted; load the list of deployments anew"),
    (errors.ScheduleNotFound, 404, "it may have been deleted; load the list of schedules anew"),
    (errors.BackfillNotFound, 404, "load the list of backfills anew"),
    (errors.FileNotServed, 404, ""),
    (errors.NotebookNotFound, 404, "check the path; it is meant from the folder that Lab shows"),
    (errors.AmbiguousRun, 409, "give the whole id"),
    (errors.CannotResume, 409, ""),
    (errors.RunRefused, 409, ""),
    (errors.LeaseLost, 409, "load the run anew"),
    (errors.NeedsStoreFile, 409, ""),
    (errors.StoreUnavailable, 503, "try again in a moment; `jupyter flows doctor` tells more"),
    (errors.StoreError, 503, "`jupyter flows doctor` tells more"),
    (errors.ServerBusy, 503, "try again in a moment"),
    (errors.SettingsError, 503, "mend the setting and restart the server"),
    (errors.MissingExtra, 503, ""),
    (errors.JupyterFlowsError, 400, ""),
    (OSError, 503, "check the disk's space and the folder's rights"),
    (sqlite3.Error, 503, "`jupyter flows doctor` tells more"),
)
# Of answers that no error of ours stands behind.
_ADVICE = {
    401: "log in",
    403: "log in, or ask whoever runs this server for the permission",
    404: "the API's description lists its paths",
    405: "the header Allow says which verbs the path has",
    413: "send less; a notebook is named by its path, never sent",
    415: "send a JSON object, with Content-Type: application/json",
    500: "please report it, with what the server's log says",
}


def answer_of(error: BaseException) -> tuple[int, dict[str, object]] | None:
    """Return the status and the body for an error of ours; None for one that is a fault of the program.

    Parameters
    ----------
    error
        What was raised.
    """
    for kind, code, advice in TABLE:
        if isinstance(error, kind):
            own: str = getattr(error, "advice", "")
            message = _message(error).removesuffix(f"; {own}") if own else _message(error)
            return code, _body(type(error).__name__, message, own or advice, error)
    return None


def plain_answer(code: int, message: str = "") -> dict[str, object]:
    """Return the body for an HTTP status that no error of ours stands behind."""
    name = HTTPStatus(code).phrase.title().replace(" ", "") if code in responses else "Error"
    return _body(name, message or responses.get(code, "Unknown Error"), _ADVICE.get(code, ""), None)


def _message(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, errors.JupyterFlowsError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return str(error)


def _body(name: str, message: str, advice: str, error: BaseException | None) -> dict[str, object]:
    problems = getattr(error, "problems", None)
    if not isinstance(problems, dict):
        problems = {}
    if isinstance(error, errors.ScheduleError):
        problems = {error.field: error.why}
    return {
        "error": name,
        "message": _shown(message),
        "advice": _shown(advice),
        "problems": {_field(name): _shown(str(problem)) for name, problem in problems.items()},
    }


def _field(name: object) -> str:
    """The field of a form that a problem is about: a deployment's checks say ``parameter n`` of ``n``."""
    return _shown(str(name)).removeprefix("parameter ")


def _shown(text: str) -> str:
    """A text that JSON can hold, of bounded length."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:10_000]


__all__ = ["TABLE", "answer_of", "plain_answer"]
