"""What may not be written into a notebook, whoever prepares it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_flows import Secret
from jupyter_flows.errors import ParameterError
from jupyter_flows.model.secret_reference import SecretReference
from jupyter_flows.secrets.resolved import forget, register
from jupyter_flows.services.notebook_run import prepare_notebook

RESOLVED = "resolved-27182"


@pytest.fixture(autouse=True)
def resolved():
    register(RESOLVED)
    yield
    forget()


@pytest.fixture
def book(tmp_path):
    source = "day = 1\npassword = ''\nnames = []\nword = ''\n"
    cell = {"cell_type": "code", "id": "c", "metadata": {"tags": ["parameters"]}, "source": source, "outputs": []}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": [cell]}))
    return path


@pytest.mark.parametrize(
    ("given", "refused", "allowed"),
    [
        ({"day": 3, "names": ["a"], "word": "x"}, None, True),
        ({"day": "3"}, None, True),
        ({"password": "xy-2718"}, "password", True),
        ({"word": "AKIAIOSFODNN7EXAMPLE"}, "word", True),
        ({"names": [{"token": "xy-2718-2818"}]}, "names", True),
        ({"word": f"a {RESOLVED} b"}, "word", False),
        ({"names": ["x", ("y", {RESOLVED: 1})]}, "names", False),
        ({"password": Secret("CHAT")}, None, True),
        ({"password": SecretReference("CHAT")}, None, True),
    ],
)
def test_secrets_and_what_looks_like_one_are_refused_before_anything_runs(book, given: Any, refused, allowed):
    if refused is None:
        prepare_notebook(book, given)
    else:
        with pytest.raises(ParameterError) as caught:
            prepare_notebook(book, given)
        said = str(caught.value)
        assert refused in said and "secret:NAME" in said and "book.ipynb" in said
        assert RESOLVED not in said and "2718" not in said and "EXAMPLE" not in said
    if allowed:
        prepare_notebook(book, given, allow_secret_looking=True)
    else:
        with pytest.raises(ParameterError, match="holds the value of a secret"):
            prepare_notebook(book, given, allow_secret_looking=True)
