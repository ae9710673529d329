"""The one shell of IPython that a process has, for every test that needs one, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture(scope="session")
def one_shell() -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    config.Completer.use_jedi = False  # what it would add is not ours, and its first answer takes seconds
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(one_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """The shell, as nobody has used it before."""
    before, one_shell.execution_count = dict(one_shell.user_ns), 1
    yield one_shell
    one_shell.user_ns.clear()
    one_shell.user_ns.update(before)
