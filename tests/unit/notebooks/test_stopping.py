from __future__ import annotations

from jupyter_flows.notebooks.stopping import CANCELLED, StopHandle, StopReason


def test_the_first_reason_counts_and_wakes_who_listens_once() -> None:
    handle, calls = StopHandle(), list[int]()
    assert handle.reason is None
    handle.listen(lambda: calls.append(1))
    handle.stop(StopReason("TimedOut", "late"))
    handle.stop()
    assert (handle.reason, calls) == (StopReason("TimedOut", "late"), [1])


def test_who_listens_later_is_told_at_once() -> None:
    handle, calls = StopHandle(), list[int]()
    handle.stop()
    handle.listen(lambda: calls.append(1))
    handle.listen(None)
    assert (handle.reason, calls) == (CANCELLED, [1])
