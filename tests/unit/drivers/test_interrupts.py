"""SIGTERM around a fork."""

from __future__ import annotations

import subprocess
import sys

# The child stays in the very beginning of its life, which is before anything of ours can run in it, until it was sent
# the signal: on a busy machine that may take any time.
FORKS = """
import os, signal
here, there = os.pipe()
os.register_at_fork(after_in_child=lambda: os.read(here, 1))

from jupyter_flows.drivers.interrupts import Terminable

with Terminable():
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    os.kill(pid, signal.SIGTERM)
    os.write(there, b"!")
    _, how = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(how), signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


def test_a_forked_child_that_is_told_to_terminate_at_its_very_beginning_ends():
    ended = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("-15 False\n", "")


# A Ctrl-C after any of the calls with which the handler is put in place.
INTERRUPTED = """
import signal
from jupyter_flows.drivers import interrupts

def interrupt(*_):
    raise KeyboardInterrupt

def set_and_interrupt(number, handler, real=signal.signal):
    real(number, handler)
    if handler is not signal.SIG_DFL:
        raise KeyboardInterrupt

for place, name, instead in [
    (interrupts, "_install", interrupt), (interrupts, "hear", interrupt), (signal, "signal", set_and_interrupt)
]:
    kept = getattr(place, name)
    setattr(place, name, instead)
    try:
        interrupts.Terminable().__enter__()
    except KeyboardInterrupt:
        print(name, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.set_wakeup_fd(-1))
    setattr(place, name, kept)
with interrupts.Terminable():
    print(signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL)
"""


def test_an_interrupt_of_the_preparations_leaves_no_handler_behind():
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("_install True -1\nhear True -1\nsignal True -1\nTrue\n", "")
