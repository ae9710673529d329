from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
from jupyter_flows.notebooks.kernel.fork_preloads import Unforkable, load_packages
try:
    print(load_packages(sys.argv[2:]))
except Unforkable as error:
    print("no:", error)
"""

if sys.platform != "linux":
    pytest.skip("threads are counted on Linux only", allow_module_level=True)


@pytest.mark.parametrize(
    ("module", "answer"),
    [
        ("x = 1", "1"),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            "starts threads",
        ),
        ("print('hello')", "says something: hello"),
        ("import warnings\nwarnings.warn('old', FutureWarning)", "says something: old"),
        ("import warnings\nwarnings.filterwarnings('ignore', message='odd')", "1"),
        ("1 / 0", "importing part fails: ZeroDivisionError"),
        (None, "importing part fails: ModuleNotFoundError"),
    ],
)
def test_only_what_leaves_a_silent_process_without_threads_is_loaded(module, answer, tmp_path):
    if module is not None:
        (tmp_path / "part.py").write_text(module)
    command = [sys.executable, "-c", LOAD, str(tmp_path), "part"]
    assert answer in subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
