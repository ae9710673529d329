"""For tests of flows: a store of their own, and a clock that is set instead of waited for.

::

    from jupyter_flows.testing import flows_test_harness

    def test_the_report_is_written():
        with flows_test_harness() as harness:
            assert daily(day="2013-01-15") == 843
            assert harness.reader.counts()["task_runs"] == 3
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from jupyter_flows.drivers.clock import Clock, SystemClock
from jupyter_flows.drivers.session import Session
from jupyter_flows.settings import MEMORY, Settings
from jupyter_flows.store import open_reader
from jupyter_flows.store.location import swap_memory_store
from jupyter_flows.store.schema import prepare
from jupyter_flows.wiring import current_session, use_session

if TYPE_CHECKING:
    from jupyter_flows.engine.ports import RunReader

_START = 1_577_880_000.0  # 2020-01-01 12:00 UTC: a fixed instant, so that recorded times are the same in every test
_PATIENCE = 10.0
_empty_store: list[bytes] = []  # none or one; making it takes some 10 ms, writing it down less than one


class FakeClock:
    """A clock that stands still until it is advanced.

    Retry waits and time limits follow it; what user code itself waits for (``time.sleep``) does not.

    Parameters
    ----------
    start
        Seconds since the epoch; noon of 2020-01-01, UTC, when not given.
    """

    def __init__(self, start: float = _START) -> None:
        self._start, self._passed = start, 0.0
        self._lock = threading.Lock()
        self._session: Session | None = None

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._passed

    def drive(self, session: Session) -> None:
        """Wake this session whenever the clock is advanced."""
        self._session = session

    def advance(self, seconds: float) -> None:
        """Let time pass at once, and wake whoever waits for it."""
        if seconds < 0:
            raise ValueError(f"a clock cannot be advanced by {seconds:g} s: give seconds from 0 up")
        with self._lock:
            self._passed += seconds
        if self._session is not None:
            self._session.wake()

    def advance_to_timer(self) -> float:
        """Wait (in real time) until a run waits for a time, let that time come, and return the seconds that passed.

        Raises
        ------
        TimeoutError
            No run waits for a time within 10 real seconds.
        """
        due = self._next_timer()
        seconds = max(0.0, due - self.monotonic())
        self.advance(seconds)
        return seconds

    def _next_timer(self) -> float:
        give_up = time.monotonic() + _PATIENCE
        while time.monotonic() < give_up:
            due = None if self._session is None else self._session.next_timer()
            if due is not None and due > self._passed:
                return due
            time.sleep(0.001)
        raise TimeoutError(f"no run waits for a time that is still to come; looked for {_PATIENCE:g} s")


@dataclass
class Harness:
    """What a test has in its hands inside `flows_test_harness`.

    Parameters
    ----------
    settings
        The settings that hold inside.
    clock
        The clock that was given, or the system's.
    """

    settings: Settings
    clock: Clock = field(default_factory=SystemClock)

    @property
    def session(self) -> Session:
        """The session of this process."""
        return current_session()

    @cached_property
    def reader(self) -> RunReader:
        """The store, for reading what was recorded; a run that has returned is there."""
        return open_reader(self.settings)

    def close(self) -> None:
        """Close the reader, if it was used."""
        if "reader" in self.__dict__:
            self.reader.close()


@contextmanager
def flows_test_harness(
    store: Literal["sqlite", "memory"] = "sqlite", clock: Clock | None = None, **settings: Any
) -> Iterator[Harness]:
    """Give a block its own empty store and its own session, and take them away again.

    Parameters
    ----------
    store
        ``"sqlite"``: a file in a temporary directory, as real runs have it; ``"memory"``: no file.
    clock
        A `FakeClock`, for tests of retry waits and time limits.
    settings
        Other fields of `Settings`, such as ``max_workers=2`` or ``limits={"db": 1}``.
    """
    if store not in {"sqlite", "memory"}:
        raise ValueError(f"store={store!r} cannot be used; use 'sqlite' or 'memory'")
    with tempfile.TemporaryDirectory(prefix="jupyter-flows-test-", ignore_cleanup_errors=True) as folder:
        chosen = _settings(Path(folder), store, settings)
        memory = swap_memory_store(None)
        before = use_session(chosen, clock or SystemClock())
        harness = Harness(chosen, clock or SystemClock())
        if isinstance(clock, FakeClock):
            clock.drive(harness.session)
        try:
            yield harness
        finally:
            use_session(before)
            harness.close()
            swap_memory_store(memory)


def _settings(folder: Path, store: str, given: dict[str, Any]) -> Settings:
    flows_dir = folder / "flows"
    path = flows_dir / "flows.db"
    if store == "sqlite":
        _write_empty_store(path)
    url = MEMORY if store == "memory" else f"sqlite:///{path}"
    places = {"flows_dir": flows_dir, "runs_dir": flows_dir / "runs", "results_url": str(flows_dir / "results")}
    return Settings(**{**places, "database_url": url, **given})


def _write_empty_store(path: Path) -> None:
    if not _empty_store:
        prepare(path)
        _empty_store.append(path.read_bytes())
        return
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(_empty_store[0])


__all__ = ["FakeClock", "Harness", "flows_test_harness"]
