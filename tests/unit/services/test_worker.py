"""What a runner keeps of what its child processes print."""

from __future__ import annotations

import sys

import pytest

from jupyter_flows.services.worker import Worker
from jupyter_flows.settings import load_settings

TELL = "from jupyter_flows.services.worker import tell_secret_known as tell; "


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('first'); print('last')", "last"),
        ("print('x' * 10_000); print('last')", "last"),
        (f"{TELL} print('before', flush=True); tell(); print('hush-hush-17', flush=True); tell()", "before"),
        (f"{TELL} tell(); print('hush-hush-17')", ""),
    ],
)
def test_the_last_words_are_those_before_a_secret_was_known(code: str, words: str):
    worker = Worker([sys.executable, "-c", code], load_settings(), 1.0, "run")
    worker._process.wait(timeout=60)
    assert worker.last_words() == words
    worker.close()
