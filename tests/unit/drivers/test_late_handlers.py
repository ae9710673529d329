"""Signals that come while the main thread is in a system call which they do not end."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The main thread blocks the signal, so another one hears it: Python notes it, and the sleep goes on.
PRELUDE = """
import os, signal, socket, threading, time
from jupyter_flows.drivers.late_handlers import hear, hear_no_more

answers = []
main = threading.main_thread().ident

class Answered(Exception):
    pass

def answer(*_):
    answers.append(1)
    raise Answered

def begin():
    hear(signal.SIGTERM, lambda: bool(answers), lambda: signal.pthread_kill(main, signal.SIGURG))

signal.signal(signal.SIGTERM, answer)
signal.signal(signal.SIGURG, lambda *_: None)
"""
SLEEPS = """
begin()
threading.Thread(target=lambda: (time.sleep(0.05), os.kill(os.getpid(), signal.SIGTERM))).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
try:
    time.sleep(600)
except Answered:
    print("answered", len(answers))
"""
ANOTHER_S = """
here, there = socket.socketpair()
there.setblocking(False)
signal.set_wakeup_fd(there.fileno())
begin()
hear_no_more()
print("kept", signal.set_wakeup_fd(-1) == there.fileno())
"""
FORKS = """
begin()
if (pid := os.fork()) == 0:
    os._exit(signal.set_wakeup_fd(-1) != -1)
print("forgotten", os.waitpid(pid, 0)[1] == 0, signal.set_wakeup_fd(-1) != -1)
"""


@pytest.mark.parametrize(
    ("code", "said"),
    [(SLEEPS, "answered 1\n"), (ANOTHER_S, "kept True\n"), (FORKS, "forgotten True True\n")],
    ids=["a sleep is ended", "a file of somebody else's is left alone", "a forked child hears of nothing"],
)
def test_a_handler_is_called_in_time_and_nobody_else_is_disturbed(code: str, said: str):
    ended = subprocess.run([sys.executable, "-c", PRELUDE + code], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == (said, "")
