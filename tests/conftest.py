"""What all tests share: directories of their own, tools that may be missing, and the size of the long sweeps."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable

import hypothesis
import pytest

FULL = os.environ.get("JUPYTER_FLOWS_TEST_SWEEPS") == "full"

hypothesis.settings.register_profile("sample", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("full" if FULL else "sample")

_home = tempfile.TemporaryDirectory(prefix="jupyter-flows-tests-", ignore_cleanup_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the user's own history and settings; child processes inherit this."""
    for name in [name for name in os.environ if name.startswith("JUPYTER_FLOWS_") and "_TEST_" not in name]:
        del os.environ[name]
    for name in ["JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]:
        os.environ[name] = os.path.join(_home.name, name.lower())  # noqa: PTH118 - a string is what is needed


def pytest_unconfigure(config: pytest.Config) -> None:
    _home.cleanup()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for tool in marker.args:
            if shutil.which(tool) is None:
                missing(f"the program {tool!r} is not installed")


def missing(what: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and with CI=true nothing is skipped", pytrace=False)
    pytest.skip(what)


@pytest.fixture
def at_scale() -> Callable[[int, int], int]:
    """Choose between the size of a sample (`make test`) and of the full sweep (`make test-all`)."""
    return lambda sample, full: full if FULL else sample
