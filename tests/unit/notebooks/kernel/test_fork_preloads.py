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


USED = """
import os, sys, warnings
os.environ["MPLBACKEND"] = "agg"
from jupyter_flows.notebooks.kernel.fork_preloads import load_packages
load_packages(["matplotlib", "numpy", "pandas"])
import matplotlib, pandas
from matplotlib import pyplot, _pylab_helpers
now, said = matplotlib.rcParams, matplotlib.rc_params()
others = [name for name in said if name != "backend" and now[name] != said[name]]
print(others, now["lines.linewidth"], _pylab_helpers.Gcf.get_all_fig_managers())
print(pandas.get_option("display.max_rows"), matplotlib.font_manager._get_font.cache_info().currsize > 0)
"""


def test_what_is_used_before_a_fork_leaves_no_figure_and_no_setting(tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("pandas")
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 7\nfigure.dpi: 33\n")
    done = subprocess.run(
        [sys.executable, "-c", USED], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["[] 7.0 []", "60 True"]
