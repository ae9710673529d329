"""Streams whose reader goes away while a command still has something to do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PRINTS = """
import os, sys
from jupyter_flows.cli.lasting_streams import lasting_streams, open_what_is_closed
open_what_is_closed()
before = sys.stdout, sys.stderr
sys.stdin.readline()
with lasting_streams():
    for stream in (sys.stdout, sys.stderr):
        for _ in range(3):
            print("x" * 100_000, file=stream, flush=True)
    os.system("echo from a child; echo from a child >&2")
assert (sys.stdout, sys.stderr) == before
os._exit(7)
"""


def start(**streams: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PRINTS], stdin=subprocess.PIPE, text=True, **streams)  # type: ignore[call-overload]


def test_what_is_printed_to_nobody_goes_nowhere_and_the_process_goes_on():
    process = start(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None and process.stdin is not None
    process.stdout.close()
    process.stderr.close()
    process.stdin.write("\n")
    process.stdin.close()
    assert process.wait(60) == 7


@pytest.mark.parametrize("closed", [(1,), (2,), (1, 2)])
def test_streams_that_were_closed_before_lead_nowhere(closed):
    process = start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=lambda: [*map(os.close, closed)])
    process.communicate("\n", timeout=60)
    assert process.returncode == 7


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_printed_is_seen_when_it_would_have_been(unbuffered):
    code = (
        "import os, sys\n"
        "from jupyter_flows.cli.lasting_streams import lasting_streams\n"
        "with lasting_streams():\n"
        "    print('first', file=sys.stderr)\n"
        "    os.write(2, b'second\\n')\n"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == "first\nsecond\n"


def test_a_reader_that_stays_gets_all(capfd):
    from jupyter_flows.cli.lasting_streams import lasting_streams

    around = sys.stdout, sys.stderr
    with lasting_streams():
        print("one", end="")
        os.write(2, b"two ")
        print("three ä", file=sys.stderr)
    assert (sys.stdout, sys.stderr) == around
    assert capfd.readouterr() == ("one", "two three ä\n")
