from __future__ import annotations

import subprocess
import sys

CODE = """
import os, subprocess, sys
from jupyter_flows.services.process_group import end_others, lead_a_group, others_in_group
lead_a_group()
assert os.getpgrp() == os.getpid()
assert others_in_group() == [] and end_others(1.0) == 0
tame = subprocess.Popen(["sleep", "600"])
stubborn = subprocess.Popen(["sh", "-c", "trap '' TERM; echo; while :; do sleep 600; done"], stdout=subprocess.PIPE)
apart = subprocess.Popen(["sleep", "600"], start_new_session=True)
stubborn.stdout.readline()
assert {tame.pid, stubborn.pid} <= set(others_in_group()) and apart.pid not in others_in_group()
assert end_others(0.2) >= 2
assert others_in_group() == []
assert tame.wait() == -15 and stubborn.wait() == -9
assert apart.poll() is None
apart.kill()
apart.wait()
print("done")
"""


def test_all_others_of_the_group_are_ended_and_nobody_else():
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("done\n", "")
