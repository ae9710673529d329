"""Scripts in processes of their own, each with a deadline, on a store of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_flows.settings import load_settings
from jupyter_flows.store import open_reader

DEADLINE = 60.0


class Scripts:
    """Starts Python scripts that share one store, and ends those that are left."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            **os.environ,
            "JUPYTER_FLOWS_DIR": str(home),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        self._started: list[subprocess.Popen[str]] = []
        self._readers: list[Any] = []

    def start(self, code: str, *args: object, **environment: str) -> subprocess.Popen[str]:
        """Start a script; what it prints is piped."""
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
            cwd=self.home,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, code: str, *args: object, seconds: float = DEADLINE, status: int = 0, **environment: str) -> str:
        """Run a script to its end and return what it printed; its exit status must be as expected."""
        process = self.start(code, *args, **environment)
        out, err = process.communicate(timeout=seconds)
        assert process.returncode == status, f"exit status {process.returncode}\n{out}\n{err}"
        return out

    def reader(self) -> Any:
        """Open the store as another process would."""
        reader = open_reader(load_settings({**os.environ, "JUPYTER_FLOWS_DIR": str(self.home)}))
        self._readers.append(reader)
        return reader

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=60)
        for reader in self._readers:
            reader.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Iterator[Scripts]:
    home = tmp_path / "flows"
    home.mkdir()
    made = Scripts(home)
    yield made
    made.close()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Ask again until the answer is true, for a bounded time; return it."""

    def ask(question: Callable[[], Any], seconds: float = 60.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, f"still {answer!r} after {seconds:g} s"
            time.sleep(0.01)
        return answer

    return ask
