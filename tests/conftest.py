"""What all tests share: directories of their own, tools that may be missing, and the size of the long sweeps."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# jsonschema would build a grammar of international addresses in each process that imports it, which takes seconds;
# no schema here names one.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

FULL = os.environ.get("JUPYTER_FLOWS_TEST_SWEEPS") == "full"

hypothesis.settings.register_profile("sample", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("full" if FULL else "sample")

# Tests that are about how a store is made.
_ABOUT_STORES = (
    *("tests/migration/", "tests/contract/", "test_store_faults", "store/test_schema", "store/test_tables"),
    *("store/test_new_store", "store/test_location", "store/test_sqlite_writer"),
)
_store_may_be_a_copy = True

_home = tempfile.TemporaryDirectory(prefix="jupyter-flows-tests-", ignore_cleanup_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the user's own history and settings; child processes inherit this."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
    for name in [name for name in os.environ if name.startswith("JUPYTER_FLOWS_") and "_TEST_" not in name]:
        del os.environ[name]
    for name in ["JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]:
        os.environ[name] = os.path.join(_home.name, name.lower())  # noqa: PTH118 - a string is what is needed


def pytest_unconfigure(config: pytest.Config) -> None:
    _home.cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Look for no garbage while thousands of tests are collected, nor ever again among them: all of it is kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    global _store_may_be_a_copy  # noqa: PLW0603 - one test runs at a time
    _store_may_be_a_copy = not any(part in item.nodeid for part in _ABOUT_STORES)
    for marker in item.iter_markers("needs"):
        for tool in marker.args:
            if shutil.which(tool) is None:
                missing(f"the program {tool!r} is not installed")


def missing(what: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and with CI=true nothing is skipped", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session", autouse=True)
def _stores_by_copy() -> Iterator[None]:
    """Create the tables of a new store once; every other one is a copy of it, made in a tenth of the time."""
    from jupyter_flows.store import schema

    migrate_locked = schema._migrate_locked
    made: list[bytes] = []

    def copy_or_migrate(path: Path, busy_seconds: float, known: Sequence[str], scripts: Path | None) -> None:
        is_plain = known is schema.KNOWN and scripts is None and not (path.exists() and path.stat().st_size)
        if is_plain and made and _store_may_be_a_copy:
            copy = path.with_name(f"{path.name}.copy")  # whoever looks meanwhile, as without the lock, sees no half
            schema._make_private_file(copy)
            copy.write_bytes(made[0])
            copy.replace(path)
            return
        migrate_locked(path, busy_seconds, known, scripts)
        if is_plain and not made and not path.with_name(f"{path.name}-wal").exists():
            made.append(path.read_bytes())

    schema._migrate_locked = copy_or_migrate
    yield
    schema._migrate_locked = migrate_locked


@pytest.fixture(autouse=True)
def _no_secret_of_another_test() -> Iterator[None]:
    """A secret that one test resolves would be taken out of what the next one writes."""
    yield
    if (resolved := sys.modules.get("jupyter_flows.secrets.resolved")) is not None:
        resolved.forget()


@pytest.fixture
def at_scale() -> Callable[[int, int], int]:
    """Choose between the size of a sample (`make test`) and of the full sweep (`make test-all`)."""
    return lambda sample, full: full if FULL else sample


class Talk:
    """A running kernel and what a test asks of it."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel

    async def run(self, code: str, **options: Any) -> list[Any]:
        """Run code to its end and return everything said about it."""
        return await self.hear(self.kernel.execute(code, **options))

    async def hear(self, request: str) -> list[Any]:
        """Return everything said about a request up to its end, or the kernel's."""
        said: list[Any] = []
        ends: set[str] = set()
        while len(ends) < 2 and (batch := await self.kernel.receive()):
            own = [message for message in batch if message.parent_id == request]
            said += own
            ends |= {message.channel for message in own if message.type == "execute_reply"}
            ends |= {message.channel for message in own if message.content.get("execution_state") == "idle"}
        return said

    async def text(self, code: str) -> str:
        """Run code and return what it printed."""
        said = await self.run(code)
        errors = [message.content for message in said if message.type == "error"]
        assert not errors, errors
        return "".join(message.content["text"] for message in said if message.type == "stream")


@pytest.fixture
def kernel_of(tmp_path: Path) -> Callable[..., Any]:
    """Start a kernel from a source in the test's own folder, and end it with the block."""
    from jupyter_flows.notebooks.kernel.kernel_start import KernelStart

    # ipykernel leaves what a process writes by itself uncaught in a process that seems to be a test.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}

    @asynccontextmanager
    async def start(
        source: Any, name: str = "python3", imports: frozenset[str] = frozenset(), uses: bool = False, **added: str
    ) -> AsyncIterator[Talk]:
        log = tmp_path / "kernel.log"
        used = imports if uses else frozenset[str]()
        kernel = await source.start(KernelStart(name, tmp_path, {**environment, **added}, log, imports, used))
        try:
            await kernel.ready()
            yield Talk(kernel)
        finally:
            await kernel.stop(grace=0)

    return start
