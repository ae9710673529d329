from __future__ import annotations

import pytest

from jupyter_flows.notebooks.kernel.kernel_end import KernelEnd


@pytest.mark.parametrize(
    ("code", "text", "signal"),
    [
        (0, "its process ended with exit status 0", None),
        (3, "its process ended with exit status 3", None),
        (-9, "signal 9 (SIGKILL, maybe out of memory)", 9),
        (-11, "signal 11 (SIGSEGV)", 11),
        (-40, "signal 40 (real-time)", 40),
        (None, "its process ended, and nobody saw how", None),
    ],
)
def test_an_end_is_told_in_words(code, text, signal):
    assert str(KernelEnd(code)) == text
    assert KernelEnd(code).signal == signal
