"""`watch` on a terminal of its own: what is drawn, that it follows, and that the terminal is given back."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

import pytest

from jupyter_flows import flow
from jupyter_flows.wiring import use_session

ALTERNATE, BACK = b"\x1b[?1049h", b"\x1b[?1049l"


@flow(name="watched")
def watched() -> None:
    pass


class Terminal:
    """A terminal with a command in it."""

    def __init__(self, *command):
        self.handle, inner = pty.openpty()
        self.before = termios.tcgetattr(inner)
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLUMNS": "100", "LINES": "24"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_flows.cli.main", *command],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            start_new_session=True,
        )
        self.inner = inner
        self.said = b""

    def wait_for(self, text, seconds=60.0):
        deadline = time.monotonic() + seconds
        while text not in self.said:
            assert time.monotonic() < deadline, self.said[-2000:]
            if select.select([self.handle], [], [], 0.2)[0]:
                self.said += os.read(self.handle, 65536)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.handle)
        os.close(self.inner)


@pytest.fixture
def terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    use_session(None)
    watched()
    opened = Terminal("watch")
    yield opened
    opened.close()
    use_session(None)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda terminal: os.write(terminal.handle, b"q"), 0),
        (lambda terminal: terminal.process.send_signal(signal.SIGINT), 0),
        (lambda terminal: terminal.process.send_signal(signal.SIGTERM), 143),
    ],
    ids=["q", "Ctrl-C", "SIGTERM"],
)
def test_watch_follows_and_gives_the_terminal_back(terminal, end, code):
    terminal.wait_for(b"watched #1")
    assert ALTERNATE in terminal.said
    watched()
    terminal.wait_for(b"watched #2")
    end(terminal)
    terminal.wait_for(BACK)
    assert terminal.process.wait(timeout=60) == code
    assert termios.tcgetattr(terminal.inner) == terminal.before
