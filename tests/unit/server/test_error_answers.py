from __future__ import annotations

import json

import pytest

from jupyter_flows import errors
from jupyter_flows.server.error_answers import TABLE, answer_of, plain_answer
from jupyter_flows.server.shapes.failure import ErrorAnswer


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (errors.RunNotFound("x"), 404, "RunNotFound"),
        (errors.CannotResume("x", "it runs"), 409, "CannotResume"),
        (errors.ParameterError("nb", {"n": "is not int"}), 400, "ParameterError"),
        (errors.ScheduleError("cron", "x" * 10**6, "five fields"), 400, "ScheduleError"),
        (errors.StoreUnavailable("/s", "it is locked"), 503, "StoreUnavailable"),
        (errors.SchemaMismatch("/s", "9", "8"), 503, "SchemaMismatch"),
        (errors.NeedsStoreFile("deployments"), 409, "NeedsStoreFile"),
        (errors.ServerBusy(3.0), 503, "ServerBusy"),
        (errors.PathRefused("../x", "it leads out"), 400, "PathRefused"),
        (OSError(28, "No space left on device"), 503, "OSError"),
    ],
)
def test_each_error_has_its_answer(error, code, word):
    found = answer_of(error)
    assert found is not None
    assert (found[0], found[1]["error"]) == (code, word)
    ErrorAnswer.model_validate(found[1])
    assert len(json.dumps(found[1])) < 20_000


def body_of(error: BaseException) -> ErrorAnswer:
    found = answer_of(error)
    assert found is not None
    return ErrorAnswer.model_validate(found[1])


def test_an_answer_names_the_fields_that_are_wrong():
    assert body_of(errors.ParameterError("nb", {"n": "is not int"})).problems == {"n": "is not int"}
    assert list(body_of(errors.ScheduleError("cron", "x", "why")).problems) == ["cron"]


def test_a_store_that_cannot_be_used_comes_with_advice():
    assert body_of(errors.StoreUnavailable("/s", "locked")).advice
    told = body_of(errors.StoreUnavailable("/s", "gone", "put it back"))
    assert (told.message, told.advice) == ("the store /s cannot be used: gone", "put it back")


def test_every_error_of_a_user_has_an_answer_and_a_fault_of_ours_has_none():
    kinds = [getattr(errors, name) for name in errors.__all__]
    users = [kind for kind in kinds if issubclass(kind, errors.JupyterFlowsError)]
    assert all(issubclass(kind, tuple(one for one, _, _ in TABLE)) for kind in users)
    assert answer_of(KeyError("x")) is None
    ErrorAnswer.model_validate(plain_answer(403))


def test_a_text_that_is_no_unicode_can_be_told():
    told = answer_of(errors.RunNotFound("\udc80"))
    assert told is not None
    json.dumps(told[1], ensure_ascii=False).encode("utf-8")
